/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/crash.h"

#ifndef LOOM_CRASHPOINTS
void crash_point(const char *group, const char *name)
{
	(void)group;
	(void)name;
}
#else
#include "lib/base/str.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

extern char **environ;

/* The setting, looked up once: environ does not change. */
static struct str setting(void)
{
	static bool known;
	static struct str value;

	for (char **e = environ; !known && *e; e++) {
		struct str line = str_of(*e);

		if (str_starts(line, "LOOM_CRASH_POINT="))
			value = str_of(*e + sizeof("LOOM_CRASH_POINT=") - 1);
	}
	known = true;
	return value;
}

void crash_point(const char *group, const char *name)
{
	static uint64_t times;
	struct str rest = setting();
	struct str point;
	uint64_t wanted = 1;
	char here[64];

	if (rest.n == 0)
		return;
	(void)str_next(&rest, ':', &point);
	(void)snprintf(here, sizeof(here), "%s.%s", group, name);
	if (!str_eq_c(point, here))
		return;
	(void)str_to_u64(rest, INT64_MAX, &wanted);
	if (++times == wanted)
		(void)kill(getpid(), SIGKILL);
}
#endif
