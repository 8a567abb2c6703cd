# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The rows that make sense with and without control groups, as root or not. Numbers are
# those of the table in docs/sandbox.md. Sourced after lib.sh and a started runner with
# the limits of limits_conf.

limits_conf=(JOB_MEMORY_MIB=64 JOB_DISK_MIB=48 JOB_FILES=2048 JOB_PROCESSES=32
	OUTPUT_KILL_MIB=8 KILL_GRACE=1 MAX_JOB_DURATION=60)

is_rootless() {
	[ ${#runner_as[@]} -gt 0 ]
}

has_groups() {
	[ "$limits" != weak ]
}

r01() {
	job --limit 1500 -- sh -c 'f() { f | f & }; f 2>/dev/null; exit 0'
	one_of "${r[reason]}" exit time_limit signal memory
	naughty_opts --limit 500 -- forkbomb
	want reason time_limit
}
r02() {
	local n
	naughty forks
	want reason exit exit_code 0
	has "$(out)" '^forks: [0-9]+ EAGAIN$'
	n=$(out | sed -n 's/^forks: \([0-9]*\) .*/\1/p')
	[ "${n:-0}" -ge 20 ] && [ "$n" -le 34 ] || bad "$n processes"
}
r03() {
	naughty_opts --limit 700 -- forkbomb
	want reason time_limit signal 9 exit_code 137
}
r04() {
	naughty threads
	want reason exit
	has "$(out)" '^threads: [0-9]{1,2} EAGAIN$'
}
r05() {
	naughty alloc 200
	if has_groups; then
		want reason memory exit_code 137 signal 9 mem_peak_bytes $((64 << 20))
		[ "${r[oom_kills]}" -ge 1 ] || bad "oom_kills ${r[oom_kills]}"
	else
		want reason exit exit_code 1
		is stdout "$(out)" "alloc: ENOMEM"
	fi
}
r06() {
	naughty childalloc 200
	want reason exit exit_code 0
	is stdout "$(out)" "child: killed"
	[ "${r[oom_kills]}" -ge 1 ] || bad "oom_kills ${r[oom_kills]}"
}
r07() {
	# 45 MiB of files and 30 MiB of memory are more than 64 MiB together
	job --stdin "$naughty" -- sh -c 'cat >n; chmod +x n
		dd if=/dev/zero of=x bs=1M count=45 2>/dev/null; ./n alloc 30; echo $?'
	want reason exit
	is stdout "$(out | tail -n 1)" 137
	[ "${r[oom_kills]}" -ge 1 ] || bad "oom_kills ${r[oom_kills]}"
}
r08() {
	job -- sh -c 'dd if=/dev/zero of=x bs=64k 2>&1; stat -c %s x'
	is size "$(out | tail -n 1)" $((48 << 20))
	has "$(out)" 'No space left'
}
r09() {
	naughty sparse 1048576
	want reason signal signal 25 exit_code 153
	naughty sparse 1024
	is stdout "$(out)" "truncate: OK"
}
r10() {
	naughty emptyfiles
	is stdout "$(out)" "files: 2047 ENOSPC"
	job -- bash -c 'cd /dev/shm; i=0; while : >$i; do i=$((i + 1)); done 2>/dev/null; echo $i'
	has "$(out)" '^204[0-9]$'
}
r11() {
	naughty deep
	want reason exit
	has "$(out)" '^depth: [1-9]'
}
r12() {
	job -- yes
	want reason output_limit signal 9
	is head "$(stat -c %s "$dir/out/stdout")" 1048576
	is tail "$(stat -c %s "$dir/out/stdout.tail")" 65536
	[ "${r[stdout_bytes]}" -gt $((8 << 20)) ] || bad "counted ${r[stdout_bytes]}"
}
r13() {
	naughty flood
	want reason output_limit
	is stdout "$(stat -c %s "$dir/out/stdout")" 1048576
	is stderr "$(stat -c %s "$dir/out/stderr")" 1048576
}
r14() {
	job -- seq 1 300000
	want reason exit exit_code 0 stdout_bytes 1988895
	is head "$(seq 1 300000 | head -c 1048576 | cksum)" "$(cksum <"$dir/out/stdout")"
	is tail "$(seq 1 300000 | tail -c 65536 | cksum)" "$(cksum <"$dir/out/stdout.tail")"
	job -- seq 1 1000
	is tail "$(stat -c %s "$dir/out/stdout.tail")" 0
}
r15() {
	printf 'a\0b\033[31m\377\376 no line break' >"$dir/bytes"
	job --stdin "$dir/bytes" -- cat
	cmp "$dir/bytes" "$dir/out/stdout" >/dev/null || bad "bytes differ"
}
r16() {
	naughty_opts --limit 300 -- deaf
	want reason time_limit signal 9 exit_code 137
	is stdout "$(out)" deaf
	[ "${r[wall_ms]}" -ge 1300 ] || bad "no grace: ${r[wall_ms]} ms"
}
r17() {
	naughty_opts --limit 400 -- onterm 9
	want reason time_limit exit_code 9 signal 0
}
r19() {
	naughty_opts --limit 300 -- stopped
	want reason time_limit
}
r20() {
	naughty daemon 4
	want reason exit exit_code 4
}
r21() {
	job -- sh -c 'sleep 1000 & echo hi'
	want reason exit exit_code 0
	is stdout "$(out)" hi
}
r22() {
	local id sentinel
	id=$(new_id)
	sleep 1000 &
	sentinel=$!
	start_job "$id" -- sleep 1000
	until_ok 10 has_state "$id" running || bad "no neighbour"
	naughty killall
	want reason signal signal 9
	is neighbour "$(state_of "$id")" running
	kill "$sentinel" 2>/dev/null || bad "a process outside was hit"
	ctl stop "$id"
	ctl wait "$id"
	ctl forget "$id"
}
r23() {
	job -- sh -c 'tr "\0" " " </proc/1/cmdline; echo; cat /proc/1/environ; ls /proc/1/fd'
	has "$(out)" '^/.loom-init $'
	has "$(cat "$dir/out/stderr")" '/proc/1/environ: Permission denied'
	has "$(cat "$dir/out/stderr")" '/proc/1/fd.*: Permission denied'
	naughty reopen
	has "$(out)" "^init's memory: EACCES$"
	has "$(out)" "^init's fd 3: EACCES$"
	has "$(out)" "^init's root: EACCES$"
}
r24() {
	naughty trace
	is stdout "$(out)" "ptrace init: EPERM
ptrace sibling: EPERM
process_vm_readv: EPERM"
}
r25() {
	# shellcheck disable=SC2016
	job -- sh -c 'for p; do [ -e "$p" ] && echo "seen $p"; done; ls /' sh \
		"$dir/key" "$dir/state" "$dir/run" /root /home /var /run /sys /etc/shadow \
		/boot /mnt /opt /srv /var/run/docker.sock
	is stdout "$(out)" "bin
dev
etc
job
lib
lib64
proc
sbin
tmp
usr"
}
r26() {
	job -- sh -c 'ls /proc/self/root/../../; ls /proc/self/cwd/../../'
	is stdout "$(out | sort -u | tr '\n' ' ')" "bin dev etc job lib lib64 proc sbin tmp usr "
}
r28() {
	naughty reopen
	if is_rootless; then
		# the pipe is its own: nothing but a pipe can be reached through it
		has "$(out)" '^stdin for writing: (OK|EACCES)$'
	else
		has "$(out)" '^stdin for writing: EACCES$'
	fi
}
r29() {
	naughty fds
	is stdout "$(out)" "fd 0 pipe
fd 1 pipe
fd 2 pipe"
}
r30() {
	naughty closeall
	want reason exit exit_code 3
}
r31() {
	head -c 262144 /dev/zero >"$dir/zeros"
	job --stdin "$dir/zeros" -- sh -c 'exit 2'
	want reason exit exit_code 2
	job --stdin "$dir/zeros" -- wc -c
	is stdout "$(out)" 262144
	job --stdin "$dir/zeros" --limit 400 -- sh -c 'exec 0<&-; exec sleep 1000'
	want reason time_limit
}
r32() {
	job -- wc -c
	want reason exit exit_code 0
	is stdout "$(out)" 0
}
r33() {
	local listener port=
	/usr/bin/python3 - "$dir/port" <<-'P' &
		import socket, sys, time, os
		s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
		a = socket.socket(socket.AF_UNIX); a.bind("\0loom-hostile"); a.listen(5)
		open(sys.argv[1] + ".new", "w").write(str(s.getsockname()[1]))
		os.rename(sys.argv[1] + ".new", sys.argv[1])
		time.sleep(60)
	P
	listener=$!
	until_ok 10 test -e "$dir/port" && port=$(cat "$dir/port")
	naughty dial 127.0.0.1 "$port"
	is loopback "$(out)" "127.0.0.1: ECONNREFUSED"
	naughty dial 1.1.1.1 443
	is public "$(out)" "1.1.1.1: ENETUNREACH"
	naughty dial 169.254.169.254 80
	is metadata "$(out)" "169.254.169.254: ENETUNREACH"
	naughty dialudp 1.1.1.1
	is udp "$(out)" "1.1.1.1: ENETUNREACH"
	naughty dialunix @loom-hostile
	is abstract "$(out)" "@loom-hostile: ECONNREFUSED"
	naughty dialunix "$sock"
	is path "$(out)" "$sock: ENOENT"
	kill "$listener"
	wait "$listener" 2>/dev/null
}
r34() {
	naughty families
	is stdout "$(out)" "vsock: EAFNOSUPPORT
alg: EAFNOSUPPORT
packet: EAFNOSUPPORT
raw: EPERM
inet: OK
inet6: OK
unix: OK
netlink: OK
packet over ppp: EAFNOSUPPORT
rxrpc: EAFNOSUPPORT
tipc pair: EAFNOSUPPORT
unix pair: OK"
}
r37() {
	naughty machine
	want reason exit
	is stdout "$(out | grep -v ': EPERM$' | sed 's/ENOENT/EACCES/')" "personality asked: OK
sysrq: EACCES
core_pattern: EACCES"
	is refused "$(out | grep -c ': EPERM$')" 17
}
r38() {
	job -- sh -c 'grep -E "^(NoNewPrivs|Seccomp|CapEff|CapBnd|CapAmb):" /proc/self/status | tr -d "\t "
		cut -d" " -f6 /proc/self/mountinfo | grep -v nosuid'
	is stdout "$(out | grep -v Seccomp_filters)" "CapEff:0000000000000000
CapBnd:0000000000000000
CapAmb:0000000000000000
NoNewPrivs:1
Seccomp:2"
}
r39() {
	job --stdin "$naughty" -- sh -c 'cat >n; chmod +x n; ulimit -c unlimited; ./n sendsig 11; ls'
	has "$(cat "$dir/out/stderr")" 'Operation not permitted'
	is files "$(out)" n
	naughty sendsig 11
	want reason signal signal 11 exit_code 139
}
r40() {
	job -- sh -c 'ls /dev; touch /dev/x; touch /x'
	is devices "$(out | tr '\n' ' ')" "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero "
	is refused "$(grep -c 'Read-only file system' "$dir/out/stderr")" 2
}
r41() {
	naughty kernel
	has "$(out)" '^keyctl: EPERM$'
	has "$(out)" '^add_key: EPERM$'
}
r42() {
	naughty mailbox
	is first "$(out)" "shm: OK
shm id: 0
mq: EMFILE"
	for _ in $(seq $slots); do
		naughty mailbox
		has "$(out)" '^shm id: 0$'
	done
}
r43() {
	naughty kernel
	has "$(out)" '^io_uring: ENOSYS$'
}
r44() {
	naughty namespaces
	is stdout "$(out)" "unshare user: EPERM
unshare net: EPERM
setns: EPERM
clone user: EPERM
open_tree: EPERM
open_tree_attr: EPERM
clone3: ENOSYS"
	job -- unshare -Ur true
	want reason exit exit_code 1
}
r47() {
	job -- sh -c 'echo ${#1}' sh --word 131071
	is stdout "$(out)" 131071
	job -- sh -c 'echo ${#1}' sh --word 131072
	want error limit
	is status "$status" 3
}
r48() {
	local words=()
	for _ in $(seq 12); do words+=(--word 120000); done
	job -- sh -c 'echo $#' sh "${words[@]}"
	is stdout "$(out)" 12
	job -- sh -c 'echo $#' sh "${words[@]}" --word 120000 --word 120000
	want error limit
}
r49() {
	local answer
	answer=$(ctl raw "{\"t\":\"start\",\"n\":1,\"job\":\"$(new_id)\",\"argv\":[\"a\\u0000b\"],\"env\":[],\"stdin_bytes\":0,\"limit_ms\":1000}")
	is answer "$answer" closed
	is_up || bad "the runner is gone"
	job --env NOVALUE -- true
	want error input
	job --env =x -- true
	want error input
}
r50() {
	job -- ""
	want reason not_found started 0 exit_code 127
	job -- /usr
	want reason not_executable started 0 exit_code 126
	job -- /etc/passwd
	want reason not_executable started 0
	job -- /usr/bin/there-is-none
	want reason not_found started 0
	job -- there-is-none
	want reason not_found started 0 text "No such file or directory"
	job -- ./there-is-none
	want reason not_found started 0
	# programs of ours, shown to the job below /etc
	printf '\177ELF garbage' >"$dir/run/sandbox/etc/badelf"
	printf '#!/nowhere/sh\n' >"$dir/run/sandbox/etc/badscript"
	chmod 755 "$dir"/run/sandbox/etc/bad*
	job -- /etc/badelf
	want reason not_executable started 0
	job -- /etc/badscript
	want reason not_executable started 0
	rm -f "$dir"/run/sandbox/etc/bad*
}
r51() {
	local n
	for n in 0 1 125 126 127 128 137 143 255; do
		job -- sh -c "exit $n"
		want reason exit exit_code $n signal 0 started 1
	done
	job -- bash -c 'exit 256'
	want reason exit exit_code 0
}
r52() {
	local n
	for n in 6 11 8 13 24 10 15 9; do
		naughty sendsig $n
		want reason signal signal $n exit_code $((128 + n))
	done
}
r53() {
	job --limit 1000 -- sleep 0.9
	want reason exit exit_code 0
	job --limit 1000 -- sleep 10
	want reason time_limit
	[ "${r[wall_ms]}" -ge 1000 ] || bad "only ${r[wall_ms]} ms"
}
r54() {
	for _ in 1 2 3 4 5; do
		job --limit 200 -- sleep 0.2
		case ${r[reason]} in
		exit) want exit_code 0 signal 0 ;;
		time_limit) [ "${r[wall_ms]}" -ge 200 ] || bad "time_limit after ${r[wall_ms]} ms" ;;
		*) bad "reason ${r[reason]}" ;;
		esac
	done
}
r55() {
	naughty_opts --limit 1000 -- spin 2
	want reason time_limit cpu_source cgroup
	# one period of the scheduler may be over
	[ "${r[cpu_us]}" -le $((r[wall_ms] * 1000 + 150000)) ] ||
		bad "${r[cpu_us]} us in ${r[wall_ms]} ms"
}
r56() {
	naughty_opts --limit 600 -- spin 1
	want reason time_limit
	one_of "${r[cpu_source]}" cgroup sampled
	[ "${r[cpu_us]}" -ge 100000 ] || bad "${r[cpu_us]} us"
}
r57() {
	local id
	id=$(new_id)
	start_job "$id" -- sh -c 'echo one; sleep 1; echo two; exit 7'
	until_ok 10 has_printed "$id" one || bad "does not run"
	kill_runner
	start_runner "${runner_options[@]}" || bad "no second runner"
	is state "$(state_of "$id")" running
	ctl wait "$id"
	result "$id"
	want reason exit exit_code 7 started 1
	is stdout "$(out)" "one
two"
	ctl forget "$id"
	is forgotten "$(state_of "$id")" ""
}
r58() {
	local id
	id=$(new_id)
	start_job "$id" -- sh -c 'echo one; exec sleep 1000'
	until_ok 10 has_printed "$id" one || bad "does not run"
	kill -KILL "$(holder "$id" shim_pid)"
	ctl wait "$id"
	result "$id"
	want reason lost started 1
	ctl forget "$id"
}
# A lost job that the engine has not asked about yet has nothing to do with those that
# came into its slot later, whoever looks at the spool again.
r58b() {
	local lost id ids=() i
	lost=$(new_id)
	start_job "$lost" -- sleep 1000
	until_ok 10 has_state "$lost" running || bad "does not run"
	kill -KILL "$(holder "$lost" shim_pid)"
	ctl wait "$lost"
	until_ok 15 is_settled || bad "left over: $(present)"
	for i in $(seq $slots); do
		id=$(new_id)
		ids+=("$id")
		start_job "$id" -- sleep 1000 || bad "start $i"
		until_ok 10 has_state "$id" running || bad "job $i does not run"
	done
	kill_runner
	start_runner "${runner_options[@]}" || bad "no second runner"
	result "$lost"
	want reason lost started 1
	for id in "${ids[@]}"; do
		is "state of a later one" "$(state_of "$id")" running
		ctl stop "$id"
		ctl wait "$id"
		result "$id"
		want reason stopped
		ctl forget "$id"
	done
	ctl forget "$lost"
}
r59() {
	local id
	for _ in 1 2 3 4 5 6; do
		id=$(new_id)
		start_job "$id" -- sleep 1000
		kill -KILL "$(holder "$id" shim_pid)"
		ctl wait "$id"
		result "$id"
		want reason lost
		ctl forget "$id"
		until_ok 15 is_settled || bad "left over: $(present)"
	done
}

