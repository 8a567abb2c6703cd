/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobspec.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

/* An unsigned 5100 of these tags; tests free it. */
static struct nevent *request(const struct ntags *tags, const char *content)
{
	struct id32 author = unit_small_id(7);

	return nevent_make(&author, 1791400000, NKIND_JOB, tags, str_of(content));
}

struct parsed {
	struct nevent *ev;
	struct jobspec *spec;
	enum lerr_code rc;
	enum outcome why;
	struct lerr err;
};

static struct parsed parse(struct ntags *tags, const char *content)
{
	struct parsed p = {0};

	p.ev = request(tags, content);
	p.why = OUTCOME_COUNT;
	p.rc = jobspec_parse(&p.spec, &p.why, p.ev, &p.err);
	ntags_free(tags);
	return p;
}

static void done(struct parsed *p)
{
	jobspec_free(p->spec);
	nevent_free(p->ev);
}

static void args_are_argv_as_they_stand(void **state)
{
	struct ntags *t = ntags_new();
	struct parsed p;

	(void)state;
	ntags_add_c(t, "cmd", "bash", NULL);
	ntags_add_c(t, "args", "-c", "echo \"a b\"\n$X", "", "two words", NULL);
	ntags_add_c(t, "args", "more", NULL);
	p = parse(t, "in\n");
	assert_int_equal(p.rc, LERR_OK);
	assert_int_equal(p.spec->nargv, 6);
	assert_str(p.spec->argv[0], "bash");
	assert_str(p.spec->argv[2], "echo \"a b\"\n$X");
	assert_str(p.spec->argv[3], "");
	assert_str(p.spec->argv[4], "two words");
	assert_str(p.spec->argv[5], "more");
	assert_str(p.spec->stdin_text, "in\n");
	assert_false(p.spec->has_payment);
	done(&p);
}

static void env_secrets_payment_and_backend_are_read(void **state)
{
	struct ntags *t = ntags_new();
	struct parsed p;

	(void)state;
	ntags_add_c(t, "cmd", "env", NULL);
	ntags_add_c(t, "env", "A", "1", NULL);
	ntags_add_c(t, "env", "EMPTY", "", NULL);
	ntags_add_c(t, "secret", "_S9", "ciphertext", NULL);
	ntags_add_c(t, "payment", "", NULL);
	ntags_add_c(t, "backend", "vm", NULL);
	ntags_add_c(t, "traceparent", "00-x", NULL);
	p = parse(t, "");
	assert_int_equal(p.rc, LERR_OK);
	assert_int_equal(p.spec->nenv, 2);
	assert_str(p.spec->env[1].name, "EMPTY");
	assert_str(p.spec->env[1].value, "");
	assert_int_equal(p.spec->nsecrets, 1);
	assert_str(p.spec->secrets[0].value, "ciphertext");
	/* present and empty is not absent: it is never free */
	assert_true(p.spec->has_payment);
	assert_int_equal(p.spec->payment.n, 0);
	assert_str(p.spec->backend, "vm");
	done(&p);
}

static void without_cmd_the_content_is_for_the_shell(void **state)
{
	struct parsed p;

	(void)state;
	p = parse(ntags_new(), "echo hi");
	assert_int_equal(p.rc, LERR_OK);
	assert_int_equal(p.spec->nargv, 0);
	assert_str(p.spec->stdin_text, "echo hi");
	done(&p);
}

static void expect_malformed(struct ntags *t, const char *content, const char *words)
{
	struct parsed p = parse(t, content);

	assert_int_equal(p.rc, LERR_INPUT);
	assert_int_equal(p.why, OUTCOME_MALFORMED);
	assert_null(p.spec);
	assert_has(p.err.msg, words);
	done(&p);
}

static void nothing_to_run_is_malformed(void **state)
{
	struct ntags *t;

	(void)state;
	expect_malformed(ntags_new(), "", "neither");
	t = ntags_new();
	ntags_add_c(t, "cmd", "", NULL);
	expect_malformed(t, "x", "cmd");
	t = ntags_new();
	ntags_add_c(t, "cmd", NULL);
	expect_malformed(t, "x", "cmd");
}

