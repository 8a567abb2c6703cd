#!/bin/bash
# SPDX-License-Identifier: MIT
# Earned money leaves over Lightning: an invoice, a Lightning address, the sweep. The test
# mint pays; a made-up service of this machine answers for the address.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ -x "$bin/tests/peers/mintd" ] || skip_all "there is no test mint: libmicrohttpd was not there"
command -v node >/dev/null || skip_all "there is no node for the made-up Lightning address"

price=()
# only builds with crash points know it: what waits for minutes waits for less
export LOOM_TEST_HURRY=20
port=$(free_port)
address=me@127.0.0.1:$port
worker w --set PRICE_PER_SECOND=50 --set SWEEP_ADDRESS="$address" --set SWEEP_ABOVE=1000

till() {
	"$ctl" till "$@" --config "$W/conf/loom.conf" 2>"$T/till.err"
}

earned() {
	till --json | jq '[.. | .earned? // empty] | map(tonumber? // 0) | add'
}

has_left() {
	ledger "SELECT sum(into_it) FROM balances WHERE account = 7"
}

work() {
	"$ctl" submit --json "${relays[@]}" --worker "$LOOM_PUBKEY" --purse "$T/purse" \
		--pay 20 --follow -- sleep "$1" >"$T/job" 2>"$T/job.err"
}

cat >"$T/lnurl.mjs" <<'EOF'
import { createServer } from 'node:http'
const [port, mint] = process.argv.slice(2)
const meta = '[["text/plain","for the tests"]]'
createServer(async (req, res) => {
	const url = new URL(req.url, 'http://127.0.0.1')
	let answer
	if (url.pathname === '/.well-known/lnurlp/me') {
		answer = { tag: 'payRequest', callback: `http://127.0.0.1:${port}/pay`,
			minSendable: 1000, maxSendable: 1e9, metadata: meta }
	} else {
		const sat = Number(url.searchParams.get('amount')) / 1000
		const r = await fetch(`${mint}/test/invoice`,
			{ method: 'POST', body: JSON.stringify({ amount: sat }) })
		answer = { pr: (await r.json()).request, routes: [] }
	}
	res.setHeader('content-type', 'application/json')
	res.end(JSON.stringify(answer))
}).listen(Number(port), '127.0.0.1', () => console.log('ready'))
EOF

"$ctl" wallet mint 5000 --mint "$LOOM_MINT_URL" --purse "$T/purse" >/dev/null 2>&1
work 3
check "there are earnings" [ "$(earned)" -ge 150 ]
before=$(earned)
invoice=$(curl -s -X POST "$LOOM_MINT_URL/test/invoice" -d '{"amount":40}' | jq -r .request)
till withdraw "$invoice" --max-fee 1 >"$T/out"
check "routing that may cost more than --max-fee is refused" grep -q "allowed are 1" "$T/till.err"
is "and costs nothing" "$(earned)" "$before"
till withdraw "$invoice" --json >"$T/out"
is "an invoice is paid" "$? $(jq -r .paid "$T/out")" "0 40"
check "and the mint proves it" [ "$(jq -r '.preimage | length' "$T/out")" = 64 ]
after=$(earned)
check "what is left is what was there, less that and fees" \
	[ "$after" -lt $((before - 40)) -a "$after" -ge $((before - 45)) ]
till withdraw "$invoice" >"$T/out"
check "an invoice is paid once" grep -q "was paid" "$T/till.err"
till withdraw "$address" 30 >"$T/out"
check "nobody answers for the address" grep -q "no answer" "$T/till.err"

node "$T/lnurl.mjs" "$port" "$LOOM_MINT_URL" >"$T/lnurl.out" 2>&1 &
lnurl=$!
wait_for 10 grep -q ready "$T/lnurl.out"
till withdraw "$address" 30 --json >"$T/out"
is "an address is paid" "$? $(jq -r .paid "$T/out") $(jq -r .target "$T/out")" "0 30 $address"
till withdraw "me@localhost.example.invalid" 30 >"$T/out"
check "an address of nowhere is said to be so" [ $? != 0 ]
till withdraw "$address" 100000 >"$T/out"
check "more than there is cannot be paid" [ $? != 0 ]
is "the money that left is in the books" "$(has_left)" 70

# ---- the sweep: more than SWEEP_ABOVE goes by itself
work 19 &
work 19 &
wait $! || true
wait_for 60 grep -q sweep.sent "$W/log/engine.log"
check "earnings above SWEEP_ABOVE are sent" grep -q "ev=sweep.sent" "$W/log/engine.log"
wait_for 20 eval '[ "$(has_left)" -gt 1000 ]'
check "and arrive" [ "$(has_left)" -gt 1000 ]
check "the books agree" till check
kill "$lnurl"
finish
