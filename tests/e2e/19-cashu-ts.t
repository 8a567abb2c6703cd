#!/bin/bash
# SPDX-License-Identifier: MIT
# Paid jobs of a customer whose wallet is not ours: cashu-ts from the package registry, told
# nothing but the mint, the worker's public key and what stands in the results.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$src/tests/peers/mint.sh"
trap 'end_mints; abandon' EXIT
cashu_wallet || skip_all "$why_no_wallet"
# shellcheck source=tests/peers/payer.sh
. "$src/tests/peers/payer.sh"
# shellcheck source=tests/peers/operator.sh
. "$src/tests/peers/operator.sh"

mint ids-01 --version 01 --ppk 100
mint ids-00 --version 00 --ppk 0
mint ids-00-fee --version 00 --ppk 100
mint ids-01-free --version 01 --ppk 0
mints=$(IFS=,; echo "${mint_url[*]}")
payer_wants+=(--set CASHU_MINT_URL="$mints")
worker w "${payer_wants[@]}"

payer ids-01 "${mint_url[ids-01]}"
everything
pays_mixed mint_order ids-01 rotate '{"ppk":200,"version":"00"}'
earned_what_it_charged
purse_pays
till_gives_and_takes

for name in ids-00 ids-00-fee ids-01-free; do
	payer $name "${mint_url[$name]}"
	pays_plain
	pays_locked
	earned_what_it_charged
	holds_what_it_says
done

payer ids-01 "${mint_url[ids-01]}"
till_is_restored "${payer_wants[@]}"
holds_what_it_says

mint elsewhere --version 01 --ppk 100
payer elsewhere "${mint_url[elsewhere]}"
coin 100
pay -- true
untouched "a mint that the worker does not take" mint_not_accepted 100

for name in "${!mint_url[@]}"; do
	check "$name: the mint's books agree" mint_is_balanced "$name"
done

end_mints
finish
