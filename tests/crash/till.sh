# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The operator's money: taken out as tokens, taken back, put in, tidied up, sent over
# Lightning. Each way in a world of its own, so that its coins are known.

# Flows, the operation of each, and what its world is set to; @mint in it is the mint's address.
till_flows=(
	"import  import"
	"export  export"
	"reclaim reclaim"
	"tidy    tidy"
	"sweep   melt SWEEP_ADDRESS=test@mint SWEEP_ABOVE=30"
)

till() {
	"$ctl" till "$1" --json --config "$W/conf/loom.conf" "${@:2}" 2>"$T/till.err"
}

# The engine may die under it; what came of it shows in the ledger.
flow_import() {
	buy "${1:-65}"
	till import - <"$T/tok" >"$T/till.out"
}

settled_sql() {
	echo "SELECT 1 FROM pays WHERE kind = $1 AND state = 3"
}

has_settled() {
	[ -n "$(ledger "$(settled_sql "$1")")" ]
}

# Coins of 64 sat that are earned.
earn() {
	flow_import
	wait_for 20 has_settled 6 || violation "nothing was imported: $(tail -n 1 "$T/till.err")"
	wait_for 20 is_still || violation "an import does not come to rest"
}

flow_export() {
	earn
	till export 21 >"$T/exported"
}

flow_reclaim() {
	local n
	earn
	till export 63 >"$T/till.out"
	wait_for 20 is_still
	n=$(ledger "SELECT token FROM tokens WHERE kind = 2")
	till reclaim "$n" >"$T/till.out"
}

# A keyset is put away: what is in it is swapped in time.
flow_tidy() {
	earn
	mint_order "$mint" rotate >/dev/null
	rest_also=$(settled_sql 5)
	flow_import
}

flow_sweep() {
	rest_also=$(settled_sql 4)
	flow_import 1001 # 2 percent may come back: several coins
}

# own_world FLOW
own_world() {
	local row name set=() words
	for row in "${till_flows[@]}"; do
		read -r name _ words <<<"$row"
		[ "$name" = "$1" ] || continue
		for row in $words; do
			set+=(--set "$row")
		done
	done
	world_end
	world_begin "${set[@]}"
	is_spoiled=yes # for those that come after
}

# in_own_world FLOW COMMAND ...
in_own_world() {
	own_world "$1"
	"${@:2}"
	[ "$1" != sweep ] || judge_melts
}

# Tokens that were taken out are the operator's: he redeems them. What he was shown is what
# the ledger has.
redeem_exports() {
	local shown text
	shown=$(jq -r '.token // empty' "$T/exported" 2>/dev/null)
	[ -z "$shown" ] || [ "$(ledger "SELECT count(*) FROM tokens WHERE text = '$shown'")" = 1 ] ||
		violation "the operator was shown a token that is not in the ledger"
	rm -f "$T/exported"
	while read -r text; do
		[ "$(state_of "$text")" = SPENT ] || redeem "$text" ||
			violation "a token of the operator's cannot be redeemed: $(head -c 200 "$T/redeem.err")"
	done < <(ledger "SELECT text FROM tokens WHERE kind = 2 AND state = 1")
}

# What went out over Lightning is what the mint has paid, once.
judge_melts() {
	local paid
	paid=$(ledger "SELECT coalesce(sum(amount), 0) || ' ' || coalesce(sum(paid_fee), 0) FROM melts
		JOIN pays USING (op) WHERE state = 3")
	[ "$paid" = "$(mint_sum "$mint" melted) $(mint_sum "$mint" ln_fees)" ] ||
		violation "paid over Lightning: $paid, the mint says $(mint_sum "$mint" melted) $(mint_sum "$mint" ln_fees)"
	[ "${paid%% *}" -gt 0 ] || violation "nothing was paid over Lightning"
}

# A payment hangs until somebody at the mint decides.
melt_hangs() {
	order_fault "$1@melt/bolt11"
	flow_sweep
	wait_for 30 is_quoting 5 || violation "it is not asked about"
	[ "$(ledger "SELECT count(*) FROM pays WHERE kind = 4")" = 1 ] || violation "it is paid twice"
	mint_order "$mint" settle "{\"quote\":\"$(ledger "SELECT quote FROM melts")\",\"paid\":$2}" >/dev/null ||
		violation "the mint has no such payment"
	come_to_rest
	judge
}

is_quoting() {
	[ "$(mint_count "$mint" "GET /v1/melt/quote/bolt11/")" -gt "$1" ]
}

add_till() {
	local row flow kind point f long i
	for row in "${till_flows[@]}"; do
		read -r flow kind _ <<<"$row"
		add full "peace/$flow" in_own_world "$flow" in_peace "$flow"
		for point in "${at_mints[@]}"; do
			i=full
			[ "$kind.$point" != export.posted ] && [ "$kind.$point" != melt.posted ] &&
				[ "$kind.$point" != melt.answered ] || i=short
			add $i "crash/$kind.$point/$flow" in_own_world "$flow" crash_at "$flow" "$kind.$point"
		done
		add full "twice/$kind.posted+answered" in_own_world "$flow" crash_at "$flow" "$kind.posted" "$kind.answered"
	done
	for f in drop-before drop-after 429 500-before 500-after 502-html-after code0 slow~1500 slow-body~1500 \
		cut-body truncated-json twice melt-fail expired-keyset; do
		long=${f#*~}
		[ "$long" != "$f" ] && long="~$long" || long=
		i=full
		[ "$f" != drop-after ] || i=short
		add $i "mint/melt/$f" in_own_world sweep faulty sweep - "${f%~*}@melt/bolt11$long"
	done
	# how it stands is asked by its quote, what came back by the names of the blanks
	for f in 500-before truncated-json cut-body zero-change unordered-change short; do
		add full "mint/melt/lost+$f" in_own_world sweep faulty sweep - drop-after@melt/bolt11 \
			"$f@melt/quote/bolt11/"
	done
	for f in 500-before truncated-json cut-body restore-empty restore-partial restore-reordered \
		wrong-amount wrong-id bad-dleq no-dleq; do
		add full "mint/melt/change+$f" in_own_world sweep faulty sweep - "$f@restore"
	done
	for f in pending melt-unknown; do
		add "$([ $f = pending ] && echo short || echo full)" "mint/melt/$f-then-paid" \
			in_own_world sweep melt_hangs $f true
		add full "mint/melt/$f-then-not" in_own_world sweep melt_hangs $f false
	done
	for f in die-before-commit die-after-commit; do
		add full "mint/melt/$f" in_own_world sweep deadly sweep "$f@melt/bolt11"
	done
	for f in drop-after 500-before bad-dleq; do
		for flow in import export reclaim tidy; do
			i=0
			[ $flow = import ] || i=1
			add full "mint/$flow/$f" in_own_world $flow faulty $flow - "$f@swap+$i"
		done
	done
}
