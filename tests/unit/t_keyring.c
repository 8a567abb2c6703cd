/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "keyd/keyring.h"

#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

static void a_ring_takes_only_keys(void **state)
{
	struct keyring *keys = NULL;
	struct nsign_key zero = {{0}};
	struct nsign_key key;
	struct id32 want = unit_id(FACT_PUB1);

	(void)state;
	assert_int_equal(nsign_parse(&key, STR_LIT(FACT_KEY1), NULL), LERR_OK);
	assert_int_equal(keyring_new(&keys, NULL), LERR_OK);
	assert_int_equal(keyring_set(&keys->worker, &zero, NULL), LERR_INPUT);
	assert_true(id32_is_zero(&keys->worker.pubkey));
	assert_int_equal(keyring_set(&keys->worker, &key, NULL), LERR_OK);
	assert_true(id32_eq(&keys->worker.pubkey, &want));
	keyring_free(keys);
	keyring_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_takes_only_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
