/* SPDX-License-Identifier: MIT */
/*
 * cashu.json: tokens of both versions with what is in them, tokens that must be refused,
 * locks with who has signed, locked quotes, blinded locks. (Points and keysets: v_cashu.c.)
 */
#include "config.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/nsign.h"
#include "lib/proto/outset.h"
#include "lib/proto/p2pk.h"
#include "lib/proto/schnorr.h"
#include "tests/vectors/vec.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 4 * CAP_TOKEN_BYTES };

static const json_t *file;

static const json_t *member(const json_t *v, const char *key)
{
	const json_t *found = json_object_get(v, key);

	if (!found)
		fail_msg("the case has no %s", key);
	return found;
}

static struct cashutok *parse(struct str text)
{
	struct cashutok *t = NULL;
	enum cashutok_fault why;
	struct lerr err = {0};

	if (cashutok_parse(&t, text, CAP_TOKEN_PROOFS, &why, &err))
		fail_msg("%s", err.msg);
	return t;
}

/* ---- proofs as JSON has them, and as V4 has them: bytes are {"h": hex} */

static void assert_bytes(const uint8_t *got, size_t n, const json_t *want)
{
	char hex[2 * 33 + 1];

	hex_encode(hex, got, n);
	assert_string_equal(hex, json_is_object(want) ? vec_text(want, "h")
						      : json_string_value(want));
}

static void assert_dleq(const struct cashuproof *p, const json_t *want)
{
	assert_int_equal(p->has_dleq, json_is_object(want));
	if (!p->has_dleq)
		return;
	assert_bytes(p->dleq.e.b, 32, member(want, "e"));
	assert_bytes(p->dleq.s.b, 32, member(want, "s"));
	assert_bytes(p->dleq.r.b, 32, member(want, "r"));
}

static void assert_proof(const struct cashuproof *p, const json_t *want)
{
	assert_int_equal(p->amount, vec_number(want, "amount"));
	assert_string_equal(p->id.c, vec_text(want, "id"));
	assert_string_equal(p->secret, vec_text(want, "secret"));
	assert_bytes(p->c.b, sizeof(p->c.b), member(want, "C"));
	assert_dleq(p, json_object_get(want, "dleq"));
}

static void assert_proof_v4(const struct cashuproof *p, const json_t *want,
			    const json_t *keyset)
{
	assert_int_equal(p->amount, vec_number(want, "a"));
	assert_string_equal(p->id.c, vec_text(member(keyset, "i"), "h"));
	assert_string_equal(p->secret, vec_text(want, "s"));
	assert_bytes(p->c.b, sizeof(p->c.b), member(want, "c"));
	assert_dleq(p, json_object_get(want, "d"));
}

static void assert_text(const char *got, const json_t *want)
{
	if (json_is_string(want))
		assert_string_equal(got, json_string_value(want));
	else
		assert_null(got);
}

/* ---- tokens: read, written in both versions, read again */

static void assert_v3(const struct cashutok *t, const json_t *want)
{
	const json_t *entry = json_array_get(member(want, "token"), 0);
	const json_t *proofs = member(entry, "proofs");

	assert_text(t->mint, member(entry, "mint"));
	assert_text(t->unit, json_object_get(want, "unit"));
	assert_text(t->memo, json_object_get(want, "memo"));
	assert_int_equal(t->n, json_array_size(proofs));
	for (size_t i = 0; i < t->n; i++)
		assert_proof(&t->proofs[i], json_array_get(proofs, i));
}

static void assert_v4(const struct cashutok *t, const json_t *want)
{
	const json_t *keysets = member(want, "t");
	size_t n = 0;

	assert_text(t->mint, member(want, "m"));
	assert_text(t->unit, member(want, "u"));
	assert_text(t->memo, json_object_get(want, "d"));
	for (size_t k = 0; k < json_array_size(keysets); k++) {
		const json_t *keyset = json_array_get(keysets, k);
		const json_t *proofs = member(keyset, "p");

		for (size_t i = 0; i < json_array_size(proofs); i++) {
			assert_true(n < t->n);
			assert_proof_v4(&t->proofs[n++], json_array_get(proofs, i),
					keyset);
		}
	}
	assert_int_equal(t->n, n);
}

typedef void (*compare_fn)(const struct cashutok *t, const json_t *want);

static void there_and_back(struct str text, compare_fn compare, const json_t *want)
{
	auto_cashutok struct cashutok *t = parse(text);

	compare(t, want);
	for (unsigned int version = 3; version <= 4; version++) {
		auto_buf struct buf again = BUF_INIT(ROOM);
		auto_cashutok struct cashutok *back = NULL;

		if (version == 3)
			cashutok_write_v3(&again, str_of(t->mint), str_of(t->unit),
					  str_of(t->memo), t->proofs, t->n, true);
		else
			cashutok_write_v4(&again, str_of(t->mint), str_of(t->unit),
					  str_of(t->memo), t->proofs, t->n, true, false);
		back = parse(buf_str(&again));
		compare(back, want);
	}
}

