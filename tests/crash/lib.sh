# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A worker and a mint that are tormented, and what must hold when they have come to rest.
# To be read behind nothing: it brings what the end-to-end tests share.
#
# All money of this world is worth the same here, so it is counted in three places that
# know nothing of each other: the mint's own sums, the worker's ledger, and what a customer
# could redeem. A run is right when they agree, and when the customer got what he was told.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/peers/mint.sh
. "$src/tests/peers/mint.sh"
engine=${LOOM_CRASH_ENGINE:-$bin/engine/loom-engine}
grep -q LOOM_CRASH_POINT "$engine" 2>/dev/null ||
	skip_all "this build has no crash points (--enable-crashpoints)"
trap 'world_end; end_mints; abandon' EXIT

PRICE=2     # sat a second
SHORTEST=5  # seconds that must be paid
HURRY=60    # so much faster does the engine lose its patience with mints
REST_S=${LOOM_CRASH_REST:-40}

violations=()  # of the present run
world=0        # number of the present one; 0: none
small=()       # file systems that were mounted (disk.sh)

VIOLATIONS_MAX=20

violation() {
	[ ${#violations[@]} -ge $VIOLATIONS_MAX ] || violations+=("$*")
}

# ---------------------------------------------------------------- the world

# The build, with an engine that takes the next crash point of $T/points at each start.
make_shadow() {
	local part
	mkdir -p "$T/bin/engine"
	for part in keyd runner fcgi bridge ctl; do
		ln -sfn "$bin/$part" "$T/bin/$part"
	done
	cat >"$T/bin/engine/loom-engine" <<-END
		#!/bin/bash
		point=-
		if [ -s "$T/points" ]; then
			read -r point <"$T/points"
			sed -i 1d "$T/points"
		fi
		[ "\$point" = - ] || export LOOM_CRASH_POINT="\$point"
		export LOOM_TEST_HURRY=$HURRY
		exec "$engine" "\$@"
	END
	chmod 755 "$T/bin/engine/loom-engine"
}

# world_begin [DEMO-OPTION ...]: a new mint, a new worker, nobody has any money
world_begin() {
	world=$((world + 1))
	make_shadow
	: >"$T/points"
	mint "m$world" --ppk 100
	mint=m$world
	url=${mint_url[$mint]}
	LOOM_BUILDDIR=$T/bin worker "w$world" --set CASHU_MINT_URL="$url" \
		--set PRICE_PER_SECOND=$PRICE --set MIN_JOB_DURATION=$SHORTEST \
		--set MAX_CONCURRENT_JOBS=3 --set CHANGE_WAIT=4 "${@/@mint/@${url##*/}}"
	purse=0        # what the customer has redeemed and forgotten
	tok_text=()    # tokens that he has made to pay with, by number
	tok_sum=()
	tok_how=()     # with which options
	tok_open=()    # not yet known to be spent or back in the purse
	deaths_known=0
	log_line=0
	is_spoiled=
	wait_for 20 grep -q ev=mint.admitted "$W/log/engine.log" ||
		violation "the worker does not know its mint"
}

world_end() {
	[ $world = 0 ] || [ -z "${W:-}" ] || worker_stop "$W"
	W=''
	workers=()
	end_mints
	[ ${#small[@]} = 0 ] || unmount_small
}

# How often the engine has died, and come up.
deaths() {
	grep -c 'ev=demo.ended name=engine' "$W/log/engine.log"
}

ups() {
	grep -c 'ev=engine.ready' "$W/log/engine.log"
}

has_died() {
	[ "$(deaths)" -gt "$1" ]
}

has_come_up() {
	[ "$(ups)" -gt "$1" ]
}

engine_kill() {
	kill -9 "$(cat "$W/run/engine.pid")" 2>/dev/null
}

# arm POINT ...: the engine starts anew and will die at the first; when it comes back, at
# the second, and so on. "-" lets one start pass.
arm() {
	local n
	printf '%s\n' "$@" >"$T/points"
	n=$(ups)
	engine_kill
	wait_for 20 has_come_up "$n" || violation "the engine does not start"
	deaths_known=$(deaths)
}

# Each of N points has been reached.
expect_deaths() {
	local n=$1
	wait_for 10 has_died $((deaths_known + n - 1)) ||
		violation "of $n crash points $(($(deaths) - deaths_known)) were reached"
	[ "$(deaths)" -le $((deaths_known + n)) ] || violation "the engine died by itself"
	: >"$T/points"
}

# ------------------------------------------------------------- the customer

# buy AMOUNT [OPTION OF coins mint ...]: a token to pay with, number $tok; @worker is the
# worker's key
buy() {
	tok_how[${#tok_text[@]}]=$*
	hold "$("$coins" mint "$url" "${@/@worker/$LOOM_PUBKEY}")" "$1"
}

# hold TOKEN AMOUNT: the same with one that was made otherwise
hold() {
	tok=${#tok_text[@]}
	tok_text[tok]=$1
	tok_sum[tok]=$2
	tok_open[tok]=yes
	printf '%s\n' "$1" >"$T/tok"
	[ -n "$1" ] || violation "the customer got no token"
}

# order WANT [OPTION OF loomctl submit ...] -- COMMAND ...: pay a job with token $tok. WANT:
# reasons of which one must come of it, with | between; $instead, when set, is stronger.
# Who names a key for his change, here or in the token, gets it locked to that key.
order() {
	local want=${instead:-$1} id lock=plain
	shift
	[[ "$*" != *"cashu_pubkey $lock_pub"* && ${tok_how[tok]:-} != *"--refund $lock_pub"* ]] || lock=locked
	id=$(submit --payment "$T/tok" "$@")
	[ ${#id} = 64 ] || violation "a job was not taken: $(tail -n 1 "$T/submit.err")"
	jobs+=("$id $tok $want $lock")
}

# of the last order
last_job() {
	local last=${jobs[-1]}
	echo "${last%% *}"
}

job_is() {
	[ "$(ledger "SELECT state FROM jobs WHERE hex(id) = upper('$1')")" = "$2" ]
}

# redeem TOKEN [OPTION ...]: into the purse; $got is what came of it
redeem() {
	got=$("$coins" redeem "$url" - "${@:2}" <<<"$1" 2>"$T/redeem.err")
	[[ $got =~ ^[0-9]+$ ]] || {
		got=0
		return 1
	}
	purse=$((purse + got))
}

# What the mint says of a token: UNSPENT, SPENT, PENDING or mixed.
state_of() {
	local word
	word=$("$coins" state "$url" - <<<"$1" | cut -d' ' -f2 | sort -u)
	case $word in
	*$'\n'*) echo mixed ;;
	*) echo "$word" ;;
	esac
}

# ------------------------------------------------------------ coming to rest

# Nothing is under way any more: no job, no operation at a mint, no change that is owed,
# no event that was not taken; and $rest_also, when it is set, finds something.
unrest_sql="
	SELECT 'job ' || lower(substr(hex(id), 1, 8)) || ' state ' || state FROM jobs WHERE state < 9
	UNION ALL SELECT 'operation ' || op || ' kind ' || kind || ' state ' || state FROM pays
	 WHERE state IN (1, 2)
	UNION ALL SELECT 'change owed to job ' || job FROM bills WHERE state = 4
	UNION ALL SELECT 'event ' || seq || ' kind ' || kind FROM outbox
	 WHERE done_at IS NULL AND kind IN (5101, 30101)"

all_known() {
	local j n=0
	for j in "${jobs[@]}"; do
		[ -n "$(ledger "SELECT 1 FROM jobs WHERE hex(id) = upper('${j%% *}')")" ] || n=1
	done
	return $n
}

is_still() {
	[ -z "$(ledger "$unrest_sql LIMIT 1")" ]
}

is_at_rest() {
	[ ! -s "$T/points" ] && is_still &&
		{ [ -z "$rest_also" ] || [ -n "$(ledger "$rest_also LIMIT 1")" ]; }
}

come_to_rest() {
	wait_for 20 all_known || violation "a job never came into the ledger"
	wait_for "$REST_S" is_at_rest && return
	violation "not at rest: $(ledger "$unrest_sql" | tr '\n' ';')${rest_also:+ or not: $rest_also}"
	is_spoiled=yes
}

# ------------------------------------------------------------------- judging

# Of the events of a job (stdin): how many different results, then of the first its reason,
# duration, paid, charged, mint_fees, change_amount, its net, change_owed, change, and a
# change that came later with its amount and net. "-" for what is missing.
digest() {
	jq -rs '
		def tag(n): [.tags[] | select(.[0] == n)][0] // [];
		def of(n; i): tag(n)[i] // "-";
		([.[] | select(.kind == 5101)] | unique_by(tojson)) as $r |
		([.[] | select(.kind == 30101)] | unique_by(tojson)) as $l |
		($r[0] // {tags: []}) as $e | ($l[0] // {tags: []}) as $c |
		[($r | length), ($e | of("reason"; 1), of("duration"; 1), of("paid"; 1),
		  of("charged"; 1), of("mint_fees"; 1), of("change_amount"; 1),
		  of("change_amount"; 3), of("change_owed"; 1), of("change"; 1)),
		 ($l | length), ($c | of("change_amount"; 1), of("change_amount"; 3), of("change"; 1),
		  of("charged"; 1), of("mint_fees"; 1))] | map(tostring) | join(" ")'
}

or_0() {
	[ "$1" = - ] && echo 0 || echo "$1"
}

# What the customer was told and can do against what the ledger says.
judge_job() {
	local id=$1 tok=$2 want=$3 lock=$4 who="job ${1:0:8}"
	local n reason duration paid charged fees change net owed token
	local late late_change late_net late_token late_charged late_fees bill state

	events "$id" >"$T/events"
	read -r n reason duration paid charged fees change net owed token late late_change late_net \
		late_token late_charged late_fees <<<"$(digest <"$T/events")"
	[ "$n" = 1 ] || {
		violation "$who: $n different results on the relay"
		return
	}
	[[ "|$want|" == *"|$reason|"* ]] || violation "$who: ended with $reason, not with $want"
	same_as_signed "$id"
	if [ "$owed" != - ]; then
		[ "$late" = 1 ] || violation "$who: $late late changes for $owed sat that were owed"
		[ "$paid" = $(($(or_0 "$charged") + $(or_0 "$fees") + owed)) ] ||
			violation "$who: $paid is not $charged + $fees + $owed owed"
		change=$late_change net=$late_net token=$late_token
		charged=$late_charged fees=$late_fees
	elif [ "$late" != 0 ] && [ "$paid" = - ]; then
		# given up, then found to be claimed after all
		change=$late_change net=$late_net token=$late_token charged=$late_charged
		fees=$late_fees paid=${tok_sum[tok]}
	elif [ "$late" != 0 ]; then
		violation "$who: late change, and none was owed"
	fi
	bill=$(ledger "SELECT bills.state || '|' || face || '|' || earned || '|' || (fee_in + fee_out) ||
		'|' || change FROM bills JOIN jobs ON seq = job WHERE hex(id) = upper('$id')")
	state=${bill%%|*}
	if [ "$paid" = - ]; then
		[ -z "$bill" ] || [ "$state" = 5 ] ||
			violation "$who: told of no payment, and its bill is $bill"
		return
	fi
	[ "$bill" = "3|$paid|$(or_0 "$charged")|$(or_0 "$fees")|$(or_0 "$change")" ] ||
		violation "$who: told paid $paid charged $charged fees $fees change $change, its bill is $bill"
	[ "$paid" = "${tok_sum[tok]}" ] || violation "$who: told paid $paid instead of ${tok_sum[tok]}"
	[ "$paid" = $(($(or_0 "$charged") + $(or_0 "$fees") + $(or_0 "$change"))) ] ||
		violation "$who: $paid is not $charged + $fees + $change"
	judge_charge "$who" "$reason" "$duration" "$(or_0 "$charged")" "$token"
	[ "$token" = - ] || judge_change "$who" "$token" "$change" "$net" "$lock"
}

# Nothing was charged but time that ran, or dust that was not worth a token.
judge_charge() {
	local who=$1 reason=$2 duration=$3 charged=$4 token=$5 due=0
	case $reason in
	ok | exit | signal | time_limit | cancelled) due=$((PRICE * duration)) ;;
	esac
	[ "$charged" = $due ] && return
	[ "$token" = - ] && [ "$charged" -gt $due ] && [ "$charged" -le $((due + 2)) ] && return
	violation "$who: $reason after $duration s was charged $charged instead of $due"
}

# The one change of a job can be redeemed for what was said.
judge_change() {
	local who=$1 token=$2 change=$3 net=$4 want=$5 locks lock=()
	[ "$("$coins" show - <<<"$token" | jq -r '.sum')" = "$change" ] ||
		violation "$who: its change is not worth $change"
	locks=$("$coins" show - <<<"$token" | jq -r '.proofs[].lock // "plain"' | sort -u)
	case $locks in
	plain) [ "$want" = plain ] || violation "$who: its change is not locked: whoever reads it has it" ;;
	"$lock_pub")
		[ "$want" = locked ] || violation "$who: its change is locked, and nobody asked for that"
		lock=(--key $lock_key)
		;;
	*) violation "$who: its change is locked to ${locks//$'\n'/ }" ;;
	esac
	redeem "$token" "${lock[@]}" ||
		violation "$who: its change cannot be redeemed: $(head -c 200 "$T/redeem.err")"
	[ "$got" = "$net" ] || violation "$who: its change brought $got instead of $net"
}

# What the relay holds is what was signed once, to the byte.
same_as_signed() {
	local kind ours theirs
	for kind in 5101 30101; do
		ours=$(ledger "SELECT event FROM outbox JOIN jobs ON jobs.seq = job
			WHERE kind = $kind AND hex(jobs.id) = upper('$1')" | jq -cS .)
		theirs=$(jq -cS "select(.kind == $kind)" "$T/events" | sort -u)
		[ "$ours" = "$theirs" ] || violation "job ${1:0:8}: the $kind on the relay is not the one in the outbox"
	done
}

# Every token that was not taken is still the customer's; he takes it back. One that is
# locked to the worker he cannot: it counts as his as long as nobody has it.
take_back() {
	local i n left=0
	for i in "${!tok_open[@]}"; do
		case $(state_of "${tok_text[i]}") in
		SPENT) unset "tok_open[$i]" ;;
		UNSPENT)
			redeem "${tok_text[i]}" --key $lock_key && unset "tok_open[$i]" && continue
			left=$((left + tok_sum[i]))
			;;
		*)
			while read -r n _; do
				left=$((left + n))
			done < <("$coins" state "$url" - <<<"${tok_text[i]}" | grep UNSPENT)
			;;
		esac
	done
	unclaimed=$left
}

# still COMMAND ...: what it says is wrong; nothing when that passes: the worker tidies up
# its coins of its own accord, and a look at the ledger and one at the mint are two.
still() {
	local wrong i
	for ((i = 0; i < 8; i++)); do
		wrong=$("$@")
		[ -n "$wrong" ] || return
		sleep 0.3
		wait_for 10 is_at_rest
	done
	violation "$wrong"
}

# Coins that the ledger calls free are UNSPENT at the mint, spent ones are SPENT; those
# made since a time.
wrong_coins() {
	local since=$1 wrong
	ledger "SELECT lower(hex(y)) || ' ' || state FROM proofs WHERE state IN (1, 3) AND at >= $since" >"$T/ys"
	[ -s "$T/ys" ] || return
	wrong=$(split -l 500 --filter='cut -d" " -f1 | jq -R . | jq -sc "{Ys: .}" |
		curl -sS --data @- '"$url"'/v1/checkstate | jq -r ".states[] | .Y + \" \" + .state"' <"$T/ys" |
		paste -d' ' "$T/ys" - | awk '$1 != $3 || ($2 == 1) != ($4 == "UNSPENT") || ($2 == 3) != ($4 == "SPENT")')
	[ -z "$wrong" ] || echo "coins are not what the ledger says: $(head -n 3 <<<"$wrong" | tr '\n' ';')"
}

# Nothing was lost and nothing was made: what the mint owes to all is what the worker and
# the customer have.
wrong_sums() {
	local outstanding ours
	outstanding=$(mint_sum "$mint" outstanding)
	ours=$(ledger "SELECT coalesce(sum(amount), 0) FROM proofs WHERE state IN (1, 2)")
	[ "$outstanding" = $((ours + purse + unclaimed)) ] ||
		echo "the mint owes $outstanding, the worker has $ours, the customer $purse and $unclaimed unclaimed"
	mint_is_balanced "$mint" || echo "the mint's own books do not balance"
}

wrong_books() {
	sqlite3 -readonly "$W/state/ledger.db" ".timeout 5000" "BEGIN" ".read $src/tests/crash/books.sql" 2>&1 |
		head -n 5 | sed 's/^/books: /'
}

# No program has found a bug of its own. OK: a pattern of what may be there.
judge_logs() {
	local line may=${1:-^$} now
	now=$(wc -l <"$W/log/engine.log")
	# 137: kill -9, which is what we do
	while read -r line; do
		violation "the engine died by itself: ${line#*name=engine }"
	done < <(tail -n +$((log_line + 1)) "$W/log/engine.log" | grep 'ev=demo.ended name=engine' |
		grep -v 'status=137$' | grep -Ev "$may" | sort | uniq -c)
	while read -r line; do
		violation "log: ${line:0:200}"
	done < <({
		tail -n +$((log_line + 1)) "$W/log/engine.log"
		cat "$W"/log/{keyd,runner,bridge,fcgi}.log
	} | grep -E '^<[0-2]>|AddressSanitizer|runtime error:' | grep -Ev "$may")
	log_line=$now
}

# judge [PATTERN]: after come_to_rest, all that must hold; PATTERN is of judge_logs
judge() {
	local j
	for j in "${jobs[@]}"; do
		# shellcheck disable=SC2086 # four words
		judge_job $j
	done
	take_back
	redeem_exports
	still wrong_coins "$run_began"
	still wrong_sums
	still wrong_books
	judge_logs "${1:-}"
}

# ----------------------------------------------------------------------- runs

# run_one NAME COMMAND ...: in a world that is whole; the command may add violations
run_one() {
	local name=$1 t v
	shift
	[ $world != 0 ] && [ -z "$is_spoiled" ] || {
		world_end
		world_begin
	}
	violations=()
	jobs=()
	instead=
	rest_also=
	run_began=$(date +%s%3N)
	"$@"
	t=$(($(date +%s%3N) - run_began))
	if [ ${#violations[@]} = 0 ]; then
		echo "right: $name ($t ms)"
		return
	fi
	for v in "${violations[@]}"; do
		echo "WRONG: $name: $v"
	done
	is_spoiled=yes
	keep_world "$name"
}

# For whoever has to find out why.
keep_world() {
	local to
	[ -n "${LOOM_CRASH_KEEP:-}" ] || return
	to=$LOOM_CRASH_KEEP/${1//\//_}
	mkdir -p "$to"
	cp -a "$W/log" "$W/state/ledger.db" "$W/state/ledger.db-wal" "$T/events" "$to/" 2>/dev/null
}

# At the end of a world: are the worker's coins money? All of them are taken to the mint.
last_judgement() {
	local n sum=0 want token
	violations=()
	still wrong_coins 0
	want=$(ledger "SELECT coalesce(sum(amount), 0) FROM proofs WHERE state = 1")
	n=$(ledger "SELECT count(*) FROM proofs WHERE state = 1")
	for ((i = 0; i < n; i += 100)); do
		token=$(ledger "SELECT json_object('amount', amount, 'id', keyset, 'secret', secret, 'C', lower(hex(c)))
			FROM proofs WHERE state = 1 ORDER BY y LIMIT 100 OFFSET $i" |
			jq -sc --arg u "$url" '{token: [{mint: $u, proofs: .}], unit: "sat"}' |
			base64 -w0 | tr '+/' '-_' | tr -d =)
		redeem "cashuA$token" || violation "coins of the worker cannot be spent: $(head -c 200 "$T/redeem.err")"
		sum=$((sum + got))
	done
	[ "$sum" = $((want - (n / 100 * 10) - (n % 100 + 9) / 10)) ] ||
		violation "$n coins of the worker, $want sat, brought $sum"
}
