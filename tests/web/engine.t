#!/bin/sh
# SPDX-License-Identifier: MIT
# loom-fcgi when the engine is late, dead, hung or mad.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

start_fcgi
start_nginx || skip_all "nginx does not start here"

# nginx keeps public answers for a second: what changes is waited for
status_is_stale()
{
	get "$url/api/v1/status"
	body_has '"stale":true'
}
status_is_fresh()
{
	get "$url/api/v1/status"
	[ "$status" = 200 ] && cmp -s "$dir/docs/status.json" "$dir/body"
}
asked()
{
	grep -c '^status' "$dir/docs/calls.log"
}
page_says()
{
	get "$url/"
	body_has "$1"
}
page_is_whole()
{
	get "$url/"
	[ "$status" = 200 ] && body_has 'id="h-jobs"' && body_has 'id="h-relays"' &&
		body_has '</html>' && ! body_has 'test worker'
}
answers_either()
{
	get "$1"
	[ "$status" = 200 ] || [ "$status" = 503 ]
}
is_json()
{
	head -c 1 "$dir/body" | grep -q '{' && tail -n 1 "$dir/body" | grep -q '}$'
}

# ---- before the engine was ever there
ok "no engine yet: no status" problem 503 worker-unavailable "$url/api/v1/status"
ok "but a hint when to come back" header "retry-after: 1"
ok "which nobody may keep" header "cache-control: no-store"
ok "no jobs" problem 503 worker-unavailable "$url/api/v1/jobs"
ok "no blobs" problem 503 worker-unavailable "$blob_url/$zeros"
ok "that pages elsewhere can read" header "access-control-allow-origin: \*"
ok "alive" answers 200 "$url/healthz"
ok "not ready" answers 503 "$url/readyz"
ok "says why" body_has '"worker":{"status":"fail","detail":"the engine does not answer"}'
ok "the page is there" answers 200 "$url/"
ok "and says it" body_has "The worker does not answer."
ok "no problem document in it" not body_has '"type":'

# ---- it comes, and is asked once a second
start_engine
ok "the engine comes: status" wait_for status_is_fresh
ok "ready" wait_for answers 200 "$url/readyz"
before=$(asked)
for _ in $(seq 50); do
	get "$url/readyz"
done
ok "fifty questions are not fifty to the engine" test $(($(asked) - before)) -le 5

# ---- killed
stop_engine
ok "the engine dies: status is stale" wait_for status_is_stale
ok "and is still JSON" is_json
ok "it says how old" grep -qE '^\{"stale":true,"age_s":[0-9]+,"name":"test worker",' "$dir/body"
ok "the rest is as before" body_has "$(cut -c2- "$dir/docs/status.json")"
ok "a token gets nothing" problem 503 worker-unavailable \
	-H "Authorization: Bearer good-token" "$url/api/v1/status"
ok "the page says so" wait_for page_says "The worker does not answer. These numbers are"
start_engine
ok "the engine comes back: status is fresh" wait_for status_is_fresh
ok "jobs are back" answers 200 "$url/api/v1/jobs?limit=3"

# ---- hung: connections stand, nothing is answered
echo hang >"$dir/docs/mode"
ok "the engine hangs: status is stale" wait_for status_is_stale
for i in 1 2 3 4 5 6 7 8; do
	curl -s -o /dev/null "$url/api/v1/jobs?limit=$i" &
	eval "curl_$i=\$!"
done
ok "healthz answers while all ask for jobs" answers 200 "$url/healthz"
ok "status as well" answers 200 "$url/api/v1/status"
for i in 1 2 3 4 5 6 7 8; do
	eval "wait \$curl_$i"
done
ok "forty more questions are refused, one of them late" has_line \
	'ok=0 other=40 broken=0' - <<END
$("$LOOM_BUILDDIR/tests/peers/httpload" "$port" "/api/v1/jobs?limit=77" 40 40)
END
rm "$dir/docs/mode"
ok "it wakes up: jobs" wait_for answers 200 "$url/api/v1/jobs?limit=50"
ok "and status" wait_for status_is_fresh

# ---- garbage
for mode in garbage nodoc; do
	echo $mode >"$dir/docs/mode"
	ok "$mode: status is stale" wait_for status_is_stale
	ok "$mode: jobs are unavailable" problem 503 worker-unavailable \
		"$url/api/v1/jobs?limit=9"
	rm "$dir/docs/mode"
	ok "$mode: over, status is fresh" wait_for status_is_fresh
done
echo slow >"$dir/docs/mode"
ok "a slow engine is waited for" answers 200 "$url/api/v1/jobs?limit=8"
rm "$dir/docs/mode"

# ---- documents that say less, or other things
for doc in '{}' '{"relays":7,"jobs":[],"software":{},"backend":null}' \
	'{"relays":[1,{},[]],"software":[null],"slots":-1,"accepting":"yes","now_at":1.5}' \
	'{"running":99999999999999999999}' '{ }' '[]'; do
	echo "$doc" >"$dir/docs/status.json"
	echo "$doc" >"$dir/docs/jobs.json"
	ok "with $doc the page is there" wait_for page_is_whole
	ok "and readyz answers" answers_either "$url/readyz"
done
echo '{}' >"$dir/docs/status.json"
ok "an empty document is passed on" wait_for status_is_fresh
stop_engine
ok "and can be stale" wait_for status_is_stale
ok "as JSON" grep -qE '^\{"stale":true,"age_s":[0-9]+\}$' "$dir/body"

ok "loss and return were said once each" test \
	"$(grep -c 'ev=engine.lost door=api' "$dir/fcgi.log")" -le 8
done_testing
