/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipccall.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipckey.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a server in a child; what it does with a request is in its relay field */

static void answer(struct ipcconn *c, const struct ipcmsg *m, uint64_t n)
{
	struct ipckey_authed authed = {((struct ipckey_auth *)m->body)->challenge};

	if (ipcconn_send(c, &ipckey_types[IPCKEY_AUTHED], n, &authed, NULL, 0, NULL))
		_exit(3);
}

/* False: hang up. */
static bool obey(struct ipcconn *c, const struct ipcmsg *m)
{
	const char *what = ((struct ipckey_auth *)m->body)->relay;

	if (strcmp(what, "answer") == 0) {
		answer(c, m, m->n);
	} else if (strcmp(what, "late") == 0) {
		/* answers to calls that were given up, and a notice */
		answer(c, m, m->n - 1);
		answer(c, m, 0);
		answer(c, m, m->n);
	} else if (strcmp(what, "refuse") == 0) {
		return !ipcconn_send_error(c, &ipckey_types[IPCKEY_ERROR], m->n,
					   LERR_DENIED, "not you", NULL);
	} else if (strcmp(what, "garbage") == 0) {
		return !ipcsock_send(ipcconn_fd(c), STR_LIT("{"), NULL, 0, NULL);
	} else if (strcmp(what, "answer and hang up") == 0) {
		answer(c, m, m->n);
		return false;
	} else if (strcmp(what, "hang up") == 0) {
		return false;
	}
	return true; /* "silence" */
}

static void serve_one(int fd)
{
	struct ipcconn *c = ipcconn_new(fd);
	bool go_on = true;

	while (go_on) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		struct ipcmsg m;
		struct ipcsock_fds fds;

		if (poll(&p, 1, -1) < 0 ||
		    ipcconn_recv(c, &m, &fds, ipckey_types, IPCKEY_TYPES, NULL))
			break;
		go_on = obey(c, &m);
		ipcmsg_wipe(&m);
	}
	ipcconn_free(c);
}

static void serve(int listen_fd)
{
	for (;;) {
		struct pollfd p = {.fd = listen_fd, .events = POLLIN};
		int fd;

		if (poll(&p, 1, -1) > 0 && !ipcsock_accept(&fd, listen_fd, NULL))
			serve_one(fd);
	}
}

static pid_t server;
static char *path;
static struct ipccall *call;

static int make(void **state)
{
	int fd;

	if (unit_folder_make(state))
		return -1;
	path = unit_path(state, "s.sock");
	if (ipcsock_listen(&fd, path, geteuid(), NULL))
		return -1;
	server = fork();
	if (server == 0)
		serve(fd);
	fdio_close(&fd);
	call = ipccall_new(path, ipckey_types, IPCKEY_TYPES, IPCKEY_ERROR);
	return 0;
}

static void end_server(void)
{
	if (!server)
		return;
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	server = 0;
}

static int drop(void **state)
{
	end_server();
	ipccall_free(call);
	mem_free(path);
	return unit_folder_remove(state);
}

/* Ask for a behaviour; the answer must carry the same challenge. */
static enum lerr_code ask(const char *what, const char *challenge, unsigned int ms,
			  struct lerr *err)
{
	struct ipckey_auth auth = {mem_strdup(what), mem_strdup(challenge)};
	struct ipcmsg m = {0};
	enum lerr_code rc = ipccall_do(call, &m, IPCKEY_AUTH, &auth, ms, err);

	mem_free(auth.relay);
	mem_free(auth.challenge);
	if (rc) {
		assert_null(m.body);
		return rc;
	}
	assert_int_equal(m.type, IPCKEY_AUTHED);
	assert_string_equal(((struct ipckey_authed *)m.body)->event, challenge);
	ipcmsg_wipe(&m);
	return LERR_OK;
}

enum { LONG_MS = 20000 };

static void calls_are_answered_one_after_the_other(void **state)
{
	char text[20];

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "c%d", i);
		assert_int_equal(ask("answer", text, LONG_MS, NULL), LERR_OK);
	}
}

static void an_error_comes_back_as_its_code(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ask("refuse", "", LONG_MS, &err), LERR_DENIED);
	assert_string_equal(err.msg, "not you");
	assert_int_equal(ask("answer", "still there", LONG_MS, &err), LERR_OK);
}

static void no_answer_ends_at_the_deadline(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ask("silence", "", 20, &err), LERR_TEMP);
	assert_int_equal(err.os_errno, ETIMEDOUT);
	assert_int_equal(ask("silence", "", 0, &err), LERR_TEMP);
	/* and the next call begins on a new connection */
	assert_int_equal(ask("answer", "a", LONG_MS, &err), LERR_OK);
}

static void late_answers_and_notices_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(ask("answer", "a", LONG_MS, NULL), LERR_OK);
	assert_int_equal(ask("late", "b", LONG_MS, NULL), LERR_OK);
	assert_int_equal(ask("answer", "c", LONG_MS, NULL), LERR_OK);
}

static void a_connection_found_dead_is_replaced_once(void **state)
{
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ask("answer and hang up", "a", LONG_MS, &err), LERR_OK);
	assert_int_equal(ask("answer", "b", LONG_MS, &err), LERR_OK);
	/* it hangs up on the old connection and on the new one */
	assert_int_equal(ask("hang up", "c", LONG_MS, &err), LERR_TEMP);
	assert_has(err.msg, "hung up");
	assert_int_equal(ask("answer", "d", LONG_MS, &err), LERR_OK);
}

static void garbage_is_an_error_and_ends_the_connection(void **state)
{
	(void)state;
	assert_int_equal(ask("garbage", "", LONG_MS, NULL), LERR_TEMP);
	assert_int_equal(ask("answer", "a", LONG_MS, NULL), LERR_OK);
}

static void nobody_listening_is_worth_a_retry(void **state)
{
	struct lerr err = {0};

	(void)state;
	end_server();
	assert_int_equal(ask("answer", "a", LONG_MS, &err), LERR_TEMP);
	assert_has(err.msg, "s.sock");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(calls_are_answered_one_after_the_other),
		WITH_SERVER(an_error_comes_back_as_its_code),
		WITH_SERVER(no_answer_ends_at_the_deadline),
		WITH_SERVER(late_answers_and_notices_are_passed_over),
		WITH_SERVER(a_connection_found_dead_is_replaced_once),
		WITH_SERVER(garbage_is_an_error_and_ends_the_connection),
		WITH_SERVER(nobody_listening_is_worth_a_retry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
