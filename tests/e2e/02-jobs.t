#!/bin/bash
# SPDX-License-Identifier: MIT
# Jobs of a customer as they end: codes, signals, limits, stdin, arguments, variables,
# secrets, outputs. Every result is read from the relay and verified by loomctl --strict.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker w --set FREELIST_TIMEOUT=5 --set KILL_GRACE=1 --set OUTPUT_KILL_MIB=8

# ends NAME REASON CODE -- COMMAND ...
ends() {
	local name=$1 reason=$2 code=$3 id r
	shift 4
	id=$(submit -- "$@")
	r=$(result "$id")
	is "$name" "$(field reason "$r") $(field exit_code "$r")" "$reason $code"
}

ends "a program that ends with 0" ok 0 -- true
ends "a program that ends with 3" exit 3 -- sh -c 'exit 3'
ends "a program that ends with 255" exit 255 -- sh -c 'exit 255'
ends "a program that is not there" not_found 127 -- no-such-program
ends "a file that is no program" not_executable 126 -- /etc/passwd
# shellcheck disable=SC2016 # for the job's shell
ends "a program that kills itself" signal 137 -- sh -c 'kill -9 $$'
# shellcheck disable=SC2016
ends "a program that dies of SIGSEGV" signal 139 -- sh -c 'kill -SEGV $$'

id=$(submit -- sleep 60)
r=$(result "$id")
is "a program that takes too long" "$(field reason "$r") $(field exit_code "$r")" \
	"time_limit 124"
is "it was billed until its limit" "$(field duration "$r")" 5
is "its last status is timeout" \
	"$(events "$id" | jq -r 'select(.kind == 30100) | .tags[] | select(.[0] == "status")[1]')" timeout

# ---- stdin, arguments, variables

printf 'line one\nline two, no line feed' >"$T/in"
id=$(submit --stdin "$T/in" -- cat)
result "$id" >/dev/null
output stdout "$id" >"$T/out"
check "stdin arrives byte for byte" cmp "$T/in" "$T/out"

long=$(head -c 16384 /dev/zero | tr '\0' x)
id=$(submit -- printf '[%s]\n' 'two words' $'line\nfeed' '' "quote\"'\$HOME" "$long")
result "$id" >/dev/null
output stdout "$id" >"$T/out"
printf '[%s]\n' 'two words' $'line\nfeed' '' "quote\"'\$HOME" "$long" >"$T/want"
check "arguments arrive as they are: blanks, line feeds, empty, 16 KiB" cmp "$T/want" "$T/out"

printf 'a secret\nof two lines' >"$T/secret"
printf 'from-secret' >"$T/secret2"
id=$(submit --env A=1 --env EMPTY= --env BOTH=from-env --secret S="$T/secret" \
	--secret BOTH="$T/secret2" -- sh -c 'printf "%s|%s|%s|%s" "$A" "$EMPTY" "$S" "$BOTH"')
result "$id" >/dev/null
output stdout "$id" >"$T/out"
is "variables and secrets arrive; a secret overrides a variable" "$(cat "$T/out")" \
	"$(printf '1||a secret\nof two lines|from-secret')"
check "no secret is in the ledger" sh -c "! strings -a '$W'/state/ledger.db* | grep -q 'a secret'"
check "no secret is in a log" sh -c "! grep -rq 'a secret' '$W/log'"

id=$(submit -- env)
result "$id" >/dev/null
output stdout "$id" | LC_ALL=C sort >"$T/out"
is "a job sees its own base variables and nothing of the worker" \
	"$(cut -d= -f1 "$T/out" | tr '\n' ' ')" "HOME LANG PATH TMPDIR USER "

printf 'echo "a script on stdin of $0"; exit 4\n' >"$T/script"
id=$(submit --script "$T/script")
r=$(result "$id")
is "a job without cmd is run by the worker's shell" "$(field exit_code "$r")" 4
is "and its output is there" "$(output stdout "$id")" "a script on stdin of /bin/bash"

# ---- outputs

id=$(submit -- sh -c 'echo to stdout; echo to stderr >&2')
r=$(result "$id")
is "stdout" "$(output stdout "$id")" "to stdout"
is "stderr" "$(output stderr "$id")" "to stderr"

id=$(submit -- true)
r=$(result "$id")
is "an empty output has no tag" "$(field stdout "$r")$(field stderr "$r")" ""

id=$(submit -- head -c 1048576 /dev/urandom)
r=$(result "$id")
output stdout "$id" >"$T/out"
is "1 MiB of bytes comes back whole" \
	"$(stat -c %s "$T/out") $(sha256sum <"$T/out" | cut -c1-64)" \
	"1048576 $(basename "$(field stdout "$r")")"

id=$(submit -- sh -c 'head -c 1048576 /dev/zero | tr "\0" h; head -c 70000 /dev/zero | tr "\0" t; printf THE-END')
r=$(result "$id")
output stdout "$id" >"$T/out"
is "more than that ends well" "$(field reason "$r")" ok
is "it is cut to the limit" "$(stat -c %s "$T/out")" 1048576
is "its beginning is there" "$(head -c 5 "$T/out")" hhhhh
is "its end is there" "$(tail -c 7 "$T/out")" THE-END
check "a line says how much is missing" grep -aq 'loom: of 1118583 bytes' "$T/out"

ends "a flood of output is ended" output 137 -- yes

# ---- cancel

id=$(submit -- sleep 60)
wait_for 10 sh -c "'$ctl' events ${relays[*]} --worker $LOOM_PUBKEY $id | grep -q '\"running\"'"
"$ctl" cancel "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$key" "$id" >/dev/null 2>&1
r=$(result "$id")
is "a running job is cancelled by its customer" "$(field reason "$r") $(field exit_code "$r")" \
	"cancelled 143"
"$ctl" keygen "$T/other.key" >/dev/null
id=$(submit -- sleep 2)
"$ctl" cancel "${relays[@]}" --worker "$LOOM_PUBKEY" --key "$T/other.key" "$id" >/dev/null 2>&1
r=$(result "$id")
is "nobody else can cancel it" "$(field reason "$r")" ok

# ---- the protocol, as strictly as clients read it

check "loomctl finds no broken rule in a job from first to last" \
	"$ctl" submit --strict --follow --wait 60 "${relays[@]}" --worker "$LOOM_PUBKEY" \
	--key "$key" -- echo hello

id=$(submit -- true)
result "$id" >/dev/null
wait_for 10 sh -c "curl -s -H 'Authorization: Bearer $LOOM_ADMIN_TOKEN' $LOOM_URL/api/v1/jobs/$id | jq -e '.state == \"done\"'"
check "a job can be followed through all programs by its id" sh -c "
	for p in bridge engine runner; do grep -q 'job=${id:0:8}' '$W/log/'\$p.log || exit 1; done"
check "and its result by the event that the engine's log names" sh -c "
	event=\$(grep 'ev=outbox.signed job=${id:0:8} .* kind=5101$' '$W/log/engine.log' |
		grep -o 'event=[0-9a-f]\{8\}') &&
	grep -q \"ev=bridge.receipt \$event .* verdict=ok\" '$W/log/bridge.log'"
check "the API tells its timeline" sh -c "curl -s -H 'Authorization: Bearer $LOOM_ADMIN_TOKEN' \
	$LOOM_URL/api/v1/jobs/$id | jq -e '[.timeline[].to] == [\"queued\",\"preparing\",\"running\",\"collecting\",\"settling\",\"reporting\",\"done\"]'"

finish
