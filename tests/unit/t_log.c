/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static size_t count_lines(const char *text, const char *with)
{
	size_t n = 0;

	for (const char *at = strstr(text, with); at; at = strstr(at + 1, with))
		n++;
	return n;
}

/* Limits are per second: begin at the start of one. */
static void wait_for_a_new_second(void)
{
	uint64_t now = clock_mono_ms();

	(void)poll(NULL, 0, (int)(1000 - now % 1000));
	while (clock_mono_ms() / 1000 == now / 1000)
		(void)poll(NULL, 0, 1);
}

static void a_line_has_priority_time_program_event_and_fields(void **state)
{
	char *text;

	(void)state;
	log_open("unit", LOG_INFO);
	unit_stderr_start();
	log_event(LOG_INFO, "job.queued", "job=%s pos=%d", "3fa91234", 2);
	log_event(LOG_WARN, "plain", "%s", "");
	text = unit_stderr_stop();
	assert_int_equal(strncmp(text, "<6>t=2", 6), 0);
	assert_has(text, "Z p=unit ev=job.queued job=3fa91234 pos=2\n");
	assert_has(text, "<4>t=");
	assert_has(text, " ev=plain\n");
	assert_int_equal(count_lines(text, "\n"), 2);
	mem_free(text);
}

static void levels_above_the_chosen_one_are_silent(void **state)
{
	char *text;

	(void)state;
	log_open("unit", LOG_WARN);
	unit_stderr_start();
	log_event(LOG_INFO, "a", "%s", "");
	log_event(LOG_DEBUG, "b", "%s", "");
	log_event(LOG_WARN, "c", "%s", "");
	log_event(LOG_BROKEN, "d", "%s", "");
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "\n"), 2);
	assert_has(text, "<2>");
	log_open("unit", LOG_DEBUG);
	mem_free(text);
}

static void levels_have_words(void **state)
{
	enum log_level level = LOG_BROKEN;

	(void)state;
	assert_true(log_parse_level(&level, STR_LIT("debug")));
	assert_int_equal(level, LOG_DEBUG);
	assert_true(log_parse_level(&level, STR_LIT("warn")));
	assert_int_equal(level, LOG_WARN);
	assert_false(log_parse_level(&level, STR_LIT("INFO")));
	assert_false(log_parse_level(&level, STR_LIT("broken")));
	assert_int_equal(level, LOG_WARN);
}

static void foreign_text_is_quoted_escaped_and_cut(void **state)
{
	char big[200];

	(void)state;
	assert_string_equal(log_text(STR_LIT("a b")).c, "\"a b\"");
	assert_string_equal(log_text(STR_LIT("")).c, "\"\"");
	assert_string_equal(log_text((struct str){"\0\n\x1b\x7f\xc3\"\\", 7}).c,
			    "\"\\x00\\x0a\\x1b\\x7f\\xc3\\x22\\x5c\"");
	memset(big, 'x', sizeof(big));
	assert_int_equal(strlen(log_text((struct str){big, CAP_LOG_TEXT}).c),
			 CAP_LOG_TEXT + 2);
	assert_int_equal(strlen(log_text((struct str){big, CAP_LOG_TEXT + 1}).c),
			 CAP_LOG_TEXT + 5);
	/* the longest there is */
	memset(big, 0xff, sizeof(big));
	assert_int_equal(strlen(log_text((struct str){big, sizeof(big)}).c),
			 4 * CAP_LOG_TEXT + 5);
}

static void a_line_break_in_a_value_starts_no_line(void **state)
{
	char *text;

	(void)state;
	unit_stderr_start();
	log_event(LOG_INFO, "x", "why=%s", "a\n<2>ev=panic\x1b[2J");
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "\n"), 1);
	assert_has(text, "why=a?<2>ev=panic?[2J\n");
	mem_free(text);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
	char big[3000];
	char *text;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	unit_stderr_start();
	log_event(LOG_INFO, "x", "big=%s", big);
	text = unit_stderr_stop();
	assert_true(strlen(text) <= 1024);
	assert_int_equal(text[strlen(text) - 1], '\n');
	mem_free(text);
}

static void repeats_are_counted_and_told_once(void **state)
{
	char *text;

	(void)state;
	wait_for_a_new_second();
	unit_stderr_start();
	for (int i = 0; i < 80; i++)
		log_event(LOG_WARN, "noisy", "i=%d", i);
	log_event(LOG_WARN, "other", "%s", "");
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "ev=noisy "), 50);
	assert_int_equal(count_lines(text, "ev=other"), 1);
	mem_free(text);
	wait_for_a_new_second();
	unit_stderr_start();
	log_event(LOG_WARN, "noisy", "i=%d", 99);
	log_event(LOG_WARN, "noisy", "i=%d", 100);
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "ev=log.dropped of=noisy n=30"), 1);
	assert_int_equal(count_lines(text, "ev=noisy "), 2);
	mem_free(text);
}

static void bugs_are_never_dropped(void **state)
{
	char *text;

	(void)state;
	unit_stderr_start();
	for (int i = 0; i < 1200; i++)
		log_event(LOG_BROKEN, "bug", "%s", "");
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "ev=bug"), 1200);
	mem_free(text);
}

static void more_events_than_are_tracked_are_written_all_the_same(void **state)
{
	static char names[200][8];
	char *text;

	(void)state;
	unit_stderr_start();
	for (int i = 0; i < 200; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%d", i);
		log_event(LOG_INFO, names[i], "%s", "");
	}
	text = unit_stderr_stop();
	assert_int_equal(count_lines(text, "\n"), 200);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_priority_time_program_event_and_fields),
		cmocka_unit_test(levels_above_the_chosen_one_are_silent),
		cmocka_unit_test(levels_have_words),
		cmocka_unit_test(foreign_text_is_quoted_escaped_and_cut),
		cmocka_unit_test(a_line_break_in_a_value_starts_no_line),
		cmocka_unit_test(a_long_line_is_cut_and_still_ends),
		cmocka_unit_test(repeats_are_counted_and_told_once),
		cmocka_unit_test(bugs_are_never_dropped),
		cmocka_unit_test(more_events_than_are_tracked_are_written_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
