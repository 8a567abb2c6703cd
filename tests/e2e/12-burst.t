#!/bin/bash
# SPDX-License-Identifier: MIT
# Many requests at once on one connection: each is taken or refused with an OK that says
# why, and each that was taken gets its result.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

jobload=$bin/tests/bench/jobload
[ -x "$jobload" ] || skip_all "not built: $jobload"

# load COUNT: the counts of jobload in $line
load() {
	check "$1 requests at once: all are answered, what was taken has its result" \
		"$jobload" jobs "$LOOM_RELAY" "$LOOM_PUBKEY" "$key" 0 "$1"
	line=$(cat "$T/check.out")
}

value() {
	sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" <<<"$line"
}

# ---- beyond what one connection may publish

worker limited --set RELAY_EVENTS_PER_S=4 --set QUEUE_MAX=1000
load 60
check "the relay takes the burst that it allows" [ "$(value accepted)" -ge 20 ]
check "it refuses what is above" [ "$(value refused)" -ge 20 ]
check "the refusal says rate-limited" grep -q '^refused: rate-limited: ' <<<"$line"
is "nothing else is in the ledger" "$(ledger 'SELECT count(*) FROM jobs')" "$(value accepted)"
is "all that was taken has run" "$(value success)" "$(value accepted)"

# ---- beyond what may wait in the queue

worker full --set RELAY_EVENTS_PER_S=0 --set QUEUE_MAX=5
load 60
is "the relay takes all" "$(value accepted)" 60
is "each has its result" "$(value results)" 60
is "what found no room is refused as busy" \
	"$(ledger "SELECT count(*) FROM jobs WHERE reason = 'busy'")" $((60 - $(value success)))
check "the others have run" [ "$(value success)" -ge 5 ]

# position min|max: of what queued statuses have told
position() {
	ledger "SELECT $1(CAST(json_extract(t.value, '\$[1]') AS INTEGER))
		FROM outbox o, json_each(o.event, '\$.tags') t
		WHERE o.kind = 30100 AND json_extract(t.value, '\$[0]') = 'queue_position'"
}
is "the first that waits is told that none is before it" "$(position min)" 0
check "none is told of more than may wait" [ "$(position max)" -lt 5 ]

finish
