/* SPDX-License-Identifier: MIT */
/*
 * A peer of fcgi.sock that is not nginx: speaks FastCGI well, badly or not at all.
 *
 *	fcgi-noise SOCKET CASE      one of the cases below; exit status 0 when the answer
 *	                            is the one that the case wants
 *	fcgi-noise SOCKET hold N    N connections with half a request, until it is ended;
 *	                            "holding" on stdout when they stand
 */
#include "config.h"

#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/rng.h"
#include "lib/base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { OUT_MAX = 1024 * 1024, PATIENCE_MS = 15000 };

enum { BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5, GET_VALUES = 9 };

enum { RESPONDER = 1, AUTHORIZER = 2, KEEP_CONN = 1 };

/* ---- records */

static void add_record(struct buf *out, int type, int id, struct str content)
{
	const char head[8] = {1,
			      (char)type,
			      (char)(id >> 8),
			      (char)id,
			      (char)(content.n >> 8),
			      (char)content.n,
			      0,
			      0};

	INVARIANT(content.n <= 65535);
	buf_add(out, head, sizeof(head));
	buf_add_str(out, content);
}

static void add_begin(struct buf *out, char role, char flags)
{
	const char body[8] = {0, role, flags};

	add_record(out, BEGIN, 1, (struct str){body, sizeof(body)});
}

static void add_length(struct buf *out, size_t n)
{
	if (n > 127)
		buf_add(out,
			(const char[4]){(char)(0x80 | (n >> 24)), (char)(n >> 16),
					(char)(n >> 8), (char)n},
			4);
	else
		buf_add_char(out, (char)n);
}

static void add_param(struct buf *out, const char *name, struct str value)
{
	add_length(out, strlen(name));
	add_length(out, value.n);
	buf_add_c(out, name);
	buf_add_str(out, value);
}

/* A whole request from "NAME=value" strings, NULL at the end. */
static void add_request(struct buf *out, char role, char flags, const char *const *params,
			const char *body)
{
	auto_buf struct buf p = BUF_INIT(65535);

	for (; *params; params++) {
		const char *eq = strchr(*params, '=');
		char name[64] = "";

		INVARIANT(eq && (size_t)(eq - *params) < sizeof(name));
		memcpy(name, *params, (size_t)(eq - *params));
		add_param(&p, name, str_of(eq + 1));
	}
	add_begin(out, role, flags);
	add_record(out, PARAMS, 1, buf_str(&p));
	add_record(out, PARAMS, 1, str_of(""));
	if (body[0])
		add_record(out, STDIN, 1, str_of(body));
	add_record(out, STDIN, 1, str_of(""));
}

#define HEALTH "REQUEST_METHOD=GET", "DOCUMENT_URI=/healthz"
#define INTAKE "REQUEST_METHOD=POST", "DOCUMENT_URI=/internal/events"
#define REQUEST(out, body, ...) \
	add_request(out, RESPONDER, 0, (const char *const[]){__VA_ARGS__, NULL}, body)

/* ---- cases */

static void make_empty(struct buf *out)
{
	(void)out;
}

static void make_random(struct buf *out)
{
	char noise[4096];

	rng_fill(noise, sizeof(noise));
	buf_add(out, noise, sizeof(noise));
}

