/* SPDX-License-Identifier: MIT */
/* cashu.json: the groups about points, blinding, keysets and amounts. The mint's side of
 * blinding is done here with plain points. */
#include "config.h"

#include "lib/proto/bdhke.h"
#include "lib/proto/bip39.h"
#include "lib/proto/hash.h"
#include "lib/proto/keyset.h"
#include "lib/proto/nut13.h"
#include "tests/vectors/vec.h"

#include <string.h>

static const json_t *key_lists; /* keysets.keys */
static const json_t *fixture;
static struct keyset fixture_keys;

/* ---- members */

static struct ecpoint point(const json_t *v, const char *key)
{
	struct ecpoint p;

	if (!ecpoint_parse(&p, vec_str(v, key)))
		fail_msg("%s is no point", key);
	return p;
}

static struct ecscalar scalar(const json_t *v, const char *key)
{
	struct ecscalar k;

	vec_bytes(k.b, sizeof(k.b), v, key);
	return k;
}

static struct dleq dleq(const json_t *v)
{
	struct dleq d = {.e = scalar(v, "e"), .s = scalar(v, "s")};

	d.has_r = json_object_get(v, "r") != NULL;
	if (d.has_r)
		d.r = scalar(v, "r");
	return d;
}

/* Text, or bytes in hex. The view is of out. */
static struct str message(uint8_t out[512], const json_t *v, const char *text,
			  const char *hex)
{
	struct str s;

	if (json_object_get(v, text))
		return vec_str(v, text);
	s = vec_str(v, hex);
	vec_bytes(out, s.n / 2, v, hex);
	return (struct str){(const char *)out, s.n / 2};
}

static void assert_point(const struct ecpoint *got, const json_t *v, const char *key)
{
	assert_string_equal(ecpoint_hex(got).c, vec_text(v, key));
}

/* ---- blinding */

static void hash_to_curve(const json_t *v)
{
	uint8_t bytes[512];
	struct ecpoint y;

	assert_true(bdhke_hash_to_curve(
		&y, message(bytes, v, "message_utf8", "message_hex")));
	assert_point(&y, v, "Y");
}

static void blind(const json_t *v)
{
	struct ecscalar r = scalar(v, "r");
	uint8_t bytes[512];
	struct ecpoint b;

	assert_true(bdhke_blind(&b, message(bytes, v, "x_utf8", "x_hex"), &r));
	assert_point(&b, v, "B_");
}

static void blind_sign(const json_t *v)
{
	struct ecscalar k = scalar(v, "k");
	struct ecpoint b = point(v, "B_");
	struct ecpoint c;

	assert_true(ecpoint_mul(&c, &b, &k));
	assert_point(&c, v, "C_");
}

static void unblind(const json_t *v)
{
	struct ecscalar r = scalar(v, "r");
	struct ecpoint signature = point(v, "C_");
	struct ecpoint key = point(v, "K");
	struct ecpoint c;

	assert_true(bdhke_unblind(&c, &signature, &r, &key));
	assert_point(&c, v, "C");
}

static void full_cycle(const json_t *v)
{
	struct ecscalar r = scalar(v, "r");
	struct ecscalar k = scalar(v, "k");
	struct dleq d = dleq(json_object_get(v, "dleq"));
	struct str secret = vec_str(v, "secret_utf8");
	struct ecpoint key;
	struct ecpoint y;
	struct ecpoint b;
	struct ecpoint c;
	struct ecpoint signature;

	assert_true(ecpoint_base(&key, &k));
	assert_point(&key, v, "K");
	assert_true(bdhke_hash_to_curve(&y, secret));
	assert_point(&y, v, "Y");
	assert_true(bdhke_blind(&b, secret, &r));
	assert_point(&b, v, "B_");
	assert_true(ecpoint_mul(&signature, &b, &k));
	assert_point(&signature, v, "C_");
	assert_true(bdhke_unblind(&c, &signature, &r, &key));
	assert_point(&c, v, "C");
	assert_true(ecpoint_mul(&y, &y, &k));
	assert_true(ecpoint_eq(&c, &y));
	assert_true(bdhke_check_signature(&key, &b, &signature, &d));
	assert_true(bdhke_check_proof(&key, secret, &c, &d));
}

/* ---- DLEQ */