# Kill runner and shim of a job at once, then change a record of its entry.
kill_both() {
	id=$(new_id)
	start_job "$id" -- sh -c 'echo one; exec sleep 1000'
	until_ok 10 has_printed "$id" one || bad "does not run"
	shim=$(holder "$id" shim_pid)
	kill -KILL "$runner_pid" "$shim"
	wait "$runner_pid" 2>/dev/null
	runner_pid=
}
change() {
	sed -i "s/^$2=.*/$2=$3/" "$dir/run/spool/$id/$1"
}
r57b() {
	local id shim
	kill_both
	start_runner "${runner_options[@]}" || bad "no second runner"
	until_ok 10 has_state "$id" ended || bad "state $(state_of "$id")"
	result "$id"
	want reason lost started 1
	ctl forget "$id"
}
r60() {
	local id shim sentinel
	sleep 1000 &
	sentinel=$!
	kill_both
	change lock shim_pid $sentinel
	change verdict init_pid $sentinel
	start_runner "${runner_options[@]}" || bad "no second runner"
	until_ok 10 has_state "$id" ended || bad "state $(state_of "$id")"
	result "$id"
	want reason lost
	ctl forget "$id"
	kill $sentinel 2>/dev/null || bad "a stranger was signalled"
	wait $sentinel 2>/dev/null
}
r61() {
	local id shim sentinel
	sleep 1000 &
	sentinel=$!
	kill_both
	change verdict init_pid $sentinel
	change verdict init_start "$(sed 's/.*) //' /proc/$sentinel/stat | cut -d' ' -f20)"
	change lock boot_id 00000000-0000-0000-0000-000000000000
	start_runner "${runner_options[@]}" || bad "no second runner"
	until_ok 10 has_state "$id" ended || bad "state $(state_of "$id")"
	result "$id"
	want reason lost
	ctl forget "$id"
	kill $sentinel 2>/dev/null || bad "a process of this boot was signalled"
	wait $sentinel 2>/dev/null
}
r63() {
	local id
	id=$(new_id)
	start_job "$id" -- sleep 1000
	ctl start "$id" -- true >"$dir/second"
	has "$(cat "$dir/second")" '^error=state$'
	ctl stop "$id"
	ctl wait "$id"
	ctl start "$id" -- true >"$dir/second"
	has "$(cat "$dir/second")" '^error=state$'
	result "$id"
	want reason stopped
	ctl forget "$id"
}
r75() {
	naughty terminal
	is stdout "$(out)" "tty: ENXIO
tiocsti: EPERM"
}
r76() {
	naughty oom
	is stdout "$(out)" "below zero: EACCES
to zero: EACCES
score: 1000"
}
r76b() {
	naughty oom
	has "$(out)" '^below zero: EACCES$'
}
# Only who has CAP_SYS_RESOURCE can fix the score
can_fix_score() {
	! is_rootless && [ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24 & 1)) = 1 ]
}
r77() {
	naughty rlimits
	is stdout "$(out)" "core: EPERM
nofile: EPERM
nproc: EPERM
fsize: EPERM
of init: EPERM"
}

