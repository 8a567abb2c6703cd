#!/bin/bash
# SPDX-License-Identifier: MIT
# Payments as customers send them, good and bad: each rule of docs/money.md from outside. What
# is refused has its reason and its word, and is as good as before.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$(dirname "$0")/../peers/mint.sh"

mint m --ppk 100
mint other
url=${mint_url[m]}
price=()
worker w --set CASHU_MINT_URL="$url" --set PRICE_PER_SECOND=2 --set MIN_JOB_DURATION=10 \
	--set MAX_JOB_DURATION=30 --set MAX_PAYMENT=5000 --set MAX_PROOFS=20

# coin AMOUNT [OPTION ...]: a token of the accepted mint, into $T/token
coin() {
	"$coins" mint "$url" "$@" >"$T/token"
}

# A job of somebody new, paid with $T/token; its result is in $r
pay() {
	local id
	id=$("$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --payment "$T/token" \
		"$@" 2>"$T/submit.err" | jq -r 'select(.type == "job") | .job')
	r=$(result "$id")
}

unspent() {
	"$coins" state "$1" - <"$T/token" | grep -cv UNSPENT
}

swaps() {
	mint_count m "POST /v1/swap"
}

# refused NAME REASON WORD: the job that is paid with $T/token, and no swap is asked for
refused() {
	local before
	before=$(swaps)
	pay -- true
	is "$1: refused" "$(field reason "$r")" "$2"
	check "$1: says why ($3)" grep -q "$3" <<<"$(field error "$r")"
	is "$1: no change, no swap" "$(field change "$r") $(swaps)" " $before"
}

# untouched NAME: every coin of $T/token is as good as before
untouched() {
	is "$1: the token is untouched" "$(unspent "${2:-$url}")" 0
}

# The JSON of a V3 token, changed by jq, back into $T/token
edit() {
	local text
	text=$(sed 's/^cashuA//' "$T/token" | tr -- '-_' '+/')
	while [ $((${#text} % 4)) != 0 ]; do text+='='; done
	base64 -d <<<"$text" | jq -c "$@" | tr -d '\n' | base64 -w0 | tr '+/' '-_' |
		tr -d = | sed 's/^/cashuA/' >"$T/edited"
	mv "$T/edited" "$T/token"
}

# ---- rule 1: readable
printf 'cashuBnonsense' >"$T/token"
refused "nonsense" payment_invalid bad_token
coin 40
printf 'AAAA' >>"$T/token"
refused "bytes behind the token" payment_invalid bad_token
coin 40 --parts "$(printf '1,%.0s' {1..39})1"
refused "forty proofs" payment_invalid too_many_proofs
untouched "forty proofs"
: >"$T/token"
id=$("$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --tag payment "" -- true \
	2>"$T/submit.err" | jq -r 'select(.type == "job") | .job')
r=$(result "$id")
is "an empty payment is no payment" "$(field reason "$r")" payment_invalid

# ---- rule 2: a mint that is accepted, and nobody else is asked
"$coins" mint "${mint_url[other]}" 40 >"$T/token"
asked=$(curl -s "${mint_url[other]}/test/counts" | jq -c 'del(.["GET /test/counts"])')
refused "another mint" mint_not_accepted mint_not_accepted
is "it was not asked about" "$asked" \
	"$(curl -s "${mint_url[other]}/test/counts" | jq -c 'del(.["GET /test/counts"])')"
untouched "another mint" "${mint_url[other]}"
coin 40 --v3
cp "$T/token" "$T/whole"
edit '.token += [.token[0] | .mint = "http://127.0.0.1:1"]'
refused "two mints in one token" mint_not_accepted mint
# ---- rule 3: unit, sum, twice
cp "$T/whole" "$T/token"
edit '.unit = "usd"'
refused "dollars" payment_invalid unit_not_accepted
cp "$T/whole" "$T/token"
edit '.token[0].proofs += [.token[0].proofs[0]]'
refused "a proof twice" payment_invalid duplicate_proof
cp "$T/whole" "$T/token"
edit '.token[0].proofs[0].amount = 0'
refused "nothing" payment_invalid bad_amount
coin 6000
refused "more than MAX_PAYMENT" payment_invalid bad_amount
untouched "more than MAX_PAYMENT"
# ---- rule 4: keysets
cp "$T/whole" "$T/token"
edit '.token[0].proofs[0].amount = 3'
refused "an amount without a key" payment_invalid bad_amount
cp "$T/whole" "$T/token"
# shellcheck disable=SC2016 # for jq
edit --arg id "02$(printf 'a%.0s' {1..64})" '.token[0].proofs[].id = $id'
refused "a keyset of a later version" payment_invalid keyset_version_unsupported
cp "$T/whole" "$T/token"
asked=$(mint_count m "GET /v1/keysets")
edit '.token[0].proofs[].id = "00aaaaaaaaaaaaaa"'
refused "a keyset that nobody has" payment_invalid keyset_unknown
check "the mint was asked about new ones at most once" \
	[ $(($(mint_count m "GET /v1/keysets") - asked)) -le 1 ]
# ---- rule 5: DLEQ
cp "$T/whole" "$T/token"
edit '.token[0].proofs[0].dleq.e = ("1" * 64)'
refused "a DLEQ that is wrong" payment_invalid invalid_signature
cp "$T/whole" "$T/token"
untouched "what was tried with it"
# ---- rule 6: locks
"$ctl" keygen "$T/them" >/dev/null 2>&1
them=02$("$ctl" keygen --show --json "$T/them" | jq -r .hex)
us=02$LOOM_PUBKEY
coin 40 --lock "$them"
refused "locked to somebody else" locked_token "another key"
untouched "locked to somebody else"
coin 40 --lock "$us" --refund "$them" --locktime $(($(date +%s) + 20))
refused "a locktime that is nearly over" locked_token "lock time"
untouched "a locktime that is nearly over"
coin 40 --lock "$us" --v3 --no-dleq
edit '.token[0].proofs[0].secret |= sub("\"P2PK\""; "\"HTLC\"")'
refused "a condition that is not known" locked_token unsupported
# ---- rule 8: too small
coin 19
refused "too small" payment_too_small insufficient
untouched "too small"
is "it can be redeemed" "$("$coins" redeem "$url" - <"$T/token")" 18
# ---- rule 9: the mint says no
refused_swaps=$(swaps)
coin 40
cp "$T/token" "$T/spent"
"$coins" redeem "$url" - <"$T/token" >"$T/out"
pay -- true
is "a token that is spent" "$(field reason "$r")" token_spent
check "was offered to the mint" [ "$(swaps)" -gt "$refused_swaps" ]

# ---- what is taken, in every form
for form in "" "--v3" "--short" "--no-dleq" "--parts 1,1,2,4,32"; do
	# shellcheck disable=SC2086 # a list of words
	coin 40 $form
	pay -- true
	is "taken: ${form:-V4}" "$(field reason "$r")" ok
	is "and the books add up: ${form:-V4}" "$(field paid "$r")" \
		$(($(field charged "$r") + $(field change_amount "$r") + $(field mint_fees "$r")))
done
coin 40
sed -i 's/^/cashu:/; s/$/=/' "$T/token"
pay -- true
is "taken: with a prefix and padding" "$(field reason "$r")" ok
cp "$T/token" "$T/used"
refused "a token that has paid for a job" token_spent token_already_used

# ---- locked ones: change follows the key that is named, and can be opened with it
"$ctl" keygen "$T/mine" >/dev/null 2>&1
mine=02$("$ctl" keygen --show --json "$T/mine" | jq -r .hex)
coin 64 --lock "$us" --sig-all
pay --tag cashu_pubkey "$mine" -- true
is "locked, SIG_ALL: taken" "$(field reason "$r")" ok
# shellcheck disable=SC2016 # for eval
check "its change is locked to cashu_pubkey" eval \
	'"$coins" show "$(field change "$r")" | jq -e --arg k "$mine" "all(.proofs[]; .lock == \$k)"'
coin 64 --lock "$us" --refund "$mine" --locktime $(($(date +%s) + 86400))
pay -- sh -c 'exit 4'
is "locked with a refund key: taken" "$(field reason "$r")" exit
# shellcheck disable=SC2016 # for eval
check "its change is locked to the refund key" eval \
	'"$coins" show "$(field change "$r")" | jq -e --arg k "$mine" "all(.proofs[]; .lock == \$k)"'
# refused for its price, and its payer has no way back: all of it comes back
coin 10 --lock "$us"
pay --tag cashu_pubkey "$mine" -- true
is "locked, too small, no way back: refused" "$(field reason "$r")" payment_too_small
check "and given back, less the mint's fees" [ "$(field change_amount "$r")" -ge 8 ]

# ---- more than the longest job: the rest comes back
coin 500
pay -- true
check "what is beyond MAX_JOB_DURATION comes back" [ "$(field change_amount "$r")" -ge 490 ]

# ---- a mint that is away has not refused
coin 40
mint_kill m
pay -- true
is "the mint is away" "$(field reason "$r")" mint_unavailable
mint m --ppk 100
untouched "the mint was away"
pay -- true
is "and is back: the same token pays" "$(field reason "$r")" ok
check "the mint's books agree" mint_is_balanced m
finish
