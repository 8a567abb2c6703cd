/* SPDX-License-Identifier: MIT */
/*
 * Finding control groups in /proc: no folder that is found is outside of its mount.
 *
 * Input: /proc/self/cgroup, 0x01, /proc/self/mountinfo.
 */
#include "config.h"

#include "lib/base/panic.h"
#include "runner/cgfind.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size);
	struct str cgroup = {"", 0};
	static struct cgfind f;
	char above[CAP_RUN_PATH];

	(void)str_next(&rest, 1, &cgroup);
	cgfind_parse(&f, cgroup, rest.p ? rest : (struct str){"", 0});
	for (size_t i = 0; i < CGFIND_V1_COUNT; i++)
		INVARIANT(strlen(f.v1[i]) < sizeof(f.v1[i]));
	if (f.v2[0] && f.v2_root[0] &&
	    cgfind_above(above, sizeof(above), f.v2, f.v2_root))
		INVARIANT(strlen(above) >= strlen(f.v2_root) &&
			  strncmp(above, f.v2, strlen(above)) == 0);
	return 0;
}
