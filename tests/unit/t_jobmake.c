/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobmake.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jobspec.h"
#include "lib/proto/nip44.h"
#include "tests/unit/unit.h"

#include <string.h>

struct people {
	struct nsign_key worker;
	struct id32 worker_id;
	struct nsign_key me;
	struct id32 my_id;
};

static struct people people(void)
{
	struct people p;

	nsign_generate(&p.worker);
	nsign_generate(&p.me);
	assert_int_equal(nsign_pubkey(&p.worker_id, &p.worker, NULL), LERR_OK);
	assert_int_equal(nsign_pubkey(&p.my_id, &p.me, NULL), LERR_OK);
	return p;
}

static struct jobmake plain(const struct people *p)
{
	static const struct str argv[] = {{"echo", 4}, {"a b", 3}, {"", 0}, {"-x", 2}};

	return (struct jobmake){.worker = p->worker_id,
				.created_at = 1795000000,
				.argv = argv,
				.nargv = ARRAY_LEN(argv)};
}

static void a_request_is_what_a_worker_reads(void **state)
{
	const struct jobmake_var env[] = {{STR_LIT("A"), STR_LIT("1")},
					  {STR_LIT("B"), {"", 0}}};
	static const struct str words[] = {{"t", 1}, {"one", 3}};
	const struct jobmake_tag tags[] = {{words, 2}};
	struct people p = people();
	struct jobmake m = plain(&p);
	auto_nevent struct nevent *ev = NULL;
	auto_jobspec struct jobspec *spec = NULL;
	enum outcome why;

	(void)state;
	m.env = env;
	m.nenv = ARRAY_LEN(env);
	m.tags = tags;
	m.ntags = 1;
	m.backend = STR_LIT("shell");
	m.payment = STR_LIT("cashuB");
	m.content = STR_LIT("stdin\n");
	m.salt = STR_LIT("f00d");
	assert_int_equal(jobmake_request(&ev, &m, &p.me, NULL), LERR_OK);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
	assert_true(id32_eq(&ev->pubkey, &p.my_id));
	assert_int_equal(ev->created_at, 1795000000);
	assert_true(jobspec_is_for(ev, &p.worker_id));
	assert_int_equal(jobspec_parse(&spec, &why, ev, NULL), LERR_OK);
	assert_int_equal(spec->nargv, 4);
	assert_str(spec->argv[0], "echo");
	assert_str(spec->argv[1], "a b");
	assert_str(spec->argv[2], "");
	assert_int_equal(spec->nenv, 2);
	assert_str(spec->env[1].name, "B");
	assert_str(spec->stdin_text, "stdin\n");
	assert_str(spec->backend, "shell");
	assert_str(spec->payment, "cashuB");
	assert_true(nevent_has_tag(ev, "t", STR_LIT("one")));
	assert_true(nevent_has_tag(ev, "salt", STR_LIT("f00d")));
}

static void nothing_that_was_not_given_is_in_it(void **state)
{
	struct people p = people();
	struct jobmake m = {.worker = p.worker_id, .created_at = 1};
	auto_nevent struct nevent *ev = NULL;

	(void)state;
	m.content = STR_LIT("echo hi");
	assert_int_equal(jobmake_request(&ev, &m, &p.me, NULL), LERR_OK);
	assert_int_equal(ev->ntags, 1);
	assert_str(ev->tags[0].v[0], "p");
}

static void only_the_worker_reads_a_secret(void **state)
{
	const struct jobmake_var secrets[] = {{STR_LIT("S"), STR_LIT("hunter2\n")},
					      {STR_LIT("T"), STR_LIT("hunter2\n")}};
	struct people p = people();
	struct jobmake m = plain(&p);
	auto_nevent struct nevent *ev = NULL;
	auto_jobspec struct jobspec *spec = NULL;
	auto_secret_buf struct buf got = BUF_INIT(1024);
	auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	struct nip44_key talk;
	uint8_t shared[32];
	enum outcome why;

	(void)state;
	m.secrets = secrets;
	m.nsecrets = 2;
	assert_int_equal(jobmake_request(&ev, &m, &p.me, NULL), LERR_OK);
	nevent_write(&text, ev);
	assert_null(strstr(text.p, "hunter2"));
	assert_int_equal(jobspec_parse(&spec, &why, ev, NULL), LERR_OK);
	assert_int_equal(spec->nsecrets, 2);
	assert_false(str_eq(spec->secrets[0].value, spec->secrets[1].value));
	assert_int_equal(nsign_ecdh_x(shared, &p.worker, &p.my_id, NULL), LERR_OK);
	nip44_derive(&talk, shared);
	assert_int_equal(nip44_decrypt(&got, &talk, spec->secrets[0].value, NULL),
			 LERR_OK);
	assert_buf(got, "hunter2\n");
}

