/* SPDX-License-Identifier: MIT */
/* The real loom-keyd, from outside: what it answers, whom it turns away, what it is
 * allowed, how it starts and does not start. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipccall.h"
#include "lib/ipc/ipcconn.h"
#include "lib/ipc/ipckey.h"
#include "lib/proto/hash.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nip44.h"
#include "lib/proto/nsign.h"
#include "lib/proto/schnorr.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_MS = 30000 };

#define E "[\"e\",\"" FACT_PUB1 "\"]"
#define P "[\"p\",\"" FACT_PUB2 "\"]"

static char *folder;
static char *config;
static char *engine_path;
static char *bridge_path;
static pid_t keyd;
static int keyd_log = -1;
static struct ipccall *engine;
static struct ipccall *bridge;

/* ---- starting it */

static pid_t spawn(char *const *argv, int *out_log)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		/* one that it inherits by mistake */
		(void)fcntl(ends[0], F_DUPFD, 50);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	(void)close(ends[1]);
	*out_log = ends[0];
	return pid;
}

/* Read its log until these words have come, or until it ends; the text is the caller's. */
static char *read_log_until(int fd, const char *words)
{
	struct buf text = BUF_INIT(100000);

	for (;;) {
		char *space = buf_space(&text, 4096);
		ssize_t n = read(fd, space, 4096);

		if (n <= 0)
			break;
		buf_grew(&text, (size_t)n);
		if (words && strstr(text.p, words))
			break;
	}
	return buf_take(&text);
}

static char *program(void)
{
	struct buf b = BUF_INIT(4096);
	const char *build = getenv("LOOM_BUILDDIR");

	buf_addf(&b, "%s/keyd/loom-keyd", build ? build : ".");
	return buf_take(&b);
}

/* Start it with these arguments beside --config; its log up to the end or to ready. */
static char *start(const char *first, const char *second)
{
	char *path = program();
	char *argv[] = {path,
			(char[]){"--config"},
			config,
			first ? mem_strdup(first) : NULL,
			second ? mem_strdup(second) : NULL,
			NULL};
	char *text;

	keyd = spawn(argv, &keyd_log);
	text = read_log_until(keyd_log, "ev=key.ready");
	mem_free(path);
	mem_free(argv[3]);
	mem_free(argv[4]);
	return text;
}

static void start_good(const char *first, const char *second)
{
	char *text = start(first, second);

	if (!strstr(text, "ev=key.ready"))
		fail_msg("%s", text);
	mem_free(text);
}

/* How it ended; it must end by itself. */
static int wait_for_end(void)
{
	int status = -1;

	assert_int_equal(waitpid(keyd, &status, 0), keyd);
	keyd = 0;
	return status;
}

static void assert_does_not_start(const char *first, const char *second, int exit_status,
				  const char *why)
{
	char *text = start(first, second);
	int status = wait_for_end();

	assert_has(text, why);
	assert_null(strstr(text, "0725eb71"));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_status);
	(void)close(keyd_log);
	keyd_log = -1;
	mem_free(text);
}

/* ---- fixture */

static void write_config(void **state, const char *more)
{
	struct buf text = BUF_INIT(4096);

	buf_addf(&text, "NOSTR_PRIVATE_KEY_FILE=%s/key\nRUN_DIR=%s\n%s", folder, folder,
		 more);
	unit_write(state, "conf", text.p, 0644);
	buf_free(&text);
}

static int make(void **state)
{
	if (unit_folder_make(state))
		return -1;
	folder = *state;
	/* a client that is not root must get in */
	if (chmod(folder, 0755) != 0)
		return -1;
	config = unit_path(state, "conf");
	engine_path = unit_path(state, "keyd-engine.sock");
	bridge_path = unit_path(state, "keyd-bridge.sock");
	write_config(state, "");
	unit_write(state, "key", FACT_KEY1 "\n", 0400);
	engine = ipccall_new(engine_path, ipckey_types, IPCKEY_TYPES, IPCKEY_ERROR);
	bridge = ipccall_new(bridge_path, ipckey_types, IPCKEY_TYPES, IPCKEY_ERROR);
	return 0;
}

