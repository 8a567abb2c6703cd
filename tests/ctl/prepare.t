#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl prepare: what the daemons get, and that no secret goes where it must not.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"

"$ctl_bin" keygen "$tmp/worker.key" >/dev/null
"$ctl_bin" keygen "$tmp/other.key" >/dev/null
secret=$("$ctl_bin" key --secret "$tmp/worker.key")
other=$("$ctl_bin" key --secret "$tmp/other.key")
# shellcheck disable=SC2034 # eval reads it
pub=$("$ctl_bin" keygen --show --hex "$tmp/worker.key")
conf=$tmp/in.conf
out=$tmp/conf

# configure LINE ... : the input, with what is always needed
configure() {
	printf '%s\n' "NOSTR_RELAYS=" "STATE_DIR=$tmp/state" "RUN_DIR=$tmp/run" "$@" >"$conf"
	chmod 0600 "$conf"
}

prepare() {
	ctl prepare --config "$conf" --out "$out" "$@"
}

has_no_secret() {
	! grep -rq -e "$secret" -e "$other" "$out/loom.conf" "$tmp/out" "$tmp/err" "$tmp/run" "$tmp/state"
}

# ---- a key in the configuration
configure "NOSTR_PRIVATE_KEY=$secret" "BLOSSOM_AUTH_KEY=$other" "WORKER_NAME=\"a b\""
prepare
check "a good configuration is taken" eval 'ended 0 && [ "$(field pubkey prepared)" = "$pub" ]'
check "no secret is printed or in what daemons read" has_no_secret
check "the configuration is readable for all" eval '[ "$(stat -c %a "$out/loom.conf")" = 644 ]'
check "the keys for their owner alone" eval '[ "$(stat -c %a "$out/key" "$out/upload-key" | sort -u)" = 400 ]'
check "the key is the one that was given" eval '[ "$("$ctl_bin" keygen --show --hex "$out/key")" = "$pub" ]'
check "loom-keyd is told where it is" grep -q "^NOSTR_PRIVATE_KEY_FILE=\"$out/key\"$" "$out/loom.conf"
check "other settings are kept" grep -q '^WORKER_NAME="a b"$' "$out/loom.conf"
check "folders are made" eval '[ "$(stat -c %a "$tmp/state" "$tmp/run" "$tmp/state/bridge" "$tmp/run/internal" | tr "\n" " ")" = "711 711 700 750 " ]'
cp "$out/loom.conf" "$tmp/before"
touch "$out/key.new"
prepare
check "again, it does the same" eval 'ended 0 && cmp -s "$out/loom.conf" "$tmp/before" && [ ! -e "$out/key.new" ]'
ctl config --config "$out/loom.conf"
check "what was written can be read" eval 'ended 0 && said "WORKER_NAME=a b"'
ctl config --config "$conf"
check "config hides secrets" eval 'ended 0 && said "NOSTR_PRIVATE_KEY=(hidden)" && ! grep -q "$secret" "$tmp/out"'

# ---- the setting is gone
configure "NOSTR_PRIVATE_KEY_FILE=$tmp/worker.key"
prepare
check "a key in a file of its own is left there" eval 'ended 0 && [ ! -e "$out/key" ] && [ ! -e "$out/upload-key" ]'
check "and named in what daemons read" grep -q "^NOSTR_PRIVATE_KEY_FILE=\"$tmp/worker.key\"$" "$out/loom.conf"
check "nothing but the configuration is left" eval '[ "$(ls "$out")" = loom.conf ]'

# ---- the environment
NOSTR_PRIVATE_KEY=$secret && export NOSTR_PRIVATE_KEY
configure
prepare
check "a key can come from the environment" eval 'ended 0 && [ -e "$out/key" ] && has_no_secret'
unset NOSTR_PRIVATE_KEY

