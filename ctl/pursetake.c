/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursetake.h"

#include "ctl/out.h"
#include "ctl/pursecoin.h"
#include "ctl/pursedb.h"
#include "ctl/pursemint.h"
#include "ctl/purserun.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/p2pk.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"

#include <inttypes.h>
#include <string.h>

/* A token that is being taken. */
struct taking {
	struct purse *p;
	const struct pursetake_rules *rules;
	struct cashutok *t;
	struct pursemint mint;
	struct dbproof *coins; /* y of each; whole ones when they are ours */
	bool ours;
	uint64_t fee;
	struct nsign_key *keys; /* that unlock each proof */
	bool *locked;
	bool sig_all;
	struct outset outputs;
};

static void wipe(struct taking *k)
{
	size_t n = k->t ? k->t->n : 0;

	mem_wipe(k->keys, n * sizeof(*k->keys));
	mem_free(k->keys);
	mem_free(k->locked);
	mem_free(k->coins);
	outset_wipe(&k->outputs);
	pursemint_wipe(&k->mint);
	cashutok_free(k->t);
}

/* ---- is it ours already? */

static enum lerr_code in_operation(struct taking *k, uint64_t holder, struct lerr *err)
{
	struct dbpay op;

	if (!dbpay_get(k->p->d, &op, holder) || op.state == PAY_DOUBLE_SPENT)
		return lerr_set(err, LERR_GONE, 0,
				"spent already, by somebody else, as the mint has said "
				"before");
	if (op.state == PAY_SETTLED)
		return lerr_set(err, LERR_STATE, 0,
				"this token was received already: its coins are in the "
				"purse, or were spent from it");
	return lerr_set(err, LERR_STATE, 0,
			"this token is being received already, and the mint's word is "
			"not final yet");
}

/* Coins that the purse has given away may come back, others of its own not. */
static enum lerr_code look_up(struct taking *k, size_t i, struct lerr *err)
{
	struct dbproof *c = &k->coins[i];
	uint64_t holder;
	uint64_t token;
	bool known;

	if (!bdhke_hash_to_curve(&c->y, str_of(k->t->proofs[i].secret)))
		return lerr_set(err, LERR_INPUT, 0, "a secret that names no point");
	holder = dbpay_holder(k->p->d, &c->y);
	if (holder)
		return in_operation(k, holder, err);
	known = dbproof_find(k->p->d, &c->y, &c->state, &token);
	if (i > 0 && known != k->ours)
		return lerr_set(err, LERR_INPUT, 0,
				"some of its coins are the purse's own and some not");
	k->ours = known;
	if (known && c->state != DBPROOF_GIVEN)
		return lerr_set(err, LERR_STATE, 0, "its coins are in the purse");
	return LERR_OK;
}

/* ---- locks */

static bool has_key(struct taking *k, struct nsign_key *out, const struct ecpoint *pub)
{
	struct id32 x;
	struct id32 wanted = ecpoint_x(pub);

	if (pursedb_get_key(k->p->d, out, pub))
		return true;
	if (!k->rules->key || nsign_pubkey(&x, k->rules->key, NULL) ||
	    !id32_eq(&x, &wanted))
		return false;
	*out = *k->rules->key;
	return true;
}

static bool find_key(struct taking *k, struct nsign_key *out, const struct p2pk *lock,
		     size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (has_key(k, out, &lock->keys[i]))
			return true;
	return false;
}

/* Which key opens it: one of the main path, or of the refund path after its time. */
static enum lerr_code open_lock(struct taking *k, size_t i, const struct p2pk *lock,
				struct lerr *err)
{
	bool over = lock->has_locktime && clock_wall_s() > lock->locktime;

	k->locked[i] = !over || lock->nrefund > 0;
	if (!k->locked[i])
		return LERR_OK; /* anybody can spend it by now */
	if (lock->n_sigs == 1 && find_key(k, &k->keys[i], lock, 0, lock->nmain))
		return LERR_OK;
	if (lock->n_sigs_refund <= 1 &&
	    find_key(k, &k->keys[i], lock, lock->nmain, lock->nrefund)) {
		if (over)
			return LERR_OK;
		return lerr_set(
			err, LERR_STATE, 0,
			"locked to somebody else; it can be taken back in %" PRIu64 " s",
			lock->locktime - clock_wall_s() + 1);
	}
	return lerr_set(err, LERR_INPUT, 0, "locked to a key that is not here (--key)");
}

static enum lerr_code look_at_lock(struct taking *k, size_t i, struct lerr *err)
{
	const struct cashuproof *proof = &k->t->proofs[i];
	struct p2pk lock = {0};
	struct lerr why = {0};

