#!/bin/bash
# SPDX-License-Identifier: MIT
# The operator's till over admin.sock: money goes in and out as tokens, the books can be
# read, and a lost ledger is found again from its words.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ -x "$bin/tests/peers/mintd" ] || skip_all "the test mint is not built"
price=()
worker till

till() {
	"$ctl" till "$@" --config "$W/conf/loom.conf" 2>"$T/till.err"
}

purse() {
	"$ctl" wallet "$@" --purse "$T/purse.db" 2>"$T/purse.err"
}

earned() {
	till --json | jq -r '[.mints[].balance.earned] | add'
}

# ended STATUS COMMAND ...
ended() {
	local want=$1
	shift
	"$@" >"$T/ended.out"
	[ $? = "$want" ]
}

mint_is_there() {
	[ "$(till --json | jq -r '.mints[0] | .word + " " + .balance.state')" = "admitted known" ]
}

# the mount namespace of a process of ours
sees_till() {
	nsenter -t "$1" -m test -S "$W/run/admin/admin.sock"
}
if [ "$(id -u)" = 0 ] && command -v nsenter >/dev/null; then
	check "loom-engine serves the till" sees_till "$(cat "$W/run/engine.pid")"
	check "loom-runner, root too, does not see it" ended 1 sees_till "$(cat "$W/run/runner.pid")"
fi

check "a balance is known once the mint has answered" wait_for 20 mint_is_there
purse mint 2000 --mint "$LOOM_MINT_URL" --text >/dev/null
purse send 1000 --mint "$LOOM_MINT_URL" --quiet >"$T/token"
check "a token is put into the till" till import - <"$T/token"
in=$(earned)
check "less the fee of the mint" [ "$in" -gt 900 -a "$in" -lt 1000 ]
check "and only once" ended 208 till import - <"$T/token"

till export 100 --text >"$T/out1"
check "a token comes out, and a customer can redeem it" purse receive "$(cat "$T/out1")"
check "then it cannot be taken back" ended 206 till reclaim 1
is "it is listed as redeemed" "$(till tokens --json | jq -r 'select(.token == 1) | .state')" redeemed
till export 50 --text >"$T/out2"
check "one that nobody has redeemed can" till reclaim 2
check "and is worth nothing any more" ended 206 purse receive "$(cat "$T/out2")"
is "its text is shown again when it is asked for" "$(till token 2 --text)" "$(cat "$T/out2")"
check "nothing is exported that is not there" ended 207 till export 100000
check "an unknown operation is said to be one" ended 205 till pay 99999

id=$(submit --payment "$(purse send 100 --mint "$LOOM_MINT_URL" --quiet >"$T/pay" && echo "$T/pay")" \
	-- true)
check "a job is paid for" [ "$(field success "$(result "$id")")" = true ]
curl -s -H "Authorization: Bearer $LOOM_ADMIN_TOKEN" "$LOOM_URL/api/v1/jobs/$id" >"$T/job"
check "the full view has its books" jq -e '.payment | .state == "settled" and
	.paid == .charged + .change + .fees and .charged > 0' "$T/job"
check "and the steps of its claim in the timeline" jq -e '[.timeline[] |
	select(.pay == "claim") | .to] == ["submitted", "settled"]' "$T/job"
curl -s "$LOOM_URL/api/v1/jobs/$id" >"$T/job"
check "the public view has neither" jq -e '(has("payment") | not) and
	([.timeline[] | select(.pay)] == [])' "$T/job"
check "everybody may know the price" jq -e '.price | .rate > 0 and .unit == "sat" and
	.mints[0].accepted and .mints[0].health == "up"' <(curl -s "$LOOM_URL/api/v1/status")

till history --csv >"$T/books.csv"
is "the books have a header" "$(head -n 1 "$T/books.csv")" $'time,mint,from,to,amount,unit,op,job\r'
is "every row has eight fields" "$(cut -d, -f8- "$T/books.csv" | grep -c ,)" 0
is "in the books earned is what the balance says" "$(awk -F, '
	$4 == "earned" { n += $5 } $3 == "earned" { n -= $5 } END { print n }' "$T/books.csv")" "$(earned)"
check "all of it adds up" till check

before=$(earned)
left=$(till --json | jq '.mints[0].tokens_out.amount')
till seed --text >"$T/words"
is "wallet seed is the same" "$("$ctl" wallet seed --text --config "$W/conf/loom.conf")" "$(cat "$T/words")"
check "the seed has twelve words" [ "$(wc -w <"$T/words")" = 12 ]
check "other words are refused by a ledger with money" \
	ended 208 till restore --words-from <(yes abandon | head -n 11 | tr '\n' ' ' && echo about)

worker_stop "$W"
rm -f "$W"/state/ledger.db*
"$bin/engine/loom-engine" --config "$W/conf/loom.conf" --takeover >"$T/takeover.out" 2>&1
worker_again
wait_for 20 mint_is_there
is "a lost ledger has nothing" "$(earned)" 0
check "its money comes back from the words" till restore --words-from "$T/words"
after=$(earned)
# the change of the job was given as it was, and nobody has redeemed it
check "all of it, with change that nobody has redeemed" \
	[ "$after" -ge "$before" -a "$after" -le $((before + left)) ]
is "and the words are the old ones" "$(till seed --text)" "$(cat "$T/words")"
till export 10 --text >"$T/out3"
check "it is money" purse receive "$(cat "$T/out3")"
check "and the books add up" till check

if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1; then
	chmod 711 "$T" "$W" "$W/run" "$W/run/admin"
	cp "$ctl" "$T/loomctl" && chmod 755 "$T/loomctl"
	check "a stranger on this machine is not let in" ended 208 \
		setpriv --reuid=nobody --clear-groups env RUN_DIR="$W/run" "$T/loomctl" till
fi
finish
