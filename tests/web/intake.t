#!/bin/sh
# SPDX-License-Identifier: MIT
# POST /internal/events on the internal listener: what loom-bridge does.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

start_engine
start_fcgi
start_nginx || skip_all "nginx does not start here"
log=$dir/docs/intake.log

post()
{
	want=$1
	shift
	answers "$want" --unix-socket "$dir/run/internal/http.sock" "$@" \
		http://internal/internal/events
}

lines()
{
	[ "$(wc -l <"$log")" = "$1" ]
}

event='{ "id" : "00", "created_at":1, "tags": [["p", "a\u0000b", "é\u001f\"\\"]], "content":"ü", "x":1.5 }'
ok "an event is passed on" post 200 -d '{"events":[{"relay":"wss://r","event":'"$event"'}]}'
ok "its verdict comes back" body_is '{"verdicts":[{"verdict":"stored","text":""}]}'
ok "as JSON" header "content-type: application/json"
ok "that nobody keeps" header "cache-control: no-store"
ok "it was written compactly, nothing lost" has_line \
	'^wss://r {"id":"00","created_at":1,"tags":\[\["p","a\\u0000b","é\\u001F\\"\\\\"\]\],"content":"ü","x":1.5}$' "$log"

ok "no events are none" post 200 -d '{"events":[]}'
ok "and get no verdict" body_is '{"verdicts":[]}'

# as many as fit: 64 events of 40 KB each, more than one message to the engine holds
big()
{
	printf '{"events":['
	sep=
	for i in $(seq "$1"); do
		printf '%s{"relay":"wss://%d","event":{"content":"' "$sep" "$i"
		head -c "$2" /dev/zero | tr '\0' "$3"
		printf '"}}'
		sep=,
	done
	printf ']}'
}
rm -f "$log"
big 64 40000 x >"$dir/big.json"
ok "a batch of 64 long events is taken" post 200 --data-binary "@$dir/big.json"
ok "whole" lines 64
ok "in its order" test "$(cut -d' ' -f1 "$log" | tr -d '\n')" = \
	"$(seq 64 | sed 's|^|wss://|' | tr -d '\n')"
ok "with a verdict each" test "$(grep -o '"verdict":' "$dir/body" | wc -l)" = 64
ok "in more than one message" test "$(grep -c '^events' "$dir/docs/calls.log")" -gt 2
rm -f "$log"
big 1 300000 x >"$dir/big.json"
ok "an event over its cap does not stop the others" post 200 --data-binary "@$dir/big.json"
ok "the engine is left to refuse it" body_is \
	'{"verdicts":[{"verdict":"refused","text":"no \"event\""}]}'
big 257 1 x >"$dir/big.json"
ok "257 events are too many" post 422 --data-binary "@$dir/big.json"
ok "422 says where" body_has '"errors":[{"pointer":"/events","detail":"'
head -c 4194305 /dev/zero >"$dir/big.json"
ok "4 MiB and a byte are too much" post 413 --data-binary "@$dir/big.json"
head -c 4194304 /dev/zero >"$dir/big.json"
ok "4 MiB of nothing are no JSON" post 400 --data-binary "@$dir/big.json"

for body in '{}' '[]' '{"events":{}}' '{"events":[1]}' '{"events":[{}]}' \
	'{"events":[{"relay":"x"}]}' '{"events":[{"relay":1,"event":{}}]}' \
	'{"events":[{"relay":"x","event":[]}]}' '{"events":[],"more":1}' \
	'{"events":[{"relay":"x","event":{},"more":1}]}' \
	'{"events":[{"relay":"a\u0000b","event":{}}]}' 'null' '""'; do
	ok "$body is refused" post 422 -d "$body"
done
for body in '' '{' '{"events":[]}x' '{"events":[],"events":[]}' \
	'{"events":[{"relay":"x","event":{"a":[[[[[[[[[]]]]]]]]]}}]}'; do
	ok "'$body' is no JSON of ours" post 400 -d "$body"
done
printf '{"events":[{"relay":"\377","event":{}}]}' >"$dir/big.json"
ok "bytes that are no text are refused" post 400 --data-binary "@$dir/big.json"
ok "GET is refused" post 405 -X GET
ok "405 says what would work" header "allow: POST"
ok "other paths are not there" answers 404 --unix-socket "$dir/run/internal/http.sock" \
	http://internal/api/v1/status
ok "a query is refused" answers 400 --unix-socket "$dir/run/internal/http.sock" -d '{}' \
	'http://internal/internal/events?x=1'

echo short >"$dir/docs/mode"
ok "too few verdicts are no answer" post 503 -d '{"events":[{"relay":"x","event":{}}]}'
echo garbage >"$dir/docs/mode"
ok "neither is garbage" post 503 -d '{"events":[{"relay":"x","event":{}}]}'
rm "$dir/docs/mode"
ok "afterwards all is well" post 200 -d '{"events":[{"relay":"x","event":{}}]}'
stop_engine
ok "without an engine there is no answer" post 503 \
	-d '{"events":[{"relay":"x","event":{}}]}'
ok "but a hint when to come back" header "retry-after: 1"
ok "and a type" body_has '"type":"/problems/worker-unavailable"'
start_engine
ok "when it is back, so is the intake" post 200 -d '{"events":[{"relay":"x","event":{}}]}'

done_testing
