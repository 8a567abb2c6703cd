#!/bin/bash
# SPDX-License-Identifier: MIT
# Who is not on a list, who cannot sign, who talks nonsense.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

worker w
"$ctl" keygen "$T/stranger.key" >/dev/null
listed=$key

key=$T/stranger.key
id=$(submit -- true)
r=$(result "$id")
is "a stranger who does not pay is refused with a result" \
	"$(field reason "$r") $(field exit_code "$r") $(field success "$r")" \
	"payment_required 77 "
is "nothing of it was run" "$(ledger "SELECT count(*) FROM jobs WHERE started_at > 0 AND hex(id) = upper('$id')")" 0

printf 'cashuBnonsense' >"$T/token"
id=$(submit --payment "$T/token" -- true)
r=$(result "$id")
is "a payment is refused untouched" "$(field reason "$r")" mint_not_accepted

# ---- floods of refusals go silent, listed keys do not notice

for _ in $(seq 15); do
	last=$(submit -- true)
done
is "after ten refusals in a minute a key gets silence" "$(result "$last" 3)" ""
key=$listed
id=$(submit -- true)
r=$(result "$id")
is "a listed key is served all the while" "$(field reason "$r")" ok

# ---- what cannot be run, from a listed key

id=$(submit --unchecked -- '')
r=$(result "$id")
is "an empty command" "$(field reason "$r") $(field exit_code "$r")" "malformed 65"
id=$(submit --unchecked --tag env 1BAD x -- true)
r=$(result "$id")
is "a variable with an impossible name" "$(field reason "$r")" malformed
id=$(submit --unchecked --tag secret NAME not-a-ciphertext -- true)
r=$(result "$id")
is "a secret that cannot be opened" "$(field reason "$r") $(field exit_code "$r")" "bad_secret 65"
id=$(submit --unchecked --backend nowhere -- true)
r=$(result "$id")
is "a back end that is not there" "$(field reason "$r")" backend_unknown
id=$(submit --unchecked --tag payment '' -- true)
r=$(result "$id")
is "an empty payment is never free" "$(field reason "$r")" payment_invalid

# ---- past the door: the internal endpoint is not there from outside

for path in /internal/events /internal//events //internal/events /%69nternal/events \
	/api/../internal/events /fragments/../internal/events; do
	code=$(curl -s -o /dev/null -w '%{http_code}' --path-as-is -X POST \
		-H 'Content-Type: application/json' -d '{"events":[]}' "$LOOM_URL$path")
	check "POST $path from outside is no way in ($code)" test "$code" -ge 400
done

# ---- nonsense on every socket that strangers or taken-over programs reach

before=$(ledger "SELECT count(*) FROM jobs")
internal=$W/run/internal/http.sock
post() {
	curl -s -m 10 -o "$T/answer" -w '%{http_code}' --unix-socket "$internal" -X POST \
		-H 'Content-Type: application/json' --data-binary "$1" http://internal/internal/events
}
is "events that are no events are refused one by one" \
	"$(post '{"events":[{"relay":"x","event":{"id":1}},{"relay":"x","event":{}}]}') $(jq -c '[.verdicts[].verdict]' "$T/answer")" \
	'200 ["refused","refused"]'
is "a body that is no JSON" "$(post 'nonsense')" 400

# a job of a listed key with one bit of its signature changed
good=$("$ctl" events "${relays[@]}" --worker "$LOOM_PUBKEY" "$id" | jq -c 'select(.kind == 5100)' | head -n 1)
forged=$(jq -c '.sig = (.sig[0:127] + (if .sig[127:] == "0" then "1" else "0" end)) | .id = .id' <<<"$good")
forged_new=$(jq -c '.content = "other"' <<<"$good")
is "a wrong signature reaches nothing, even past the bridge" \
	"$(post "{\"events\":[{\"relay\":\"x\",\"event\":$forged_new}]}") $(jq -c '[.verdicts[].verdict]' "$T/answer")" \
	'200 ["refused"]'
is "nor one under an id that is known" \
	"$(post "{\"events\":[{\"relay\":\"x\",\"event\":$forged}]}") $(jq -c '[.verdicts[].verdict]' "$T/answer")" \
	'200 ["refused"]'
is "no job came of any of it" "$(ledger "SELECT count(*) FROM jobs")" "$before"

key=$listed
id=$(submit -- echo alive)
result "$id" >/dev/null
is "and the worker is alive" "$(output stdout "$id")" alive

finish
