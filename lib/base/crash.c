/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/crash.h"

#ifndef LOOM_CRASHPOINTS
void crash_point(const char *group, const char *name)
{
	(void)group;
	(void)name;
}

uint64_t crash_hurry(uint64_t ms)
{
	return ms;
}
#else
#include "lib/base/str.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Of the environment; empty: it is not there. */
static struct str setting(const char *name)
{
	size_t n = strlen(name);

	for (char **e = environ; *e; e++)
		if (str_starts(str_of(*e), name) && (*e)[n] == '=')
			return str_of(*e + n + 1);
	return STR_LIT("");
}

void crash_point(const char *group, const char *name)
{
	static uint64_t times;
	struct str rest = setting("LOOM_CRASH_POINT");
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

uint64_t crash_hurry(uint64_t ms)
{
	uint64_t times;

	if (!str_to_u64(setting("LOOM_TEST_HURRY"), INT64_MAX, &times) || times == 0)
		return ms;
	return ms > times ? ms / times : 1;
}
#endif
