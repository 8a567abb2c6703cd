#!/bin/bash
# SPDX-License-Identifier: MIT
# Two workers with one key, and a ledger of yesterday: neither runs a job twice or answers
# it twice.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

relay other
other=${relay_url[other]}

# twin NAME: a folder for another worker with the key and the customer of the first one
twin() {
	mkdir -p "$T/$1/conf"
	cp "$T/a/conf/worker.key" "$T/a/conf/customer.key" "$T/$1/conf/"
}

# engine_says DIR OPTION: a word for the next start
engine_says() {
	"$bin/engine/loom-engine" --config "$1/conf/loom.conf" "$2" >>"$T/$2.out" 2>&1
}

epoch_of() {
	sqlite3 -readonly "$1/state/ledger.db" ".timeout 5000" "SELECT value FROM meta WHERE key = 'epoch'"
}

has_ended() {
	grep -q 'ev=epoch.rival .*action=end' "$1/log/engine.log"
}

has_published() {
	grep -q 'ev=bridge.receipt .*verdict=ok' "$1/log/bridge.log"
}

# how often a job was started, over the last two lives of the runner
count_all_runs() {
	cat "$W/log/runner.log" "$W/log/runner.log.old" | grep -c "ev=job.started job=${1:0:8} "
}

# state_is ID N: in the ledger, as its number
state_is() {
	[ "$(ledger "SELECT state FROM jobs WHERE hex(id) = upper('$1')")" = "$2" ]
}

was_found() {
	[ "$(ledger "SELECT count(*) FROM job_log JOIN jobs ON jobs.seq = job
		WHERE hex(id) = upper('$1') AND event = 'answered'")" = 1 ]
}

# ---- two workers

worker a --set NOSTR_RELAYS="$other"
check "the first worker has advertised itself" wait_for 30 has_published "$W"
r=$(on "$other" result "$(on "$other" submit -- echo first)")
is "and runs jobs" "$(field reason "$r")" ok
is "its ledger is in the first epoch" "$(epoch_of "$T/a")" ""

twin b
"$src/demo" --keep --dir "$T/b" --port "$(free_port)" --set NOSTR_RELAYS="$other" \
	--set MAX_CONCURRENT_JOBS=1 >"$T/b.out" 2>&1
is "a second one with its key does not start" $? 1
check "and says why" grep -q 'another worker uses this key' "$T/b.out"
is "nothing was published by it" "$(grep -c 'ev=bridge.publish' "$T/b/log/bridge.log")" 0
is "its engine ended with 75" \
	"$(grep 'ev=demo.ended name=engine' "$T/b/log/engine.log" | grep -vc 'status=75')" 0
r=$(on "$other" result "$(on "$other" submit -- echo second)")
is "the first one goes on" "$(field reason "$r")" ok

check "the second one may take over" engine_says "$T/b" --takeover
worker b --set NOSTR_RELAYS="$other" --set MAX_CONCURRENT_JOBS=1
is "and does, in an epoch of its own" "$(epoch_of "$T/b")" 2
check "it has advertised itself" wait_for 30 has_published "$W"
kill -9 "$(cat "$T/a/run/engine.pid")"
check "the first one, started again, ends" wait_for 30 has_ended "$T/a"
worker_stop "$T/a"

# ---- a backup is restored

own=$LOOM_RELAY
done_before=$(on "$other" submit -- echo complete)
r=$(on "$other" result "$done_before")
is "a job is done before the backup" "$(field reason "$r")" ok
running=$(on "$other" submit -- sleep 4)
check "one runs" wait_for 30 state_is "$running" 5
queued=$(on "$other" submit -- echo queued)
check "one waits" wait_for 30 state_is "$queued" 3
(umask 077 && sqlite3 -readonly "$W/state/ledger.db" "VACUUM INTO '$T/backup.db'")
for id in "$running" "$queued"; do
	r=$(on "$other" result "$id")
	is "it ends after the backup" "$(field reason "$r")" ok
done
after=$(on "$other" submit -- echo after)
r=$(on "$other" result "$after")
is "another one is not even in it" "$(field reason "$r")" ok
for id in "$done_before" "$running" "$queued" "$after"; do
	wait_for 30 on "$own" has_last_status "$id" completed
done
before=$(for id in "$done_before" "$running" "$queued" "$after"; do
	on "$other" events "$id" | jq -r 'select(.kind == 5101).id'
done)
lost=$(on "$own" submit -- sleep 6)
check "the last one has only begun" wait_for 30 state_is "$lost" 5
worker_stop "$W"
rm -f "$W"/state/ledger.db*
cp "$T/backup.db" "$W/state/ledger.db"
check "the operator says that this is not another worker" engine_says "$W" --takeover
worker_again --set NOSTR_RELAYS="$other" --set MAX_CONCURRENT_JOBS=1

is "the ledger is in a new epoch" "$(epoch_of "$W")" 3
for id in "$running" "$queued" "$after"; do
	check "the result of ${id:0:8} is found" wait_for 30 was_found "$id"
done
r=$(on "$own" result "$lost")
is "what was not answered is run" "$(field reason "$r")" ok
fresh=$(on "$other" submit -- echo fresh)
r=$(on "$other" result "$fresh")
is "new jobs are too" "$(field reason "$r")" ok
for id in "$done_before" "$running" "$queued" "$after"; do
	is "job ${id:0:8} was run once, and answered once on each relay" \
		"$(count_all_runs "$id") $(on "$own" count_results "$id") $(on "$other" count_results "$id")" \
		"1 1 1"
done
is "by the very same events" "$(for id in "$done_before" "$running" "$queued" "$after"; do
	on "$other" events "$id" | jq -r 'select(.kind == 5101).id'
done)" "$before"
is "the others are answered once too" \
	"$(on "$own" count_results "$lost") $(on "$other" count_results "$fresh")" "1 1"
worker_stop "$W"
check "the operator may begin an epoch by hand" engine_says "$W" --new-epoch
is "and that is the next one" "$(epoch_of "$W")" 4

# ---- no relay at the start

relay late
relay_say late "event $(ledger "SELECT event FROM outbox WHERE kind = 10100 AND pub IS NOT NULL
	ORDER BY pub DESC LIMIT 1")"
has_taken() {
	[ "$(grep -c "^done" "$T/late.out")" = 2 ]
}
check "a relay has the advertisement" wait_for 10 has_taken
kill -STOP "${relay_pid[late]}"
twin c
worker c --set NOSTR_RELAYS="${relay_url[late]}"
check "but does not speak: another worker starts" grep -q 'ev=epoch.open epoch=1' "$W/log/engine.log"
r=$(result "$(submit -- echo alone)")
is "and works" "$(field reason "$r")" ok
kill -CONT "${relay_pid[late]}"
check "when the relay speaks, it ends" wait_for 60 has_ended "$W"
finish
