/* SPDX-License-Identifier: MIT */
/*
 * The sockets between our processes: AF_UNIX, SOCK_SEQPACKET. One frame is one datagram
 * of JSON of at most CAP_IPC_INLINE bytes; anything larger (up to CAP_IPC_BODY) travels
 * as a sealed memfd beside the datagram {"memfd":LENGTH}. Descriptors that belong to a
 * message follow, at most CAP_IPC_FDS. docs/ipc.md lists every message.
 *
 * All descriptors are non-blocking and close-on-exec. The kernel names the peer
 * (SO_PEERCRED); a server decides by uid whom it serves.
 */
#ifndef LOOM_LIB_IPC_IPCSOCK_H
#define LOOM_LIB_IPC_IPCSOCK_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Bind and listen, as unixsock_listen(), for one friend beside our own user and root. The
 * socket file becomes the friend's, mode 0600, when root gives it; a server that is not
 * root serves its own user, and the kernel lets nobody else in.
 */
MUST_USE enum lerr_code ipcsock_listen(int *out_fd, const char *path, uid_t friend_uid,
				       struct lerr *err);
/* LERR_TEMP with os_errno EAGAIN when nobody waits. */
MUST_USE enum lerr_code ipcsock_accept(int *out_fd, int listen_fd, struct lerr *err);
/* LERR_TEMP when nobody listens (yet). */
MUST_USE enum lerr_code ipcsock_connect(int *out_fd, const char *path, struct lerr *err);

struct ipcsock_peer {
	pid_t pid;
	uid_t uid;
};
MUST_USE enum lerr_code ipcsock_peer(struct ipcsock_peer *out, int fd, struct lerr *err);

/* Descriptors that came with a frame. Whoever keeps one takes it out (fd = -1); the
 * rest is closed by ipcsock_close_fds(). */
struct ipcsock_fds {
	int fd[CAP_IPC_FDS];
	size_t n;
};
void ipcsock_close_fds(struct ipcsock_fds *fds);
/* Take descriptor i out, -1 when there is none. */
int ipcsock_take_fd(struct ipcsock_fds *fds, size_t i);

/* LERR_TEMP/EAGAIN: not sent, try when writable. LERR_GONE: the peer has left.
 * LERR_LIMIT: over CAP_IPC_BODY. The descriptors stay the caller's. */
MUST_USE enum lerr_code ipcsock_send(int fd, struct str json, const int *fds, size_t nfds,
				     struct lerr *err);
/* Append one frame to out. LERR_TEMP/EAGAIN: none waits. LERR_GONE: end. LERR_INPUT or
 * LERR_LIMIT: the peer is broken, close it. *fds is filled anew. */
MUST_USE enum lerr_code ipcsock_recv(int fd, struct buf *out, struct ipcsock_fds *fds,
				     struct lerr *err);

#endif
