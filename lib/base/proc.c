/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/proc.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/panic.h"
#include "lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STAT_MAX = 4096, START_FIELD = 22 };

enum lerr_code proc_start_ticks(uint64_t *out, pid_t pid, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(STAT_MAX);
	char path[64];
	struct str rest;
	struct str word = {NULL, 0};
	enum lerr_code rc;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	rc = fdio_read_file(AT_FDCWD, path, &text, err);
	if (rc)
		return rc == LERR_TEMP ? LERR_GONE : rc;
	/* the name in field 2 may hold blanks and brackets: count from the last one */
	rest = buf_str(&text);
	while (rest.n && rest.p[rest.n - 1] != ')')
		rest.n--;
	rest = (struct str){text.p + rest.n, text.n - rest.n};
	if (rest.n)
		rest = (struct str){rest.p + 1, rest.n - 1};
	for (int field = 3; field <= START_FIELD; field++)
		if (!str_next(&rest, ' ', &word))
			return lerr_set(err, LERR_INPUT, 0, "%s is too short", path);
	if (!str_to_u64(word, UINT64_MAX, out))
		return lerr_set(err, LERR_INPUT, 0, "%s: no start time", path);
	return LERR_OK;
}

enum lerr_code proc_boot_id(struct proc_boot *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(64);
	struct str id;
	enum lerr_code rc =
		fdio_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text, err);

	if (rc)
		return rc;
	id = str_trim(buf_str(&text));
	if (id.n != sizeof(out->id) - 1)
		return lerr_set(err, LERR_INPUT, 0, "boot_id has %zu characters", id.n);
	memcpy(out->id, id.p, id.n);
	out->id[id.n] = '\0';
	return LERR_OK;
}

/* For kernels and sandboxes without close_range. */
static void close_each_from(int lowest)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		panic("close_range and /proc/self/fd are both missing");
	while ((entry = readdir(dir)) != NULL) {
		uint64_t fd;

		if (str_to_u64(str_of(entry->d_name), INT_MAX, &fd) &&
		    (int)fd >= lowest && (int)fd != dirfd(dir))
			(void)close((int)fd);
	}
	(void)closedir(dir);
}

void proc_close_from(int lowest)
{
	INVARIANT(lowest >= 0);
	if (close_range((unsigned int)lowest, UINT_MAX, 0) != 0)
		close_each_from(lowest);
}

enum lerr_code proc_drop_to(uid_t uid, gid_t gid, struct lerr *err)
{
	if (geteuid() == 0 && setgroups(0, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "setgroups");
	if (setresgid(gid, gid, gid) != 0)
		return lerr_set(err, LERR_TEMP, errno, "setresgid %u", (unsigned int)gid);
	if (setresuid(uid, uid, uid) != 0)
		return lerr_set(err, LERR_TEMP, errno, "setresuid %u", (unsigned int)uid);
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		panic("got root back after giving it up");
	return LERR_OK;
}

enum lerr_code proc_hide_memory(struct lerr *err)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return lerr_set(err, LERR_TEMP, errno, "RLIMIT_CORE");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return lerr_set(err, LERR_TEMP, errno, "PR_SET_DUMPABLE");
	return LERR_OK;
}

enum lerr_code proc_find_user(uid_t *uid, gid_t *gid, const char *name, struct lerr *err)
{
	struct passwd *pw;
	uint64_t number;

	if (str_to_u64(str_of(name), UINT32_MAX - 1, &number)) {
		*uid = (uid_t)number;
		*gid = (gid_t)number;
		return LERR_OK;
	}
	errno = 0;
	pw = getpwnam(name);
	if (!pw)
		return lerr_set(err, LERR_GONE, errno, "no user '%.40s'", name);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return LERR_OK;
}

enum lerr_code proc_find_group(gid_t *gid, const char *name, struct lerr *err)
{
	const struct group *gr;
	uint64_t number;

	if (str_to_u64(str_of(name), UINT32_MAX - 1, &number)) {
		*gid = (gid_t)number;
		return LERR_OK;
	}
	errno = 0;
	gr = getgrnam(name);
	if (!gr)
		return lerr_set(err, LERR_GONE, errno, "no group '%.40s'", name);
	*gid = gr->gr_gid;
	return LERR_OK;
}

void proc_ignore_sigpipe(void)
{
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		panic("signal(SIGPIPE)");
}
