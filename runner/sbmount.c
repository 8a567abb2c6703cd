/* SPDX-License-Identifier: MIT */
/*
 * Mounts of one sandbox, made by loom-shim before any job is known. bubblewrap's own
 * tmpfs has no limit on inodes; this one has. All paths are ours.
 */
#include "config.h"

#include "runner/sbmount.h"

#include "lib/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_BYTES = CAP_RUN_PATH + 16,
	/* the tmpfs's own root, job/ and shm/ */
	OWN_INODES = 3,
};

static enum lerr_code write_self(const char *file, const char *text, struct lerr *err)
{
	auto_fd int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return lerr_set(err, LERR_TEMP, errno, "%s", file);
	return LERR_OK;
}

/* Without root: a user namespace in which we stay who we are, but may mount. */
static enum lerr_code enter_user(struct lerr *err)
{
	char uids[48];
	char gids[48];
	enum lerr_code rc;

	(void)snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	(void)snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER) != 0)
		return lerr_set(err, LERR_TEMP, errno, "user namespace");
	rc = write_self("/proc/self/setgroups", "deny", err);
	if (!rc)
		rc = write_self("/proc/self/uid_map", uids, err);
	if (!rc)
		rc = write_self("/proc/self/gid_map", gids, err);
	return rc;
}

static enum lerr_code mount_files(const struct plan *p, struct lerr *err)
{
	char options[160];
	char path[PATH_BYTES];
	unsigned int uid = p->root ? (unsigned int)p->uid : geteuid();
	unsigned int gid = p->root ? (unsigned int)p->uid : getegid();

	(void)snprintf(path, sizeof(path), "%s/mnt", p->sandbox);
	(void)snprintf(options, sizeof(options),
		       "size=%llu,nr_inodes=%llu,mode=0711,uid=%u,gid=%u",
		       (unsigned long long)p->disk_bytes,
		       (unsigned long long)p->files + OWN_INODES, uid, gid);
	if (mount("loom-job", path, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
		return lerr_set(err, LERR_TEMP, errno, "tmpfs on %.100s", path);
	return LERR_OK;
}

static enum lerr_code mount_init(const struct plan *p, struct lerr *err)
{
	char path[PATH_BYTES];

	/* its own folder may be closed to the job's user */
	(void)snprintf(path, sizeof(path), "%s/init", p->sandbox);
	if (mount(p->init, path, NULL, MS_BIND, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "%.60s on %.60s", p->init, path);
	return LERR_OK;
}

enum lerr_code sbmount_enter(const struct plan *p, struct lerr *err)
{
	enum lerr_code rc = p->root ? LERR_OK : enter_user(err);

	if (rc)
		return rc;
	if (unshare(CLONE_NEWNS) != 0)
		return lerr_set(err, LERR_TEMP, errno, "mount namespace");
	/* nothing gets out; what the operator unmounts does not stay busy in here */
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "mount propagation");
	rc = mount_files(p, err);
	return rc ? rc : mount_init(p, err);
}

enum lerr_code sbmount_make_folders(const struct plan *p, struct lerr *err)
{
	static const char *const names[] = {"job", "shm"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[PATH_BYTES];

		(void)snprintf(path, sizeof(path), "%s/mnt/%s", p->sandbox, names[i]);
		if (mkdir(path, 0700) != 0)
			return lerr_set(err, LERR_TEMP, errno, "mkdir %.100s", path);
	}
	return LERR_OK;
}
