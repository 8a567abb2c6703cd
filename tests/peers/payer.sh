# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A paying customer whose wallet is not ours (cashu-ts), of the present worker, at any mint
# that pays its own invoices; to be read behind tests/peers/mint.sh. The worker must have
# been started with "${payer_wants[@]}" and the URL of the mint.

# shellcheck disable=SC2034 # for whoever reads this
payer_wants=(--set PRICE_PER_SECOND=10 --set MIN_JOB_DURATION=1 --set CHANGE_MIN=1)
per_second=10

# The wallet; what it says of a refusal is in $T/wallet.err.
w() {
	timeout -k 5 60 "${wallet[@]}" "$@" 2>"$T/wallet.err"
}

# payer MINT-NAME URL: from now on the customer pays with coins of this mint. It is on no
# list of the worker.
payer() {
	n=$1 M=$2
	[ -e "$T/payer.key" ] || "$ctl" keygen "$T/payer.key" >/dev/null
	key=$T/payer.key
	us=02$LOOM_PUBKEY
	charged_sum=0
}

# coin AMOUNT [OPTION ...]: a token of this mint, in $token
coin() {
	token=$(w mint "$M" "$@")
	[ -n "$token" ] || not_ok "$n: the wallet has made coins" "$(cat "$T/wallet.err")"
}

# pay -- COMMAND ... : a job that is paid with $token; sets $id, $r (its result) and $tags
pay() {
	printf '%s\n' "$token" >"$T/token"
	id=$(submit --payment "$T/token" "$@")
	r=$(result "$id")
	tags=$(events "$id" | jq -c 'select(.kind == 5101).tags' | head -n 1)
}

# told TAG [INDEX]: of the result
told() {
	jq -r --arg t "$1" --argjson i "${2:-1}" \
		'map(select(.[0] == $t))[0][$i] // empty' <<<"$tags"
}

ended() {
	is "$n: $1" "$(field reason "$r")" "$2"
}

# fee TOKEN: for redeeming it, by the mint's own words
fee() {
	jq -n --argjson proofs "$(w info "$1" | jq '[.proofs[].id]')" \
		--argjson sets "$(curl -sS --fail "$M/v1/keysets")" '[$proofs[] as $id |
			$sets.keysets[] | select(.id == $id).input_fee_ppk // 0] | add + 999 | . / 1000 | floor'
}

# What the result says of the money is what was paid, and what the job has run for.
adds_up() {
	local face=$1 paid charged back fees owed
	paid=$(told paid) charged=$(told charged) back=$(told change_amount)
	fees=$(told mint_fees) owed=$(told change_owed)
	charged_sum=$((charged_sum + charged))
	is "$n: $2: what was paid is what was charged, what came back and fees" \
		"$paid $((charged + ${back:-0} + fees)) ${owed:-none owed}" "$face $face none owed"
}

# The seconds of the result at its price.
charged_what_ran() {
	is "$n: $1: charged for what ran" "$(told charged)" $((per_second * $(field duration "$r")))
}

