/* SPDX-License-Identifier: MIT */
/*
 * One end of a connection that never blocks: frames that the peer cannot take yet wait
 * in a queue of at most CAP_IPC_QUEUE frames and CAP_IPC_QUEUE_BYTES. For programs with
 * a plain poll() loop (keyd, runner); lib/net/ipcuv.h puts it on libuv.
 */
#ifndef LOOM_LIB_IPC_IPCCONN_H
#define LOOM_LIB_IPC_IPCCONN_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcmsg.h"
#include "lib/ipc/ipcsock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ipcconn;

/* Takes fd. */
struct ipcconn *ipcconn_new(int fd);
/* Closes it and everything that waits. NULL is fine. */
void ipcconn_free(struct ipcconn *c);
int ipcconn_fd(const struct ipcconn *c);

/* Send now or queue. Descriptors are duplicated if they have to wait. LERR_GONE: the
 * peer has left; LERR_LIMIT: it does not read. Close the connection on any failure. */
MUST_USE enum lerr_code ipcconn_send(struct ipcconn *c, const struct ipc_type *type,
				     uint64_t n, const void *body, const int *fds,
				     size_t nfds, struct lerr *err);
/* Answer with ipc_error; type is the error entry of the table. */
MUST_USE enum lerr_code ipcconn_send_error(struct ipcconn *c, const struct ipc_type *type,
					   uint64_t n, enum lerr_code code,
					   const char *text, struct lerr *err);
/* Ask poll for POLLOUT? */
bool ipcconn_wants_write(const struct ipcconn *c);
/* On POLLOUT: send what waits. Close on failure. */
MUST_USE enum lerr_code ipcconn_flush(struct ipcconn *c, struct lerr *err);
/* One frame, decoded with a table. LERR_TEMP: none waits now. Any other failure: close.
 */
MUST_USE enum lerr_code ipcconn_recv(struct ipcconn *c, struct ipcmsg *out,
				     struct ipcsock_fds *fds,
				     const struct ipc_type *table, size_t ntypes,
				     struct lerr *err);

#endif
