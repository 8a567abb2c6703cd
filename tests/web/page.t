#!/bin/sh
# SPDX-License-Identifier: MIT
# The page: made of a file and two fragments, without any script.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

cat >>"$dir/conf" <<END
BLOB_URL=http://blobs.example
END
cat >"$dir/docs/status.json" <<'END'
{"name":"<script>alert(1)</script>","npub":"\"onclick='x'","version":"&amp;","accepting":false,"slots":4,"running":2,"queued":7,"started_at":1000,"now_at":94600,"jobs":{"completed":5,"failed":1,"timeout":2,"cancelled":3,"refused":4,"fault":5},"relays":[{"url":"wss://a.example","state":"up","why":"","since_at":86400},{"url":"wss://b.example","state":"<b>","why":"x\u0000y\u001f<!--# include virtual=\"/healthz\" -->","since_at":99999999999999}],"software":[],"backend":{"name":"shell","usable":false,"why":"no <bwrap>"}}
END
cat >"$dir/docs/jobs.json" <<END
{"items":[{"id":"$job","state":"done","outcome":"failed","reason":"exit","received_at":1795362001,"duration_s":3725,"exit_code":-1,"stdout":{"sha256":"$zeros","bytes":12},"stderr":null},{"id":"<x>","state":"running","outcome":null,"reason":null,"stdout":{"sha256":"nope"}}],"next_cursor":null}
END
start_engine
start_fcgi
start_nginx || skip_all "nginx does not start here"

ok "the page" answers 200 "$url/"
ok "is HTML" header "content-type: text/html; charset=utf-8"
ok "is made anew each time" header "cache-control: no-cache"
ok "has no script in it" not body_has "<script"
ok "has no style in it" not grep -qE '<style|style=' "$dir/body"
ok "has no SSI left" not body_has '<!--#'
ok "and took none from outside" not grep -qx ok "$dir/body"
ok "names are text" body_has '&lt;script&gt;alert(1)&lt;/script&gt;'
ok "quotes too" body_has '&quot;onclick=&#39;x&#39;'
ok "references too" body_has '&amp;amp;'
ok "states too" body_has '<bdi>&lt;b&gt;</bdi>'
ok "control characters are blanks" body_has 'x y &lt;!--#'
ok "it says that no jobs are taken" body_has "Not accepting jobs. 2 of 4 slots busy, 7 waiting."
ok "it says that jobs cannot be run" body_has "Jobs cannot be run: <bdi>no &lt;bwrap&gt;</bdi>"
ok "it counts what did not end well" body_has "<dt>Not completed</dt><dd>15</dd>"
ok "it knows since when" body_has "<dt>Up for</dt><dd>1 d 2 h</dd>"
ok "times are times" body_has '<time datetime="1970-01-02T00:00:00Z">1970-01-02 00:00:00</time>'
ok "times that cannot be are dashes" body_has '<td data-l="Since">–</td>'
ok "durations are readable" body_has '<td data-l="Took">1 h 2 min</td>'
ok "a job is linked" body_has "<a href=\"/api/v1/jobs/$job\"><code>aaaaaaaa</code></a>"
ok "its output as well, on the other origin" body_has \
	"<a rel=\"noreferrer\" href=\"http://blobs.example/$zeros\">stdout</a> (12 bytes)"
ok "an id that is none is not" body_has '<th scope="row">unknown</th>'
ok "headings are there for all parts" test "$(grep -c '<h2 id="h-' "$dir/body")" = 4
ok "tables have heads" test "$(grep -c '<th scope="col">' "$dir/body")" = 3
ok "every part that was opened is closed" test \
	"$(grep -o '<section' "$dir/body" | wc -l)" = "$(grep -o '</section' "$dir/body" | wc -l)"
ok "the policy lets no script of others in" header \
	"content-security-policy: default-src 'none'; script-src 'self'; .*"
ok "and no frame" header "x-frame-options: DENY"
ok "a visitor's token is not used" answers 200 -H "Authorization: Bearer good-token" "$url/"
ok "for the page" body_has "Not accepting jobs."
ok "a visitor's body does not get in the way" answers 200 -X GET -d x=1 "$url/"
ok "of the parts" body_has "Not accepting jobs."
ok "HEAD works" answers 200 -I "$url/"

# each kind of problem is explained
explained()
{
	for slug in $(sed -n 's/.*= {"\([a-z-]*\)", [0-9]*, "[A-Z].*/\1/p' \
		"$LOOM_SRCDIR/fcgi/httpres.c") method-not-allowed worker-unavailable; do
		body_has "id=\"$slug\"" || return 1
	done
}
ok "problems have a page" answers 200 "$url/problems/bad-parameter"
ok "that explains each" explained

done_testing