static int make_and_start(void **state)
{
	if (make(state))
		return -1;
	start_good(NULL, NULL);
	return 0;
}

static int drop(void **state)
{
	if (keyd > 0) {
		(void)kill(keyd, SIGKILL);
		(void)waitpid(keyd, NULL, 0);
		keyd = 0;
	}
	fdio_close(&keyd_log);
	ipccall_free(engine);
	ipccall_free(bridge);
	mem_free(config);
	mem_free(engine_path);
	mem_free(bridge_path);
	return unit_folder_remove(state);
}

/* ---- asking */

static enum lerr_code ask(struct ipccall *line, struct ipcmsg *answer, size_t type,
			  const void *body, struct lerr *err)
{
	return ipccall_do(line, answer, type, body, LONG_MS, err);
}

static enum lerr_code sign(struct ipccall *line, struct ipcmsg *answer, uint64_t kind,
			   const char *tags, struct lerr *err)
{
	auto_free char *copy = mem_strdup(tags);
	char empty[] = "";
	struct ipckey_sign req = {kind, clock_wall_s(), copy, empty};

	return ask(line, answer, IPCKEY_SIGN, &req, err);
}

static void assert_serves(struct ipccall *line)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct id32 want = unit_id(FACT_PUB1);
	const struct ipckey_pubkey_is *is;
	struct lerr err = {0};

	if (ask(line, &m, IPCKEY_PUBKEY, "", &err))
		fail_msg("%s", err.msg);
	assert_int_equal(m.type, IPCKEY_PUBKEY_IS);
	is = m.body;
	assert_true(id32_eq(&is->pubkey, &want));
}

/* A connection below ipccall. */
static struct ipcconn *connect_to(const char *path)
{
	int fd = -1;

	assert_int_equal(ipcsock_connect(&fd, path, NULL), LERR_OK);
	return ipcconn_new(fd);
}

/* Wait until the other side hangs up; answers before that are dropped. */
static void assert_hung_up(struct ipcconn *c)
{
	for (;;) {
		struct pollfd p = {.fd = ipcconn_fd(c), .events = POLLIN};
		auto_ipcmsg struct ipcmsg m = {0};
		struct ipcsock_fds fds;
		struct lerr err = {0};

		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		if (ipcconn_recv(c, &m, &fds, ipckey_types, IPCKEY_TYPES, &err) ==
		    LERR_GONE)
			break;
		assert_int_equal(err.code, 0);
	}
	ipcconn_free(c);
}

/* ---- answers */

static void both_sockets_tell_the_keys(void **state)
{
	(void)state;
	assert_serves(engine);
	assert_serves(bridge);
}

static void the_engine_has_events_signed(void **state)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct id32 worker = unit_id(FACT_PUB1);
	const struct ipckey_signed *is;
	struct lerr err = {0};

	(void)state;
	assert_int_equal(sign(engine, &m, 5101, "[" E "," P "]", &err), LERR_OK);
	assert_int_equal(m.type, IPCKEY_SIGNED);
	is = m.body;
	assert_true(schnorr_verify(&worker, is->sig.b, is->id.b, 32));
}

static void a_wrong_form_is_refused_and_the_line_stays(void **state)
{
	struct ipcmsg m = {0};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(sign(engine, &m, 5101, "[" E "]", &err), LERR_INPUT);
	assert_has(err.msg, "one e and one p");
	assert_int_equal(sign(engine, &m, 10100, "[]", &err), LERR_INPUT);
	assert_serves(engine);
}

