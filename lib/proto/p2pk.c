/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/p2pk.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/amount.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/schnorr.h"

#include <jansson.h>
#include <string.h>

enum { NONCE_BYTES = 32, SIG_BYTES = 64 };

/* ---- reading a lock */

/* While a lock is read: what each tag said, once. */
struct tags {
	const json_t *sigflag;
	const json_t *pubkeys;
	const json_t *n_sigs;
	const json_t *locktime;
	const json_t *refund;
	const json_t *n_sigs_refund;
};

static enum p2pk_kind malformed(struct lerr *err, const char *text)
{
	(void)lerr_set(err, LERR_INPUT, 0, "%s", text);
	return P2PK_MALFORMED;
}

static struct str item(const json_t *list, size_t i)
{
	const json_t *v = json_array_get(list, i);

	return json_is_string(v)
		       ? (struct str){json_string_value(v), json_string_length(v)}
		       : (struct str){NULL, 0};
}

static bool is_text_list(const json_t *tag)
{
	for (size_t i = 0; i < json_array_size(tag); i++)
		if (!json_is_string(json_array_get(tag, i)))
			return false;
	return json_array_size(tag) > 0;
}

/* A name and one value at least, none empty. */
static bool is_full(const json_t *tag)
{
	for (size_t i = 0; i < json_array_size(tag); i++)
		if (item(tag, i).n == 0)
			return false;
	return json_array_size(tag) >= 2;
}

static const json_t **place_of(struct tags *t, struct str name)
{
	const struct {
		const char *name;
		const json_t **place;
	} places[] = {
		{"sigflag", &t->sigflag}, {"pubkeys", &t->pubkeys},
		{"n_sigs", &t->n_sigs},   {"locktime", &t->locktime},
		{"refund", &t->refund},   {"n_sigs_refund", &t->n_sigs_refund},
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_eq_c(name, places[i].name))
			return places[i].place;
	return NULL;
}

/* Tags that we do not know say nothing to us. */
static enum p2pk_kind sort_tags(struct tags *t, const json_t *list, struct lerr *err)
{
	if (list && !json_is_array(list))
		return malformed(err, "its tags are no list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *tag = json_array_get(list, i);
		const json_t **place;

		if (!is_text_list(tag))
			return malformed(err, "a tag is no list of text");
		place = place_of(t, item(tag, 0));
		if (!place)
			continue;
		if (*place)
			return malformed(err, "a tag stands there twice");
		if (!is_full(tag))
			return malformed(err, "a tag has an empty value or none");
		*place = tag;
	}
	return P2PK_LOCK;
}

/* One key of a path: no x coordinate counts twice in it. */
static enum p2pk_kind add_key(struct p2pk *out, size_t *npath, struct str hex,
			      struct lerr *err)
{
	size_t n = out->nmain + out->nrefund;
	struct ecpoint key;

	if (!ecpoint_parse(&key, hex))
		return malformed(err, "one of its keys is no point of the curve");
	if (n == P2PK_KEYS)
		return malformed(err, "it names too many keys");
	for (size_t i = n - *npath; i < n; i++)
		if (ecpoint_same_x(&out->keys[i], &key))
			return malformed(err, "it names a key twice");
	out->keys[n] = key;
	++*npath;
	return P2PK_LOCK;
}

static enum p2pk_kind add_keys(struct p2pk *out, size_t *npath, const json_t *tag,
			       struct lerr *err)
{
	enum p2pk_kind kind = P2PK_LOCK;

	for (size_t i = 1; kind == P2PK_LOCK && i < json_array_size(tag); i++)
		kind = add_key(out, npath, item(tag, i), err);
	return kind;
}

/* A tag of one number; *out stays as it is without the tag. */
static bool get_number(const json_t *tag, uint64_t most, uint64_t *out)
{
	if (!tag)
		return true;
	return json_array_size(tag) == 2 && str_to_u64(item(tag, 1), most, out);
}

/* How many of the keys must sign: no more than there are. */
static bool get_count(const json_t *tag, size_t nkeys, uint64_t *out)
{
	*out = 1;
	return get_number(tag, nkeys, out) && *out > 0;
}

static enum p2pk_kind read_numbers(struct p2pk *out, const struct tags *t,
				   struct lerr *err)
{
	if (!get_count(t->n_sigs, out->nmain, &out->n_sigs))
		return malformed(err, "n_sigs cannot be met");
	if (!get_count(t->n_sigs_refund, out->nrefund, &out->n_sigs_refund))
		return malformed(err, "n_sigs_refund cannot be met");
	if (!get_number(t->locktime, AMOUNT_MAX, &out->locktime))
		return malformed(err, "its locktime is no unix time");
	out->has_locktime = t->locktime != NULL;
	return P2PK_LOCK;
}