static void token_v3(const json_t *v)
{
	there_and_back(vec_str(v, "token"), assert_v3, member(v, "decoded"));
}

/* Text and CBOR of the case are the same bytes. */
static void token_v4(const json_t *v)
{
	struct str text = vec_str(v, "token");
	struct str hex = vec_str(v, "cbor_hex");
	auto_buf struct buf raw = BUF_INIT(ROOM);
	uint8_t *bytes = mem_zalloc(hex.n / 2);

	assert_true(b64_decode(&raw, (struct str){text.p + 6, text.n - 6}, B64_ANY));
	assert_true(hex_decode(bytes, hex.n / 2, hex));
	assert_int_equal(raw.n, hex.n / 2);
	assert_memory_equal(raw.p, bytes, raw.n);
	mem_free(bytes);
	there_and_back(text, assert_v4, member(v, "decoded"));
}

/* "craw", "B", CBOR: the CBOR is that of the first V4 token. */
static void token_v4_raw(const json_t *v)
{
	struct str hex = {json_string_value(v), json_string_length(v)};
	auto_buf struct buf text = BUF_INIT(ROOM);
	uint8_t *bytes = mem_zalloc(hex.n / 2);
	const json_t *first = json_array_get(member(file, "token_v4"), 0);

	assert_true(hex_decode(bytes, hex.n / 2, hex));
	assert_memory_equal(bytes, "crawB", 5);
	buf_add_c(&text, "cashuB");
	b64_encode(&text, bytes + 5, hex.n / 2 - 5, B64_URL);
	mem_free(bytes);
	there_and_back(buf_str(&text), assert_v4, member(first, "decoded"));
}

static void refused(const json_t *v)
{
	struct cashutok *t = NULL;
	enum cashutok_fault why;
	struct lerr err = {0};

	assert_int_equal(
		cashutok_parse(&t, vec_str(v, "token"), CAP_TOKEN_PROOFS, &why, &err),
		LERR_INPUT);
	assert_null(t);
	assert_true(err.msg[0]);
	printf("# %s: %s\n", vec_text(v, "why"), err.msg);
}

/* ---- tokens of the fixture mint: its proofs, in some form */

static const struct {
	const char *token;
	const char *proofs;
	bool is_short;
	bool has_dleq;
} fixtures[] = {
	{"v4_short_dleq_plain", "proofs_plain", true, true},
	{"v4_full_plain_no_dleq", "proofs_plain", false, false},
	{"v4_short_dleq_p2pk", "proofs_p2pk", true, true},
	{"v3_plain", "proofs_plain", false, true},
	{"v3_p2pk", "proofs_p2pk", false, true},
};

static void check_fixture(const json_t *mint, size_t which)
{
	auto_cashutok struct cashutok *t =
		parse(vec_str(member(mint, "tokens"), fixtures[which].token));
	const json_t *proofs = member(mint, fixtures[which].proofs);

	assert_int_equal(t->n, json_array_size(proofs));
	for (size_t i = 0; i < t->n; i++) {
		struct cashuproof *p = &t->proofs[i];
		const json_t *want = json_array_get(proofs, i);
		struct keyset_id full;

		assert_int_equal(keyset_id_parse(&full, vec_str(want, "id"), NULL), 0);
		assert_int_equal(keyset_id_kind(str_of(p->id.c)),
				 fixtures[which].is_short ? KEYSET_SHORT : KEYSET_V2);
		assert_true(keyset_id_names(&p->id, &full));
		p->id = full;
		assert_int_equal(p->has_dleq, fixtures[which].has_dleq);
		if (p->has_dleq)
			assert_proof(p, want);
		else
			assert_string_equal(p->secret, vec_text(want, "secret"));
	}
}

static void fixture_tokens(const json_t *v)
{
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++)
		check_fixture(v, i);
}

static void assert_signature(const json_t *v, struct str secret, const char *hash,
			     const char *sig)
{
	struct id32 msg = p2pk_message(secret);
	struct ecpoint key;
	struct id32 x;
	uint8_t bytes[64];
	struct p2pk lock;

	assert_string_equal(id32_hex(&msg).c, hash);
	assert_int_equal(p2pk_parse(&lock, secret, NULL), P2PK_LOCK);
	assert_true(ecpoint_parse(&key, vec_str(v, "lock_pubkey")));
	assert_int_equal(p2pk_find(&lock, &key), 0);
	assert_true(hex_decode(bytes, sizeof(bytes), str_of(sig)));
	x = ecpoint_x(&key);
	assert_true(schnorr_verify(&x, bytes, msg.b, sizeof(msg.b)));
}

