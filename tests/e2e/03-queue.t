#!/bin/bash
# SPDX-License-Identifier: MIT
# Twenty jobs on two slots, and more jobs than may wait.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker w --set MAX_CONCURRENT_JOBS=2 --set QUEUE_MAX=25

ids=()
for i in $(seq 20); do
	ids+=("$(submit -- sh -c "sleep 0.2; echo job $i")")
done
good=0 single=0
for i in $(seq 20); do
	id=${ids[i - 1]}
	r=$(result "$id")
	[ "$(field reason "$r")" = ok ] && [ "$(output stdout "$id")" = "job $i" ] &&
		good=$((good + 1))
	[ "$(count_results "$id")" = 1 ] && single=$((single + 1))
done
is "twenty jobs on two slots all end well, each with its own output" $good 20
is "each has exactly one result" $single 20
is "never more than two ran at a time" "$(ledger "
	SELECT max(n) FROM (SELECT count(*) AS n FROM jobs a JOIN jobs b
	ON b.started_at <= a.started_at AND b.ended_at > a.started_at GROUP BY a.seq)")" 2
is "they were started in the order of their arrival" "$(ledger "
	SELECT count(*) FROM jobs a JOIN jobs b ON a.seq < b.seq
	AND a.started_at > b.started_at + 50")" 0
is "a waiting job was announced as queued" "$(ledger "
	SELECT count(*) > 0 FROM outbox WHERE event LIKE '%\"queue_position\"%'")" 1

# ---- a full queue is said, not suffered

first=$(submit -- sleep 3)
second=$(submit -- sleep 3)
many=()
for i in $(seq 30); do
	many+=("$(submit -- true)")
done
busy=0
for id in "${many[@]}"; do
	r=$(result "$id")
	[ "$(field reason "$r") $(field exit_code "$r")" = "busy 75" ] && busy=$((busy + 1))
done
check "beyond QUEUE_MAX jobs are refused as busy ($busy of 30)" test $busy -ge 3 -a $busy -le 7
r=$(result "$first")
is "what had a slot was not disturbed" "$(field reason "$r")" ok
r=$(result "$second")
is "neither of them" "$(field reason "$r")" ok

# ---- the advertisement tells the truth

id=$(submit -- sleep 30)
id2=$(submit -- sleep 30)
full() {
	"$ctl" workers --json "${relays[@]}" | jq -e 'select(.hex == "'"$LOOM_PUBKEY"'") | .current_queue_depth >= .max_concurrent_jobs'
}
check "a full worker says so in its advertisement" wait_for 15 full
for j in "$id" "$id2"; do
	"$ctl" cancel "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" "$j" >/dev/null 2>&1
done
not_full() {
	! full
}
check "and when it has room again, that" wait_for 15 not_full

finish
