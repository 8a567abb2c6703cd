#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl keygen and key, and the help that everybody meets first.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"

ctl keygen --text "$tmp/a.key"
check "a key is made" eval 'ended 0 && said "^npub  npub1" && said "^hex   [0-9a-f]\{64\}$"'
check "only its owner can read it" eval '[ "$(stat -c %a "$tmp/a.key")" = 400 ]'
check "the secret is not printed" eval '! said nsec1'
check "the file holds an nsec" grep -q '^nsec1[a-z0-9]*$' "$tmp/a.key"
hex=$("$ctl_bin" keygen --show --hex "$tmp/a.key")
npub=$("$ctl_bin" key --text "$tmp/a.key" | sed -n 's/^npub *//p')
cp "$tmp/a.key" "$tmp/copy"
ctl keygen "$tmp/a.key"
check "a key is never overwritten" eval 'ended 201 && cmp -s "$tmp/a.key" "$tmp/copy"'
ctl keygen --show --hex "$tmp/a.key"
check "the public key can be shown again" is_line "$hex"
ctl key --hex "$npub"
check "an npub becomes hex" is_line "$hex"
ctl key --json "$hex"
check "hex becomes an npub" eval '[ "$(field npub)" = "$npub" ]'
ctl key --secret "$tmp/a.key"
check "the secret is printed when asked for by name" eval 'ended 0 && [ "$(wc -c <"$tmp/out")" = 65 ]'
ctl key "$(cat "$tmp/a.key")"
check "a secret key on the command line is refused" eval 'ended 200 && ! grep -q nsec1 "$tmp/err"'
ctl key npub1nonsense
check "what is no key is told" ended 201
chmod 0600 "$tmp/a.key"
ctl key "$tmp/a.key"
check "a key file that can be written is refused" eval 'ended 201 && complained 0400'
ln -s "$tmp/copy" "$tmp/link"
chmod 0400 "$tmp/copy"
ctl key "$tmp/link"
check "a link to a key file is refused" eval 'ended 201 && complained "symbolic link"'
echo garbage >"$tmp/bad" && chmod 0400 "$tmp/bad"
ctl key "$tmp/bad"
check "a file without a key is told" eval 'ended 201 && ! complained garbage'
ctl keygen "$tmp/none/a.key"
check "a folder that is not there is told" ended 201
if [ -e /dev/full ] && [ "$(id -u)" = 0 ] && mkdir "$tmp/full" &&
	mount -t tmpfs -o size=4k,nr_inodes=2 none "$tmp/full" 2>/dev/null; then
	head -c 4096 /dev/zero >"$tmp/full/fill" 2>/dev/null
	ctl keygen "$tmp/full/a.key"
	check "a full disk leaves no half key" eval 'ended 201 && [ ! -e "$tmp/full/a.key" ]'
	umount "$tmp/full"
fi
ctl keygen
check "a file must be named" ended 200

# ---- help
ctl
check "without a word there is help" eval 'ended 0 && said "usage: loomctl VERB"'
for verb in keygen key prepare config submit follow result events fetch cancel workers; do
	ctl help $verb
	ended 0 && said "^usage: loomctl $verb" && said '^Examples:' || break
	ctl $verb --help
	ended 0 && said "^usage: loomctl $verb" || break
done
check "each verb has help with examples" eval 'ended 0 && [ $verb = workers ]'
ctl frobnicate
check "an unknown verb is told" eval 'ended 200 && complained frobnicate'
ctl --version
check "there is a version" said '^loomctl [0-9]'
done_testing
