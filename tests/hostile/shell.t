#!/bin/bash
# SPDX-License-Identifier: MIT
# Hostile jobs in the shell back end, as root with what this machine has of control groups.
set -u

# shellcheck source=tests/hostile/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/hostile/rows.sh
. "$(dirname "$0")/rows.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root; rootless.t does not"

r18() {
	stop_runner
	sed -i 's/^KILL_GRACE=.*/KILL_GRACE=0/' "$dir/conf"
	start_runner "${runner_options[@]}"
	naughty_opts --limit 300 -- onterm 9
	want reason time_limit signal 9
	stop_runner
	sed -i 's/^KILL_GRACE=.*/KILL_GRACE=1/' "$dir/conf"
	start_runner "${runner_options[@]}"
}

r27() {
	local id pid uid
	echo secret >"$dir/run/sandbox/etc/rootsecret"
	chmod 600 "$dir/run/sandbox/etc/rootsecret"
	job -- cat /etc/rootsecret
	want reason exit exit_code 1
	has "$(cat "$dir/out/stderr")" 'Permission denied'
	rm -f "$dir/run/sandbox/etc/rootsecret"
	id=$(new_id)
	start_job "$id" -- sleep 987
	until_ok 10 has_state "$id" running || bad "does not run"
	pid=$(pgrep -f '^sleep 987$' -U "$(job_uids)")
	uid=$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")
	is "kernel's user id" "$uid" "$(holder "$id" uid) $(holder "$id" uid) $(holder "$id" uid) $(holder "$id" uid)"
	ctl stop "$id"
	ctl wait "$id"
	ctl forget "$id"
}

r62() {
	local saved=$dir/saved id
	stop_runner
	mv "$dir/run" "$saved"
	mkdir "$dir/run"
	mount -t tmpfs -o size=900k,mode=755 none "$dir/run"
	start_runner "${runner_options[@]}"
	take_baseline
	job -- sh -c 'head -c 1000000 /dev/zero; exit 5'
	want reason exit exit_code 5 stdout_bytes 1000000
	[ "$(stat -c %s "$dir/out/stdout")" -lt 900000 ] || bad "the disk was not full"
	job -- sh -c 'exit 6'
	want reason exit exit_code 6
	# what cannot be written down has not happened
	id=$(new_id)
	head -c 2000000 /dev/zero >"$dir/run/fill" 2>/dev/null
	ctl void "$id" >"$dir/second"
	has "$(cat "$dir/second")" '^error=temp$'
	is "entries left" "$(find "$dir/run/spool" -name "$id")" ""
	rm -f "$dir/run/fill"
	has "$(ctl void "$id")" '^verdict=void$'
	is "state of a void one" "$(state_of "$id")" ended
	stop_runner
	umount "$dir/run"
	rmdir "$dir/run"
	mv "$saved" "$dir/run"
	start_runner "${runner_options[@]}"
}

r79() {
	local id pid cage=/sys/fs/cgroup/freezer/loom-hostile-$$
	id=$(new_id)
	start_job "$id" -- sleep 986
	until_ok 10 has_state "$id" running || bad "does not run"
	pid=$(pgrep -f '^sleep 986$' -U "$(job_uids)")
	# a frozen process does not die of SIGKILL, like one that waits for a dead disk
	mkdir "$cage"
	echo "$pid" >"$cage/cgroup.procs"
	echo FROZEN >"$cage/freezer.state"
	ctl stop "$id"
	ctl wait "$id"
	result "$id"
	want reason unkillable
	# its slot is not used while it is there
	start_job "$(new_id)" -- sleep 0.1 || bad "the other slot is gone too"
	is free "$(ps -o comm= -U "$(holder "$id" uid)" | grep -c sleep)" 1
	ctl forget "$id"
	echo THAWED >"$cage/freezer.state"
	until_ok 10 rmdir "$cage" 2>/dev/null || bad "the process is still there"
	for id in $(ctl list | sed -n 's/=.*//p' | grep -v spool); do
		ctl wait "$id"
		ctl forget "$id"
	done
}

