#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl submit --pay and change, against a worker that says what a test wants. The real
# one is in tests/e2e/17-paid.t.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
make_keys
start_mint --ppk 100
me=$tmp/me.db
worker_purse=$tmp/worker.db

"$ctl_bin" wallet mint 3000 --mint "$mint" --purse "$me" >/dev/null 2>&1 9>&-
"$ctl_bin" wallet mint 500 --mint "$mint" --purse "$worker_purse" >/dev/null 2>&1 9>&-

# meet ANSWER [OPTION ...]: a relay with a worker that answers so
meet() {
	answer=$1
	shift
	start_relay --answer "$answer" --mint "$mint" "$@"
}

pay() {
	ctl submit --relay "$relay" --worker "$worker" --key "$tmp/me.key" --purse "$me" --json "$@"
}

change() {
	ctl change --purse "$me" --json "$@"
}

# The worker takes the payment, as it would: the token is in the event.
claim() {
	"$ctl_bin" events --relay "$relay" "$1" 2>/dev/null 9>&- |
		sed -n 's/.*\["payment","\([^"]*\)"\].*/\1/p' >"$tmp/payment"
	timeout 60 "$ctl_bin" wallet receive - --purse "$worker_purse" --key "$tmp/worker.key" \
		<"$tmp/payment" >/dev/null 2>"$tmp/err" 9>&-
}

# A token of the worker's for change.
change_token() {
	"$ctl_bin" wallet send "$@" --quiet --purse "$worker_purse" 2>"$tmp/err" 9>&-
}

# ---- what is sent
meet good
pay --pay 60 -- true
id=$(field job job)
check "a paid job is sent" eval 'ended 0 && said "\"type\":\"payment\".*\"sat\":120,\"seconds\":60,\"rate\":\"2\",\"locked\":false"'
check "its price has left the purse" has "$me" 2880
ctl events --relay "$relay" "$id"
check "the token is in the event" said '\["payment","cashuB'
check "and no key for change" eval '! said cashu_pubkey'
check "it is the worker's to take" claim "$id"
change "$id"
check "of a job that used all of it nothing comes back" eval 'ended 0 && said "\"state\":\"closed\",\"paid\":120,\"change\":0,\"spent\":120"'
change
check "and then it is not looked at any more" eval 'ended 0 && complained "no job is open"'
change 6350667b44b64c43f6368f896cd58e684aaa5aa1c1972efb6ce722a3160d6c9f
check "a job that this purse has not paid is told" ended 205

pay --pay 10 --lock -- true
id=$(field job job)
ctl events --relay "$relay" "$id"
check "a locked payment names a key for its change" said '\["cashu_pubkey","0[23][0-9a-f]*"\]'
check "the worker can open it" claim "$id"
change "$id"
check "with one swap for the lock" eval 'said "\"state\":\"closed\",\"paid\":20,\"change\":0" && has "$me" 2859'

# ---- what is not sent
pay --pay 5 -- true
check "less than the worker sells is not sent" eval 'ended 200 && complained "at least 10 s" && ! said "\"job\""'
pay --pay 3600 -- true
check "nor what the purse cannot pay" eval 'ended 207 && complained "wallet mint 7200 --mint $mint"'
pay --pay 60 --max-price 119 -- true
check "nor what costs too much" eval 'ended 207 && complained "max-price"'
pay --pay 60 --payment "$tmp/payment" -- true
check "nor twice paid" ended 200
pay --lock -- true
check "a lock wants a payment" ended 200
pay --pay 60 --env 1A=x -- true
check "what no worker understands is not paid for" ended 201
check "and none of that costs anything" has "$me" 2859
start_relay --answer good --mint https://mint.invalid
pay --pay 60 -- true
check "a mint of which the purse has no coins is told, and not asked" eval 'ended 207 && complained "https://mint.invalid"'

# ---- change
meet change --change "$(change_token 50)"
pay --pay 60 --follow -- true
check "with --follow change comes back by itself" eval 'ended 0 && said "\"type\":\"change\".*\"paid\":120,\"change\":49,\"spent\":71"'
before=$((2859 - 120 + 49))
has "$me" "$before" || before=$((before - 1)) # a swap to make it fit
check "into the purse" has "$me" "$before"

meet change --change "$(change_token 30)"
pay --pay 60 --follow --no-change -- true
check "--no-change leaves it" eval 'ended 0 && ! said "\"type\":\"change\""'
change
check "for loomctl change, which needs no relay named" eval 'ended 0 && said "\"change\":29,\"spent\":91"'

