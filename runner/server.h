/* SPDX-License-Identifier: MIT */
/* runner.sock: who may connect, frames in, frames out. What they mean is in verbs.c. */
#ifndef LOOM_RUNNER_SERVER_H
#define LOOM_RUNNER_SERVER_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcmsg.h"
#include "lib/ipc/ipcrun.h"
#include "lib/ipc/ipcsock.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server;

/* Who asked, and under which number: good for a late answer, even if he has left. */
struct server_asker {
	uint64_t client;
	uint64_t n;
};

/* Answers by server_answer(), now or later, or returns a code that becomes an error. */
typedef enum lerr_code (*server_verb)(void *ctx, const struct server_asker *from,
				      const void *body, struct ipcsock_fds *fds,
				      struct lerr *err);

struct server_setup {
	int listen_fd;            /* taken */
	uid_t engine;             /* may connect, beside root and our own user */
	const server_verb *verbs; /* [IPCRUN_TYPES]; NULL: not a request */
	void *ctx;
};

struct server *server_new(const struct server_setup *setup);
void server_free(struct server *s);

/* A client that does not read or has left is dropped; nobody is told. */
void server_answer(struct server *s, const struct server_asker *to, enum ipcrun_type type,
		   const void *body, const int *fds, size_t nfds);
/* To every client. */
void server_notify(struct server *s, enum ipcrun_type type, const void *body);

size_t server_npolls(const struct server *s);
size_t server_fill(const struct server *s, struct pollfd *p);
void server_handle(struct server *s, const struct pollfd *p, size_t n);

#endif
