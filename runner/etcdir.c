/* SPDX-License-Identifier: MIT */
/*
 * The files below /etc that a job sees are invented here, so that nothing of the
 * operator's /etc has to be shown: no names of accounts, no host names, no mounts.
 * Called once by loom-runner, before any job.
 */
#include "config.h"

#include "runner/etcdir.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD                                      \
	"root:x:0:0:root:/root:/usr/sbin/nologin\n" \
	"job:x:1000:1000:job:/job:/bin/sh\n"        \
	"nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
#define GROUP "root:x:0:\njob:x:1000:\nnogroup:x:65534:\n"
#define HOSTS "127.0.0.1 localhost job\n::1 localhost ip6-localhost ip6-loopback\n"
#define NSSWITCH "passwd: files\ngroup: files\nhosts: files dns\n"
/* slirp4netns answers there */
#define RESOLVER "nameserver 10.0.2.3\n"

enum { PATH_BYTES = 512 };

struct etc_file {
	const char *name;
	const char *text;
	bool outbound; /* only with network */
};

static const struct etc_file files[] = {
	{"passwd", PASSWD, false},       {"group", GROUP, false},
	{"hosts", HOSTS, false},         {"nsswitch.conf", NSSWITCH, false},
	{"resolv.conf", RESOLVER, true},
};

/* What is mounted on below etc/ has to be there: bubblewrap cannot make it in a folder
 * that is read-only. */
static const char *const folders[] = {"",         "/etc",           "/etc/alternatives",
				      "/etc/ssl", "/etc/ssl/certs", "/mnt"};

static enum lerr_code make_folders(const char *path, struct lerr *err)
{
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char full[PATH_BYTES];
		enum lerr_code rc;

		(void)snprintf(full, sizeof(full), "%s%s", path, folders[i]);
		rc = fdio_make_folder(full, 0755, err);
		if (rc)
			return rc;
	}
	return LERR_OK;
}

static enum lerr_code make_files(int folder, bool outbound, struct lerr *err)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		enum lerr_code rc;

		if (files[i].outbound && !outbound) {
			(void)unlinkat(folder, files[i].name, 0);
			continue;
		}
		rc = fdio_write_file(folder, files[i].name, 0444, str_of(files[i].text),
				     FDIO_ATOMIC, err);
		if (rc)
			return rc;
	}
	return LERR_OK;
}

static enum lerr_code make_mount_point(int folder, const char *name, mode_t mode,
				       struct lerr *err)
{
	/* never by rename: that would undo the mounts of jobs that run on it */
	auto_fd int fd =
		openat(folder, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "create %s", name);
	return LERR_OK;
}

enum lerr_code etcdir_make(const char *path, bool outbound, struct lerr *err)
{
	auto_fd int folder = -1;
	auto_fd int etc = -1;
	enum lerr_code rc = make_folders(path, err);

	if (rc)
		return rc;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	etc = folder < 0 ? -1
			 : openat(folder, "etc",
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (etc < 0)
		return lerr_set(err, LERR_TEMP, errno, "open %.100s", path);
	rc = make_files(etc, outbound, err);
	if (!rc)
		rc = make_mount_point(etc, "ld.so.cache", 0444, err);
	if (!rc)
		rc = make_mount_point(folder, "init", 0555, err);
	if (!rc)
		rc = make_mount_point(folder, "nothing", 0400, err);
	return rc;
}

/* Whoever can rename a folder on the way puts another one in its place, and root mounts
 * there for every job. */
static bool is_ours_alone(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return false;
	return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st->st_mode & S_ISVTX) != 0;
}

enum lerr_code etcdir_check_way(const char *path, struct lerr *err)
{
	char part[PATH_BYTES];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return lerr_set(err, LERR_LIMIT, 0, "path too long");
	memcpy(part, path, n + 1);
	while (n > 1) {
		struct stat st;

		if (stat(part, &st) != 0)
			return lerr_set(err, LERR_TEMP, errno, "%.100s", part);
		if (!(st.st_mode & S_IXOTH))
			return lerr_set(err, LERR_INPUT, 0,
					"%.80s: jobs run as users of their own, who must "
					"be able to enter it (chmod o+x)",
					part);
		if (!is_ours_alone(&st))
			return lerr_set(
				err, LERR_INPUT, 0,
				"%.80s: others than root may change what is in it "
				"(chown root, chmod go-w)",
				part);
		while (n > 1 && part[n - 1] != '/')
			n--;
		n = n > 1 ? n - 1 : n;
		part[n] = '\0';
	}
	return LERR_OK;
}
