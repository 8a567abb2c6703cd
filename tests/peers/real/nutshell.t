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
# shellcheck source=tests/peers/operator.sh
. "$src/tests/peers/operator.sh"
# shellcheck source=tests/peers/real/real.sh
. "$src/tests/peers/real/real.sh"
wants nutshell
cashu_wallet || skip_all "$why_no_wallet"

# It is killed, and has another keyset with a lower fee when it comes back; the old one
# stays active.
another_keyset() {
	[ -z "${mint_pid[nutshell]:-}" ] || mint_kill nutshell
	nutshell nutshell MINT_DERIVATION_PATH="m/0'/0'/1'" MINT_INPUT_FEE_PPK=50
}

nutshell nutshell
nutshell free MINT_INPUT_FEE_PPK=0 MINT_PRIVATE_KEY=test_of_another_mint
payer_wants+=(--set CASHU_MINT_URL="${mint_url[nutshell]},${mint_url[free]}")
worker w "${payer_wants[@]}"
payer nutshell "${mint_url[nutshell]}"
everything
pays_mixed another_keyset
earned_what_it_charged
purse_pays
till_gives_and_takes
pays_while_away another_keyset
till_is_restored "${payer_wants[@]}"
holds_what_it_says

payer free "${mint_url[free]}"
pays_plain
pays_locked
holds_what_it_says
worker_stop "$W"

lossy nutshell
worker losses "${payer_wants[@]}" --set CASHU_MINT_URL="${mint_url[lossy]}"
payer lossy "${mint_url[lossy]}"
survives_losses
holds_what_it_says

keep_mint_log nutshell
end_mints
finish
