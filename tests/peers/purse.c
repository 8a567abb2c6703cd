/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/purse.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/p2pk.h"

#include <string.h>
#include <time.h>

enum {
	QUOTE_TRIES = 100,
	QUOTE_QUICK = 10, /* so many at once, then one every 50 ms */
};

void purse_free_coins(struct purse_coins *c)
{
	for (size_t i = 0; i < c->n; i++)
		cashutok_wipe_proof(&c->v[i]);
	mem_free(c->v);
	*c = (struct purse_coins){.n = 0};
}

uint64_t purse_sum(const struct purse_coins *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		INVARIANT(amount_add(&sum, c->v[i].amount));
	return sum;
}

/* ---- requests */

enum lerr_code purse_call(struct purse *p, const char *method, const char *path,
			  struct str body, struct buf *answer, struct lerr *err)
{
	p->refusal = (struct mintread_refusal){.code = 0};
	p->status = p->send(p->ctx, method, path, body, answer);
	if (p->status == 0)
		return lerr_set(err, LERR_TEMP, 0, "%.60s: no answer", path);
	if (p->status == 200)
		return LERR_OK;
	mintread_refusal(&p->refusal, answer->n ? buf_str(answer) : STR_LIT("{}"));
	return lerr_set(err, LERR_INPUT, 0, "refused: %llu %s (HTTP %u)",
			(unsigned long long)p->refusal.code, p->refusal.detail,
			p->status);
}

/* ---- keysets */

enum lerr_code purse_load(struct purse *p, struct lerr *err)
{
	auto_buf struct buf list = BUF_INIT(CAP_MINT_ANSWER);
	enum lerr_code rc;

	rc = purse_call(p, "GET", "/v1/keysets", (struct str){"", 0}, &list, err);
	if (!rc)
		rc = mintread_keysets(p->keysets, CAP_KEYSETS, &p->n, buf_str(&list),
				      STR_LIT("sat"), err);
	for (size_t i = 0; !rc && i < p->n; i++) {
		auto_buf struct buf keys = BUF_INIT(CAP_MINT_ANSWER);
		auto_buf struct buf path = BUF_INIT(128);

		buf_addf(&path, "/v1/keys/%s", p->keysets[i].id.c);
		rc = purse_call(p, "GET", path.p, (struct str){"", 0}, &keys, err);
		if (!rc)
			rc = mintread_keys(&p->keysets[i], buf_str(&keys), err);
	}
	return rc;
}

enum lerr_code purse_new(struct purse **out, purse_send *send, void *ctx,
			 struct lerr *err)
{
	struct purse *p = mem_zalloc(sizeof(*p));
	enum lerr_code rc;

	p->send = send;
	p->ctx = ctx;
	rc = purse_load(p, err);
	if (rc)
		mem_free(p);
	else
		*out = p;
	return rc;
}

void purse_free(struct purse *p)
{
	mem_free(p);
}

const struct keyset *purse_active(const struct purse *p)
{
	const struct keyset *best = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (p->keysets[i].active && (!best || p->keysets[i].ppk < best->ppk))
			best = &p->keysets[i];
	return best;
}

const struct keyset *purse_keyset(const struct purse *p, const struct keyset_id *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (keyset_id_names(id, &p->keysets[i].id))
			return &p->keysets[i];
	return NULL;
}

bool purse_fee(const struct purse *p, const struct purse_coins *c, uint64_t *fee)
{
	uint64_t ppk = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct keyset *k = purse_keyset(p, &c->v[i].id);

		if (!k)
			return false;
		ppk += k->ppk;
	}
	*fee = keyset_fee(ppk);
	return true;
}

/* ---- outputs */

static void write_secret(struct buf *out, const struct purse_lock *lock)
{
	uint8_t nonce[32];
	char hex[65];
	const char *comma = "";

	rng_fill(nonce, sizeof(nonce));
	hex_encode(hex, nonce, sizeof(nonce));
	buf_addf(out, "[\"P2PK\",{\"nonce\":\"%s\",\"data\":\"%s\",\"tags\":[", hex,
		 ecpoint_hex(lock->key).c);
	if (lock->sig_all) {
		buf_add_c(out, "[\"sigflag\",\"SIG_ALL\"]");
		comma = ",";
	}
	if (lock->locktime) {
		buf_addf(out, "%s[\"locktime\",\"%llu\"]", comma,
			 (unsigned long long)lock->locktime);
		comma = ",";
	}
	if (lock->refund)
		buf_addf(out, "%s[\"refund\",\"%s\"]", comma,
			 ecpoint_hex(lock->refund).c);
	buf_add_c(out, "]}]");
}

