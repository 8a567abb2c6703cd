/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/conf.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct conf *conf;

static int make(void **state)
{
	(void)state;
	conf = conf_new();
	return 0;
}

static int drop(void **state)
{
	(void)state;
	conf_free(conf);
	return 0;
}

/* Read text as the file "x.conf". */
static enum lerr_code read_text(const char *text, struct lerr *err)
{
	return conf_read_text(conf, str_of(text), "x.conf", CONF_REFUSE_SECRETS, err);
}

static void accepts(const char *text)
{
	struct lerr err = {0};

	if (read_text(text, &err))
		fail_msg("%s: %s", text, err.msg);
}

/* Refused, with all of these words in the message. */
static void refuses(const char *text, const char *where, const char *why)
{
	struct lerr err = {0};

	if (!read_text(text, &err))
		fail_msg("taken: %s", text);
	assert_has(err.msg, where);
	assert_has(err.msg, why);
}

static void every_default_is_valid_and_says_so(void **state)
{
	struct lerr err = {0};

	(void)state;
	for (int i = 0; i < CONF_KEY_COUNT; i++) {
		enum conf_key key = (enum conf_key)i;

		assert_string_equal(conf_text(conf, key), conf_table[i].def);
		assert_string_equal(conf_where(conf, key), "default");
		assert_false(conf_given(conf, key));
	}
	assert_int_equal(conf_check(conf, &err), LERR_OK);
}

static void every_key_has_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		struct str rest;
		struct str line;

		assert_non_null(conf_table[i].name);
		assert_non_null(conf_table[i].help);
		rest = str_of(conf_table[i].help);
		while (str_next(&rest, '\n', &line))
			assert_true(line.n <= 80);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(conf_table[i].name, conf_table[k].name);
	}
}

static void a_file_has_comments_blanks_and_quotes(void **state)
{
	(void)state;
	accepts("# comment\n"
		"\n"
		"  \t# indented comment\n"
		"WORKER_NAME=\"a b\"\n"
		" GEOHASH =\tu33d \r\n"
		"WORKER_DESCRIPTION='it is \"good\" = yes # not a comment'\n"
		"QUEUE_MAX=5");
	assert_string_equal(conf_text(conf, CONF_WORKER_NAME), "a b");
	assert_string_equal(conf_text(conf, CONF_GEOHASH), "u33d");
	assert_string_equal(conf_text(conf, CONF_WORKER_DESCRIPTION),
			    "it is \"good\" = yes # not a comment");
	assert_int_equal(conf_uint(conf, CONF_QUEUE_MAX), 5);
	assert_string_equal(conf_where(conf, CONF_WORKER_NAME), "x.conf:4");
	assert_string_equal(conf_where(conf, CONF_QUEUE_MAX), "x.conf:7");
	assert_true(conf_given(conf, CONF_QUEUE_MAX));
}

static void a_key_given_twice_is_refused_with_its_line(void **state)
{
	(void)state;
	refuses("QUEUE_MAX=1\n\nQUEUE_MAX=1\n", "x.conf:3", "QUEUE_MAX is given twice");
	refuses("WHITELIST=a\nWHITELIST_EVENT_ID=b\n", "x.conf:2", "given twice");
}

static void unknown_keys_and_lines_without_a_key_are_refused(void **state)
{
	(void)state;
	refuses("\nNO_SUCH_KEY=1\n", "x.conf:2", "unknown key 'NO_SUCH_KEY'");
	refuses("queue_max=1\n", "x.conf:1", "unknown key 'queue_max'");
	refuses("=1\n", "x.conf:1", "unknown key ''");
	refuses("export QUEUE_MAX=1\n", "x.conf:1", "unknown key");
	refuses("QUEUE_MAX\n", "x.conf:1", "KEY=value");
}

