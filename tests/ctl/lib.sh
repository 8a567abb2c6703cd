# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# What the tests of loomctl share: TAP, a temporary folder, a fake relay, and one way to
# run loomctl and look at what it did. POSIX sh; sourced.
set -u

ctl_bin=${LOOM_BUILDDIR:?}/ctl/loomctl
relay_bin=$LOOM_BUILDDIR/tests/peers/fakeloom
unset LOOM_RELAYS
LC_ALL=C
TZ=UTC
export LC_ALL TZ

tmp=$(mktemp -d "${TMPDIR:-/tmp}/loomctl-test.XXXXXX")
count=0
failed=0
status=0

# Relays end with their stdin: a pipe that this shell alone holds open, so that they end
# with it, however it ends.
mkfifo "$tmp/hold" "$tmp/ready"
exec 9<>"$tmp/hold"

mint_pid=

finish() {
	exec 9>&-
	[ -z "$mint_pid" ] || kill -9 "$mint_pid" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM

# result BOOL TEXT: one line of TAP, with what loomctl said when it is a bad one
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=1
	echo "not ok $count - $2"
	{
		echo "status $status, stdout:"
		head -c 3000 "$tmp/out"
		echo "stderr:"
		head -c 3000 "$tmp/err"
	} 2>/dev/null | sed 's/^/# /'
}

# check TEXT COMMAND ...
check() {
	check_text=$1
	shift
	if "$@"; then
		result 0 "$check_text"
	else
		result 1 "$check_text"
	fi
}

done_testing() {
	echo "1..$count"
	exit $failed
}

# ctl ARG ... : run loomctl; its exit status is in $status, what it wrote in out and err
ctl() {
	timeout 60 "$ctl_bin" "$@" >"$tmp/out" 2>"$tmp/err" 9>&-
	status=$?
}

ended() {
	[ "$status" = "$1" ]
}

said() {
	grep -q -e "$1" "$tmp/out"
}

complained() {
	grep -q -e "$1" "$tmp/err"
}

# Nothing that a terminal would obey, and no bytes but ASCII: tests write no others.
is_clean() {
	! LC_ALL=C grep -q '[^ -~	]' "$tmp/out" "$tmp/err"
}

is_line() {
	[ "$(cat "$tmp/out")" = "$1" ]
}

# field NAME [TYPE]: the value in the first record of that type
field() {
	grep "\"type\":\"${2:-}" "$tmp/out" | head -n 1 |
		sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"
}

# start_relay [OPTION ...]: its address is in $relay
start_relay() {
	"$relay_bin" --worker-key "$tmp/worker.key" "$@" \
		<"$tmp/hold" >"$tmp/ready" 2>>"$tmp/relay.err" 9>&- &
	read -r relay_word relay <"$tmp/ready"
	[ "$relay_word" = ready ] || {
		echo "Bail out! the fake relay did not start"
		exit 1
	}
}

make_keys() {
	"$ctl_bin" keygen "$tmp/worker.key" >/dev/null &&
		"$ctl_bin" keygen "$tmp/me.key" >/dev/null || {
		echo "Bail out! no keys"
		exit 1
	}
	worker=$("$ctl_bin" keygen --show --hex "$tmp/worker.key")
}

# ---- money

# skip_all WHY
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

mint_bin=$LOOM_BUILDDIR/tests/peers/mintd

# start_mint [OPTION ...]: the test mint, its money in a file; its address is in $mint. The
# same again when it was killed, at the same address.
start_mint() {
	[ -x "$mint_bin" ] || skip_all "there is no test mint: libmicrohttpd was not there"
	: >"$tmp/mint.out"
	"$mint_bin" --db "$tmp/mint.db" --port "${mint_port:-0}" "$@" >"$tmp/mint.out" 2>"$tmp/mint.err" 9>&- &
	mint_pid=$!
	wait_for grep -q '^mint ' "$tmp/mint.out" || {
		echo "Bail out! the test mint did not start: $(head -n 1 "$tmp/mint.err")"
		exit 1
	}
	mint=$(sed -n 's/^mint //p' "$tmp/mint.out")
	mint_port=${mint##*:}
}

# wait_for COMMAND ...: until it succeeds, for half a minute
wait_for() {
	tries=0
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.05
	done
}

mint_dead() {
	! curl -s -m 5 -o /dev/null "$mint/v1/info"
}

# tell_mint WHAT JSON: as mintctl.h has it; ask_mint WHAT NAME: a number of its answer
tell_mint() {
	curl -s -m 10 -o /dev/null -d "$2" "$mint/test/$1"
}

ask_mint() {
	curl -s -m 10 "$mint/test/$1" | sed -n "s|.*\"$2\":\([0-9]*\).*|\1|p"
}

# asked PATH N: so many times since the mint was started
asked() {
	[ "$(ask_mint counts "POST $1")" = "$2" ]
}

# has PURSE SAT
has() {
	got=$("$ctl_bin" wallet --json --purse "$1" 2>"$tmp/err" 9>&- |
		sed -n 's/.*"sat":\([0-9]*\).*/\1/p')
	[ "${got:-0}" = "$2" ] || {
		echo "# $1 has ${got:-0} sat, not $2"
		return 1
	}
}

# What the mint owes to everybody is SAT.
owes() {
	got=$(ask_mint sums outstanding)
	[ "$got" = "$1" ] || {
		echo "# the mint owes $got sat, not $1"
		return 1
	}
}
