# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# kill -9 of the engine: at each named point of each flow, there and again while it
# recovers, and at any moment.

at_mints=(reserving reserved submitted posted answered settling settled)
of_results=(made signing signed published taken)

crash_at() {
	local flow=$1
	shift
	arm "$@"
	"flow_$flow"
	expect_deaths $#
	come_to_rest
	judge
}

# Nothing happens to it: what is wrong here is wrong with the tool.
in_peace() {
	"flow_$1"
	come_to_rest
	judge
}

# crash_any SEED: some flows at once, and the engine dies some times within half a second
crash_any() {
	local i n names=(plain swapped locked failing small swapped)
	RANDOM=$1
	n=$((1 + RANDOM % 3))
	for ((i = 0; i < n; i++)); do
		printf '%d.%03d\n' 0 $((RANDOM % 250))
	done >"$T/kills"
	while read -r i; do
		sleep "$i"
		engine_kill
	done <"$T/kills" &
	n=$!
	for ((i = 1 + RANDOM % 4; i > 0; i--)); do
		"flow_${names[RANDOM % ${#names[@]}]}"
	done
	wait $n
	come_to_rest
	judge
}

# keyd, bridge, runner and the mint die too
crash_others() {
	local i name names=(engine keyd bridge runner fcgi engine)
	RANDOM=$1
	{
		for ((i = 0; i < 3; i++)); do
			sleep "0.$(printf %03d $((RANDOM % 200)))"
			name=${names[RANDOM % ${#names[@]}]}
			kill -9 "$(cat "$W/run/$name.pid")" 2>/dev/null
		done
	} &
	i=$!
	flow_swapped
	flow_locked
	wait $i
	come_to_rest
	judge
}

crash_mint() {
	RANDOM=$1
	flow_swapped
	flow_plain
	sleep "0.$(printf %03d $((RANDOM % 60)))"
	mint_kill "$mint"
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	mint "$mint"
	come_to_rest
	judge
}

# A second engine of the same worker does not get at the ledger.
two_engines() {
	flow_swapped
	timeout 5 "$T/bin/engine/loom-engine" --config "$W/conf/loom.conf" >"$T/second" 2>&1
	[ $? = 1 ] || violation "a second engine: $(tail -n 1 "$T/second")"
	come_to_rest
	judge
}

add_points() {
	local row f kind point second i
	for row in "${flows[@]}"; do
		read -r f _ <<<"$row"
		add full "peace/$f" in_peace "$f"
	done
	add short peace/burst in_peace burst
	for row in "${flows[@]}"; do
		read -r f row <<<"$row"
		for kind in $row; do
			for point in "${at_mints[@]}"; do
				i=full
				[ "$f" != swapped ] || i=short
				add $i "crash/$kind.$point/$f" crash_at "$f" "$kind.$point"
			done
		done
	done
	for point in "${of_results[@]}"; do
		add short "crash/result.$point/swapped" crash_at swapped "result.$point"
		add full "crash/result.$point/plain" crash_at plain "result.$point"
	done
	# what was recovered is recovered again
	for kind in claim change; do
		for point in submitted posted answered settling; do
			for second in answered settling; do
				i=full
				[ "$point.$second" != posted.answered ] || i=short
				add $i "twice/$kind.$point+$second" crash_at swapped "$kind.$point" "$kind.$second"
			done
		done
	done
	add full twice/all crash_at swapped claim.posted claim.answered claim.settling claim.settled \
		change.reserved change.posted change.answered result.made result.signed
	add short crash/two-engines two_engines
	for ((i = 1; i <= 200; i++)); do
		add "$([ $i -le 12 ] && echo short || echo full)" "random/$i" crash_any $((seed + i))
	done
	for ((i = 1; i <= 20; i++)); do
		add "$([ $i -le 3 ] && echo short || echo full)" "random/others-$i" crash_others $((seed + 1000 + i))
		add "$([ $i -le 3 ] && echo short || echo full)" "random/mint-$i" crash_mint $((seed + 2000 + i))
	done
}
