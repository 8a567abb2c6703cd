#!/bin/sh
# SPDX-License-Identifier: MIT
# Blobs on their own origin, as Blossom clients want them (BUD-01).
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

start_engine
start_fcgi
start_nginx || skip_all "nginx does not start here"

# put TYPE CONTENT: store a blob, its hash in $hash
put()
{
	hash=$(printf '%s' "$2" | sha256sum | cut -c1-64)
	mkdir -p "$dir/state/blobs/$(echo "$hash" | cut -c1-2)"
	printf '%s' "$2" >"$dir/state/blobs/$(echo "$hash" | cut -c1-2)/$(echo "$hash" | cut -c3-)"
	echo "$1" >"$dir/docs/blobs/$hash"
}
length_is()
{
	[ "$(wc -c <"$dir/body")" = "$1" ]
}

put text/plain "hello, world"
u=$blob_url/$hash
ok "a blob" answers 200 "$u"
ok "is what was stored" test "$(cat "$dir/body")" = "hello, world"
ok "with its type" header "content-type: text/plain"
ok "its length" header "content-length: 12"
ok "its hash as ETag" header "etag: \"$hash\""
ok "to keep for ever" header "cache-control: public, max-age=31536000, immutable"
ok "ranges are possible" header "accept-ranges: bytes"
ok "any page may read it" header "access-control-allow-origin: \*"
ok "and its headers" header "access-control-expose-headers: .*Content-Range.*"
ok "it may run nothing" header \
	"content-security-policy: default-src 'none'; sandbox; frame-ancestors 'none'"
ok "its type is not guessed" header "x-content-type-options: nosniff"
ok "nothing tells of the file" no_header x-accel-redirect
ok "no header is there twice" test -z "$(cut -d: -f1 "$dir/head" | sort | uniq -d)"
ok "not compressed, whatever the client takes" answers 200 -H "Accept-Encoding: gzip" "$u"
ok "indeed" no_header content-encoding

ok "HEAD" answers 200 -I "$u"
ok "names the length" header "content-length: 12"
ok "the type" header "content-type: text/plain"
ok "and has CORS" header "access-control-allow-origin: \*"
for ext in .txt .bin .tar.gz .PDF; do
	ok "an extension changes nothing: $ext" answers 200 "$u$ext"
	ok "not even the type" header "content-type: text/plain"
done

ok "a range" answers 206 -r 0-4 "$u"
ok "has its bytes" test "$(cat "$dir/body")" = hello
ok "says which" header "content-range: bytes 0-4/12"
ok "the end of it" answers 206 -r -5 "$u"
ok "has its bytes" test "$(cat "$dir/body")" = world
ok "an end beyond the end is cut" answers 206 -r 7-1000 "$u"
ok "to what there is" header "content-range: bytes 7-11/12"
ok "a suffix longer than the blob" answers 206 -r -1000 "$u"
ok "is all of it" length_is 12
ok "a range behind the end" answers 416 -r 12- "$u"
ok "says how long it is" header "content-range: bytes \*/12"
ok "and has CORS" header "access-control-allow-origin: \*"
ok "several ranges are the whole" answers 200 -r 0-1,4-5 "$u"
ok "indeed" length_is 12
ok "If-Range with the ETag" answers 206 -r 0-4 -H "If-Range: \"$hash\"" "$u"
ok "If-Range with another" answers 200 -r 0-4 -H "If-Range: \"$zeros\"" "$u"

ok "If-None-Match with the ETag" answers 304 -H "If-None-Match: \"$hash\"" "$u"
ok "names it" header "etag: \"$hash\""
ok "has CORS" header "access-control-allow-origin: \*"
ok "has no body" not test -s "$dir/body"
ok "weak, and among others" answers 304 -H "If-None-Match: \"x\", W/\"$hash\"" "$u"
ok "a star" answers 304 -H "If-None-Match: *" "$u"
ok "another" answers 200 -H "If-None-Match: \"$zeros\"" "$u"
ok "nonsense" answers 200 -H "If-None-Match: ,,\"$hash" "$u"

# ---- types
type_becomes()
{
	put "$1" "content of type $1"
	answers 200 "$blob_url/$hash" && header "content-type: $2"
}
for type in text/html application/xhtml+xml image/svg+xml text/xml application/javascript \
	text/javascript text/css 'Text/HTML; charset=utf-8' multipart/x-mixed-replace; do
	ok "$type is said to be text" type_becomes "$type" "text/plain; charset=utf-8"
done
for type in application/octet-stream image/png application/json application/gzip; do
	ok "$type stays" type_becomes "$type" "$type"
done
for type in html text/ /plain 'text/;x' "a/b\"c" 'a/b c/d' 'a/b, c/d'; do
	ok "'$(printf %.20s "$type")' is no type" type_becomes "$type" \
		"application/octet-stream"
done

# ---- errors
ok "a blob that is not there" problem 404 not-found "$blob_url/$zeros"
ok "with CORS" header "access-control-allow-origin: \*"
put text/plain "lost"
rm "$dir/state/blobs/$(echo "$hash" | cut -c1-2)/$(echo "$hash" | cut -c3-)"
ok "a blob whose file is gone" answers 404 "$blob_url/$hash"
ok "with CORS" header "access-control-allow-origin: \*"
ok "as a problem document" header "content-type: application/problem+json"
ok "a hash in capitals" problem 400 bad-parameter "$blob_url/$(echo "$job" | tr a A)"
ok "with CORS" header "access-control-allow-origin: \*"
for path in "${zeros}0" "$(echo "$zeros" | cut -c1-63)" "$zeros/" "$zeros/x" "$zeros." \
	"$zeros.a/b" "$zeros.$zeros" "x$zeros" list upload "" ; do
	ok "/$(printf '%.20s' "$path") is not there" answers 404 "$blob_url/$path"
	ok "with CORS" header "access-control-allow-origin: \*"
done
ok "a preflight" answers 204 -X OPTIONS -H "Origin: https://x.example" \
	-H "Access-Control-Request-Method: GET" "$u"
ok "allows any page" header "access-control-allow-origin: \*"
ok "with an Authorization" header "access-control-allow-headers: Authorization, \*"
ok "for these methods" header "access-control-allow-methods: GET, HEAD, PUT, DELETE"
for method in POST PUT DELETE; do
	ok "$method is refused" problem 405 method-not-allowed -X "$method" "$u"
	ok "with CORS" header "access-control-allow-origin: \*"
done
ok "a query is refused" problem 400 bad-parameter "$u?x=1"
ok "a garbage Authorization does not matter" answers 200 -H "Authorization: garbage" "$u"

# ---- the two origins
ok "no blob on the origin of the pages" answers 404 "$url/$hash"
for path in /api/v1/status /healthz / /index.html /fragments/summary /assets/style.css; do
	ok "nothing else on the origin of the blobs: $path" answers 404 "$blob_url$path"
done
head -c 1048576 /dev/urandom >"$dir/mib"
hash=$(sha256sum <"$dir/mib" | cut -c1-64)
mkdir -p "$dir/state/blobs/$(echo "$hash" | cut -c1-2)"
cp "$dir/mib" "$dir/state/blobs/$(echo "$hash" | cut -c1-2)/$(echo "$hash" | cut -c3-)"
echo application/octet-stream >"$dir/docs/blobs/$hash"
ok "a MiB" answers 200 "$blob_url/$hash"
ok "arrives whole" cmp -s "$dir/mib" "$dir/body"

done_testing