meet change --change "$(change_token 130)"
pay --pay 60 --follow -- true
check "more than was paid is no change" eval 'ended 0 && complained "more than was paid"'
"$mint_bin" --ppk 0 >"$tmp/other.out" 2>&1 9>&- &
other_pid=$!
wait_for grep -q '^mint ' "$tmp/other.out"
other=$(sed -n 's/^mint //p' "$tmp/other.out")
"$ctl_bin" wallet mint 50 --mint "$other" --purse "$tmp/other.db" >/dev/null 2>&1 9>&-
meet change --change "$("$ctl_bin" wallet send 10 --quiet --purse "$tmp/other.db" 9>&-)"
kill -9 $other_pid
pay --pay 60 --follow -- true
check "nor is a token of another mint, which is not asked" eval 'ended 0 && complained "another mint"'

token=$(change_token 40)
meet change --change "$token"
pay --pay 60 --quiet -- true
printf '%s' "$token" | "$ctl_bin" wallet receive - --purse "$worker_purse" >/dev/null 2>&1 9>&-
change
check "change that somebody else has redeemed is told" eval 'ended 206 && complained "spent already" && said "\"state\":\"closed\""'

meet owed
pay --pay 60 --follow -- true
check "owed change is told" eval 'ended 0 && said "\"type\":\"change\".*\"state\":\"owed\".*\"owed\":9"'
change
check "and stays open until it is there" said '"state":"owed"'
meet late-change --change "$(change_token 9)"
pay --pay 60 --quiet -- true
change --relay "$relay"
check "an event of its own brings it" eval 'tail -n 1 "$tmp/out" | grep -q "\"state\":\"closed\".*\"change\":8"'

# ---- locked change
meet slow
pay --pay 10 --lock --quiet -- true
id=$(cat "$tmp/out")
key=$("$ctl_bin" events --relay "$relay" "$id" 2>/dev/null 9>&- |
	sed -n 's/.*\["cashu_pubkey","\([^"]*\)"\].*/\1/p')
change_token 12 --lock "$key" >"$tmp/token"
timeout 60 "$ctl_bin" wallet receive - --purse "$worker_purse" <"$tmp/token" >/dev/null 2>"$tmp/err" 9>&-
check "change that is locked to the purse's key opens to nobody else" complained "not here"
timeout 60 "$ctl_bin" wallet receive - --purse "$me" <"$tmp/token" >"$tmp/out" 2>"$tmp/err" 9>&-
status=$?
check "and to the purse" ended 0

# ---- the payment itself comes back
meet exit3
pay --pay 64 --follow -- true
check "a job that failed without change gives the payment back" eval 'ended 3 && said "\"state\":\"back\",\"paid\":128,\"change\":127,\"spent\":1"'
pay --pay 64 --quiet -- true
claim "$(cat "$tmp/out")"
change
check "unless the worker has taken it" eval 'ended 0 && said "\"state\":\"closed\",\"paid\":128,\"change\":0"'
pay --pay 10 --lock --locktime 1 --quiet -- true
id=$(cat "$tmp/out")
back() {
	change "$id"
	said '"state":"back"'
}
check "a locked one comes back when its time is over" wait_for back

meet slow
pay --pay 16 --quiet -- true
id=$(cat "$tmp/out")
change "$id"
check "without a result nothing happens" eval 'ended 0 && said "\"state\":\"sent\""'
change --take-back "$id"
check "unless one wants it back" eval 'ended 0 && said "\"state\":\"back\",\"paid\":32,\"change\":31"'

before=$(has "$me" 0 | sed 's/.* has \([0-9]*\) sat.*/\1/')
meet good --fault blocked
pay --pay 16 -- true
check "a payment that no relay has taken comes back" eval 'ended 202 && complained "back in the purse; the mint took 1 sat"'
check "by a swap: the relay has read it" has "$me" $((before - 1))
ctl submit --relay ws://127.0.0.1:1 --relay "$relay" --worker "$worker" --purse "$me" --pay 10 --lock --wait 2 --json -- true
check "a locked one stays where it is until its time" eval 'ended 202 && complained "locked to the worker: loomctl change takes it back"'

# ---- the books
sqlite_is_there() {
	command -v sqlite3 >/dev/null
}
books_agree() {
	[ "$(sqlite3 "$me" "SELECT (SELECT sum(got) - sum(gave) - sum(fee) FROM history) =
		(SELECT sum(amount) FROM proofs WHERE state IN (1, 2))")" = 1 ]
}
sqlite_is_there && check "the history adds up to the coins that are there" books_agree
done_testing
