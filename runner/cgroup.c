/* SPDX-License-Identifier: MIT */
/*
 * Control groups, version 1 and 2, for loom-runner (sweeping) and loom-shim
 * (its own slot). Paths come from cgdetect.c and from slot names of ours; nothing a job
 * says reaches this file. Never write to a group that is not below our own folder.
 */
#include "config.h"

#include "runner/cgroup.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "runner/cgfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CPU_PERIOD_US = 100000,
	/* bubblewrap and loom-init stand in the group too */
	OWN_PROCESSES = 4,
};

/* ---- limits */

static bool limit_memory(const struct plan_place *at, const struct plan *p)
{
	if (at->version == 2) {
		/* without the swap controller there is no such file, and no swap */
		(void)cgfile_write_u64(at, p->slot, "memory.swap.max", 0);
		return cgfile_write_u64(at, p->slot, "memory.max", p->memory_bytes);
	}
	/* raising and lowering need opposite orders; try both */
	(void)cgfile_write_u64(at, p->slot, "memory.memsw.limit_in_bytes",
			       p->memory_bytes);
	if (!cgfile_write_u64(at, p->slot, "memory.limit_in_bytes", p->memory_bytes))
		return false;
	(void)cgfile_write_u64(at, p->slot, "memory.memsw.limit_in_bytes",
			       p->memory_bytes);
	return true;
}

static bool limit_pids(const struct plan_place *at, const struct plan *p)
{
	return cgfile_write_u64(at, p->slot, "pids.max", p->processes + OWN_PROCESSES);
}

static bool limit_cpu(const struct plan_place *at, const struct plan *p)
{
	uint64_t quota = CPU_PERIOD_US * p->cpu_percent / 100;
	char text[64];

	if (at->version == 2) {
		(void)snprintf(text, sizeof(text), "%llu %d", (unsigned long long)quota,
			       CPU_PERIOD_US);
		return cgfile_write(at, p->slot, "cpu.max", text);
	}
	return cgfile_write_u64(at, p->slot, "cpu.cfs_period_us", CPU_PERIOD_US) &&
	       cgfile_write_u64(at, p->slot, "cpu.cfs_quota_us", quota);
}

static bool check_usage(const struct plan_place *at, const struct plan *p)
{
	uint64_t value;

	return at->version == 2
		       ? cgfile_read_key(&value, at, p->slot, "cpu.stat", "usage_usec")
		       : cgfile_read_u64(&value, at, p->slot, "cpuacct.usage");
}

static bool check_kill(const struct plan_place *at, const struct plan *p)
{
	/* on an empty group: shows that the file is there and may be written */
	return at->version == 2 ? cgfile_write(at, p->slot, "cgroup.kill", "1") : true;
}

/* The order is that of enum plan_cgroup. */
static bool (*const limits[PLAN_CGROUPS])(const struct plan_place *at,
					  const struct plan *p) = {
	[PLAN_MEMORY] = limit_memory, [PLAN_PIDS] = limit_pids, [PLAN_CPU] = limit_cpu,
	[PLAN_USAGE] = check_usage,   [PLAN_KILL] = check_kill,
};

bool cgroup_limit(const struct plan_place *at, const struct plan *p,
		  enum plan_cgroup what)
{
	return limits[what](at, p);
}

/* ---- the groups of a slot */

bool cgroup_make_one(const struct plan_place *at, const char *slot)
{
	return mkdir(cgfile_path(at, slot, "").c, 0755) == 0 || errno == EEXIST;
}

enum lerr_code cgroup_make(const struct plan *p, struct lerr *err)
{
	for (size_t i = 0; i < PLAN_CGROUPS; i++) {
		if (p->places[i].version == 0)
			continue;
		if (!cgroup_make_one(&p->places[i], p->slot))
			return lerr_set(err, LERR_TEMP, errno, "group in %.100s",
					p->places[i].folder);
		/* cgroup.kill was tried once; here it would hit whoever joins */
		if (i != PLAN_KILL && !limits[i](&p->places[i], p))
			return lerr_set(err, LERR_TEMP, errno, "limit in %.100s",
					p->places[i].folder);
	}
	return LERR_OK;
}

bool cgroup_is_repeated(const struct plan_place places[PLAN_CGROUPS], size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (places[k].version && strcmp(places[k].folder, places[i].folder) == 0)
			return true;
	return false;
}