static void add_secret(struct ntags *tags, const struct nsign_key *from)
{
	auto_buf struct buf payload = BUF_INIT(10000);
	struct id32 worker = unit_id(FACT_PUB1);
	struct nip44_key key;
	uint8_t nonce[32] = {1};
	uint8_t x[32];

	assert_int_equal(nsign_ecdh_x(x, from, &worker, NULL), LERR_OK);
	nip44_derive(&key, x);
	assert_int_equal(
		nip44_encrypt(&payload, &key, nonce, STR_LIT("open sesame"), NULL),
		LERR_OK);
	ntags_add_c(tags, "secret", "DOOR", payload.p, NULL);
}

/* A job request with one secret and content of this size: large ones go as memfds. */
static char *job_request(size_t content)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_free char *text = mem_zalloc(content + 1);
	struct buf json = BUF_INIT(300000);
	struct nsign_key customer;
	struct id32 pub = unit_id(FACT_PUB2);
	uint8_t sig[64];

	memset(text, 'x', content);
	assert_int_equal(nsign_parse(&customer, STR_LIT(FACT_KEY2), NULL), LERR_OK);
	ntags_add_c(tags, "p", FACT_PUB1, NULL);
	ntags_add_c(tags, "cmd", "cat", NULL);
	add_secret(tags, &customer);
	ev = nevent_make(&pub, clock_wall_s(), NKIND_JOB, tags,
			 (struct str){text, content});
	nsign_sign(sig, &customer, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&json, ev);
	return buf_take(&json);
}

#define LOCK "[\"P2PK\",{\"nonce\":\"x\",\"data\":\"02" FACT_PUB1 "\"}]"

static void assert_signs_lock(const char *hex, const struct id32 *pubkey)
{
	struct id32 msg = hash_sha256(LOCK, strlen(LOCK));
	uint8_t sig[64];

	assert_true(hex_decode(sig, sizeof(sig), str_of(hex)));
	assert_true(schnorr_verify(pubkey, sig, msg.b, sizeof(msg.b)));
}

static void secrets_of_jobs_are_opened_small_and_large(void **state)
{
	static const size_t sizes[] = {0, 1000, 70000, 200000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		auto_ipcmsg struct ipcmsg m = {0};
		auto_free char *text = job_request(sizes[i]);
		struct ipckey_open req = {text};
		const struct ipckey_opened *is;
		struct lerr err = {0};

		if (ask(engine, &m, IPCKEY_OPEN, &req, &err))
			fail_msg("%s", err.msg);
		is = m.body;
		assert_int_equal(is->names.n, 1);
		assert_string_equal(is->names.v[0], "DOOR");
		assert_string_equal(is->values.v[0], "open sesame");
	}
}

