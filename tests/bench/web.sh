#!/bin/sh
# SPDX-License-Identifier: MIT
# How fast is /api/v1/status through nginx, against nginx serving the same bytes from a
# file? Rounds of both, one after the other, in one run; the budget is a ratio of 0.5.
# Not a test: it loads the machine for some seconds.
: "${LOOM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/web/lib.sh
. "$LOOM_SRCDIR/tests/web/lib.sh"

load=$LOOM_BUILDDIR/tests/peers/httpload
rounds=5 connections=32 requests=30000

cp -r "$LOOM_SRCDIR/www" "$dir/www"
cp "$dir/docs/status.json" "$dir/www/status.json"
start_engine
start_fcgi
start_nginx WWW_DIR="$dir/www" || skip_all "nginx does not start here"

# rate PATH: requests a second
rate()
{
	"$load" "$port" "$1" $connections $requests |
		sed -n 's/^ok=\([0-9]*\) other=0 broken=0 us=\([0-9]*\)$/\1 \2/p' |
		awk '{ printf "%d\n", $1 * 1000000 / $2 }'
}

for round in $(seq $rounds); do
	file=$(rate /status.json)
	api=$(rate /api/v1/status)
	# nothing of this one is cached: what loom-fcgi itself can do
	bare=$(rate /readyz)
	echo "$file $api $bare"
	echo "# round $round: file $file/s, status $api/s, uncached (readyz) $bare/s" >&2
done >"$dir/rates"
median()
{
	cut -d' ' -f"$1" "$dir/rates" | sort -n | sed -n "$((rounds / 2 + 1))p"
}
awk -v file="$(median 1)" -v api="$(median 2)" -v bare="$(median 3)" 'BEGIN {
	printf "web.status_over_file %.2f (budget 0.50): %d/s against %d/s\n", api / file, api, file
	printf "web.uncached_over_file %.2f: %d/s\n", bare / file, bare
	exit api / file < 0.5
}'
