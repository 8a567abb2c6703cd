#!/bin/sh
# SPDX-License-Identifier: MIT
# Documents that are written by loomctl say what loomctl says.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"

# same FILE COMMAND ...
same() {
	file=$LOOM_SRCDIR/$1
	shift
	ctl "$@"
	diff "$file" "$tmp/out" >"$tmp/diff" || {
		head -n 20 "$tmp/diff" | sed 's/^/# /'
		return 1
	}
}
check "etc/loom.conf.example is loomctl config --example" same etc/loom.conf.example config --example
check "docs/config.md is loomctl config --docs" same docs/config.md config --docs
check "docs/loomctl.1 is loomctl help --man" same docs/loomctl.1 help --man

grep -ohE '"LOOM-[0-9]+"' "$LOOM_SRCDIR"/ctl/*.c | tr -d '"' | sort -u >"$tmp/code"
grep -oE '^\| LOOM-[0-9]+' "$LOOM_SRCDIR/docs/loom.md" | cut -c3- | sort -u >"$tmp/out"
check "docs/loom.md has every rule that is checked, and no other" cmp -s "$tmp/code" "$tmp/out"

# the example without its comment signs must be a good configuration, but for the key
sed 's/^#\([A-Z_]*=\)/\1/' "$LOOM_SRCDIR/etc/loom.conf.example" >"$tmp/conf"
ctl config --config "$tmp/conf"
check "the example with all its defaults is taken" ended 0
if command -v man >/dev/null; then
	LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z \
		"$LOOM_SRCDIR/docs/loomctl.1" >/dev/null 2>"$tmp/err"
	check "the man page has no errors" eval '[ ! -s "$tmp/err" ]'
fi
done_testing