static void dleq_hash_e(const json_t *v)
{
	struct ecpoint r1 = point(v, "R1");
	struct ecpoint r2 = point(v, "R2");
	struct ecpoint key = point(v, "K");
	struct ecpoint c = point(v, "C_");
	const struct ecpoint *points[] = {&r1, &r2, &key, &c};
	struct ecscalar want = scalar(v, "e");
	struct ecscalar e;

	assert_true(bdhke_hash_e(&e, points, 4));
	assert_memory_equal(e.b, want.b, sizeof(want.b));
}

static void dleq_blind_signature(const json_t *v)
{
	struct ecpoint key = point(v, "A");
	struct ecpoint b = point(v, "B_");
	struct ecpoint c = point(v, "C_");
	struct dleq d = dleq(v);

	/* the group of nonces has only valid ones */
	assert_int_equal(bdhke_check_signature(&key, &b, &c, &d),
			 !json_is_false(json_object_get(v, "valid")));
}

static void dleq_proof(const json_t *v)
{
	struct dleq d = dleq(json_object_get(v, "dleq"));
	struct ecpoint key = point(v, "A");
	struct ecpoint c = point(v, "C");
	struct ecpoint b;

	assert_int_equal(bdhke_check_proof(&key, vec_str(v, "secret"), &c, &d),
			 json_is_true(json_object_get(v, "valid")));
	if (json_object_get(v, "derived_B_")) {
		assert_true(bdhke_blind(&b, vec_str(v, "secret"), &d.r));
		assert_point(&b, v, "derived_B_");
	}
	d.has_r = false;
	assert_false(bdhke_check_proof(&key, vec_str(v, "secret"), &c, &d));
}

/* ---- NUT-28, as far as it is points and scalars */

static void blinded_lock(const json_t *v)
{
	struct ecscalar p = scalar(v, "p");
	struct ecscalar negative = p;
	struct ecpoint e = point(v, "E");
	struct ecpoint key = point(v, "P");
	struct ecpoint shared;
	struct id32 x;
	size_t slots = json_array_size(json_object_get(v, "r"));

	assert_true(ecpoint_mul(&shared, &e, &p));
	x = ecpoint_x(&shared);
	assert_string_equal(id32_hex(&x).c, vec_text(v, "Zx"));
	assert_true(ecpoint_scalar_negate(&negative));
	assert_int_equal(slots, 11);
	for (size_t i = 0; i < slots; i++) {
		static const char *const lists[] = {"r", "P_blinded", "sk_std", "sk_neg"};
		json_t *slot = json_object();
		struct ecscalar sum;
		struct ecscalar r;
		struct ecscalar want;
		struct ecpoint blinded;

		for (size_t j = 0; j < ARRAY_LEN(lists); j++)
			json_object_set(slot, lists[j],
					json_array_get(json_object_get(v, lists[j]), i));
		r = scalar(slot, "r");
		assert_true(ecpoint_add_base(&blinded, &key, &r));
		assert_point(&blinded, slot, "P_blinded");
		want = scalar(slot, "sk_std");
		assert_true(ecpoint_scalar_add(&sum, &p, &r));
		assert_memory_equal(sum.b, want.b, sizeof(want.b));
		want = scalar(slot, "sk_neg");
		assert_true(ecpoint_scalar_add(&sum, &negative, &r));
		assert_memory_equal(sum.b, want.b, sizeof(want.b));
		json_decref(slot);
	}
}

/* ---- keysets */

static void keys_invalid(const json_t *v)
{
	struct keyset k = {.n = 7};

	assert_int_equal(keyset_read_keys(&k, json_object_get(v, "keys"), NULL),
			 LERR_INPUT);
	assert_int_equal(k.n, 7);
}

static void read_keyset(struct keyset *k, const json_t *v)
{
	const json_t *expiry = json_object_get(v, "final_expiry");
	const json_t *ppk = json_object_get(v, "input_fee_ppk");

	*k = (struct keyset){0};
	assert_int_equal(keyset_read_keys(k,
					  json_object_get(key_lists, vec_text(v, "keys")),
					  NULL),
			 LERR_OK);
	assert_int_equal(keyset_id_parse(&k->id, vec_str(v, "id"), NULL), LERR_OK);
	k->ppk = json_is_integer(ppk) ? vec_u64(ppk) : 0;
	k->final_expiry = json_is_integer(expiry) ? vec_u64(expiry) : 0;
}

static void keyset_v1(const json_t *v)
{
	struct keyset k;

	read_keyset(&k, v);
	assert_string_equal(keyset_id_v1(&k).c, vec_text(v, "id"));
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	k.keys[0] = k.keys[1];
	assert_int_equal(keyset_check_id(&k, NULL), LERR_INPUT);
}

