#!/bin/sh
# SPDX-License-Identifier: MIT
# The process: its socket, its end, bad peers on the socket, many requests at once, what
# it may do, what it logs, and its plain CGI form.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

noise=$LOOM_BUILDDIR/tests/peers/fcgi-noise
load=$LOOM_BUILDDIR/tests/peers/httpload
fcgi=$LOOM_BUILDDIR/fcgi/loom-fcgi
socket=$dir/run/fcgi.sock

start_engine
start_fcgi
start_nginx || skip_all "nginx does not start here"

# ---- the socket
ok "the socket is open to user and group alone" test "$(stat -c %a "$socket")" = 660
timeout 10 "$fcgi" --config "$dir/conf" 2>"$dir/second.txt"
ok "a second one does not start" test $? = 1
ok "and says why in one line" test "$(wc -l <"$dir/second.txt")" = 1
ok "and what" has_line "is served by another process" "$dir/second.txt"
ok "and does not harm the first" answers 200 "$url/healthz"

# ---- peers that are not nginx
for case in empty random http version only-begin half-params long-name authorizer role \
	abort no-begin good keep values many-params no-params dots slashes length \
	length-long short-body no-length huge-body intake outside pretender; do
	ok "noise on the socket: $case" "$noise" "$socket" $case 2>/dev/null
done
for _ in $(seq 50); do
	"$noise" "$socket" random 2>/dev/null
done
ok "afterwards all threads answer" answers 200 "$url/healthz"

# ---- many at once
ok "400 requests at once are all answered" has_line 'ok=400 other=0 broken=0' - <<END
$("$load" "$port" /healthz 400 400)
END
ok "so are 4000, half a second of them cached" has_line 'ok=4000 other=0 broken=0' - <<END
$("$load" "$port" /api/v1/status 400 4000)
END
ok "and 2000 for a page made of parts" answers 200 "$url/"

# ---- the end
# in good order: no thread was left behind
ended_by()
{
	kill -"$1" "$fcgi_pid" && wait_for has_ended "$fcgi_pid" && wait "$fcgi_pid" &&
		grep ev=fcgi.stopped "$dir/fcgi.log" | tail -n 1 | grep -q waited_for_all=yes
}
ok "SIGTERM ends it" ended_by TERM
ok "the socket is gone" not test -e "$socket"
ok "nginx says 502 at once" answers 502 "$url/healthz"
ok "as a problem document" header "content-type: application/problem+json"
ok "with a hint when to come back" header "retry-after: 2"
page_says_so()
{
	answers 200 "$url/" && body_has "The gateway does not answer."
}
ok "the page says so, too, in its own words" wait_for page_says_so

start_fcgi
ok "it starts again" answers 200 "$url/healthz"
ok "SIGINT ends it" ended_by INT
start_fcgi
"$noise" "$socket" hold 2 >"$dir/hold.txt" &
hold_pid=$!
wait_for has_line holding "$dir/hold.txt"
ok "with two peers that stall it still answers" answers 200 "$url/healthz"
ok "and ends on SIGTERM" ended_by TERM
kill $hold_pid
start_fcgi
"$noise" "$socket" hold 4 >"$dir/hold.txt" &
hold_pid=$!
wait_for has_line holding "$dir/hold.txt"
ok "with all threads held by peers that stall it ends on SIGTERM" ended_by TERM
kill $hold_pid
start_fcgi
"$noise" "$socket" hold 4 >"$dir/hold.txt" &
hold_pid=$!
wait_for has_line holding "$dir/hold.txt"
ok "without SIGTERM it gets rid of them" wait_for answers 200 "$url/healthz"
kill $hold_pid

echo hang >"$dir/docs/mode"
for i in 1 2 3 4; do
	curl -s -o /dev/null "$url/api/v1/jobs?limit=$i" &
	eval "curl_$i=\$!"
done
wait_for has_line '^hang' "$dir/docs/calls.log"
ok "while it waits for the engine it ends on SIGTERM as well" ended_by TERM
for i in 1 2 3 4; do
	eval "wait \$curl_$i"
done
rm "$dir/docs/mode"

start_fcgi
kill -9 "$fcgi_pid"
wait "$fcgi_pid" 2>/dev/null
ok "kill -9 leaves the socket behind" test -S "$socket"
start_fcgi
ok "which the next one replaces" wait_for answers 200 "$url/healthz"

# ---- what it may do
of_process()
{
	grep -q "^$1:[[:space:]]*$2\$" "/proc/$fcgi_pid/status"
}
ok "it can get no new privileges" of_process NoNewPrivs 1
if grep -q 'define LOOM_SANITIZED' "$LOOM_BUILDDIR/config.h"; then
	echo "# a sanitizer build has no seccomp filter"
else
	ok "a filter stands between it and the kernel" of_process Seccomp 2
	ok "for every thread" test "$(cat "/proc/$fcgi_pid"/task/*/status |
		grep -c '^Seccomp:[[:space:]]*2')" = "$(ls "/proc/$fcgi_pid/task" | wc -l)"