counts() {
	printf 'fds %s\n' "$(find "/proc/$runner_pid/fd" -mindepth 1 | wc -l)"
	printf 'mounts %s\n' "$(wc -l </proc/self/mountinfo)"
	printf 'mounts of the runner %s\n' "$(wc -l <"/proc/$runner_pid/mountinfo")"
	printf 'entries %s\n' "$(find "$dir/run" -mindepth 1 | wc -l)"
	printf 'groups %s\n' "$(for g in $(groups_of_runner); do find "$g" -type d; done | wc -l)"
	printf 'zombies %s\n' "$(ps -o stat= --ppid "$runner_pid" | grep -c '^Z')"
}
counts_are() {
	[ "$(counts)" = "$1" ]
}
r78() {
	local before
	until_ok 10 is_settled
	before=$(counts)
	for _ in $(seq 100); do
		ctl run "$dir/out" -- true >/dev/null || bad "a job failed"
	done
	until_ok 10 is_settled
	until_ok 5 counts_are "$before" || bad "before: $before
after: $(counts)"
}

# ---- joint 5 and the rest of the contract

j_void_first() {
	local id
	id=$(new_id)
	has "$(ctl void "$id")" '^verdict=void$'
	has "$(ctl void "$id")" '^verdict=void$'
	ctl start "$id" -- true >"$dir/second"
	has "$(cat "$dir/second")" '^error=state$'
	result "$id"
	want reason stopped started 0
	ctl forget "$id"
}
j_void_late() {
	local id
	id=$(new_id)
	start_job "$id" -- sleep 1000
	until_ok 10 has_state "$id" running || bad "does not run"
	has "$(ctl void "$id")" '^verdict=run$'
	is state "$(state_of "$id")" running
	ctl forget "$id" >"$dir/second"
	has "$(cat "$dir/second")" '^error=state$'
	ctl result "$id" "$dir/out" >"$dir/second"
	has "$(cat "$dir/second")" '^error=state$'
	ctl stop "$id"
	ctl stop "$id"
	ctl wait "$id"
	has "$(ctl void "$id")" '^verdict=run$'
	result "$id"
	want reason stopped started 1 exit_code 143 signal 15
	ctl forget "$id"
	ctl forget "$id" || bad "a second forget fails"
	ctl stop "$id" >"$dir/second"
	has "$(cat "$dir/second")" '^error=gone$'
}
# start and void race: whatever wins, both sides agree
j_void_race() {
	local id verdict
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		id=$(new_id)
		start_job "$id" -- sleep 1000
		verdict=$(ctl void "$id" | sed -n 's/^verdict=//p')
		case $verdict in
		run)
			ctl stop "$id"
			ctl wait "$id"
			result "$id"
			want reason stopped
			;;
		void)
			ctl wait "$id"
			result "$id"
			want reason stopped started 0
			;;
		*) bad "verdict $verdict" ;;
		esac
		ctl forget "$id"
	done
}
j_stop_early() {
	local id
	for _ in 1 2 3 4 5 6 7 8; do
		id=$(new_id)
		start_job "$id" -- sleep 1000
		ctl stop "$id"
		ctl wait "$id"
		result "$id"
		want reason stopped
		ctl forget "$id"
	done
}
j_slots() {
	local ids=() id i
	for i in $(seq $slots); do
		id=$(new_id)
		ids+=("$id")
		start_job "$id" -- sleep 1000 || bad "start $i"
	done
	ctl start "$(new_id)" -- true >"$dir/second"
	has "$(cat "$dir/second")" '^error=temp$'
	for id in "${ids[@]}"; do
		ctl stop "$id"
		ctl wait "$id"
		ctl forget "$id"
	done
	is list "$(ctl list | grep -c -v '^spool=')" 0
}
j_secret() {
	local id secret found
	secret=sesame$RANDOM$RANDOM
	id=$(new_id)
	# the word must not stand on a command line of this script either
	ctl start "$id" --env "PASSWORD=$secret" -- sh -c 'echo started; exec sleep 1000' sh "$secret" >/dev/null
	until_ok 10 has_printed "$id" started || bad "does not run"
	found=$(grep -rlF "$secret" "$dir/run" "$dir/log" 2>/dev/null)
	is "on disk" "$found" ""
	found=$(for p in /proc/[0-9]*; do
		case $(cat "$p/comm" 2>/dev/null) in
		loom-*|bwrap|.loom-init)
			cat "$p/cmdline" "$p/environ" 2>/dev/null | tr '\0' '\n' | grep -F "$secret"
			;;
		esac
	done)
	is "on a command line of ours" "$found" ""
	ctl stop "$id"
	ctl wait "$id"
	ctl forget "$id"
}
j_env() {
	job --env LANG=xx --env MORE=1 --env MORE=2 -- sh -c 'env | sort; pwd; id -un'
	is stdout "$(out)" "HOME=/job
LANG=xx
MORE=2
PATH=/usr/local/bin:/usr/bin:/bin
PWD=/job
TMPDIR=/job
USER=job
/job
job"
}
j_fixed_names() {
	job -- sh -c 'echo mine >/tmp/fixed; cat /job/fixed; ls ~'
	is stdout "$(out)" "mine
fixed"
	for _ in $(seq $slots); do
		job -- sh -c 'ls -A /tmp /dev/shm'
		is "left for the next job" "$(out)" "/dev/shm:

/tmp:"
	done
}
j_limit() {
	job --limit 60001 -- true
	want error limit
	job --limit 0 -- true
	want error limit
}

