# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The disk of the ledger is full when money is about to be written down. The engine ends,
# and goes on when there is room.

# What may be in its log then.
full_disk='ev=panic|status=(1|134)$|disk|full'

# A world whose state is on a small file system of its own.
small_world() {
	world_end
	mkdir -p "$T/w$((world + 1))/state"
	if ! mount -t tmpfs -o size=128m,mode=755 loom-crash "$T/w$((world + 1))/state" 2>/dev/null; then
		violation "there is no mounting of file systems here"
		return 1
	fi
	small+=("$T/w$((world + 1))/state")
	world_begin
	is_spoiled=yes # for those that come after
}

fill() {
	dd if=/dev/zero of="$W/state/fill" bs=1M 2>/dev/null
	dd if=/dev/zero of="$W/state/fill" bs=4k oflag=append conv=notrunc 2>/dev/null
	true
}

make_room() {
	rm -f "$W/state/fill"
}

is_submitted() {
	[ -n "$(ledger "SELECT 1 FROM pays WHERE kind = $1 AND state = 2")" ]
}

# full_at KIND FLOW SKIP: the mint's answer comes when there is no room for it
full_at() {
	local n
	small_world || return
	n=$(deaths)
	order_fault "slow@swap+$3~300"
	"flow_$2"
	wait_for 10 is_submitted "$1" || violation "nothing is under way"
	fill
	wait_for 10 has_died "$n" || violation "the engine has not noticed that the disk is full"
	sleep 1
	make_room
	come_to_rest
	judge "$full_disk"
}

# ... while the job runs
full_while_it_runs() {
	local n
	small_world || return
	n=$(deaths)
	buy 40
	order "ok|fault_storage" --tag cashu_pubkey $lock_pub -- sleep 1
	wait_for 20 runs || violation "the job does not run"
	fill
	wait_for 10 has_died "$n" || violation "the engine has not noticed that the disk is full"
	sleep 1
	make_room
	come_to_rest
	judge "$full_disk"
}

# ... and is full before anything comes; what the relay has not taken costs nothing
full_from_the_start() {
	local id
	small_world || return
	buy 40
	fill
	id=$(submit --wait 2 --payment "$T/tok" -- true)
	[ ! -s "$T/submit.err" ] || id=''
	make_room
	[ -z "$id" ] || jobs+=("$id $tok ok|token_spent plain")
	sleep 1
	come_to_rest
	judge "$full_disk"
	# afterwards all is well
	jobs=()
	flow_plain
	come_to_rest
	judge "$full_disk"
}

unmount_small() {
	local s
	for s in "${small[@]}"; do
		umount "$s" 2>/dev/null || umount -l "$s"
	done
	small=()
}

add_disk() {
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || return 0
	add short disk/claim full_at 1 plain 0
	add short disk/change full_at 2 swapped 1
	add short disk/runs full_while_it_runs
	add full disk/start full_from_the_start
}
