/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcsock.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pair of ends as the server and a client have them. */
struct pair {
	int a;
	int b;
};

static struct pair make_pair(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	return (struct pair){ends[0], ends[1]};
}

static void close_pair(struct pair *p)
{
	fdio_close(&p->a);
	fdio_close(&p->b);
}

/* n bytes of JSON-like text. */
static struct str big_text(size_t n)
{
	char *p = mem_zalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + i % 26);
	return (struct str){p, n};
}

static void drop_text(struct str s)
{
	char *p;

	memcpy(&p, &s.p, sizeof(p));
	mem_free(p);
}

static enum lerr_code recv_frame(int fd, struct buf *out, struct ipcsock_fds *fds,
				 struct lerr *err)
{
	buf_reset(out);
	return ipcsock_recv(fd, out, fds, err);
}

static void frames_keep_their_borders_and_order(void **state)
{
	struct pair p = make_pair();
	auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);
	struct ipcsock_fds fds;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ipcsock_send(p.a, STR_LIT("{1}"), NULL, 0, &err), LERR_OK);
	assert_int_equal(ipcsock_send(p.a, STR_LIT("{22}"), NULL, 0, &err), LERR_OK);
	assert_int_equal(recv_frame(p.b, &out, &fds, &err), LERR_OK);
	assert_buf(out, "{1}");
	assert_int_equal(fds.n, 0);
	assert_int_equal(recv_frame(p.b, &out, &fds, &err), LERR_OK);
	assert_buf(out, "{22}");
	assert_int_equal(recv_frame(p.b, &out, &fds, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, EAGAIN);
	close_pair(&p);
}

static void the_end_of_the_peer_is_told(void **state)
{
	struct pair p = make_pair();
	auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);
	struct ipcsock_fds fds;
	struct lerr err = {0};

	(void)state;
	fdio_close(&p.a);
	assert_int_equal(recv_frame(p.b, &out, &fds, &err), LERR_GONE);
	assert_int_equal(ipcsock_send(p.b, STR_LIT("{}"), NULL, 0, &err), LERR_GONE);
	close_pair(&p);
}

/* Sizes around the two borders. */
static void large_frames_travel_as_memfds(void **state)
{
	static const size_t sizes[] = {CAP_IPC_INLINE - 1, CAP_IPC_INLINE,
				       CAP_IPC_INLINE + 1, 1000000, CAP_IPC_BODY};
	struct pair p = make_pair();
	size_t before = unit_count_fds();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct str text = big_text(sizes[i]);
		auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);
		struct ipcsock_fds fds;
		struct lerr err = {0};

		assert_int_equal(ipcsock_send(p.a, text, NULL, 0, &err), LERR_OK);
		assert_int_equal(recv_frame(p.b, &out, &fds, &err), LERR_OK);
		assert_int_equal(fds.n, 0);
		assert_true(str_eq(buf_str(&out), text));
		drop_text(text);
	}
	assert_int_equal(unit_count_fds(), before);
	close_pair(&p);
}

static void a_frame_over_the_cap_is_not_sent(void **state)
{
	struct pair p = make_pair();
	struct str text = big_text(CAP_IPC_BODY + 1);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ipcsock_send(p.a, text, NULL, 0, &err), LERR_LIMIT);
	drop_text(text);
	close_pair(&p);
}

static void descriptors_travel_with_small_and_large_frames(void **state)
{
	struct pair p = make_pair();
	struct str texts[] = {STR_LIT("{}"), big_text(CAP_IPC_INLINE + 1)};
	size_t before = unit_count_fds();
	static const char digits[] = "01234567";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int sent[CAP_IPC_FDS];
		auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);
		struct ipcsock_fds fds;

		for (size_t k = 0; k < CAP_IPC_FDS; k++)
			assert_int_equal(fdio_memfd(&sent[k], "t",
						    (struct str){&digits[k], 1}, NULL),
					 LERR_OK);
		assert_int_equal(ipcsock_send(p.a, texts[i], sent, CAP_IPC_FDS, NULL),
				 LERR_OK);
		for (size_t k = 0; k < CAP_IPC_FDS; k++)
			fdio_close(&sent[k]);
		assert_int_equal(recv_frame(p.b, &out, &fds, NULL), LERR_OK);
		assert_int_equal(out.n, texts[i].n);
		assert_int_equal(fds.n, CAP_IPC_FDS);
		for (size_t k = 0; k < CAP_IPC_FDS; k++) {
			auto_buf struct buf got = BUF_INIT(10);
			auto_fd int fd = ipcsock_take_fd(&fds, k);

			assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
			assert_int_equal(fdio_read_handed(fd, &got, NULL), LERR_OK);
			assert_int_equal(got.p[0], '0' + (int)k);
		}
		/* taken ones are not closed again; there is no ninth */
		assert_int_equal(ipcsock_take_fd(&fds, CAP_IPC_FDS), -1);
		ipcsock_close_fds(&fds);
	}
	assert_int_equal(unit_count_fds(), before);
	drop_text(texts[1]);
	close_pair(&p);
}

