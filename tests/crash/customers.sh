# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Customers who cheat, or whose wallets are odd: what is refused stays theirs, what is taken
# is taken once.

# bought_v3 AMOUNT [OPTION ...]: as buy, and the token's JSON in $json
buy_v3() {
	buy "$@" --v3
	json=$(sed 's/^cashuA//' "$T/tok" | tr -- '-_' '+/' | base64 -d 2>/dev/null)
}

# pay_with JSON: the next order is paid with this instead
pay_with() {
	printf 'cashuA%s\n' "$(printf %s "$1" | base64 -w0 | tr '+/' '-_' | tr -d =)" >"$T/tok"
}

settle_down() {
	come_to_rest
	judge
}

# How many of the present jobs ended with this reason.
count_ended() {
	local j n=0
	for j in "${jobs[@]}"; do
		[ "$(ledger "SELECT reason FROM jobs WHERE hex(id) = upper('${j%% *}')")" != "$1" ] || n=$((n + 1))
	done
	echo $n
}

same_token_twice() {
	buy 40
	order "ok|token_spent" -- true
	order "ok|token_spent" -- true
	order "ok|token_spent" --tag cashu_pubkey $lock_pub -- true
	settle_down
	[ "$(count_ended ok)" = 1 ] || violation "$(count_ended ok) jobs were paid with one token"
}

# A copy of a locked token: of two jobs the one that was signed first, or none.
same_locked_token() {
	buy 40 --lock @worker
	order "ok|token_spent" -- true
	order "ok|token_spent" -- true
	settle_down
	[ "$(count_ended ok)" -le 1 ] || violation "two jobs were paid with one token"
}

# Another worker takes it at the same moment: one of us has it.
two_workers() {
	local took
	RANDOM=$1
	buy 40
	{
		sleep "0.$(printf %03d $((RANDOM % 90)))"
		"$coins" redeem "$url" - <"$T/tok" >"$T/other" 2>/dev/null
	} &
	order "ok|token_spent" -- true
	wait $!
	took=$(cat "$T/other")
	purse=$((purse + ${took:-0}))
	settle_down
	if [ -n "$took" ] && [ "$(count_ended ok)" != 0 ]; then
		violation "both of us have it"
	elif [ -z "$took" ] && [ "$(count_ended ok)" = 0 ]; then
		violation "nobody has it"
	fi
}

spent_before() {
	buy 40
	redeem "$(cat "$T/tok")"
	order token_spent -- true
	settle_down
}

partly_spent() {
	buy 40 --parts 8,8,8,16
	redeem "$(cat "$T/tok")" --only 2
	order token_spent -- true
	settle_down
}

mixed_keysets() {
	local first amount
	buy_v3 20
	first=$json
	unset "tok_open[$tok]"
	mint_order "$mint" rotate >/dev/null
	buy_v3 20
	unset "tok_open[$tok]"
	amount=$(jq -n --argjson a "$first" --argjson b "$json" '$a | .token[0].proofs += $b.token[0].proofs')
	pay_with "$amount"
	hold "$(cat "$T/tok")" 40
	order ok -- true
	settle_down
}

old_keyset() {
	buy 40
	mint_order "$mint" rotate >/dev/null
	order ok --tag cashu_pubkey $lock_pub -- true
	settle_down
}

# altered WANT JQ-FILTER: of a token that was good
altered() {
	buy_v3 40
	pay_with "$(jq -c "$2" <<<"$json")"
	order "$1" -- true
	settle_down
}

# bought WANT AMOUNT [OPTION ...]: it is like that from the mint
bought() {
	local want=$1
	shift
	buy "$@"
	order "$want" -- true
	settle_down
}

# ones WANT N
ones() {
	bought "$1" "$2" --parts "$(yes 1 | head -n "$2" | paste -sd,)"
}

# More than anybody reads as a token: neither loomctl nor a worker.
many_ones() {
	local id before
	before=$(mint_count "$mint" "POST /v1/swap")
	buy 1000 --parts "$(yes 1 | head -n 1000 | paste -sd,)"
	unset "tok_open[$tok]"
	purse=$((purse + 1000))
	id=$(submit --unchecked --payment "$T/tok" -- true)
	[ -z "$id" ] || jobs+=("$id $tok payment_invalid|too_large|malformed plain")
	settle_down
	[ "$(mint_count "$mint" "POST /v1/swap")" = "$before" ] || violation "the mint was asked to swap it"
}

other_mint() {
	mint "other$world" --ppk 0
	"$coins" mint "${mint_url[other$world]}" 40 >"$T/tok"
	order mint_not_accepted -- true
	settle_down
	[ "$(mint_count "other$world" "POST /v1/swap")" = 0 ] || violation "a mint of the customer's choice was asked"
}

text() {
	printf '%s\n' "$1" >"$T/tok"
	order payment_invalid -- true
	settle_down
}

cancel_at_once() {
	buy 40
	order "ok|cancelled" --tag cashu_pubkey $lock_pub -- sleep 1
	"$ctl" cancel "${relays[@]}" --key "$key" "$(last_job)" >"$T/cancel" 2>&1
	settle_down
}

add_customers() {
	local i
	add short customer/same-token same_token_twice
	add short customer/same-locked-token same_locked_token
	for ((i = 1; i <= 20; i++)); do
		add "$([ $i -le 2 ] && echo short || echo full)" customer/two-workers-$i two_workers $((seed + i))
	done
	add short customer/spent-before spent_before
	add short customer/partly-spent partly_spent
	add short customer/mixed-keysets mixed_keysets
	add short customer/old-keyset old_keyset
	add short customer/unknown-keyset altered payment_invalid '.token[0].proofs[].id="00ffffffffffffff"'
	add short customer/keyset-02 altered payment_invalid \
		'.token[0].proofs[].id="02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"'
	add short customer/htlc altered locked_token \
		'.token[0].proofs |= [.[] | .secret = ["HTLC", {nonce: .secret, data: .secret, tags: []}] | .secret |= tojson | del(.dleq)]'
	add short customer/bad-dleq altered payment_invalid '.token[0].proofs[0].dleq.e=.token[0].proofs[0].dleq.s'
	add short customer/forged altered payment_invalid \
		'.token[0].proofs[0].C="024f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa"|del(.token[0].proofs[].dleq)'
	add full customer/worth-more altered payment_invalid '.token[0].proofs[0].amount=64|del(.token[0].proofs[].dleq)'
	add full customer/twice-in-it altered payment_invalid '.token[0].proofs+=[.token[0].proofs[0]]'
	add full customer/two-mints altered mint_not_accepted '.token+=[.token[0]]'
	add full customer/other-unit altered payment_invalid '.unit="usd"'
	add short customer/other-mint other_mint
	add full customer/no-token text cashuBnothing
	add short customer/too-many-proofs ones payment_invalid 150
	add full customer/a-thousand-ones many_ones
	add short customer/a-hundred-ones ones ok 100
	add short customer/expired-locktime bought locked_token 40 --lock @worker --locktime 1700000000
	add full customer/expired-with-refund bought locked_token 40 --lock @worker --locktime 1700000000 --refund $lock_pub
	add full customer/locked-to-another bought locked_token 40 --lock $lock_pub
	add full customer/too-small bought payment_too_small 8
	add full customer/just-enough bought ok 10
	add full customer/far-too-much bought ok 100000
	add full customer/v3 bought ok 40 --v3
	add full customer/short-ids bought ok 40 --short
	add full customer/no-dleq bought ok 40 --no-dleq
	add full customer/cancel-at-once cancel_at_once
}
