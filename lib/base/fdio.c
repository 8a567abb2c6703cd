/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/fdio.h"

#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 16384 };

void fdio_close(int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = keep;
}

void fdio_close_ptr(int *fd)
{
	fdio_close(fd);
}

int fdio_steal(int *fd)
{
	int out = *fd;

	*fd = -1;
	return out;
}

enum lerr_code fdio_nonblock(int fd, struct lerr *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return lerr_set(err, LERR_TEMP, errno, "O_NONBLOCK");
	return LERR_OK;
}

enum lerr_code fdio_write_all(int fd, struct str data, struct lerr *err)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lerr_set(err, LERR_TEMP, errno, "write");
		data.p += n;
		data.n -= (size_t)n;
	}
	return LERR_OK;
}

/* One piece read by read(2) or, from a given offset, pread(2). */
static enum lerr_code read_piece(int fd, off_t at, struct buf *out, bool *more,
				 struct lerr *err)
{
	char piece[CHUNK];
	ssize_t n;

	do {
		n = at < 0 ? read(fd, piece, sizeof(piece))
			   : pread(fd, piece, sizeof(piece), at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return lerr_set(err, LERR_TEMP, errno, "read");
	*more = n > 0;
	buf_add(out, piece, (size_t)n);
	mem_wipe(piece, (size_t)n);
	if (buf_over(out))
		return lerr_set(err, LERR_LIMIT, 0, "more than %zu bytes", out->cap);
	return LERR_OK;
}

enum lerr_code fdio_read_rest(int fd, struct buf *out, struct lerr *err)
{
	bool more = true;

	while (more) {
		enum lerr_code rc = read_piece(fd, -1, out, &more, err);

		if (rc)
			return rc;
	}
	return LERR_OK;
}

enum lerr_code fdio_read_handed(int fd, struct buf *out, struct lerr *err)
{
	struct stat st;
	bool more = true;
	off_t at = 0;

	if (fstat(fd, &st) != 0)
		return lerr_set(err, LERR_TEMP, errno, "fstat");
	if (!S_ISREG(st.st_mode))
		return lerr_set(err, LERR_INPUT, 0, "not a regular file");
	while (more) {
		size_t before = out->n;
		enum lerr_code rc = read_piece(fd, at, out, &more, err);

		if (rc)
			return rc;
		at += (off_t)(out->n - before);
	}
	return LERR_OK;
}

enum lerr_code fdio_read_file(int dirfd, const char *path, struct buf *out,
			      struct lerr *err)
{
	auto_fd int fd =
		openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum lerr_code rc;

	if (fd < 0)
		return lerr_set(err, errno == ENOENT ? LERR_GONE : LERR_TEMP, errno,
				"%.100s", path);
	rc = fdio_read_handed(fd, out, err);
	return rc ? lerr_wrap(err, rc, "%.100s", path) : LERR_OK;
}

enum lerr_code fdio_sync_folder(int dirfd, const char *path, struct lerr *err)
{
	char copy[PATH_MAX];
	auto_fd int fd = -1;

	if (strlen(path) >= sizeof(copy))
		return lerr_set(err, LERR_LIMIT, 0, "path too long");
	memcpy(copy, path, strlen(path) + 1);
	fd = openat(dirfd, dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return lerr_set(err, LERR_TEMP, errno, "sync folder of %.100s", path);
	return LERR_OK;
}

static enum lerr_code write_temp(int dirfd, const char *temp, mode_t mode,
				 struct str data, enum fdio_sync sync, struct lerr *err)
{
	auto_fd int fd =
		openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum lerr_code rc;
	int raw;

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "create %.100s", temp);
	rc = fdio_write_all(fd, data, err);
	if (rc)
		return rc;
	if (fchmod(fd, mode) != 0)
		return lerr_set(err, LERR_TEMP, errno, "chmod %.100s", temp);
	if (sync == FDIO_DURABLE && fsync(fd) != 0)
		return lerr_set(err, LERR_TEMP, errno, "fsync %.100s", temp);
	raw = fdio_steal(&fd);
	if (close(raw) != 0)
		return lerr_set(err, LERR_TEMP, errno, "close %.100s", temp);
	return LERR_OK;
}

enum lerr_code fdio_write_file(int dirfd, const char *path, mode_t mode, struct str data,
			       enum fdio_sync sync, struct lerr *err)
{
	char temp[PATH_MAX];
	uint8_t salt[4];
	char salt_hex[9];
	enum lerr_code rc;

	rng_fill(salt, sizeof(salt));
	hex_encode(salt_hex, salt, sizeof(salt));
	if (snprintf(temp, sizeof(temp), "%s.%s.tmp", path, salt_hex) >=
	    (int)sizeof(temp))
		return lerr_set(err, LERR_LIMIT, 0, "path too long");
	rc = write_temp(dirfd, temp, mode, data, sync, err);
	if (!rc && renameat(dirfd, temp, dirfd, path) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "rename to %.100s", path);
	if (rc) {
		(void)unlinkat(dirfd, temp, 0);
		return rc;
	}
	return sync == FDIO_DURABLE ? fdio_sync_folder(dirfd, path, err) : LERR_OK;
}

enum lerr_code fdio_make_folder(const char *path, mode_t mode, struct lerr *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0) {
		/* the umask may have taken bits away; not by name, which somebody who may
		 * write there could have made a link by now */
		auto_fd int fd =
			open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fchmod(fd, mode) != 0)
			return lerr_set(err, LERR_TEMP, errno, "chmod %.100s", path);
		return LERR_OK;
	}
	if (errno != EEXIST)
		return lerr_set(err, LERR_TEMP, errno, "mkdir %.100s", path);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return lerr_set(err, LERR_INPUT, 0, "%.100s is not a folder", path);
	return LERR_OK;
}

enum lerr_code fdio_memfd(int *out_fd, const char *name, struct str data,
			  struct lerr *err)
{
	auto_fd int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum lerr_code rc;

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "memfd_create");
	rc = fdio_write_all(fd, data, err);
	if (rc)
		return rc;
	if (lseek(fd, 0, SEEK_SET) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return lerr_set(err, LERR_TEMP, errno, "seal memfd");
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}