static void numbers_keep_to_their_range(void **state)
{
	(void)state;
	refuses("MAX_CONCURRENT_JOBS=0\n", "x.conf:1", "from 1 to 256");
	refuses("MAX_CONCURRENT_JOBS=257\n", "x.conf:1", "from 1 to 256");
	refuses("MAX_CONCURRENT_JOBS=-1\n", "x.conf:1", "from 1 to 256");
	refuses("MAX_CONCURRENT_JOBS=2.5\n", "x.conf:1", "whole number");
	refuses("MAX_CONCURRENT_JOBS=two\n", "x.conf:1", "whole number");
	refuses("MAX_CONCURRENT_JOBS=\n", "x.conf:1", "whole number");
	refuses("MAX_CONCURRENT_JOBS=99999999999999999999\n", "x.conf:1", "256");
	accepts("MAX_CONCURRENT_JOBS=256\n");
	assert_int_equal(conf_uint(conf, CONF_MAX_CONCURRENT_JOBS), 256);
}

static void yes_and_no_have_four_spellings_each(void **state)
{
	static const char *const yes[] = {"yes", "true", "1", "on"};
	static const char *const no[] = {"no", "false", "0", "off"};
	char line[40] = "OWN_RELAY=";

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		memcpy(line + 10, yes[i], strlen(yes[i]) + 1);
		accepts(line);
		assert_true(conf_bool(conf, CONF_OWN_RELAY));
		memcpy(line + 10, no[i], strlen(no[i]) + 1);
		accepts(line);
		assert_false(conf_bool(conf, CONF_OWN_RELAY));
	}
	refuses("OWN_RELAY=YES\n", "x.conf:1", "yes or no");
	refuses("OWN_RELAY=\n", "x.conf:1", "yes or no");
}

static void choices_paths_and_texts_keep_to_their_form(void **state)
{
	(void)state;
	refuses("ACCESS=everybody\n", "x.conf:1", "whitelist|open");
	refuses("ACCESS=\n", "x.conf:1", "whitelist|open");
	refuses("ACCESS=whitelist|open\n", "x.conf:1", "whitelist|open");
	accepts("ACCESS=open\n");
	refuses("STATE_DIR=relative\n", "x.conf:1", "absolute path");
	refuses("STATE_DIR=\n", "x.conf:1", "absolute path");
	refuses("WORKER_NAME=\n", "x.conf:1", "text of 1 to 64 bytes");
	refuses("WORKER_NAME=a\tb\n", "x.conf:1", "text of 1 to 64 bytes");
	refuses("WORKER_NAME=a\x7f\n", "x.conf:1", "text of 1 to 64 bytes");
	refuses("WORKER_NAME=a\xff\n", "x.conf:1", "text of 1 to 64 bytes");
	refuses("WORKER_NAME=0123456789012345678901234567890123456789012345678901234567"
		"8901234\n",
		"x.conf:1", "text of 1 to 64 bytes");
}

static void a_nul_in_a_value_is_refused(void **state)
{
	struct lerr err = {0};
	const char text[] = "WORKER_NAME=a\0b\n";

	(void)state;
	assert_int_equal(conf_read_text(conf, (struct str){text, sizeof(text) - 1},
					"x.conf", CONF_REFUSE_SECRETS, &err),
			 LERR_INPUT);
	assert_has(err.msg, "x.conf:1");
}

static void lists_are_words_with_commas_between(void **state)
{
	struct str rest;
	struct str word;

	(void)state;
	accepts("WHITELIST= a , b,,c ,\n");
	rest = conf_list(conf, CONF_WHITELIST);
	assert_true(conf_list_next(&rest, &word));
	assert_str(word, "a");
	assert_true(conf_list_next(&rest, &word));
	assert_str(word, "b");
	assert_true(conf_list_next(&rest, &word));
	assert_str(word, "c");
	assert_false(conf_list_next(&rest, &word));
	refuses("BLOSSOM_SERVER_URL=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n",
		"x.conf:1", "up to 16 words");
}

static void control_characters_in_a_list_are_refused(void **state)
{
	(void)state;
	refuses("WHITELIST=a\x01,b\n", "x.conf:1", "words");
	refuses("NOSTR_RELAYS=wss://a\x1b[31m\n", "x.conf:1", "words");
	refuses("NOSTR_RELAYS=wss://a\xff\n", "x.conf:1", "words");
}

