#!/bin/bash
# SPDX-License-Identifier: MIT
# Jobs with NETWORK=outbound, in a world of two network namespaces: this one is the
# machine, with a public address; behind its gateway are a public server and everything
# that jobs must not reach. Nothing of the real network is touched.
set -u

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
if ! command -v slirp4netns >/dev/null || ! command -v ip >/dev/null || [ ! -e /dev/net/tun ]; then
	echo "1..0 # SKIP needs slirp4netns, ip and /dev/net/tun"
	exit 0
fi
if [ -z "${LOOM_TEST_WORLD-}" ]; then
	LOOM_TEST_WORLD=1 exec unshare -n -- "$0"
fi

# shellcheck source=tests/hostile/lib.sh
. "$(dirname "$0")/lib.sh"

is_rootless() {
	false
}

# Who listens on every address of the namespace in which he is started, until stdin ends
listen() {
	/usr/bin/python3 -c '
import socket, sys, threading
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
s.listen(50)
open(sys.argv[2], "w").close()
def serve():
    while True:
        s.accept()[0].close()
threading.Thread(target=serve, daemon=True).start()
sys.stdin.read()' "$@"
}

reaches() {
	timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null
}

setup JOB_MEMORY_MIB=128 JOB_DISK_MIB=32 KILL_GRACE=0 NETWORK=outbound
mkfifo "$dir/open"
unshare -n -- sleep 1000 &
peer=$!
until_ok 10 test "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$peer/ns/net 2>/dev/null)"

in_peer() {
	nsenter -t "$peer" -n -- "$@"
}
end_world() {
	stop_runner
	exec 8>&-
	kill "$peer" 2>/dev/null
	teardown
}
trap end_world EXIT

ip link set lo up
ip link add v0 type veth peer name v1 || skip_all "no veth here"
ip link set v1 netns "$peer"
ip addr add 203.0.113.1/24 dev v0
ip link set v0 up
in_peer ip link set lo up
in_peer ip addr add 203.0.113.2/24 dev v1
for address in 198.51.100.9 10.9.9.9 172.16.5.5 192.168.7.7 100.64.1.1 169.254.169.254; do
	in_peer ip addr add "$address/32" dev v1
done
in_peer ip link set v1 up
ip route add default via 203.0.113.2
exec 8<>"$dir/open"
export -f listen
nsenter -t "$peer" -n -- bash -c 'listen 8080 "$1"' listen "$dir/listens-there" <"$dir/open" 8>&- &
listen 8081 "$dir/listens-here" <"$dir/open" 8>&- &
until_ok 10 test -e "$dir/listens-there"
until_ok 10 test -e "$dir/listens-here"

r35_world() {
	local a
	for a in 203.0.113.2 198.51.100.9 10.9.9.9 172.16.5.5 192.168.7.7 100.64.1.1 169.254.169.254; do
		reaches $a 8080 || bad "the machine itself cannot reach $a"
	done
	reaches 203.0.113.1 8081 || bad "the machine cannot reach itself"
	reaches 127.0.0.1 8081 || bad "the machine cannot reach itself"
	has "$probe" '^network=outbound$'
	has "$probe" '^usable=1$'
}
dialled() {
	naughty dial "$1" "$2"
	is "$1" "$(out)" "$1: $3"
}
r35_public() {
	dialled 198.51.100.9 8080 OK
	dialled 203.0.113.2 8080 OK
}
r35_private() {
	local a
	for a in 10.9.9.9 172.16.5.5 192.168.7.7 100.64.1.1 169.254.169.254 224.0.0.1 0.0.0.1; do
		dialled $a 8080 EHOSTUNREACH
	done
}
r35_machine() {
	dialled 203.0.113.1 8081 EHOSTUNREACH
	dialled 127.0.0.1 8081 ECONNREFUSED
	# slirp4netns' own gateway, which would be the machine's loopback
	naughty dial 10.0.2.2 8081
	has "$(out)" '^10.0.2.2: (ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)$'
}
r35_six() {
	job -- bash -c 'exec 3<>/dev/tcp/2001:db8::1/80'
	has "$(cat "$dir/out/stderr")" 'Network is unreachable'
	job -- cat /proc/net/ipv6_route
	is "routes out" "$(out | awk '$1 == "00000000000000000000000000000000" && $NF != "lo"')" ""
}
r36() {
	job -- sh -c 'PATH=$PATH:/usr/sbin; ip addr add 10.0.2.200/24 dev tap0
		ip route del unreachable 10.0.0.0/8; ip route add 10.9.9.9 via 10.0.2.2
		ip link set tap0 down; ip route | grep -c unreachable'
	is refused "$(grep -c 'Operation not permitted' "$dir/out/stderr")" 4
	[ "$(out)" -ge 10 ] || bad "$(out) closed routes"
}
r_files() {
	job -- sh -c 'cat /etc/resolv.conf; ls /etc/ssl/certs | head -n 1'
	has "$(out)" '^nameserver 10.0.2.3$'
}
slirps() {
	pgrep -cx slirp4netns
}
r_each() {
	# one way out for each waiting sandbox, and none for those that are gone
	until_ok 10 slirps_are $((before + slots)) || bad "$(slirps) slirp4netns, before $before"
}
slirps_are() {
	[ "$(slirps)" = "$1" ]
}
r_end() {
	local id
	id=$(new_id)
	start_job "$id" -- sleep 1000
	until_ok 10 has_state "$id" running
	kill -KILL "$(holder "$id" shim_pid)"
	ctl wait "$id"
	ctl forget "$id"
	r_each
	stop_runner
	until_ok 10 slirps_are "$before" || bad "$(slirps) slirp4netns, before $before"
	start_runner
}
r_without() {
	stop_runner
	# no tap device: slirp4netns starts and fails
	runner_as=(unshare -m -- sh -c 'mount --bind /dev/null /dev/net/tun && exec "$@"' sh)
	start_runner
	runner_as=()
	has "$probe" '^usable=1$'
	has "$probe" '^network=none$'
	has "$probe" '^why=NETWORK=outbound does not work: .*slirp4netns'
	naughty dial 198.51.100.9 8080
	is public "$(out)" "198.51.100.9: ENETUNREACH"
}

before=$(slirps)
start_runner || exit 1
take_baseline
row "row 35: the test's world is open to the machine itself" r35_world
row "row 35: public addresses can be reached" r35_public
row "row 35: private networks, metadata and multicast cannot" r35_private
row "row 35: the machine itself cannot" r35_machine
row "row 35: there is no IPv6" r35_six
row "row 36: a job cannot change its routes" r36
row "a resolver and certificates are there" r_files
row "each sandbox has one slirp4netns" r_each
row "slirp4netns ends with its sandbox" r_end
row "without a way out jobs run without network, and it is said" r_without
finish
