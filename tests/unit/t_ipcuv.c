/* SPDX-License-Identifier: MIT */
/* Server and client on one loop; a plain socket plays the peer that breaks rules. */
#include "config.h"

#include "lib/net/ipcuv.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct ipcuv_protocol protocol = {"keyd", ipckey_types, IPCKEY_TYPES,
					       IPCKEY_ERROR};
static const struct ipcuv_protocol run_protocol = {"runner", ipcrun_types, IPCRUN_TYPES,
						   IPCRUN_ERROR};

/* One side and what happened to it. */
struct side {
	struct ipcuv *u;
	unsigned int opened;
	unsigned int closed;
	unsigned int messages;
	uint64_t last_peer;
	uint64_t last_n;
	int got_fd;
	enum { NOTHING, ANSWER, REFUSE, HANG_UP, CLOSE_ALL } on_message;
	enum { STAY, LEAVE, CLOSE_IN_OPEN } on_open;
};

static uv_loop_t loop;
static struct side server;
static struct side client;
static char *path;

static void opened(void *ctx, uint64_t peer)
{
	struct side *s = ctx;

	s->opened++;
	s->last_peer = peer;
	if (s->on_open == LEAVE)
		ipcuv_hang_up(s->u, peer);
	if (s->on_open == CLOSE_IN_OPEN)
		ipcuv_close(s->u);
}

static void message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		    struct ipcsock_fds *fds)
{
	struct side *s = ctx;
	struct ipckey_authed authed = {(char[]){"yes"}};

	s->messages++;
	s->last_peer = peer;
	s->last_n = m->n;
	s->got_fd = ipcsock_take_fd(fds, 0);
	if (s->on_message == ANSWER)
		(void)ipcuv_send(s->u, peer, IPCKEY_AUTHED, m->n, &authed, NULL, 0);
	if (s->on_message == REFUSE)
		(void)ipcuv_send_error(s->u, peer, m->n, LERR_DENIED, "no");
	if (s->on_message == HANG_UP)
		ipcuv_hang_up(s->u, peer);
	if (s->on_message == CLOSE_ALL)
		ipcuv_close(s->u);
}

static void closed(void *ctx, uint64_t peer)
{
	struct side *s = ctx;

	s->closed++;
	s->last_peer = peer;
}

static const struct ipcuv_ops ops = {opened, message, closed};

/* ---- fixture */

static void serve(const struct ipcuv_protocol *with)
{
	struct lerr err = {0};

	if (ipcuv_serve(&server.u, &loop, path, geteuid(), with, &ops, &server, &err))
		fail_msg("%s", err.msg);
}

static void dial(const struct ipcuv_protocol *with)
{
	client.u = ipcuv_dial(&loop, path, with, &ops, &client);
}

static int make(void **state)
{
	server = (struct side){.got_fd = -1};
	client = (struct side){.got_fd = -1};
	if (unit_folder_make(state) || uv_loop_init(&loop) != 0)
		return -1;
	path = unit_path(state, "s.sock");
	return 0;
}

static void close_side(struct side *s)
{
	ipcuv_close(s->u);
	s->u = NULL;
	fdio_close(&s->got_fd);
}

/* Everything must be gone when both have been closed and the loop has run. */
static int drop(void **state)
{
	int rc;

	close_side(&server);
	close_side(&client);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	rc = uv_loop_close(&loop);
	mem_free(path);
	return unit_folder_remove(state) || rc != 0 ? -1 : 0;
}

/* Run the loop until *what reaches want. */
static void until(const unsigned int *what, unsigned int want)
{
	while (*what < want)
		(void)uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(*what, want);
}

static void ask(uint64_t n)
{
	struct ipckey_auth auth = {(char[]){"wss://x"}, (char[]){"c"}};

	assert_true(ipcuv_send(client.u, 0, IPCKEY_AUTH, n, &auth, NULL, 0));
}

/* A client below ipcuv, connected. */
static int stranger(void)
{
	int fd = -1;

	assert_int_equal(ipcsock_connect(&fd, path, NULL), LERR_OK);
	return fd;
}

/* ---- tests */

static void questions_are_answered(void **state)
{
	(void)state;
	server.on_message = ANSWER;
	serve(&protocol);
	dial(&protocol);
	assert_false(ipcuv_is_up(client.u));
	until(&client.opened, 1);
	assert_true(ipcuv_is_up(client.u));
	for (uint64_t n = 1; n <= 300; n++)
		ask(n);
	until(&client.messages, 300);
	assert_int_equal(server.messages, 300);
	assert_int_equal(client.last_n, 300);
	assert_int_equal(client.closed, 0);
}

static void an_error_is_a_message(void **state)
{
	(void)state;
	server.on_message = REFUSE;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	ask(7);
	until(&client.messages, 1);
	assert_int_equal(client.last_n, 7);
}

