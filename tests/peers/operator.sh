# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The operator of the present worker at the mint of tests/peers/payer.sh, behind which this
# is read: what leaves the till is money for a wallet that is not ours, and the other way
# round. The purse of loomctl meets that wallet too.

till() {
	"$ctl" till "$@" --config "$W/conf/loom.conf" 2>"$T/till.err"
}

purse() {
	"$ctl" wallet "$@" --purse "$T/purse.db" 2>"$T/purse.err"
}

# At this mint, as the till says; the amount that is in the way of nothing.
earned() {
	till --json | jq -r --arg m "$M" '.mints[] | select(.url == $m).balance.earned'
}

has_earned() {
	[ "$(earned)" = "$1" ]
}

earned_what_it_charged() {
	is "$n: the till has what was charged" "$(earned)" "$charged_sum"
}

till_gives_and_takes() {
	local had got cost
	had=$(earned)
	coin 500
	cost=$(fee "$token")
	check "$n: a token goes into the till" till import - <<<"$token"
	is "$n: and is worth there what the mint left of it" "$(earned)" $((had + 500 - cost))
	check "$n: the wallet has it no more" is_all "$token" SPENT

	token=$(till export 77 --mint "$M" --text)
	cost=$(fee "$token")
	got=$(w examine "$token")
	is "$n: what leaves the till is money" \
		"$(jq -r '"\(.mint) \(.unit) \(.amount) \(.received)"' <<<"$got")" \
		"$M sat 77 $((77 - cost))"
	token=$(till export 33 --mint "$M" --text)
	check "$n: what nobody has redeemed can be taken back" \
		till reclaim "$(till tokens --json | jq -s 'map(.token) | max')"
	check "$n: and is nothing for the wallet then" is_all "$token" SPENT
	check "$n: the books add up" till check
}

# The ledger is lost, the words are not.
till_is_restored() {
	local before out
	before=$(earned)
	out=$(till --json | jq --arg m "$M" '.mints[] | select(.url == $m).tokens_out.amount')
	till seed --text >"$T/words"
	worker_stop "$W"
	rm -f "$W"/state/ledger.db*
	"$bin/engine/loom-engine" --config "$W/conf/loom.conf" --takeover >"$T/takeover.out" 2>&1
	worker_again "$@"
	wait_for 20 has_earned 0
	check "$n: coins are found again from their words" till restore --words-from "$T/words"
	# change that was given as it was and not redeemed
	check "$n: all of them" [ "$(earned)" -ge "$before" -a "$(earned)" -le $((before + out)) ]
	check "$n: the books of that add up" till check
}

holds_what_it_says() {
	local all cost sum
	sum=$(earned)
	all=$(holdings)
	cost=$(fee "$all")
	is "$n: the worker has the coins that it says" "$(w info "$all" | jq .amount)" "$sum"
	is "$n: and they are money" "$(w receive "$all" | head -n 1)" $((sum - cost))
}

# A customer of ours at this mint, and the wallet: each takes what the other gives.
purse_pays() {
	local had cost
	check "$n: the purse gets coins" purse mint 300 --mint "$M"
	token=$(purse send 50 --mint "$M" --quiet)
	cost=$(fee "$token")
	is "$n: what the purse gives is money" "$(w receive "$token" | head -n 1)" $((50 - cost))
	had=$(purse balance --json | jq -s --arg m "$M" 'map(select(.mint == $m).sat) | add')
	coin 40
	cost=$(fee "$token")
	check "$n: and it takes what others give" purse receive "$token"
	is "$n: at its worth" \
		"$(purse balance --json | jq -s --arg m "$M" 'map(select(.mint == $m).sat) | add')" \
		$((had + 40 - cost))
}