/* As many inputs as a mint takes: request and answer travel as memfds. */
static void locks_of_ecash_are_signed_one_and_a_thousand(void **state)
{
	static const size_t counts[] = {1, CAP_TOKEN_PROOFS};
	struct id32 worker = unit_id(FACT_PUB1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		auto_ipcmsg struct ipcmsg m = {0};
		struct ipckey_p2pk req = {{NULL, 0}, {NULL, 0}};
		const struct ipckey_p2pk_signed *is;
		struct lerr err = {0};

		while (req.secrets.n < counts[i]) {
			ipc_texts_add(&req.secrets, STR_LIT(LOCK));
			ipc_texts_add(&req.ephemerals, STR_LIT(""));
		}
		if (ask(engine, &m, IPCKEY_P2PK, &req, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(m.type, IPCKEY_P2PK_SIGNED);
		is = m.body;
		assert_int_equal(is->signatures.n, counts[i]);
		assert_signs_lock(is->signatures.v[counts[i] - 1], &worker);
		ipc_texts_wipe(&req.secrets);
		ipc_texts_wipe(&req.ephemerals);
	}
}

static void a_lock_to_others_is_refused_and_the_line_stays(void **state)
{
	struct ipcmsg m = {0};
	char lock[] = "[\"P2PK\",{\"nonce\":\"x\",\"data\":\"02" FACT_PUB2 "\"}]";
	char none[] = "";
	char *secret = lock;
	char *ephemeral = none;
	struct ipckey_p2pk req = {{&secret, 1}, {&ephemeral, 1}};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ask(engine, &m, IPCKEY_P2PK, &req, &err), LERR_DENIED);
	assert_has(err.msg, "other keys");
	assert_serves(engine);
}

static void the_bridge_answers_challenges_and_nothing_else(void **state)
{
	auto_ipcmsg struct ipcmsg m = {0};
	auto_nevent struct nevent *ev = NULL;
	char relay[] = "wss://r.example";
	char challenge[] = "c1";
	struct ipckey_auth req = {relay, challenge};
	struct lerr err = {0};

	(void)state;
	assert_int_equal(ask(bridge, &m, IPCKEY_AUTH, &req, &err), LERR_OK);
	assert_int_equal(
		nevent_parse(&ev, str_of(((struct ipckey_authed *)m.body)->event), NULL),
		LERR_OK);
	assert_int_equal(nevent_verify(ev, NULL), LERR_OK);
	assert_int_equal(ev->kind, NKIND_AUTH);
}

static void requests_of_the_other_socket_end_the_connection(void **state)
{
	auto_free char *job = job_request(0);
	char tags[] = "[" E "," P "]";
	char text[] = "wss://r";
	struct ipckey_sign sign_req = {5101, clock_wall_s(), tags, text};
	struct ipckey_open open_req = {job};
	struct ipckey_auth auth_req = {text, text};
	struct ipckey_p2pk p2pk_req = {{NULL, 0}, {NULL, 0}};
	struct ipckey_p2pk_all all_req = {.quote = text};
	const struct {
		const char *path;
		size_t type;
		const void *body;
	} bad[] = {
		{bridge_path, IPCKEY_SIGN, &sign_req},
		{bridge_path, IPCKEY_OPEN, &open_req},
		{bridge_path, IPCKEY_P2PK, &p2pk_req},
		{bridge_path, IPCKEY_P2PK_ALL, &all_req},
		{engine_path, IPCKEY_AUTH, &auth_req},
		{engine_path, IPCKEY_AUTHED, &open_req},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ipcconn *c = connect_to(bad[i].path);

		assert_int_equal(ipcconn_send(c, &ipckey_types[bad[i].type], 1,
					      bad[i].body, NULL, 0, NULL),
				 LERR_OK);
		assert_hung_up(c);
	}
	assert_serves(engine);
	assert_serves(bridge);
}

static void a_kind_that_is_not_signed_ends_the_connection(void **state)
{
	static const uint64_t bad[] = {0, 1, 5100, 22242, 27235};
	struct lerr err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ipcmsg m = {0};

		assert_int_equal(sign(engine, &m, bad[i], "[" E "," P "]", &err),
				 LERR_TEMP);
		assert_has(err.msg, "hung up");
	}
	assert_serves(engine);
}

static void garbage_frames_end_their_connection_and_not_the_process(void **state)
{
	static const char *const bad[] = {
		"",
		"garbage",
		"{}",
		"[]",
		"{\"t\":\"pubkey\"}",
		"{\"t\":\"pubkey\",\"n\":-1}",
		"{\"t\":\"pubkey\",\"n\":1,\"x\":1}",
		"{\"t\":\"nosuch\",\"n\":1}",
		"{\"memfd\":100}",
		"{\"memfd\":99999999999}",
		"{\"t\":\"sign\",\"n\":1,\"kind\":5101}",
		"{\"t\":\"auth\",\"n\":1,\"relay\":7,\"challenge\":\"\"}",
		"[[[[[[[[[[[[[[[[[[[[",
		"\xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ipcconn *c = connect_to(i % 2 ? engine_path : bridge_path);

		assert_int_equal(
			ipcsock_send(ipcconn_fd(c), str_of(bad[i]), NULL, 0, NULL),
			LERR_OK);
		assert_hung_up(c);
	}
	assert_serves(engine);
	assert_serves(bridge);
}

