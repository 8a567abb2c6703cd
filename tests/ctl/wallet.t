#!/bin/sh
# SPDX-License-Identifier: MIT
# loomctl wallet: coins into the purse and out of it, and nothing lost on the way.
. "${LOOM_SRCDIR:?}/tests/ctl/lib.sh"
start_mint --ppk 100
me=$tmp/me.db
you=$tmp/you.db

w() {
	ctl wallet "$@" --purse "$me"
}

token() {
	"$ctl_bin" wallet send "$@" --quiet --purse "$me" >"$tmp/token" 2>"$tmp/err" 9>&-
}

# take PURSE [OPTION ...]: the token in the file
take() {
	purse=$1
	shift
	timeout 60 "$ctl_bin" wallet receive - --purse "$purse" "$@" <"$tmp/token" \
		>"$tmp/out" 2>"$tmp/err" 9>&-
	status=$?
}

# ---- the good way
w mint 200 --mint "$mint"
check "an invoice that is paid becomes coins" eval 'ended 0 && said "\"type\":\"minted\".*\"sat\":200"'
check "the invoice is shown before" eval 'head -n 1 "$tmp/out" | grep -q "\"request\":\"lnbc"'
check "the purse has them" has "$me" 200
check "nobody else may read the purse" eval '[ "$(stat -c %a "$me")" = 600 ]'
token 13
check "a token is printed alone" eval 'grep -qx "cashuB[A-Za-z0-9_-]*" "$tmp/token"'
check "coins that fit cost nothing" has "$me" 187
take "$you"
check "a mint that the purse has never used is not asked" eval 'ended 200 && complained "never used"'
take "$you" --mint "$mint"
check "it is, when it is named" eval 'ended 0 && said "\"sat\":13,\"fee\":1"'
check "the coins are there, less the fee of the mint" has "$you" 12
take "$you"
check "a token is received once" eval 'ended 203 && complained "received already"'
take "$me"
check "and not by two" eval 'ended 206 && complained "spent already, by somebody else"'
check "which changes nothing" eval 'has "$me" 187 && has "$you" 12'
token 5
take "$me"
check "a token of one's own comes back" eval 'ended 0 && has "$me" 185'
w history --text
check "the history tells all of it" eval '[ "$(cut -c 19-26 "$tmp/out" | tr -d " " | tr "\n" " ")" = "minted sent swapped sent back " ]'
w balance --text
check "and the balance what is out" said '^185 sat at '

# ---- locks
"$ctl_bin" keygen "$tmp/me.key" >/dev/null 9>&-
pub=$("$ctl_bin" keygen --show --hex "$tmp/me.key" 9>&-)
token 20 --lock "$pub"
check "a locked token costs a swap" has "$me" 164
take "$you"
check "without the key it is refused before the mint is asked" eval 'ended 200 && complained "key that is not here"'
take "$you" --key "$tmp/me.key"
check "with it, it is taken" eval 'ended 0 && has "$you" 31'
token 20 --lock "$pub" --locktime 1
take "$me"
check "before its time a locked token does not come back" eval 'ended 203 && complained "can be taken back in"'
came_back() {
	take "$me"
	ended 0
}
check "after it, it does" wait_for came_back
check "for two fees of the mint" has "$me" 162

# ---- what is refused
w send 1000
check "more than there is is not sent" eval 'ended 207 && complained "not as much"'
w send 162 --mint "$mint" --lock "$pub"
check "nor what leaves nothing for the fee" eval 'ended 207 && complained "fee"'
w send 0
check "nothing is not sent" ended 200
w send 5 --refund "$pub"
check "a refund wants a lock" ended 200
w receive cashuBnonsense
check "what is no token is not received" eval 'ended 200 && complained "token"'
w mint 10 --mint http://192.0.2.1
check "a mint far away is https" ended 200
w mint 10 --mint http://127.0.0.1:1
check "a mint that is not there is told" eval 'ended 206 && complained "does not answer"'
w balance
check "and does not become one of the purse" eval '! said "127.0.0.1:1\""'
w nonsense
check "an unknown word is told" eval 'ended 200 && complained "no wallet nonsense"'

# ---- an invoice that nobody pays
tell_mint set '{"never":true}'
w mint 8 --timeout 1
check "an unpaid invoice ends with the time" eval 'ended 203 && complained "not paid yet"'
invoice=$(field request invoice)
w mint 8 --timeout 1
check "the next run waits for the same one" eval '[ "$(field request invoice)" = "$invoice" ]'
tell_mint pay "{\"quote\":\"$invoice\"}"
w mint --timeout 30
check "and makes its coins when it is paid" eval 'ended 0 && has "$me" 170'
w mint --timeout 30
check "once" eval 'ended 205 && has "$me" 170'
tell_mint set '{"pay_after":0}'

# ---- a mint that misbehaves
for fault in drop-before drop-after 500-before 500-after 502-html-after code0 429 \
	truncated-json cut-body wrong-order wrong-amount wrong-id bad-dleq short; do
	token 3
	tell_mint fault "{\"fault\":\"$fault\",\"path\":\"/v1/swap\"}"
	take "$me"
	check "a token comes back from a mint with $fault" ended 0
	tell_mint clear '{}'
