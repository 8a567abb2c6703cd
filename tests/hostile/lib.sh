# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the scripts of this folder: a real loom-runner in a folder of its own, jobs through
# its socket, and checks. A row is a function that calls job, naughty and the checks; it
# passes when all of them were content and when afterwards nothing of the job is left.

src=${LOOM_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
build=${LOOM_BUILDDIR:-$src/build/check}
runner=$build/runner/loom-runner
runctl=$build/tests/peers/runctl
naughty=$build/tests/hostile/naughty

count=0
failed=0
row_bad=0
slots=2
limits=
runner_pid=
runner_as=()
baseline=
declare -A r=()

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ -x "$runner" ] && [ -x "$runctl" ] && [ -x "$naughty" ] || skip_all "not built in $build"
command -v bwrap >/dev/null || skip_all "bubblewrap is not installed"

# ---------------------------------------------------------------- checks

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

bad() {
	row_bad=1
	note "$@"
}

# is WHAT HAVE WANT
is() {
	[ "$2" = "$3" ] || bad "$1: '$2', want '$3'"
}

# has WHAT PATTERN: extended regular expression
has() {
	grep -qE -- "$2" <<<"$1" || bad "no /$2/ in: $(head -c 600 <<<"$1")"
}

# lines of the job's stdout
out() {
	tr -d '\0' <"$dir/out/stdout"
}

# want KEY VALUE ...: fields of the last result
want() {
	while [ $# -gt 1 ]; do
		is "$1" "${r[$1]-}" "$2"
		shift 2
	done
}

# The first argument is one of the others.
one_of() {
	local have=$1 w
	shift
	for w; do
		[ "$have" = "$w" ] && return
	done
	bad "'$have', want one of: $*"
}

# until_ok SECONDS COMMAND ...
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# ---------------------------------------------------------------- the runner

# setup LINE ...: a folder, and a configuration with these lines
setup() {
	dir=$(mktemp -d /tmp/loom-hostile.XXXXXX) || exit 1
	trap teardown EXIT
	trap 'exit 1' INT TERM
	chmod 755 "$dir"
	mkdir "$dir/run" "$dir/state" "$dir/out"
	echo "the ledger" >"$dir/state/ledger.db"
	echo "the key" >"$dir/key"
	chmod 600 "$dir/key" "$dir/state/ledger.db"
	# users that nobody else has, scripts beside each other included
	uid_first=$((2000000 + ($$ % 20000) * 8))
	{
		echo "RUN_DIR=$dir/run"
		echo "STATE_DIR=$dir/state"
		echo "NOSTR_PRIVATE_KEY_FILE=$dir/key"
		echo "MAX_CONCURRENT_JOBS=$slots"
		echo "JOB_UID_FIRST=$uid_first"
		printf '%s\n' "$@"
	} >"$dir/conf"
	sock=$dir/run/runner.sock
}

ctl() {
	"$runctl" "$sock" "$@"
}

is_up() {
	ctl list >/dev/null 2>&1
}

# start_runner [OPTION ...]: and wait for its probe
start_runner() {
	"${runner_as[@]}" "$runner" --config "$dir/conf" "$@" >>"$dir/log" 2>&1 &
	runner_pid=$!
	until_ok 20 is_up || {
		note "the runner does not start: $(tail -n 3 "$dir/log")"
		return 1
	}
	probe=$(ctl probe)
	limits=$(sed -n 's/^limits=//p' <<<"$probe")
}

# wait until it has ended; its status
stop_runner() {
	local status
	[ -n "$runner_pid" ] || return 0
	kill -TERM "$runner_pid" 2>/dev/null
	wait "$runner_pid"
	status=$?
	runner_pid=
	return $status
}

kill_runner() {
	kill -KILL "$runner_pid"
	wait "$runner_pid" 2>/dev/null
	runner_pid=
}

job_uids() {
	if [ ${#runner_as[@]} -gt 0 ]; then
		echo 65534
	else
		seq -s, "$uid_first" $((uid_first + slots - 1))
	fi
}

# What runs as users of jobs, by name
present() {
	ps -o stat=,comm= -U "$(job_uids)" | awk '$1 !~ /^Z/ { print $2 }' | LC_ALL=C sort | uniq -c
}

is_settled() {
	[ "$(present)" = "$baseline" ]
}

# The state with a waiting sandbox in every slot and nothing else
take_baseline() {
	local want=$((slots * 2)) have inits i
	[ ${#runner_as[@]} -gt 0 ] && want=$((slots * 3 + 1))
	for i in $(seq 500); do
		have=$(present | awk '{ n += $1 } END { print n + 0 }')
		# a bubblewrap that is about to become the first process has another name
		inits=$(present | awk '$2 == ".loom-init" { n = $1 } END { print n + 0 }')
		[ "$have" = "$want" ] && [ "$inits" = "$slots" ] && break
		sleep 0.02
	done
	[ "$have" = "$want" ] || note "$have processes after $i tries, want $want: $(present)"
	baseline=$(present)
}

groups_of_runner() {
	find /sys/fs/cgroup -type d -name "loom-$(cut -c1-8 "$dir/run/spool/id" 2>/dev/null)" 2>/dev/null
}

teardown() {
	local left g
	stop_runner
	if [ -d "$dir/run/spool" ] && [ ${#runner_as[@]} -eq 0 ]; then
		left=$(present)
		[ -z "$left" ] || note "left behind: $left"
	fi
	for g in $(groups_of_runner); do
		find "$g" -depth -type d -exec rmdir {} \; 2>/dev/null
	done
	umount "$dir/run" 2>/dev/null
	rm -rf "$dir"
}

# ---------------------------------------------------------------- jobs

new_id() {
	head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'
}

read_result() {
	local line
	r=()
	while IFS= read -r line; do
		r[${line%%=*}]=${line#*=}
	done
}

# job [OPTIONS OF runctl run --] WORD ...: run it to its end
job() {
	local text
	rm -f "$dir"/out/*
	text=$(ctl run "$dir/out" "$@" 2>&1)
	status=$?
	read_result <<<"$text"
}

# naughty_opts OPTIONS -- VERB ARGUMENT ...: tests/hostile/naughty as the job
naughty_opts() {
	local opts=()
	while [ "$1" != -- ]; do
		opts+=("$1")
		shift
	done
	shift
	job "${opts[@]}" --stdin "$naughty" -- \
		sh -c 'cat >n; chmod +x n; exec ./n "$@"' n "$@"
}

naughty() {
	naughty_opts -- "$@"
}

start_job() {
	ctl start "$@" >"$dir/started" 2>&1
}

# result ID: into r and out/
result() {
	local text
	rm -f "$dir"/out/*
	text=$(ctl result "$1" "$dir/out" 2>&1)
	status=$?
	read_result <<<"$text"
}

state_of() {
	ctl list | sed -n "s/^$1=//p"
}

has_state() {
	[ "$(state_of "$1")" = "$2" ]
}

# has_printed ID TEXT: look into the spool, as root may
has_printed() {
	grep -q "$2" "$dir/run/spool/$1/stdout" 2>/dev/null
}

holder() {
	sed -n "s/^$2=//p" "$dir/run/spool/$1/lock"
}

# ---------------------------------------------------------------- rows

# row "NAME" FUNCTION
row() {
	count=$((count + 1))
	row_bad=0
	"$2"
	until_ok 15 is_settled || bad "left over: $(present)"
	if [ $row_bad = 0 ]; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		note "result: $(declare -p r | head -c 900)"
		tail -n 4 "$dir/log" | sed 's/^/# log: /'
	fi
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

finish() {
	echo "1..$count"
	exit $failed
}