# comes_back TEXT [KEY-OPTION ...]: the change is worth to the wallet what the result says,
# and it is worth that once. Locked change proves the mint's signatures before.
comes_back() {
	local text=$1 proven=none found
	shift
	[ $# = 0 ] || proven=right
	found=$(w examine "$(told change)" "$@")
	[ -n "$found" ] || not_ok "$n: $text: the change can be redeemed" "$(cat "$T/wallet.err")"
	is "$n: $text: the change is of this mint, of the amount that the result names, and signed" \
		"$(jq -r '"\(.mint) \(.unit) \(.amount) \(.dleq | unique | join(" "))"' <<<"$found")" \
		"$M sat $(told change_amount) $proven"
	is "$n: $text: it leaves what the result says, once" \
		"$(jq -r '"\(.received) \(.states | unique | join(" "))"' <<<"$found")" \
		"$(told change_amount 3) SPENT"
}

# is_all TOKEN STATE
is_all() {
	[ "$(w state "$1" | cut -d' ' -f2 | sort -u)" = "$2" ]
}

# is_locked TOKEN PUBKEY: every coin of it, to this key and nobody else
is_locked() {
	w info "$1" | jq -e --arg key "$2" '.proofs | length > 0 and
		all(.secret | fromjson | .[0] == "P2PK" and .[1].data == $key and
			([.[1].tags[]? | select(.[0] == "pubkeys" or .[0] == "refund")] == []))'
}

# is_plain TOKEN
is_plain() {
	w info "$1" | jq -e '.proofs | length > 0 and all(.secret | test("^[0-9a-f]{64}$"))'
}

# untouched TEXT REASON AMOUNT: a refused job leaves the token as good as it was
untouched() {
	local cost
	cost=$(fee "$token")
	ended "$1" "$2"
	is "$n: $1: nothing is said of money" "$(told paid)$(told change)" ""
	check "$n: $1: the token is not spent" is_all "$token" UNSPENT
	is "$n: $1: its owner can redeem it" "$(w receive "$token" | head -n 1)" $(($3 - cost))
}

# forged TOKEN: a V3 token whose first two coins have each other's signature
forged() {
	local body=${1#cashuA}
	printf cashuA
	tr '_-' '/+' <<<"$body" | base64 -di 2>/dev/null |
		jq -c '.token[0].proofs |= (.[0].C as $c | .[0].C = .[1].C | .[1].C = $c)' |
		base64 -w0 | tr '/+' '_-' | tr -d =
}

# What the worker still holds of this mint, as a token: taken out of its ledger. Who spends
# it does that behind the worker's back.
holdings() {
	ledger "SELECT json_object('token', json_array(json_object('mint', '$M', 'proofs',
		json_group_array(json_object('amount', amount, 'id', keyset, 'secret', secret,
			'C', lower(hex(c)))))), 'unit', 'sat')
		FROM proofs JOIN mints USING (mint) WHERE url = '$M' AND proofs.state IN (1, 2)" |
		tr -d '\n' | base64 -w0 | tr '/+' '_-' | tr -d = | sed 's/^/cashuA/'
}

# ---- what holds at every mint

pays_plain() {
	local cost
	coin 100
	cost=$(fee "$token")
	pay -- echo hi
	ended "a token pays for a job" ok
	is "$n: and the job has run" "$(output stdout "$id")" hi
	adds_up 100 "a plain token"
	charged_what_ran "a plain token"
	is "$n: a plain token: change was given without a second fee" "$(($(told mint_fees)))" "$cost"
	check "$n: the payment is spent" is_all "$token" SPENT
	check "$n: a plain token: the change is for whoever has it" is_plain "$(told change)"
	comes_back "a plain token"

	pay -- echo again
	ended "the same token does not pay twice" token_spent
	coin 100 --v3 --no-dleq
	pay -- sh -c 'exit 3'
	ended "an old form of token (V3) pays for a job, that fails" exit
	adds_up 100 "a V3 token"
	charged_what_ran "a V3 token"
	comes_back "a V3 token"
}

pays_locked() {
	local secret public later=$(($(date +%s) + 3600))
	read -r secret public <<<"$(w newkey)"
	coin 100 --p2pk "$us"
	pay -- true
	ended "a token that is locked to the worker pays" ok
	adds_up 100 "a locked token"
	comes_back "a locked token"

	coin 100 --p2pk "$us" --locktime "$later" --refund "$public"
	pay -- true
	ended "one with a way back pays" ok
	adds_up 100 "a refundable token"
	check "$n: its change is locked to who could have had it back" \
		is_locked "$(told change)" "$public"
	is "$n: and nobody else redeems it" "$(w receive "$(told change)")" ""
	comes_back "a refundable token" --privkey "$secret"

	coin 100
	pay --tag cashu_pubkey "$public" -- true
	ended "a customer who names a key pays" ok
	adds_up 100 "change for a key"
	check "$n: the change is locked to this key" is_locked "$(told change)" "$public"
	comes_back "change for a key" --privkey "$secret"
}

