# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Mints for shell tests; to be read behind tests/e2e/lib.sh, whose folder and functions it
# uses. Every mint that was started is ended on exit.

mintd=$bin/tests/peers/mintd
# shellcheck disable=SC2034 # for whoever reads this
coins=$bin/tests/peers/coins
[ -x "$mintd" ] || skip_all "the test mint is not built: libmicrohttpd is missing"
declare -A mint_pid=() mint_url=()

# mint NAME [OPTION ...]: start one, or start it again with what it had in $T/NAME.db, at
# the address that it had; its URL is ${mint_url[NAME]}
mint() {
	local name=$1 out=$T/$1.mint port=0
	shift
	[ -z "${mint_url[$name]:-}" ] || port=${mint_url[$name]##*:}
	: >"$out"
	"$mintd" --db "$T/$name.db" --port "$port" "$@" >"$out" 2>&1 &
	mint_pid[$name]=$!
	disown
	if ! wait_for 10 grep -q '^mint ' "$out"; then
		echo "Bail out! mint $name did not start: $(tail -n 1 "$out")"
		exit 1
	fi
	mint_url[$name]=$(sed -n 's/^mint //p' "$out")
}

# It is gone, whoever has ended it.
mint_is_gone() {
	! kill -0 "${mint_pid[$1]}"
}

mint_kill() {
	kill -9 "${mint_pid[$1]}"
	wait_for 10 mint_is_gone "$1"
	unset "mint_pid[$1]"
}

# mint_order NAME WHAT [JSON]: POST /test/WHAT, see tests/peers/mintctl.h; prints the answer
mint_order() {
	curl -sS --fail-with-body --data "${3:-{\}}" "${mint_url[$1]}/test/$2"
}

# mint_fault NAME FAULT [PATH [TIMES [SKIP [MS]]]]: see tests/peers/mintfault.h
mint_fault() {
	mint_order "$1" fault "{\"fault\":\"$2\",\"path\":\"${3:-/v1/}\",\"times\":${4:-1},\"skip\":${5:-0},\"ms\":${6:-0}}" >/dev/null
}

# mint_sum NAME FIELD: of its books
mint_sum() {
	curl -sS --fail "${mint_url[$1]}/test/sums" | jq -r ".$2"
}

# mint_count NAME "POST /v1/swap": how many of these have come
mint_count() {
	curl -sS --fail "${mint_url[$1]}/test/counts" | jq -r --arg p "$2" '.[$p] // 0'
}

# No money was made and none was lost, as far as the mint knows.
mint_is_balanced() {
	curl -sS --fail "${mint_url[$1]}/test/sums" |
		jq -e '.minted == .outstanding + .melted + .ln_fees + .fees + .kept' >/dev/null
}

end_mints() {
	local name
	for name in "${!mint_pid[@]}"; do
		kill -9 "${mint_pid[$name]}" 2>/dev/null
	done
	mint_pid=()
}

# cashu_wallet: install the wallet that is not ours once a build, beside it; the lock names
# every package by its hash. Sets $cashu (its folder) and the array wallet (the command), or
# says in $why_no_wallet what is missing.
cashu_wallet() {
	local major
	cashu=$bin/tests/peers/cashu
	why_no_wallet=
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		why_no_wallet="node and npm are not installed"
		return 1
	fi
	major=$(node -p 'process.versions.node.split(".")[0]')
	if [ "$major" -lt 20 ]; then
		why_no_wallet="node is older than 20"
		return 1
	fi
	mkdir -p "$cashu"
	cp "$src"/tests/peers/cashu/{wallet.mjs,mint.mjs,package.json,package-lock.json} "$cashu/"
	wallet=(node "$cashu/wallet.mjs")
	cmp -s "$cashu/package-lock.json" "$cashu/installed" && return
	if ! (cd "$cashu" && timeout -k 5 90 npm ci --no-audit --no-fund --ignore-scripts \
		--omit=optional --omit=peer --fetch-retries=1 --fetch-timeout=20000) >"$T/npm" 2>&1; then
		why_no_wallet="cashu-ts cannot be installed: $(grep -v '^npm warn' "$T/npm" | head -n 1)"
		return 1
	fi
	cp "$cashu/package-lock.json" "$cashu/installed"
}
