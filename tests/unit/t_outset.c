/* SPDX-License-Identifier: MIT */
/* Outputs, and a mint of a few keys that signs them. */
#include "config.h"

#include "lib/proto/outset.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/p2pk.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { KEYS = 5 };

#define SOME_POINT "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define OTHER_POINT "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"

/* The id is not made of the keys: nobody here asks. */
struct mint {
	struct keyset keys;
	struct ecscalar secret[KEYS];
};

static struct keyset_id id(const char *hex)
{
	struct keyset_id out;

	assert_int_equal(keyset_id_parse(&out, str_of(hex), NULL), LERR_OK);
	return out;
}

static struct ecpoint point(const char *hex)
{
	struct ecpoint p;

	assert_true(ecpoint_parse(&p, str_of(hex)));
	return p;
}

static struct mint new_mint(void)
{
	struct mint m = {.keys = {.n = KEYS}};

	m.keys.id = id("00b365994885c32b");
	for (size_t i = 0; i < KEYS; i++) {
		m.keys.amounts[i] = UINT64_C(1) << i;
		ecpoint_random_scalar(&m.secret[i]);
		assert_true(ecpoint_base(&m.keys.keys[i], &m.secret[i]));
	}
	return m;
}

/* R1 = wG, R2 = wB_, e = hash_e(R1, R2, A, C_), s = w + ea. */
static struct dleq prove(const struct ecscalar *a, const struct ecpoint *key,
			 const struct ecpoint *blinded, const struct ecpoint *c)
{
	struct ecscalar w;
	struct ecpoint r1;
	struct ecpoint r2;
	const struct ecpoint *points[] = {&r1, &r2, key, c};
	struct dleq d = {.has_r = false};

	ecpoint_random_scalar(&w);
	assert_true(ecpoint_base(&r1, &w));
	assert_true(ecpoint_mul(&r2, blinded, &w));
	assert_true(bdhke_hash_e(&d.e, points, 4));
	assert_true(ecpoint_scalar_mul(&d.s, &d.e, a));
	assert_true(ecpoint_scalar_add(&d.s, &d.s, &w));
	return d;
}

static struct mintmsg_signature sign(const struct mint *m, const struct ecpoint *blinded,
				     uint64_t amount)
{
	struct mintmsg_signature sig = {.amount = amount, .id = m->keys.id};
	size_t i = 0;

	while (m->keys.amounts[i] != amount)
		i++;
	assert_true(ecpoint_mul(&sig.c, blinded, &m->secret[i]));
	sig.has_dleq = true;
	sig.dleq = prove(&m->secret[i], &m->keys.keys[i], blinded, &sig.c);
	return sig;
}

static struct nut13_seed seed(void)
{
	struct nut13_seed s;

	memset(s.b, 0x5a, sizeof(s.b));
	return s;
}

/* ---- making outputs */

static void outputs_are_blinded_secrets(void **state)
{
	struct keyset_id k = id("00b365994885c32b");
	struct outset auto_outset s;
	struct ecpoint want;

	(void)state;
	outset_init(&s, &k);
	outset_add_random(&s, 4, true);
	outset_add_random(&s, 8, false);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[0].amount, 4);
	assert_true(s.v[0].for_customer);
	assert_false(s.v[1].for_customer);
	assert_string_not_equal(s.v[0].secret, s.v[1].secret);
	for (size_t i = 0; i < s.n; i++) {
		struct id32 digits;

		assert_true(id32_parse(&digits, str_of(s.v[i].secret)));
		assert_true(bdhke_blind(&want, str_of(s.v[i].secret), &s.v[i].r));
		assert_true(ecpoint_eq(&want, &s.v[i].blinded));
		assert_int_equal(outset_find(&s, &want), i);
	}
	want = point(SOME_POINT);
	assert_true(outset_find(&s, &want) == SIZE_MAX);
}

static void what_cannot_be_an_output_is_refused(void **state)
{
	char long_secret[CAP_CASHU_SECRET + 1];
	struct keyset_id k = id("00b365994885c32b");
	struct ecscalar zero = {{0}};
	struct ecscalar one = {{0}};
	struct outset auto_outset s;

	(void)state;
	memset(long_secret, 'x', sizeof(long_secret));
	one.b[31] = 1;
	outset_init(&s, &k);
	assert_false(outset_add(&s, 1, STR_LIT("x"), &zero, false));
	assert_false(outset_add(&s, 1, STR_LIT(""), &one, false));
	assert_false(outset_add(&s, 1, STR_LIT("a\0b"), &one, false));
	assert_false(outset_add(&s, 1, (struct str){long_secret, sizeof(long_secret)},
				&one, false));
	assert_int_equal(s.n, 0);
	assert_true(outset_add(&s, 1, (struct str){long_secret, sizeof(long_secret) - 1},
			       &one, false));
	assert_int_equal(s.n, 1);
}

