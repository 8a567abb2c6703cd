#!/bin/bash
# SPDX-License-Identifier: MIT
# What a relay has stored while the worker was wholly down: new jobs are run when it is
# back, answered ones are not run again, old ones are refused.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

relay other
other=${relay_url[other]}
settings=(--set NOSTR_RELAYS="$other" --set MAX_JOB_AGE=120)
worker w "${settings[@]}"
check "the worker listens on the relay" wait_for 30 relay_is_read other
relays=(--relay "$other")

# old AGE WORD ... : publish a job that was made AGE seconds ago; prints its id
old() {
	local event
	event=$("$bin/tests/peers/signjob" "$key" "$LOOM_PUBKEY" "$@")
	relay_say other "event $event"
	jq -r .id <<<"$event"
}

# no program of the worker is alive
is_down() {
	! pgrep -f "$W/(conf|nginx)/"
}

# The job of a mark is the last thing that the relay has: when it is done, all that stood
# before it has been judged.
read_all() {
	local mark
	mark=$(submit -- echo mark)
	[ "$(field reason "$(result "$mark")")" = ok ]
}

# ends ID NAME REASON CODE RUNS
ends() {
	local r
	r=$(result "$1")
	is "$2" "$(field reason "$r") $(field exit_code "$r")" "$3 $4"
	is "$2: one result, started $5 times" "$(count_results "$1") $(runs_of "$1")" "1 $5"
}

# over all lives of the runner: of its log the last two are kept
runs_of() {
	ledger "SELECT count(*) FROM jobs JOIN job_log ON job = jobs.seq
		WHERE hex(id) = upper('$1') AND event = 'running'"
}

answered=$(submit -- cat /proc/sys/kernel/random/uuid)
ends "$answered" "a job before all this" ok 0 1
before=$(events "$answered" | jq -r 'select(.kind == 5101).id')
check "and its last status" wait_for 30 has_last_status "$answered" completed
interrupted=$(submit -- sleep 300)
check "a long job runs" wait_for 30 has_last_status "$interrupted" running

# ---- down

worker_stop "$W"
check "the worker is wholly down" is_down
stored=$(submit -- echo stored)
is "the relay takes a job for it" ${#stored} 64
script=$T/script
printf 'echo "second $((40 + 2))"\n' >"$script"
second=$(submit --script "$script")
recent=$(old 60 echo recent)
late=$(old 300 echo late)
ancient=$(old $((73 * 3600)) echo ancient)
cancelled=$(submit -- echo cancelled)
"$ctl" cancel "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" "$cancelled" >/dev/null 2>&1
is "the relay takes its cancellation" "$(events "$cancelled" | jq -c 'select(.kind == 5102)' | grep -c .)" 1
listed=$key
key=$T/stranger.key
"$ctl" keygen "$key" >/dev/null
strangers=$(submit -- echo stranger)
key=$listed
is "nobody has answered anything" "$(count_results "$stored") $(count_results "$strangers")" "0 0"

# ---- back

worker_again "${settings[@]}"
ends "$stored" "a job that was stored meanwhile is run" ok 0 1
is "and has its output" "$(output stdout "$stored")" stored
ends "$second" "so is one without a command" ok 0 1
is "with its output" "$(output stdout "$second")" "second 42"
ends "$recent" "so is one that is a minute old" ok 0 1
ends "$late" "one that is older than MAX_JOB_AGE is refused" too_old 65 0
ends "$cancelled" "one that was cancelled meanwhile is not run" cancelled 143 0
ends "$strangers" "one of a stranger is refused" payment_required 77 0
r=$(result "$interrupted")
is "one that was running ended as the worker's fault, whichever" \
	"$(field reason "$r" | cut -d_ -f1) $(field exit_code "$r") $(count_results "$interrupted") $(runs_of "$interrupted")" \
	"fault 70 1 1"
check "all of it was read" read_all
is "one that is days old is not even looked at" \
	"$(count_results "$ancient") $(ledger "SELECT count(*) FROM jobs WHERE hex(id) = upper('$ancient')")" \
	"0 0"
ends "$answered" "one that was answered before is not run again" ok 0 1
is "nor answered anew" "$(events "$answered" | jq -r 'select(.kind == 5101).id')" "$before"

# ---- once more, and the bridge has lost all that it knew

worker_stop "$W"
rm -rf "$W/state/bridge"
again=$(submit -- echo again)
worker_again "${settings[@]}"
ends "$again" "without the bridge's memory a stored job is run too" ok 0 1
check "and all is read again" read_all
for id in "$answered" "$stored" "$second" "$recent"; do
	ends "$id" "job ${id:0:8} is not run a second time" ok 0 1
done
is "the answer of the first job is the very same event" \
	"$(events "$answered" | jq -r 'select(.kind == 5101).id')" "$before"

# ---- a relay that ignores what it was asked for, and the own one

relay_say other "set open 0"
rude=$(old $((73 * 3600)) echo 'unasked')
relay_say other "set open 1"
check "what nobody asked for is read over" read_all
is "and no job" "$(ledger "SELECT count(*) FROM jobs WHERE hex(id) = upper('$rude')")" 0
is "in the ledger no job ran twice" "$(ledger "
	SELECT count(*) FROM (SELECT job FROM job_log WHERE event = 'running'
	GROUP BY job HAVING count(*) > 1)")" 0
finish
