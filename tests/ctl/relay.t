#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl against relays that lie, refuse, fall silent or break off in the middle.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
make_keys

submit() {
	ctl submit --relay "$relay" --worker "$worker" --key "$tmp/me.key" "$@"
}

# ---- lies: nothing of them may be shown
lie() {
	start_relay --fault "$1"
	submit --quiet -- true
	id=$(cat "$tmp/out")
	ctl follow --relay "$relay" --wait 1 "$id"
	status_live=$status
	ctl result --relay "$relay" "$id"
}
untouched() {
	ended 205 && [ "$status_live" = 203 ] && [ ! -s "$tmp/out" ]
}
lie forged-sig
check "an event with a wrong signature is not believed" untouched
check "and that is told" complained 'forged event'
lie forged-id
check "an event with a wrong id is not believed" eval 'untouched && complained "forged event"'
lie other-author
check "the words of another key are not believed" eval 'untouched && complained "not asked for"'
lie other-job
check "the result of another job is not believed" eval 'untouched && complained "not asked for"'
start_relay --fault flood
submit --follow --wait 1 -- true
check "a relay that keeps lying is given up" eval 'ended 203 && ! said status && complained "not used any more"'
check "and not much is said about it" eval '[ "$(wc -l <"$tmp/err")" -le 6 ]'
start_relay --fault garbage
submit --follow -- true
check "garbage in between does no harm" eval 'ended 0 && said "\"success\":true"'
check "and is told" complained 'no message of a relay'
start_relay --fault notice
submit --follow -- true
check "notices reach the terminal escaped" eval 'ended 0 && complained "u001b.0;owned.u0007" && is_clean'

start_relay
honest=$relay
start_relay --fault flood
ctl submit --relay "$honest" --relay "$relay" --worker "$worker" --follow -- true
check "an honest relay beside a lying one is enough" eval 'ended 0 && said "\"success\":true"'

# ---- breaking off
start_relay --fault die-before-ok
submit --follow -- true
check "an event is sent again when the relay breaks off before its OK" ended 0
check "both are told" eval 'complained "trying again" && complained "is there now"'
start_relay --fault die-in-middle
submit --follow --strict -- true
check "a relay that breaks off in the middle is asked again" eval 'ended 0 && said completed'
start_relay --fault oversized
submit --follow -- true
check "a frame above all limits costs the connection only" ended 0
start_relay --fault closed-once
submit --follow -- true
check "a closed subscription is asked for again" ended 0
start_relay --fault no-eose
submit --follow -- true
check "a relay that never says EOSE can be followed" ended 0

# ---- answers to the event
start_relay --fault blocked
submit -- true
check "a refusal is told" eval 'ended 202 && said "\"taken\":false,\"said\":\"blocked: not .u001b.1myou\""'
check "and escaped" is_clean
start_relay --fault rate-limited
submit -- true
check "a relay that is asked too fast is asked again" eval 'ended 0 && complained "not now: rate-limited"'
start_relay --fault duplicate
submit -- true
check "a relay that has the event has it" ended 0
start_relay --fault silent
submit --wait 1 -- true
check "a silent relay is told" eval 'ended 202 && said "\"said\":\"no answer\""'
start_relay --fault http-503
submit --wait 1 -- true
check "a relay behind a busy server is told" eval 'ended 202 && complained "HTTP status 503"'
submit --relay "$honest" -- true
check "one of two is enough, and both are told" eval 'ended 0 && said "\"taken\":true" && said "\"taken\":false"'

# ---- authentication (NIP-42)
start_relay --fault auth
submit --follow --strict -- true
check "a relay that wants to know who asks is told" ended 0
ctl submit --relay "$relay" --worker "$worker" --follow -- true
check "a throw-away key can say who it is too" ended 0
submit --quiet -- true
id=$(cat "$tmp/out")
ctl result --relay "$relay" "$id"
check "without a key such a relay does not answer" eval 'ended 202 && complained "key FILE"'
ctl result --relay "$relay" --key "$tmp/me.key" "$id"
check "with one it does" ended 0
ctl workers --relay "$relay" --key "$tmp/me.key"
check "for the list of workers too" ended 0
start_relay --fault auth-refused
submit -- true
check "a relay that takes nobody is told" eval 'ended 202 && said "restricted: not you either"'
ctl result --relay "$relay" --key "$tmp/me.key" "$id"
check "and not asked for ever" ended 202

check "the relays met no frame that is wrong" eval '[ ! -s "$tmp/relay.err" ]'
done_testing
