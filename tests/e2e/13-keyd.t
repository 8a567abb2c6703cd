#!/bin/bash
# SPDX-License-Identifier: MIT
# loom-keyd does not answer for a while: jobs with secrets wait for it, can be cancelled
# while they do, and none is forgotten, however many they are.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker w --set MAX_CONCURRENT_JOBS=1 --set QUEUE_MAX=2000

state_is() {
	[ "$(ledger "SELECT state FROM jobs WHERE hex(id) = upper('$1')")" = "$2" ]
}
has() {
	[ "$(ledger "$1")" = "$2" ]
}
# Stopped like the process of a machine under load; its supervisor first, or it would be
# started again.
keyd=$(cat "$W/run/keyd.pid")
supervisor=$(cat "$W/run/keyd.supervisor")
hold() {
	kill -STOP "$supervisor"
	kill -STOP "$keyd"
}
go_on() {
	kill -CONT "$keyd"
	kill -CONT "$supervisor"
}
export WORD=secret

first=$(submit -- sleep 2)
id=$(submit --secret-env WORD -- sh -c 'echo it ran')
wait_for 10 state_is "$id" 3
hold
check "a job that has a slot waits for its secrets" wait_for 10 state_is "$id" 4
"$ctl" cancel "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" "$id" >/dev/null 2>&1
wait_for 10 has "SELECT cancel_at > 0 FROM jobs WHERE hex(id) = upper('$id')" 1
go_on
r=$(result "$id")
is "cancelled there, it does not run" "$(field reason "$r") $(field exit_code "$r")" \
	"cancelled 143"
is "the job before it was not disturbed" "$(field reason "$(result "$first")")" ok

# ---- more than the engine asks loom-keyd about at one time

hold
n=540
for _ in $(seq $n); do
	submit --secret-env WORD -- true >>"$T/ids"
done
is "all of them are in the ledger" "$(ledger "SELECT count(*) FROM jobs WHERE state = 1")" \
	"$(sort -u "$T/ids" | grep -c .)"
go_on
check "all of them are judged" wait_for 30 has "SELECT count(*) FROM jobs WHERE state = 1" 0
check "all of them run" wait_for 60 has \
	"SELECT count(*) FROM jobs WHERE reason = 'ok' AND state >= 8" $((n + 1))

finish