static void keyset_v2(const json_t *v)
{
	struct keyset_id brief;
	struct keyset k;

	read_keyset(&k, v);
	/* upper case is the same unit */
	str_copy(k.unit, sizeof(k.unit), STR_LIT("SAT"));
	assert_string_equal(keyset_id_v2(&k).c, vec_text(v, "id"));
	assert_int_equal(keyset_check_id(&k, NULL), LERR_OK);
	assert_int_equal(keyset_id_parse(&brief, vec_str(v, "short_id"), NULL), LERR_OK);
	assert_true(keyset_id_names(&brief, &k.id));
	k.ppk++;
	assert_int_equal(keyset_check_id(&k, NULL), LERR_INPUT);
}

/* ---- amounts */

static void fees(const json_t *v)
{
	const json_t *inputs = json_object_get(v, "ppk_per_input");
	uint64_t sum = 0;

	for (size_t i = 0; i < json_array_size(inputs); i++)
		assert_true(amount_add(&sum, vec_u64(json_array_get(inputs, i))));
	assert_int_equal(keyset_fee(sum), vec_number(v, "fee"));
}

static void assert_parts(const uint64_t *parts, size_t n, const json_t *v)
{
	const json_t *want = json_object_get(v, "parts");

	assert_int_equal(n, json_array_size(want));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(parts[i], vec_u64(json_array_get(want, i)));
}

static void amount_split(const json_t *v)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	assert_true(keyset_split(&fixture_keys, vec_u64(json_object_get(v, "amount")),
				 parts, &n));
	assert_parts(parts, n, v);
}

static void blank_outputs(const json_t *v)
{
	assert_int_equal(keyset_blanks(vec_number(v, "fee_reserve")), vec_number(v, "n"));
}

static void gross_for_net(const json_t *v)
{
	struct keyset k = fixture_keys;
	uint64_t parts[KEYSET_PARTS_MAX];
	uint64_t gross;
	size_t n;

	k.ppk = vec_number(v, "ppk");
	assert_true(keyset_gross(&k, vec_number(v, "net"), &gross));
	assert_int_equal(gross, vec_number(v, "gross"));
	assert_true(keyset_split(&k, gross, parts, &n));
	assert_parts(parts, n, v);
}

/* ---- deterministic secrets */

static struct nut13_seed seed;
static struct keyset_id seed_keyset;

static void nut13_words(const json_t *v)
{
	uint8_t entropy[BIP39_ENTROPY_MAX];
	uint8_t want[64];
	size_t n;

	assert_int_equal(bip39_read(entropy, &n, vec_str(v, "mnemonic"), NULL), LERR_OK);
	bip39_seed(&seed, entropy, n);
	vec_bytes(want, sizeof(want), v, "bip39_seed");
	assert_memory_equal(seed.b, want, sizeof(want));
}

static void keyset_id_int(const json_t *v)
{
	struct keyset_id id;
	uint32_t number;

	assert_int_equal(keyset_id_parse(&id, vec_str(v, "id"), NULL), LERR_OK);
	assert_true(nut13_keyset_number(&number, &id));
	assert_int_equal(number, vec_number(v, "int"));
}

/* The seed is the one of the words before. */
static void nut13_item(const json_t *v)
{
	struct ecscalar r = scalar(v, "r");
	struct nut13_pair pair;

	assert_true(nut13_derive(&pair, &seed, &seed_keyset, vec_number(v, "counter")));
	assert_string_equal(pair.secret, vec_text(v, "secret"));
	assert_memory_equal(pair.r.b, r.b, sizeof(r.b));
}

static void nut13_list(const json_t *v)
{
	const json_t *items = json_object_get(v, "items");

	assert_int_equal(keyset_id_parse(&seed_keyset, vec_str(v, "keyset_id"), NULL),
			 LERR_OK);
	assert_int_equal(json_array_size(items), 5);
	for (size_t i = 0; i < json_array_size(items); i++)
		nut13_item(json_array_get(items, i));
}

/* ---- the made-up mint of the file */

/* Its key for an amount is the SHA-256 of some text with the amount. */
static struct ecscalar fixture_key(uint64_t amount)
{
	auto_buf struct buf text = BUF_INIT(64);
	struct ecscalar k;
	struct id32 h;

	buf_add_c(&text, "cashu-test-mint|");
	buf_add_u64(&text, amount);
	h = hash_sha256(text.p, text.n);
	memcpy(k.b, h.b, sizeof(k.b));
	return k;
}

