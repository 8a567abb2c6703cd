/* SPDX-License-Identifier: MIT */
/*
 * The key and the ledger are absent from the runner's view of the file system, and so
 * from every shim's and sandbox's. A belt beside the capabilities: whoever takes over
 * the runner could still undo a mount, but nothing is there by accident, in a bind, a
 * core file or a path that was put together wrongly.
 */
#include "config.h"

#include "runner/hide.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum lerr_code hide_enter(struct lerr *err)
{
	if (unshare(CLONE_NEWNS) != 0)
		return lerr_set(err, LERR_TEMP, errno, "mount namespace");
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "mount propagation");
	return LERR_OK;
}

enum lerr_code hide_path(struct str path, const char *nothing, struct lerr *err)
{
	auto_free char *name = str_dup(path);
	struct stat st;
	int rc;

	if (path.n == 0 || name[0] != '/' || str_has_nul(path))
		return lerr_set(err, LERR_INPUT, 0, "hide %.80s: want an absolute path",
				name);
	if (stat(name, &st) != 0)
		return lerr_set(err, errno == ENOENT ? LERR_GONE : LERR_TEMP, errno,
				"hide %.80s: it must be there before loom-runner starts",
				name);
	if (S_ISDIR(st.st_mode))
		rc = mount("nothing", name, "tmpfs",
			   MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   "size=4k,nr_inodes=1,mode=0700");
	else
		rc = mount(nothing, name, NULL, MS_BIND, NULL);
	if (rc != 0)
		return lerr_set(err, LERR_TEMP, errno, "hide %.80s", name);
	return LERR_OK;
}