# ---- what is wrong is named, and nothing is written
rm -rf "$out"
refused() {
	prepare
	ended 201 && complained "$1" && [ ! -e "$out/loom.conf" ] && ! grep -q "$secret" "$tmp/err"
}
configure
check "a missing key" refused 'has no key'
configure "NOSTR_PRIVATE_KEY=$secret" "NOSTR_PRIVATE_KEY_FILE=$tmp/worker.key"
check "two keys" refused 'which of them'
configure "NOSTR_PRIVATE_KEY=${secret}0"
check "a key that is none" refused "in.conf:4: NOSTR_PRIVATE_KEY"
configure "NOSTR_PRIVATE_KEY=npub1$secret"
check "a public key" refused 'NOSTR_PRIVATE_KEY'
configure "NOSTR_PRIVATE_KEY_FILE=$tmp/none"
check "a key file that is not there" refused "in.conf:4: NOSTR_PRIVATE_KEY_FILE"
cp "$tmp/worker.key" "$tmp/open.key" && chmod 0440 "$tmp/open.key"
configure "NOSTR_PRIVATE_KEY_FILE=$tmp/open.key"
check "a key file that others can read" refused '0400'
configure "NOSTR_PRIVATE_KEY=$secret" "NONSENSE=1"
check "an unknown key of the configuration" refused "in.conf:5: unknown key"
configure "NOSTR_PRIVATE_KEY=$secret" "PUBLIC_URL=example.com"
check "a URL that is none" refused 'PUBLIC_URL'
configure "NOSTR_PRIVATE_KEY=$secret" "CA_FILE=$tmp/none.pem"
check "authorities that are not there" refused 'CA_FILE'
printf '%s\n' "NOSTR_PRIVATE_KEY=$secret" "NOSTR_RELAYS=wss://a.example,http://b.example,wss://c d" >"$conf"
prepare
check "every relay that is none, at once" eval 'ended 201 && [ "$(grep -c NOSTR_RELAYS "$tmp/err")" = 2 ]'
configure "NOSTR_PRIVATE_KEY=$secret"
chmod 0644 "$conf"
prepare
check "a configuration with a key that others can read is told" eval 'ended 0 && complained "chmod 0600"'
configure "NOSTR_PRIVATE_KEY_FILE=$out/key"
prepare
check "a key that prepare itself would remove is refused" eval 'ended 201 && complained "elsewhere" && [ -e "$out/key" ]'
cp "$tmp/worker.key" "$out/upload-key" && chmod 0400 "$out/upload-key"
configure "NOSTR_PRIVATE_KEY_FILE=$out/upload-key" "BLOSSOM_AUTH_KEY=$other"
prepare
check "and one that it would overwrite" eval 'ended 201 && complained "elsewhere" && cmp -s "$out/upload-key" "$tmp/worker.key"'
rm -f "$out/upload-key"
chmod 0777 "$out"
configure "NOSTR_PRIVATE_KEY=$secret"
prepare
check "a folder that others can write into is refused" eval 'ended 201 && complained "others may write"'
chmod 0755 "$out"
ctl prepare --config "$conf"
check "a folder must be named" ended 200
prepare --keyd-user no-such-user
check "a user must exist" eval 'ended 201 && complained "no user"'

# ---- users of their own
if [ "$(id -u)" = 0 ]; then
	prepare --keyd-user 12001 --engine-user 12002 --bridge-user 12003
	check "each user gets what is its own" eval 'ended 0 &&
		[ "$(stat -c %u "$out/key" "$tmp/state" "$tmp/state/bridge" "$tmp/run" "$tmp/run/internal" "$out/loom.conf" | tr "\n" " ")" = "12001 12002 12003 0 0 0 " ]'
	check "the bridge's group may enter the folder of the internal listener" eval '
		[ "$(stat -c "%g %a" "$tmp/run/internal")" = "12003 750" ]'
	rmdir "$tmp/state/bridge"
	mkdir "$tmp/elsewhere"
	ln -s "$tmp/elsewhere" "$tmp/state/bridge"
	prepare --keyd-user 12001 --engine-user 12002 --bridge-user 12003
	check "no folder is given away through a link" eval 'ended 201 && [ "$(stat -c %u "$tmp/elsewhere")" = 0 ]'
fi
done_testing
