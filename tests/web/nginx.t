#!/bin/sh
# SPDX-License-Identifier: MIT
# The templates: both forms are good nginx, inside Debian's nginx.conf too; the limits
# work when they are on; TLS and one port for both origins.
# shellcheck source=tests/web/lib.sh
. "$(dirname "$0")/lib.sh"

render=$LOOM_SRCDIR/nginx/render

# Debian's nginx.conf with its folders here
debian()
{
	rm -rf "${dir:?}/etc"
	mkdir -p "$dir/etc/conf.d" "$dir/etc/sites-enabled" "$dir/log"
	cp /etc/nginx/mime.types "$dir/etc/"
	sed -e "s|/etc/nginx/|$dir/etc/|g" -e "s|/var/log/nginx/|$dir/log/|g" \
		-e "s|/run/nginx.pid|$dir/nginx.pid|" -e '/modules-enabled/d' \
		/etc/nginx/nginx.conf >"$dir/etc/nginx.conf"
	# which only root can follow
	[ "$(id -u)" = 0 ] || sed -i '/^user /d' "$dir/etc/nginx.conf"
}
# site NAME=VALUE...: production form
site()
{
	debian
	"$render" site "$dir/etc" RUN_DIR="$dir/run" STATE_DIR="$dir/state" \
		CACHE_DIR="$dir/cache" LOG_DIR="$dir/log" WWW_DIR="$LOOM_SRCDIR/www" \
		"$@" 2>"$dir/render.txt" &&
		ln -s ../loom-gateway.conf "$dir/etc/sites-enabled/loom-gateway.conf"
}
is_good()
{
	rm -f "$dir/run/internal/http.sock"
	nginx -t -q -p "$dir/etc" -c "$dir/etc/nginx.conf" -e "$dir/log/error.log" \
		2>"$dir/nginx-t.txt" || {
		sed 's/^/# /' "$dir/nginx-t.txt"
		return 1
	}
}

[ -f /etc/nginx/nginx.conf ] || skip_all "no nginx.conf of Debian here"

ok "the production site is filled in" site LISTEN="127.0.0.1:$(random_port)" \
	BLOB_LISTEN="127.0.0.1:$(random_port)"
ok "nothing is left open" not grep -rn '^[^#]*@[A-Z]' "$dir/etc"
ok "Debian's nginx takes it" is_good
ok "without a warning" not grep -q warn "$dir/nginx-t.txt"
ok "it sets LOOM_INTERNAL once" test "$(grep -rh 'LOOM_INTERNAL [^i]' "$dir/etc" |
	grep -vc '^#')" = 1
ok "one port with two names is filled in" site LISTEN="127.0.0.1:$(random_port)" \
	BLOB_LISTEN=127.0.0.1:0 BLOB_NAMES=blobs.example
port=$(random_port)
ok "really one" site LISTEN="127.0.0.1:$port" BLOB_LISTEN="127.0.0.1:$port" \
	BLOB_NAMES=blobs.example
ok "Debian's nginx takes it" is_good
ok "one origin for both is refused" not site LISTEN="127.0.0.1:$port" \
	BLOB_LISTEN="127.0.0.1:$port"
ok "in so many words" has_line "another port or host name" "$dir/render.txt"
for value in 'NAMES=a;b' 'NAMES=a{' 'RUN_DIR=/a|b' 'RUN_DIR=/a&b' 'LISTEN=$host' \
	"NAMES=a'b" 'NAMES=a"b' 'NAMES=a\b' 'NAMES=a
b' 'FOO=1' 'NAMES' 'PATH=/tmp'; do
	ok "render refuses $(echo "$value" | head -1)" not site "$value"
done

# ---- TLS, from the example
if command -v openssl >/dev/null 2>&1; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=worker.example -keyout "$dir/key.pem" -out "$dir/cert.pem" \
		2>/dev/null
	port=$(random_port)
	ok "with TLS it is filled in" site LISTEN="127.0.0.1:$port ssl http2" \
		BLOB_LISTEN="127.0.0.1:$port ssl http2" NAMES=worker.example \
		BLOB_NAMES=blobs.example HSTS=max-age=31536000
	sed -e "s|/etc/.*/fullchain.pem|$dir/cert.pem|" \
		-e "s|/etc/.*/privkey.pem|$dir/key.pem|" \
		"$LOOM_SRCDIR/nginx/tls.conf.example" >"$dir/etc/loom-gateway/tls.conf"
	ok "Debian's nginx takes it" is_good
	start_engine
	start_fcgi
	nginx -p "$dir/etc" -c "$dir/etc/nginx.conf" -e "$dir/log/error.log" \
		-g 'daemon off;' 2>>"$dir/nginx.out" &
	nginx_pid=$!
	tls()
	{
		host=$1
		shift
		answers 200 -k --resolve "$host:$port:127.0.0.1" "https://$host:$port$1"
	}
	# workers are www-data, who may not enter this folder: files of nginx alone
	ok "pages answer over TLS" wait_for tls worker.example /assets/style.css
	ok "with HSTS" header "strict-transport-security: max-age=31536000"
	closed()
	{
		get -k --resolve "evil.example:$port:127.0.0.1" "https://evil.example:$port/"
		[ "$status" = 000 ]
	}
	ok "another host is closed on, over TLS too" closed
	stop_nginx
	stop_fcgi
	stop_engine
fi

# ---- the demo form, and its limits
start_engine
start_fcgi
ok "the demo form runs" start_nginx LIMITS=on
ok "nothing is left open" not grep -rn '^[^#]*@[A-Z]' "$dir/nginx" --include='*.conf'
load=$LOOM_BUILDDIR/tests/peers/httpload
burst()
{
	"$load" "$port" /api/v1/status 40 120 >"$dir/load.txt"
}
ok "with limits a burst on the API" burst
ok "is answered at first" not has_line '^ok=0 ' "$dir/load.txt"
ok "and cut short then" not has_line ' other=0 ' "$dir/load.txt"
# the bucket empties again all the time
cut_short()
{
	burst && answers 429 "$url/api/v1/status"
}
ok "by a problem document" wait_for cut_short
ok "like the API's own" header "content-type: application/problem+json"
ok "that says when to come back" header "retry-after: 1"
ok "files are not limited" answers 200 "$url/assets/style.css"
stop_nginx
ok "without limits it runs too" start_nginx LIMITS=off
ok "and a burst" burst
ok "is not cut" has_line '^ok=120 other=0 broken=0' "$dir/load.txt"

# ---- the relay's place
ok "without a relay its place says so" answers 502 "$url/relay"
ok "below it there is nothing" answers 404 "$url/relay/x"

done_testing
