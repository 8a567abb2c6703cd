/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipccall.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcconn.h"

#include <errno.h>
#include <poll.h>

struct ipccall {
	const char *path;
	const struct ipc_type *table;
	size_t ntypes;
	size_t error_type;
	struct ipcconn *conn;
	uint64_t last_n;
};

struct ipccall *ipccall_new(const char *path, const struct ipc_type *table, size_t ntypes,
			    size_t error_type)
{
	struct ipccall *c = mem_zalloc(sizeof(*c));

	c->path = path;
	c->table = table;
	c->ntypes = ntypes;
	c->error_type = error_type;
	return c;
}

static void hang_up(struct ipccall *c)
{
	ipcconn_free(c->conn);
	c->conn = NULL;
}

void ipccall_free(struct ipccall *c)
{
	if (!c)
		return;
	hang_up(c);
	mem_free(c);
}

/* Wait until the socket can be read (and written, when something waits). */
static enum lerr_code wait_for(struct ipccall *c, uint64_t deadline, struct lerr *err)
{
	struct pollfd p = {.fd = ipcconn_fd(c->conn), .events = POLLIN};
	uint64_t now = clock_mono_ms();
	int n;

	if (ipcconn_wants_write(c->conn))
		p.events |= POLLOUT;
	if (now >= deadline)
		return lerr_set(err, LERR_TEMP, ETIMEDOUT, "no answer on %.100s",
				c->path);
	n = poll(&p, 1, (int)(deadline - now));
	if (n < 0 && errno != EINTR)
		return lerr_set(err, LERR_TEMP, errno, "poll");
	if (n > 0 && p.revents & POLLOUT)
		return ipcconn_flush(c->conn, err);
	return LERR_OK;
}

static enum lerr_code wait_answer(struct ipccall *c, struct ipcmsg *answer,
				  uint64_t deadline, struct lerr *err)
{
	for (;;) {
		struct ipcmsg m;
		struct ipcsock_fds fds;
		struct lerr why = {0};
		enum lerr_code rc =
			ipcconn_recv(c->conn, &m, &fds, c->table, c->ntypes, &why);

		if (rc == LERR_TEMP && why.os_errno == EAGAIN) {
			rc = wait_for(c, deadline, err);
			if (rc)
				return rc;
			continue;
		}
		if (rc) {
			if (err)
				*err = why;
			/* a frame that makes no sense is no verdict on the request */
			return rc == LERR_GONE ? rc : LERR_TEMP;
		}
		ipcsock_close_fds(&fds);
		if (m.n == c->last_n) {
			*answer = m;
			return LERR_OK;
		}
		/* the late answer to a call that was given up */
		ipcmsg_wipe(&m);
	}
}

static enum lerr_code call_once(struct ipccall *c, struct ipcmsg *answer, size_t type,
				const void *body, uint64_t deadline, struct lerr *err)
{
	enum lerr_code rc;
	int fd;

	if (!c->conn) {
		rc = ipcsock_connect(&fd, c->path, err);
		if (rc)
			return rc;
		c->conn = ipcconn_new(fd);
	}
	c->last_n++;
	rc = ipcconn_send(c->conn, &c->table[type], c->last_n, body, NULL, 0, err);
	if (!rc)
		rc = wait_answer(c, answer, deadline, err);
	if (rc)
		hang_up(c);
	return rc;
}

enum lerr_code ipccall_do(struct ipccall *c, struct ipcmsg *answer, size_t type,
			  const void *body, unsigned int timeout_ms, struct lerr *err)
{
	uint64_t deadline = clock_mono_ms() + timeout_ms;
	bool reused = c->conn != NULL;
	struct ipcmsg m;
	enum lerr_code rc = call_once(c, &m, type, body, deadline, err);

	if (rc == LERR_GONE && reused)
		rc = call_once(c, &m, type, body, deadline, err);
	if (rc == LERR_GONE)
		return lerr_set(err, LERR_TEMP, 0, "%.100s hung up", c->path);
	if (rc)
		return rc;
	if (m.type == c->error_type) {
		rc = ipc_error_read(m.body, err);
		ipcmsg_wipe(&m);
		return rc;
	}
	*answer = m;
	return LERR_OK;
}
