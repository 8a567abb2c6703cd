#!/bin/bash
# SPDX-License-Identifier: MIT
# The test mint as a program, and the command that other tests pay with: what is said over
# HTTP, connections that end, a process that dies and comes back.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$src/tests/peers/mint.sh"
trap 'end_mints; abandon' EXIT

key=1111111111111111111111111111111111111111111111111111111111111111
pubkey=024f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa

mint a --seed "a test"
url=${mint_url[a]}

# ---- the command

token=$("$coins" mint "$url" 100)
is "a token is worth what was minted" "$("$coins" show "$token" | jq .sum)" 100
is "it is redeemed for its sum less the fee" "$("$coins" redeem "$url" "$token")" 99
is "its coins are spent" "$("$coins" state "$url" "$token" | sort -u -k2 | cut -d' ' -f2)" SPENT
out=$("$coins" redeem "$url" "$token" 2>&1)
is "a second time the mint refuses: status" "$?" 1
is "a second time the mint refuses: code" "$(cut -d' ' -f1,2 <<<"$out")" "refused: 11001"
token=$("$coins" mint "$url" 4 --parts 1,1,1,1 --v3)
is "a token of four coins, V3" "${token:0:6} $("$coins" show "$token" | jq '.proofs | length')" "cashuA 4"
is "some of its coins can be redeemed alone" "$("$coins" redeem "$url" "$token" --only 2)" 1
is "then the token is partly spent" "$("$coins" state "$url" "$token" | cut -d' ' -f2 | tr '\n' ' ')" \
	"SPENT SPENT UNSPENT UNSPENT "
token=$("$coins" mint "$url" 8 --lock $pubkey)
out=$("$coins" redeem "$url" - <<<"$token" 2>&1)
is "a locked token wants its key" "$(cut -d' ' -f1,2 <<<"$out")" "refused: 20008"
is "with its key it opens" "$("$coins" redeem "$url" - --key $key <<<"$token")" 7
is "a token can be changed into a locked one" \
	"$("$coins" swap "$url" "$("$coins" mint "$url" 8)" --lock $pubkey | "$coins" show - | jq -r '.proofs[0].lock')" \
	"$pubkey"

# ---- faults that are no answers

# try NAME TOKEN: redeem it, what comes of it
try() {
	"$coins" redeem "$url" "$1" 2>&1
}

token=$("$coins" mint "$url" 16)
mint_fault a drop-before /v1/swap
is "drop-before: no answer" "$(try "$token")" "/v1/swap: no answer"
is "drop-before: nothing was done" "$("$coins" state "$url" "$token")" "16 UNSPENT"
mint_fault a drop-after /v1/swap
is "drop-after: no answer" "$(try "$token")" "/v1/swap: no answer"
is "drop-after: it was done" "$("$coins" state "$url" "$token")" "16 SPENT"
mint_fault a cut-body /v1/info
is "cut-body: curl notices" "$(curl -s "$url/v1/info" >"$T/cut"; echo $?)" 18
check "cut-body: half of it came" test -s "$T/cut"
mint_fault a 502-html-after /v1/info
is "502: not JSON" "$(curl -s -o /dev/null -w '%{http_code} %{content_type}' "$url/v1/info")" "502 text/html"
mint_fault a truncated-json /v1/info
check "truncated-json: not JSON either" eval "! curl -s '$url/v1/info' | jq . "
for fault in slow slow-body; do
	mint_fault a $fault /v1/info 1 0 300000
	curl -s --max-time 1 "$url/v1/info" >"$T/slow"
	is "$fault: no whole answer" "$?" 28
	check "$fault: others are served meanwhile" curl -sf "$url/v1/keysets"
done
check "slow: nothing came" eval "mint_fault a slow /v1/info 1 0 300000; ! curl -s --max-time 1 '$url/v1/info' | grep ."
is "slow-body: the first half came" "$(head -c 8 "$T/slow")" '{"name":'
mint_fault a slow /v1/info 1 0 50
check "slow: then it comes" curl -sf "$url/v1/info"

# ---- it dies

token=$("$coins" mint "$url" 32)
before=$(mint_sum a outstanding)
mint_fault a die-before-commit /v1/swap
is "die-before-commit: no answer" "$(try "$token")" "/v1/swap: no answer"
check "die-before-commit: it is gone" wait_for 10 mint_is_gone a
mint a --seed "ignored now"
is "it is at the same address" "${mint_url[a]}" "$url"
is "nothing was done" "$("$coins" state "$url" "$token")" "32 UNSPENT"
is "the books are as before" "$(mint_sum a outstanding)" "$before"
mint_fault a die-after-commit /v1/swap
is "die-after-commit: no answer" "$(try "$token")" "/v1/swap: no answer"
check "die-after-commit: it is gone" wait_for 10 mint_is_gone a
mint a
is "it was done" "$("$coins" state "$url" "$token")" "32 SPENT"
mint_kill a
mint a
check "the books balance" mint_is_balanced a

# ---- orders

is "requests are counted" "$(try "$("$coins" mint "$url" 1)" >/dev/null; mint_count a "POST /v1/mint/bolt11")" 1
id=$(mint_order a rotate '{"ppk":500,"version":"01"}' | jq -r .id)
is "a new keyset of another version" "${#id} $(curl -s "$url/v1/keys" | jq -r '.keysets[].id')" "66 $id"
is "its fee is the new one" "$("$coins" redeem "$url" "$("$coins" mint "$url" 7)")" 5
check "an unknown order is refused" eval "! mint_order a nonsense >/dev/null 2>&1"
check "an unknown fault is refused" eval "! mint_fault a nonsense >/dev/null 2>&1"
check "the books balance to the end" mint_is_balanced a

end_mints
finish
