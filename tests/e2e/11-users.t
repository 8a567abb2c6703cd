#!/bin/bash
# SPDX-License-Identifier: MIT
# The units as they are installed: "make install" into a folder, then the ExecStart lines
# of the units themselves, each daemon with a user of its own. Names of users become
# unused numbers, folders become ours; www-data stays, nginx works as that.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
for tool in setpriv perl make; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip_all "nginx is not installed"
getent passwd www-data >/dev/null || skip_all "there is no user www-data"

W=$T/w inst=$T/inst
run=$W/run state=$W/state etc=$W/etc
mkdir -p "$W/log" "$etc" "$T/units"
chmod 711 "$W"
port=$(free_port)

# ---- users: numbers that nobody has

declare -A uid=()
# take_number NAME
take_number() {
	local n=$((200000 + RANDOM * 20))
	while getent passwd $n >/dev/null || [ -n "$(ps -o pid= -U $n)" ]; do
		n=$((n + 1))
	done
	uid[$1]=$n
}
for name in keyd engine bridge fcgi stranger; do
	take_number $name
done
uid[www]=$(id -u www-data)
www_group=$(id -g www-data)
everyone=(keyd engine bridge fcgi www stranger)

# as NAME COMMAND ...
as() {
	local user=${uid[$1]} group=${uid[$1]}
	[ "$1" != www ] || group=$www_group
	shift
	setpriv --reuid "$user" --regid "$group" --clear-groups "$@"
}

# ---- units

# value UNIT KEY: what is set there last
value() {
	sed -n "s/^$2=//p" "$unitdir/loom-$1.service" | tail -n 1
}

# The command of a unit: programs where they were installed to, folders and users of ours.
words=()
command_of() {
	read -ra words < <(value "$1" ExecStart | sed \
		-e "s|^|$inst|" \
		-e "s| /etc/loom-gateway/| $etc/|g" \
		-e "s| /run/loom/| $run/|g" \
		-e "s| loom-keyd\b| ${uid[keyd]}|g" \
		-e "s| loom-engine\b| ${uid[engine]}|g" \
		-e "s| loom-bridge\b| ${uid[bridge]}|g" \
		-e "s| loom-fcgi\b| ${uid[fcgi]}|g")
}

