#!/bin/sh
# SPDX-License-Identifier: MIT
# Every route through nginx, well and badly asked; and what must not be reachable.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

start_engine
start_fcgi
start_nginx || skip_all "nginx does not start here"

same_as()
{
	cmp -s "$1" "$dir/body"
}

# ---- status
ok "status is the engine's document, byte for byte" answers 200 "$url/api/v1/status"
ok "nothing is added to it" same_as "$dir/docs/status.json"
ok "it is JSON without a charset" header 'content-type: application/json'
ok "it may be kept for a second" header 'cache-control: public, max-age=1'
ok "nginx adds the headers that protect" header "x-content-type-options: nosniff"
ok "API answers may run nothing" header \
	"content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox"
ok "no header is there twice" test -z "$(cut -d: -f1 "$dir/head" | sort | uniq -d)"
ok "HEAD gives the same headers" answers 200 -I "$url/api/v1/status"
ok "HEAD names the length of the body" header \
	"content-length: $(($(wc -c <"$dir/docs/status.json")))"
ok "a query parameter nobody knows is refused" \
	problem 400 bad-parameter "$url/api/v1/status?x=1"
ok "a trailing slash is another path" problem 404 not-found "$url/api/v1/status/"
ok "double slashes are one" answers 200 --path-as-is "$url//api//v1/status"

for method in POST PUT DELETE PATCH OPTIONS TRACE FOO; do
	ok "$method /api/v1/status is refused" answers 405 -X "$method" "$url/api/v1/status"
done
ok "405 says what would work" header "allow: GET, HEAD"
ok "405 is a problem document" problem 405 method-not-allowed -X DELETE \
	"$url/api/v1/jobs"

# ---- token
ok "a token gets the engine's full answer" answers 200 \
	-H "Authorization: Bearer good-token" "$url/api/v1/status"
ok "which is another document" same_as "$dir/docs/status-full.json"
ok "which nobody may keep" header "cache-control: no-store"
ok "the public answer stays the public one" answers 200 "$url/api/v1/status"
ok "and is not the full one" same_as "$dir/docs/status.json"
ok "a wrong token is refused by the engine" problem 401 invalid-token \
	-H "Authorization: Bearer bad-token" "$url/api/v1/status"
ok "401 says how" header "www-authenticate: bearer"
ok "another scheme is refused" problem 401 invalid-token \
	-H "Authorization: Basic Z29vZC10b2tlbg==" "$url/api/v1/jobs"
ok "a token with a blank in it is refused" problem 401 invalid-token \
	-H "Authorization: Bearer good token" "$url/api/v1/status"
ok "a token that is too long is refused" problem 401 invalid-token \
	-H "Authorization: Bearer $(printf '%0257d' 1)" "$url/api/v1/status"
ok "a token in the query is an unknown parameter" problem 400 bad-parameter \
	"$url/api/v1/status?token=good-token"

# ---- jobs
ok "jobs are the engine's document" answers 200 "$url/api/v1/jobs"
ok "byte for byte" same_as "$dir/docs/jobs.json"
ok "the next page is linked" header \
	'link: </api/v1/jobs?limit=20&cursor=AbC-_1>; rel="next"'
ok "all parameters reach the engine" answers 200 \
	"$url/api/v1/jobs?cursor=abc&state=done&limit=100"
ok "as they were given" has_line '^jobs done abc 100$' "$dir/docs/calls.log"
ok "the link carries them on" header \
	'link: </api/v1/jobs?state=done&limit=100&cursor=AbC-_1>; rel="next"'
ok "escaped characters are decoded" answers 200 "$url/api/v1/jobs?state=d%6fne&limit=7"
ok "once" has_line '^jobs done  7$' "$dir/docs/calls.log"
for q in limit=0 limit=101 limit=-1 limit=1x limit= limit=99999999999999999999 \
	state=a%20b state=%00 state=%0a state= "state=$job" state=%zz state=%f state=%c3%28 \
	"cursor=$job$job" cursor=a/b 'cursor=%22' limit=1\&limit=2 foo=1 'limit' '=1' \
	'limit=1&' '&limit=1' 'limit=1&&state=done' 'LIMIT=1' "x=$(printf '%01100d' 1)" \
	'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9'; do
	ok "jobs?$(printf '%.40s' "$q") is refused" answers 400 "$url/api/v1/jobs?$q"
done
ok "a cursor that the engine does not know is refused" problem 400 bad-parameter \
	"$url/api/v1/jobs?cursor=bad"
ok "a long list passes" answers 200 "$url/api/v1/jobs?state=big"
ok "whole" test "$(wc -c <"$dir/body")" -gt 500000

