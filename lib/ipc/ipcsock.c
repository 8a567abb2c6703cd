/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcsock.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/unixsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMFD_MARK "{\"memfd\":"

enum {
	/* the memfd of the body travels in front of the message's own descriptors */
	FDS_ON_WIRE = CAP_IPC_FDS + 1,
	SOCKET_BUFFER = 4 * CAP_IPC_INLINE,
};

/* A frame must fit whole; the kernel may grant less, then large frames use memfds. */
static void widen(int fd)
{
	int size = SOCKET_BUFFER;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static enum lerr_code new_socket(int *out_fd, struct lerr *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "socket");
	widen(fd);
	*out_fd = fd;
	return LERR_OK;
}

enum lerr_code ipcsock_listen(int *out_fd, const char *path, uid_t friend_uid,
			      struct lerr *err)
{
	/* connect(2) needs the right to write, which root's own socket gives nobody */
	bool give = geteuid() == 0 && friend_uid != 0;
	struct unixsock_owner owner = {give ? friend_uid : (uid_t)-1, (gid_t)-1, 0600};
	enum lerr_code rc = unixsock_listen(out_fd, path, SOCK_SEQPACKET | SOCK_NONBLOCK,
					    &owner, err);

	if (!rc)
		widen(*out_fd);
	return rc;
}

enum lerr_code ipcsock_accept(int *out_fd, int listen_fd, struct lerr *err)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "accept");
	widen(fd);
	*out_fd = fd;
	return LERR_OK;
}

enum lerr_code ipcsock_connect(int *out_fd, const char *path, struct lerr *err)
{
	auto_fd int fd = -1;
	struct sockaddr_un sa;
	enum lerr_code code = unixsock_address(&sa, path, err);

	if (!code)
		code = new_socket(&fd, err);
	if (code)
		return code;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return lerr_set(err, LERR_TEMP, errno, "connect to %.100s", path);
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

enum lerr_code ipcsock_peer(struct ipcsock_peer *out, int fd, struct lerr *err)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return lerr_set(err, LERR_TEMP, errno, "SO_PEERCRED");
	*out = (struct ipcsock_peer){.pid = cred.pid, .uid = cred.uid};
	return LERR_OK;
}

void ipcsock_close_fds(struct ipcsock_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		fdio_close(&fds->fd[i]);
	fds->n = 0;
}

int ipcsock_take_fd(struct ipcsock_fds *fds, size_t i)
{
	return i < fds->n ? fdio_steal(&fds->fd[i]) : -1;
}

/* ---- sending */

union fd_control {
	struct cmsghdr head; /* for alignment */
	char room[CMSG_SPACE(sizeof(int) * FDS_ON_WIRE)];
};

static void put_fds(struct msghdr *msg, union fd_control *control, const int *fds,
		    size_t nfds)
{
	struct cmsghdr *head;

	if (nfds == 0)
		return;
	memset(control, 0, sizeof(*control));
	msg->msg_control = control->room;
	msg->msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	head = CMSG_FIRSTHDR(msg);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
	memcpy(CMSG_DATA(head), fds, sizeof(int) * nfds);
}

static enum lerr_code send_datagram(int fd, struct str data, const int *fds, size_t nfds,
				    struct lerr *err)
{
	char *bytes = mem_copy(data.p, data.n);
	struct iovec iov = {.iov_base = bytes, .iov_len = data.n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union fd_control control;
	ssize_t n;
	int error;

	put_fds(&msg, &control, fds, nfds);
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	error = errno;
	mem_wipe(bytes, data.n);
	mem_free(bytes);
	if (n == (ssize_t)data.n)
		return LERR_OK;
	if (n >= 0)
		return lerr_set(err, LERR_TEMP, EIO, "datagram sent in part");
	if (error == EAGAIN || error == ENOBUFS)
		return lerr_set(err, LERR_TEMP, EAGAIN, "peer is slow");
	if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
		return lerr_set(err, LERR_GONE, error, "send");
	return lerr_set(err, LERR_TEMP, error, "send");
}

enum lerr_code ipcsock_send(int fd, struct str json, const int *fds, size_t nfds,
			    struct lerr *err)
{
	auto_fd int body = -1;
	int all[FDS_ON_WIRE];
	char mark[48];
	enum lerr_code code;

