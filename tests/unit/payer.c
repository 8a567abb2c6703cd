/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/payer.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/outset.h"
#include "lib/proto/p2pk.h"

#include <string.h>

#define UNIT STR_LIT("sat")
#define NOTHING ((struct str){"", 0})

/* ---- coins */

void payer_free_coins(struct payer_coins *c)
{
	for (size_t i = 0; i < c->n; i++)
		cashutok_wipe_proof(&c->v[i]);
	mem_free(c->v);
	*c = (struct payer_coins){NULL, 0};
}

uint64_t payer_sum(const struct payer_coins *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		INVARIANT(amount_add(&sum, c->v[i].amount));
	return sum;
}

void payer_add(struct payer_coins *to, struct payer_coins *from)
{
	to->v = mem_resize(to->v, to->n + from->n + 1, sizeof(*to->v));
	for (size_t i = 0; i < from->n; i++)
		to->v[to->n++] = from->v[i];
	from->n = 0;
	payer_free_coins(from);
}

struct payer_coins payer_copy(const struct payer_coins *c, size_t first, size_t n)
{
	struct payer_coins out = {mem_array(n, sizeof(*out.v)), n};

	INVARIANT(first + n <= c->n);
	for (size_t i = 0; i < n; i++) {
		out.v[i] = c->v[first + i];
		out.v[i].secret = mem_strdup(c->v[first + i].secret);
	}
	return out;
}

/* ---- the mint */

static bool ask(struct payer *p, const char *method, const char *path, struct str body,
		struct buf *answer)
{
	unsigned int status =
		mintcore_handle(p->core, str_of(method), str_of(path), body, answer);

	p->refusal = (struct mintread_refusal){.code = 0};
	if (status != 200)
		mintread_refusal(&p->refusal, buf_str(answer));
	return status == 200;
}

static void get(struct payer *p, const char *path, struct buf *answer)
{
	if (!ask(p, "GET", path, NOTHING, answer))
		panic("%s: %s", path, p->refusal.detail);
}

void payer_look(struct payer *p)
{
	auto_buf struct buf list = BUF_INIT(CAP_MINT_ANSWER);

	get(p, "/v1/keysets", &list);
	if (mintread_keysets(p->sets, PAYER_KEYSETS, &p->n, buf_str(&list), UNIT, NULL))
		panic("keysets of the test mint");
	for (size_t i = 0; i < p->n; i++) {
		auto_buf struct buf path = BUF_INIT(128);
		auto_buf struct buf keys = BUF_INIT(CAP_MINT_ANSWER);

		buf_addf(&path, "/v1/keys/%s", p->sets[i].id.c);
		get(p, path.p, &keys);
		if (mintread_keys(&p->sets[i], buf_str(&keys), NULL))
			panic("keys of the test mint");
	}
}

void payer_init(struct payer *p, struct mintcore *core)
{
	memset(p, 0, sizeof(*p));
	p->core = core;
	payer_look(p);
}

const struct keyset *payer_active(const struct payer *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->sets[i].active)
			return &p->sets[i];
	panic("no keyset is active");
}

const struct keyset *payer_keyset(const struct payer *p, const struct keyset_id *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (keyset_id_names(id, &p->sets[i].id))
			return &p->sets[i];
	panic("keyset %s is not known", id->c);
}

uint64_t payer_fee(const struct payer *p, const struct payer_coins *c)
{
	uint64_t ppk = 0;

	for (size_t i = 0; i < c->n; i++)
		ppk += payer_keyset(p, &c->v[i].id)->ppk;
	return (ppk + 999) / 1000;
}

/* ---- outputs */

/* A lock for one coin; with a blinded key, E of the coin goes to *e. */
static void write_secret(struct buf *out, const struct payer_lock *lock,
			 struct ecpoint *e)
{
	struct ecpoint key = lock->key;
	struct ecscalar secret, r;
	struct ecpoint shared;
	uint8_t nonce[32];
	char hex[65];

	if (lock->blinded) {
		struct id32 x;

		ecpoint_random_scalar(&secret);
		INVARIANT(ecpoint_base(e, &secret));
		INVARIANT(ecpoint_mul(&shared, &key, &secret));
		x = ecpoint_x(&shared);
		INVARIANT(p2pk_blind_factor(&r, x.b, 0));
		INVARIANT(ecpoint_add_base(&key, &key, &r));
	}
	rng_fill(nonce, sizeof(nonce));
	hex_encode(hex, nonce, sizeof(nonce));
	buf_addf(out, "[\"%s\",{\"nonce\":\"%s\",\"data\":\"%s\",\"tags\":[%s]}]",
		 lock->kind ? lock->kind : "P2PK", hex, ecpoint_hex(&key).c,
		 lock->tags ? lock->tags : "");
}

static void add_output(struct outset *out, uint64_t amount, const struct payer_lock *lock,
		       struct ecpoint *e)
{
	auto_buf struct buf secret = BUF_INIT(CAP_CASHU_SECRET);
	struct ecscalar r;

	if (!lock) {
		outset_add_random(out, amount, false);
		return;
	}
	write_secret(&secret, lock, e);
	ecpoint_random_scalar(&r);
	INVARIANT(outset_add(out, amount, buf_str(&secret), &r, false));
}

/* What the mint has signed; it is ours and not in doubt, so the DLEQs are taken along and
 * not looked at: the engine does that. */
static void take_signed(struct payer *p, struct payer_coins *out, const struct outset *o,
			const struct ecpoint *es, const struct payer_lock *lock,
			struct str answer)
{
	const struct keyset *k = payer_keyset(p, &o->id);
	auto_free struct mintmsg_signature *sigs = NULL;
	size_t n = 0;