# Capabilities of the unit, as far as this machine has them, for setpriv.
bounding() {
	local have cap list=-all
	have=,$(setpriv --dump | sed -n 's/^Capability bounding set: //p'),
	for cap in $(value "$1" CapabilityBoundingSet | tr '[:upper:]' '[:lower:]'); do
		cap=${cap#cap_}
		[[ $have != *",$cap,"* ]] || list+=,+$cap
	done
	echo "$list"
}

declare -A pid=()
# in_unit NAME: run its command with what the unit allows, as the present process
in_unit() {
	command_of "$1"
	umask "$(value "$1" UMask | grep . || echo 0022)"
	exec setpriv --bounding-set "$(bounding "$1")" --no-new-privs "${words[@]}"
}

# to its end
run_unit() {
	(in_unit "$1")
}

start_unit() {
	(in_unit "$1") >>"$W/log/$1.log" 2>&1 </dev/null &
	pid[$1]=$!
}

start_nginx() {
	# what service.conf does; a killed nginx leaves it behind
	rm -f "$run/internal/http.sock"
	"$nginx" -p "$W/nginx" -c "$W/nginx/nginx.conf" -e stderr -g 'daemon off;' \
		>>"$W/log/nginx.log" 2>&1 </dev/null &
	pid[nginx]=$!
}

daemons=(keyd runner engine fcgi bridge)

stop_all() {
	local name
	[ -z "${pid[runner]:-}" ] || "$(find "$inst" -name loom-runner)" \
		--config "$run/conf/loom.conf" --end-jobs >>"$W/log/runner.log" 2>&1
	for name in "${!pid[@]}"; do
		kill "${pid[$name]}" 2>/dev/null
	done
	for name in "${!pid[@]}"; do
		wait "${pid[$name]}" 2>/dev/null
	done
	pid=()
}
trap 'stop_all; abandon' EXIT

is_ready() {
	[ "$(curl -s -o "$T/ready" -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ]
}

# field_of PID NAME: a line of /proc/PID/status
field_of() {
	awk -v want="$2:" '$1 == want { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"
}

# ---- what is installed

check "make install" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	make -s -C "$bin" install "DESTDIR=$inst"
unitdir=$(dirname "$(find "$inst" -name loom-keyd.service)")
is "nothing in the units is left to fill in" "$(grep -l '@[a-z]*@' "$unitdir"/loom-*)" ""
is "nothing that is installed names the folder of the build" \
	"$(grep -rlF -e "$bin" -e "$src/" "$inst")" ""
if command -v systemd-analyze >/dev/null; then
	for f in "$unitdir"/loom-*; do
		sed "s|^ExecStart=|&$inst|" "$f" >"$T/units/$(basename "$f")"
	done
	is "systemd-analyze finds nothing wrong with the units" \
		"$(SYSTEMD_UNIT_PATH=$T/units: systemd-analyze verify --man=no "$T"/units/loom-* 2>&1 |
			grep -F loom-)" ""
else
	ok "systemd-analyze finds nothing wrong with the units # SKIP it is not installed"
fi

# ---- the start, in the order of the units

"$ctl" keygen "$etc/worker.key" >/dev/null
"$ctl" keygen "$etc/customer.key" >/dev/null
key=$etc/customer.key
token=loom_$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
LOOM_PUBKEY=$("$ctl" keygen --show --hex "$etc/worker.key")
relays=(--relay "ws://127.0.0.1:$port/relay")
job_uid=$((400000 + RANDOM * 20))
cat >"$etc/worker.conf" <<EOF
NOSTR_PRIVATE_KEY_FILE=$etc/worker.key
NOSTR_RELAYS=
FREELIST=$("$ctl" keygen --show --hex "$key")
PUBLIC_URL=http://127.0.0.1:$port
BLOB_URL=http://127.0.0.1:$((port + 1))
ADMIN_TOKEN_SHA256=$(printf %s "$token" | sha256sum | cut -d' ' -f1)
STATE_DIR=$state
RUN_DIR=$run
JOB_UID_FIRST=$job_uid
JOB_MEMORY_MIB=128
JOB_DISK_MIB=64
EOF
chmod 600 "$etc/worker.conf"

check "loom-prepare" run_unit prepare
render=$(find "$inst" -name render)
"$render" demo "$W/nginx" PORT="$port" RUN_DIR="$run" STATE_DIR="$state" LIMITS=off
sed -i 's/^user root;/user www-data;/' "$W/nginx/nginx.conf"
start_all() {
	local name
	for name in "${daemons[@]}"; do
		start_unit "$name"
	done
	start_nginx
}
start_all
check "the worker is ready" wait_for 60 is_ready

# ---- users and capabilities

# keeper NAME: its users, capabilities and whether it can gain any
keeper() {
	local p=${pid[$1]}
	echo "$(field_of "$p" Uid | tr '\t' ' '), $(field_of "$p" Gid | tr '\t' ' '), $(field_of "$p" Groups |
		tr -d ' '), $(field_of "$p" CapPrm) $(field_of "$p" CapEff), $(field_of "$p" NoNewPrivs)"
}
none=0000000000000000
for name in keyd engine bridge fcgi; do
	u=${uid[$name]}
	is "loom-$name is its own user, without groups and capabilities" "$(keeper $name)" \
		"$u $u $u $u, $u $u $u $u, , $none $none, 1"
done
is "loom-runner is root" "$(field_of "${pid[runner]}" Uid)" "0 0 0 0"
# SYS_ADMIN, NET_ADMIN, SETUID, SETGID, KILL, SYS_RESOURCE
allowed=$((1 << 21 | 1 << 12 | 1 << 7 | 1 << 6 | 1 << 5 | 1 << 24))
is "and keeps no capability but those of docs/sandbox.md" \
	$((0x$(field_of "${pid[runner]}" CapPrm) & ~allowed)) 0
is "nginx works as www-data" "$(ps -o user= --ppid "${pid[nginx]}" | sort -u)" www-data

# ---- sockets, files and folders