ns_of_job() {
	job -- readlink /proc/self/ns/net
	out
}
# with one slot, so that each job follows the last one in the same place
j_netns() {
	local first second third
	stop_runner
	sed -i 's/^MAX_CONCURRENT_JOBS=.*/MAX_CONCURRENT_JOBS=1/' "$dir/conf"
	start_runner "${runner_options[@]}"
	first=$(ns_of_job)
	second=$(ns_of_job)
	is "kept while unused" "$second" "$first"
	naughty loopback
	is used "$(out)" "bind: OK
connect: OK"
	third=$(ns_of_job)
	[ "$third" != "$second" ] || bad "a used network namespace was kept"
	naughty loopback
	is again "$(out)" "bind: OK
connect: OK"
	job -- sh -c 'awk "/lo:/ { print \$2, \$10 }" /proc/net/dev'
	is counters "$(out)" "0 0"
	stop_runner
	sed -i "s/^MAX_CONCURRENT_JOBS=.*/MAX_CONCURRENT_JOBS=$slots/" "$dir/conf"
	start_runner "${runner_options[@]}"
}

j_hidden() {
	is ledger "$(nsenter -t "$runner_pid" -m ls -A "$dir/state")" ""
	is key "$(nsenter -t "$runner_pid" -m cat "$dir/key")" ""
	is "seen from outside" "$(cat "$dir/state/ledger.db")" "the ledger"
	has "$(cat "/proc/$runner_pid/status")" '^NoNewPrivs:.1$'
	# SYS_ADMIN, NET_ADMIN, SETUID, SETGID, KILL, maybe SYS_RESOURCE
	has "$(cat "/proc/$runner_pid/status")" '^CapEff:.0000000000[012]+10e0$'
	has "$(cat "/proc/$runner_pid/status")" '^CapBnd:.0000000000[012]+10e0$'
	# of a shim that waits: SETUID, SETGID, KILL
	has "$(cat "/proc/$(pgrep -P "$runner_pid" -x loom-shim | head -n 1)/status")" \
		'^CapEff:.00000000000000e0$'
}

j_strangers() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$runctl" "$sock" list >"$dir/second" 2>&1
	is status $? 4
}

# Whoever could rename its folders would have root mount elsewhere.
j_folder() {
	local mode
	stop_runner
	chown 65534 "$dir/run"
	"$runner" --config "$dir/conf" >"$dir/second" 2>&1
	is "status, of another user" $? 78
	has "$(cat "$dir/second")" 'others than root'
	chown 0 "$dir/run"
	for mode in 775 757; do
		chmod $mode "$dir/run"
		"$runner" --config "$dir/conf" >"$dir/second" 2>&1
		is "status, mode $mode" $? 78
	done
	chmod 755 "$dir/run"
	start_runner "${runner_options[@]}" || bad "root's own is refused"
}

j_end_jobs() {
	local id
	id=$(new_id)
	start_job "$id" -- sleep 1000
	"$runner" --config "$dir/conf" --end-jobs || bad "status $?"
	is state "$(state_of "$id")" ended
	result "$id"
	want reason stopped
	ctl forget "$id"
}

# Without a job, nothing of a runner that was killed stays: not even a folder of a group.
j_gone() {
	kill_runner
	until_ok 10 test -z "$(present)" || sleep 0.2
	until_ok 10 nothing_present || bad "left: $(present)"
	until_ok 10 no_groups || bad "groups: $(groups_of_runner)"
	start_runner "${runner_options[@]}"
	stop_runner
	is status $? 0
	no_groups || bad "groups: $(groups_of_runner)"
	start_runner "${runner_options[@]}"
}
nothing_present() {
	[ -z "$(present)" ]
}
no_groups() {
	[ -z "$(groups_of_runner)" ]
}

runner_options=()
setup "${limits_conf[@]}"
start_runner || exit 1
has_groups || skip_all "no control groups here; weak.t runs the same without"
take_baseline
common_rows
row "row 18: no grace, no SIGTERM" r18
row "row 27: bubblewrap never runs as root" r27
row "row 62: a full disk costs output, not the result" r62
if [ -e /sys/fs/cgroup/freezer/cgroup.procs ]; then
	row "row 79: an unkillable process blocks its slot alone" r79
else
	skip "row 79: an unkillable process blocks its slot alone" "needs the freezer of cgroup 1"
fi
row "a network namespace is kept only while it is like new" j_netns
row "key and ledger are hidden from the runner, and it is poor" j_hidden
row "a stranger's connection is refused" j_strangers
row "a RUN_DIR that others can change is refused" j_folder
row "--end-jobs ends all jobs" j_end_jobs
row "a killed runner without jobs leaves nothing" j_gone
finish