ok "one job" answers 200 "$url/api/v1/jobs/$job"
ok "is the engine's document" same_as "$dir/docs/job.json"
ok "a job that is not there" problem 404 not-found "$url/api/v1/jobs/$zeros"
ok "a job id in capitals" problem 400 bad-parameter \
	"$url/api/v1/jobs/$(echo "$job" | tr a A)"
ok "a job id that is too short" problem 400 bad-parameter "$url/api/v1/jobs/aa"
ok "nothing below a job" problem 404 not-found "$url/api/v1/jobs/$job/logs"
ok "no job without an id" problem 404 not-found "$url/api/v1/jobs/"

# ---- health
ok "healthz" answers 200 "$url/healthz"
ok "says ok" body_is ok
ok "readyz" answers 200 "$url/readyz"
ok "says why" body_has '"status":"pass","checks":{"worker":{"status":"pass"'
ok "healthz takes no POST" answers 405 -d x "$url/healthz"

# ---- bodies
head -c 20000 /dev/zero >"$dir/zeros"
ok "a body over 16 KiB is refused by nginx" answers 413 --data-binary "@$dir/zeros" \
	"$url/api/v1/status"
ok "as a problem document" header "content-type: application/problem+json"
ok "a body where none belongs is refused" problem 413 too-large -X GET -d x=1 \
	"$url/healthz"
ok "so is a chunked one" problem 413 too-large -X GET -H "Transfer-Encoding: chunked" \
	-d x=1 "$url/healthz"
ok "a header over 8 KiB is refused" answers 431 -H "X: $(printf '%09000d' 1)" \
	"$url/api/v1/status"

# ---- files
ok "the page" answers 200 "$url/"
ok "its policy" header "content-security-policy: default-src 'none'; script-src 'self'.*"
ok "the style sheet" answers 200 "$url/assets/style.css"
ok "is one" header "content-type: text/css; charset=utf-8"
ok "the icon" answers 200 "$url/assets/icon.svg"
ok "problems have a page" answers 200 "$url/problems/not-found"
ok "index.html leads to the page" answers 301 "$url/index.html"
ok "by a path alone" header "location: /"
ok "a path that is not there" answers 404 "$url/nothing"
ok "is a problem document with a number" body_has '"instance":"'
ok "a POST to a file" answers 405 -d x "$url/assets/style.css"
ok "says what would work" header "allow: GET, HEAD"
ok "no way out of the folder" answers 400 --path-as-is "$url/../../etc/passwd"
ok "escaped neither" answers 400 --path-as-is "$url/%2e%2e/%2e%2e/etc/passwd"
ok "fragments are for nginx alone" answers 404 "$url/fragments/summary"
ok "problem bodies too" answers 404 "$url/_problem"

# ---- the internal part, from outside
reaches_intake()
{
	get -X POST -d '{"events":[]}' "$@"
	body_has verdicts || [ "$status" = 200 ]
}
for path in /internal/events //internal/events /./internal/events /x/../internal/events \
	/internal//events /%69nternal/events /internal%2fevents /internal/events/ \
	/api/v1/../../internal/events /api/v1/%2e%2e/%2e%2e/internal/events \
	'/internal/events?LOOM_INTERNAL=1' /api/v1/internal/events '/internal/events%00' \
	'/api/v1/..%2f..%2finternal/events' '/internal/events;x' /INTERNAL/events; do
	ok "POST $path stays outside" not reaches_intake --path-as-is "$url$path"
done
ok "it is not there" answers 404 -d x "$url/internal/events"
for h in 'LOOM_INTERNAL: 1' 'Loom-Internal: 1' 'X-Original-URL: /internal/events' \
	'X-Rewrite-URL: /internal/events' 'Document-Uri: /internal/events' \
	'X-Accel-Redirect: /internal/events' 'X-Forwarded-Uri: /internal/events' \
	'X-HTTP-Method-Override: POST'; do
	ok "a header does not open it: $h" not reaches_intake -H "$h" "$url/internal/events"
	ok "nor by way of the API" not reaches_intake -H "$h" "$url/api/v1/status"
done
ok "an absolute target does not open it" not reaches_intake \
	--request-target "$url/internal/events" "$url/"
ok "blob files are for nginx alone" answers 404 "$blob_url/_blobs/ab/x"
ok "the engine got no event" not test -e "$dir/docs/intake.log"

# ---- other hosts
closed()
{
	get "$@"
	[ "$status" = 000 ]
}
ok "another Host is closed on" closed -H "Host: evil.example" "$url/api/v1/status"
ok "with our port too" closed -H "Host: evil.example:$port" "$url/"
ok "on the blob origin too" closed -H "Host: evil.example" "$blob_url/$zeros"
ok "an absolute target counts, not Host" closed \
	--request-target "http://evil.example/api/v1/status" "$url/"
ok "localhost is ours" answers 200 -H "Host: localhost" "$url/healthz"

done_testing