static void a_secret_is_for_the_start_step_alone(void **state)
{
	char *env[] = {(char[]){"NOSTR_PRIVATE_KEY=5ec7e7"}, NULL};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(read_text("NOSTR_PRIVATE_KEY=5ec7e7\n", &err), LERR_DENIED);
	assert_has(err.msg, "x.conf:1: NOSTR_PRIVATE_KEY");
	assert_null(strstr(err.msg, "5ec7e7"));
	assert_int_equal(read_text("BLOSSOM_AUTH_KEY=5ec7e7\n", &err), LERR_DENIED);
	assert_int_equal(conf_read_env(conf, env, CONF_REFUSE_SECRETS, &err),
			 LERR_DENIED);
	assert_has(err.msg, "environment: NOSTR_PRIVATE_KEY");
	assert_null(strstr(err.msg, "5ec7e7"));
	assert_string_equal(conf_text(conf, CONF_NOSTR_PRIVATE_KEY), "");
	assert_int_equal(conf_read_env(conf, env, CONF_TAKE_SECRETS, &err), LERR_OK);
	assert_string_equal(conf_text(conf, CONF_NOSTR_PRIVATE_KEY), "5ec7e7");
}

static void a_bad_secret_is_not_repeated_in_the_message(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(conf_read_text(conf, STR_LIT("NOSTR_PRIVATE_KEY=5ec7e7\x01\n"),
					"x.conf", CONF_TAKE_SECRETS, &err),
			 LERR_INPUT);
	assert_has(err.msg, "x.conf:1: NOSTR_PRIVATE_KEY");
	assert_null(strstr(err.msg, "5ec7e7"));
}

static void a_key_behind_a_wrong_name_is_not_repeated_in_the_message(void **state)
{
	/* the first is the example of NIP-19 */
	static const char *const bad[] = {
		"NOSTR_PRIVATE_KEY_FILE="
		"nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5",
		"NOSTR_PRIVATE_KEY_FILE="
		"67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa",
		"NOSTR_PRIVATE_KEY_FILE="
		"NSEC1VL029MGPSPEDVA04G90VLTKH6FVH240ZQTV9K0T9AF8935KE9LAQSNLFE5",
		"OWN_RELAY=wss://user:vl029mgp@example.org",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lerr err = {0};

		assert_int_equal(conf_read_text(conf, str_of(bad[i]), "x.conf",
						CONF_REFUSE_SECRETS, &err),
				 LERR_INPUT);
		assert_has(err.msg, "x.conf:1: ");
		assert_has(err.msg, "...: want ");
		assert_null(strstr(err.msg, "vl029mgp"));
		assert_null(strstr(err.msg, "VL029MGP"));
		assert_null(strstr(err.msg, "018072d6"));
	}
	assert_string_equal(conf_quote(STR_LIT("")).c, "");
	assert_string_equal(conf_quote(STR_LIT("seven")).c, "seven");
	assert_string_equal(conf_quote(STR_LIT("a@b")).c, "a@b...");
	assert_string_equal(conf_quote(STR_LIT("nsec1")).c, "nsec1...");
}

static void what_is_written_for_others_has_no_secret(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_CONF_FILE);
	auto_buf struct buf people = BUF_INIT(CAP_CONF_FILE);
	struct conf *copy = conf_new();
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		conf_read_text(conf,
			       STR_LIT("NOSTR_PRIVATE_KEY=5ec7e7\nWORKER_NAME=a 'b' \"c\n"
				       "WORKER_DESCRIPTION=\"'quoted'\"\nQUEUE_MAX=7\n"),
			       "x.conf", CONF_TAKE_SECRETS, &err),
		LERR_OK);
	conf_write_public(&out, conf);
	assert_null(strstr(out.p, "5ec7e7"));
	assert_null(strstr(out.p, "PRIVATE_KEY="));
	conf_write_effective(&people, conf);
	assert_null(strstr(people.p, "5ec7e7"));
	assert_has(people.p, "NOSTR_PRIVATE_KEY=(hidden)");
	assert_has(people.p, "QUEUE_MAX=7\t# x.conf:4");
	/* readable again, with the same values */
	assert_int_equal(
		conf_read_text(copy, buf_str(&out), "copy", CONF_REFUSE_SECRETS, &err),
		LERR_OK);
	assert_string_equal(conf_text(copy, CONF_WORKER_NAME), "a 'b' \"c");
	assert_string_equal(conf_text(copy, CONF_WORKER_DESCRIPTION), "'quoted'");
	assert_int_equal(conf_uint(copy, CONF_QUEUE_MAX), 7);
	conf_free(copy);
}

