/* SPDX-License-Identifier: MIT */
/* The HTTP client against a server that answers with the bytes a test gives it. */
#include "config.h"

#include "tests/unit/unit.h"

#include "lib/base/mem.h"
#include "lib/net/httpc.h"

#include <string.h>
#include <unistd.h>

struct server {
	uv_loop_t loop;
	uv_timer_t tick; /* a turn of the loop ends, whatever woke it */
	uv_pipe_t listen;
	uv_pipe_t conn;
	uv_write_t write;
	char *path;
	const char *answer; /* NULL: none */
	struct buf got;
	bool accepted;
	struct httpc *http;
	bool done;
	enum httpc_fault fault;
	unsigned int status;
	struct buf body;
	char why[256];
	char header[64];
};

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	struct server *s = h->data;

	*b = uv_buf_init(buf_space(&s->got, hint), (unsigned int)hint);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct server *s = stream->data;
	uv_buf_t out;

	(void)b;
	if (n <= 0) {
		(void)uv_read_stop(stream);
		return;
	}
	buf_grew(&s->got, (size_t)n);
	if (!s->answer || !strstr(s->got.p, "\r\n\r\n"))
		return;
	out = uv_buf_init((char *)(uintptr_t)s->answer, (unsigned int)strlen(s->answer));
	s->answer = NULL;
	assert_int_equal(uv_write(&s->write, stream, &out, 1, NULL), 0);
}

static void on_connect(uv_stream_t *stream, int status)
{
	struct server *s = stream->data;

	assert_int_equal(status, 0);
	assert_false(s->accepted);
	s->accepted = true;
	assert_int_equal(uv_pipe_init(&s->loop, &s->conn, 0), 0);
	s->conn.data = s;
	assert_int_equal(uv_accept(stream, (uv_stream_t *)&s->conn), 0);
	assert_int_equal(uv_read_start((uv_stream_t *)&s->conn, on_alloc, on_read), 0);
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

static int setup(void **state)
{
	struct server *s = mem_zalloc(sizeof(*s));
	void *folder = NULL;

	assert_int_equal(unit_folder_make(&folder), 0);
	s->path = unit_path(&folder, "http.sock");
	assert_int_equal(uv_loop_init(&s->loop), 0);
	assert_int_equal(uv_timer_init(&s->loop, &s->tick), 0);
	(void)uv_timer_start(&s->tick, on_tick, 5, 5);
	assert_int_equal(uv_pipe_init(&s->loop, &s->listen, 0), 0);
	s->listen.data = s;
	assert_int_equal(uv_pipe_bind(&s->listen, s->path), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&s->listen, 4, on_connect), 0);
	assert_int_equal(httpc_new(&s->http, &s->loop, NULL, NULL), LERR_OK);
	buf_init(&s->got, 1 << 20);
	buf_init(&s->body, 1 << 20);
	mem_free(folder);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct server *s = *state;
	char *slash = strrchr(s->path, '/');
	void *folder;

	httpc_close(s->http);
	uv_close((uv_handle_t *)&s->listen, NULL);
	uv_close((uv_handle_t *)&s->tick, NULL);
	if (s->accepted)
		uv_close((uv_handle_t *)&s->conn, NULL);
	assert_int_equal(uv_run(&s->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	*slash = '\0';
	folder = s->path;
	assert_int_equal(unit_folder_remove(&folder), 0);
	buf_free(&s->got);
	buf_free(&s->body);
	mem_free(s);
	return 0;
}

static void on_done(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct server *s = ctx;

	assert_true(id > 0);
	assert_false(s->done);
	s->done = true;
	s->fault = a->fault;
	s->status = a->status;
	buf_add_str(&s->body, a->body);
	str_copy(s->why, sizeof(s->why), str_of(a->why));
	str_copy(s->header, sizeof(s->header), httpc_header(a, "X-Reason"));
}

static struct httpc_request request(const struct server *s, const char *body)
{
	static const char *const headers[] = {"X-Test: yes", NULL};

	return (struct httpc_request){.method = "POST",
				      .url = "http://localhost/path?q=1",
				      .unix_path = s->path,
				      .headers = headers,
				      .body = str_of(body),
				      .timeout_ms = 20000,
				      .max_answer = 100};
}

static uint64_t start(struct server *s, const struct httpc_request *req)
{
	uint64_t id = 0;

	s->done = false;
	buf_reset(&s->body);
	assert_int_equal(httpc_start(s->http, &id, req, on_done, s, NULL), LERR_OK);
	assert_false(s->done);
	return id;
}

static void wait_done(struct server *s)
{
	while (!s->done)
		(void)uv_run(&s->loop, UV_RUN_ONCE);
}

static void a_request_arrives_and_its_answer_comes_back(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "hello");

	s->answer = "HTTP/1.1 207 Odd\r\nX-Reason:  because \r\nContent-Length: 5\r\n\r\n"
		    "world";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_OK);
	assert_int_equal(s->status, 207);
	assert_buf(s->body, "world");
	assert_string_equal(s->header, "because");
	assert_true(str_starts(buf_str(&s->got), "POST /path?q=1 HTTP/1.1\r\n"));
	assert_has(s->got.p, "X-Test: yes\r\n");
	assert_has(s->got.p, "Content-Length: 5\r\n");
	assert_has(s->got.p, "\r\n\r\nhello");
	assert_null(strstr(s->got.p, "Expect"));
	/* the connection is used again: the server takes one only */
	s->answer = "HTTP/1.1 204 None\r\n\r\n";
	buf_reset(&s->got);
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->status, 204);
}