pays_oddly_locked() {
	local secret public
	read -r secret public <<<"$(w newkey)"
	coin 100 --p2pk "$us" --p2bk
	check "$n: the blinded lock does not show whose it is" \
		sh -c '! printf %s "$1" | grep -q "$2"' - "$(w info "$token")" "$LOOM_PUBKEY"
	pay -- true
	ended "a token whose lock is blinded (P2BK) pays" ok
	adds_up 100 "a blinded lock"
	comes_back "a blinded lock"

	coin 100 --p2pk "$us" --sig-all
	pay -- true
	ended "a token that wants one signature for all (SIG_ALL) pays" ok
	adds_up 100 "SIG_ALL"
	comes_back "SIG_ALL"

	coin 100 --p2pk "$public"
	pay -- true
	ended "a token that is locked to another key does not pay" locked_token
	is "$n: and its owner redeems it" \
		"$(w receive "$token" --privkey "$secret" | head -n 1)" $((100 - $(fee "$token")))
}

pays_for_nothing() {
	coin 100
	pay -- no-such-program
	ended "a program that is not there" not_found
	is "$n: a program that is not there costs nothing" "$(told charged)" ""
	adds_up 100 "a program that is not there"
	comes_back "a program that is not there"

	coin 10
	pay -- sleep 60
	ended "a job runs for what was paid" time_limit
	adds_up 10 "a job that used it up"
	is "$n: a job that used it up: nothing comes back" "$(told change)" ""
}

is_refused() {
	coin 8
	pay -- true
	untouched "too little" payment_too_small 8
	coin 8 --p2pk "$us"
	pay -- true
	ended "too little, and locked to the worker for ever" payment_too_small
	is "$n: that was given back" "$(told charged)" ""
	adds_up 8 "given back"
	comes_back "given back"

	coin 100
	check "$n: the owner is quicker" w receive "$token"
	pay -- true
	ended "a token that was spent before" token_spent
	coin 100 --v3 --no-dleq
	token=$(forged "$token")
	pay -- true
	ended "forged signatures" payment_invalid
}

# pays_mixed COMMAND ... : which gives the mint another keyset
pays_mixed() {
	local first
	coin 60
	first=$token
	"$@" >/dev/null
	coin 40
	token=$(w join "$first" "$token")
	is "$n: the mint has another keyset" \
		"$(w info "$token" | jq '.proofs | map(.id) | unique | length')" 2
	pay -- true
	ended "a token with coins of two keysets pays" ok
	adds_up 100 "two keysets"
	comes_back "two keysets"
}

# More than a stranger may be refused in a minute: who pays is answered. They are claimed
# one after the other, whatever the mint does.
pays_at_once() {
	local many=12 i ids=() reasons=()
	for ((i = 0; i < many; i++)); do
		coin 30
		printf '%s\n' "$token" >"$T/token$i"
	done
	for ((i = 0; i < many; i++)); do
		ids+=("$(submit --payment "$T/token$i" -- true)")
	done
	for ((i = 0; i < many; i++)); do
		r=$(result "${ids[i]}")
		reasons+=("$(field reason "$r")")
		tags=$(events "${ids[i]}" | jq -c 'select(.kind == 5101).tags' | head -n 1)
		adds_up 30 "job $i of $many"
	done
	is "$n: $many paid jobs of one stranger, sent at once, have run" \
		"$(printf '%s\n' "${reasons[@]}" | sort | uniq -c | tr -s ' ')" " $many ok"
}

everything() {
	pays_plain
	pays_locked
	pays_oddly_locked
	pays_for_nothing
	is_refused
	pays_at_once
}