static void derived_outputs_are_those_of_the_seed(void **state)
{
	static const char *const ids[] = {
		"00b365994885c32b",
		"0166eabe9c1095327477db2b3838dd34bcf67fe3c6c196221dc5f91eed2fb42810",
	};
	struct nut13_seed sd = seed();

	(void)state;
	for (size_t j = 0; j < ARRAY_LEN(ids); j++) {
		struct keyset_id k = id(ids[j]);
		struct outset auto_outset s;
		uint64_t counter = 41;

		outset_init(&s, &k);
		for (uint64_t i = 0; i < 3; i++)
			outset_add_derived(&s, i, &sd, &counter, false);
		assert_int_equal(counter, 44);
		for (uint64_t i = 0; i < 3; i++) {
			struct nut13_pair pair;

			assert_true(nut13_derive(&pair, &sd, &k, 41 + i));
			assert_string_equal(s.v[i].secret, pair.secret);
			assert_memory_equal(s.v[i].r.b, pair.r.b, sizeof(pair.r.b));
		}
	}
}

static void derive_behind_the_last(void *arg)
{
	struct keyset_id k = id("00b365994885c32b");
	struct nut13_seed sd = seed();
	struct outset s;

	outset_init(&s, &k);
	outset_add_derived(&s, 1, &sd, arg, false);
}

static void a_keyset_without_counters_panics(void **state)
{
	uint64_t counter = UINT64_C(1) << 31;

	(void)state;
	assert_true(unit_panics(derive_behind_the_last, &counter));
}

static void locked_outputs_name_the_key(void **state)
{
	struct ecpoint key = point(SOME_POINT);
	struct ecpoint refund = point(OTHER_POINT);
	struct keyset_id k = id("00b365994885c32b");
	struct outset auto_outset s;
	struct p2pk lock;

	(void)state;
	outset_init(&s, &k);
	outset_add_locked(&s, 1, &key, 0, NULL, true);
	outset_add_locked(&s, 2, &key, 1800000000, &refund, true);
	assert_int_equal(p2pk_parse(&lock, str_of(s.v[0].secret), NULL), P2PK_LOCK);
	assert_int_equal(p2pk_find(&lock, &key), 0);
	assert_false(lock.has_locktime);
	assert_int_equal(p2pk_parse(&lock, str_of(s.v[1].secret), NULL), P2PK_LOCK);
	assert_int_equal(lock.locktime, 1800000000);
	assert_int_equal(lock.nrefund, 1);
	assert_true(ecpoint_eq(&lock.keys[1], &refund));
}

static void sorting_keeps_the_order_of_equals(void **state)
{
	static const uint64_t amounts[] = {8, 1, 0, 4, 1, 8, 0, 2};
	static const uint64_t sorted[] = {0, 0, 1, 1, 2, 4, 8, 8};
	struct keyset_id k = id("00b365994885c32b");
	struct nut13_seed sd = seed();
	struct outset auto_outset s;
	uint64_t counter = 0;

	(void)state;
	outset_init(&s, &k);
	outset_sort(&s);
	for (size_t i = 0; i < ARRAY_LEN(amounts); i++)
		outset_add_derived(&s, amounts[i], &sd, &counter, i == 4);
	outset_sort(&s);
	for (size_t i = 0; i < s.n; i++) {
		struct ecpoint blinded;

		assert_int_equal(s.v[i].amount, sorted[i]);
		assert_true(bdhke_blind(&blinded, str_of(s.v[i].secret), &s.v[i].r));
		assert_int_equal(outset_find(&s, &blinded), i);
		assert_int_equal(s.v[i].for_customer, i == 3);
	}
}

/* ---- signatures */

static void signatures_become_proofs(void **state)
{
	struct mint m = new_mint();
	struct mintmsg_signature sigs[KEYS];
	struct cashuproof proofs[KEYS];
	struct outset auto_outset s;

	(void)state;
	outset_init(&s, &m.keys.id);
	for (size_t i = 0; i < KEYS; i++) {
		outset_add_random(&s, m.keys.amounts[i], false);
		sigs[i] = sign(&m, &s.v[i].blinded, s.v[i].amount);
	}
	assert_int_equal(outset_unblind_all(proofs, &s, sigs, KEYS, &m.keys, true, NULL),
			 LERR_OK);
	for (size_t i = 0; i < KEYS; i++) {
		struct ecpoint want;

		assert_int_equal(proofs[i].amount, m.keys.amounts[i]);
		assert_string_equal(proofs[i].id.c, m.keys.id.c);
		assert_string_equal(proofs[i].secret, s.v[i].secret);
		assert_ptr_not_equal(proofs[i].secret, s.v[i].secret);
		assert_true(bdhke_hash_to_curve(&want, str_of(proofs[i].secret)));
		assert_true(ecpoint_mul(&want, &want, &m.secret[i]));
		assert_true(ecpoint_eq(&want, &proofs[i].c));
		/* whoever gets it can check it */
		assert_true(proofs[i].has_dleq && proofs[i].dleq.has_r);
		assert_true(bdhke_check_proof(&m.keys.keys[i], str_of(proofs[i].secret),
					      &proofs[i].c, &proofs[i].dleq));
		assert_false(proofs[i].has_ephemeral);
		cashutok_wipe_proof(&proofs[i]);
	}
}