static void nul_bytes_are_malformed(void **state)
{
	struct str arg[2] = {STR_LIT("args"), {"a\0b", 3}};
	struct str var[3] = {STR_LIT("env"), STR_LIT("A"), {"a\0b", 3}};
	struct ntags *t = ntags_new();

	(void)state;
	ntags_add_c(t, "cmd", "true", NULL);
	ntags_add(t, arg, 2);
	expect_malformed(t, "", "NUL");
	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	ntags_add(t, var, 3);
	expect_malformed(t, "", "NUL");
}

static void names_of_variables_are_checked(void **state)
{
	static const char *const bad[] = {"", "1A", "A-B", "A=B", "A B", "\xc3\xa4"};
	struct ntags *t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		t = ntags_new();
		ntags_add_c(t, "cmd", "true", NULL);
		ntags_add_c(t, i % 2 ? "env" : "secret", bad[i], "v", NULL);
		expect_malformed(t, "", "name");
	}
	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	ntags_add_c(t, "env", "A", NULL);
	expect_malformed(t, "", "value");
}

static void expect_too_large(struct ntags *t)
{
	struct parsed p = parse(t, "");

	assert_int_equal(p.rc, LERR_LIMIT);
	assert_int_equal(p.why, OUTCOME_TOO_LARGE);
	done(&p);
}

static void limits_are_kept(void **state)
{
	struct ntags *t = ntags_new();
	auto_free char *big = mem_zalloc(CAP_JOB_ARG_BYTES + 2);
	struct parsed p;

	(void)state;
	ntags_add_c(t, "cmd", "true", NULL);
	for (int i = 0; i < CAP_JOB_ARGS; i++)
		ntags_add_c(t, "args", "x", NULL);
	p = parse(t, "");
	assert_int_equal(p.rc, LERR_OK);
	done(&p);

	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	for (int i = 0; i <= CAP_JOB_ARGS; i++)
		ntags_add_c(t, "args", "x", NULL);
	expect_too_large(t);

	memset(big, 'x', CAP_JOB_ARG_BYTES);
	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	ntags_add_c(t, "args", big, NULL);
	p = parse(t, "");
	assert_int_equal(p.rc, LERR_OK);
	done(&p);

	big[CAP_JOB_ARG_BYTES] = 'x';
	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	ntags_add_c(t, "args", big, NULL);
	expect_too_large(t);

	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	for (int i = 0; i <= CAP_JOB_ENV; i++)
		ntags_add_c(t, "env", "A", "1", NULL);
	expect_too_large(t);

	t = ntags_new();
	ntags_add_c(t, "cmd", "true", NULL);
	for (int i = 0; i <= CAP_JOB_SECRETS; i++)
		ntags_add_c(t, "secret", "A", "1", NULL);
	expect_too_large(t);
}

static void the_first_p_decides_whose_it_is(void **state)
{
	struct id32 us = unit_small_id(9);
	struct id32 other = unit_small_id(8);
	struct ntags *t = ntags_new();
	struct nevent *ev;

	(void)state;
	ntags_add_c(t, "p", id32_hex(&us).c, NULL);
	ntags_add_c(t, "p", id32_hex(&other).c, NULL);
	ev = request(t, "x");
	assert_true(jobspec_is_for(ev, &us));
	assert_false(jobspec_is_for(ev, &other));
	nevent_free(ev);
	ntags_free(t);
	t = ntags_new();
	ev = request(t, "x");
	assert_false(jobspec_is_for(ev, &us));
	nevent_free(ev);
	ntags_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(args_are_argv_as_they_stand),
		cmocka_unit_test(env_secrets_payment_and_backend_are_read),
		cmocka_unit_test(without_cmd_the_content_is_for_the_shell),
		cmocka_unit_test(nothing_to_run_is_malformed),
		cmocka_unit_test(nul_bytes_are_malformed),
		cmocka_unit_test(names_of_variables_are_checked),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(the_first_p_decides_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
