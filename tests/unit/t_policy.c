/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/policy.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "runner/cgroup.h"
#include "runner/initmsg.h"
#include "runner/sblimit.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/resource.h>

static struct conf *conf_of(const char *text)
{
	struct conf *c = conf_new();
	struct lerr err = {0};

	if (conf_read_text(c, str_of(text), "test", CONF_REFUSE_SECRETS, &err))
		fail_msg("%s", err.msg);
	return c;
}

static void limits_come_from_the_configuration(void **state)
{
	struct conf *c = conf_of("JOB_MEMORY_MIB=64\nJOB_DISK_MIB=32\nJOB_FILES=100\n"
				 "JOB_PROCESSES=10\nKILL_GRACE=3\nOUTPUT_KILL_MIB=2\n"
				 "NETWORK=outbound\nRUN_DIR=/r\n"
				 "LOG_LEVEL=debug\n");
	struct plan p;

	(void)state;
	assert_int_equal(policy_fill(&p, c, true, NULL), LERR_OK);
	assert_int_equal(p.memory_bytes, 64 << 20);
	assert_int_equal(p.disk_bytes, 32 << 20);
	assert_int_equal(p.files, 100);
	assert_int_equal(p.processes, 10);
	assert_int_equal(p.grace_ms, 3000);
	assert_int_equal(p.log_level, LOG_DEBUG);
	assert_int_equal(p.output_kill_bytes, 2 << 20);
	assert_int_equal(p.outbound, 1);
	assert_int_equal(p.root, 1);
	assert_string_equal(p.sandbox, "/r/sandbox");
	assert_string_equal(p.backend, "shell");
	conf_free(c);
}

static void a_plan_survives_its_way_to_the_shim(void **state)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	struct conf *c = conf_of("");
	struct plan back = {.root = 7};
	struct plan p;

	(void)state;
	assert_int_equal(policy_fill(&p, c, false, NULL), LERR_OK);
	p.places[PLAN_PIDS].version = 2;
	memcpy(p.places[PLAN_PIDS].folder, "/cg/x", 6);
	plan_write(&text, &p);
	assert_int_equal(plan_parse(&back, buf_str(&text), NULL), LERR_OK);
	assert_int_equal(back.root, 0);
	assert_int_equal(back.memory_bytes, p.memory_bytes);
	assert_int_equal(back.places[PLAN_PIDS].version, 2);
	assert_string_equal(back.places[PLAN_PIDS].folder, "/cg/x");
	assert_int_equal(back.places[PLAN_KILL].version, 0);
	conf_free(c);
}

static void groups_are_required_of_root_unless_told_otherwise(void **state)
{
	struct conf *automatic = conf_of("");
	struct conf *yes = conf_of("REQUIRE_CGROUPS=yes\n");
	struct conf *no = conf_of("REQUIRE_CGROUPS=no\n");

	(void)state;
	assert_true(policy_requires_groups(automatic, true));
	assert_false(policy_requires_groups(automatic, false));
	assert_true(policy_requires_groups(yes, false));
	assert_false(policy_requires_groups(no, true));
	conf_free(automatic);
	conf_free(yes);
	conf_free(no);
}

static void run_dir_is_not_inside_of_what_is_hidden(void **state)
{
	static const char *const wrong[] = {
		"STATE_DIR=/s\nRUN_DIR=/s\n",
		"STATE_DIR=/s\nRUN_DIR=/s/run\n",
	};
	struct conf *good = conf_of("STATE_DIR=/s\nRUN_DIR=/state/run\n");
	struct lerr err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct conf *c = conf_of(wrong[i]);

		assert_int_equal(policy_check(c, &err), LERR_INPUT);
		assert_has(err.msg, "RUN_DIR");
		conf_free(c);
	}
	assert_int_equal(policy_check(good, NULL), LERR_OK);
	conf_free(good);
}

static void user_ids_of_accounts_are_refused(void **state)
{
	/* nobody has an account on every Debian */
	struct conf *c = conf_of("JOB_UID_FIRST=65533\nMAX_CONCURRENT_JOBS=3\n");
	struct lerr err = {0};

	(void)state;
	assert_int_equal(policy_check_users(c, &err), LERR_INPUT);
	assert_has(err.msg, "nobody");
	conf_free(c);
}

static const struct initmsg_limit *limit_of(const struct initmsg_order *o, int resource)
{
	for (uint32_t i = 0; i < o->nlimits; i++)
		if (o->limits[i].resource == resource)
			return &o->limits[i];
	return NULL;
}

static void rlimits_are_always_there_and_more_without_groups(void **state)
{
	struct plan p = {.memory_bytes = 1 << 26, .processes = 9, .disk_bytes = 1 << 20};
	struct initmsg_order o;

	(void)state;
	sblimit_fill(&o, &p);
	assert_int_equal(limit_of(&o, RLIMIT_CORE)->hard, 0);
	assert_int_equal(limit_of(&o, RLIMIT_NPROC)->hard, 10);
	assert_int_equal(limit_of(&o, RLIMIT_FSIZE)->hard, CAP_JOB_FILE_BYTES);
	assert_int_equal(limit_of(&o, RLIMIT_AS)->hard, 1 << 26);
	p.places[PLAN_MEMORY].version = 1;
	p.disk_bytes = 4ULL << 30;
	sblimit_fill(&o, &p);
	assert_null(limit_of(&o, RLIMIT_AS));
	assert_true(limit_of(&o, RLIMIT_FSIZE)->hard == 4ULL << 30);
}

static void the_word_for_limits_is_honest(void **state)
{
	struct plan_place places[PLAN_CGROUPS] = {{0}};

	(void)state;
	assert_string_equal(cgroup_word(places), "weak");
	places[PLAN_KILL].version = 2;
	places[PLAN_USAGE].version = 2;
	places[PLAN_MEMORY].version = 2;
	assert_string_equal(cgroup_word(places), "weak");
	places[PLAN_PIDS].version = 1;
	assert_string_equal(cgroup_word(places), "cgroup1");
	places[PLAN_PIDS].version = 2;
	assert_string_equal(cgroup_word(places), "cgroup2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_come_from_the_configuration),
		cmocka_unit_test(a_plan_survives_its_way_to_the_shim),
		cmocka_unit_test(groups_are_required_of_root_unless_told_otherwise),
		cmocka_unit_test(run_dir_is_not_inside_of_what_is_hidden),
		cmocka_unit_test(user_ids_of_accounts_are_refused),
		cmocka_unit_test(rlimits_are_always_there_and_more_without_groups),
		cmocka_unit_test(the_word_for_limits_is_honest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
