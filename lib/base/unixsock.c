/* SPDX-License-Identifier: MIT */
/* FCGX_OpenSocket() and its like end the process on an error, replace a socket that is in
 * use and take its mode from the umask; none of that is good enough for a folder where
 * the file's owner and mode are what decides who may talk to whom. */
#include "config.h"

#include "lib/base/unixsock.h"

#include "lib/base/fdio.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* nginx answers 502 at once when it is full: connections in it are waiting requests. */
enum { BACKLOG = 1024 };

enum lerr_code unixsock_address(struct sockaddr_un *sa, const char *path,
				struct lerr *err)
{
	size_t n = strlen(path);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (n >= sizeof(sa->sun_path))
		return lerr_set(err, LERR_LIMIT, 0,
				"%.100s...: a socket path has at most %zu characters",
				path, sizeof(sa->sun_path) - 1);
	memcpy(sa->sun_path, path, n + 1);
	return LERR_OK;
}

enum lerr_code unixsock_check_free(const char *path, int type, struct lerr *err)
{
	auto_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	enum lerr_code rc = unixsock_address(&sa, path, err);

	if (rc)
		return rc;
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "socket");
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 || errno == EAGAIN)
		return lerr_set(err, LERR_STATE, 0, "%.100s is served by another process",
				path);
	return LERR_OK;
}

static enum lerr_code remove_old(const char *path, struct lerr *err)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return LERR_OK;
		return lerr_set(err, LERR_TEMP, errno, "%.100s", path);
	}
	if (!S_ISSOCK(st.st_mode))
		return lerr_set(err, LERR_STATE, 0, "%.100s is there and no socket",
				path);
	if (unlink(path) != 0 && errno != ENOENT)
		return lerr_set(err, LERR_TEMP, errno, "remove old %.100s", path);
	return LERR_OK;
}

/* Bound with no rights at all, which are given last: nobody gets in between. */
static enum lerr_code bind_closed(int fd, const struct sockaddr_un *sa, struct lerr *err)
{
	mode_t mask = umask(0777);
	int rc = bind(fd, (const struct sockaddr *)sa, sizeof(*sa));
	int error = errno;

	(void)umask(mask);
	if (rc != 0)
		return lerr_set(err, LERR_TEMP, error, "bind %.100s", sa->sun_path);
	return LERR_OK;
}

static enum lerr_code open_up(int fd, const char *path, const struct unixsock_owner *o,
			      struct lerr *err)
{
	bool given = o->uid != (uid_t)-1 || o->gid != (gid_t)-1;

	if (given && lchown(path, o->uid, o->gid) != 0)
		return lerr_set(err, LERR_DENIED, errno,
				"give %.80s to user %d, group %d", path, (int)o->uid,
				(int)o->gid);
	if (listen(fd, BACKLOG) != 0 || chmod(path, o->mode) != 0)
		return lerr_set(err, LERR_TEMP, errno, "listen on %.100s", path);
	return LERR_OK;
}

enum lerr_code unixsock_listen(int *out_fd, const char *path, int type,
			       const struct unixsock_owner *owner, struct lerr *err)
{
	auto_fd int fd = -1;
	struct sockaddr_un sa;
	enum lerr_code rc = unixsock_address(&sa, path, err);

	if (!rc)
		rc = remove_old(path, err);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "socket");
	rc = bind_closed(fd, &sa, err);
	if (rc)
		return rc;
	rc = open_up(fd, path, owner, err);
	if (rc) {
		(void)unlink(path);
		return rc;
	}
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}
