# SPDX-License-Identifier: MIT
# For tests/web/*.t: a folder with a fake engine, loom-fcgi and nginx in it, and TAP.
# Everything that is started here is ended by its own process id.
# shellcheck shell=sh

set -u
LC_ALL=C
export LC_ALL
: "${LOOM_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${LOOM_BUILDDIR:=$LOOM_SRCDIR}"

tests=0
fcgi_pid= engine_pid= nginx_pid=
zeros=0000000000000000000000000000000000000000000000000000000000000000
job=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

for tool in nginx curl; do
	command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not installed"
done

# ok NAME COMMAND...: one test, passed when the command succeeds
ok()
{
	name=$1
	shift
	tests=$((tests + 1))
	if "$@"; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		echo "# failed: $*"
		[ ! -f "$dir/head" ] || sed 's/^/# /' "$dir/head" | head -20
		[ ! -f "$dir/body" ] || head -c 400 "$dir/body" | sed 's/^/# /'
		echo
	fi
}

not()
{
	! "$@"
}

done_testing()
{
	ok "no program reported a bug of its own" not grep -qE \
		'^<2>|ERROR: .*Sanitizer|runtime error' "$dir"/*.log
	echo "1..$tests"
}

# ---- waiting: for a condition, never for a time

# wait_for COMMAND...: true as soon as it succeeds, false after some seconds
wait_for()
{
	deadline=$(($(date +%s) + 20))
	while [ "$(date +%s)" -lt $deadline ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.025
	done
	return 1
}

has_ended()
{
	! kill -0 "$1" 2>/dev/null
}

has_line()
{
	grep -q -- "$1" "$2" 2>/dev/null
}

# ---- programs

start_engine()
{
	: >"$dir/engine.out"
	"$LOOM_BUILDDIR/tests/peers/fake-engine" "$dir/run" "$dir/docs" \
		>"$dir/engine.out" 2>>"$dir/engine.log" &
	engine_pid=$!
	wait_for has_line ready "$dir/engine.out"
}

stop_engine()
{
	kill -9 "$engine_pid"
	wait "$engine_pid" 2>/dev/null
	engine_pid=
}

times_ready()
{
	grep -c ev=fcgi.ready "$dir/fcgi.log"
}

ready_again()
{
	[ "$(times_ready)" -gt "$1" ]
}

start_fcgi()
{
	touch "$dir/fcgi.log"
	ready_before=$(times_ready)
	"$LOOM_BUILDDIR/fcgi/loom-fcgi" --config "$dir/conf" "$@" \
		>/dev/null 2>>"$dir/fcgi.log" &
	fcgi_pid=$!
	wait_for ready_again "$ready_before"
}

stop_fcgi()
{
	kill -TERM "$fcgi_pid"
	wait "$fcgi_pid"
	stop_status=$?
	fcgi_pid=
	return $stop_status
}

random_port()
{
	# below those that the kernel gives to connections
	echo $((9200 + $(od -An -N2 -tu2 /dev/urandom) % 11700 * 2))
}

# start_nginx [NAME=VALUE...]: on two free ports
start_nginx()
{
	for _ in $(seq 20); do
		port=$(random_port)
		"$LOOM_SRCDIR/nginx/render" demo "$dir/nginx" RUN_DIR="$dir/run" \
			STATE_DIR="$dir/state" WWW_DIR="$LOOM_SRCDIR/www" PORT="$port" \
			LIMITS=off "$@" || return 1
		rm -f "$dir/run/internal/http.sock"
		nginx -p "$dir/nginx" -c "$dir/nginx/nginx.conf" \
			-e "$dir/nginx/logs/error.log" -g 'daemon off;' \
			>>"$dir/nginx.out" 2>&1 &
		nginx_pid=$!
		url=http://127.0.0.1:$port
		blob_url=http://127.0.0.1:$((port + 1))
		if wait_for nginx_is_up_or_gone && ! has_ended "$nginx_pid"; then
			return 0
		fi
	done
	return 1
}

nginx_is_up_or_gone()
{
	has_ended "$nginx_pid" || {
		curl -s -o /dev/null "$url/assets/style.css" &&
			curl -s -o /dev/null "$blob_url/"
	}
}

stop_nginx()
{
	kill -TERM "$nginx_pid"
	wait "$nginx_pid"
	nginx_pid=
}

clean_up()
{
	for pid in $fcgi_pid $engine_pid $nginx_pid; do
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}

# ---- documents

put_docs()
{
	mkdir -p "$dir/docs/blobs" "$dir/state/blobs/ab" "$dir/run/internal"
	cat >"$dir/docs/status.json" <<-'END'
	{"name":"test worker","npub":"npub1test","pubkey":"00","version":"0.1.0","accepting":true,"slots":2,"running":1,"queued":3,"started_at":1795360000,"jobs":{"completed":41,"failed":2,"timeout":1,"cancelled":0,"refused":3,"fault":0},"relays":[{"url":"wss://relay.example","state":"up","why":"","since_at":1795361000}],"software":[{"name":"bash","version":"5.2.15","path":"/bin/bash"}],"backend":{"name":"shell","usable":true,"isolation":"bubblewrap","limits":"cgroup","network":"none","why":""},"now_at":1795363200}
	END
	echo '{"name":"test worker","secret_member":1}' >"$dir/docs/status-full.json"
	echo '{"items":[{"id":"'"$job"'","state":"done","outcome":"completed","exit_code":0,"duration_s":5,"received_at":1795362001,"stdout":{"sha256":"'"$zeros"'","bytes":12},"stderr":null}],"next_cursor":"AbC-_1"}' \
		>"$dir/docs/jobs.json"
	echo '{"id":"'"$job"'","state":"done","timeline":[]}' >"$dir/docs/job.json"
}

# ---- requests: status in $status, headers in $dir/head, body in $dir/body

get()
{
	rm -f "$dir/head" "$dir/body"
	status=$(curl -s --max-time 20 -o "$dir/body" -D "$dir/head" -w '%{http_code}' "$@")
}

# answers CODE CURL-ARGUMENTS...
answers()
{
	want=$1
	shift
	get "$@"
	[ "$status" = "$want" ] || {
		echo "# status $status instead of $want"
		return 1
	}
}

header()
{
	tr -d '\r' <"$dir/head" | grep -qi "^$1\$"
}

no_header()
{
	! grep -qi "^$1:" "$dir/head"
}

body_is()
{
	printf '%s\n' "$1" | cmp -s - "$dir/body"
}

body_has()
{
	grep -qF -- "$1" "$dir/body"
}

# problem CODE SLUG CURL-ARGUMENTS...
problem()
{
	code=$1
	slug=$2
	shift 2
	answers "$code" "$@" && header 'content-type: application/problem+json' &&
		body_has '"type":"/problems/'"$slug"'"' && body_has '"status":'"$code" &&
		body_has '"instance":"'
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/loom-web.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 1' INT TERM
put_docs
cat >"$dir/conf" <<END
RUN_DIR=$dir/run
STATE_DIR=$dir/state
LOG_LEVEL=debug
END
