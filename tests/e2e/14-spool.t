#!/bin/bash
# SPDX-License-Identifier: MIT
# The runner cannot hand over a result at once: the job keeps its place until it can.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to reach into the spool"

worker w --set MAX_CONCURRENT_JOBS=1

id=$(submit -- sh -c 'echo done; sleep 2')
spool=$(readlink -f "$W/run")/spool
entry() {
	find "$spool" -type d -name "$id" | grep .
}
wait_for 10 entry
folder=$(entry)
wait_for 10 test -s "$folder/stdout"
mv "$folder/stdout" "$folder/away"
mkdir "$folder/stdout"
refused() {
	grep -q "ev=runner.error" "$W/log/engine.log"
}
check "the runner refuses to open what is no file" wait_for 15 refused
is "the job has no answer yet" "$(ledger "SELECT state FROM jobs WHERE hex(id) = upper('$id')")" 5
rmdir "$folder/stdout"
mv "$folder/away" "$folder/stdout"
r=$(result "$id" 30)
is "then it ends well" "$(field reason "$r")" ok
is "with its output" "$(output stdout "$id")" "done"
is "and its slot is free again" "$(field reason "$(result "$(submit -- true)" 20)")" ok

finish
