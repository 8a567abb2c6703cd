#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl submit: what is sent, what is refused before it is sent, and how it ends.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
make_keys
start_relay

submit() {
	ctl submit --relay "$relay" --worker "$worker" --key "$tmp/me.key" "$@"
}

# ---- the good way
submit --follow --strict -- sh -c 'echo "$0"' x
check "a job is followed to its end and its status is the job's" ended 0
check "the job id is printed first" eval 'head -n 1 "$tmp/out" | grep -q "\"type\":\"job\""'
check "each status is shown" eval 'said "\"status\":\"queued\"" && said "\"status\":\"running\"" &&
	said "\"status\":\"completed\""'
check "the result is shown" said '"type":"result".*"success":true.*"exit_code":0,'
check "a good worker breaks no rule" eval '! said "\"type\":\"fault\""'
check "nothing is remarked" eval '[ ! -s "$tmp/err" ]'

submit --text --follow -- true
check "people get sentences" eval 'said "^job [0-9a-f]*$" && said "^taken by ws://" &&
	said "queued, position 0" && said "result: success, exit code 0, 4 s"'

submit --quiet -- true
check "--quiet prints the id alone" eval '[ "$(wc -c <"$tmp/out")" = 65 ]'
# shellcheck disable=SC2034 # eval reads it
first=$(cat "$tmp/out")
submit --quiet -- true
check "the same command again is another job" eval '[ "$(cat "$tmp/out")" != "$first" ]'

ctl submit --worker "$worker" --relay "$relay" --follow -- true
check "without a key one is made and forgotten" ended 0
ctl submit --worker "$worker" --relay "$relay" --new-key "$tmp/new.key" --quiet -- true
check "--new-key keeps it" eval 'ended 0 && [ "$(stat -c %a "$tmp/new.key")" = 400 ]'
ctl submit --worker "$worker" --relay "$relay" --new-key "$tmp/new.key" --quiet -- true
check "--new-key overwrites nothing, and then nothing is sent" eval 'ended 201 && [ ! -s "$tmp/out" ]'

LOOM_RELAYS="ws://127.0.0.1:1, $relay" && export LOOM_RELAYS
ctl submit --worker "$worker" --quiet --wait 3 -- true
check "relays come from LOOM_RELAYS, and one that takes the job is enough" ended 0
unset LOOM_RELAYS

# ---- what is in the event
printf 'line on stdin\n' >"$tmp/stdin"
printf 'very secret\n' >"$tmp/secret"
VIA_ENV='secret too' && export VIA_ENV
submit --env A=1 --env B= --secret S="$tmp/secret" --secret-env VIA_ENV --backend shell \
	--stdin "$tmp/stdin" --tag t one two --tag empty --quiet -- cmd 'a b' '' -x --follow
id=$(cat "$tmp/out")
ctl events --relay "$relay" "$id"
check "argv is kept word by word" said '\["cmd","cmd"\],\["args","a b","","-x","--follow"\]'
check "variables are public tags" said '\["env","A","1"\],\["env","B",""\]'
check "secrets are encrypted tags" said '\["secret","S","A[A-Za-z0-9+/=]*"\],\["secret","VIA_ENV","A'
check "no secret is in the event" eval '! said "very secret" && ! said "secret too"'
check "back end and own tags are there" said '\["backend","shell"\].*\["t","one","two"\],\["empty"\]'
check "stdin is the content" said '"content":"line on stdin\\n"'

printf '#!/bin/sh\necho hi\n' >"$tmp/script"
submit --script "$tmp/script" --quiet
id=$(cat "$tmp/out")
ctl events --relay "$relay" "$id"
check "a script is the content of a job without cmd" eval 'said "echo hi" && ! said "\"cmd\""'
submit --quiet --stdin - -- cat <"$tmp/stdin"
id=$(cat "$tmp/out")
ctl events --relay "$relay" "$id"
check "- is stdin" said '"content":"line on stdin\\n"'
printf ' cashuBtoken\n' >"$tmp/token"
submit --payment "$tmp/token" --quiet -- true
id=$(cat "$tmp/out")
ctl events --relay "$relay" "$id"
check "a payment comes from a file" said '\["payment","cashuBtoken"\]'
submit --tag payment '' --quiet -- true
check "an empty payment can be sent" ended 0