static void add_output(struct outset *out, uint64_t amount, const struct purse_lock *lock)
{
	auto_buf struct buf secret = BUF_INIT(CAP_CASHU_SECRET);
	struct ecscalar r;

	if (!lock || !lock->key) {
		outset_add_random(out, amount, false);
		return;
	}
	write_secret(&secret, lock);
	ecpoint_random_scalar(&r);
	INVARIANT(outset_add(out, amount, buf_str(&secret), &r, false));
}

enum lerr_code purse_outputs(struct outset *out, const struct purse *p, uint64_t amount,
			     const uint64_t *parts, size_t nparts,
			     const struct purse_lock *lock, struct lerr *err)
{
	const struct keyset *k = purse_active(p);
	uint64_t split[KEYSET_PARTS_MAX];
	uint64_t sum = 0;

	if (!k)
		return lerr_set(err, LERR_INPUT, 0, "the mint has no active keyset");
	if (nparts == 0) {
		if (!keyset_split(k, amount, split, &nparts) || nparts == 0)
			return lerr_set(err, LERR_INPUT, 0, "no keys for that amount");
		parts = split;
	}
	outset_init(out, &k->id);
	for (size_t i = 0; i < nparts; i++) {
		INVARIANT(amount_add(&sum, parts[i]));
		add_output(out, parts[i], lock);
	}
	outset_sort(out);
	if (sum != amount)
		return lerr_set(err, LERR_INPUT, 0, "the parts are not the amount");
	return LERR_OK;
}

/* Signatures of a swap or mint to coins. */
static enum lerr_code take_signatures(const struct purse *p, struct purse_coins *coins,
				      const struct outset *outputs, struct str body,
				      struct lerr *err)
{
	auto_free struct mintmsg_signature *sigs = NULL;
	struct cashuproof *v = mem_array(outputs->n, sizeof(*v));
	enum lerr_code rc;
	size_t n = 0;

	rc = mintread_signatures(&sigs, &n, body, err);
	if (!rc)
		rc = outset_unblind_all(v, outputs, sigs, n,
					purse_keyset(p, &outputs->id), true, err);
	if (rc)
		mem_free(v);
	else
		*coins = (struct purse_coins){v, outputs->n};
	return rc;
}

/* ---- mint */

/* Until somebody has paid, or it takes too long. */
static enum lerr_code wait_for_payment(struct purse *p, const char *id, struct lerr *err)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	auto_buf struct buf path = BUF_INIT(256);

	buf_addf(&path, "/v1/mint/quote/bolt11/%s", id);
	for (unsigned int i = 0; i < QUOTE_TRIES; i++) {
		auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
		struct mintread_quote q;
		enum lerr_code rc;
		bool paid;

		rc = purse_call(p, "GET", path.p, (struct str){"", 0}, &answer, err);
		if (!rc)
			rc = mintread_quote(&q, buf_str(&answer), STR_LIT("sat"), err);
		if (rc)
			return rc;
		paid = q.state == MINTREAD_QUOTE_PAID;
		mintread_free_quote(&q);
		if (paid)
			return LERR_OK;
		if (i >= QUOTE_QUICK)
			(void)nanosleep(&pause, NULL);
	}
	return lerr_set(err, LERR_TEMP, 0, "nobody pays the invoice");
}

enum lerr_code purse_mint(struct purse *p, struct purse_coins *out, uint64_t amount,
			  const uint64_t *parts, size_t nparts,
			  const struct purse_lock *lock, struct lerr *err)
{
	auto_buf struct buf ask = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf quoted = BUF_INIT(CAP_MINT_ANSWER);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_outset struct outset outputs = {.n = 0};
	struct mintread_quote q = {.request = NULL};
	enum lerr_code rc;

	rc = purse_outputs(&outputs, p, amount, parts, nparts, lock, err);
	if (rc)
		return rc;
	mintmsg_mint_quote(&ask, amount, STR_LIT("sat"), (struct str){"", 0});
	rc = purse_call(p, "POST", "/v1/mint/quote/bolt11", buf_str(&ask), &quoted, err);
	if (!rc)
		rc = mintread_quote(&q, buf_str(&quoted), STR_LIT("sat"), err);
	if (rc)
		return rc;
	rc = wait_for_payment(p, q.id, err);
	if (!rc) {
		mintmsg_mint(&body, str_of(q.id), &outputs, (struct str){"", 0});
		rc = purse_call(p, "POST", "/v1/mint/bolt11", buf_str(&body), &answer,
				err);
	}
	mintread_free_quote(&q);
	return rc ? rc : take_signatures(p, out, &outputs, buf_str(&answer), err);
}

