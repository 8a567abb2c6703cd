/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcconn.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ipcconn *a;
static struct ipcconn *b;
static size_t fds_before;

static int make(void **state)
{
	int ends[2];

	(void)state;
	fds_before = unit_count_fds();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) !=
	    0)
		return -1;
	a = ipcconn_new(ends[0]);
	b = ipcconn_new(ends[1]);
	return 0;
}

/* Whatever happened, no descriptor may be left. */
static int drop(void **state)
{
	(void)state;
	ipcconn_free(a);
	ipcconn_free(b);
	return unit_count_fds() == fds_before ? 0 : -1;
}

static enum lerr_code send_auth(const char *relay, uint64_t n, struct lerr *err)
{
	struct ipckey_auth auth = {mem_strdup(relay), NULL};
	enum lerr_code rc =
		ipcconn_send(a, &ipckey_types[IPCKEY_AUTH], n, &auth, NULL, 0, err);

	mem_free(auth.relay);
	return rc;
}

static enum lerr_code recv_key(struct ipcmsg *m, struct ipcsock_fds *fds,
			       struct lerr *err)
{
	return ipcconn_recv(b, m, fds, ipckey_types, IPCKEY_TYPES, err);
}

/* Fill the socket until frames wait; returns how many were sent in all. */
static uint64_t fill(void)
{
	uint64_t n = 0;

	while (!ipcconn_wants_write(a))
		assert_int_equal(send_auth("wss://relay.example", ++n, NULL), LERR_OK);
	return n;
}

static void a_message_arrives_with_its_number(void **state)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct ipcsock_fds fds;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(recv_key(&m, &fds, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, EAGAIN);
	assert_int_equal(send_auth("wss://x", 77, &err), LERR_OK);
	assert_int_equal(recv_key(&m, &fds, &err), LERR_OK);
	assert_int_equal(m.type, IPCKEY_AUTH);
	assert_int_equal(m.n, 77);
	assert_string_equal(((struct ipckey_auth *)m.body)->relay, "wss://x");
	assert_false(ipcconn_wants_write(a));
}

static void a_slow_peer_gets_everything_in_order(void **state)
{
	struct ipcsock_fds fds;
	uint64_t sent = fill();

	(void)state;
	/* more, behind what waits */
	for (int i = 0; i < 100; i++)
		assert_int_equal(send_auth("wss://x", ++sent, NULL), LERR_OK);
	for (uint64_t want = 1; want <= sent; want++) {
		auto_ipcmsg struct ipcmsg m = {0};

		assert_int_equal(recv_key(&m, &fds, NULL), LERR_OK);
		assert_int_equal(m.n, want);
		assert_int_equal(ipcconn_flush(a, NULL), LERR_OK);
	}
	assert_false(ipcconn_wants_write(a));
}

static void a_peer_that_does_not_read_is_given_up(void **state)
{
	struct lerr err = {0};
	enum lerr_code rc = LERR_OK;
	size_t waiting = 1;

	(void)state;
	(void)fill();
	while (!(rc = send_auth("wss://x", 1, &err)))
		waiting++;
	assert_int_equal(rc, LERR_LIMIT);
	assert_int_equal(waiting, CAP_IPC_QUEUE);
	assert_has(err.msg, "slow peer");
}

static void large_frames_that_wait_are_capped_by_bytes(void **state)
{
	struct ipckey_opened big = {{NULL, 0}, {NULL, 0}};
	char *text = mem_zalloc(1024 * 1024 + 1);
	enum lerr_code rc = LERR_OK;
	size_t waiting = 0;

	(void)state;
	memset(text, 'x', 1024 * 1024);
	ipc_texts_add(&big.values, str_of(text));
	(void)fill();
	while (!(rc = ipcconn_send(a, &ipckey_types[IPCKEY_OPENED], 1, &big, NULL, 0,
				   NULL)))
		waiting++;
	assert_int_equal(rc, LERR_LIMIT);
	assert_int_equal(waiting, CAP_IPC_QUEUE_BYTES / (1024 * 1024) - 1);
	/* a peer that has caught up has all of the room again */
	while (ipcconn_wants_write(a)) {
		auto_ipcmsg struct ipcmsg m = {0};
		struct ipcsock_fds fds;

		(void)recv_key(&m, &fds, NULL);
		assert_int_equal(ipcconn_flush(a, NULL), LERR_OK);
	}
	(void)fill();
	for (size_t i = 0; i < waiting; i++)
		assert_int_equal(ipcconn_send(a, &ipckey_types[IPCKEY_OPENED], 1, &big,
					      NULL, 0, NULL),
				 LERR_OK);
	ipc_texts_wipe(&big.values);
	mem_free(text);
}

