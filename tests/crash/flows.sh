# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Ways of money through the worker. Each is a function that pays and orders something, and
# returns when it is under way; what must come of it stands in its order. A new one needs a
# row in `flows`: name and the kinds of operations that it causes, whose crash points are
# then tried with it.

# of a customer who wants his change locked
# shellcheck disable=SC2034 # for lib.sh
lock_key=1111111111111111111111111111111111111111111111111111111111111111
lock_pub=024f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa

# shellcheck disable=SC2034 # for points.sh
flows=(
	"plain   claim"          # change is made of coins that are there
	"swapped claim change"   # change is locked to a key, so it is swapped
	"locked  claim change"   # paid with a token locked to the worker, with a way back
	"bare    claim change"   # without: it is held back for two seconds
	"sigall  claim change"   # one signature over the whole swap
	"failing claim change"
	"cancel  claim change"
	"fault   claim change"   # the worker's own fault: all of it goes back
	"small   claim change"   # too little, and locked without a way back: given back
)

future() {
	echo $(($(date +%s) + 100000))
}

flow_plain() {
	buy 40
	order ok -- true
}

flow_swapped() {
	buy 40
	order ok --tag cashu_pubkey $lock_pub -- true
}

flow_locked() {
	buy 40 --lock @worker --locktime "$(future)" --refund $lock_pub
	order ok -- true
}

flow_bare() {
	buy 40 --lock @worker
	order ok --tag cashu_pubkey $lock_pub -- true
}

flow_sigall() {
	buy 40 --lock @worker --sig-all --locktime "$(future)" --refund $lock_pub
	order ok -- true
}

flow_failing() {
	buy 40
	order exit --tag cashu_pubkey $lock_pub -- sh -c 'exit 3'
}

# The last job runs, or is over.
runs() {
	[ -n "$(ledger "SELECT 1 FROM jobs WHERE hex(id) = upper('$(last_job)') AND state >= 5")" ]
}

flow_cancel() {
	buy 40
	order cancelled --tag cashu_pubkey $lock_pub -- sleep 15
	wait_for 20 runs || violation "the job does not run"
	"$ctl" cancel "${relays[@]}" --key "$key" "$(last_job)" >"$T/cancel" 2>&1 ||
		violation "no cancellation: $(tail -n 1 "$T/cancel")"
}

flow_fault() {
	local p
	buy 40
	order fault_backend --tag cashu_pubkey $lock_pub -- sleep 15
	wait_for 20 runs || violation "the job does not run"
	# its shim is the only one of this world that has a child
	for p in $(pgrep -x loom-shim); do
		grep -q "$W\|$(readlink -f "$W/run")" "/proc/$p/mountinfo" 2>/dev/null && pgrep -P "$p" >/dev/null && kill -9 "$p"
	done
}

flow_small() {
	buy $((PRICE * SHORTEST - 2)) --lock @worker
	order payment_too_small --tag cashu_pubkey $lock_pub -- true
}

# Eight at once, of all kinds that are quick.
flow_burst() {
	local f
	for f in plain swapped locked failing plain swapped small plain; do
		"flow_$f"
	done
}
