/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/runtab.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <stddef.h>

struct run *runtab_find(const struct runtab *t, const struct id32 *id)
{
	struct run *run = t->first;

	while (run && !id32_eq(&run->id, id))
		run = run->next;
	return run;
}

struct run *runtab_find_probe(const struct runtab *t)
{
	struct run *run = t->first;

	while (run && run->job != 0)
		run = run->next;
	return run;
}

struct run *runtab_add(struct runtab *t, uint64_t job, const struct id32 *id,
		       enum run_phase phase, uint64_t patience_ms)
{
	struct run *run = mem_zalloc(sizeof(*run));

	run->job = job;
	run->id = *id;
	run->phase = phase;
	run->deadline_ms = clock_mono_ms() + patience_ms;
	run->next = t->first;
	t->first = run;
	return run;
}

void runtab_drop(struct runtab *t, const struct id32 *id)
{
	struct run **at = &t->first;

	while (*at && !id32_eq(&(*at)->id, id))
		at = &(*at)->next;
	if (*at) {
		struct run *gone = *at;

		*at = gone->next;
		mem_free(gone);
	}
}

void runtab_clear(struct runtab *t)
{
	while (t->first) {
		struct run *gone = t->first;

		t->first = gone->next;
		mem_free(gone);
	}
}
