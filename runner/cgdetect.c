/* SPDX-License-Identifier: MIT */
/*
 * Finding out, by trying, what control groups can do here; and taking away what was made
 * for that. Called by loom-runner at its start and by its janitor at the end. Never
 * touch a group that is not below our own folder.
 */
#include "config.h"

#include "runner/cgdetect.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "runner/cgfile.h"
#include "runner/cgfind.h"
#include "runner/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 };

/* Which tree of version 1 serves what. */
static const enum cgfind_v1 v1_of[PLAN_CGROUPS] = {
	[PLAN_MEMORY] = CGFIND_MEMORY, [PLAN_PIDS] = CGFIND_PIDS, [PLAN_CPU] = CGFIND_CPU,
	[PLAN_USAGE] = CGFIND_CPUACCT, [PLAN_KILL] = CGFIND_PIDS,
};

/* Small limits, so that a probe shows that writing works. */
static struct plan probe_plan(void)
{
	struct plan p = {.slot = "probe",
			 .memory_bytes = 64 << 20,
			 .processes = 64,
			 .cpu_percent = 100};

	return p;
}

static bool can_join(const struct plan_place *at, const char *slot)
{
	struct cgfile_path procs = cgfile_path(at, slot, "cgroup.procs");
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(cgfile_write_at(procs.c, "0") ? 0 : 1);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0;
}

/* Make a group there, limit it, join it, remove it. */
static bool works(const struct plan_place *at, enum plan_cgroup what)
{
	struct plan p = probe_plan();
	bool ok = cgroup_make_one(at, p.slot) && cgroup_limit(at, &p, what) &&
		  can_join(at, p.slot);

	(void)rmdir(cgfile_path(at, p.slot, "").c);
	return ok;
}

/* Let groups below folder have the controllers. EBUSY: processes stand in it. */
static bool enable(const char *folder)
{
	static const char *const words[] = {"+memory", "+pids", "+cpu"};
	char path[CGFILE_PATH_BYTES];
	bool busy = false;

	(void)snprintf(path, sizeof(path), "%s/cgroup.subtree_control", folder);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!cgfile_write_at(path, words[i]) && errno == EBUSY)
			busy = true;
	return !busy;
}

/* Version 2 wants no process in a group with groups below: step into a leaf. */
static void step_aside(const char *folder)
{
	char path[CGFILE_PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/loom-runner", folder);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return;
	(void)snprintf(path, sizeof(path), "%s/loom-runner/cgroup.procs", folder);
	(void)cgfile_write_at(path, "0");
}

/* Make parent/name and fill all places of version 2 that work in it. True when any. */
static bool try_v2(struct plan_place places[PLAN_CGROUPS], const char *parent,
		   const char *name, bool own)
{
	struct plan_place at = {.version = 2};
	int n = snprintf(at.folder, sizeof(at.folder), "%s/%s", parent, name);
	bool any = false;

	if (n < 0 || n >= (int)sizeof(at.folder))
		return false;
	if (mkdir(at.folder, 0755) != 0 && errno != EEXIST)
		return false;
	if (!enable(parent) && own) {
		step_aside(parent);
		(void)enable(parent);
	}
	(void)enable(at.folder);
	for (size_t i = 0; i < PLAN_CGROUPS; i++) {
		if (places[i].version || !works(&at, (enum plan_cgroup)i))
			continue;
		places[i] = at;
		any = true;
	}
	if (!any)
		(void)rmdir(at.folder);
	return any;
}

static void try_v1(struct plan_place *place, enum plan_cgroup what, const char *parent,
		   const char *name)
{
	struct plan_place at = {.version = 1};
	int n = snprintf(at.folder, sizeof(at.folder), "%s/%s", parent, name);

	if (n < 0 || n >= (int)sizeof(at.folder))
		return;
	if (mkdir(at.folder, 0755) != 0 && errno != EEXIST)
		return;
	if (works(&at, what))
		*place = at;
	else
		(void)rmdir(at.folder);
}

static bool read_proc(struct buf *out, const char *path)
{
	return cgfile_read_at(out, path) && !buf_over(out);
}

void cgdetect_find(struct plan_place places[PLAN_CGROUPS], const char *name)
{
	auto_buf struct buf cgroup = BUF_INIT(TEXT_MAX);
	auto_buf struct buf mounts = BUF_INIT(16 * TEXT_MAX);
	struct cgfind f;
	char above[CAP_RUN_PATH];

	memset(places, 0, PLAN_CGROUPS * sizeof(*places));
	if (!read_proc(&cgroup, "/proc/self/cgroup") ||
	    !read_proc(&mounts, "/proc/self/mountinfo"))
		return;
	cgfind_parse(&f, buf_str(&cgroup), buf_str(&mounts));
	/* Beside a systemd service, not below it: systemd could not start the service
	 * again while jobs of its last life stand in groups below. */
	if (f.v2[0] && str_ends(str_of(f.v2), ".service") &&
	    cgfind_above(above, sizeof(above), f.v2, f.v2_root))
		(void)try_v2(places, above, name, false);
	else if (f.v2[0])
		(void)try_v2(places, f.v2, name, true);
	for (size_t i = 0; i < PLAN_CGROUPS; i++)
		if (!places[i].version && f.v1[v1_of[i]][0])
			try_v1(&places[i], (enum plan_cgroup)i, f.v1[v1_of[i]], name);
}

/* ---- pins */

static bool is_pin(const struct dirent *e)
{
	return strncmp(e->d_name, CGDETECT_PIN, strlen(CGDETECT_PIN)) == 0;
}

/* Remove the groups right below folder, all or only pins; those in use stay. */
static void remove_groups(const char *folder, bool pins_only)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir)) != NULL)
		if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
		    (is_pin(e) || !pins_only))
			(void)unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
	(void)closedir(dir);
}

void cgdetect_pin(const struct plan_place places[PLAN_CGROUPS], const char *pin)
{
	for (size_t i = 0; i < PLAN_CGROUPS; i++) {
		if (!places[i].version || cgroup_is_repeated(places, i))
			continue;
		remove_groups(places[i].folder, true);
		(void)cgroup_make_one(&places[i], pin);
	}
}

static bool has_pins(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir)) != NULL)
		found = is_pin(e);
	if (dir)
		(void)closedir(dir);
	return found;
}

void cgdetect_remove(const struct plan_place places[PLAN_CGROUPS], const char *pin)
{
	for (size_t i = 0; i < PLAN_CGROUPS; i++) {
		if (!places[i].version || cgroup_is_repeated(places, i))
			continue;
		(void)rmdir(cgfile_path(&places[i], pin, "").c);
		if (has_pins(places[i].folder))
			continue;
		remove_groups(places[i].folder, false);
		(void)rmdir(places[i].folder);
	}
}