	INVARIANT(mintread_signatures(&sigs, &n, answer, NULL) == LERR_OK && n == o->n);
	out->v = mem_resize(out->v, out->n + n + 1, sizeof(*out->v));
	for (size_t i = 0; i < n; i++) {
		struct cashuproof *c = &out->v[out->n++];

		*c = (struct cashuproof){.amount = o->v[i].amount, .id = o->id};
		c->secret = mem_strdup(o->v[i].secret);
		INVARIANT(bdhke_unblind(&c->c, &sigs[i].c, &o->v[i].r,
					keyset_key(k, o->v[i].amount)));
		c->has_dleq = sigs[i].has_dleq;
		c->dleq = sigs[i].dleq;
		c->dleq.r = o->v[i].r;
		c->dleq.has_r = true;
		c->has_ephemeral = lock && lock->blinded;
		if (c->has_ephemeral)
			c->ephemeral = es[i];
	}
}

void payer_issue(struct payer *p, struct payer_coins *out, const uint64_t *parts,
		 size_t n, const struct payer_lock *lock)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_free struct ecpoint *es = mem_array(n, sizeof(*es));
	auto_outset struct outset o;
	struct mintread_quote q;
	uint64_t sum = 0;

	outset_init(&o, &payer_active(p)->id);
	for (size_t i = 0; i < n; i++) {
		add_output(&o, parts[i], lock, &es[i]);
		sum += parts[i];
	}
	mintmsg_mint_quote(&body, sum, UNIT, NOTHING);
	if (!ask(p, "POST", "/v1/mint/quote/bolt11", buf_str(&body), &answer) ||
	    mintread_quote(&q, buf_str(&answer), UNIT, NULL))
		panic("quote: %s", p->refusal.detail);
	buf_reset(&body);
	buf_reset(&answer);
	mintmsg_mint(&body, str_of(q.id), &o, NOTHING);
	mintread_free_quote(&q);
	if (!ask(p, "POST", "/v1/mint/bolt11", buf_str(&body), &answer))
		panic("mint: %s", p->refusal.detail);
	take_signed(p, out, &o, es, lock, buf_str(&answer));
}

/* ---- swaps */

static char *witness_of(const struct cashuproof *c, const struct nsign_key *key)
{
	auto_buf struct buf out = BUF_INIT(CAP_CASHU_WITNESS);
	struct id32 msg = p2pk_message(str_of(c->secret));
	struct p2pk lock;
	uint8_t sig[64];

	if (!key || p2pk_parse(&lock, str_of(c->secret), NULL) != P2PK_LOCK)
		return NULL;
	nsign_sign(sig, key, &msg);
	p2pk_add_witness(&out, sig);
	return buf_take(&out);
}

static void write_swap(struct buf *body, const struct payer_coins *in,
		       const struct nsign_key *key, const struct outset *o)
{
	auto_free struct mintmsg_input *inputs = mem_array(in->n, sizeof(*inputs));
	auto_free char **witness = mem_array(in->n, sizeof(*witness));

	for (size_t i = 0; i < in->n; i++) {
		witness[i] = witness_of(&in->v[i], key);
		inputs[i] = (struct mintmsg_input){&in->v[i], witness[i]};
	}
	mintmsg_swap(body, inputs, in->n, o);
	for (size_t i = 0; i < in->n; i++)
		mem_free(witness[i]);
}

bool payer_swap(struct payer *p, struct payer_coins *out, const struct payer_coins *in,
		const struct nsign_key *key, const struct payer_lock *lock)
{
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	const struct keyset *k = payer_active(p);
	uint64_t fee = payer_fee(p, in);
	uint64_t parts[KEYSET_PARTS_MAX];
	struct ecpoint es[KEYSET_PARTS_MAX];
	auto_outset struct outset o;
	size_t n;

	INVARIANT(keyset_split(k, payer_sum(in) - fee, parts, &n));
	outset_init(&o, &k->id);
	for (size_t i = 0; i < n; i++)
		add_output(&o, parts[i], lock, &es[i]);
	write_swap(&body, in, key, &o);
	if (!ask(p, "POST", "/v1/swap", buf_str(&body), &answer))
		return false;
	p->fees += fee;
	take_signed(p, out, &o, es, lock, buf_str(&answer));
	return true;
}

size_t payer_count_spent(const struct payer *p, const struct payer_coins *c)
{
	struct payer copy = *p;
	auto_buf struct buf body = BUF_INIT(CAP_MINT_REQUEST);
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	auto_free struct ecpoint *ys = mem_array(c->n, sizeof(*ys));
	auto_free enum mintread_state *states = mem_array(c->n, sizeof(*states));
	size_t spent = 0;

	for (size_t i = 0; i < c->n; i++)
		INVARIANT(bdhke_hash_to_curve(&ys[i], str_of(c->v[i].secret)));
	mintmsg_checkstate(&body, ys, c->n);
	if (!ask(&copy, "POST", "/v1/checkstate", buf_str(&body), &answer) ||
	    mintread_states(states, ys, c->n, buf_str(&answer), NULL))
		panic("checkstate: %s", copy.refusal.detail);
	for (size_t i = 0; i < c->n; i++)
		spent += states[i] == MINTREAD_SPENT;
	return spent;
}

void payer_write(struct buf *out, const char *url, const struct payer_coins *c)
{
	cashutok_write(out, str_of(url), UNIT, c->v, c->n, true);
}
