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

finish() {
	exec 9>&-
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
