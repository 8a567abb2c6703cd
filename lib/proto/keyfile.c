/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/keyfile.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/proto/nip19.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_MODE = 0400, ALL_BITS = 07777, NAME_ROOM = 256 };

/* ---- reading: all checks are made on the open descriptor, so that the file that was
 * looked at is the file that is read. No message repeats any of the content. */

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
				"%.80s: this user may not read it (chown it, or start as "
				"root)",
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
	if ((st.st_mode & ALL_BITS) != KEY_MODE)
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

/* ---- writing */

static enum lerr_code write_key(int fd, const struct nsign_key *key, struct lerr *err)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_KEY_FILE);
	struct nip19 n = {.type = NIP19_NSEC};

	memcpy(n.id.b, key->b, sizeof(n.id.b));
	nip19_add(&text, &n);
	buf_add_char(&text, '\n');
	nip19_wipe(&n);
	return fdio_write_all(fd, buf_str(&text), err);
}

/* Fill, sync and close an empty file. The mode is set first: whoever can open it now can
 * read it later. */
static enum lerr_code fill(int *fd, const struct nsign_key *key, uid_t uid, gid_t gid,
			   struct lerr *err)
{
	enum lerr_code rc;

	if (fchmod(*fd, KEY_MODE) != 0)
		return lerr_set(err, LERR_TEMP, errno, "chmod");
	if (fchown(*fd, uid, gid) != 0)
		return lerr_set(err, LERR_TEMP, errno, "chown");
	rc = write_key(*fd, key, err);
	if (rc)
		return rc;
	if (fsync(*fd) != 0)
		return lerr_set(err, LERR_TEMP, errno, "fsync");
	if (close(fdio_steal(fd)) != 0)
		return lerr_set(err, LERR_TEMP, errno, "close");
	return LERR_OK;
}

static enum lerr_code create(int dirfd, const char *path, const struct nsign_key *key,
			     uid_t uid, gid_t gid, struct lerr *err)
{
	auto_fd int fd =
		openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, KEY_MODE);
	enum lerr_code rc;

	if (fd < 0 && errno == EEXIST)
		return lerr_set(err, LERR_STATE, 0,
				"%.100s exists, and a key is never overwritten", path);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	rc = fill(&fd, key, uid, gid, err);
	if (!rc)
		rc = fdio_sync_folder(dirfd, path, err);
	if (!rc)
		return LERR_OK;
	(void)unlinkat(dirfd, path, 0);
	return lerr_wrap(err, rc, "%.100s", path);
}

enum lerr_code keyfile_create(const char *path, const struct nsign_key *key,
			      struct lerr *err)
{
	return create(AT_FDCWD, path, key, (uid_t)-1, (gid_t)-1, err);
}

static enum lerr_code remove_one(int dirfd, const char *name, struct lerr *err)
{
	if (unlinkat(dirfd, name, 0) != 0 && errno != ENOENT)
		return lerr_set(err, LERR_TEMP, errno, "remove %.100s", name);
	return LERR_OK;
}

static enum lerr_code new_name(char *out, size_t room, const char *name, struct lerr *err)
{
	if (snprintf(out, room, "%s.new", name) >= (int)room)
		return lerr_set(err, LERR_LIMIT, 0, "name too long");
	return LERR_OK;
}

enum lerr_code keyfile_replace(int dirfd, const char *name, const struct nsign_key *key,
			       uid_t uid, gid_t gid, struct lerr *err)
{
	char temp[NAME_ROOM];
	enum lerr_code rc = new_name(temp, sizeof(temp), name, err);

	if (!rc)
		rc = remove_one(dirfd, temp, err);
	if (!rc)
		rc = create(dirfd, temp, key, uid, gid, err);
	if (rc)
		return rc;
	if (renameat(dirfd, temp, dirfd, name) != 0) {
		rc = lerr_set(err, LERR_TEMP, errno, "rename to %.100s", name);
		(void)unlinkat(dirfd, temp, 0);
		return rc;
	}
	return fdio_sync_folder(dirfd, name, err);
}

enum lerr_code keyfile_remove(int dirfd, const char *name, struct lerr *err)
{
	char temp[NAME_ROOM];
	enum lerr_code rc = new_name(temp, sizeof(temp), name, err);

	if (!rc)
		rc = remove_one(dirfd, temp, err);
	return rc ? rc : remove_one(dirfd, name, err);
}
