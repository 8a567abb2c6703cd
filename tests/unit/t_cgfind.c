/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/cgfind.h"

#include "tests/unit/unit.h"

#include <string.h>

static void find(struct cgfind *out, const char *cgroup, const char *mounts)
{
	cgfind_parse(out, str_of(cgroup), str_of(mounts));
}

static void version_2_under_systemd(void **state)
{
	struct cgfind f;

	(void)state;
	find(&f, "0::/system.slice/loom-runner.service\n",
	     "22 1 0:21 / /proc rw - proc proc rw\n"
	     "25 1 0:24 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
	assert_string_equal(f.v2, "/sys/fs/cgroup/system.slice/loom-runner.service");
	assert_string_equal(f.v2_root, "/sys/fs/cgroup");
	assert_string_equal(f.v1[CGFIND_MEMORY], "");
}

static void version_1_with_controllers_together(void **state)
{
	struct cgfind f;

	(void)state;
	find(&f, "3:cpu,cpuacct:/x\n2:memory:/\n1:name=systemd:/\n",
	     "25 1 0:24 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
	     "26 1 0:25 / /cg/memory rw - cgroup cgroup rw,memory\n"
	     "27 1 0:26 / /cg/systemd rw - cgroup cgroup rw,name=systemd\n");
	assert_string_equal(f.v1[CGFIND_CPU], "/cg/cpu/x");
	assert_string_equal(f.v1[CGFIND_CPUACCT], "/cg/cpu/x");
	assert_string_equal(f.v1[CGFIND_MEMORY], "/cg/memory");
	assert_string_equal(f.v1[CGFIND_PIDS], "");
	assert_string_equal(f.v2, "");
}

static void both_versions_side_by_side(void **state)
{
	struct cgfind f;

	(void)state;
	find(&f, "8:pids:/\n4:memory:/a/b\n0::/\n",
	     "25 1 0:24 / /cg/memory rw - cgroup cgroup rw,memory\n"
	     "26 1 0:25 / /cg/pids rw - cgroup cgroup rw,pids\n"
	     "27 1 0:26 / /cg/unified rw - cgroup2 cgroup2 rw\n");
	assert_string_equal(f.v1[CGFIND_MEMORY], "/cg/memory/a/b");
	assert_string_equal(f.v1[CGFIND_PIDS], "/cg/pids");
	assert_string_equal(f.v2, "/cg/unified");
}

static void a_container_shows_a_part_of_the_tree(void **state)
{
	struct cgfind f;

	(void)state;
	find(&f, "4:memory:/docker/abc/inner\n",
	     "25 1 0:24 /docker/abc /cg/memory rw - cgroup cgroup rw,memory\n");
	assert_string_equal(f.v1[CGFIND_MEMORY], "/cg/memory/inner");
	/* "abcd" is not inside "abc" */
	find(&f, "4:memory:/docker/abcd\n",
	     "25 1 0:24 /docker/abc /cg/memory rw - cgroup cgroup rw,memory\n");
	assert_string_equal(f.v1[CGFIND_MEMORY], "/cg/memory");
	/* the view of another namespace */
	find(&f, "4:memory:/\n",
	     "25 1 0:24 /../.. /cg/memory rw - cgroup cgroup rw,memory\n");
	assert_string_equal(f.v1[CGFIND_MEMORY], "/cg/memory");
}

static void the_first_mount_counts(void **state)
{
	struct cgfind f;

	(void)state;
	find(&f, "0::/\n",
	     "25 1 0:24 / /first rw - cgroup2 cgroup2 rw\n"
	     "26 1 0:24 / /second rw - cgroup2 cgroup2 rw\n");
	assert_string_equal(f.v2, "/first");
}

static void nonsense_finds_nothing(void **state)
{
	static const char *const mounts[] = {
		"",
		"\n\n",
		"25 1 0:24 / /m rw\n",
		"25 1 0:24 /\n",
		"25 1 0:24 / /with\\040blank rw - cgroup2 cgroup2 rw\n",
		"- - - - - - cgroup2 x x\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		struct cgfind f;

		find(&f, "0::/\n4:memory:/\n", mounts[i]);
		assert_string_equal(f.v2, "");
		assert_string_equal(f.v1[CGFIND_MEMORY], "");
	}
}

static void a_path_that_is_too_long_is_left_out(void **state)
{
	char cgroup[CAP_RUN_PATH + 32] = "0::/";
	struct cgfind f;

	(void)state;
	memset(cgroup + 4, 'x', CAP_RUN_PATH);
	find(&f, cgroup, "25 1 0:24 / /m rw - cgroup2 cgroup2 rw\n");
	assert_string_equal(f.v2, "");
}

static void the_folder_above_stays_inside_the_mount(void **state)
{
	char out[32];

	(void)state;
	assert_true(cgfind_above(out, sizeof(out), "/cg/a/b", "/cg"));
	assert_string_equal(out, "/cg/a");
	assert_true(cgfind_above(out, sizeof(out), "/cg/a", "/cg"));
	assert_string_equal(out, "/cg");
	assert_false(cgfind_above(out, sizeof(out), "/cg", "/cg"));
	assert_false(cgfind_above(out, 4, "/cg/a/b", "/cg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2_under_systemd),
		cmocka_unit_test(version_1_with_controllers_together),
		cmocka_unit_test(both_versions_side_by_side),
		cmocka_unit_test(a_container_shows_a_part_of_the_tree),
		cmocka_unit_test(the_first_mount_counts),
		cmocka_unit_test(nonsense_finds_nothing),
		cmocka_unit_test(a_path_that_is_too_long_is_left_out),
		cmocka_unit_test(the_folder_above_stays_inside_the_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