enum lerr_code cgroup_join(const struct plan *p, struct lerr *err)
{
	for (size_t i = 0; i < PLAN_CGROUPS; i++) {
		if (p->places[i].version == 0 || cgroup_is_repeated(p->places, i))
			continue;
		if (!cgfile_write(&p->places[i], p->slot, "cgroup.procs", "0"))
			return lerr_set(err, LERR_TEMP, errno, "join group in %.100s",
					p->places[i].folder);
	}
	return LERR_OK;
}

/* Any place that can list what is inside. */
static const struct plan_place *any_place(const struct plan_place places[PLAN_CGROUPS])
{
	static const enum plan_cgroup order[] = {PLAN_KILL, PLAN_PIDS, PLAN_MEMORY,
						 PLAN_USAGE, PLAN_CPU};

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (places[order[i]].version)
			return &places[order[i]];
	return NULL;
}

/* The first part of the list of processes; n is 0 when it is empty. */
static bool read_procs(char *out, size_t size, size_t *n, const struct plan_place *at,
		       const char *slot)
{
	auto_fd int fd = open(cgfile_path(at, slot, "cgroup.procs").c,
			      O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd < 0 ? -1 : read(fd, out, size);

	*n = got > 0 ? (size_t)got : 0;
	return got >= 0;
}

/* Callers repeat this until nothing is left, so a part of a long list will do. */
static void kill_each(const struct plan_place *at, const char *slot)
{
	char text[8192];
	struct str rest = {text, 0};
	struct str line;

	if (!read_procs(text, sizeof(text), &rest.n, at, slot))
		return;
	/* a number that was cut off is no number of ours */
	while (rest.n && text[rest.n - 1] != '\n')
		rest.n--;
	while (str_next(&rest, '\n', &line)) {
		uint64_t pid;

		if (str_to_u64(line, INT32_MAX, &pid) && pid > 1)
			(void)kill((pid_t)pid, SIGKILL);
	}
}

void cgroup_kill(const struct plan_place places[PLAN_CGROUPS], const char *slot)
{
	const struct plan_place *at = any_place(places);

	if (!at)
		return;
	if (at->version != 2 || !cgfile_write(at, slot, "cgroup.kill", "1"))
		kill_each(at, slot);
}

bool cgroup_is_populated(const struct plan_place places[PLAN_CGROUPS], const char *slot)
{
	const struct plan_place *at = any_place(places);
	uint64_t populated = 0;
	char text[32];
	size_t n = 0;

	if (!at)
		return false;
	if (at->version == 2)
		return cgfile_read_key(&populated, at, slot, "cgroup.events",
				       "populated") &&
		       populated != 0;
	return read_procs(text, sizeof(text), &n, at, slot) && n > 0;
}

/* ---- usage */

void cgroup_read(struct cgroup_usage *out, const struct plan *p)
{
	const struct plan_place *usage = &p->places[PLAN_USAGE];
	const struct plan_place *memory = &p->places[PLAN_MEMORY];
	bool two = memory->version == 2;

	memset(out, 0, sizeof(*out));
	if (usage->version == 2)
		(void)cgfile_read_key(&out->cpu_us, usage, p->slot, "cpu.stat",
				      "usage_usec");
	else if (usage->version == 1 &&
		 cgfile_read_u64(&out->cpu_us, usage, p->slot, "cpuacct.usage"))
		out->cpu_us /= 1000;
	if (memory->version == 0)
		return;
	(void)cgfile_read_key(&out->oom_kills, memory, p->slot,
			      two ? "memory.events" : "memory.oom_control", "oom_kill");
	(void)cgfile_read_u64(&out->mem_peak_bytes, memory, p->slot,
			      two ? "memory.peak" : "memory.max_usage_in_bytes");
}

void cgroup_reset_peak(const struct plan *p)
{
	const struct plan_place *memory = &p->places[PLAN_MEMORY];

	if (memory->version == 1)
		(void)cgfile_write_u64(memory, p->slot, "memory.max_usage_in_bytes", 0);
	/* version 2 forgets for one open file only, and there is no peak before 5.19:
	 * the few MiB of bubblewrap are part of it */
}

const char *cgroup_word(const struct plan_place places[PLAN_CGROUPS])
{
	uint64_t memory = places[PLAN_MEMORY].version;
	uint64_t pids = places[PLAN_PIDS].version;

	if (!memory || !pids)
		return "weak";
	return memory == 2 && pids == 2 ? "cgroup2" : "cgroup1";
}
