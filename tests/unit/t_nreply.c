/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "bridge/plain.h"
#include "lib/proto/nreply.h"

static void what_relays_say_is_understood(void **state)
{
	static const struct {
		bool accepted;
		const char *text;
		enum nreply want;
		const char *verdict;
	} cases[] = {
		{true, "", NREPLY_OK, "ok"},
		{true, "duplicate: have it", NREPLY_OK, "ok"},
		{true, "pow: 20", NREPLY_OK, "ok"},
		{false, "duplicate: have it", NREPLY_OK, "ok"},
		{false, "replaced: have newer", NREPLY_OK, "ok"},
		{false, "mute: nobody listens", NREPLY_OK, "ok"},
		{false, "blocked: no", NREPLY_REFUSED, "refused"},
		{false, "invalid: created_at", NREPLY_REFUSED, "refused"},
		{false, "pow: need 20", NREPLY_REFUSED, "refused"},
		{false, "deleted: by its author", NREPLY_REFUSED, "refused"},
		{false, "unsupported: kind", NREPLY_REFUSED, "refused"},
		{false, "Rate-Limited: slow", NREPLY_SLOWER, "later"},
		{false, "error: disk", NREPLY_LATER, "later"},
		{false, "ERROR: bad thing", NREPLY_LATER, "later"},
		{false, "", NREPLY_LATER, "later"},
		{false, "go away", NREPLY_LATER, "later"},
		{false, "auth-required: who?", NREPLY_AUTH, "refused"},
		{false, "restricted: members only", NREPLY_AUTH, "refused"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum nreply r = nreply_of(cases[i].accepted, str_of(cases[i].text));

		assert_int_equal(r, cases[i].want);
		assert_string_equal(nreply_verdict(r), cases[i].verdict);
	}
}

static void their_words_become_plain_text(void **state)
{
	char out[16];

	(void)state;
	plain_copy(out, sizeof(out), STR_LIT("a\nb\x7f\0c"));
	assert_string_equal(out, "a?b??c");
	plain_copy(out, sizeof(out), STR_LIT("caf\xc3\xa9"));
	assert_string_equal(out, "caf\xc3\xa9");
	plain_copy(out, sizeof(out), STR_LIT("bad \xff\xc3"));
	assert_string_equal(out, "bad ??");
	/* cut at a character */
	plain_copy(out, 6, STR_LIT("abcd\xc3\xa9xyz"));
	assert_string_equal(out, "abcd");
	plain_copy(out, 1, STR_LIT("abc"));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_relays_say_is_understood),
		cmocka_unit_test(their_words_become_plain_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
