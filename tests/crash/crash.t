#!/bin/bash
# SPDX-License-Identifier: MIT
# The short form of tests/crash/run; by hand, all of it: tests/crash/run --full
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

last=
"$src/tests/crash/run" >"$T/out" 2>&1
while read -r word text; do
	case $word in
	right:) ok "${text% (*}" ;;
	WRONG:) not_ok "${text%%: *}" "${text#*: }" ;;
	1..0) skip_all "${text#\# SKIP }" ;;
	esac
	last="$word $text"
done <"$T/out"
check "it came to its end" grep -qE '^[1-9][0-9]* runs, [0-9]+ violations$' <<<"$last"
finish