# Everything above, in the order of the table.
common_rows() {
	row "row 01: a fork bomb only hurts itself" r01
	row "row 02: processes are limited" r02
	row "row 03: a fork bomb is ended at its limit" r03
	row "row 04: threads count as processes" r04
	row "row 05: memory is limited" r05
	if has_groups; then
		row "row 06: a child killed for memory is not the end of the job" r06
		row "row 07: files count as memory" r07
	else
		skip "row 06: a child killed for memory is not the end of the job" "needs cgroups"
		skip "row 07: files count as memory" "needs cgroups"
	fi
	row "row 08: the disk quota is exact" r08
	row "row 09: sparse files have a limit" r09
	row "row 10: empty files have a limit, in /dev/shm too" r10
	row "row 11: deep folders with strange names vanish" r11
	row "row 12: endless output ends the job" r12
	row "row 13: endless output on both streams ends the job" r13
	row "row 14: head and tail of long output are kept" r14
	row "row 15: output is kept byte by byte" r15
	row "row 16: a job that ignores SIGTERM is killed after the grace" r16
	row "row 17: the exit code of a SIGTERM handler is told" r17
	row "row 19: a stopped job is ended" r19
	row "row 20: a daemon does not survive its job" r20
	row "row 21: the job ends with its main process" r21
	row "row 22: killing everything hits nothing outside" r22
	row "row 23: the first process shows nothing" r23
	row "row 24: no process can be traced" r24
	row "row 25: nothing of the operator is there" r25
	row "row 26: .. does not lead out" r26
	row "row 28: stdin cannot be written to" r28
	row "row 29: no descriptor is inherited" r29
	row "row 30: a job may close everything" r30
	row "row 31: stdin that nobody reads blocks nobody" r31
	row "row 32: no stdin is the end of file" r32
	row "row 33: network none reaches nothing" r33
	row "row 34: socket families without a namespace are refused" r34
	row "row 37: the machine cannot be changed" r37
	row "row 38: no way to gain rights" r38
	row "row 39: no core files" r39
	row "row 40: few devices, nothing writable beside the job's folder" r40
	row "row 41: no keyring" r41
	row "row 42: shared memory and queues are the job's own" r42
	row "row 43: no io_uring" r43
	row "row 44: no nested user namespace" r44
	skip "row 45: result files" "this back end hands over stdout and stderr alone"
	skip "row 46: result files swapped meanwhile" "this back end hands over stdout and stderr alone"
	row "row 47: the longest argument passes, one byte more is refused" r47
	row "row 48: too many arguments are refused" r48
	row "row 49: NUL and nameless variables are refused" r49
	row "row 50: what cannot be executed is told apart" r50
	row "row 51: exit codes are the program's" r51
	row "row 52: signals are told" r52
	row "row 53: time limits" r53
	row "row 54: ending exactly at the limit is one or the other" r54
	if has_groups; then
		row "row 55: processor share" r55
	else
		skip "row 55: processor share" "needs cgroups"
	fi
	row "row 56: processor time of a killed spinner is counted" r56
	row "row 57: a job survives the runner" r57
	row "row 57b: runner and shim killed together" r57b
	row "row 58: a killed shim takes its job along" r58
	row "row 58b: a lost job is cleaned up once" r58b
	row "row 59: a shim killed at the start leaves nothing" r59
	row "row 60: a recycled pid is not signalled" r60
	row "row 61: another boot, no kills" r61
	row "row 63: one id, one run" r63
	row "row 75: no terminal" r75
	if can_fix_score; then
		row "row 76: the out-of-memory score cannot be lowered" r76
	else
		skip "row 76: the out-of-memory score cannot be lowered" "needs CAP_SYS_RESOURCE"
		row "row 76b: the out-of-memory score cannot go below zero" r76b
	fi
	row "row 77: resource limits cannot be raised, nor set for the first process" r77
	row "row 78: 100 jobs leave nothing" r78
	skip "row 80: file locks on shared files" "a side channel that is documented, not closed"
	row "joint 5: void before start" j_void_first
	row "joint 5: void after start says run" j_void_late
	row "joint 5: void and start agree, whoever wins" j_void_race
	row "a job can be stopped before it runs" j_stop_early
	row "all slots can be used, and no more" j_slots
	row "secrets are on no disk and no command line" j_secret
	row "the environment: ours first, the job's wins" j_env
	row "fixed names in /tmp are the job's own" j_fixed_names
	row "the time limit has a limit" j_limit
}
