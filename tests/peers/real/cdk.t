#!/bin/bash
# SPDX-License-Identifier: MIT
# Paid jobs at cdk-mintd, with cashu-ts as the customer's wallet.
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
wants cdk
cashu_wallet || skip_all "$why_no_wallet"

# It is killed, and has another keyset with another fee when it comes back.
another_keyset() {
	[ -z "${mint_pid[cdk]:-}" ] || mint_kill cdk
	cdk cdk CDK_MINTD_INPUT_FEE_PPK=200
}

cdk cdk
cdk free CDK_MINTD_INPUT_FEE_PPK=0 CDK_MINTD_USE_KEYSET_V2=false \
	CDK_MINTD_MNEMONIC='zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong'
payer_wants+=(--set CASHU_MINT_URL="${mint_url[cdk]},${mint_url[free]}")
worker w "${payer_wants[@]}"
payer cdk "${mint_url[cdk]}"
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

lossy cdk
worker losses "${payer_wants[@]}" --set CASHU_MINT_URL="${mint_url[lossy]}"
payer lossy "${mint_url[lossy]}"
survives_losses
holds_what_it_says

keep_mint_log cdk
end_mints
finish
