#!/bin/bash
# SPDX-License-Identifier: MIT
# The web end point, the engine and nginx are away for a while, one after the other: what
# is published meanwhile is neither lost nor run twice.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

relay other
other=${relay_url[other]}
worker w --set NOSTR_RELAYS="$other" --set MAX_CONCURRENT_JOBS=3
own=$LOOM_RELAY
check "the worker listens on the other relay" wait_for 30 relay_is_read other

count_log() {
	grep -c "$1" "$W/log/bridge.log"
}

# The bridge has tried to deliver twice, in vain, since there were $1 such lines.
has_tried() {
	[ "$(count_log 'ev=deliver.failed')" -ge $(($1 + 2)) ]
}

# Nobody collects the dead while their supervisor stands still.
is_gone() {
	! ps -e -o pgid=,stat= | grep -E "^ *$1 +[^Z]"
}

# The supervisor stands still, the service is dead: nobody starts it again.
take_away() {
	local pid
	kill -STOP "$(cat "$W/run/$1.supervisor")"
	pid=$(cat "$W/run/$1.pid")
	# all of its group: nginx's workers serve on without their master
	kill -9 -- "-$pid"
	wait_for 10 is_gone "$pid" || not_ok "$1 can be taken away" "$(ps -e -o pgid=,stat=,args= | grep "^ *$pid ")"
}

let_come() {
	kill -CONT "$(cat "$W/run/$1.supervisor")"
}

is_answering() {
	[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$LOOM_URL/readyz")" = 200 ]
}

# send WHERE N NAME: jobs to ids
send() {
	local i
	for i in $(seq "$2"); do
		ids+=("$(on "$1" submit -- echo "$3 $i")")
		said+=("$3 $i")
	done
}

for name in fcgi engine nginx; do
	ids=()
	said=()
	take_away $name
	failures=$(count_log 'ev=deliver.failed')
	delivered=$(count_log 'ev=bridge.delivered')
	send "$other" 4 "$name, other relay,"
	# behind nginx lives the own relay too
	[ $name = nginx ] || send "$own" 4 "$name, own relay,"
	is "$name is away: relays take ${#ids[@]} jobs all the same" \
		"$(printf '%s\n' "${ids[@]}" | grep -cE '^[0-9a-f]{64}$')" ${#ids[@]}
	check "$name is away: the bridge tries again and again" wait_for 30 has_tried "$failures"
	is "$name is away: nothing was delivered" "$(count_log 'ev=bridge.delivered')" "$delivered"
	let_come $name
	check "$name is back: the worker is ready" wait_for 30 is_answering
	good=0 single=0 once=0
	for i in "${!ids[@]}"; do
		id=${ids[i]}
		r=$(on "$other" result "$id")
		[ "$(field reason "$r")" = ok ] &&
			[ "$(on "$other" output stdout "$id")" = "${said[i]}" ] && good=$((good + 1))
		wait_for 30 on "$own" has_last_status "$id" completed
		[ "$(on "$own" count_results "$id") $(on "$other" count_results "$id")" = "1 1" ] &&
			single=$((single + 1))
		[ "$(count_runs "$id")" = 1 ] && once=$((once + 1))
	done
	is "$name is back: every job is run and answered" $good ${#ids[@]}
	is "$name is back: each has one result on either relay" $single ${#ids[@]}
	is "$name is back: each was started once" $once ${#ids[@]}
done

# ---- all three, and the bridge dies in the middle of it

ids=()
for name in nginx fcgi engine; do
	take_away $name
done
failures=$(count_log 'ev=deliver.failed')
# made a minute ago: a bridge that asks only for what comes from now on does not get it
event=$("$bin/tests/peers/signjob" "$key" "$LOOM_PUBKEY" 60 echo 'all away')
on_other=$(jq -r .id <<<"$event")
relay_say other "event $event"
check "all are away: the bridge tries again and again" wait_for 30 has_tried "$failures"
kill -9 "$(cat "$W/run/bridge.pid")"
check "a new bridge asks the relay again" wait_for 30 relay_is_read other 2
for name in engine fcgi nginx; do
	let_come $name
done
r=$(on "$other" result "$on_other")
is "a job that only a dead bridge knew is run" "$(field reason "$r")" ok
is "once" "$(count_runs "$on_other")" 1

# what the own relay has taken is owed, whoever dies
take_away engine
failures=$(count_log 'ev=deliver.failed')
owed=$(on "$own" submit -- echo owed)
check "the bridge tries to deliver it" wait_for 30 has_tried "$failures"
kill -9 "$(cat "$W/run/bridge.pid")"
let_come engine
r=$(on "$other" result "$owed")
is "a job that the own relay has taken survives the bridge" "$(field reason "$r")" ok
is "and is run once" "$(count_runs "$owed")" 1

is "in the ledger no job ran twice" "$(ledger "
	SELECT count(*) FROM (SELECT job FROM job_log WHERE event = 'running'
	GROUP BY job HAVING count(*) > 1)")" 0
finish