static void fixture_has_its_keys_and_ids(const json_t *v)
{
	struct keyset k = fixture_keys;

	assert_int_equal(k.n, 64);
	for (size_t i = 0; i < k.n; i++) {
		struct ecscalar secret = fixture_key(k.amounts[i]);
		struct ecpoint key;

		assert_int_equal(k.amounts[i], UINT64_C(1) << i);
		assert_true(ecpoint_base(&key, &secret));
		assert_true(ecpoint_eq(&key, keyset_key(&k, k.amounts[i])));
	}
	assert_string_equal(keyset_id_v1(&k).c, vec_text(v, "keyset_id_v1"));
	k.ppk = 100;
	str_copy(k.unit, sizeof(k.unit), STR_LIT("sat"));
	assert_string_equal(keyset_id_v2(&k).c, vec_text(v, "keyset_id_v2_sat_fee100"));
}

static void fixture_proof(const json_t *v)
{
	struct ecscalar k = fixture_key(vec_number(v, "amount"));
	const struct ecpoint *key = keyset_key(&fixture_keys, vec_number(v, "amount"));
	struct dleq d = dleq(json_object_get(v, "dleq"));
	struct ecpoint c = point(v, "C");
	struct ecpoint again;

	assert_true(bdhke_check_proof(key, vec_str(v, "secret"), &c, &d));
	assert_true(bdhke_hash_to_curve(&again, vec_str(v, "secret")));
	assert_true(ecpoint_mul(&again, &again, &k));
	assert_true(ecpoint_eq(&again, &c));
	d.r.b[31] ^= 1;
	assert_false(bdhke_check_proof(key, vec_str(v, "secret"), &c, &d));
}

/* A list of one. */
static json_t *alone(json_t *v)
{
	json_t *list = json_array();

	assert_int_equal(json_array_append(list, v), 0);
	return list;
}

static void add(const json_t *file)
{
	const json_t *keysets = json_object_get(file, "keysets");
	static const struct {
		const char *name;
		vec_fn fn;
	} groups[] = {
		{"hash_to_curve", hash_to_curve},
		{"blind", blind},
		{"blind_sign", blind_sign},
		{"unblind", unblind},
		{"full_cycle", full_cycle},
		{"dleq_hash_e", dleq_hash_e},
		{"dleq_deterministic_nonce", dleq_blind_signature},
		{"dleq_blind_signature", dleq_blind_signature},
		{"dleq_proof", dleq_proof},
		{"keys_invalid", keys_invalid},
		{"fees", fees},
		{"amount_split", amount_split},
		{"blank_outputs", blank_outputs},
		{"gross_for_net", gross_for_net},
		{"keyset_id_int", keyset_id_int},
	};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		vec_add_all(groups[i].name, json_object_get(file, groups[i].name),
			    groups[i].fn);
	vec_add_all("keyset 00", json_object_get(keysets, "v1"), keyset_v1);
	vec_add_all("keyset 01", json_object_get(keysets, "v2"), keyset_v2);
	vec_add_all("plain proof", json_object_get(fixture, "proofs_plain"),
		    fixture_proof);
	vec_add_all("locked proof", json_object_get(fixture, "proofs_p2pk"),
		    fixture_proof);
}

int main(void)
{
	json_t *file = vec_load("cashu.json");
	json_t *mint;
	json_t *lock;
	json_t *words;
	json_t *lists;
	int rc;

	key_lists = json_object_get(json_object_get(file, "keysets"), "keys");
	fixture = json_object_get(file, "fixture_mint");
	if (keyset_read_keys(&fixture_keys, json_object_get(fixture, "pubkeys"), NULL))
		return 1;
	mint = alone(json_object_get(file, "fixture_mint"));
	lock = alone(json_object_get(file, "nut28"));
	words = json_object_get(file, "nut13");
	lists = alone(json_object_get(words, "v1"));
	(void)json_array_append(lists, json_object_get(words, "v2"));
	words = alone(words);
	add(file);
	vec_add_all("fixture mint", mint, fixture_has_its_keys_and_ids);
	vec_add_all("nut28", lock, blinded_lock);
	vec_add_all("nut13 words", words, nut13_words);
	vec_add_all("nut13", lists, nut13_list);
	rc = vec_run(8 + 3 + 4 + 2 + 1 + 1 + 1 + 4 + 2 + 2 + 14 + 12 + 13 + 8 + 2 + 3 +
		     3 + 2 + 1 + 1 + 1 + 1 + 2);
	json_decref(mint);
	json_decref(lock);
	json_decref(words);
	json_decref(lists);
	json_decref(file);
	return rc;
}