fi
ok "it has no core file" has_line '^Max core file size  *0  *0 ' "/proc/$fcgi_pid/limits"
ok "it holds no file open" test -z "$(readlink "/proc/$fcgi_pid/fd"/* |
	grep -v -e '^socket:' -e '^/dev/null$' -e "^$dir/fcgi.log\$" -e '^pipe:' -e '^/dev/')"

# ---- plain CGI
cgi()
{
	env -i "$@" "$fcgi" --config "$dir/conf" --source cgi >"$dir/cgi.txt" 2>>"$dir/cgi.log" \
		</dev/null
}
said()
{
	tr -d '\r' <"$dir/cgi.txt" | grep -qF -- "$1"
}
ok "as plain CGI it answers" cgi REQUEST_METHOD=GET PATH_INFO=/api/v1/status
ok "well" said "Status: 200 OK"
ok "with the engine's document" said "$(cat "$dir/docs/status.json")"
ok "and the headers that nginx would add" said "X-Content-Type-Options: nosniff"
ok "a token counts" cgi REQUEST_METHOD=GET PATH_INFO=/api/v1/status \
	HTTP_AUTHORIZATION="Bearer good-token"
ok "as always" said '"secret_member":1'
ok "HEAD" cgi REQUEST_METHOD=HEAD PATH_INFO=/healthz
ok "has no body" not has_line '^ok' "$dir/cgi.txt"
ok "it has no internal part" cgi REQUEST_METHOD=POST PATH_INFO=/internal/events \
	LOOM_INTERNAL=1 CONTENT_LENGTH=13
ok "at all" said "Status: 404 Not Found"
ok "it sends no files" cgi REQUEST_METHOD=GET PATH_INFO="/$zeros"
ok "at all" said "Status: 404 Not Found"
ok "without anything it is refused" cgi
ok "as it should" said "Status: 400 Bad Request"

# ---- its options
starts_not()
{
	timeout 10 "$fcgi" "$@" 2>"$dir/second.txt"
	[ $? -ne 0 ] && [ "$(wc -l <"$dir/second.txt")" = 1 ]
}
stop_fcgi
ok "a group that is not there stops the start" starts_not --config "$dir/conf" \
	--web-group no-such-group
ok "in so many words" has_line "no group 'no-such-group'" "$dir/second.txt"
ok "and leaves nothing behind" not test -e "$socket"
ok "so does a source nobody knows" starts_not --config "$dir/conf" --source x
mkdir "$socket"
ok "so does a folder in the place of the socket" starts_not --config "$dir/conf"
rmdir "$socket"
echo "RUN_DIR=$dir/none" >"$dir/conf2"
ok "so does a folder that is not there" starts_not --config "$dir/conf2"
if [ "$(id -u)" = 0 ]; then
	start_fcgi --web-group daemon
	ok "the group of --web-group gets the socket" test "$(stat -c %G:%a "$socket")" = \
		daemon:660
	stop_fcgi
fi

# ---- what is logged
start_fcgi
ok "a page is not there" answers 404 "$url/no/such/page?token=bad-token"
ok "a token is carried" answers 200 -H "Authorization: Bearer good-token" \
	"$url/api/v1/status"
ok "or refused" answers 401 -H "Authorization: Bearer bad-token" "$url/api/v1/jobs"
ok "or malformed" answers 401 -H "Authorization: Bearer good-token bad-token" \
	"$url/api/v1/jobs"
echo hang >"$dir/docs/mode"
ok "or not answered" answers 503 -H "Authorization: Bearer good-token" "$url/api/v1/status"
rm "$dir/docs/mode"
stop_fcgi
ok "or left alone" answers 502 -H "Authorization: Bearer good-token" "$url/api/v1/status"
stop_nginx
ok "no token is in any log" not grep -rE '(good|bad)-token' "$dir/fcgi.log" \
	"$dir/cgi.log" "$dir/nginx.out" "$dir/nginx/logs" "$dir/docs/calls.log"
ok "the requests are, by path and number" has_line \
	'"uri":"/api/v1/status","st":200,.*"id":"[0-9a-f]\{32\}"' \
	"$dir/nginx/logs/loom-gateway.access.log"
ok "an error is too, as it was asked for and without its query" has_line \
	'"uri":"/no/such/page","st":404' "$dir/nginx/logs/loom-gateway.access.log"
# by its status: two workers of nginx may write their lines in either order
rid=$(grep '"uri":"/api/v1/status","st":503' "$dir/nginx/logs/loom-gateway.access.log" |
	tail -1 | grep -o '"id":"[0-9a-f]*"' | cut -c7-14)
ok "it was found" test "${#rid}" = 8
ok "the same number is in the log of loom-fcgi" has_line "rid=$rid" "$dir/fcgi.log"

done_testing
