/* SPDX-License-Identifier: MIT */
/* Descriptors and small files. */
#ifndef LOOM_LIB_BASE_FDIO_H
#define LOOM_LIB_BASE_FDIO_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* int auto_fd fd = -1: closed when it leaves scope. */
#define auto_fd __attribute__((cleanup(fdio_close_ptr)))
void fdio_close_ptr(int *fd);
/* Close and set to -1; nothing when it is -1 already. */
void fdio_close(int *fd);
/* Hand a descriptor out of an auto_fd variable. */
int fdio_steal(int *fd);

MUST_USE enum lerr_code fdio_nonblock(int fd, struct lerr *err);
/* Write all of it; for files, pipes and blocking sockets. */
MUST_USE enum lerr_code fdio_write_all(int fd, struct str data, struct lerr *err);
/* Append the rest of fd to out. LERR_LIMIT when out's cap is passed. */
MUST_USE enum lerr_code fdio_read_rest(int fd, struct buf *out, struct lerr *err);
/*
 * Append a whole regular file to out; dirfd as in openat(2). No symbolic link is
 * followed in the last component. LERR_GONE when it does not exist, LERR_LIMIT when it
 * is larger than out's cap, LERR_INPUT when it is not a regular file.
 */
MUST_USE enum lerr_code fdio_read_file(int dirfd, const char *path, struct buf *out,
				       struct lerr *err);

enum fdio_sync {
	FDIO_ATOMIC,  /* all or nothing, but lost with the power (tmpfs, caches) */
	FDIO_DURABLE, /* file and folder are synced before success is said */
};
/* Write a file under a temporary name in the same folder, then rename it. */
MUST_USE enum lerr_code fdio_write_file(int dirfd, const char *path, mode_t mode,
					struct str data, enum fdio_sync sync,
					struct lerr *err);
/* fsync the folder that holds path. */
MUST_USE enum lerr_code fdio_sync_folder(int dirfd, const char *path, struct lerr *err);

/* Make a folder; one that is there already is fine. Its parents must exist. */
MUST_USE enum lerr_code fdio_make_folder(const char *path, mode_t mode, struct lerr *err);

/* An anonymous file that holds data and can no longer change. */
MUST_USE enum lerr_code fdio_memfd(int *out_fd, const char *name, struct str data,
				   struct lerr *err);
/* Append the content of a file that a peer handed over: regular, within out's cap; read
 * with pread from the start, so the peer's file offset does not matter. */
MUST_USE enum lerr_code fdio_read_handed(int fd, struct buf *out, struct lerr *err);

#endif
