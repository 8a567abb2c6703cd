/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/payfsm.h"

#include "lib/base/fdio.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>

static void the_table_is_the_picture(void **state)
{
	auto_buf struct buf got = BUF_INIT(65536);
	auto_buf struct buf want = BUF_INIT(65536);
	auto_buf struct buf path = BUF_INIT(4096);

	(void)state;
	buf_addf(&path, "%s/tests/golden/payfsm.txt", getenv("LOOM_SRCDIR"));
	assert_int_equal(fdio_read_file(AT_FDCWD, path.p, &want, NULL), LERR_OK);
	payfsm_print(&got);
	assert_str(buf_str(&got), want.p);
}

/* Inputs are never freed once something may have been sent, unless the mint has said
 * that they are unspent. */
static void inputs_are_freed_by_proof_only(void **state)
{
	(void)state;
	for (size_t s = PAY_RESERVED; s < PAY_STATES; s++) {
		for (size_t ev = 0; ev < PEV_COUNT; ev++) {
			struct pay_step step =
				payfsm_step((enum pay_state)s, (enum pay_event)ev);

			if (step.effect != PFX_RELEASE)
				continue;
			assert_int_equal(step.next, PAY_REFUSED);
			assert_true((s == PAY_RESERVED && ev == PEV_DROP) ||
				    (s == PAY_SUBMITTED && ev == PEV_UNSPENT));
		}
	}
}

static void signatures_are_money_whenever_they_come(void **state)
{
	static const enum pay_state open[] = {PAY_SUBMITTED, PAY_ATTENTION, PAY_REFUSED,
					      PAY_DOUBLE_SPENT};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		struct pay_step step = payfsm_step(open[i], PEV_SIGNED);

		assert_int_equal(step.next, PAY_SETTLED);
		assert_int_equal(step.effect, PFX_CREDIT);
	}
}

static void nothing_is_sent_before_submitted(void **state)
{
	(void)state;
	for (size_t s = PAY_RESERVED; s < PAY_STATES; s++)
		for (size_t ev = 0; ev < PEV_COUNT; ev++) {
			struct pay_step step =
				payfsm_step((enum pay_state)s, (enum pay_event)ev);

			if (step.effect == PFX_SEND)
				assert_int_equal(step.next, PAY_SUBMITTED);
		}
}

static void settled_is_final_and_double_spent_but_for_signatures(void **state)
{
	(void)state;
	for (size_t ev = 0; ev < PEV_COUNT; ev++) {
		assert_int_equal(payfsm_step(PAY_SETTLED, (enum pay_event)ev).next,
				 PAY_NONE);
		if (ev != PEV_SIGNED)
			assert_int_equal(
				payfsm_step(PAY_DOUBLE_SPENT, (enum pay_event)ev).next,
				PAY_NONE);
	}
}

static void what_was_submitted_is_asked_about_after_a_crash(void **state)
{
	(void)state;
	assert_int_equal(payfsm_resume(PAY_SUBMITTED), PFX_RECONCILE);
	assert_int_equal(payfsm_resume(PAY_RESERVED), PFX_NONE);
	assert_int_equal(payfsm_resume(PAY_ATTENTION), PFX_ALARM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_the_picture),
		cmocka_unit_test(inputs_are_freed_by_proof_only),
		cmocka_unit_test(signatures_are_money_whenever_they_come),
		cmocka_unit_test(nothing_is_sent_before_submitted),
		cmocka_unit_test(settled_is_final_and_double_spent_but_for_signatures),
		cmocka_unit_test(what_was_submitted_is_asked_about_after_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