static void descriptors_with_a_request_end_the_connection(void **state)
{
	int fds[CAP_IPC_FDS];

	(void)state;
	for (size_t i = 0; i < CAP_IPC_FDS; i++)
		fds[i] = STDERR_FILENO;
	for (int round = 0; round < 20; round++) {
		struct ipcconn *c = connect_to(engine_path);

		assert_int_equal(ipcsock_send(ipcconn_fd(c),
					      STR_LIT("{\"t\":\"pubkey\",\"n\":1}"), fds,
					      CAP_IPC_FDS, NULL),
				 LERR_OK);
		assert_hung_up(c);
	}
	assert_serves(engine);
}

static void many_requests_at_once_are_answered_in_order(void **state)
{
	struct ipcconn *c = connect_to(engine_path);
	uint64_t next = 1;

	(void)state;
	for (uint64_t n = 1; n <= 500; n++)
		assert_int_equal(ipcconn_send(c, &ipckey_types[IPCKEY_PUBKEY], n, "",
					      NULL, 0, NULL),
				 LERR_OK);
	while (next <= 500) {
		struct pollfd p = {.fd = ipcconn_fd(c), .events = POLLIN | POLLOUT};
		auto_ipcmsg struct ipcmsg m = {0};
		struct ipcsock_fds fds;

		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		assert_int_equal(ipcconn_flush(c, NULL), LERR_OK);
		if (ipcconn_recv(c, &m, &fds, ipckey_types, IPCKEY_TYPES, NULL))
			continue;
		assert_int_equal(m.n, next);
		next++;
	}
	ipcconn_free(c);
}

static void a_client_that_does_not_read_hurts_itself_alone(void **state)
{
	struct ipcconn *slow = connect_to(engine_path);
	uint64_t sent = 0;

	(void)state;
	/* until its own requests wait on its own side: nobody reads them any more */
	while (!ipcconn_wants_write(slow))
		assert_int_equal(ipcconn_send(slow, &ipckey_types[IPCKEY_PUBKEY], ++sent,
					      "", NULL, 0, NULL),
				 LERR_OK);
	assert_serves(engine);
	assert_serves(bridge);
	/* and when it reads at last, nothing is lost */
	for (uint64_t next = 1; next <= sent;) {
		struct pollfd p = {.fd = ipcconn_fd(slow), .events = POLLIN};
		auto_ipcmsg struct ipcmsg m = {0};
		struct ipcsock_fds fds;

		if (ipcconn_wants_write(slow))
			p.events |= POLLOUT;
		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		assert_int_equal(ipcconn_flush(slow, NULL), LERR_OK);
		if (ipcconn_recv(slow, &m, &fds, ipckey_types, IPCKEY_TYPES, NULL))
			continue;
		assert_int_equal(m.n, next);
		next++;
	}
	ipcconn_free(slow);
}

static void more_clients_than_places_are_turned_away(void **state)
{
	struct ipcconn *clients[CAP_KEYD_CLIENTS];

	(void)state;
	for (size_t i = 0; i < CAP_KEYD_CLIENTS; i++) {
		struct pollfd p;

		clients[i] = connect_to(engine_path);
		assert_int_equal(ipcconn_send(clients[i], &ipckey_types[IPCKEY_PUBKEY], 1,
					      "", NULL, 0, NULL),
				 LERR_OK);
		p = (struct pollfd){.fd = ipcconn_fd(clients[i]), .events = POLLIN};
		assert_int_equal(poll(&p, 1, LONG_MS), 1);
	}
	assert_hung_up(connect_to(engine_path));
	/* the other socket has places of its own */
	assert_serves(bridge);
	for (size_t i = 0; i < CAP_KEYD_CLIENTS; i++)
		ipcconn_free(clients[i]);
}

/* ---- what it has given up */

static void assert_status(const char *line)
{
	auto_buf struct buf text = BUF_INIT(100000);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)keyd);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &text, NULL), LERR_OK);
	assert_has(text.p, line);
}