static void fixture_witnesses(const json_t *v)
{
	const json_t *list = member(v, "p2pk_witness");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *w = json_array_get(list, i);

		assert_signature(member(v, "p2pk_owner"), vec_str(w, "secret"),
				 vec_text(w, "sha256"),
				 vec_text(w, "signature_aux_zero"));
	}
}

/* ---- locks */

/* After every past locktime of the vectors, before every future one. */
#define NOW 1790000000

/* A borrowed view of a proof: what p2pk_message_all() looks at. */
static struct cashuproof view(const json_t *v)
{
	struct cashuproof p = {.secret = mem_strdup(vec_text(v, "secret"))};

	assert_true(ecpoint_parse(&p.c, vec_str(v, "C")));
	return p;
}

static struct id32 message_of(const json_t *request)
{
	const json_t *inputs = member(request, "inputs");
	const json_t *outputs = json_object_get(request, "outputs");
	const json_t *quote = json_object_get(request, "quote");
	size_t nin = json_array_size(inputs);
	size_t nout = json_array_size(outputs);
	struct cashuproof *in = mem_array(nin, sizeof(*in));
	struct p2pk_output *out = mem_array(nout, sizeof(*out));
	struct id32 msg;

	for (size_t i = 0; i < nin; i++)
		in[i] = view(json_array_get(inputs, i));
	for (size_t i = 0; i < nout; i++) {
		const json_t *v = json_array_get(outputs, i);

		out[i].amount = vec_number(v, "amount");
		assert_true(ecpoint_parse(&out[i].blinded, vec_str(v, "B_")));
	}
	msg = p2pk_message_all(in, nin, out, nout,
			       quote ? vec_str(request, "quote") : STR_LIT(""));
	for (size_t i = 0; i < nin; i++)
		cashutok_wipe_proof(&in[i]);
	mem_free(in);
	mem_free(out);
	return msg;
}

static bool is_uniform(const json_t *inputs, const struct p2pk *first)
{
	for (size_t i = 1; i < json_array_size(inputs); i++) {
		struct p2pk lock;

		if (p2pk_parse(&lock, vec_str(json_array_get(inputs, i), "secret"),
			       NULL) != P2PK_LOCK ||
		    !id32_eq(&lock.condition, &first->condition))
			return false;
	}
	return true;
}

static void check_signers(const json_t *v, const json_t *proof, const struct id32 *msg,
			  const json_t *inputs)
{
	const json_t *witness = json_object_get(proof, "witness");
	struct p2pk_signers n;
	struct lerr err = {0};
	struct p2pk lock;
	enum p2pk_kind kind = p2pk_parse(&lock, vec_str(proof, "secret"), &err);
	bool uniform;
	bool may;

	if (str_starts(vec_str(proof, "secret"), "[\"HTLC\"")) {
		assert_int_equal(kind, P2PK_OTHER);
		assert_has(err.msg, "HTLC");
		return;
	}
	if (kind != P2PK_LOCK)
		fail_msg("%s", err.msg);
	assert_int_equal(lock.n_sigs, vec_number(v, "n_sigs"));
	assert_int_equal(lock.n_sigs_refund, vec_number(v, "n_sigs_refund"));
	assert_int_equal(lock.has_locktime, !json_is_null(member(v, "locktime")));
	if (lock.has_locktime)
		assert_int_equal(lock.locktime, vec_number(v, "locktime"));
	assert_int_equal(lock.sig_all, inputs != NULL);
	uniform = is_uniform(inputs, &lock);
	assert_int_equal(uniform, json_is_true(member(v, "inputs_uniform")));
	may = p2pk_may_spend(&lock, witness ? vec_str(proof, "witness") : STR_LIT(""),
			     msg, NOW, &n);
	assert_int_equal(n.main, vec_number(v, "valid_signers_main"));
	assert_int_equal(n.refund, vec_number(v, "valid_signers_refund"));
	assert_int_equal(may && uniform, json_is_true(member(v, "spendable")));
}

static void p2pk(const json_t *v)
{
	const json_t *data = member(v, "data");
	const json_t *inputs;
	struct id32 msg;

	if (strcmp(vec_text(v, "type"), "proof") == 0) {
		msg = p2pk_message(vec_str(data, "secret"));
		assert_string_equal(id32_hex(&msg).c, vec_text(v, "message_sha256"));
		check_signers(v, data, &msg, NULL);
		return;
	}
	inputs = member(data, "inputs");
	msg = message_of(data);
	assert_string_equal(id32_hex(&msg).c, vec_text(v, "sig_all_message_sha256"));
	check_signers(v, json_array_get(inputs, 0), &msg, inputs);
}