static void make_http(struct buf *out)
{
	buf_add_c(out, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static void make_version(struct buf *out)
{
	REQUEST(out, "", HEALTH);
	out->p[0] = 9;
}

static void make_only_begin(struct buf *out)
{
	add_begin(out, RESPONDER, 0);
}

static void make_half_params(struct buf *out)
{
	add_begin(out, RESPONDER, 0);
	buf_add(out, "\1\4\0\1\0\50\0\0\16\3REQUEST", 17);
}

static void make_long_name(struct buf *out)
{
	add_begin(out, RESPONDER, 0);
	add_record(out, PARAMS, 1,
		   (struct str){"\xff\xff\xff\xff\x03"
				"abc",
				8});
	add_record(out, PARAMS, 1, str_of(""));
}

static void make_authorizer(struct buf *out)
{
	add_request(out, AUTHORIZER, 0, (const char *const[]){HEALTH, NULL}, "");
}

static void make_role(struct buf *out)
{
	add_request(out, 77, 0, (const char *const[]){HEALTH, NULL}, "");
}

static void make_abort(struct buf *out)
{
	add_begin(out, RESPONDER, 0);
	add_record(out, ABORT, 1, str_of(""));
}

static void make_no_begin(struct buf *out)
{
	add_record(out, STDIN, 1, str_of("hello"));
}

static void make_good(struct buf *out)
{
	REQUEST(out, "", HEALTH);
}

static void make_keep(struct buf *out)
{
	add_request(out, RESPONDER, KEEP_CONN, (const char *const[]){HEALTH, NULL}, "");
	add_request(out, RESPONDER, KEEP_CONN, (const char *const[]){HEALTH, NULL}, "");
}

static void make_values(struct buf *out)
{
	add_record(out, GET_VALUES, 0, (struct str){"\16\0FCGI_MAX_CONNS", 16});
	REQUEST(out, "", HEALTH);
}

static void make_many_params(struct buf *out)
{
	auto_buf struct buf p = BUF_INIT(65535);
	char *long_value = mem_zalloc(30000);

	memset(long_value, 'x', 30000);
	add_param(&p, "HTTP_X_LONG", (struct str){long_value, 30000});
	mem_free(long_value);
	for (int i = 0; i < 1000; i++)
		add_param(&p, "HTTP_X_MANY", STR_LIT("1"));
	add_param(&p, "REQUEST_METHOD", STR_LIT("GET"));
	add_param(&p, "DOCUMENT_URI", STR_LIT("/healthz"));
	add_begin(out, RESPONDER, 0);
	add_record(out, PARAMS, 1, buf_str(&p));
	add_record(out, PARAMS, 1, str_of(""));
	add_record(out, STDIN, 1, str_of(""));
}

static void make_no_params(struct buf *out)
{
	add_begin(out, RESPONDER, 0);
	add_record(out, PARAMS, 1, str_of(""));
	add_record(out, STDIN, 1, str_of(""));
}

static void make_dots(struct buf *out)
{
	REQUEST(out, "", "REQUEST_METHOD=GET", "DOCUMENT_URI=/x/../healthz");
}

static void make_slashes(struct buf *out)
{
	REQUEST(out, "", "REQUEST_METHOD=GET", "DOCUMENT_URI=//healthz");
}

static void make_length(struct buf *out)
{
	REQUEST(out, "", HEALTH, "CONTENT_LENGTH=-1");
}

static void make_length_long(struct buf *out)
{
	REQUEST(out, "", HEALTH, "CONTENT_LENGTH=18446744073709551617");
}

static void make_short_body(struct buf *out)
{
	REQUEST(out, "{\"events\":[]}", INTAKE, "LOOM_INTERNAL=1", "CONTENT_LENGTH=14");
}

static void make_no_length(struct buf *out)
{
	REQUEST(out, "{\"events\":[]}", INTAKE, "LOOM_INTERNAL=1");
}

static void make_huge_body(struct buf *out)
{
	REQUEST(out, "x", INTAKE, "LOOM_INTERNAL=1", "CONTENT_LENGTH=4194305");
}

static void make_intake(struct buf *out)
{
	REQUEST(out, "{\"events\":[]}", INTAKE, "LOOM_INTERNAL=1", "CONTENT_LENGTH=13");
}

static void make_outside(struct buf *out)
{
	REQUEST(out, "{\"events\":[]}", INTAKE, "CONTENT_LENGTH=13");
}

static void make_pretender(struct buf *out)
{
	REQUEST(out, "{\"events\":[]}", INTAKE, "HTTP_LOOM_INTERNAL=1",
		"LOOM_INTERNAL=", "LOOM_INTERNAL=1", "CONTENT_LENGTH=13");
}

static const struct {
	const char *name;
	void (*make)(struct buf *out);
	const char *want; /* in the answer; "" wants it empty, NULL takes anything */
} cases[] = {
	{"empty", make_empty, ""},
	{"random", make_random, NULL},
	{"http", make_http, ""},
	{"version", make_version, ""},
	{"only-begin", make_only_begin, NULL},
	{"half-params", make_half_params, NULL},
	{"long-name", make_long_name, ""},
	{"authorizer", make_authorizer, NULL},
	{"role", make_role, ""},
	{"abort", make_abort, NULL},
	{"no-begin", make_no_begin, ""},
	{"good", make_good, "Status: 200 OK"},
	{"keep", make_keep, "Status: 200 OK"},
	{"values", make_values, "Status: 200 OK"},
	{"many-params", make_many_params, "Status: 200 OK"},
	{"no-params", make_no_params, "Status: 400 "},
	{"dots", make_dots, "Status: 400 "},
	{"slashes", make_slashes, "Status: 400 "},
	{"length", make_length, "Status: 400 "},
	{"length-long", make_length_long, "Status: 400 "},
	{"short-body", make_short_body, "Status: 400 "},
	{"no-length", make_no_length, "Status: 400 "},
	{"huge-body", make_huge_body, "Status: 413 "},
	{"intake", make_intake, "{\"verdicts\":[]}"},
	{"outside", make_outside, "Status: 404 "},
	{"pretender", make_pretender, "Status: 404 "},
};

/* ---- the wire */

static int dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval t = {.tv_sec = PATIENCE_MS / 1000};

	INVARIANT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == 0);
	INVARIANT(fd >= 0 && strlen(path) < sizeof(sa.sun_path));
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		panic("connect to %s: %s", path, strerror(errno));
	return fd;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text++;
		n++;
	}
	return n;
}