static void too_many_descriptors_are_not_sent(void **state)
{
	struct pair p = make_pair();
	int fds[CAP_IPC_FDS + 1] = {0};

	(void)state;
	assert_int_equal(ipcsock_send(p.a, STR_LIT("{}"), fds, CAP_IPC_FDS + 1, NULL),
			 LERR_LIMIT);
	close_pair(&p);
}

/* ---- peers that break the rules, below ipcsock_send() */

static void send_raw(int fd, struct str data, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * 64)];
	} control;
	char *bytes = mem_copy(data.p, data.n);
	struct iovec iov = {bytes, data.n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nfds) {
		struct cmsghdr *head;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		head = CMSG_FIRSTHDR(&msg);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(head), fds, sizeof(int) * nfds);
	}
	assert_int_equal(sendmsg(fd, &msg, MSG_NOSIGNAL), data.n);
	mem_free(bytes);
}

static void expect_refusal(struct pair *p, enum lerr_code want)
{
	auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);
	struct ipcsock_fds fds;
	struct lerr err = {0};

	assert_int_equal(recv_frame(p->b, &out, &fds, &err), want);
	assert_int_equal(fds.n, 0);
}

static void a_datagram_that_is_too_long_is_refused(void **state)
{
	struct pair p = make_pair();
	struct str text = big_text(CAP_IPC_INLINE + 1);
	int size = 4 * CAP_IPC_INLINE;

	(void)state;
	(void)setsockopt(p.a, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	send_raw(p.a, text, NULL, 0);
	expect_refusal(&p, LERR_LIMIT);
	drop_text(text);
	close_pair(&p);
}

static void too_many_descriptors_are_refused_and_closed(void **state)
{
	struct pair p = make_pair();
	size_t before = unit_count_fds();
	int fds[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = STDERR_FILENO;
	send_raw(p.a, STR_LIT("{}"), fds, CAP_IPC_FDS + 1);
	expect_refusal(&p, LERR_LIMIT);
	send_raw(p.a, STR_LIT("{}"), fds, ARRAY_LEN(fds));
	expect_refusal(&p, LERR_LIMIT);
	assert_int_equal(unit_count_fds(), before);
	close_pair(&p);
}

static void memfd_frames_that_lie_are_refused_and_closed(void **state)
{
	static const char *const marks[] = {
		"{\"memfd\":4}",
		"{\"memfd\":6}",
		"{\"memfd\":}",
		"{\"memfd\":-5}",
		"{\"memfd\":5",
		"{\"memfd\":5}x",
		"{\"memfd\":99999999999999999999}",
		"{\"memfd\":4194305}",
	};
	struct pair p = make_pair();
	size_t before = unit_count_fds();
	auto_fd int body = -1;
	int pipe_ends[2];

	(void)state;
	assert_int_equal(fdio_memfd(&body, "t", STR_LIT("12345"), NULL), LERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		send_raw(p.a, str_of(marks[i]), &body, 1);
		expect_refusal(&p, LERR_INPUT);
	}
	/* no descriptor at all, and one that is no file */
	send_raw(p.a, STR_LIT("{\"memfd\":5}"), NULL, 0);
	expect_refusal(&p, LERR_INPUT);
	assert_int_equal(pipe(pipe_ends), 0);
	send_raw(p.a, STR_LIT("{\"memfd\":5}"), pipe_ends, 1);
	expect_refusal(&p, LERR_INPUT);
	fdio_close(&pipe_ends[0]);
	fdio_close(&pipe_ends[1]);
	fdio_close(&body);
	assert_int_equal(unit_count_fds(), before);
	close_pair(&p);
}

static void a_memfd_larger_than_allowed_is_refused(void **state)
{
	struct pair p = make_pair();
	auto_fd int body = memfd_create("t", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(body, 1L << 40), 0);
	send_raw(p.a, STR_LIT("{\"memfd\":5}"), &body, 1);
	expect_refusal(&p, LERR_LIMIT);
	close_pair(&p);
}

static void a_slow_peer_means_try_again(void **state)
{
	struct pair p = make_pair();
	struct str text = big_text(30000);
	struct lerr err = {0};
	enum lerr_code rc = LERR_OK;
	size_t n = 0;

	(void)state;
	while (n < 10000 && !(rc = ipcsock_send(p.a, text, NULL, 0, &err)))
		n++;
	assert_int_equal(rc, LERR_TEMP);
	assert_int_equal(err.os_errno, EAGAIN);
	assert_true(n > 0);
	drop_text(text);
	close_pair(&p);
}

/* ---- listening and connecting */

static void a_server_names_its_peer(void **state)
{
	char *path = unit_path(state, "s.sock");
	auto_fd int server = -1;
	auto_fd int client = -1;
	auto_fd int peer = -1;
	struct ipcsock_peer who = {0, 0};
	struct stat st;
	struct lerr err = {0};

	assert_int_equal(ipcsock_connect(&client, path, &err), LERR_TEMP);
	assert_int_equal(ipcsock_listen(&server, path, geteuid(), &err), LERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(ipcsock_accept(&peer, server, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, EAGAIN);
	assert_int_equal(ipcsock_connect(&client, path, &err), LERR_OK);
	assert_int_equal(ipcsock_accept(&peer, server, &err), LERR_OK);
	assert_int_equal(ipcsock_peer(&who, peer, &err), LERR_OK);
	assert_int_equal(who.uid, geteuid());
	assert_int_equal(who.pid, getpid());
	assert_int_equal(fcntl(peer, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(peer, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	mem_free(path);
}

static void a_socket_left_behind_is_replaced(void **state)
{
	char *path = unit_path(state, "s.sock");
	auto_fd int first = -1;
	auto_fd int second = -1;
	auto_fd int client = -1;

	assert_int_equal(ipcsock_listen(&first, path, geteuid(), NULL), LERR_OK);
	fdio_close(&first);
	assert_int_equal(ipcsock_connect(&client, path, NULL), LERR_TEMP);
	assert_int_equal(ipcsock_listen(&second, path, geteuid(), NULL), LERR_OK);
	assert_int_equal(ipcsock_connect(&client, path, NULL), LERR_OK);
	mem_free(path);
}

static void a_path_that_is_too_long_is_said(void **state)
{
	char path[300];
	int fd = -1;
	struct lerr err = {0};

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ipcsock_listen(&fd, path, geteuid(), &err), LERR_LIMIT);
	assert_int_equal(ipcsock_connect(&fd, path, &err), LERR_LIMIT);
	assert_has(err.msg, "socket path");
	assert_int_equal(fd, -1);
}

#define WITH_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, unit_folder_make, unit_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_keep_their_borders_and_order),
		cmocka_unit_test(the_end_of_the_peer_is_told),
		cmocka_unit_test(large_frames_travel_as_memfds),
		cmocka_unit_test(a_frame_over_the_cap_is_not_sent),
		cmocka_unit_test(descriptors_travel_with_small_and_large_frames),
		cmocka_unit_test(too_many_descriptors_are_not_sent),
		cmocka_unit_test(a_datagram_that_is_too_long_is_refused),
		cmocka_unit_test(too_many_descriptors_are_refused_and_closed),
		cmocka_unit_test(memfd_frames_that_lie_are_refused_and_closed),
		cmocka_unit_test(a_memfd_larger_than_allowed_is_refused),
		cmocka_unit_test(a_slow_peer_means_try_again),
		WITH_FOLDER(a_server_names_its_peer),
		WITH_FOLDER(a_socket_left_behind_is_replaced),
		cmocka_unit_test(a_path_that_is_too_long_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
