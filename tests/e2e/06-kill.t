#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of each process in turn while jobs run and wait: every job ends with exactly one
# result, none runs twice, none is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker w --set MAX_CONCURRENT_JOBS=3

# The new process has another pid than the one that was killed.
is_back() {
	local now
	now=$(cat "$W/run/$1.pid" 2>/dev/null)
	[ -n "$now" ] && [ "$now" != "$2" ] && kill -0 "$now"
}

ids=()
# A job whose request could not be published at all (the relay itself was being killed) is
# sent again by its customer: here the same way.
send() {
	local id=''
	for _ in $(seq 50); do
		id=$(submit -- "$@")
		[ -n "$id" ] && [ "$(grep -c . <<<"$id")" = 1 ] && break
		sleep 0.1
	done
	ids+=("$id")
}

for name in engine runner keyd bridge fcgi nginx; do
	for i in 1 2 3 4 5; do
		send sh -c "sleep 0.7; echo $name $i"
	done
	pid=$(cat "$W/run/$name.pid")
	kill -9 "$pid"
	check "$name is started again" wait_for 10 is_back $name "$pid"
	send sh -c "echo after $name"
done

# engine and runner at the same time, with jobs in every state
for i in 1 2 3 4 5 6; do
	send sh -c "sleep 1; echo both $i"
done
shims() {
	pgrep -f "^loom-shim" | sort
}
before=$(pgrep -c -x sleep)
kill -9 "$(cat "$W/run/engine.pid")" "$(cat "$W/run/runner.pid")"
check "jobs go on while engine and runner are both dead" test "$(pgrep -c -x sleep)" -ge 1 -a "$before" -ge 1

lost=0 wrong=0 double=0
for id in "${ids[@]}"; do
	r=$(result "$id" 60)
	[ -n "$r" ] || lost=$((lost + 1))
	[ "$(field reason "$r")" = ok ] || {
		wrong=$((wrong + 1))
		echo "# $id: $(field reason "$r") $(field error "$r")"
	}
	[ "$(count_results "$id")" = 1 ] || double=$((double + 1))
done
is "none of ${#ids[@]} jobs is lost" $lost 0
is "all of them ended well" $wrong 0
is "each has exactly one result on the relay" $double 0
is "none was executed twice" "$(ledger "
	SELECT count(*) FROM (SELECT job FROM job_log WHERE event = 'running'
	GROUP BY job HAVING count(*) > 1)")" 0
is "no event was signed a second time with other content" "$(ledger "
	SELECT count(*) FROM (SELECT job FROM outbox WHERE kind = 5101
	GROUP BY job HAVING count(*) > 1)")" 0

# ---- the shim is the one process that a job cannot outlive

id=$(submit -- sleep 30)
wait_for 10 sh -c "sqlite3 -readonly '$W/state/ledger.db' \"SELECT count(*) FROM jobs WHERE hex(id) = upper('$id') AND state = 5\" | grep -q 1"
shim=$(pgrep -f "$W/run/spool" || true)
[ -n "$shim" ] || shim=$(pgrep -x loom-shim | while read -r p; do
	grep -q "$W" "/proc/$p/mountinfo" 2>/dev/null && pgrep -P "$p" >/dev/null && echo "$p"
done)
for p in $shim; do
	kill -9 "$p" 2>/dev/null
done
r=$(result "$id" 60)
is "a killed shim is our fault" "$(field reason "$r") $(field exit_code "$r")" "fault_backend 70"
id=$(submit -- echo still)
result "$id" >/dev/null
is "and the worker goes on" "$(output stdout "$id")" still

finish