static void assert_limit(const char *start, const char *value)
{
	auto_buf struct buf text = BUF_INIT(100000);
	char path[64];
	const char *at;

	(void)snprintf(path, sizeof(path), "/proc/%ld/limits", (long)keyd);
	assert_int_equal(fdio_read_file(AT_FDCWD, path, &text, NULL), LERR_OK);
	at = strstr(text.p, start);
	assert_non_null(at);
	at += strlen(start);
	while (*at == ' ')
		at++;
	assert_int_equal(strncmp(at, value, strlen(value)), 0);
}

static void seccomp_and_no_new_privileges_are_on(void **state)
{
	(void)state;
	assert_status("Seccomp:\t2\n");
	assert_status("NoNewPrivs:\t1\n");
	assert_limit("Max core file size", "0 ");
	assert_limit("Max processes", "0 ");
	assert_limit("Max open files", "40 ");
}

static void no_descriptor_is_left_that_it_does_not_need(void **state)
{
	char path[64];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/50", (long)keyd);
	assert_int_equal(lstat(path, &st), -1);
}

static void its_memory_is_closed_to_its_own_user(void **state)
{
	char path[64];
	struct stat st;

	(void)state;
	/* a process that is not dumpable has its files in /proc owned by root */
	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", (long)keyd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	if (geteuid() != 0) {
		assert_int_equal(ptrace(PTRACE_SEIZE, keyd, NULL, NULL), -1);
		assert_int_equal(errno, EPERM);
	}
}

/* In a child that is nobody: try what its own user could do to it. */
static int attack_as_nobody(pid_t target)
{
	char path[64];

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 1;
	if (ptrace(PTRACE_SEIZE, target, NULL, NULL) == 0)
		return 2;
	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", (long)target);
	if (open(path, O_RDONLY | O_CLOEXEC) >= 0)
		return 3;
	(void)snprintf(path, sizeof(path), "/proc/%ld/environ", (long)target);
	return open(path, O_RDONLY | O_CLOEXEC) >= 0 ? 4 : 0;
}

/* On a new connection: an open one stays open, whoever inherits it. */
static int ask_as(uid_t uid)
{
	struct ipccall *line =
		ipccall_new(engine_path, ipckey_types, IPCKEY_TYPES, IPCKEY_ERROR);
	struct ipcmsg m = {0};

	if (setgid(uid) != 0 || setuid(uid) != 0)
		return 1;
	return ask(line, &m, IPCKEY_PUBKEY, "", NULL) ? 2 : 0;
}

static int ask_as_nobody(void)
{
	return ask_as(65534);
}

static int ask_as_another(void)
{
	return ask_as(12345) == 2 ? 0 : 1;
}

static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int attack(void)
{
	return attack_as_nobody(keyd);
}

static void started_as_root_it_becomes_another(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return; /* t_proc has the failing half */
	start_good("--user", "nobody");
	assert_status("Uid:\t65534\t65534\t65534\t65534\n");
	assert_status("Gid:\t65534\t65534\t65534\t65534\n");
	assert_status("Groups:\t \n");
	assert_status("CapEff:\t0000000000000000\n");
	assert_status("CapPrm:\t0000000000000000\n");
	assert_serves(engine);
	assert_int_equal(in_child(attack), 0);
	assert_int_equal(in_child(ask_as_nobody), 0);
	assert_int_equal(in_child(ask_as_another), 0);
}

static void a_named_engine_user_gets_in_and_others_do_not(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	start_good("--engine-user=nobody", "--bridge-user=12345");
	assert_int_equal(in_child(ask_as_nobody), 0);
	assert_int_equal(in_child(ask_as_another), 0);
	/* the kernel's word counts, not the mode of the file alone */
	assert_int_equal(chmod(engine_path, 0666), 0);
	assert_int_equal(in_child(ask_as_nobody), 0);
	assert_int_equal(in_child(ask_as_another), 0);
}

