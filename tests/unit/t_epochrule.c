/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/epochrule.h"

#include "lib/base/attr.h"
#include "tests/unit/unit.h"

enum { NOW = 1000000, KNOWN = 990000, FRESH = EPOCHRULE_FRESH_S };

static void every_advertisement_has_one_verdict(void **state)
{
	static const struct {
		uint64_t created_at;
		bool is_ours;
		enum epochrule_verdict at_start;
		enum epochrule_verdict taking_over;
		enum epochrule_verdict running;
		enum epochrule_verdict running_taking_over;
	} rows[] = {
		/* ours: however new or old */
		{NOW, true, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON,
		 EPOCHRULE_GO_ON},
		{NOW - FRESH - 1, true, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON,
		 EPOCHRULE_GO_ON},
		/* seen before */
		{KNOWN, false, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON,
		 EPOCHRULE_GO_ON},
		{1, false, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON, EPOCHRULE_GO_ON,
		 EPOCHRULE_GO_ON},
		/* another one's, or of a time that this ledger has lost */
		{KNOWN + 1, false, EPOCHRULE_NEW_EPOCH, EPOCHRULE_NEW_EPOCH,
		 EPOCHRULE_ANEW, EPOCHRULE_ANEW},
		{NOW - FRESH - 1, false, EPOCHRULE_NEW_EPOCH, EPOCHRULE_NEW_EPOCH,
		 EPOCHRULE_ANEW, EPOCHRULE_ANEW},
		/* a worker that lives */
		{NOW - FRESH, false, EPOCHRULE_STOP, EPOCHRULE_NEW_EPOCH, EPOCHRULE_STOP,
		 EPOCHRULE_TELL},
		{NOW, false, EPOCHRULE_STOP, EPOCHRULE_NEW_EPOCH, EPOCHRULE_STOP,
		 EPOCHRULE_TELL},
		/* its clock is ahead of ours */
		{NOW + FRESH, false, EPOCHRULE_STOP, EPOCHRULE_NEW_EPOCH, EPOCHRULE_STOP,
		 EPOCHRULE_TELL},
		{NOW + FRESH + 1, false, EPOCHRULE_NEW_EPOCH, EPOCHRULE_NEW_EPOCH,
		 EPOCHRULE_ANEW, EPOCHRULE_ANEW},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct epochrule_advert a = {.is_ours = rows[i].is_ours,
					     .created_at = rows[i].created_at,
					     .known_until = KNOWN,
					     .now = NOW};

		assert_int_equal(epochrule_advert(&a), rows[i].at_start);
		a.may_take_over = true;
		assert_int_equal(epochrule_advert(&a), rows[i].taking_over);
		a.running = true;
		assert_int_equal(epochrule_advert(&a), rows[i].running_taking_over);
		a.may_take_over = false;
		assert_int_equal(epochrule_advert(&a), rows[i].running);
	}
}

/* A ledger that is empty has known nothing. */
static void an_empty_ledger_of_a_used_key_begins_an_epoch(void **state)
{
	struct epochrule_advert a = {.created_at = 1, .now = NOW};

	(void)state;
	assert_int_equal(epochrule_advert(&a), EPOCHRULE_NEW_EPOCH);
}

static void a_job_is_acted_on_only_when_enough_is_known(void **state)
{
	static const struct {
		struct epochrule_job j;
		bool enough;
		const char *why;
	} rows[] = {
		{{0}, false, "nobody has answered"},
		{{.brought_answered = true, .brought_listed = true},
		 true,
		 "the relay that had it has no answer to it"},
		{{.brought_answered = true, .brought_listed = true, .own_answered = true},
		 true,
		 "the same for the own relay"},
		{{.brought_listed = true,
		  .others_listed = true,
		  .others_answered = true,
		  .own_answered = true},
		 false,
		 "the one that had it comes first"},
		{{.brought_listed = true,
		  .others_listed = true,
		  .others_answered = true,
		  .waited_long = true},
		 true,
		 "it does not come"},
		{{.brought_listed = true,
		  .others_listed = true,
		  .own_answered = true,
		  .waited_long = true},
		 false,
		 "the own relay alone may be as old as the ledger"},
		{{.others_listed = true, .own_answered = true},
		 false,
		 "the same when the relay was taken off the list"},
		{{.others_listed = true, .others_answered = true},
		 true,
		 "a relay that is not in the list any more is not waited for"},
		{{.own_answered = true}, true, "there are no others"},
		{{.own_answered = true, .brought_listed = true},
		 false,
		 "the own one has not brought it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (epochrule_job(&rows[i].j) != rows[i].enough)
			fail_msg("%s", rows[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_advertisement_has_one_verdict),
		cmocka_unit_test(an_empty_ledger_of_a_used_key_begins_an_epoch),
		cmocka_unit_test(a_job_is_acted_on_only_when_enough_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