static void the_environment_wins_over_the_file(void **state)
{
	char *env[] = {(char[]){"PATH=/bin"}, (char[]){"QUEUE_MAX=9"},
		       (char[]){"NO_SUCH_KEY=1"}, (char[]){"ODD"}, NULL};
	struct lerr err = {0};

	(void)state;
	accepts("QUEUE_MAX=5\n");
	assert_int_equal(conf_read_env(conf, env, CONF_REFUSE_SECRETS, &err), LERR_OK);
	assert_int_equal(conf_uint(conf, CONF_QUEUE_MAX), 9);
	assert_string_equal(conf_where(conf, CONF_QUEUE_MAX), "environment");
	assert_int_equal(conf_read_env(conf, NULL, CONF_REFUSE_SECRETS, &err), LERR_OK);
}

static void a_bad_value_in_the_environment_says_environment(void **state)
{
	char *env[] = {(char[]){"QUEUE_MAX=many"}, NULL};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(conf_read_env(conf, env, CONF_REFUSE_SECRETS, &err), LERR_INPUT);
	assert_has(err.msg, "environment: QUEUE_MAX=many");
	assert_int_equal(conf_uint(conf, CONF_QUEUE_MAX), 100);
}

static void a_line_that_is_too_long_is_refused(void **state)
{
	auto_buf struct buf text = BUF_INIT(CAP_CONF_FILE);
	struct lerr err = {0};

	(void)state;
	buf_add_c(&text, "#");
	for (int i = 0; i < CAP_CONF_LINE; i++)
		buf_add_char(&text, 'x');
	assert_int_equal(
		conf_read_text(conf, buf_str(&text), "x.conf", CONF_REFUSE_SECRETS, &err),
		LERR_LIMIT);
	assert_has(err.msg, "x.conf:1");
}

/* Each of these reads well and must not start. */
static void combinations_that_cannot_work_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"MIN_JOB_DURATION=100\nMAX_JOB_DURATION=99\n",
		 "x.conf:1: MIN_JOB_DURATION"},
		{"JOB_MEMORY_MIB=64\nJOB_DISK_MIB=65\n", "x.conf:2: JOB_DISK_MIB"},
		{"OWN_RELAY=no\nNOSTR_RELAYS=\n", "x.conf:2: NOSTR_RELAYS"},
		{"PUBLIC_URL=ftp://x\n", "x.conf:1: PUBLIC_URL"},
		{"PUBLIC_URL=https://x/\n", "slash"},
		{"PUBLIC_URL=https://x\nBLOB_URL=https://x\n", "x.conf:2: BLOB_URL"},
		{"BLOB_URL=https://x?y\n", "'?'"},
		{"RELAY_URL=https://x\n", "x.conf:1: RELAY_URL"},
		{"ADMIN_TOKEN_SHA256=abc\n", "64 hex digits"},
		{"ADMIN_TOKEN_SHA256=ABC\n", "lower-case"},
		{"SWEEP_ABOVE=1000\n", "x.conf:1: SWEEP_ABOVE: where to?"},
		{"SWEEP_ADDRESS=\nSWEEP_ABOVE=1\n", "x.conf:2: SWEEP_ABOVE"},
		{"SWEEP_ADDRESS=a@x.org\nSWEEP_ABOVE=500\nMINT_EXPOSURE_MAX=500\n",
		 "x.conf:2: SWEEP_ABOVE: not below MINT_EXPOSURE_MAX"},
		{"RUN_DIR=/0123456789012345678901234567890123456789012345678901234567"
		 "89012345678901234567890\n",
		 "x.conf:1: RUN_DIR"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lerr err = {0};

		conf_free(conf);
		conf = conf_new();
		accepts(bad[i].text);
		if (conf_check(conf, &err) != LERR_INPUT)
			fail_msg("taken: %s", bad[i].text);
		assert_has(err.msg, bad[i].why);
	}
}