static enum p2pk_kind read_sigflag(struct p2pk *out, const json_t *tag, struct lerr *err)
{
	if (!tag)
		return P2PK_LOCK;
	out->sig_all = str_eq_c(item(tag, 1), "SIG_ALL");
	if (json_array_size(tag) == 2 &&
	    (out->sig_all || str_eq_c(item(tag, 1), "SIG_INPUTS")))
		return P2PK_LOCK;
	return malformed(err, "its sigflag is neither SIG_INPUTS nor SIG_ALL");
}

/* Length and text, so that no two lists of texts hash alike. */
static void hash_text(struct hash_state *h, struct str s)
{
	uint64_t n = s.n;

	hash_add(h, &n, sizeof(n));
	if (n)
		hash_add(h, s.p, s.n);
}

static struct id32 hash_condition(struct str data, const json_t *tags)
{
	struct hash_state *h = hash_new();

	hash_text(h, data);
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *tag = json_array_get(tags, i);
		uint64_t n = json_array_size(tag);

		hash_add(h, &n, sizeof(n));
		for (size_t k = 0; k < n; k++)
			hash_text(h, item(tag, k));
	}
	return hash_done(h);
}

static enum p2pk_kind read_lock(struct p2pk *out, const json_t *body, struct lerr *err)
{
	const json_t *list = json_object_get(body, "tags");
	struct str nonce;
	struct str data;
	struct tags t = {0};
	enum p2pk_kind kind;

	if (json_is_null(list))
		list = NULL;
	if (!jsonx_get_str(body, "nonce", &nonce) || !jsonx_get_str(body, "data", &data))
		return malformed(err, "nonce or data is missing");
	kind = sort_tags(&t, list, err);
	if (kind == P2PK_LOCK)
		kind = add_key(out, &out->nmain, data, err);
	if (kind == P2PK_LOCK)
		kind = add_keys(out, &out->nmain, t.pubkeys, err);
	if (kind == P2PK_LOCK)
		kind = add_keys(out, &out->nrefund, t.refund, err);
	if (kind == P2PK_LOCK)
		kind = read_sigflag(out, t.sigflag, err);
	if (kind == P2PK_LOCK)
		kind = read_numbers(out, &t, err);
	if (kind == P2PK_LOCK)
		out->condition = hash_condition(data, list);
	return kind;
}

enum p2pk_kind p2pk_parse(struct p2pk *out, struct str secret, struct lerr *err)
{
	auto_json json_t *root = NULL;
	struct p2pk lock = {0};
	struct str name;
	enum p2pk_kind kind;

	if (jsonx_load(&root, secret, CAP_CASHU_SECRET, JSONX_ANY_NUMBERS, NULL) ||
	    json_array_size(root) != 2 || !json_is_string(json_array_get(root, 0)) ||
	    !json_is_object(json_array_get(root, 1)))
		return P2PK_PLAIN;
	name = item(root, 0);
	if (!str_eq_c(name, "P2PK")) {
		(void)lerr_set(err, LERR_INPUT, 0, "a condition of the kind %s",
			       log_text(name).c);
		return P2PK_OTHER;
	}
	kind = read_lock(&lock, json_array_get(root, 1), err);
	if (kind == P2PK_LOCK)
		*out = lock;
	return kind;
}

size_t p2pk_find(const struct p2pk *lock, const struct ecpoint *key)
{
	for (size_t i = 0; i < lock->nmain; i++)
		if (ecpoint_same_x(&lock->keys[i], key))
			return i;
	return SIZE_MAX;
}

/* ---- messages */

struct id32 p2pk_message(struct str secret)
{
	return hash_sha256(secret.p, secret.n);
}

static void hash_point(struct hash_state *h, const struct ecpoint *p)
{
	struct ecpointhex hex = ecpoint_hex(p);

	hash_add(h, hex.c, strlen(hex.c));
}

static void hash_number(struct hash_state *h, uint64_t v)
{
	auto_buf struct buf text = BUF_INIT(24);

	buf_add_u64(&text, v);
	hash_add(h, text.p, text.n);
}

struct id32 p2pk_message_all(const struct cashuproof *inputs, size_t ninputs,
			     const struct p2pk_output *outputs, size_t noutputs,
			     struct str quote)
{
	struct hash_state *h = hash_new();

