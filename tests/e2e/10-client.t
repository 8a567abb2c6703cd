#!/bin/bash
# SPDX-License-Identifier: MIT
# A stranger's client: Node and nostr-tools from the package registry, told nothing but a
# relay, a public key and its own secret key.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v node >/dev/null || skip_all "node is not installed"
command -v npm >/dev/null || skip_all "npm is not installed"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip_all "node is older than 18"

# Installed once a build, beside it; the lock names every package by its hash.
client=$bin/tests/e2e/client
mkdir -p "$client"
cp "$src"/tests/e2e/client/{client.mjs,package.json,package-lock.json} "$client/"
if ! cmp -s "$client/package-lock.json" "$client/installed"; then
	if ! (cd "$client" && timeout -k 5 90 npm ci --no-audit --no-fund --ignore-scripts \
		--omit=optional --omit=peer --fetch-retries=1 --fetch-timeout=20000) >"$T/npm" 2>&1; then
		skip_all "nostr-tools cannot be installed: $(grep -v '^npm warn' "$T/npm" | head -n 1)"
	fi
	cp "$client/package-lock.json" "$client/installed"
fi

worker w
whole=
while read -r word text; do
	case $word in
	right:) ok "$text" ;;
	WRONG:) not_ok "${text%% (*}" "$text" ;;
	end) whole=yes ;;
	*) echo "# $word $text" ;;
	esac
done < <(timeout -k 5 300 node "$client/client.mjs" "$LOOM_RELAY" "$LOOM_PUBKEY" "$LOOM_CUSTOMER_SECKEY" 2>&1)
is "the client came to its end" "$whole" yes

finish