	if (nfds > CAP_IPC_FDS || json.n > CAP_IPC_BODY)
		return lerr_set(err, LERR_LIMIT, 0, "message of %zu bytes", json.n);
	if (json.n <= CAP_IPC_INLINE)
		return send_datagram(fd, json, fds, nfds, err);
	code = fdio_memfd(&body, "ipc", json, err);
	if (code)
		return code;
	all[0] = body;
	if (nfds)
		memcpy(all + 1, fds, nfds * sizeof(int));
	(void)snprintf(mark, sizeof(mark), MEMFD_MARK "%zu}", json.n);
	return send_datagram(fd, str_of(mark), all, nfds + 1, err);
}

/* ---- receiving */

/* Descriptors of a message; more than fit is the peer's fault, all are closed then. */
static bool get_fds(struct msghdr *msg, int *fds, size_t *nfds)
{
	struct cmsghdr *head;

	*nfds = 0;
	for (head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
		size_t n;

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (n > FDS_ON_WIRE - *nfds)
			n = FDS_ON_WIRE - *nfds;
		memcpy(fds + *nfds, CMSG_DATA(head), n * sizeof(int));
		*nfds += n;
	}
	return !(msg->msg_flags & (MSG_CTRUNC | MSG_TRUNC));
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fdio_close(&fds[i]);
}

/* The body of a frame whose datagram only names a memfd. */
static enum lerr_code read_body(struct buf *out, struct str mark, int *fds, size_t *nfds,
				struct lerr *err)
{
	size_t skip = sizeof(MEMFD_MARK) - 1;
	size_t before = out->n;
	uint64_t want;
	enum lerr_code code;

	if (!str_ends(mark, "}") ||
	    !str_to_u64((struct str){mark.p + skip, mark.n - skip - 1}, CAP_IPC_BODY,
			&want) ||
	    *nfds == 0)
		return lerr_set(err, LERR_INPUT, 0, "bad memfd frame");
	code = fdio_read_handed(fds[0], out, err);
	if (code)
		return code;
	fdio_close(&fds[0]);
	(*nfds)--;
	memmove(fds, fds + 1, *nfds * sizeof(int));
	if (out->n - before != want)
		return lerr_set(err, LERR_INPUT, 0, "memfd frame of another length");
	return LERR_OK;
}

static enum lerr_code take_frame(struct buf *out, struct str data, int *fds, size_t *nfds,
				 struct lerr *err)
{
	if (str_starts(data, MEMFD_MARK))
		return read_body(out, data, fds, nfds, err);
	buf_add_str(out, data);
	if (buf_over(out))
		return lerr_set(err, LERR_LIMIT, 0, "frame over the cap of its reader");
	return LERR_OK;
}

enum lerr_code ipcsock_recv(int fd, struct buf *out, struct ipcsock_fds *fds,
			    struct lerr *err)
{
	/* one byte more than allowed shows a datagram that is too long */
	char data[CAP_IPC_INLINE + 1];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	union fd_control control;
	/* not the whole room: its padding would take in one more descriptor than got[] */
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = CMSG_LEN(sizeof(int) * FDS_ON_WIRE)};
	int got[FDS_ON_WIRE];
	size_t ngot;
	enum lerr_code code;
	ssize_t n;

	fds->n = 0;
	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return lerr_set(err, LERR_TEMP, EAGAIN, "nothing to read");
	if (n <= 0)
		return lerr_set(err, LERR_GONE, n < 0 ? errno : 0, "peer has left");
	if (!get_fds(&msg, got, &ngot) || (size_t)n > CAP_IPC_INLINE) {
		close_all(got, ngot);
		return lerr_set(err, LERR_LIMIT, 0, "frame too long");
	}
	code = take_frame(out, (struct str){data, (size_t)n}, got, &ngot, err);
	mem_wipe(data, (size_t)n);
	if (!code && ngot > CAP_IPC_FDS)
		code = lerr_set(err, LERR_LIMIT, 0, "too many descriptors");
	if (code) {
		close_all(got, ngot);
		return code;
	}
	memcpy(fds->fd, got, ngot * sizeof(int));
	fds->n = ngot;
	return LERR_OK;
}