# owner:group mode, names of users in place of numbers
rights() {
	local text n
	text=" $(stat -c '%u:%g %a' "$1") "
	text=${text/ 0:/ root:}
	text=${text/:0 /:root }
	text=${text/":$www_group "/:www }
	for n in keyd engine bridge fcgi; do
		text=${text/" ${uid[$n]}:"/ $n:}
		text=${text/":${uid[$n]} "/:$n }
	done
	text=${text# }
	echo "${text% }"
}
while read -r path want; do
	is "$path is $want" "$(rights "$W/$path")" "$want"
done <<'EOF'
run root:root 711
run/conf root:root 755
run/conf/loom.conf root:root 644
run/internal root:bridge 750
run/internal/http.sock root:root 666
run/admin root:root 711
run/admin/admin.sock engine:root 600
run/spool root:root 700
run/sandbox root:root 755
run/keyd-engine.sock engine:root 600
run/keyd-bridge.sock bridge:root 600
run/intake.sock fcgi:root 600
run/api.sock fcgi:root 600
run/bridge-ctl.sock engine:root 600
run/runner.sock engine:root 600
run/fcgi.sock root:www 660
run/relay.sock root:www 660
state engine:engine 711
state/ledger.db engine:engine 600
state/blobs engine:engine 711
state/bridge bridge:bridge 700
state/bridge/bridge.db bridge:bridge 600
etc/worker.key root:root 400
EOF
is "there is no socket that is not in this list" \
	"$(cd "$run" && find . -maxdepth 2 -type s | grep -c .)" 10

# who_connects SOCKET: those of everyone whom the kernel lets in
who_connects() {
	local name list=''
	for name in "${everyone[@]}"; do
		# EPROTOTYPE or success: the right to connect was there
		# shellcheck disable=SC2016 # perl
		as "$name" perl -MSocket -e 'my $a = sockaddr_un($ARGV[0]);
			socket(my $s, AF_UNIX, SOCK_STREAM, 0) or exit 9;
			connect($s, $a) or exit($!{EACCES} ? 1 : 0)' -MErrno "$run/$1" && list+=" $name"
	done
	echo "${list# }"
}
while read -r socket want; do
	is "$socket lets in $want alone" "$(who_connects "$socket")" "$want"
done <<'EOF'
keyd-engine.sock engine
keyd-bridge.sock bridge
intake.sock fcgi
api.sock fcgi
admin/admin.sock engine
bridge-ctl.sock engine
runner.sock engine
fcgi.sock www
relay.sock www
internal/http.sock bridge
EOF

# ---- a job

# shellcheck disable=SC2016 # the job's shell expands it
id=$(submit -- sh -c 'echo "made by $(whoami)"; sleep 2.3125')
# its user, by the process itself
user_of_job() {
	ps -eo uid=,args= | awk '$2 == "sleep" && $3 == "2.3125" { print $1; found = 1 }
		END { exit !found }'
}
wait_for 20 user_of_job
case $(user_of_job) in
"$job_uid" | $((job_uid + 1))) ok "a job is a user of its own" ;;
*) not_ok "a job is a user of its own" "$(user_of_job)" ;;
esac
r=$(result "$id")
is "it runs to its end" "$(field reason "$r")" ok
is "its output comes from nginx, out of the engine's folder" "$(output stdout "$id")" "made by job"
is "the API answers with a token" \
	"$(curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$port/api/v1/jobs/$id" | jq -r .state)" "done"

# ---- who can read what

# can NAME OPERATION PATH: yes or no
can() {
	# shellcheck disable=SC2016 # perl
	if as "$1" perl -e '$ARGV[0] eq "list" ? opendir(my $d, $ARGV[1]) : open(my $f,
		$ARGV[0] eq "write" ? "+<" : "<", $ARGV[1]) or exit 1' "$2" "$3" 2>/dev/null; then
		echo yes
	else
		echo no
	fi
}
blob=$(find "$state/blobs" -type f | head -n 1)
for name in bridge fcgi www stranger; do
	readable=''
	for f in etc/worker.key etc/worker.conf state/ledger.db state/ledger.db-wal; do
		[ "$(can $name read "$W/$f")" = no ] || readable+=" $f"
	done
	for f in state state/blobs run/spool run; do
		[ "$(can $name list "$W/$f")" = no ] || readable+=" $f/"
	done
	[ "$(can $name write "$blob")" = no ] || readable+=" blobs for writing"
	is "$name reads neither key nor ledger, and lists neither outputs nor jobs" "$readable" ""
done
is "nginx reads an output whose hash it knows" "$(can www read "$blob")" yes
is "nobody but loom-bridge has its store" "$(for name in keyd engine fcgi www stranger; do
	can $name read "$state/bridge/bridge.db"
done | sort -u)" no
is "the engine has no key" "$(can engine read "$etc/worker.key")" no

# ---- each is killed, and started again by the same line

for name in "${daemons[@]}"; do
	kill -9 "${pid[$name]}"
	wait "${pid[$name]}" 2>/dev/null
	start_unit "$name"
	check "loom-$name starts again after kill -9" wait_for 60 is_ready
	check "and stays" kill -0 "${pid[$name]}"
done
# its workers go with it, as systemd does it
children=$(ps -o pid= --ppid "${pid[nginx]}")
# shellcheck disable=SC2086 # a list of numbers
kill -9 "${pid[nginx]}" $children
wait "${pid[nginx]}" 2>/dev/null
start_nginx
check "nginx starts again after kill -9" wait_for 60 is_ready
id=$(submit -- echo again)
result "$id" >/dev/null
is "and jobs run" "$(output stdout "$id")" again

# ---- the key in the configuration itself

stop_all
sed -i "s|^NOSTR_PRIVATE_KEY_FILE=.*|NOSTR_PRIVATE_KEY=$(cat "$etc/worker.key")|" "$etc/worker.conf"
check "loom-prepare takes the key out of the configuration" run_unit prepare
is "the file that it makes is loom-keyd's alone" "$(rights "$run/conf/key")" "keyd:keyd 400"
is "and no copy of it is where others read" "$(grep -c PRIVATE_KEY= "$run/conf/loom.conf")" 0
start_all
check "the worker is ready" wait_for 60 is_ready
is "nobody else reads the key" "$(for name in engine bridge fcgi www stranger; do
	can $name read "$run/conf/key"
done | sort -u)" no

stop_all
check "no daemon has logged a bug" logs_are_clean "$W"
finish