static void killed_it_leaves_nothing_that_stops_the_next(void **state)
{
	(void)state;
	start_good(NULL, NULL);
	assert_int_equal(kill(keyd, SIGKILL), 0);
	(void)wait_for_end();
	fdio_close(&keyd_log);
	start_good(NULL, NULL);
	assert_serves(engine);
	assert_int_equal(kill(keyd, SIGTERM), 0);
	assert_true(WIFSIGNALED(wait_for_end()));
}

/* ---- starts that must fail */

static void a_bad_key_file_stops_the_start(void **state)
{
	unit_write(state, "key", FACT_KEY1, 0440);
	assert_does_not_start(NULL, NULL, 1, "mode 0440");
	unit_write(state, "key", "garbage", 0400);
	assert_does_not_start(NULL, NULL, 1, "64 lower-case hex digits");
	assert_does_not_start("--key=/nonexistent/key", NULL, 1, "/nonexistent/key");
}

static void another_upload_key_is_told_and_used(void **state)
{
	auto_free char *path = unit_path(state, "upload");
	auto_ipcmsg struct ipcmsg m = {0};
	struct id32 want = unit_id(FACT_PUB2);

	unit_write(state, "upload", FACT_KEY2, 0400);
	start_good("--upload-key", path);
	assert_int_equal(ask(engine, &m, IPCKEY_PUBKEY, "", NULL), LERR_OK);
	assert_true(id32_eq(&((struct ipckey_pubkey_is *)m.body)->upload_pubkey, &want));
}

static void wrong_users_folders_and_settings_stop_the_start(void **state)
{
	if (geteuid() == 0)
		assert_does_not_start("--user", "no-such-user", 1, "no-such-user");
	write_config(state, "NO_SUCH=1\n");
	assert_does_not_start(NULL, NULL, 78, "NO_SUCH");
	unit_write(state, "conf", "RUN_DIR=/nonexistent\n", 0644);
	assert_does_not_start(NULL, NULL, 78, "NOSTR_PRIVATE_KEY_FILE");
	{
		auto_free char *key = unit_path(state, "key");

		assert_does_not_start("--key", key, 1, "/nonexistent/keyd-engine.sock");
	}
}

#define WITH_KEYD(test) cmocka_unit_test_setup_teardown(test, make_and_start, drop)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEYD(both_sockets_tell_the_keys),
		WITH_KEYD(the_engine_has_events_signed),
		WITH_KEYD(a_wrong_form_is_refused_and_the_line_stays),
		WITH_KEYD(secrets_of_jobs_are_opened_small_and_large),
		WITH_KEYD(locks_of_ecash_are_signed_one_and_a_thousand),
		WITH_KEYD(a_lock_to_others_is_refused_and_the_line_stays),
		WITH_KEYD(the_bridge_answers_challenges_and_nothing_else),
		WITH_KEYD(requests_of_the_other_socket_end_the_connection),
		WITH_KEYD(a_kind_that_is_not_signed_ends_the_connection),
		WITH_KEYD(garbage_frames_end_their_connection_and_not_the_process),
		WITH_KEYD(descriptors_with_a_request_end_the_connection),
		WITH_KEYD(many_requests_at_once_are_answered_in_order),
		WITH_KEYD(a_client_that_does_not_read_hurts_itself_alone),
		WITH_KEYD(more_clients_than_places_are_turned_away),
		WITH_KEYD(seccomp_and_no_new_privileges_are_on),
		WITH_KEYD(no_descriptor_is_left_that_it_does_not_need),
		WITH_KEYD(its_memory_is_closed_to_its_own_user),
		WITH_FOLDER(started_as_root_it_becomes_another),
		WITH_FOLDER(a_named_engine_user_gets_in_and_others_do_not),
		WITH_FOLDER(killed_it_leaves_nothing_that_stops_the_next),
		WITH_FOLDER(a_bad_key_file_stops_the_start),
		WITH_FOLDER(another_upload_key_is_told_and_used),
		WITH_FOLDER(wrong_users_folders_and_settings_stop_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
