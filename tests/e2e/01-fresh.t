#!/bin/bash
# SPDX-License-Identifier: MIT
# The two commands in a tree with no build in it, as a new user calls them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

git -C "$src" rev-parse --git-dir >/dev/null 2>&1 ||
	skip_all "what belongs to the tree is known to its repository only"

copy=$T/tree
mkdir "$copy"
(cd "$src" && git ls-files -z | xargs -0 cp --parents -t "$copy")
(cd "$copy" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2) >"$T/sums"
check "there is a tree to build" test "$(wc -l <"$T/sums")" -gt 100

# in_copy FILE COMMAND ... : as a user would, with nothing of this test in the environment
in_copy() {
	local out=$1
	shift
	(cd "$copy" && env -u LOOM_SRCDIR -u LOOM_BUILDDIR -u MAKEFLAGS "$@") >"$out" 2>&1 </dev/null
}

# The end of what a command said, when it did not do what it should.
show_end() {
	[ "$1" = 0 ] || tail -n 25 "$2" | sed 's/^/# /'
}

in_copy "$T/demo" ./demo --once
status=$?
is "./demo --once ends well" $status 0
show_end $status "$T/demo"
is "its last line" "$(tail -n 1 "$T/demo")" "demo ok"
is "nothing in it was wrong" "$(grep -c WRONG "$T/demo")" 0
home=$(sed -n 's/^The worker is up: .*, files in //p' "$T/demo")
check "it had a folder of its own" test -n "$home"
check "which is gone" test ! -e "$home"

in_copy "$T/checked" ./check check-source
status=$?
is "./check check-source ends well" $status 0
show_end $status "$T/checked"
check "its last line is the tally" grep -qxE '[1-9][0-9]* passed, 0 failed, [0-9]+ skipped' \
	<(tail -n 1 "$T/checked")
check "for the source alone no sanitizers are built" test ! -e "$copy/build/asan"

# ---- what is left

check "no file of the tree was changed" sh -c "cd '$copy' && sha256sum --quiet -c '$T/sums'"
new() {
	(cd "$copy" && find . -type f | sed 's|^./||' | LC_ALL=C sort) >"$T/after"
	sed 's|^[0-9a-f]*  ./||' "$T/sums" | LC_ALL=C sort | LC_ALL=C comm -13 - "$T/after" >"$T/new"
	(cd "$src" && git check-ignore --no-index --stdin <"$T/new") | LC_ALL=C sort >"$T/ignored"
	LC_ALL=C comm -23 "$T/new" "$T/ignored"
}
is "nothing but build output is new in it" "$(new)" ""
left() {
	pgrep -af "$copy/|${home:-$copy}/" | grep -v pgrep
	grep -E "$copy/|${home:-$copy}/" /proc/mounts
}
is "no process and no mount of it is there" "$(left)" ""

finish
