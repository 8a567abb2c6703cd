#!/bin/bash
# SPDX-License-Identifier: MIT
# The test mint itself, against a wallet that is not ours: cashu-ts from the package
# registry. What holds for this wallet holds for customers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$src/tests/peers/mint.sh"
trap 'end_mints; abandon' EXIT

cashu_wallet || skip_all "$why_no_wallet"

# suite NAME [MINT-OPTION ...]
suite() {
	local name=$1 whole='' word text
	shift
	mint "$name" "$@"
	while read -r word text; do
		case $word in
		right:) ok "$text" ;;
		WRONG:) not_ok "${text%% (*}" "$text" ;;
		end) whole=yes ;;
		*) echo "# $word $text" ;;
		esac
	done < <(timeout -k 5 300 node "$cashu/mint.mjs" "$name" "${mint_url[$name]}" 2>&1)
	is "$name: the wallet came to its end" "$whole" yes
}

suite ids-00 --version 00 --ppk 100
suite ids-01 --version 01 --ppk 100
suite no-fee --version 01 --ppk 0 --expiry 4000000000 --keys 32
suite high-fee --version 00 --ppk 1000

end_mints
finish
