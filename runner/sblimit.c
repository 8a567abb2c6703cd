/* SPDX-License-Identifier: MIT */
/*
 * From the plan to setrlimit(2), pure. loom-init sets them on itself, inside the
 * sandbox's own user namespace, so that processes are counted there alone.
 */
#include "config.h"

#include "runner/sblimit.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"

#include <sys/resource.h>

#define MIB (1024ULL * 1024)

static void add(struct initmsg_order *o, int resource, uint64_t soft, uint64_t hard)
{
	INVARIANT(o->nlimits < INITMSG_LIMITS);
	o->limits[o->nlimits++] =
		(struct initmsg_limit){.resource = resource, .soft = soft, .hard = hard};
}

static void add_same(struct initmsg_order *o, int resource, uint64_t value)
{
	add(o, resource, value, value);
}

void sblimit_fill(struct initmsg_order *o, const struct plan *p)
{
	o->nlimits = 0;
	add_same(o, RLIMIT_FSIZE,
		 p->disk_bytes > CAP_JOB_FILE_BYTES ? p->disk_bytes : CAP_JOB_FILE_BYTES);
	add_same(o, RLIMIT_NOFILE, CAP_JOB_OPEN_FILES);
	add_same(o, RLIMIT_CORE, 0);
	add_same(o, RLIMIT_MEMLOCK, MIB / 16);
	add_same(o, RLIMIT_MSGQUEUE, 0);
	add_same(o, RLIMIT_SIGPENDING, 1024);
	add_same(o, RLIMIT_NICE, 0);
	add_same(o, RLIMIT_RTPRIO, 0);
	add(o, RLIMIT_STACK, 8 * MIB, 64 * MIB);
	/* loom-init is one of them */
	add_same(o, RLIMIT_NPROC, p->processes + 1);
	if (!p->places[PLAN_MEMORY].version)
		add_same(o, RLIMIT_AS, p->memory_bytes);
}