static bool fits(struct buf *answer, const char *want)
{
	if (!want)
		return true;
	if (!want[0])
		return answer->n == 0;
	/* records hold NULs: make it one string */
	for (size_t i = 0; i < answer->n; i++)
		if (answer->p[i] == '\0')
			answer->p[i] = ' ';
	return answer->n && strstr(answer->p, want) && count(answer->p, "Status:") <= 1;
}

static int run_case(const char *path, size_t i)
{
	auto_buf struct buf out = BUF_INIT(OUT_MAX);
	auto_buf struct buf answer = BUF_INIT(OUT_MAX);
	auto_fd int fd = dial(path);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct lerr err = {0};

	cases[i].make(&out);
	/* it may hang up before it has read all of it */
	if (fdio_write_all(fd, buf_str(&out), NULL))
		(void)fprintf(stderr, "closed early\n");
	(void)shutdown(fd, SHUT_WR);
	if (poll(&p, 1, PATIENCE_MS) != 1)
		panic("%s: neither an answer nor an end", cases[i].name);
	/* a reset is an end as well; a connection that is kept is none */
	if (fdio_read_rest(fd, &answer, &err) && err.os_errno == EAGAIN)
		panic("%s: the connection does not end", cases[i].name);
	if (fits(&answer, cases[i].want))
		return 0;
	(void)fprintf(stderr, "%s: %s\n", cases[i].name, answer.n ? answer.p : "nothing");
	return 1;
}

static int hold(const char *path, uint64_t n)
{
	auto_buf struct buf out = BUF_INIT(OUT_MAX);

	make_half_params(&out);
	for (uint64_t i = 0; i < n; i++)
		if (fdio_write_all(dial(path), buf_str(&out), NULL))
			panic("cannot write");
	(void)puts("holding");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	uint64_t n;

	proc_ignore_sigpipe();
	if (argc == 4 && strcmp(argv[2], "hold") == 0 &&
	    str_to_u64(str_of(argv[3]), 100, &n))
		return hold(argv[1], n);
	for (size_t i = 0; argc == 3 && i < ARRAY_LEN(cases); i++)
		if (strcmp(argv[2], cases[i].name) == 0)
			return run_case(argv[1], i);
	panic("usage: fcgi-noise SOCKET CASE");
}
