/* SPDX-License-Identifier: MIT */
/*
 * Our sockets on a libuv loop. A server knows its peers by number, a client is one peer
 * that is dialled again whenever it is lost. A peer that breaks the rules, or does not
 * read, is closed; on_close tells. Numbers are never reused, and sending to one that is
 * gone is no error: nobody can hold a pointer to a connection.
 */
#ifndef LOOM_LIB_NET_IPCUV_H
#define LOOM_LIB_NET_IPCUV_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcmsg.h"
#include "lib/ipc/ipcsock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* What its owner does; ctx is the owner's. Each may be NULL but on_message. Messages and
 * descriptors stay ipcuv's: a callee that wants to keep a descriptor takes it out with
 * ipcsock_take_fd(). Any of them may send, and may close the peer. */
struct ipcuv_ops {
	void (*on_open)(void *ctx, uint64_t peer);
	void (*on_message)(void *ctx, uint64_t peer, const struct ipcmsg *m,
			   struct ipcsock_fds *fds);
	void (*on_close)(void *ctx, uint64_t peer);
};

/* One protocol: its table and where ipc_error stands in it. */
struct ipcuv_protocol {
	const char *name; /* for logs: "runner" */
	const struct ipc_type *table;
	size_t ntypes;
	size_t error_type;
};

struct ipcuv;

/* Listen on path, unless somebody does already (LERR_STATE). Peers of our own uid, of root
 * and of friend_uid are served, others are closed at once. Called by root, it gives the
 * socket to friend_uid and lets its caller drop root afterwards. ops, protocol and ctx
 * must outlive it. */
MUST_USE enum lerr_code ipcuv_serve(struct ipcuv **out, uv_loop_t *loop, const char *path,
				    uid_t friend_uid,
				    const struct ipcuv_protocol *protocol,
				    const struct ipcuv_ops *ops, void *ctx,
				    struct lerr *err);
/* Dial path, now and again with back-off (20 ms doubling to 1 s) for as long as it lives.
 * The peer has number 1 while it is connected, then 2, and so on. */
struct ipcuv *ipcuv_dial(uv_loop_t *loop, const char *path,
			 const struct ipcuv_protocol *protocol,
			 const struct ipcuv_ops *ops, void *ctx);

/* False when that peer is gone (or goes now, because it does not read). peer 0 on a
 * client means "the present connection". */
bool ipcuv_send(struct ipcuv *u, uint64_t peer, size_t type, uint64_t n, const void *body,
		const int *fds, size_t nfds);
bool ipcuv_send_error(struct ipcuv *u, uint64_t peer, uint64_t n, enum lerr_code code,
		      const char *text);
/* Is the client connected? */
bool ipcuv_is_up(const struct ipcuv *u);
/* Close one peer; on_close is called later, from the loop. */
void ipcuv_hang_up(struct ipcuv *u, uint64_t peer);
/* Close everything; no callback comes any more. Memory goes when the loop has run. */
void ipcuv_close(struct ipcuv *u);

#endif
