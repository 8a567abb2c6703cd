/* SPDX-License-Identifier: MIT */
/* cashu.json: the groups about what a mint does, on the mint of the tests. */
#include "config.h"

#include "tests/peers/mintsign.h"
#include "tests/vectors/vec.h"

#include <string.h>

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

static void assert_is(const void *got, size_t n, const json_t *v, const char *key)
{
	uint8_t want[64];

	vec_bytes(want, n, v, key);
	assert_memory_equal(got, want, n);
}

static void blind_sign(const json_t *v)
{
	struct ecscalar k = scalar(v, "k");
	struct ecpoint blinded = point(v, "B_");
	struct mintsign_sig sig;
	struct dleq d = {.has_r = false};
	struct ecpoint key;

	assert_true(ecpoint_base(&key, &k));
	mintsign_blind(&sig, &k, &key, &blinded);
	assert_is(sig.c.b, sizeof(sig.c.b), v, "C_");
	d.e = sig.e;
	d.s = sig.s;
	assert_true(bdhke_check_signature(&key, &blinded, &sig.c, &d));
}

static void deterministic_nonce(const json_t *v)
{
	struct ecscalar k = scalar(v, "a");
	struct ecpoint key = point(v, "A");
	struct ecpoint blinded = point(v, "B_");
	struct mintsign_sig sig;

	mintsign_blind(&sig, &k, &key, &blinded);
	assert_is(sig.c.b, sizeof(sig.c.b), v, "C_");
	assert_is(sig.e.b, sizeof(sig.e.b), v, "e");
	assert_is(sig.s.b, sizeof(sig.s.b), v, "s");
}

static void full_cycle(const json_t *v)
{
	const json_t *dleq = json_object_get(v, "dleq");
	struct ecscalar k = scalar(v, "k");
	struct ecpoint key = point(v, "K");
	struct ecpoint blinded = point(v, "B_");
	struct ecpoint c = point(v, "C");
	struct mintsign_sig sig;
	struct ecpoint y;

	mintsign_blind(&sig, &k, &key, &blinded);
	assert_is(sig.c.b, sizeof(sig.c.b), v, "C_");
	assert_is(sig.e.b, sizeof(sig.e.b), dleq, "e");
	assert_is(sig.s.b, sizeof(sig.s.b), dleq, "s");
	assert_true(mintsign_is_ours(&y, &k, vec_str(v, "secret_utf8"), &c));
	assert_is(y.b, sizeof(y.b), v, "Y");
	assert_false(mintsign_is_ours(&y, &k, vec_str(v, "r"), &c));
}

int main(void)
{
	json_t *file = vec_load("cashu.json");
	int rc;

	vec_add_all("blind signature", json_object_get(file, "blind_sign"), blind_sign);
	vec_add_all("DLEQ nonce", json_object_get(file, "dleq_deterministic_nonce"),
		    deterministic_nonce);
	vec_add_all("full cycle", json_object_get(file, "full_cycle"), full_cycle);
	rc = vec_run(4 + 1 + 1);
	json_decref(file);
	return rc;
}