	switch (p2pk_parse(&lock, str_of(proof->secret), &why)) {
	case P2PK_PLAIN:
		return LERR_OK;
	case P2PK_LOCK:
		break;
	case P2PK_OTHER:
	case P2PK_MALFORMED:
		return lerr_set(err, LERR_INPUT, 0,
				"locked in a way that we cannot open: %s", why.msg);
	}
	if (proof->has_ephemeral)
		return lerr_set(err, LERR_INPUT, 0,
				"locked to a blinded key (NUT-28), which we cannot open");
	if (i > 0 && lock.sig_all != k->sig_all)
		return lerr_set(err, LERR_INPUT, 0, "its coins are locked in two ways");
	k->sig_all = lock.sig_all;
	return open_lock(k, i, &lock, err);
}

/* ---- what the mint would say */

static enum lerr_code look_at_proof(struct taking *k, size_t i, uint64_t *ppk,
				    struct lerr *err)
{
	struct cashuproof *proof = &k->t->proofs[i];
	const struct keyset *set = pursemint_keyset(&k->mint, &proof->id);
	const struct ecpoint *key = set ? keyset_key(set, proof->amount) : NULL;

	if (!key)
		return lerr_set(err, LERR_INPUT, 0,
				"the mint has no keyset %s with a key for %" PRIu64,
				proof->id.c, proof->amount);
	if (proof->has_dleq &&
	    !bdhke_check_proof(key, str_of(proof->secret), &proof->c, &proof->dleq))
		return lerr_set(err, LERR_INPUT, 0,
				"a coin of it is not the mint's (DLEQ)");
	proof->id = set->id;
	*ppk += set->ppk;
	return LERR_OK;
}

static enum lerr_code look_at_all(struct taking *k, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;
	uint64_t ppk = 0;

	for (size_t i = 0; !rc && i < k->t->n; i++) {
		rc = look_at_proof(k, i, &ppk, err);
		if (!rc)
			rc = look_at_lock(k, i, err);
	}
	k->fee = keyset_fee(ppk);
	if (!rc && k->fee >= k->t->sum)
		rc = lerr_set(err, LERR_INPUT, 0,
			      "worth nothing: the mint takes %" PRIu64
			      " sat for redeeming %" PRIu64,
			      k->fee, k->t->sum);
	return rc;
}

/* ---- the request */

static char *sign(const struct nsign_key *key, const struct id32 *msg)
{
	auto_buf struct buf witness = BUF_INIT(CAP_CASHU_WITNESS);
	uint8_t sig[64];

	nsign_sign(sig, key, msg);
	p2pk_add_witness(&witness, sig);
	return buf_take(&witness);
}

static struct id32 message_of(const struct taking *k, size_t i)
{
	auto_free struct p2pk_output *list = mem_array(k->outputs.n, sizeof(*list));

	if (!k->sig_all)
		return p2pk_message(str_of(k->t->proofs[i].secret));
	for (size_t o = 0; o < k->outputs.n; o++)
		list[o] = (struct p2pk_output){k->outputs.v[o].amount,
					       k->outputs.v[o].blinded};
	return p2pk_message_all(k->t->proofs, k->t->n, list, k->outputs.n, STR_LIT(""));
}

static void write_request(struct taking *k, struct buf *out)
{
	size_t n = k->t->n;
	auto_free struct mintmsg_input *inputs = mem_array(n, sizeof(*inputs));
	auto_free char **witness = mem_array(n, sizeof(*witness));

	for (size_t i = 0; i < n; i++) {
		struct id32 msg = message_of(k, i);

		/* of SIG_ALL the first input carries the one signature */
		if (k->locked[i] && (i == 0 || !k->sig_all))
			witness[i] = sign(&k->keys[i], &msg);
		inputs[i] = (struct mintmsg_input){&k->t->proofs[i], witness[i]};
	}
	mintmsg_swap(out, inputs, n, &k->outputs);
	for (size_t i = 0; i < n; i++)
		mem_free(witness[i]);
}