static void a_blank_takes_the_amount_of_its_signature(void **state)
{
	struct mint m = new_mint();
	struct mintmsg_signature sig;
	struct cashuproof proof;
	struct outset auto_outset s;

	(void)state;
	outset_init(&s, &m.keys.id);
	outset_add_random(&s, 0, false);
	sig = sign(&m, &s.v[0].blinded, 8);
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, NULL),
			 LERR_OK);
	assert_int_equal(proof.amount, 8);
	cashutok_wipe_proof(&proof);
	/* what the mint says it is must be what it has signed */
	sig.amount = 16;
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, NULL),
			 LERR_INPUT);
	sig.amount = 0;
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, false, NULL),
			 LERR_INPUT);
}

static void a_dleq_may_be_wanted(void **state)
{
	struct mint m = new_mint();
	struct mintmsg_signature sig;
	struct cashuproof proof;
	struct outset auto_outset s;
	struct lerr err;

	(void)state;
	outset_init(&s, &m.keys.id);
	outset_add_random(&s, 2, false);
	sig = sign(&m, &s.v[0].blinded, 2);
	sig.has_dleq = false;
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "without DLEQ");
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, false, NULL),
			 LERR_OK);
	assert_false(proof.has_dleq);
	cashutok_wipe_proof(&proof);
	/* one that is there is checked in any case */
	sig.has_dleq = true;
	sig.dleq.s.b[0] ^= 1;
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, false, &err),
			 LERR_INPUT);
	assert_has(err.msg, "wrong DLEQ");
}

static void other_signatures_are_refused(void **state)
{
	struct mint m = new_mint();
	struct mintmsg_signature good;
	struct mintmsg_signature sig;
	struct cashuproof proof = {.amount = 77};
	struct outset auto_outset s;
	struct lerr err;

	(void)state;
	outset_init(&s, &m.keys.id);
	outset_add_random(&s, 2, false);
	good = sign(&m, &s.v[0].blinded, 2);
	sig = good;
	sig.id = id("00b365994885c32c");
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "keyset 00b365994885c32c");
	sig = sign(&m, &s.v[0].blinded, 4);
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "for 4, not 2");
	sig = good;
	sig.amount = 64;
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "no key");
	sig = good;
	sig.c = point(SOME_POINT);
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, true, NULL),
			 LERR_INPUT);
	/* C_ = rK would leave nothing */
	sig.has_dleq = false;
	assert_true(ecpoint_mul(&sig.c, &m.keys.keys[1], &s.v[0].r));
	assert_int_equal(outset_unblind(&proof, &s, 0, &sig, &m.keys, false, NULL),
			 LERR_INPUT);
	assert_int_equal(proof.amount, 77);
}

static void all_or_none(void **state)
{
	struct mint m = new_mint();
	struct mintmsg_signature sigs[3];
	struct mintmsg_signature swapped;
	struct cashuproof proofs[3] = {{.amount = 77}, {.amount = 77}, {.amount = 77}};
	struct outset auto_outset s;
	struct lerr err;

	(void)state;
	outset_init(&s, &m.keys.id);
	assert_int_equal(outset_unblind_all(proofs, &s, sigs, 0, &m.keys, true, NULL),
			 LERR_OK);
	for (size_t i = 0; i < 3; i++) {
		outset_add_random(&s, 2, false);
		sigs[i] = sign(&m, &s.v[i].blinded, 2);
	}
	assert_int_equal(outset_unblind_all(proofs, &s, sigs, 2, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "2 signatures for 3 outputs");
	swapped = sigs[1];
	sigs[1] = sigs[2];
	sigs[2] = swapped;
	assert_int_equal(outset_unblind_all(proofs, &s, sigs, 3, &m.keys, true, &err),
			 LERR_INPUT);
	assert_has(err.msg, "output 1");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(proofs[i].amount, 77);
}

static void unblind_with_other_keys(void *arg)
{
	const struct mint *m = arg;
	struct keyset_id k = id("00b365994885c32c");
	struct mintmsg_signature sig;
	struct cashuproof proof;
	struct outset s;
	enum lerr_code rc;

	outset_init(&s, &k);
	outset_add_random(&s, 2, false);
	sig = sign(m, &s.v[0].blinded, 2);
	rc = outset_unblind(&proof, &s, 0, &sig, &m->keys, true, NULL);
	(void)rc;
}

static void keys_of_another_keyset_panic(void **state)
{
	struct mint m = new_mint();

	(void)state;
	assert_true(unit_panics(unblind_with_other_keys, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_blinded_secrets),
		cmocka_unit_test(what_cannot_be_an_output_is_refused),
		cmocka_unit_test(derived_outputs_are_those_of_the_seed),
		cmocka_unit_test(a_keyset_without_counters_panics),
		cmocka_unit_test(locked_outputs_name_the_key),
		cmocka_unit_test(sorting_keeps_the_order_of_equals),
		cmocka_unit_test(signatures_become_proofs),
		cmocka_unit_test(a_blank_takes_the_amount_of_its_signature),
		cmocka_unit_test(a_dleq_may_be_wanted),
		cmocka_unit_test(other_signatures_are_refused),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(keys_of_another_keyset_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
