#!/bin/bash
# SPDX-License-Identifier: MIT
# Three relays of others beside the worker's own: a job that all four bring runs once, its
# answers go to all of them, and a relay that was away is used again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for name in one two three; do
	relay $name
done
others=("${relay_url[one]}" "${relay_url[two]}" "${relay_url[three]}")
worker w --set NOSTR_RELAYS="${others[0]},${others[1]},${others[2]}"
own=$LOOM_RELAY
everywhere=(--relay "$own")
for url in "${others[@]}"; do
	everywhere+=(--relay "$url")
done
for name in one two three; do
	check "the worker listens on relay $name" wait_for 30 relay_is_read $name
done
advertised() {
	on "$1" "$ctl" workers --json "${relays[@]}" | jq -e "select(.hex == \"$LOOM_PUBKEY\")"
}
for url in "${others[@]}"; do
	check "and is advertised there" wait_for 30 advertised "$url"
done

# ---- one request, four ways

# Everything about a job that has ended on all four relays.
ran_once() {
	local name=$1 id=$2 url ids=() last=()
	for url in "$own" "${others[@]}"; do
		wait_for 30 on "$url" has_last_status "$id" completed
		last+=("$(on "$url" last_status "$id")")
		ids+=("$(on "$url" events "$id" | jq -r 'select(.kind == 5101).id')")
	done
	is "$name: it was started once" "$(count_runs "$id")" 1
	is "$name: it is one job, that ran once" "$(ledger "
		SELECT count(DISTINCT jobs.seq), count(*) FROM jobs JOIN job_log ON job = jobs.seq
		WHERE hex(id) = upper('$id') AND event = 'running'")" "1|1"
	is "$name: each relay has one result, the same everywhere" \
		"$(printf '%s\n' "${ids[@]}" | sort -u | grep -c .) ${#ids[@]} $(printf '%s\n' "${ids[@]}" | grep -c .)" \
		"1 4 4"
	is "$name: and the last status" "${last[*]}" "completed completed completed completed"
}

relays=("${everywhere[@]}")
id=$(submit -- cat /proc/sys/kernel/random/uuid)
is "one job id" ${#id} 64
r=$(result "$id")
is "a job that was sent to four relays at once ends well" "$(field reason "$r")" ok
ran_once "sent to four relays" "$id"
first=$(output stdout "$id")
is "its result names an output of one run" "$(grep -cE '^[0-9a-f-]{36}$' <<<"$first")" 1

# The bridge stands still while all three say the same event three times: it reads all of
# it in one go, and none of it was known before.
event=$("$bin/tests/peers/signjob" "$key" "$LOOM_PUBKEY" 0 cat /proc/sys/kernel/random/uuid)
id=$(jq -r .id <<<"$event")
bridge=$(cat "$W/run/bridge.pid")
kill -STOP "$bridge"
for name in one two three one two three one two three; do
	relay_say $name "event $event"
done
kill -CONT "$bridge"
relays=(--relay "${others[1]}")
r=$(result "$id")
is "a job that three relays bring three times each ends well" "$(field reason "$r")" ok
ran_once "three times from three relays" "$id"
is "the bridge was not started anew" "$(cat "$W/run/bridge.pid")" "$bridge"

# Once more from everywhere, to a bridge that remembers nothing of it.
for name in one two three; do
	relay_say $name "event $event"
done
kill -9 "$bridge"
for name in one two three; do
	check "relay $name has the worker back" wait_for 30 relay_is_read $name 2
	mark=$(on "${relay_url[$name]}" submit -- echo mark)
	r=$(on "${relay_url[$name]}" result "$mark")
	is "and all that it had stored was read before this job" "$(field reason "$r")" ok
done
ran_once "read again from everywhere" "$id"

# ---- a relay dies and comes back

port=${others[2]##*:}
relay_kill three
is_down() {
	grep -q "ev=relay.down relay=${others[2]} was_up=yes" "$W/log/bridge.log"
}
check "the worker notices" wait_for 30 is_down
relays=(--relay "$own")
away=$(submit -- echo away)
r=$(result "$away")
is "without it jobs go on" "$(field reason "$r")" ok
check "and are answered on the others" wait_for 30 on "${others[0]}" has_last_status "$away" completed

relay three "$port"
is "it is back under the same address" "${relay_url[three]}" "${others[2]}"
check "the worker comes back to it" wait_for 90 relay_is_read three
check "and brings what it has missed" wait_for 60 on "${others[2]}" has_last_status "$away" completed
is "one result" "$(on "${others[2]}" count_results "$away")" 1
id=$(on "${others[2]}" submit -- echo 'only there')
r=$(on "${others[2]}" result "$id")
is "a job that only this relay has is run" "$(field reason "$r")" ok
ran_once "from the relay that came back" "$id"

finish
