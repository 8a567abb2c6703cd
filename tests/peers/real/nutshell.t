#!/bin/bash
# SPDX-License-Identifier: MIT
# Paid jobs at nutshell, with cashu-ts as the customer's wallet.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../../e2e/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$src/tests/peers/mint.sh"
trap 'end_mints; abandon' EXIT
# shellcheck source=tests/peers/payer.sh
. "$src/tests/peers/payer.sh"
# shellcheck source=tests/peers/real/real.sh
. "$src/tests/peers/real/real.sh"
wants nutshell
cashu_wallet || skip_all "$why_no_wallet"

nutshell nutshell
nutshell free MINT_INPUT_FEE_PPK=0 MINT_PRIVATE_KEY=test_of_another_mint
worker w "${payer_wants[@]}" --set CASHU_MINT_URL="${mint_url[nutshell]},${mint_url[free]}"
payer nutshell "${mint_url[nutshell]}"
everything
holds_what_it_charged
payer free "${mint_url[free]}"
pays_plain
pays_locked
holds_what_it_charged
worker_stop "$W"

lossy nutshell
worker losses "${payer_wants[@]}" --set CASHU_MINT_URL="${mint_url[lossy]}"
payer lossy "${mint_url[lossy]}"
survives_losses
holds_what_it_charged

keep_mint_log nutshell
end_mints
finish
