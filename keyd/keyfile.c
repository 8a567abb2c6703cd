/* SPDX-License-Identifier: MIT */
/*
 * Called once for each key by main.c, before root is given up. All checks are made on the
 * open descriptor, so that the file that was looked at is the file that is read. Never:
 * repeat any of the content, in an error either.
 */
#include "config.h"

#include "keyd/keyfile.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { ALL_BITS = 07777, ALLOWED_BITS = 0400 };

static enum lerr_code open_file(int *out_fd, const char *path, struct lerr *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0) {
		*out_fd = fd;
		return LERR_OK;
	}
	if (errno == ELOOP)
		return lerr_set(err, LERR_DENIED, 0,
				"%.80s is a symbolic link: name the file itself", path);
	if (errno == EACCES)
		return lerr_set(err, LERR_DENIED, 0,
				"%.80s: this user may not read it: start as root with "
				"--user, or chown it",
				path);
	if (errno == ENOENT)
		return lerr_set(err, LERR_GONE, 0,
				"%.80s is not there: loomctl keygen makes one", path);
	return lerr_set(err, LERR_TEMP, errno, "%.80s", path);
}

static enum lerr_code check_file(int fd, const char *path, uid_t owner, struct lerr *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return lerr_set(err, LERR_TEMP, errno, "%.80s", path);
	if (!S_ISREG(st.st_mode))
		return lerr_set(err, LERR_DENIED, 0, "%.80s is not a regular file", path);
	if (st.st_uid != 0 && st.st_uid != owner)
		return lerr_set(err, LERR_DENIED, 0,
				"%.80s belongs to uid %u: chown it to root or to uid %u",
				path, (unsigned int)st.st_uid, (unsigned int)owner);
	if ((st.st_mode & ALL_BITS & ~(mode_t)ALLOWED_BITS) != 0)
		return lerr_set(err, LERR_DENIED, 0,
				"%.80s has mode %04o: others may have read or changed "
				"it; chmod 0400, and think of a new key",
				path, (unsigned int)(st.st_mode & ALL_BITS));
	if (st.st_size == 0)
		return lerr_set(err, LERR_INPUT, 0, "%.80s is empty", path);
	if (st.st_size > CAP_KEY_FILE)
		return lerr_set(err, LERR_LIMIT, 0,
				"%.80s has %lld bytes: a key file has at most %d", path,
				(long long)st.st_size, CAP_KEY_FILE);
	return LERR_OK;
}

enum lerr_code keyfile_read(struct nsign_key *out, const char *path, uid_t owner,
			    struct lerr *err)
{
	auto_fd int fd = -1;
	auto_secret_buf struct buf text = BUF_INIT(CAP_KEY_FILE);
	enum lerr_code rc = open_file(&fd, path, err);

	if (!rc)
		rc = check_file(fd, path, owner, err);
	if (rc)
		return rc;
	rc = fdio_read_handed(fd, &text, err);
	if (!rc)
		rc = nsign_parse(out, buf_str(&text), err);
	return rc ? lerr_wrap(err, rc, "%.80s", path) : LERR_OK;
}
