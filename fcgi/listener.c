/* SPDX-License-Identifier: MIT */
/*
 * The listening socket, made by ourselves: FCGX_OpenSocket() ends the process on an
 * error, replaces a socket that is in use and takes its mode from the umask. Called
 * once by main.c. Whoever may connect speaks FastCGI to us, LOOM_INTERNAL included, and
 * can end us (libfcgi 2.4.2 does not survive two parameter lengths that overflow): the
 * group must be nginx's and nobody else's.
 */
#include "config.h"

#include "fcgi/listener.h"

#include "lib/base/fdio.h"
#include "lib/base/str.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* nginx answers 502 at once when it is full: connections in it are waiting requests. */
enum { BACKLOG = 1024, MODE = 0660 };

static enum lerr_code find_group(gid_t *gid, const char *name, struct lerr *err)
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

static enum lerr_code set_address(struct sockaddr_un *sa, const char *path,
				  struct lerr *err)
{
	size_t n = strlen(path);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (n >= sizeof(sa->sun_path))
		return lerr_set(err, LERR_LIMIT, 0, "%.100s... is too long for a socket",
				path);
	memcpy(sa->sun_path, path, n + 1);
	return LERR_OK;
}

/* Remove what a dead process left; leave what a living one serves, or a file. */
static enum lerr_code clear_path(const struct sockaddr_un *sa, struct lerr *err)
{
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(sa->sun_path, &st) != 0) {
		if (errno == ENOENT)
			return LERR_OK;
		return lerr_set(err, LERR_TEMP, errno, "%.100s", sa->sun_path);
	}
	if (!S_ISSOCK(st.st_mode))
		return lerr_set(err, LERR_STATE, 0, "%.100s is there and no socket",
				sa->sun_path);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "socket");
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno == EAGAIN)
		return lerr_set(err, LERR_STATE, 0, "%.100s is served by another process",
				sa->sun_path);
	if (unlink(sa->sun_path) != 0 && errno != ENOENT)
		return lerr_set(err, LERR_TEMP, errno, "remove old %.100s", sa->sun_path);
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

static enum lerr_code open_up(int fd, const char *path, const char *group,
			      struct lerr *err)
{
	enum lerr_code rc;
	gid_t gid = (gid_t)-1;

	if (group) {
		rc = find_group(&gid, group, err);
		if (rc)
			return rc;
		if (chown(path, (uid_t)-1, gid) != 0)
			return lerr_set(err, LERR_DENIED, errno,
					"give %.80s to group %.40s", path, group);
	}
	if (listen(fd, BACKLOG) != 0 || chmod(path, MODE) != 0)
		return lerr_set(err, LERR_TEMP, errno, "listen on %.100s", path);
	return LERR_OK;
}

enum lerr_code listener_open(int *out_fd, const char *path, const char *group,
			     struct lerr *err)
{
	auto_fd int fd = -1;
	struct sockaddr_un sa;
	enum lerr_code rc = set_address(&sa, path, err);

	if (!rc)
		rc = clear_path(&sa, err);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "socket");
	rc = bind_closed(fd, &sa, err);
	if (rc)
		return rc;
	rc = open_up(fd, path, group, err);
	if (rc) {
		(void)unlink(path);
		return rc;
	}
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}
