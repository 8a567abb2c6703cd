#!/bin/bash
# SPDX-License-Identifier: MIT
# Jobs that are paid for: a customer with a purse, the demo's own mint, and three sets of
# books that must tell the same: the worker's, the customer's, the mint's.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$bin/tests/peers/mintd" ] || skip_all "there is no test mint: libmicrohttpd was not there"

price=()
worker w --set MAX_CONCURRENT_JOBS=3 --set PRICE_PER_SECOND=2
purse=$T/purse.db
check "demo.env has the mint" test -n "$LOOM_MINT_URL"
is "which runs beside the worker" "$(curl -s -o /dev/null -w '%{http_code}' "$LOOM_MINT_URL/v1/info")" 200

wallet() {
	"$ctl" wallet "$@" --purse "$purse" 2>"$T/wallet.err"
}

# one that is on no list, or the purse of somebody else
pay() {
	"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --purse "$purse" "$@" \
		>"$T/pay.out" 2>"$T/pay.err"
}

# said TYPE NAME: of what the last job said
said() {
	jq -r "select(.type == \"$1\") | .$2 // empty" "$T/pay.out"
}

balance() {
	wallet --json | jq -s 'map(.sat) | add // 0'
}

mint_says() {
	curl -s "$LOOM_MINT_URL/test/sums" | jq ".$1"
}

# The last job's: paid = charged + change + fees in the worker's result, the purse has
# what it had less that, and --strict had no rule to complain of.
books() {
	local name=$1 before=$2 swap=$3 paid charged change fees back
	paid=$(said result paid)
	charged=$(said result charged)
	change=$(said result change_amount)
	fees=$(said result mint_fees)
	back=$(said change change)
	is "$name: paid is what was charged, came back or went to the mint" \
		"$paid" $((${charged:-0} + ${change:-0} + ${fees:-0}))
	is "$name: the purse has what it had, less that" \
		"$(balance)" $((before - swap - paid + ${back:-0}))
	is "$name: no rule is broken" "$(said fault rule)" ""
}

wallet mint 1000 --mint "$LOOM_MINT_URL" >"$T/out"
is "the customer has coins of it" "$(balance)" 1000
is "the worker has a price" "$("$ctl" workers --json "${relays[@]}" | jq -r '.price[0].rate')" 2

# ---- a job in the clear
pay --pay 60 --follow --strict -- sh -c 'echo paid'
is "a stranger who pays is let in" $? 0
is "for as long as was paid" "$(said payment seconds) $(said payment sat)" "60 120"
is "the job's output is there" "$(output stdout "$(said job job)")" paid
check "it is charged by the second" test "$(said result charged)" -le 8
check "change comes back by itself" test "$(said change change)" -gt 100
books "in the clear" 1000 0

# ---- a locked payment, and change that is locked to the purse
before=$(balance)
pay --pay 60 --lock --follow --strict -- sh -c 'exit 0'
is "a locked payment is taken" $? 0
id=$(said job job)
change=$(said result change)
check "and its change is locked too" jq -en --arg t "$change" '$t | length > 300'
printf '%s' "$change" >"$T/change"
"$ctl" wallet receive - --purse "$T/thief.db" --mint "$LOOM_MINT_URL" <"$T/change" >/dev/null 2>"$T/thief.err"
check "nobody else can open it" grep -q "key that is not here" "$T/thief.err"
books "locked" "$before" 1
check "the key for it is in the request" test -n "$(events "$id" |
	jq -r 'select(.kind == 5100) | .tags[] | select(.[0] == "cashu_pubkey")[1]')"

# ---- a job that fails is charged for what ran
before=$(balance)
pay --pay 30 --follow --strict -- sh -c 'sleep 1.5; exit 3'
is "a job that fails ends as it failed" $? 3
is "and is charged for what ran" "$(said result charged)" 4
books "failed" "$before" 0