done
check "at the price of a fee each" has "$me" 156
check "and the mint owes no more and no less" owes 187

# ---- a mint that dies
for fault in die-before-commit die-after-commit; do
	token 3
	tell_mint fault "{\"fault\":\"$fault\",\"path\":\"/v1/swap\"}"
	timeout 60 "$ctl_bin" wallet receive - --purse "$me" <"$tmp/token" \
		>"$tmp/out" 2>"$tmp/err" 9>&- &
	taker=$!
	wait_for mint_dead
	start_mint --ppk 100
	wait "$taker"
	status=$?
	check "a token comes back from a mint that has died ($fault)" ended 0
done
check "at the price of a fee each, too" eval 'has "$me" 154 && owes 185'

# ---- a loomctl that is killed

# killed PATH COMMAND ...: as the mint answers the next request for PATH, slowly
killed() {
	path=$1
	shift
	n=$(ask_mint counts "POST $path")
	tell_mint fault "{\"fault\":\"slow\",\"path\":\"$path\",\"ms\":20000}"
	"$@" --purse "$me" <"$tmp/token" >"$tmp/out" 2>"$tmp/err" 9>&- &
	victim=$!
	wait_for asked "$path" $((${n:-0} + 1))
	kill -9 $victim
	wait $victim 2>/dev/null
	tell_mint clear '{}'
}

recovered() {
	ctl wallet --purse "$me"
	ended 0 && complained "finished what an earlier run had left open"
}
token 3
killed /v1/swap "$ctl_bin" wallet receive -
check "a token that was being received is received by the next run" recovered
check "with nothing lost" eval 'has "$me" 153 && owes 184'
take "$me"
check "and cannot be received again" eval 'ended 203 && complained "received already"'
killed /v1/mint/bolt11 "$ctl_bin" wallet mint 40 --mint "$mint"
check "coins that were being minted are minted by the next run" recovered
check "with nothing lost either" eval 'has "$me" 193 && owes 224'
killed /v1/swap "$ctl_bin" wallet send 20 --lock "$pub"
check "a locked token that was being made is made by the next run" recovered
check "and is in the history" eval 'w history --json && tail -n 1 "$tmp/out" | grep -q "\"gave\":20,\"fee\":1,\"token\":\"cashuB"'
tail -n 1 "$tmp/out" | sed 's/.*"token":"//; s/".*//' >"$tmp/token"
take "$you" --key "$tmp/me.key"
check "from where it can be handed on" eval 'ended 0 && has "$me" 172 && has "$you" 50 && owes 222'

# killed before the mint has done anything: the same request is sent again
token 3
n=$(ask_mint counts "POST /v1/swap")
tell_mint fault '{"fault":"drop-before","path":"/v1/swap","times":1000}'
"$ctl_bin" wallet receive - --purse "$me" <"$tmp/token" >"$tmp/out" 2>"$tmp/err" 9>&- &
victim=$!
wait_for asked /v1/swap $((n + 2))
kill -9 $victim
wait $victim 2>/dev/null
tell_mint clear '{}'
check "a request that never arrived is sent by the next run" recovered
check "once" eval 'has "$me" 171 && owes 221'

# ---- a mint that is away does not stand in the way, and nothing is forgotten
token 3
killed /v1/swap "$ctl_bin" wallet receive -
kill -9 "$mint_pid"
wait "$mint_pid" 2>/dev/null
ctl wallet --purse "$me"
check "coins that are on their way are told" eval 'ended 0 && complained "3 sat are still on their way" && said "\"sat\":168"'
start_mint --ppk 100
check "and come when the mint is back" eval 'recovered && has "$me" 170 && owes 220'

# ---- keysets come and go
tell_mint rotate '{"ppk":0}'
token 7
take "$you"
check "coins of an old keyset are still good" eval 'ended 0 && has "$me" 163'
token 163
take "$you"
check "all of them" eval 'ended 0 && has "$me" 0'

# ---- where the purse is when nobody says
XDG_DATA_HOME=$tmp/data && export XDG_DATA_HOME
mkdir "$tmp/data"
ctl wallet mint 5 --mint "$mint"
check "the purse is in XDG_DATA_HOME" eval 'ended 0 && [ "$(stat -c %a "$tmp/data/loomctl")" = 700 ]'
unset XDG_DATA_HOME
HOME=$tmp/home && export HOME
mkdir "$tmp/home"
ctl wallet mint 5 --mint "$mint"
check "or in .local/share" eval 'ended 0 && [ -e "$tmp/home/.local/share/loomctl/wallet.db" ]'

# ---- two at the same time
tell_mint set '{"never":true}'
"$ctl_bin" wallet mint 9 --timeout 2 --purse "$me" >"$tmp/first" 2>&1 9>&- &
first=$!
wait_for grep -q invoice "$tmp/first"
ctl wallet --purse "$me"
check "the second waits for the first" eval 'ended 0 && grep -q "not paid yet" "$tmp/first"'
wait $first
done_testing