# ---- secrets in the wrong place
nsec=nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5
refused() {
	ended "$1" && complained "$2" && ! said '"type":"job"' &&
		! grep -q -e "$nsec" -e hunter2 "$tmp/out" "$tmp/err"
}
submit --secret PW=hunter2 -- true
check "a secret value in place of a file is refused and not repeated" refused 201 'name of a file'
submit --secret hunter2 -- true
check "a secret without a name too" refused 200 'NAME=FILE'
submit --secret-env PW=hunter2 -- true
check "a value for --secret-env too" refused 200 'name of a variable alone'
submit --tag payment hunter2 -- true
check "money in a tag too" refused 200 'payment FILE'
ctl submit --relay "$relay" --worker "$worker" --key "$nsec" -- true
check "a secret key in place of its file is refused" refused 200 'wants a file'
ctl submit --relay "$relay" --worker "$worker" \
	--key 67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa -- true
check "in hex too" eval 'ended 200 && ! grep -q 67dea2ed "$tmp/err"'
ctl submit --relay "$relay" --worker "$nsec" --key "$tmp/me.key" -- true
check "and in place of the worker" refused 200 'secret one'
chmod 0440 "$tmp/me.key"
submit -- true
check "a key file that others can read is refused" refused 201 '0400'
chmod 0400 "$tmp/me.key"

# ---- other mistakes
wrong() {
	submit "$@"
	ended 200 && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
}
check "a command wants -- in front" wrong true
check "a job wants a command" wrong --follow
check "a script takes no command" wrong --script "$tmp/script" -- true
check "a script takes no stdin" wrong --script "$tmp/script" --stdin "$tmp/stdin"
check "stdin is read once" wrong --stdin - --secret A=- -- true
check "--key and --new-key exclude each other" wrong --new-key "$tmp/x" -- true
check "--strict wants --follow" wrong --strict -- true
check "an unknown option is named" eval 'wrong --folow -- true && complained -- --folow'
check "--wait wants a number" wrong --wait soon --follow -- true
ctl submit --relay "$relay" -- true
check "a worker must be named" ended 200
ctl submit --worker "$worker" -- true
check "a relay must be named" eval 'ended 200 && complained "no relay"'
ctl submit --relay http://example.com --worker "$worker" -- true
check "a relay is ws:// or wss://" ended 200
ctl submit --relay ws://192.0.2.1 --worker "$worker" --wait 1 -- true
check "ws:// goes to this machine only" eval 'ended 202 && complained "goes nowhere else"'

bad_event() {
	submit "$@" -- true
	ended 201 && [ ! -s "$tmp/out" ]
}
check "a variable wants a name" bad_event --env '1A=x'
check "an empty secret is refused" bad_event --secret A=/dev/null
printf '\377' >"$tmp/binary"
check "input that is not UTF-8 is refused" bad_event --stdin "$tmp/binary"
head -c 300000 /dev/zero | tr '\0' x >"$tmp/large"
check "a job that is too large is refused" bad_event --stdin "$tmp/large"
submit --unchecked --env '1A=x' --quiet -- true
check "--unchecked sends what no worker understands" ended 0

# ---- what loomctl cannot write
if [ -e /dev/full ]; then
	timeout 60 "$ctl_bin" submit --relay "$relay" --worker "$worker" --follow -- true \
		>/dev/full 2>"$tmp/err" 9>&-
	status=$?
	check "a full disk is told" eval 'ended 201 && complained "No space left"'
fi
done_testing
