# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Mints of others with fake Lightning back ends; to be read behind tests/peers/payer.sh.
# They end with those of tests/peers/mint.sh, and live in $T.

peers=${LOOM_PEERS:-$src/build/peers}

# wants NAME: end here when tests/peers/real/install has not got it
wants() {
	[ -e "$peers/$1.installed" ] && return
	[ ! -e "$peers/$1.why" ] || skip_all "$(cat "$peers/$1.why")"
	skip_all "$1 is not installed: ./check --peers does that"
}

# serve NAME COMMAND ... : a server at ${mint_url[NAME]}, in a folder of its own; "@PORT@"
# in a word becomes its port
serve() {
	local name=$1 port home=$T/mint-$1
	shift
	port=${mint_url[$name]:-:$(free_port)}
	port=${port##*:}
	mkdir -p "$home"
	(cd "$home" && exec env -i PATH="$PATH" HOME="$home" LC_ALL=C.UTF-8 "${@//@PORT@/$port}" \
		</dev/null >>"$T/$name.log" 2>&1) &
	mint_pid[$name]=$!
	disown
	mint_url[$name]=http://127.0.0.1:$port
	wait_for 60 curl -sS --fail "${mint_url[$name]}/v1/info" && return
	echo "Bail out! $name did not start: $(tail -n 1 "$T/$name.log")"
	exit 1
}

# nutshell NAME [VARIABLE=VALUE ...]
nutshell() {
	local name=$1
	shift
	serve "$name" MINT_PRIVATE_KEY=test_of_the_loom_gateway MINT_BACKEND_BOLT11_SAT=FakeWallet \
		MINT_LISTEN_HOST=127.0.0.1 MINT_LISTEN_PORT=@PORT@ MINT_DATABASE="$T/mint-$name/data" \
		MINT_AUTH_DATABASE="$T/mint-$name/auth" CASHU_DIR="$T/mint-$name/dir" \
		MINT_INPUT_FEE_PPK=100 MINT_RATE_LIMIT=FALSE TOR=FALSE DEBUG=FALSE \
		FAKEWALLET_BRR=TRUE FAKEWALLET_DELAY_INCOMING_PAYMENT=0 \
		FAKEWALLET_DELAY_OUTGOING_PAYMENT=0 "$@" "$peers/nutshell/bin/mint"
}

# cdk NAME [VARIABLE=VALUE ...]
cdk() {
	local name=$1 words
	shift
	words='abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon'
	serve "$name" CDK_MINTD_WORK_DIR="$T/mint-$name" CDK_MINTD_DATABASE=sqlite \
		CDK_MINTD_LN_BACKEND=fakewallet CDK_MINTD_LISTEN_HOST=127.0.0.1 \
		CDK_MINTD_LISTEN_PORT=@PORT@ CDK_MINTD_URL=http://127.0.0.1:@PORT@ \
		CDK_MINTD_MNEMONIC="$words abandon about" CDK_MINTD_INPUT_FEE_PPK=100 \
		CDK_MINTD_USE_KEYSET_V2=true CDK_MINTD_FAKE_WALLET_MIN_DELAY=0 \
		CDK_MINTD_FAKE_WALLET_MAX_DELAY=0 "$@" "$peers/cdk/bin/cdk-mintd"
}

# lossy NAME: what stands in front of the mint NAME, at ${mint_url[lossy]}
lossy() {
	local out=$T/lossy.out
	: >"$out"
	node "$src/tests/peers/real/lossy.mjs" "${mint_url[$1]}" >"$out" 2>&1 &
	mint_pid[lossy]=$!
	disown
	if ! wait_for 10 grep -q '^lossy ' "$out"; then
		echo "Bail out! nothing stands in front of $1: $(tail -n 1 "$out")"
		exit 1
	fi
	mint_url[lossy]=$(sed -n 's/^lossy //p' "$out")
}

# lose HOW PATH [TIMES]: see lossy.mjs
lose() {
	curl -sS --fail --data "{\"how\":\"$1\",\"path\":\"$2\",\"times\":${3:-1}}" \
		"${mint_url[lossy]}/lossy" >/dev/null
}

# lost HOW: how often it has struck
lost() {
	curl -sS --fail "${mint_url[lossy]}/lossy" | jq -r --arg h "$1" '.[$h] // 0'
}

# keep_mint_log NAME: for whoever has to find out why
keep_mint_log() {
	[ "$bad" = 0 ] || tail -n 60 "$T/$1.log" | sed 's/^/# mint: /'
}

# pays_while_away COMMAND ... : the mint is away when the job comes; the command brings it
# back.
pays_while_away() {
	coin 100
	printf '%s\n' "$token" >"$T/token"
	mint_kill "$n"
	id=$(submit --payment "$T/token" -- true)
	check "$n: a job waits for the mint" wait_for 20 asks
	"$@" >/dev/null
	r=$(result "$id" 90)
	tags=$(events "$id" | jq -c 'select(.kind == 5101).tags' | head -n 1)
	ended "when the mint is back the job is paid" ok
	adds_up 100 "a mint that was away"
	comes_back "a mint that was away"
}

# The till has asked a mint for something that is not decided.
asks() {
	[ -n "$(till pays --open --json)" ]
}

# The job $id is claimed and runs.
is_running() {
	[ "$(count_runs "$id")" = 1 ]
}

loses_a_claim() {
	local before
	before=$(lost "$1")
	coin 100
	lose "$1" /v1/swap
	pay -- true
	is "$n: $1 has struck a claim" "$(lost "$1")" $((before + 1))
	ended "$1 of a claim" ok
	adds_up 100 "$1 of a claim"
	comes_back "$1 of a claim"
}

loses_a_change() {
	local secret public before
	read -r secret public <<<"$(w newkey)"
	before=$(lost "$1")
	coin 100
	printf '%s\n' "$token" >"$T/token"
	id=$(submit --payment "$T/token" --tag cashu_pubkey "$public" -- sleep 2)
	wait_for 30 is_running
	lose "$1" /v1/swap
	r=$(result "$id")
	tags=$(events "$id" | jq -c 'select(.kind == 5101).tags' | head -n 1)
	is "$n: $1 has struck a change" "$(lost "$1")" $((before + 1))
	ended "$1 of a change" ok
	adds_up 100 "$1 of a change"
	comes_back "$1 of a change" --privkey "$secret"
}

# What is lost on the way to the mint and back costs nobody anything. The worker's mint is
# ${mint_url[lossy]}.
survives_losses() {
	local how
	for how in drop-before drop-after 502-after twice; do
		loses_a_claim $how
		loses_a_change $how
	done
}