static void a_client_waits_for_its_server(void **state)
{
	(void)state;
	dial(&protocol);
	for (int i = 0; i < 3; i++)
		(void)uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(client.opened, 0);
	assert_false(ipcuv_send(client.u, 0, IPCKEY_PUBKEY, 1, "", NULL, 0));
	serve(&protocol);
	until(&client.opened, 1);
}

static void a_lost_connection_is_dialled_again_under_a_new_number(void **state)
{
	uint64_t first;

	(void)state;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	first = client.last_peer;
	until(&server.opened, 1);
	ipcuv_hang_up(server.u, server.last_peer);
	until(&client.closed, 1);
	assert_int_equal(client.last_peer, first);
	until(&client.opened, 2);
	assert_int_equal(client.last_peer, first + 1);
	/* the old number is nobody */
	assert_false(ipcuv_send(client.u, first, IPCKEY_PUBKEY, 1, "", NULL, 0));
	assert_true(ipcuv_send(client.u, first + 1, IPCKEY_PUBKEY, 1, "", NULL, 0));
	until(&server.messages, 1);
}

static void a_server_that_is_restarted_is_found_again(void **state)
{
	(void)state;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	close_side(&server);
	until(&client.closed, 1);
	server = (struct side){.got_fd = -1};
	serve(&protocol);
	until(&client.opened, 2);
}

static void a_peer_that_breaks_the_rules_is_closed_and_others_stay(void **state)
{
	static const char *const bad[] = {"garbage", "{\"t\":\"pubkey\"}",
					  "{\"t\":\"pubkey\",\"n\":1,\"x\":1}"};
	char *log;

	(void)state;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	until(&server.opened, 1);
	unit_stderr_start();
	for (unsigned int i = 0; i < ARRAY_LEN(bad); i++) {
		auto_fd int fd = stranger();

		assert_int_equal(ipcsock_send(fd, str_of(bad[i]), NULL, 0, NULL),
				 LERR_OK);
		until(&server.closed, i + 1);
	}
	log = unit_stderr_stop();
	assert_has(log, "ev=ipc.peer_failed socket=keyd");
	mem_free(log);
	assert_int_equal(server.messages, 0);
	ask(1);
	until(&server.messages, 1);
	assert_int_equal(client.closed, 0);
}

static void hanging_up_inside_a_message_drops_what_follows(void **state)
{
	(void)state;
	server.on_message = HANG_UP;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	for (uint64_t n = 1; n <= 5; n++)
		ask(n);
	until(&server.closed, 1);
	assert_int_equal(server.messages, 1);
	until(&client.opened, 2);
}

static void closing_everything_inside_a_message_is_safe(void **state)
{
	(void)state;
	server.on_message = CLOSE_ALL;
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	for (uint64_t n = 1; n <= 5; n++)
		ask(n);
	until(&client.closed, 1);
	assert_int_equal(server.messages, 1);
	/* no callback after ipcuv_close() */
	assert_int_equal(server.closed, 0);
	server.u = NULL;
}

static void hanging_up_inside_open_is_safe(void **state)
{
	(void)state;
	server.on_open = LEAVE;
	serve(&protocol);
	dial(&protocol);
	until(&client.closed, 1);
	until(&server.closed, 1);
	assert_int_equal(server.messages, 0);
}

static void closing_everything_inside_open_takes_nobody_else_in(void **state)
{
	int fds[3];

	(void)state;
	server.on_open = CLOSE_IN_OPEN;
	serve(&protocol);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = stranger();
	until(&server.opened, 1);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(server.opened, 1);
	server.u = NULL;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fdio_close(&fds[i]);
}

static void a_peer_that_does_not_read_is_dropped(void **state)
{
	auto_fd int fd = -1;
	struct ipckey_authed authed = {(char[]){"x"}};
	unsigned int n = 0;
	char *log;

	(void)state;
	serve(&protocol);
	fd = stranger();
	until(&server.opened, 1);
	unit_stderr_start();
	while (ipcuv_send(server.u, server.last_peer, IPCKEY_AUTHED, 1, &authed, NULL, 0))
		n++;
	until(&server.closed, 1);
	log = unit_stderr_stop();
	assert_has(log, "slow peer");
	mem_free(log);
	assert_true(n > CAP_IPC_QUEUE);
	assert_false(ipcuv_send(server.u, server.last_peer, IPCKEY_AUTHED, 1, &authed,
				NULL, 0));
}