static void earnings_are_swept_below_the_cap_of_a_mint(void **state)
{
	static const char *const good[] = {
		"SWEEP_ADDRESS=a@x.org\n",
		"SWEEP_ADDRESS=a@x.org\nSWEEP_ABOVE=499\nMINT_EXPOSURE_MAX=500\n",
		"SWEEP_ADDRESS=a@x.org\nSWEEP_ABOVE=1000000\n",
		"MINT_EXPOSURE_MAX=500\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		conf_free(conf);
		conf = conf_new();
		accepts(good[i]);
		assert_int_equal(conf_check(conf, NULL), LERR_OK);
	}
}

static void money_is_whole_sat(void **state)
{
	(void)state;
	refuses("PRICE_PER_SECOND=0.5\n", "x.conf:1", "fraction of a sat");
	refuses("PRICE_PER_SECOND=1.0\n", "x.conf:1", "fraction of a sat");
	refuses("PRICE_PER_SECOND=0\n", "x.conf:1", "from 1 to 1000000");
	refuses("PRICE_UNIT=usd\n", "x.conf:1", "one of sat");
	refuses("MAX_PAYMENT=0\n", "x.conf:1", "whole number");
	refuses("MAX_PAYMENT=1000000001\n", "x.conf:1", "1000000000");
	refuses("MAX_PROOFS=1001\n", "x.conf:1", "from 1 to 1000");
	refuses("CHANGE_LOCK=never\n", "x.conf:1", "auto|always");
	refuses("WITHDRAW_FEE_PERCENT=11\n", "x.conf:1", "from 0 to 10");
	refuses("CASHU_MINT_URL=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n", "x.conf:1",
		"up to 16 words");
	assert_int_equal(conf_uint(conf, CONF_PRICE_PER_SECOND), 1);
	assert_int_equal(conf_uint(conf, CONF_MAX_PAYMENT), 10000000);
	assert_int_equal(conf_uint(conf, CONF_MAX_PROOFS), 100);
	assert_int_equal(conf_uint(conf, CONF_CHANGE_MIN), 1);
	assert_int_equal(conf_uint(conf, CONF_CHANGE_WAIT), 600);
	assert_int_equal(conf_uint(conf, CONF_WITHDRAW_FEE_PERCENT), 2);
	assert_int_equal(conf_uint(conf, CONF_MINT_EXPOSURE_MAX), 0);
	assert_false(conf_bool(conf, CONF_REQUIRE_DLEQ));
	assert_string_equal(conf_text(conf, CONF_CHANGE_LOCK), "auto");
}

static void the_example_file_reads_as_the_defaults(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_CONF_FILE);
	struct str rest;
	struct str line;
	size_t keys = 0;

	(void)state;
	conf_write_example(&out);
	assert_int_equal(
		conf_read_text(conf, buf_str(&out), "example", CONF_REFUSE_SECRETS, NULL),
		LERR_OK);
	/* and so does every commented line without its mark, secrets apart */
	rest = buf_str(&out);
	while (str_next(&rest, '\n', &line)) {
		struct lerr err = {0};

		if (!str_starts(line, "#") || str_starts(line, "# "))
			continue;
		keys++;
		line = (struct str){line.p + 1, line.n - 1};
		if (conf_read_text(conf, line, "example", CONF_TAKE_SECRETS, &err))
			fail_msg("%s", err.msg);
	}
	assert_int_equal(keys, CONF_KEY_COUNT);
	for (int i = 0; i < CONF_KEY_COUNT; i++)
		assert_string_equal(conf_text(conf, (enum conf_key)i), conf_table[i].def);
}

static void the_reference_page_has_every_key(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_CONF_FILE);
	char head[80];

	(void)state;
	conf_write_docs(&out);
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		(void)snprintf(head, sizeof(head), "## %s\n", conf_table[i].name);
		assert_has(out.p, head);
	}
}