	for (size_t i = 0; i < ninputs; i++) {
		hash_add(h, inputs[i].secret, strlen(inputs[i].secret));
		hash_point(h, &inputs[i].c);
	}
	for (size_t i = 0; i < noutputs; i++) {
		hash_number(h, outputs[i].amount);
		hash_point(h, &outputs[i].blinded);
	}
	if (quote.n)
		hash_add(h, quote.p, quote.n);
	return hash_done(h);
}

/* ---- witnesses */

void p2pk_add_witness(struct buf *out, const uint8_t sig64[64])
{
	char hex[2 * SIG_BYTES + 1];

	hex_encode(hex, sig64, SIG_BYTES);
	buf_add_c(out, "{\"signatures\":[\"");
	buf_add_c(out, hex);
	buf_add_c(out, "\"]}");
}

static bool has_signed(const struct ecpoint *key, const json_t *signatures,
		       const struct id32 *msg)
{
	struct id32 x = ecpoint_x(key);
	uint8_t sig[SIG_BYTES];

	for (size_t i = 0; i < json_array_size(signatures); i++)
		if (hex_decode(sig, sizeof(sig), item(signatures, i)) &&
		    schnorr_verify(&x, sig, msg->b, sizeof(msg->b)))
			return true;
	return false;
}

/* The keys of a path differ in x: whoever signs twice counts once. */
static size_t count_signers(const struct ecpoint *keys, size_t n,
			    const json_t *signatures, const struct id32 *msg)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += has_signed(&keys[i], signatures, msg);
	return count;
}

bool p2pk_may_spend(const struct p2pk *lock, struct str witness, const struct id32 *msg,
		    uint64_t now, struct p2pk_signers *found)
{
	auto_json json_t *root = NULL;
	const json_t *list = NULL;
	struct p2pk_signers n;

	if (!jsonx_load(&root, witness, CAP_CASHU_WITNESS, JSONX_ANY_NUMBERS, NULL))
		list = json_object_get(root, "signatures");
	n.main = count_signers(lock->keys, lock->nmain, list, msg);
	n.refund = count_signers(lock->keys + lock->nmain, lock->nrefund, list, msg);
	if (found)
		*found = n;
	if (n.main >= lock->n_sigs)
		return true;
	if (!lock->has_locktime || now <= lock->locktime)
		return false;
	/* behind it, without a refund key, anyone may */
	return lock->nrefund == 0 || n.refund >= lock->n_sigs_refund;
}

/* ---- writing a lock */

void p2pk_write_secret(struct buf *out, const struct ecpoint *key, uint64_t locktime,
		       const struct ecpoint *refund)
{
	uint8_t nonce[NONCE_BYTES];
	char hex[2 * NONCE_BYTES + 1];

	rng_fill(nonce, sizeof(nonce));
	hex_encode(hex, nonce, sizeof(nonce));
	buf_add_c(out, "[\"P2PK\",{\"nonce\":\"");
	buf_add_c(out, hex);
	buf_add_c(out, "\",\"data\":\"");
	buf_add_c(out, ecpoint_hex(key).c);
	buf_add_char(out, '"');
	if (locktime) {
		/* a locktime without refund would let anyone spend it */
		INVARIANT(refund);
		buf_add_c(out, ",\"tags\":[[\"locktime\",\"");
		buf_add_u64(out, locktime);
		buf_add_c(out, "\"],[\"refund\",\"");
		buf_add_c(out, ecpoint_hex(refund).c);
		buf_add_c(out, "\"]]");
	}
	buf_add_c(out, "}]");
}

/* ---- blinded locks */

static bool hash_slot(struct ecscalar *r, const uint8_t shared_x[32],
		      const uint8_t *suffix, size_t n)
{
	static const char domain[] = "Cashu_P2BK_v1";
	struct hash_state *h = hash_new();
	struct id32 digest;

	hash_add(h, domain, strlen(domain));
	hash_add(h, shared_x, 32);
	hash_add(h, suffix, n);
	digest = hash_done(h);
	memcpy(r->b, digest.b, sizeof(r->b));
	return ecpoint_is_scalar(r);
}

bool p2pk_blind_factor(struct ecscalar *r, const uint8_t shared_x[32], size_t slot)
{
	const uint8_t suffix[2] = {(uint8_t)slot, 0xff};

	INVARIANT(slot < P2PK_KEYS);
	/* a second try, if the first is no scalar, is in the rules */
	return hash_slot(r, shared_x, suffix, 1) || hash_slot(r, shared_x, suffix, 2);
}