/* ---- swap */

static void sign_one(struct buf *witness, const struct nsign_key *key,
		     const struct id32 *msg)
{
	uint8_t sig[64];

	nsign_sign(sig, key, msg);
	p2pk_add_witness(witness, sig);
}

static void sign_all(struct buf *witness, const struct purse_coins *in,
		     const struct outset *out, const struct nsign_key *key)
{
	auto_free struct p2pk_output *o = mem_array(out->n, sizeof(*o));
	struct id32 msg;

	for (size_t i = 0; i < out->n; i++)
		o[i] = (struct p2pk_output){out->v[i].amount, out->v[i].blinded};
	msg = p2pk_message_all(in->v, in->n, o, out->n, (struct str){"", 0});
	sign_one(witness, key, &msg);
}

static void sign_input(struct buf *witness, const struct purse_coins *in, size_t i,
		       const struct outset *out, const struct nsign_key *key)
{
	struct p2pk lock;

	if (!key || p2pk_parse(&lock, str_of(in->v[i].secret), NULL) != P2PK_LOCK)
		return;
	if (!lock.sig_all) {
		struct id32 msg = p2pk_message(str_of(in->v[i].secret));

		sign_one(witness, key, &msg);
	} else if (i == 0) {
		sign_all(witness, in, out, key);
	}
}

enum lerr_code purse_write_swap(const struct purse *p, struct buf *body,
				const struct purse_coins *in, const struct outset *out,
				const struct nsign_key *key, struct lerr *err)
{
	auto_free struct mintmsg_input *inputs = mem_array(in->n, sizeof(*inputs));
	auto_free struct cashuproof *full = mem_array(in->n, sizeof(*full));
	struct buf *witness = mem_array(in->n, sizeof(*witness));
	enum lerr_code rc = LERR_OK;

	for (size_t i = 0; i < in->n && !rc; i++) {
		const struct keyset *k = purse_keyset(p, &in->v[i].id);

		if (!k) {
			rc = lerr_set(err, LERR_INPUT, 0, "keyset is not known");
			break;
		}
		full[i] = in->v[i];
		full[i].id = k->id;
		buf_init(&witness[i], CAP_CASHU_WITNESS);
		sign_input(&witness[i], in, i, out, key);
		inputs[i] = (struct mintmsg_input){&full[i], witness[i].p};
	}
	if (!rc)
		mintmsg_swap(body, inputs, in->n, out);
	for (size_t i = 0; i < in->n; i++)
		buf_free(&witness[i]);
	mem_free(witness);
	return rc;
}

enum lerr_code purse_swap(struct purse *p, struct purse_coins *out,
			  const struct purse_coins *in, const struct nsign_key *key,
			  const struct purse_lock *lock, struct lerr *err)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_outset struct outset outputs = {.n = 0};
	uint64_t rest = purse_sum(in);
	enum lerr_code rc;
	uint64_t fee;

	if (!purse_fee(p, in, &fee))
		return lerr_set(err, LERR_INPUT, 0, "keyset is not known");
	if (!amount_sub(&rest, fee) || rest == 0)
		return lerr_set(err, LERR_INPUT, 0,
				"nothing is left after the fee of %llu",
				(unsigned long long)fee);
	rc = purse_outputs(&outputs, p, rest, NULL, 0, lock, err);
	if (!rc)
		rc = purse_write_swap(p, &body, in, &outputs, key, err);
	if (!rc)
		rc = purse_call(p, "POST", "/v1/swap", buf_str(&body), &answer, err);
	return rc ? rc : take_signatures(p, out, &outputs, buf_str(&answer), err);
}

/* ---- state */

enum lerr_code purse_states(struct purse *p, enum mintread_state *out,
			    const struct purse_coins *in, struct lerr *err)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_free struct ecpoint *ys = mem_array(in->n, sizeof(*ys));
	enum lerr_code rc;

	for (size_t i = 0; i < in->n; i++)
		INVARIANT(bdhke_hash_to_curve(&ys[i], str_of(in->v[i].secret)));
	mintmsg_checkstate(&body, ys, in->n);
	rc = purse_call(p, "POST", "/v1/checkstate", buf_str(&body), &answer, err);
	return rc ? rc : mintread_states(out, ys, in->n, buf_str(&answer), err);
}
