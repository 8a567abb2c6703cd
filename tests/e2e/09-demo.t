#!/bin/bash
# SPDX-License-Identifier: MIT
# The demo as a command: two beside each other, a busy port, wrong words, and nothing left
# behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker one
one=$W
port=${LOOM_URL##*:}
worker two
is "a second demo runs beside the first" \
	"$(curl -s -o /dev/null -w '%{http_code}' "$LOOM_URL/healthz") $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/healthz")" \
	"200 200"
id=$(submit -- echo two)
result "$id" >/dev/null
is "and runs jobs" "$(output stdout "$id")" two

"$src/demo" --keep --dir "$T/three" --port "$port" >"$T/out" 2>&1
is "a busy port is an error" $? 1
check "of one line that names it" sh -c "[ \$(wc -l <'$T/out') = 1 ] && grep -q 'port $port' '$T/out'"
"$src/demo" --keep --dir "$one" --port "$(free_port)" >"$T/out" 2>&1
is "a folder with a running demo is an error" $? 1
check "of one line that says how to end it" sh -c "[ \$(wc -l <'$T/out') = 1 ] && grep -q -- --stop '$T/out'"
"$src/demo" --keep --dir "$T/three" --port "$(free_port)" --set MAX_CONCURRENT_JOBS=none >"$T/out" 2>&1
is "a bad setting is an error" $? 1
check "that names the setting" grep -q MAX_CONCURRENT_JOBS "$T/out"
"$src/demo" --nonsense >"$T/out" 2>&1
is "an unknown option is an error" $? 1
for name in LOOM_URL LOOM_RELAY LOOM_PUBKEY LOOM_ADMIN_TOKEN LOOM_CUSTOMER_SECKEY; do
	check "demo.env has $name" grep -q "^$name=." "$W/demo.env"
done

# ---- what stands still is not dead

engine=$(cat "$W/run/engine.pid")
kill -STOP "$engine"
stands_still() {
	curl -s -m 1 -o /dev/null "$LOOM_URL/readyz"
	grep -q '^State:.*T (stopped)' "/proc/$engine/status"
}
check "a service can be stopped" wait_for 10 stands_still
supervisor=$(awk '{ print $4 }' "/proc/$engine/stat")
check "its supervisor sleeps meanwhile" wait_for 5 \
	grep -q '^State:.*S (sleeping)' "/proc/$supervisor/status"
kill -CONT "$engine"
id=$(submit -- echo onward)
result "$id" >/dev/null
is "and goes on when it is let go" "$(output stdout "$id")" onward
is "as the same process" "$(cat "$W/run/engine.pid")" "$engine"

# ---- a folder deep down, and one that only its owner may enter

deep=$T/$(head -c 90 /dev/zero | tr '\0' d)/e
mkdir -p "$deep"
chmod 700 "$T/$(head -c 90 /dev/zero | tr '\0' d)"
if "$src/demo" --keep --dir "$deep" --port "$(free_port)" >"$T/out" 2>&1; then
	. "$deep/demo.env"
	W=$deep
	key=$deep/conf/customer.key
	relays=(--relay "$LOOM_RELAY")
	id=$(submit -- echo deep)
	result "$id" >/dev/null
	is "a long and closed path works too" "$(output stdout "$id")" deep
	real=$(readlink "$deep/run")
	"$src/demo" --stop --dir "$deep"
	check "and its run folder is gone afterwards" test ! -e "$real"
else
	not_ok "a long and closed path works too" "$(cat "$T/out")"
fi

# ---- nothing is left

left() {
	pgrep -af "$1" | grep -v pgrep
	grep "$1" /proc/mounts
}
id=$(submit -- sleep 300)
worker_stop "$one"
worker_stop "$T/two"
is "after --stop no process and no mount of it is there" "$(left "$T/")" ""
workers=()
finish