static void loading_reads_file_and_environment_and_checks(void **state)
{
	char *path = unit_path(state, "loom.conf");
	char *env[] = {(char[]){"QUEUE_MAX=9"}, NULL};
	struct conf *c = NULL;
	struct lerr err = {0};
	char *sock;

	unit_write(state, "loom.conf", "QUEUE_MAX=5\nRUN_DIR=/run/x\n", 0644);
	assert_int_equal(conf_load(&c, path, env, CONF_REFUSE_SECRETS, &err), LERR_OK);
	assert_int_equal(conf_uint(c, CONF_QUEUE_MAX), 9);
	sock = conf_run_path(c, "a.sock");
	assert_string_equal(sock, "/run/x/a.sock");
	mem_free(sock);
	conf_free(c);
	c = NULL;
	unit_write(state, "loom.conf", "\n\nOOPS=5\n", 0644);
	assert_int_equal(conf_load(&c, path, env, CONF_REFUSE_SECRETS, &err), LERR_INPUT);
	assert_has(err.msg, path);
	assert_has(err.msg, "loom.conf:3");
	assert_null(c);
	unit_write(state, "loom.conf", "JOB_DISK_MIB=99999\n", 0644);
	assert_int_equal(conf_load(&c, path, env, CONF_REFUSE_SECRETS, &err), LERR_INPUT);
	assert_has(err.msg, "loom.conf:1");
	assert_int_equal(conf_load(&c, "/nonexistent", env, CONF_REFUSE_SECRETS, &err),
			 LERR_GONE);
	assert_has(err.msg, "/nonexistent");
	mem_free(path);
}

static void a_setting_without_effect_is_warned_about(void **state)
{
	char *path = unit_path(state, "loom.conf");
	struct conf *c = NULL;
	char *text;

	unit_write(state, "loom.conf", "BLOSSOM_SERVER_URL=https://b.example\n", 0644);
	unit_stderr_start();
	assert_int_equal(conf_load(&c, path, NULL, CONF_REFUSE_SECRETS, NULL), LERR_OK);
	text = unit_stderr_stop();
	assert_has(text, "ev=conf.no_effect key=BLOSSOM_SERVER_URL");
	conf_free(c);
	mem_free(text);
	mem_free(path);
}

#define WITH_CONF(test) cmocka_unit_test_setup_teardown(test, make, drop)
#define WITH_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CONF(every_default_is_valid_and_says_so),
		WITH_CONF(every_key_has_a_row),
		WITH_CONF(a_file_has_comments_blanks_and_quotes),
		WITH_CONF(a_key_given_twice_is_refused_with_its_line),
		WITH_CONF(unknown_keys_and_lines_without_a_key_are_refused),
		WITH_CONF(numbers_keep_to_their_range),
		WITH_CONF(yes_and_no_have_four_spellings_each),
		WITH_CONF(choices_paths_and_texts_keep_to_their_form),
		WITH_CONF(a_nul_in_a_value_is_refused),
		WITH_CONF(lists_are_words_with_commas_between),
		WITH_CONF(control_characters_in_a_list_are_refused),
		WITH_CONF(a_secret_is_for_the_start_step_alone),
		WITH_CONF(a_bad_secret_is_not_repeated_in_the_message),
		WITH_CONF(a_key_behind_a_wrong_name_is_not_repeated_in_the_message),
		WITH_CONF(what_is_written_for_others_has_no_secret),
		WITH_CONF(the_environment_wins_over_the_file),
		WITH_CONF(a_bad_value_in_the_environment_says_environment),
		WITH_CONF(a_line_that_is_too_long_is_refused),
		WITH_CONF(combinations_that_cannot_work_are_refused),
		WITH_CONF(earnings_are_swept_below_the_cap_of_a_mint),
		WITH_CONF(money_is_whole_sat),
		WITH_CONF(the_example_file_reads_as_the_defaults),
		WITH_CONF(the_reference_page_has_every_key),
		WITH_FOLDER(loading_reads_file_and_environment_and_checks),
		WITH_FOLDER(a_setting_without_effect_is_warned_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
