# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A mint that misbehaves, fault by fault (tests/peers/mintfault.h), and what must be the end
# of it. Faults are written NAME@PATH with *TIMES, +SKIP (so many go well first) and ~MS.

# order_fault FAULT
order_fault() {
	local name=${1%%@*} rest=${1#*@} path times=1 skip=0 ms=0
	[[ ! $rest =~ ~([0-9]+) ]] || ms=${BASH_REMATCH[1]}
	[[ ! $rest =~ \+([0-9]+) ]] || skip=${BASH_REMATCH[1]}
	[[ ! $rest =~ \*([0-9]+) ]] || times=${BASH_REMATCH[1]}
	path=${rest%%[*+~]*}
	mint_fault "$mint" "$name" "/v1/$path" "$times" "$skip" "$ms" ||
		violation "the mint knows no fault $1"
}

faults_left() {
	curl -sS --fail "$url/test/faults" | jq .left
}

no_fault_left() {
	[ "$(faults_left)" = 0 ]
}

# faulty FLOW WANT FAULT ...: all of them strike, and it ends with WANT (-: as the flow does)
faulty() {
	local f flow=$1
	[ "$2" = - ] || instead=$2
	shift 2
	for f; do
		order_fault "$f"
	done
	"flow_$flow"
	instead=
	come_to_rest
	no_fault_left || violation "$(faults_left) faults did not strike"
	mint_order "$mint" clear >/dev/null
	judge
}

# The same, when the mint has to be started again.
deadly() {
	local flow=$1
	order_fault "$2"
	"flow_$flow"
	wait_for 10 mint_is_gone "$mint" || violation "the mint did not die"
	mint "$mint"
	come_to_rest
	judge
}

# An operation of a kind is in a person's hands, and the log says so.
is_alarmed() {
	[ -n "$(ledger "SELECT 1 FROM pays WHERE kind = $1 AND state = 6")" ] &&
		grep -q '^<4>.*ev=pay.moved .*is=attention' "$W/log/engine.log"
}

# An operation of a kind waits, and has asked more than N times.
is_asking() {
	[ -n "$(ledger "SELECT 1 FROM pays WHERE kind = $1 AND state = 2")" ] &&
		[ "$(mint_count "$mint" "POST /v1/restore")" -gt "$2" ]
}

# The last job is over.
is_over() {
	job_is "$(last_job)" 9
}

# The customer was told that change is owed.
is_told_owed() {
	events "$(last_job)" | jq -es 'any(.kind == 5101 and any(.tags[]; .[0] == "change_owed"))'
}

# lasting FLOW WANT EVIDENCE FAULT ...: they strike until there is evidence of what must be
# seen meanwhile, then the mint is well again. EVIDENCE: words with commas
lasting() {
	local f flow=$1 evidence=${3//,/ }
	[ "$2" = - ] || instead=$2
	shift 3
	for f; do
		order_fault "$f"
	done
	"flow_$flow"
	instead=
	# shellcheck disable=SC2086 # words
	wait_for 30 $evidence || violation "never seen: $evidence"
	mint_order "$mint" clear >/dev/null
	come_to_rest
	judge
}

# Swaps stay PENDING until somebody at the mint decides.
pending() {
	order_fault "pending@swap+$3"
	"flow_$1"
	wait_for 30 is_asking "$2" 2 || violation "it is not asked about"
	mint_order "$mint" release "{\"done\":$4}" >/dev/null
	come_to_rest
	judge
}

# The claim is given up; then it turns out to have been signed: it goes back.
late() {
	order_fault restore-empty@restore*1000
	order_fault drop-after@swap
	instead=token_spent flow_plain
	come_to_rest
	mint_order "$mint" clear >/dev/null
	engine_kill
	wait_for 30 is_late_change || violation "what was found late did not come back"
	come_to_rest
	judge
}

is_late_change() {
	events "$(last_job)" | jq -es 'any(.kind == 30101)'
}

# The keyset is put away while the job runs, so that change needs another one than the
# worker thinks; with POINT it dies there too.
rotated() {
	[ -z "${1:-}" ] || arm "$1"
	buy 40
	order ok --tag cashu_pubkey $lock_pub -- sleep 1
	wait_for 20 runs || violation "the job does not run"
	mint_order "$mint" rotate >/dev/null
	[ -z "${1:-}" ] || expect_deaths 1
	come_to_rest
	judge
}

# ... and while it is dead between preparing and sending
rotated_while_dead() {
	mint_order "$mint" fault '{"fault":"rotate","path":"/v1/swap","skip":1}' >/dev/null
	arm change.submitted
	flow_swapped
	expect_deaths 1
	come_to_rest
	judge
}

# A keyset whose id does not follow from its keys is none: nothing is paid with it. When
# the mint is well again, it is.
bad_keys() {
	buy 40
	order_fault bad-keys@keys/*1000
	mint_order "$mint" rotate >/dev/null
	arm -
	order "mint_not_accepted|mint_unavailable|payment_invalid" -- true
	wait_for 20 is_over || violation "the job waits"
	grep -q 'ev=mint.keyset ' "$W/log/engine.log" || violation "the log says nothing of the keyset"
	mint_order "$mint" clear >/dev/null
	come_to_rest
	judge
	jobs=()
	wait_for 30 is_admitted_again || violation "the mint is not taken again"
	flow_plain
	come_to_rest
	judge
}

is_admitted_again() {
	[ "$(grep -E 'ev=mint.(admitted|refused) ' "$W/log/engine.log" | tail -n 1 | grep -c ev=mint.admitted)" = 1 ]
}

# The mint is away for longer than a customer waits.
away() {
	buy 40
	mint_kill "$mint"
	order mint_unavailable -- true
	come_to_rest
	mint "$mint"
	judge
}

# ... or comes back before
away_for_a_moment() {
	buy 40
	mint_kill "$mint"
	order ok -- true
	sleep 0.2
	mint "$mint"
	come_to_rest
	judge
}

# Away when the change is due: it is owed, and comes when the mint is back.
away_at_the_end() {
	buy 40
	order ok --tag cashu_pubkey $lock_pub -- sleep 1
	wait_for 20 runs || violation "the job does not run"
	mint_kill "$mint"
	wait_for 30 is_told_owed || violation "nobody told that change is owed"
	mint "$mint"
	come_to_rest
	judge
}

add_faults() {
	local f long kind skip flow
	# one at a time, at the claim and at the change
	for f in drop-before drop-after 429 500-before 500-after 502-html-after code0 wrong-order short \
		wrong-amount wrong-id bad-dleq no-dleq slow~200 slow~1500 slow-body~1500 cut-body \
		truncated-json twice rotate; do
		long=${f#*~}
		[ "$long" != "$f" ] && long="~$long" || long=
		add short "mint/claim/$f" faulty plain - "${f%~*}@swap$long"
		add full "mint/change/$f" faulty swapped - "${f%~*}@swap+1$long"
		add full "mint/locked/$f" faulty locked - "${f%~*}@swap$long"
	done
	add short mint/claim/expired-keyset faulty plain payment_invalid expired-keyset@swap
	add short mint/change/expired-keyset faulty swapped - expired-keyset@swap+1
	for f in die-before-commit die-after-commit; do
		add short "mint/claim/$f" deadly plain "$f@swap"
		add short "mint/change/$f" deadly swapped "$f@swap+1"
	done
	# the answer is lost, and so is the question
	for skip in 0 1; do
		flow=$([ $skip = 0 ] && echo plain || echo swapped)
		kind=$([ $skip = 0 ] && echo claim || echo change)
		for f in restore-empty restore-partial restore-reordered drop-after 500-before 429 truncated-json \
			wrong-amount wrong-id bad-dleq cut-body slow~1500; do
			long=${f#*~}
			[ "$long" != "$f" ] && long="~$long" || long=
			add "$([ $skip$f = 0restore-empty ] || [ $skip$f = 1restore-partial ] && echo short || echo full)" \
				"mint/$kind/lost+$f" faulty $flow - "500-after@swap+$skip" "${f%~*}@restore$long"
		done
		for f in checkstate-pending 500-before drop-after truncated-json slow~1500; do
			long=${f#*~}
			[ "$long" != "$f" ] && long="~$long" || long=
			add "$([ $skip$f = 0checkstate-pending ] && echo short || echo full)" \
				"mint/$kind/lost-before+$f" faulty $flow - "500-before@swap+$skip" "${f%~*}@checkstate$long"
		done
		add short "mint/$kind/pending-then-done" pending $flow $((skip + 1)) $skip true
		add full "mint/$kind/pending-then-free" pending $flow $((skip + 1)) $skip false
		add short "mint/$kind/attention" lasting $flow - is_alarmed,$((skip + 1)) \
			"bad-dleq@swap*100+$skip" "bad-dleq@restore*1000"
		add full "mint/$kind/attention-partial" lasting $flow - is_alarmed,$((skip + 1)) \
			"drop-after@swap+$skip" "restore-partial@restore*1000"
		add full "mint/$kind/asking" lasting $flow - is_asking,$((skip + 1)),5 \
			"drop-after@swap+$skip" "truncated-json@restore*1000"
		add full "mint/$kind/pending-for-long" lasting $flow - is_asking,$((skip + 1)),5 \
			"500-before@swap+$skip" "checkstate-pending@checkstate*1000"
	done
	add full mint/claim/given-up lasting plain mint_unavailable is_over "500-before@swap*1000"
	add short mint/change/owed lasting swapped - is_told_owed "500-before@swap*1000+1"
	add full mint/change/owed-for-lost-answers lasting swapped - is_told_owed "drop-after@swap+1" \
		"drop-before@restore*1000"
	add short mint/late late
	add short mint/rotated rotated
	add full mint/rotated+crash rotated change.submitted
	add short mint/rotated-while-dead rotated_while_dead
	add full mint/bad-keys bad_keys
	add short mint/away away
	add full mint/away-for-a-moment away_for_a_moment
	add short mint/away-at-the-end away_at_the_end
}
