#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl fetch: outputs by their hash, and everything that is not what its hash says.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
make_keys
mkdir "$tmp/blobs"

put() {
	sha=$(sha256sum <"$1" | cut -d' ' -f1)
	cp "$1" "$tmp/blobs/$sha"
}

start_relay --dir "$tmp/blobs"
http=http://${relay#ws://}
ctl submit --relay "$relay" --worker "$worker" --quiet -- true
id=$(cat "$tmp/out")
ctl fetch --relay "$relay" "$id"
check "an output that is not there is told" eval 'ended 205 && complained "HTTP status 404"'

echo 'made by the job' >"$tmp/output"
put "$tmp/output"
ctl fetch --relay "$relay" "$id"
check "an output goes to stdout" eval 'ended 0 && cmp -s "$tmp/out" "$tmp/output"'
ctl fetch --relay "$relay" --stdout -o "$tmp/saved" "$id"
check "or to a file" eval 'ended 0 && cmp -s "$tmp/saved" "$tmp/output" && [ ! -s "$tmp/out" ]'
ctl fetch -o "$tmp/saved2" "$http/$sha"
check "a URL needs no relay" eval 'ended 0 && cmp -s "$tmp/saved2" "$tmp/output"'
ctl fetch --relay "$relay" --stderr "$id"
check "what was not written is told" eval 'ended 205 && complained "no stderr"'

# ---- not what the hash says
echo 'something else' >"$tmp/blobs/$sha"
ctl fetch --relay "$relay" "$id"
check "other bytes are refused" eval 'ended 204 && complained "another SHA-256"'
check "and nothing of them is shown" eval '[ ! -s "$tmp/out" ]'
echo old >"$tmp/kept"
ctl fetch --relay "$relay" -o "$tmp/kept" "$id"
check "or written" eval 'ended 204 && [ "$(cat "$tmp/kept")" = old ]'
: >"$tmp/blobs/$sha"
ctl fetch "$http/$sha"
check "no bytes are other bytes" ended 204
check "nothing is left beside the file" eval '[ "$(ls "$tmp" | grep -c kept)" = 1 ]'

# ---- addresses
ctl fetch "$http/index.html"
check "an address without a hash is refused" ended 200
ctl fetch "ftp://127.0.0.1/$sha"
check "an address of another kind too" ended 200
ctl fetch "http://192.0.2.1/$sha"
check "http:// goes to this machine only" eval 'ended 202 && complained "this machine alone"'
ctl fetch --stdout --stderr "$http/$sha"
check "one output at a time" ended 200
printf 'x%.0s' 1 2 3 4 >"$tmp/small"
put "$tmp/small"
mkdir "$tmp/folder"
ctl fetch -o "$tmp/folder" "$http/$sha"
check "a file that cannot be written is told" eval 'ended 201 && [ -d "$tmp/folder" ]'
ctl fetch -o "$tmp/none/x" "$http/$sha"
check "in a folder that is not there too" ended 201

start_relay --answer bad-result
ctl submit --relay "$relay" --worker "$worker" --quiet -- true
ctl fetch --relay "$relay" "$(cat "$tmp/out")"
check "a link of a strange kind is not followed" eval 'ended 204 && complained "not followed"'
start_relay --answer far-link
ctl submit --relay "$relay" --worker "$worker" --quiet -- true
ctl fetch --relay "$relay" "$(cat "$tmp/out")"
check "a host that is not there is told" eval 'ended 202 && complained "not fetched"'
start_relay --answer silent
ctl submit --relay "$relay" --worker "$worker" --quiet -- true
ctl fetch --relay "$relay" "$(cat "$tmp/out")"
check "a job without a result has nothing to fetch" ended 205

# ---- on a terminal
if command -v script >/dev/null; then
	printf 'a\033[31mb\n\342\200\256c\tend\n' >"$tmp/colour"
	put "$tmp/colour"
	script -qec "$ctl_bin fetch $http/$sha" /dev/null </dev/null >"$tmp/out" 2>&1 9>&-
	check "control characters of an output are escaped on a terminal" \
		eval 'said "a.u001b.31mb" && said "u202ec	end"'
fi
done_testing
