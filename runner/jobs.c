/* SPDX-License-Identifier: MIT */
/*
 * A plain list: at most a few thousand jobs, each looked up a few times in its life.
 * The spool is the truth; this is what loom-runner made of it since its start.
 */
#include "config.h"

#include "runner/jobs.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"

struct jobs_item *jobs_find(const struct jobs *j, const struct id32 *id)
{
	for (size_t i = 0; i < j->n; i++)
		if (id32_eq(&j->v[i].id, id))
			return &j->v[i];
	return NULL;
}

struct jobs_item *jobs_add(struct jobs *j, const struct id32 *id, enum jobs_state state)
{
	if (j->n >= CAP_SPOOL_JOBS)
		return NULL;
	/* grown by doubling: a power of two means that it is full */
	if ((j->n & (j->n - 1)) == 0)
		j->v = mem_resize(j->v, j->n ? 2 * j->n : 1, sizeof(*j->v));
	j->v[j->n] = (struct jobs_item){.id = *id, .state = state};
	return &j->v[j->n++];
}

void jobs_remove(struct jobs *j, const struct id32 *id)
{
	for (size_t i = 0; i < j->n; i++) {
		if (!id32_eq(&j->v[i].id, id))
			continue;
		j->v[i] = j->v[--j->n];
		return;
	}
}

void jobs_wipe(struct jobs *j)
{
	mem_free(j->v);
	*j = (struct jobs){NULL, 0};
}

const char *jobs_word(enum jobs_state state)
{
	switch (state) {
	case JOBS_STARTING:
		return "starting";
	case JOBS_RUNNING:
		return "running";
	case JOBS_ENDED:
		return "ended";
	}
	return "?";
}
