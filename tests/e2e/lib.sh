# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the end-to-end tests share: a temporary folder, workers made by ./demo --keep, a
# customer made of loomctl, and TAP. Everything that was started is ended on exit.

src=${LOOM_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
bin=${LOOM_BUILDDIR:-$src/build/check}
export LOOM_BUILDDIR=$bin
ctl=$bin/ctl/loomctl
T=$(mktemp -d /tmp/loom-e2e.XXXXXX)
chmod 711 "$T"
workers=()
declare -A relay_pid=() relay_url=()
tests=0
bad=0

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

for tool in jq curl sqlite3; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

not_ok() {
	tests=$((tests + 1))
	bad=1
	echo "not ok $tests - $1"
	shift
	printf '# %s\n' "$@"
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got  '$2'" "want '$3'"
	fi
}

# check NAME COMMAND ... : passes when the command does
check() {
	local name=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$*: status $?" "$(head -c 2000 "$T/check.out")"
	fi
}

# wait_for SECONDS COMMAND ... : until the command succeeds; its last status otherwise
wait_for() {
	local until=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}

free_port() {
	local p
	# below those that the kernel gives to connections: one of these may come in between
	for ((p = 9200 + RANDOM % 11700 * 2; ; p += 2)); do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null &&
			! (exec 3<>"/dev/tcp/127.0.0.1/$((p + 1))") 2>/dev/null; then
			echo $p
			return
		fi
	done
}

# Workers of tests are free of charge and have no mint; a test of money empties this list,
# then the demo's own mint is at $LOOM_MINT_URL.
price=(--set CASHU_MINT_URL=)

# worker NAME [DEMO-OPTION ...]: start one in $T/NAME; sets W (its folder) and the variables
# of demo.env
worker() {
	W=$T/$1
	shift
	if ! "$src/demo" --keep --dir "$W" --port "$(free_port)" "${price[@]}" "$@" \
		>"$T/demo.out" 2>&1; then
		echo "Bail out! the worker did not start: $(tail -n 1 "$T/demo.out")"
		exit 1
	fi
	workers+=("$W")
	# shellcheck disable=SC1091 # written by the demo
	. "$W/demo.env"
	key=$W/conf/customer.key
	relays=(--relay "$LOOM_RELAY")
}

worker_stop() {
	"$src/demo" --stop --dir "$1"
}

# worker_again [DEMO-OPTION ...]: start the present one, which was stopped, with its state
worker_again() {
	"$src/demo" --keep --dir "$W" --port "${LOOM_URL##*:}" "${price[@]}" "$@" \
		>"$T/demo.out" 2>&1 && return
	echo "Bail out! the worker did not start again: $(tail -n 1 "$T/demo.out")"
	exit 1
}

# ---- relays of others: tests/peers/fakerelay.c, open to everybody

# relay NAME [PORT]: start one; its URL is ${relay_url[NAME]}. It keeps nothing on disk.
relay() {
	local in=$T/$1.in out=$T/$1.out
	[ -p "$in" ] || mkfifo "$in"
	# it holds both ends: its stdin never ends
	"$bin/tests/peers/fakerelay" "${2:-0}" <>"$in" >"$out" 2>&1 &
	relay_pid[$1]=$!
	disown
	relay_say "$1" "set open 1"
	if ! wait_for 10 grep -q '^done' "$out"; then
		echo "Bail out! relay $1 did not start: $(tail -n 1 "$out")"
		exit 1
	fi
	relay_url[$1]=ws://127.0.0.1:$(sed -n 's/^ready //p' "$out")
}

relay_say() {
	printf '%s\n' "$2" >"$T/$1.in"
}

relay_kill() {
	kill -9 "${relay_pid[$1]}"
	unset "relay_pid[$1]"
}

# The worker has subscribed there, N times (1) since it was started.
relay_is_read() {
	[ "$(grep -c '^req inbox' "$T/$1.out")" -ge "${2:-1}" ]
}

# on URL COMMAND ... : with that relay alone
on() {
	local relays=(--relay "$1")
	shift
	"$@"
}

# Nothing in the logs of a worker may be a bug of ours, or a sanitizer's report.
logs_are_clean() {
	! grep -hE '^<[0-2]>|AddressSanitizer|runtime error:|LeakSanitizer' "$1"/log/*.log
}

end_relays() {
	local name
	for name in "${!relay_pid[@]}"; do
		kill -9 "${relay_pid[$name]}"
	done
}

finish() {
	local w
	trap - EXIT
	end_relays
	for w in "${workers[@]}"; do
		worker_stop "$w"
		check "no program of $(basename "$w") has logged a bug" logs_are_clean "$w"
	done
	[ "$bad" = 0 ] || keep_logs
	rm -rf "$T"
	echo "1..$tests"
	exit $bad
}

# The end of each log, for whoever has to find out why.
keep_logs() {
	local f
	for f in "$T"/*/log/*.log; do
		[ -e "$f" ] || continue
		echo "# ---- $f"
		tail -n 30 "$f" 2>/dev/null | sed 's/^/# /'
	done
}

abandon() {
	local w
	end_relays
	for w in "${workers[@]}"; do
		worker_stop "$w"
	done
	rm -rf "$T"
}
trap abandon EXIT

# ---- a customer

# submit [OPTION ...] -- COMMAND ... : prints the job id
submit() {
	"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" "$@" \
		2>"$T/submit.err" | jq -r 'select(.type == "job") | .job'
}

# result ID [SECONDS]: the result as loomctl prints it, JSON
result() {
	"$ctl" result --json "${relays[@]}" --worker "$LOOM_PUBKEY" --wait "${2:-60}" "$1" \
		2>"$T/result.err" | jq -c 'select(.type == "result")'
}

# field NAME JSON
field() {
	jq -r ".$1 // empty" <<<"$2"
}

# output stdout|stderr ID: the blob, checked against its hash
output() {
	"$ctl" fetch "--$1" "${relays[@]}" --worker "$LOOM_PUBKEY" "$2" 2>"$T/fetch.err"
}

# statuses ID: words of its 30100s that are still on the relay, oldest first
events() {
	"$ctl" events "${relays[@]}" --worker "$LOOM_PUBKEY" "$1" 2>"$T/events.err"
}

# ledger SQL: of the present worker, read only
ledger() {
	sqlite3 -readonly "$W/state/ledger.db" ".timeout 5000" "$1"
}

# how many results of that job the relay holds
count_results() {
	events "$1" | jq -c 'select(.kind == 5101)' | grep -c .
}

# how often the runner has started that job: not what the ledger says, what was done
count_runs() {
	grep -c "ev=job.started job=${1:0:8} " "$W/log/runner.log"
}

# the job's last status on the relays, by the seconds and the order of arrival
last_status() {
	events "$1" | jq -sr '[.[] | select(.kind == 30100)] | sort_by(.created_at) | last |
		.tags[] | select(.[0] == "status")[1]'
}

has_last_status() {
	[ "$(last_status "$1")" = "$2" ]
}