static void a_peer_that_reads_late_gets_everything(void **state)
{
	auto_fd int fd = -1;
	struct ipckey_authed authed = {(char[]){"x"}};
	struct ipcconn *late;
	uint64_t next = 1;

	(void)state;
	serve(&protocol);
	fd = stranger();
	until(&server.opened, 1);
	for (uint64_t n = 1; n <= 1000; n++)
		assert_true(ipcuv_send(server.u, server.last_peer, IPCKEY_AUTHED, n,
				       &authed, NULL, 0));
	late = ipcconn_new(fdio_steal(&fd));
	while (next <= 1000) {
		struct ipcmsg m;
		struct ipcsock_fds fds;

		if (ipcconn_recv(late, &m, &fds, ipckey_types, IPCKEY_TYPES, NULL)) {
			(void)uv_run(&loop, UV_RUN_NOWAIT);
			continue;
		}
		assert_int_equal(m.n, next);
		next++;
		ipcmsg_wipe(&m);
	}
	ipcconn_free(late);
}

static void descriptors_arrive_and_untaken_ones_are_closed(void **state)
{
	struct ipcrun_start start = {.limit_ms = 5};
	auto_fd int memfd = -1;
	auto_buf struct buf out = BUF_INIT(10);

	(void)state;
	serve(&run_protocol);
	dial(&run_protocol);
	until(&client.opened, 1);
	assert_int_equal(fdio_memfd(&memfd, "t", STR_LIT("in"), NULL), LERR_OK);
	assert_true(ipcuv_send(client.u, 0, IPCRUN_START, 1, &start, &memfd, 1));
	until(&server.messages, 1);
	assert_int_equal(fdio_read_handed(server.got_fd, &out, NULL), LERR_OK);
	assert_buf(out, "in");
}

static void more_clients_than_the_cap_are_turned_away(void **state)
{
	int fds[CAP_IPC_CLIENTS + 1];
	struct pollfd p;
	char *log;

	(void)state;
	serve(&protocol);
	for (size_t i = 0; i < CAP_IPC_CLIENTS; i++) {
		fds[i] = stranger();
		until(&server.opened, (unsigned int)i + 1);
	}
	unit_stderr_start();
	fds[CAP_IPC_CLIENTS] = stranger();
	p = (struct pollfd){.fd = fds[CAP_IPC_CLIENTS], .events = POLLIN};
	while (poll(&p, 1, 0) == 0)
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	log = unit_stderr_stop();
	assert_has(log, "ev=ipc.crowded socket=");
	mem_free(log);
	assert_true(p.revents & POLLHUP);
	assert_int_equal(server.opened, CAP_IPC_CLIENTS);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fdio_close(&fds[i]);
	until(&server.closed, CAP_IPC_CLIENTS);
}

static void large_messages_cross_it(void **state)
{
	struct ipckey_open open = {mem_zalloc(200001)};

	(void)state;
	memset(open.event, 'x', 200000);
	serve(&protocol);
	dial(&protocol);
	until(&client.opened, 1);
	for (uint64_t n = 1; n <= 20; n++)
		assert_true(ipcuv_send(client.u, 0, IPCKEY_OPEN, n, &open, NULL, 0));
	until(&server.messages, 20);
	mem_free(open.event);
}

static void listening_where_one_cannot_is_an_error(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ipcuv_serve(&server.u, &loop, "/nonexistent/s.sock", geteuid(),
				     &protocol, &ops, &server, &err),
			 LERR_TEMP);
	assert_has(err.msg, "/nonexistent/s.sock");
	assert_null(server.u);
}

static void a_socket_that_is_served_is_not_taken_away(void **state)
{
	struct ipcuv *second = NULL;
	struct lerr err = {0};

	(void)state;
	serve(&protocol);
	assert_int_equal(ipcuv_serve(&second, &loop, path, geteuid(), &protocol, &ops,
				     &server, &err),
			 LERR_STATE);
	assert_has(err.msg, "served by another process");
	assert_null(second);
	dial(&protocol);
	until(&client.opened, 1);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOP(questions_are_answered),
		WITH_LOOP(an_error_is_a_message),
		WITH_LOOP(a_client_waits_for_its_server),
		WITH_LOOP(a_lost_connection_is_dialled_again_under_a_new_number),
		WITH_LOOP(a_server_that_is_restarted_is_found_again),
		WITH_LOOP(a_peer_that_breaks_the_rules_is_closed_and_others_stay),
		WITH_LOOP(hanging_up_inside_a_message_drops_what_follows),
		WITH_LOOP(closing_everything_inside_a_message_is_safe),
		WITH_LOOP(hanging_up_inside_open_is_safe),
		WITH_LOOP(closing_everything_inside_open_takes_nobody_else_in),
		WITH_LOOP(a_peer_that_does_not_read_is_dropped),
		WITH_LOOP(a_peer_that_reads_late_gets_everything),
		WITH_LOOP(descriptors_arrive_and_untaken_ones_are_closed),
		WITH_LOOP(more_clients_than_the_cap_are_turned_away),
		WITH_LOOP(large_messages_cross_it),
		WITH_LOOP(listening_where_one_cannot_is_an_error),
		WITH_LOOP(a_socket_that_is_served_is_not_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