# ---- a job that uses all of it
before=$(balance)
pay --pay 10 --follow --strict -- sleep 60
is "a job that is paid for ten seconds has ten seconds" "$(said result reason)" time_limit
is "there is no change" "$(said result change)$(said change change)" 0
books "all used" "$before" 0

# ---- a job that is refused for its price
before=$(balance)
wallet send 6 --quiet >"$T/token"
swap=$((before - 6 - $(balance)))
"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --payment "$T/token" --follow --strict \
	-- true >"$T/pay.out" 2>"$T/pay.err"
is "too little is refused" "$? $(said result reason)" "77 payment_too_small"
is "without change" "$(said result change)" ""
wallet receive - <"$T/token" >"$T/out"
is "and the token is as good as before" "$(balance)" $((before - swap - 1))

# the customer's own rules: no result, no money
before=$(balance)
pay --pay 20 --key "$key" --quiet -- sleep 0.2
id=$(cat "$T/pay.out")
result "$id" >/dev/null
"$ctl" change --json --purse "$purse" "$id" >"$T/pay.out" 2>"$T/pay.err"
is "loomctl change finds what a job that nobody watched has left" \
	"$(said change state) $(said change paid)" "closed 40"
check "and brings it back" test "$(balance)" -gt $((before - 10))
is "a listed key that pays is a customer like others" "$(ledger "SELECT count(*) FROM bills WHERE face = 40")" 1

# ---- a job without payment
"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --follow -- true >"$T/pay.out" 2>"$T/pay.err"
is "a stranger who does not pay is told to" "$? $(said result reason)" "77 payment_required"
"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" --follow -- true >"$T/pay.out" 2>"$T/pay.err"
is "a listed key runs free" $? 0

# ---- a customer that is killed while the job runs, a worker that is, and the mint
before=$(balance)
"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --purse "$purse" --pay 60 --follow \
	-- sleep 2 >"$T/pay.out" 2>"$T/pay.err" &
customer=$!
it_runs() {
	id=$(said job job)
	[ -n "$id" ] && [ "$(count_runs "$id")" = 1 ]
}
check "a job that is paid for runs" wait_for 20 it_runs
kill -9 $customer
wait $customer 2>/dev/null
kill -9 "$(cat "$W/run/engine.pid")"
kill -9 "$(cat "$W/run/mint.pid")"
result "$id" 60 >/dev/null
brought_back() {
	"$ctl" change --json --purse "$purse" "$id" >"$T/pay.out" 2>"$T/pay.err"
	[ "$(said change state)" = closed ]
}
check "the change of a job whose customer, worker and mint were killed comes back" \
	wait_for 60 brought_back
check "less what the job has cost" test "$(balance)" -gt $((before - 20))

# ---- all books together
worker_has=$(ledger "SELECT sum(amount) FROM proofs WHERE state IN (1, 2)")
is "what the mint owes is what customer and worker have" "$(mint_says outstanding)" \
	$(($(balance) + worker_has))
is "what it has minted went there, or was its fee" "$(mint_says minted)" \
	$(($(mint_says outstanding) + $(mint_says fees)))
is "the history of the purse adds up to its coins" \
	"$(sqlite3 "$purse" "SELECT sum(got) - sum(gave) - sum(fee) FROM history")" "$(balance)"
is "nothing is open in the worker's books" \
	"$(ledger "SELECT count(*) FROM pays WHERE state IN (1, 2, 6)")" 0
is "every job of it adds up" \
	"$(ledger "SELECT count(*) FROM bills WHERE state = 3 AND face != fee_in + earned + change + fee_out")" 0

# ---- a worker that is stopped and started has the same mint
worker_stop "$W"
worker_again --set MAX_CONCURRENT_JOBS=3 --set PRICE_PER_SECOND=2
before=$(balance)
pay --pay 20 --follow --strict -- true
is "after a restart coins are still coins" $? 0
books "restarted" "$before" 0
finish