/* On a connection that was kept open it would be heard, and then be told to be unheard. */
static void what_is_sent_once_goes_over_no_connection_that_may_be_dead(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "hello");

	s->answer = "HTTP/1.1 204 None\r\n\r\n";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->status, 204);
	assert_int_equal(unlink(s->path), 0);
	buf_reset(&s->got);
	req.once = true;
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_NO_ROUTE);
	assert_int_equal(s->got.n, 0);
}

static void redirects_are_answers_like_others(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	s->answer = "HTTP/1.1 302 Found\r\nLocation: http://localhost/else\r\n"
		    "Content-Length: 0\r\n\r\n";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_OK);
	assert_int_equal(s->status, 302);
}

static void an_answer_above_its_cap_is_none(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"65\r\n"
		"01234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789"
		"0\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct server *s;
		struct httpc_request req;

		if (i > 0) {
			(void)teardown(state);
			(void)setup(state);
		}
		s = *state;
		req = request(s, "");
		s->answer = answers[i];
		(void)start(s, &req);
		wait_done(s);
		assert_int_equal(s->fault, HTTPC_TOO_LARGE);
		assert_int_equal(s->status, 0);
	}
}

static void a_broken_answer_is_said_to_be_broken(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	s->answer = "SMTP ready\r\n\r\n";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_BROKEN);
	assert_true(s->why[0] != '\0');
}

static void silence_ends_at_the_limit(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	req.timeout_ms = 50;
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_TIMEOUT);
}

static void nobody_listening_is_said(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	req.unix_path = "/nonexistent/socket";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_NO_ROUTE);
	assert_string_equal(s->why, "nobody listens on the socket");
}

static void clear_text_goes_to_this_machine_alone(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	req.unix_path = NULL;
	/* TEST-NET-1: would time out if it were dialled */
	req.url = "http://192.0.2.1:9/";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_NO_ROUTE);
	assert_string_equal(s->why, "http:// goes to this machine alone");
	req.url = "http://127.0.0.1:1/";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_NO_ROUTE);
	assert_null(strstr(s->why, "alone"));
}

/* ---- addresses that a stranger names */

static void a_strangers_url_leads_to_no_local_address(void **state)
{
	/* numbers in every spelling, and a name */
	static const char *const urls[] = {
		"https://127.0.0.1:1/",
		"https://0x7f.1:1/",
		"https://2130706433:1/",
		"https://localhost:1/",
		"https://[::1]:1/",
		"https://[::ffff:127.0.0.1]:1/",
		"https://[::ffff:a01:203]:1/",
		"https://10.1.2.3:1/",
		"https://100.64.0.1:1/",
		"https://169.254.169.254/latest/meta-data",
		"https://172.16.0.1:1/",
		"https://192.168.0.1:1/",
		"https://[fd00::1]:1/",
		"https://[fe80::1]:1/",
		"https://[ff02::1]:1/",
		"https://224.0.0.1:1/",
		"https://0.0.0.0:1/",
		"https://[::]:1/",
		"https://203.0.113.1:1/",
		"http://127.0.0.1:1/",
		"http://192.0.2.1:1/",
	};
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	req.unix_path = NULL;
	req.public_only = true;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		req.url = urls[i];
		(void)start(s, &req);
		wait_done(s);
		assert_int_equal(s->fault, HTTPC_NO_ROUTE);
		assert_string_equal(s->why, "a private or local address");
	}
	/* not to a socket of ours either */
	req = request(s, "");
	req.public_only = true;
	(void)start(s, &req);
	wait_done(s);
	assert_string_equal(s->why, "a private or local address");
	assert_false(s->accepted);
}

static void nor_does_a_connection_that_was_open_before(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");

	s->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->status, 200);
	s->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	req.public_only = true;
	buf_reset(&s->got);
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->fault, HTTPC_NO_ROUTE);
	assert_int_equal(s->got.n, 0);
	/* it is still good for others */
	req.public_only = false;
	(void)start(s, &req);
	wait_done(s);
	assert_int_equal(s->status, 200);
}

static void other_schemes_are_refused_at_once(void **state)
{
	static const char *const urls[] = {"ftp://localhost/", "file:///etc/passwd", "",
					   "localhost/", "gopher://localhost/"};
	struct server *s = *state;
	struct httpc_request req = request(s, "");
	uint64_t id = 7;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		req.url = urls[i];
		assert_int_equal(httpc_start(s->http, &id, &req, on_done, s, NULL),
				 LERR_INPUT);
		assert_int_equal(id, 7);
	}
}

static void a_cancelled_request_is_not_heard_of(void **state)
{
	struct server *s = *state;
	struct httpc_request req = request(s, "");
	uint64_t first = start(s, &req);
	uint64_t second;

	httpc_cancel(s->http, first);
	httpc_cancel(s->http, first);
	httpc_cancel(s->http, 999);
	s->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	second = start(s, &req);
	assert_int_not_equal(first, second);
	wait_done(s);
	assert_int_equal(s->status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_request_arrives_and_its_answer_comes_back),
		T(what_is_sent_once_goes_over_no_connection_that_may_be_dead),
		T(redirects_are_answers_like_others),
		T(an_answer_above_its_cap_is_none),
		T(a_broken_answer_is_said_to_be_broken),
		T(silence_ends_at_the_limit),
		T(nobody_listening_is_said),
		T(clear_text_goes_to_this_machine_alone),
		T(a_strangers_url_leads_to_no_local_address),
		T(nor_does_a_connection_that_was_open_before),
		T(other_schemes_are_refused_at_once),
		T(a_cancelled_request_is_not_heard_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
