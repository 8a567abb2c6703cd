/* SPDX-License-Identifier: MIT */
/* Listening Unix sockets: for nginx (SOCK_STREAM) and between our own processes. */
#ifndef LOOM_LIB_BASE_UNIXSOCK_H
#define LOOM_LIB_BASE_UNIXSOCK_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* LERR_LIMIT: path is longer than a socket's may be. */
MUST_USE enum lerr_code unixsock_address(struct sockaddr_un *sa, const char *path,
					 struct lerr *err);

/* Whom the file belongs to; -1 leaves what the process has. Giving it away needs root. */
struct unixsock_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* as in chmod(2): connecting needs the right to write */
};

/*
 * Bind and listen at path; type is SOCK_STREAM or SOCK_SEQPACKET, SOCK_NONBLOCK may be
 * added, close-on-exec is. Nobody can connect before mode and owner are set. A socket
 * that is there is replaced, anything else is not (LERR_STATE). The path is to be unlinked
 * by the caller at the end.
 */
MUST_USE enum lerr_code unixsock_listen(int *out_fd, const char *path, int type,
					const struct unixsock_owner *owner,
					struct lerr *err);

/* LERR_STATE: somebody serves path, so it is not to be replaced. Apart from the above,
 * because loom-keyd is a program without connect(2). */
MUST_USE enum lerr_code unixsock_check_free(const char *path, int type, struct lerr *err);

#endif
