#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl wallet is killed at every point at which it could leave something half done; the
# next run has to find every sat again. Wants a build with --enable-crashpoints.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
start_mint --ppk 100
me=$tmp/me.db

dies_at() {
	LOOM_CRASH_POINT=$1 "$ctl_bin" wallet mint 8 --mint "$mint" --purse "$2" >/dev/null 2>&1 9>&-
	[ $? = 137 ]
}
dies_at purse.reserving "$tmp/probe.db" || skip_all "loomctl is built without crash points"
LOOM_TEST_HURRY=50 && export LOOM_TEST_HURRY

sums() {
	"$ctl_bin" wallet --json --purse "$me" 2>"$tmp/err" 9>&- |
		sed -n 's/.*"sat":\([0-9]*\),"held":\([0-9]*\),"out":\([0-9]*\).*/\1 \2 \3/p'
}

# Every sat that the mint owes is in the purse or in a token of it, and nothing is held.
whole() {
	# shellcheck disable=SC2046 # three numbers
	set -- $(sums)
	[ "$2" = 0 ] && owes $(($1 + $3))
}

# once POINT COMMAND ...: killed there; then everything is whole, and it can be done again
once() {
	point=$1
	shift
	LOOM_CRASH_POINT=purse.$point "$ctl_bin" wallet "$@" --purse "$me" \
		<"$tmp/token" >"$tmp/out" 2>"$tmp/err" 9>&-
	status=$?
	check "$1 is killed at $point" ended 137
	check "$1: nothing is lost at $point" whole
}

ctl wallet mint 200 --mint "$mint" --purse "$me"
pub=$("$ctl_bin" keygen "$tmp/me.key" --json 9>&- | sed -n 's/.*"hex":"\([0-9a-f]*\)".*/\1/p')
: >"$tmp/token"
for point in reserving reserved submitted posted answered settling settled; do
	once $point mint 16 --mint "$mint"
	once $point send 9 --lock "$pub" --locktime 600
	"$ctl_bin" wallet send 4 --quiet --purse "$me" >"$tmp/token" 2>/dev/null 9>&-
	once $point receive -
	ctl wallet receive - --purse "$me" <"$tmp/token"
	check "receive: the token is in the purse, or comes back now ($point)" \
		eval 'ended 0 || complained "received already" || complained "coins are in the purse"'
	check "receive: and all is whole" whole
done
done_testing
