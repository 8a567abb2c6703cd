/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/relayconn.h"

#include <stdio.h>

enum { START = 1000000 };

static struct wsc_end ended(enum wsc_fault fault, const char *why)
{
	struct wsc_end e = {.fault = fault};

	(void)snprintf(e.why, sizeof(e.why), "%s", why);
	return e;
}

/* Milliseconds until the next try after one more failure. */
static uint64_t lose(struct relayconn *c, const struct wsc_end *e, uint64_t now)
{
	relayconn_dialed(c, 1);
	relayconn_closed(c, e, now, 1);
	assert_int_equal(c->state, RELAYCONN_WAITING);
	return c->dial_at_ms - now;
}

static void failures_are_waited_off_longer_and_longer(void **state)
{
	struct relayconn c;
	struct wsc_end e = ended(WSC_NO_ROUTE, "nobody");
	uint64_t ceiling = 1000;

	(void)state;
	relayconn_init(&c, START, 1);
	assert_string_equal(relayconn_word(&c), "waiting");
	for (int i = 0; i < 12; i++) {
		assert_true(lose(&c, &e, START) <= ceiling);
		ceiling = ceiling * 2 < 300000 ? ceiling * 2 : 300000;
	}
	assert_int_equal(c.backoff.ceiling_ms, 300000);
	assert_string_equal(c.why, "nobody");
}

static void only_a_stable_and_useful_connection_starts_anew(void **state)
{
	struct wsc_end e = ended(WSC_LOST, "gone");
	static const struct {
		uint64_t open_ms;
		bool useful;
		bool anew;
	} cases[] = {{60000, true, true},
		     {59999, true, false},
		     {600000, false, false},
		     {1, true, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relayconn c;

		relayconn_init(&c, START, 1);
		for (int k = 0; k < 10; k++)
			(void)lose(&c, &e, START);
		relayconn_dialed(&c, 1);
		relayconn_opened(&c, START, 2);
		assert_string_equal(relayconn_word(&c), "up");
		assert_string_equal(c.why, "");
		c.useful = cases[i].useful;
		relayconn_closed(&c, &e, START + cases[i].open_ms, 3);
		assert_int_equal(c.backoff.ceiling_ms == 2000, cases[i].anew);
	}
}

static void a_refusal_by_status_is_respected(void **state)
{
	struct wsc_end e = ended(WSC_HTTP, "429");

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct relayconn c;

		relayconn_init(&c, START, 1);
		e.retry_after_s = 0;
		assert_in_range(lose(&c, &e, START), 60000, 120000);
		e.retry_after_s = 600;
		assert_in_range(lose(&c, &e, START), 600000, 900000);
		e.retry_after_s = 86400;
		assert_in_range(lose(&c, &e, START), 3600000, 3900000);
	}
}

static void a_wrong_name_or_certificate_is_not_tried_at_once(void **state)
{
	struct wsc_end name = ended(WSC_NO_NAME, "x");
	struct wsc_end cert = ended(WSC_CERT, "x");
	struct relayconn c;

	(void)state;
	relayconn_init(&c, START, 1);
	assert_true(lose(&c, &name, START) >= 150000);
	relayconn_init(&c, START, 1);
	assert_true(lose(&c, &cert, START) >= 150000);
}

static void too_many_violations_ban_it_for_a_while(void **state)
{
	struct wsc_end e = ended(WSC_ENDED, "closed by us");
	struct relayconn c;

	(void)state;
	relayconn_init(&c, START, 1);
	relayconn_dialed(&c, 1);
	relayconn_opened(&c, START, 1);
	c.useful = true;
	for (int i = 1; i < CAP_RELAY_VIOLATIONS; i++)
		assert_false(relayconn_violated(&c));
	assert_true(relayconn_violated(&c));
	assert_false(relayconn_violated(&c));
	relayconn_closed(&c, &e, START + 100000, 2);
	assert_true(c.dial_at_ms >= START + 100000 + 60000);
	assert_has(c.why, "sent too much");
	relayconn_dialed(&c, 3);
	relayconn_opened(&c, START, 3);
	assert_int_equal(c.violations, 0);
	assert_false(c.banned);
}

static void one_that_does_not_let_us_read_is_unusable(void **state)
{
	struct wsc_end e = ended(WSC_LOST, "gone");
	struct relayconn c;

	(void)state;
	relayconn_init(&c, START, 1);
	relayconn_dialed(&c, 2);
	assert_string_equal(relayconn_word(&c), "connecting");
	relayconn_opened(&c, START, 3);
	relayconn_set_unusable(&c, STR_LIT("restricted: pay\n"), 4);
	assert_string_equal(relayconn_word(&c), "unusable");
	assert_string_equal(c.why, "restricted: pay?");
	assert_int_equal(c.changed_s, 4);
	relayconn_set_unusable(&c, (struct str){NULL, 0}, 5);
	assert_string_equal(relayconn_word(&c), "up");
	relayconn_set_unusable(&c, STR_LIT("again"), 6);
	relayconn_closed(&c, &e, START, 7);
	assert_string_equal(relayconn_word(&c), "waiting");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_are_waited_off_longer_and_longer),
		cmocka_unit_test(only_a_stable_and_useful_connection_starts_anew),
		cmocka_unit_test(a_refusal_by_status_is_respected),
		cmocka_unit_test(a_wrong_name_or_certificate_is_not_tried_at_once),
		cmocka_unit_test(too_many_violations_ban_it_for_a_while),
		cmocka_unit_test(one_that_does_not_let_us_read_is_unusable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