static void p2pk_sign(const json_t *v)
{
	auto_buf struct buf witness = BUF_INIT(CAP_CASHU_WITNESS);
	struct nsign_key auto_key key = {{0}};
	struct id32 x;
	uint8_t sig[64];

	assert_signature(v, vec_str(v, "secret"), vec_text(v, "message_sha256"),
			 vec_text(v, "signature_aux_zero"));
	assert_int_equal(nsign_parse(&key, vec_str(v, "privkey"), NULL), LERR_OK);
	assert_int_equal(nsign_pubkey(&x, &key, NULL), LERR_OK);
	assert_string_equal(id32_hex(&x).c, vec_text(v, "nostr_xonly"));
	vec_bytes(sig, sizeof(sig), v, "signature_aux_zero");
	p2pk_add_witness(&witness, sig);
	assert_buf(witness, vec_text(v, "witness"));
}

/* ---- blinded locks */

static void nut28(const json_t *v)
{
	struct ecpoint shared;
	struct ecpoint key;
	struct ecpoint e;
	struct ecscalar p;
	struct id32 x;

	vec_bytes(p.b, sizeof(p.b), v, "p");
	assert_true(ecpoint_parse(&e, vec_str(v, "E")));
	assert_true(ecpoint_parse(&key, vec_str(v, "P")));
	assert_true(ecpoint_mul(&shared, &e, &p));
	x = ecpoint_x(&shared);
	assert_string_equal(id32_hex(&x).c, vec_text(v, "Zx"));
	assert_int_equal(json_array_size(member(v, "r")), P2PK_KEYS);
	for (size_t i = 0; i < P2PK_KEYS; i++) {
		struct ecpoint blinded;
		struct ecscalar r;

		assert_true(p2pk_blind_factor(&r, x.b, i));
		assert_bytes(r.b, sizeof(r.b), json_array_get(member(v, "r"), i));
		assert_true(ecpoint_add_base(&blinded, &key, &r));
		assert_bytes(blinded.b, sizeof(blinded.b),
			     json_array_get(member(v, "P_blinded"), i));
	}
}

/* ---- quotes that are locked to a key */

static void nut20(const json_t *v)
{
	const json_t *request = member(v, "request");
	const json_t *list = member(request, "outputs");
	struct outset_one ones[8] = {{.amount = 0}};
	struct outset s = {.v = ones, .n = json_array_size(list)};
	struct ecpoint key;
	struct id32 msg;
	struct id32 x;
	uint8_t sig[64];

	assert_true(s.n <= ARRAY_LEN(ones));
	for (size_t i = 0; i < s.n; i++)
		assert_true(ecpoint_parse(&ones[i].blinded,
					  vec_str(json_array_get(list, i), "B_")));
	msg = mintmsg_quote_message(vec_str(request, "quote"), &s);
	assert_string_equal(id32_hex(&msg).c, vec_text(v, "message_sha256"));
	assert_true(ecpoint_parse(&key, vec_str(v, "pubkey")));
	vec_bytes(sig, sizeof(sig), request, "signature");
	x = ecpoint_x(&key);
	assert_int_equal(schnorr_verify(&x, sig, msg.b, sizeof(msg.b)),
			 json_is_true(member(v, "valid")));
}

/* Groups that are one case: the lists that vec_add_all() wants. */
static json_t *lists[8];
static size_t nlists;

static void add_one(const char *group, json_t *v, vec_fn fn)
{
	lists[nlists] = json_array();
	(void)json_array_append(lists[nlists], v);
	vec_add_all(group, lists[nlists++], fn);
}

int main(void)
{
	json_t *root = vec_load("cashu.json");
	json_t *mint = json_object_get(root, "fixture_mint");
	int rc;

	file = root;
	vec_add_all("token_v3", json_object_get(root, "token_v3"), token_v3);
	vec_add_all("token_v4", json_object_get(root, "token_v4"), token_v4);
	add_one("token_v4_raw_hex", json_object_get(root, "token_v4_raw_hex"),
		token_v4_raw);
	vec_add_all("token_invalid", json_object_get(root, "token_invalid"), refused);
	vec_add_all("malformed_tokens", json_object_get(root, "malformed_tokens"),
		    refused);
	add_one("tokens of the fixture mint", mint, fixture_tokens);
	add_one("witnesses of the fixture mint", mint, fixture_witnesses);
	vec_add_all("p2pk", json_object_get(root, "p2pk"), p2pk);
	vec_add_all("p2pk_sign", json_object_get(root, "p2pk_sign"), p2pk_sign);
	vec_add_all("nut20", json_object_get(root, "nut20"), nut20);
	add_one("nut28", json_object_get(root, "nut28"), nut28);
	rc = vec_run(3 + 4 + 1 + 2 + 18 + 2 + 20 + 1 + 2 + 1);
	while (nlists)
		json_decref(lists[--nlists]);
	json_decref(root);
	return rc;
}