static void waiting_descriptors_are_copies(void **state)
{
	struct ipcrun_start start = {.limit_ms = 1};
	struct ipcsock_fds fds;
	uint64_t sent = fill();
	int memfd = -1;

	(void)state;
	assert_int_equal(fdio_memfd(&memfd, "t", STR_LIT("later"), NULL), LERR_OK);
	assert_int_equal(
		ipcconn_send(a, &ipcrun_types[IPCRUN_START], 9, &start, &memfd, 1, NULL),
		LERR_OK);
	fdio_close(&memfd);
	for (uint64_t i = 0; i < sent; i++) {
		auto_ipcmsg struct ipcmsg m = {0};

		assert_int_equal(recv_key(&m, &fds, NULL), LERR_OK);
		assert_int_equal(ipcconn_flush(a, NULL), LERR_OK);
	}
	{
		auto_ipcmsg struct ipcmsg m = {0};
		auto_buf struct buf out = BUF_INIT(10);

		assert_int_equal(
			ipcconn_recv(b, &m, &fds, ipcrun_types, IPCRUN_TYPES, NULL),
			LERR_OK);
		assert_int_equal(fds.n, 1);
		assert_int_equal(fdio_read_handed(fds.fd[0], &out, NULL), LERR_OK);
		assert_buf(out, "later");
		ipcsock_close_fds(&fds);
	}
}

static void what_still_waits_is_closed_with_the_connection(void **state)
{
	struct ipcrun_start start = {.limit_ms = 1};
	int memfd = -1;

	(void)state;
	(void)fill();
	assert_int_equal(fdio_memfd(&memfd, "t", STR_LIT("x"), NULL), LERR_OK);
	assert_int_equal(
		ipcconn_send(a, &ipcrun_types[IPCRUN_START], 9, &start, &memfd, 1, NULL),
		LERR_OK);
	fdio_close(&memfd);
	/* drop() counts descriptors */
}

static void descriptors_that_a_message_does_not_have_are_refused(void **state)
{
	struct ipckey_auth auth = {NULL, NULL};
	struct ipcmsg m = {0};
	struct ipcsock_fds fds;
	int fd = STDERR_FILENO;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		ipcconn_send(a, &ipckey_types[IPCKEY_AUTH], 1, &auth, &fd, 1, &err),
		LERR_OK);
	assert_int_equal(recv_key(&m, &fds, &err), LERR_INPUT);
	assert_null(m.body);
	assert_int_equal(fds.n, 0);
}

static void garbage_is_refused_and_its_descriptors_closed(void **state)
{
	struct ipcmsg m = {0};
	struct ipcsock_fds fds;
	int fd = STDERR_FILENO;

	(void)state;
	assert_int_equal(ipcsock_send(ipcconn_fd(a), STR_LIT("garbage"), &fd, 1, NULL),
			 LERR_OK);
	assert_int_equal(recv_key(&m, &fds, NULL), LERR_INPUT);
	assert_null(m.body);
}

static void a_message_over_the_cap_is_the_senders_error(void **state)
{
	struct ipckey_opened big = {{NULL, 0}, {NULL, 0}};
	char *text = mem_zalloc(CAP_IPC_BODY + 1);
	struct lerr err = {0};

	(void)state;
	memset(text, 'x', CAP_IPC_BODY);
	ipc_texts_add(&big.values, str_of(text));
	assert_int_equal(
		ipcconn_send(a, &ipckey_types[IPCKEY_OPENED], 1, &big, NULL, 0, &err),
		LERR_LIMIT);
	assert_has(err.msg, "opened");
	ipc_texts_wipe(&big.values);
	mem_free(text);
}

static void errors_are_messages_too(void **state)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct ipcsock_fds fds;

	(void)state;
	assert_int_equal(ipcconn_send_error(a, &ipckey_types[IPCKEY_ERROR], 5,
					    LERR_DENIED, "no", NULL),
			 LERR_OK);
	assert_int_equal(recv_key(&m, &fds, NULL), LERR_OK);
	assert_int_equal(m.type, IPCKEY_ERROR);
	assert_string_equal(((struct ipc_error *)m.body)->code, "denied");
	assert_string_equal(((struct ipc_error *)m.body)->text, "no");
}

static void a_peer_that_left_is_gone_for_reading_sending_and_flushing(void **state)
{
	struct ipcmsg m = {0};
	struct ipcsock_fds fds;

	(void)state;
	(void)fill();
	ipcconn_free(b);
	b = NULL;
	assert_int_equal(ipcconn_flush(a, NULL), LERR_GONE);
	ipcconn_free(a);
	assert_int_equal(make(NULL), 0);
	ipcconn_free(a);
	a = NULL;
	assert_int_equal(recv_key(&m, &fds, NULL), LERR_GONE);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_message_arrives_with_its_number),
		WITH_PAIR(a_slow_peer_gets_everything_in_order),
		WITH_PAIR(a_peer_that_does_not_read_is_given_up),
		WITH_PAIR(large_frames_that_wait_are_capped_by_bytes),
		WITH_PAIR(waiting_descriptors_are_copies),
		WITH_PAIR(what_still_waits_is_closed_with_the_connection),
		WITH_PAIR(descriptors_that_a_message_does_not_have_are_refused),
		WITH_PAIR(garbage_is_refused_and_its_descriptors_closed),
		WITH_PAIR(a_message_over_the_cap_is_the_senders_error),
		WITH_PAIR(errors_are_messages_too),
		WITH_PAIR(a_peer_that_left_is_gone_for_reading_sending_and_flushing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
