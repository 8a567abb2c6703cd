#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl follow, result, events, cancel, workers: what is said of a worker that keeps the
# rules, and of one that breaks them.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
make_keys

# with ANSWER: a relay with such a worker, and a job that it has answered in $id
with() {
	start_relay --answer "$1"
	ctl submit --relay "$relay" --worker "$worker" --key "$tmp/me.key" --quiet -- true
	id=$(cat "$tmp/out")
}

# live ANSWER: the same, but watched from the start
live() {
	start_relay --answer "$1"
	ctl submit --relay "$relay" --worker "$worker" --follow --strict --wait 2 -- true
}

breaks() {
	said "\"type\":\"fault\".*\"rule\":\"$1\""
}

# ---- exit statuses
with good
ctl result --relay "$relay" "$id"
check "a result can be looked up" eval 'ended 0 && said "\"success\":true"'
check "result shows no status" eval '! said "\"type\":\"status\""'
ctl follow --relay "$relay" "$id"
check "a job that has ended can be followed" eval 'ended 0 && said "\"type\":\"result\""'
ctl follow --relay "$relay" --worker "$worker" --strict "$id"
check "and its last status is waited for on demand" eval 'ended 0 && said completed'
ctl events --relay "$relay" "$id"
check "events prints request, status and result" eval '[ "$(wc -l <"$tmp/out")" = 3 ] &&
	said "\"kind\":5100" && said "\"kind\":30100" && said "\"kind\":5101"'
check "oldest first" eval 'head -n 1 "$tmp/out" | grep -q "\"kind\":5100"'
ctl follow --relay "$relay" "note1$(printf x)"
check "a job id must be one" ended 200
ctl result --relay "$relay" "$(printf '0%.0s' 1 2 3 4 5 6 7 8)"
check "of the right length" ended 200
zero=$(printf '%064d' 0)
ctl result --relay "$relay" "$zero"
check "an unknown job is told" eval 'ended 205 && complained "no relay has that request"'
ctl result --relay "$relay" --worker "$worker" "$zero"
check "an unknown job of a known worker too" eval 'ended 205 && complained "no result"'
advert=$(ctl workers --relay "$relay" && field event worker)
ctl result --relay "$relay" "$advert"
check "an event that is no job is told" eval 'ended 205 && complained "kind 10100"'

with exit3
ctl result --relay "$relay" --text "$id"
check "the exit status is the job's" ended 3
check "what a stranger writes is escaped" eval 'said "u001b.31mfailed.u202e" && is_clean'
ctl follow --relay "$relay" --json "$id"
check "in JSON too" eval 'ended 3 && said "u001b.31mfailed.u202e" && is_clean'
with large-code
ctl result --relay "$relay" "$id"
check "an exit code that fits into none is 1" ended 1

# ---- no end in sight
with silent
ctl follow --relay "$relay" --wait 1 "$id"
check "--wait ends the waiting" eval 'ended 203 && complained "nothing of the job yet"'
ctl result --relay "$relay" "$id"
check "no result yet is a status of its own" ended 205
with slow
ctl follow --relay "$relay" --wait 1 "$id"
check "a queued job is shown and waited for" eval 'ended 203 && said queued'
ctl result --relay "$relay" "$id"
check "a job that is not finished has no result" eval 'ended 205 && complained "the worker is at it"'

# ---- cancellation
ctl keygen "$tmp/other.key"
ctl cancel --relay "$relay" --key "$tmp/other.key" "$id"
check "another key cannot cancel" eval 'ended 201 && complained "another key"'
ctl cancel --relay "$relay" "$id"
check "a key is needed to cancel" ended 200
timeout 60 "$ctl_bin" follow --relay "$relay" --strict "$id" >"$tmp/watch" 2>&1 9>&- &
watcher=$!
ctl cancel --relay "$relay" --key "$tmp/me.key" "$id"
check "the customer can cancel" eval 'ended 0 && said "\"taken\":true"'
wait "$watcher"
status=$?
check "and who follows sees the end" eval '[ $status = 143 ] && grep -q cancelled "$tmp/watch"'
ctl events --relay "$relay" "$id"
check "the cancellation is among the events" said '"kind":5102'

# ---- a worker that breaks rules
live bad-status
check "an unknown status breaks LOOM-34" breaks LOOM-34
check "two e tags break LOOM-32" breaks LOOM-32
check "a tag of the client's own names breaks LOOM-37" breaks LOOM-37
check "a log line as content breaks LOOM-36" breaks LOOM-36
check "broken rules end --strict with 204" ended 204
live bad-result
check "success with another code than 0 breaks LOOM-41" breaks LOOM-41
check "an empty tag breaks LOOM-45" breaks LOOM-45
check "a link that is none breaks LOOM-43" breaks LOOM-43
live early-last
check "a last status before the result breaks LOOM-42" breaks LOOM-42
live twice
check "a second result breaks LOOM-39" breaks LOOM-39
live no-last
check "a missing last status breaks LOOM-42" eval 'breaks LOOM-42 && ended 204'
with bad-result
ctl result --relay "$relay" "$id"
check "without --strict it is said, and the job's end counts" eval 'ended 0 && breaks LOOM-41'
with after-last
ctl follow --relay "$relay" --text "$id"
check "people read which rule was broken" eval 'ended 0'

# ---- workers
ctl workers --relay "$relay"
check "workers are listed" eval 'ended 0 && [ "$(field hex worker)" = "$worker" ]'
check "with price and software" said '"price":\[{"mint":"https://mint.example.com","rate":"2","unit":"sat"}\].*"software":\[{"name":"bash","version":"5.2","path":"/bin/bash"}\]'
ctl workers --relay "$relay" --text
check "for people too, escaped" eval 'said "fake .u001b.31mworker" && said "2 sat/s at https" && is_clean'
ctl workers --relay ws://127.0.0.1:1
check "no relay is told" eval 'ended 202 && complained "no relay has answered"'
done_testing
