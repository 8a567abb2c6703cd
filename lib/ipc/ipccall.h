/* SPDX-License-Identifier: MIT */
/*
 * A blocking call with a deadline, for programs that have a thread to wait in
 * (loom-fcgi, loomctl): connect when needed, send, wait for the answer with our number.
 */
#ifndef LOOM_LIB_IPC_IPCCALL_H
#define LOOM_LIB_IPC_IPCCALL_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcmsg.h"

#include <stddef.h>

struct ipccall;

/* path and table are borrowed and must outlive it. error_type: place of ipc_error. */
struct ipccall *ipccall_new(const char *path, const struct ipc_type *table, size_t ntypes,
			    size_t error_type);
void ipccall_free(struct ipccall *c);

/*
 * Send body of table[type] and wait at most timeout_ms in all. LERR_OK: *answer is to be
 * wiped by the caller; an ipc_error answer comes back as its code instead. LERR_TEMP: no
 * connection, no answer in time (os_errno is ETIMEDOUT then) or one that makes no sense;
 * the connection is dropped, the request may or may not have been carried out. A connection that turns out dead before anything was
 * answered is replaced once.
 */
MUST_USE enum lerr_code ipccall_do(struct ipccall *c, struct ipcmsg *answer, size_t type,
				   const void *body, unsigned int timeout_ms,
				   struct lerr *err);

#endif
