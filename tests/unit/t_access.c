/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/access.h"

#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

/* x coordinates of 1*G, 2*G, 3*G: keys that are on the curve */
#define KEY1 "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define KEY2 "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
#define KEY3 "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
/* the example of NIP-19, both ways */
#define KEY4 "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
#define NPUB4 "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"

static enum lerr_code load(struct access **out, const char *text, struct lerr *err)
{
	struct conf *c = conf_new();
	enum lerr_code rc =
		conf_read_text(c, str_of(text), "test.conf", CONF_REFUSE_SECRETS, err);

	assert_int_equal(rc, LERR_OK);
	rc = access_new(out, c, err);
	conf_free(c);
	return rc;
}

static struct access_verdict ask(const char *text, const char *key)
{
	struct access *a = NULL;
	struct lerr err = {0};
	struct id32 id = unit_id(key);
	struct access_verdict v;

	if (load(&a, text, &err))
		fail_msg("%s", err.msg);
	v = access_check(a, &id);
	access_free(a);
	return v;
}

static void an_empty_list_lets_nobody_in(void **state)
{
	struct access_verdict v = ask("", KEY1);

	(void)state;
	assert_false(v.allowed);
	assert_false(v.free);
}

static void listed_keys_run_free(void **state)
{
	(void)state;
	assert_true(ask("WHITELIST=" KEY1 "," KEY2, KEY2).free);
	assert_true(ask("FREELIST=" KEY1, KEY1).free);
	assert_true(ask("ALLOW_UNPAID_PUBKEYS=" KEY2 "\nFREELIST=" KEY1, KEY2).free);
	assert_false(ask("FREELIST=" KEY1, KEY2).allowed);
}

static void open_lets_strangers_in_but_not_for_free(void **state)
{
	struct access_verdict v = ask("ACCESS=open\nFREELIST=" KEY1, KEY2);

	(void)state;
	assert_true(v.allowed);
	assert_false(v.free);
	assert_false(v.known);
	assert_true(ask("ACCESS=open\nFREELIST=" KEY1, KEY1).free);
}

static void a_bad_word_names_its_place(void **state)
{
	struct access *a = NULL;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(load(&a, "ACCESS=open\nFREELIST=" KEY1 ",npub1nonsense", &err),
			 LERR_INPUT);
	assert_has(err.msg, "test.conf:2: FREELIST");
	assert_has(err.msg, "npub1nonsense");
	assert_null(a);
	/* upper case would never match what is on the wire */
	assert_int_equal(
		load(&a,
		     "WHITELIST=79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F28"
		     "15B16F81798",
		     &err),
		LERR_INPUT);
}

static void npub_and_hex_are_the_same_key(void **state)
{
	(void)state;
	assert_true(ask("WHITELIST=" KEY3 "," NPUB4, KEY4).allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_lets_nobody_in),
		cmocka_unit_test(listed_keys_run_free),
		cmocka_unit_test(open_lets_strangers_in_but_not_for_free),
		cmocka_unit_test(a_bad_word_names_its_place),
		cmocka_unit_test(npub_and_hex_are_the_same_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