/* Each must be refused with an error, not by a panic further down. */
static void refused(struct jobmake *m, const struct people *p, enum lerr_code want)
{
	struct nevent *ev = NULL;
	struct lerr err = {0};

	assert_int_equal(jobmake_request(&ev, m, &p->me, &err), want);
	assert_null(ev);
	assert_true(err.msg[0] != '\0');
}

static void what_no_event_can_hold_is_refused(void **state)
{
	const struct jobmake_var empty = {STR_LIT("S"), {"", 0}};
	static const struct str bad = {"\xff", 1};
	char *large = mem_zalloc(CAP_EVENT_BYTES + 1);
	struct str *many = mem_array(CAP_EVENT_TAG_ITEMS + 1, sizeof(*many));
	struct people p = people();
	struct jobmake m = plain(&p);

	(void)state;
	memset(large, 'x', CAP_EVENT_BYTES + 1);
	m.content = (struct str){large, CAP_EVENT_BYTES + 1};
	refused(&m, &p, LERR_LIMIT);
	m.content = (struct str){large, CAP_EVENT_BYTES - 100};
	refused(&m, &p, LERR_LIMIT);
	/* as an argument, beside a content, and through escapes */
	m = plain(&p);
	m.argv = &(struct str){large, CAP_EVENT_BYTES};
	m.nargv = 1;
	refused(&m, &p, LERR_LIMIT);
	m = plain(&p);
	memset(large, '"', CAP_EVENT_BYTES);
	m.content = (struct str){large, CAP_EVENT_BYTES / 2 + 1};
	refused(&m, &p, LERR_LIMIT);
	m = plain(&p);
	m.argv = many;
	m.nargv = CAP_EVENT_TAG_ITEMS + 1;
	refused(&m, &p, LERR_LIMIT);
	m = plain(&p);
	m.content = bad;
	refused(&m, &p, LERR_INPUT);
	m = plain(&p);
	m.backend = bad;
	refused(&m, &p, LERR_INPUT);
	m = plain(&p);
	m.secrets = &empty;
	m.nsecrets = 1;
	refused(&m, &p, LERR_LIMIT);
	mem_free(large);
	mem_free(many);
}

static void a_worker_that_is_no_key_gets_no_secret(void **state)
{
	const struct jobmake_var secret = {STR_LIT("S"), STR_LIT("x")};
	struct people p = people();
	struct jobmake m = plain(&p);

	(void)state;
	memset(&m.worker, 0xff, sizeof(m.worker));
	m.secrets = &secret;
	m.nsecrets = 1;
	refused(&m, &p, LERR_INPUT);
}

static void a_cancellation_names_job_and_worker(void **state)
{
	struct people p = people();
	struct id32 job = unit_small_id(7);
	auto_nevent struct nevent *ev = NULL;
	struct id32 got;

	(void)state;
	assert_int_equal(jobmake_cancel(&ev, &job, &p.worker_id, 5, &p.me, NULL),
			 LERR_OK);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
	assert_int_equal(ev->kind, NKIND_CANCEL);
	assert_true(nevent_tag_id32(ev, "e", &got) && id32_eq(&got, &job));
	assert_true(nevent_tag_id32(ev, "p", &got) && id32_eq(&got, &p.worker_id));
	assert_true(id32_eq(&ev->pubkey, &p.my_id));
	assert_int_equal(ev->content.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_what_a_worker_reads),
		cmocka_unit_test(nothing_that_was_not_given_is_in_it),
		cmocka_unit_test(only_the_worker_reads_a_secret),
		cmocka_unit_test(what_no_event_can_hold_is_refused),
		cmocka_unit_test(a_worker_that_is_no_key_gets_no_secret),
		cmocka_unit_test(a_cancellation_names_job_and_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