static enum lerr_code swap(struct taking *k, struct lerr *err)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct ecpoint *ys = mem_array(k->t->n, sizeof(*ys));
	const struct keyset *set = pursemint_output_keyset(&k->mint);
	struct dbpay op = {.kind = k->ours ? DBPAY_RECLAIM : DBPAY_IMPORT,
			   .mint = k->mint.number,
			   .job = k->rules->job,
			   .total_in = k->t->sum,
			   .fee = k->fee,
			   .path = "/v1/swap"};
	struct purserun_plan plan = {.ys = ys,
				     .n = k->t->n,
				     .coins = k->ours ? k->coins : NULL,
				     .outputs = &k->outputs};
	enum lerr_code rc;

	outset_init(&k->outputs, &set->id);
	rc = pursecoin_add_own(k->p, &k->outputs, k->t->sum - k->fee, set, err);
	if (rc)
		return rc;
	outset_sort(&k->outputs);
	write_request(k, &request);
	for (size_t i = 0; i < k->t->n; i++)
		ys[i] = k->coins[i].y;
	plan.request = buf_str(&request);
	rc = purserun_begin(k->p, &op, &plan, err);
	return rc ? rc : purserun_finish(k->p, op.op, err);
}

/* ---- the whole */

static enum lerr_code read_token(struct taking *k, struct str text, struct lerr *err)
{
	enum cashutok_fault why;
	enum lerr_code rc =
		cashutok_parse(&k->t, str_trim(text), CAP_PAY_INPUTS, &why, err);

	if (rc)
		return lerr_wrap(err, LERR_INPUT, "the token");
	if (strcmp(k->t->unit, "sat") != 0)
		return lerr_set(err, LERR_INPUT, 0, "a token of %s, and we take sat",
				out_said(str_of(k->t->unit)).c);
	k->coins = mem_array(k->t->n, sizeof(*k->coins));
	k->keys = mem_array(k->t->n, sizeof(*k->keys));
	k->locked = mem_array(k->t->n, sizeof(*k->locked));
	return LERR_OK;
}

static enum lerr_code find_mint(struct taking *k, struct lerr *err)
{
	auto_mint struct pursemint known = {.number = 0};
	enum lerr_code rc = pursemint_find(k->p, &known, str_of(k->t->mint), err);

	if (rc == LERR_GONE)
		return lerr_set(err, LERR_INPUT, 0,
				"its mint %.120s was never used by this purse: accept it "
				"with --mint",
				out_said(str_of(k->t->mint)).c);
	if (rc)
		return rc;
	if (k->rules->mint && known.number != k->rules->mint)
		return lerr_set(err, LERR_INPUT, 0, "it is of another mint: %.120s",
				known.url);
	for (size_t i = 0; !rc && i < k->t->n; i++)
		rc = look_up(k, i, err);
	return rc ? rc : pursemint_ask(k->p, &k->mint, str_of(known.url), err);
}

enum lerr_code pursetake_token(struct purse *p, struct pursetake_sum *out,
			       struct str text, const struct pursetake_rules *rules,
			       struct lerr *err)
{
	struct taking k = {.p = p, .rules = rules};
	enum lerr_code rc = read_token(&k, text, err);

	if (!rc)
		rc = find_mint(&k, err);
	if (!rc)
		rc = look_at_all(&k, err);
	if (!rc)
		rc = swap(&k, err);
	if (!rc)
		*out = (struct pursetake_sum){k.mint.number, k.t->sum, k.fee, k.ours};
	wipe(&k);
	return rc;
}

enum lerr_code pursetake_look(struct purse *p, bool *spent, uint64_t token,
			      struct lerr *err)
{
	auto_proofs struct dbproof_list coins = {0};
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_free struct ecpoint *ys = NULL;
	auto_free enum mintread_state *states = NULL;
	enum lerr_code rc;

	dbproof_of_token(p->d, &coins, token);
	if (coins.n == 0)
		return lerr_set(err, LERR_STATE, 0, "there are no coins in that token");
	ys = mem_array(coins.n, sizeof(*ys));
	states = mem_array(coins.n, sizeof(*states));
	for (size_t i = 0; i < coins.n; i++)
		ys[i] = coins.v[i].y;
	pursemint_url(p, &url, coins.v[0].mint);
	mintmsg_checkstate(&body, ys, coins.n);
	rc = mintlink_get(p->link, &a, url.p, "/v1/checkstate", buf_str(&body), err);
	if (!rc && mintread_states(states, ys, coins.n, buf_str(&a.body), err))
		rc = lerr_wrap(err, LERR_TEMP, "%.80s", url.p);
	*spent = !rc;
	for (size_t i = 0; !rc && i < coins.n; i++)
		*spent = *spent && states[i] == MINTREAD_SPENT;
	return rc;
}

enum lerr_code pursetake_back(struct purse *p, struct pursetake_sum *out, uint64_t token,
			      struct lerr *err)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES);
	const struct pursetake_rules rules = {.mint = 0};

	if (!dbbill_get_token_text(p->d, token, &text))
		return lerr_set(err, LERR_GONE, 0, "there is no such token");
	return pursetake_token(p, out, buf_str(&text), &rules, err);
}
