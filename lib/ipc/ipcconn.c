/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcconn.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct frame {
	struct frame *next;
	char *json; /* secret, maybe */
	size_t n;
	int fds[CAP_IPC_FDS];
	size_t nfds;
};

struct ipcconn {
	int fd;
	struct frame *first;
	struct frame **last;
	size_t waiting;
	size_t waiting_bytes;
};

struct ipcconn *ipcconn_new(int fd)
{
	struct ipcconn *c = mem_zalloc(sizeof(*c));

	c->fd = fd;
	c->last = &c->first;
	return c;
}

static void frame_free(struct frame *f)
{
	mem_wipe(f->json, f->n);
	mem_free(f->json);
	for (size_t i = 0; i < f->nfds; i++)
		fdio_close(&f->fds[i]);
	mem_free(f);
}

void ipcconn_free(struct ipcconn *c)
{
	if (!c)
		return;
	while (c->first) {
		struct frame *f = c->first;

		c->first = f->next;
		frame_free(f);
	}
	fdio_close(&c->fd);
	mem_free(c);
}

int ipcconn_fd(const struct ipcconn *c)
{
	return c->fd;
}

bool ipcconn_wants_write(const struct ipcconn *c)
{
	return c->first != NULL;
}

static enum lerr_code enqueue(struct ipcconn *c, struct str json, const int *fds,
			      size_t nfds, struct lerr *err)
{
	struct frame *f;

	if (c->waiting >= CAP_IPC_QUEUE ||
	    c->waiting_bytes + json.n > CAP_IPC_QUEUE_BYTES)
		return lerr_set(err, LERR_LIMIT, 0,
				"%zu frames, %zu bytes wait for a slow peer", c->waiting,
				c->waiting_bytes);
	f = mem_zalloc(sizeof(*f));
	f->json = str_dup(json);
	f->n = json.n;
	for (size_t i = 0; i < nfds; i++) {
		int copy = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (copy < 0) {
			int error = errno;

			frame_free(f);
			return lerr_set(err, LERR_TEMP, error, "dup");
		}
		f->fds[f->nfds++] = copy;
	}
	*c->last = f;
	c->last = &f->next;
	c->waiting++;
	c->waiting_bytes += f->n;
	return LERR_OK;
}

enum lerr_code ipcconn_send(struct ipcconn *c, const struct ipc_type *type, uint64_t n,
			    const void *body, const int *fds, size_t nfds,
			    struct lerr *err)
{
	auto_secret_buf struct buf json = BUF_INIT(CAP_IPC_BODY);
	struct lerr why = {0};
	enum lerr_code rc;

	ipcmsg_encode(&json, type, n, body);
	if (buf_over(&json) || nfds > CAP_IPC_FDS)
		return lerr_set(err, LERR_LIMIT, 0, "message %s is too large",
				type->name);
	if (!c->first) {
		rc = ipcsock_send(c->fd, buf_str(&json), fds, nfds, &why);
		if (rc == LERR_OK)
			return rc;
		if (rc != LERR_TEMP || why.os_errno != EAGAIN) {
			if (err)
				*err = why;
			return rc;
		}
	}
	return enqueue(c, buf_str(&json), fds, nfds, err);
}

enum lerr_code ipcconn_send_error(struct ipcconn *c, const struct ipc_type *type,
				  uint64_t n, enum lerr_code code, const char *text,
				  struct lerr *err)
{
	struct ipc_error e = {.code = mem_strdup(lerr_name(code)),
			      .text = mem_strdup(text)};
	enum lerr_code rc = ipcconn_send(c, type, n, &e, NULL, 0, err);

	mem_free(e.code);
	mem_free(e.text);
	return rc;
}

enum lerr_code ipcconn_flush(struct ipcconn *c, struct lerr *err)
{
	while (c->first) {
		struct frame *f = c->first;
		struct lerr why = {0};
		enum lerr_code rc = ipcsock_send(c->fd, (struct str){f->json, f->n},
						 f->fds, f->nfds, &why);

		if (rc == LERR_TEMP && why.os_errno == EAGAIN)
			return LERR_OK;
		if (rc) {
			if (err)
				*err = why;
			return rc;
		}
		c->first = f->next;
		if (!c->first)
			c->last = &c->first;
		c->waiting--;
		c->waiting_bytes -= f->n;
		frame_free(f);
	}
	return LERR_OK;
}

enum lerr_code ipcconn_recv(struct ipcconn *c, struct ipcmsg *out,
			    struct ipcsock_fds *fds, const struct ipc_type *table,
			    size_t ntypes, struct lerr *err)
{
	auto_secret_buf struct buf json = BUF_INIT(CAP_IPC_BODY);
	enum lerr_code rc = ipcsock_recv(c->fd, &json, fds, err);

	if (rc)
		return rc;
	rc = ipcmsg_decode(out, table, ntypes, buf_str(&json), err);
	if (!rc && fds->n > out->desc->nfds) {
		ipcmsg_wipe(out);
		rc = lerr_set(err, LERR_INPUT, 0, "unexpected descriptors");
	}
	if (rc)
		ipcsock_close_fds(fds);
	return rc;
}
