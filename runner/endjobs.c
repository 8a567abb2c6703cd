/* SPDX-License-Identifier: MIT */
/*
 * A client of runner.sock, in a process of its own: stops all jobs, as an engine would
 * one by one. Jobs survive the end of the runner, so whoever wants none to be left asks
 * for it before. Nothing here touches the spool.
 */
#include "config.h"

#include "runner/endjobs.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipcrun.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

struct ending {
	struct ipcconn *conn;
	uint64_t until_ms;
	size_t alive;
	bool listed;
};

static enum lerr_code send_list(struct ending *e, struct lerr *err)
{
	char none = 0;

	e->listed = false;
	return ipcconn_send(e->conn, &ipcrun_types[IPCRUN_LIST], 1, &none, NULL, 0, err);
}

/* A second stop for one that is ending already does nothing. */
static enum lerr_code stop_each(struct ending *e, const struct ipcrun_list_is *list,
				struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	e->listed = true;
	e->alive = 0;
	for (size_t i = 0; !rc && i < list->jobs.n && i < list->states.n; i++) {
		struct ipcrun_stop req;

		if (strcmp(list->states.v[i], "ended") == 0 ||
		    !id32_parse(&req.job, str_of(list->jobs.v[i])))
			continue;
		e->alive++;
		rc = ipcconn_send(e->conn, &ipcrun_types[IPCRUN_STOP], 2, &req, NULL, 0,
				  err);
	}
	return rc;
}

static enum lerr_code take(struct ending *e, struct lerr *err)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	struct ipcsock_fds fds = {.n = 0};
	struct lerr why = {0};
	enum lerr_code rc =
		ipcconn_recv(e->conn, &m, &fds, ipcrun_types, IPCRUN_TYPES, &why);

	if (rc == LERR_TEMP && why.os_errno == EAGAIN)
		return LERR_OK;
	if (rc)
		return lerr_set(err, LERR_TEMP, why.os_errno, "%s", why.msg);
	ipcsock_close_fds(&fds);
	if (m.type == IPCRUN_LIST_IS)
		return stop_each(e, m.body, err);
	/* one fewer: see whether it was the last */
	return m.type == IPCRUN_ENDED ? send_list(e, err) : LERR_OK;
}

static enum lerr_code wait_all(struct ending *e, struct lerr *err)
{
	enum lerr_code rc = send_list(e, err);

	while (!rc && (!e->listed || e->alive)) {
		struct pollfd p = {.fd = ipcconn_fd(e->conn), .events = POLLIN};
		uint64_t now = clock_mono_ms();

		if (now >= e->until_ms)
			return lerr_set(err, LERR_TEMP, ETIMEDOUT, "%zu jobs are alive",
					e->alive);
		if (ipcconn_wants_write(e->conn))
			p.events |= POLLOUT;
		if (poll(&p, 1, (int)(e->until_ms - now)) < 0 && errno != EINTR)
			return lerr_set(err, LERR_TEMP, errno, "poll");
		if (p.revents & POLLOUT)
			rc = ipcconn_flush(e->conn, err);
		if (!rc)
			rc = take(e, err);
	}
	return rc;
}

enum lerr_code endjobs_run(const char *path, uint64_t timeout_ms, struct lerr *err)
{
	struct ending e = {.until_ms = clock_mono_ms() + timeout_ms};
	int fd;
	enum lerr_code rc = ipcsock_connect(&fd, path, err);

	if (rc)
		return rc;
	e.conn = ipcconn_new(fd);
	rc = wait_all(&e, err);
	ipcconn_free(e.conn);
	return rc;
}
