/* SPDX-License-Identifier: MIT */
/* The WebSocket client against a server that does what a test tells it, byte by byte. */
#include "config.h"

#include "tests/unit/unit.h"

#include "lib/base/b64.h"
#include "lib/base/mem.h"
#include "lib/net/wsc.h"

#include <openssl/sha.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { CONNS = 8 };

struct world {
	uv_loop_t loop;
	uv_timer_t tick; /* a turn of the loop ends, whatever woke it */
	uv_tcp_t listen;
	uv_tcp_t conns[CONNS];
	size_t nconns;
	struct buf got;     /* from the last connection */
	const char *answer; /* instead of an upgrade; "" is silence */
	size_t nwrites;
	struct lwsloop *lws;
	struct wsc *wsc;
	struct wsurl url;
	uint64_t id;
	unsigned int opened;
	unsigned int closed;
	struct wsc_end end;
	struct buf text;
	bool close_on_text;
};

/* ---- the server */

static void on_written(uv_write_t *req, int status)
{
	(void)status;
	mem_free(req->data);
	mem_free(req);
}

static void send_bytes(struct world *w, const void *p, size_t n)
{
	uv_write_t *req = mem_zalloc(sizeof(*req));
	uv_buf_t b;

	req->data = mem_copy(p, n);
	b = uv_buf_init(req->data, (unsigned int)n);
	(void)uv_write(req, (uv_stream_t *)&w->conns[w->nconns - 1], &b, 1, on_written);
}

static void upgrade(struct world *w)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	static const char name[] = "Sec-WebSocket-Key: ";
	const char *key = strstr(w->got.p, name);
	uint8_t sha[20];
	auto_buf struct buf in = BUF_INIT(256);
	auto_buf struct buf out = BUF_INIT(1024);

	assert_non_null(key);
	key += strlen(name);
	buf_add(&in, key, strcspn(key, "\r"));
	buf_add_c(&in, guid);
	(void)SHA1((const unsigned char *)in.p, in.n, sha);
	buf_add_c(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			"Connection: Upgrade\r\nSec-WebSocket-Accept: ");
	b64_encode(&out, sha, sizeof(sha), B64_STD);
	buf_add_c(&out, "\r\n\r\n");
	send_bytes(w, out.p, out.n);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	struct world *w = h->data;

	*b = uv_buf_init(buf_space(&w->got, hint), (unsigned int)hint);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct world *w = s->data;
	bool was_whole = w->got.n && strstr(w->got.p, "\r\n\r\n");

	(void)b;
	if (n <= 0) {
		(void)uv_read_stop(s);
		return;
	}
	buf_grew(&w->got, (size_t)n);
	if (was_whole || !strstr(w->got.p, "\r\n\r\n"))
		return;
	if (!w->answer)
		upgrade(w);
	else if (w->answer[0])
		send_bytes(w, w->answer, strlen(w->answer));
}

static void on_connect(uv_stream_t *s, int status)
{
	struct world *w = s->data;
	uv_tcp_t *c = &w->conns[w->nconns];

	assert_int_equal(status, 0);
	assert_true(w->nconns < CONNS);
	w->nconns++;
	buf_reset(&w->got);
	assert_int_equal(uv_tcp_init(&w->loop, c), 0);
	c->data = w;
	assert_int_equal(uv_accept(s, (uv_stream_t *)c), 0);
	assert_int_equal(uv_read_start((uv_stream_t *)c, on_alloc, on_read), 0);
}

/* ---- the client */

static void on_open(void *ctx, uint64_t id)
{
	struct world *w = ctx;

	assert_int_equal(id, w->id);
	w->opened++;
}

static void on_text(void *ctx, uint64_t id, struct str text)
{
	struct world *w = ctx;

	assert_int_equal(id, w->id);
	buf_addf(&w->text, "<%zu>", text.n);
	if (text.n < 100)
		buf_add_str(&w->text, text);
	if (w->close_on_text)
		wsc_close(w->wsc, id, 1000);
}

static void on_close(void *ctx, uint64_t id, const struct wsc_end *end)
{
	struct world *w = ctx;

	assert_int_equal(id, w->id);
	w->closed++;
	w->end = *end;
}

static const struct wsc_ops ops = {on_open, on_text, on_close};

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

static int setup(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	static const struct wsc_limits limits = {.connect_ms = 300,
						 .ping_ms = 40,
						 .dead_ms = 40,
						 .frame_bytes = 100000,
						 .queue_bytes = 4000000};
	struct sockaddr_in sa;
	int n = sizeof(sa);
	char text[64];

	assert_int_equal(uv_loop_init(&w->loop), 0);
	assert_int_equal(uv_timer_init(&w->loop, &w->tick), 0);
	(void)uv_timer_start(&w->tick, on_tick, 5, 5);
	assert_int_equal(uv_tcp_init(&w->loop, &w->listen), 0);
	w->listen.data = w;
	(void)uv_ip4_addr("127.0.0.1", 0, &sa);
	assert_int_equal(uv_tcp_bind(&w->listen, (const struct sockaddr *)&sa, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&w->listen, 4, on_connect), 0);
	(void)uv_tcp_getsockname(&w->listen, (struct sockaddr *)&sa, &n);
	(void)snprintf(text, sizeof(text), "ws://127.0.0.1:%u/a?b=c",
		       (unsigned int)ntohs(sa.sin_port));
	assert_int_equal(wsurl_parse(&w->url, str_of(text), NULL), LERR_OK);
	buf_init(&w->got, 1 << 24);
	buf_init(&w->text, 1 << 20);
	assert_int_equal(lwsloop_new(&w->lws, &w->loop, NULL), LERR_OK);
	assert_int_equal(wsc_new(&w->wsc, w->lws, NULL, &limits, &ops, w, NULL), LERR_OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	unsigned int closed = w->closed;

	wsc_shut(w->wsc);
	for (size_t i = 0; i < w->nconns; i++)
		uv_close((uv_handle_t *)&w->conns[i], NULL);
	uv_close((uv_handle_t *)&w->listen, NULL);
	while (wsc_count(w->wsc))
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&w->tick, NULL);
	lwsloop_close(w->lws);
	assert_int_equal(uv_run(&w->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(w->closed, closed);
	lwsloop_free(w->lws);
	wsc_free(w->wsc);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	buf_free(&w->got);
	buf_free(&w->text);
	mem_free(w);
	return 0;
}

static void wait_open(struct world *w)
{
	w->id = wsc_open(w->wsc, &w->url);
	while (!w->opened && !w->closed)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->opened, 1);
}

static void wait_closed(struct world *w)
{
	while (!w->closed)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->closed, 1);
}

static void wait_text(struct world *w, const char *want)
{
	while (!w->closed && (!w->text.n || !strstr(w->text.p, want)))
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->closed, 0);
	assert_buf(w->text, want);
}

static void pings_are_answered_and_frames_assembled(void **state)
{
	struct world *w = *state;

	wait_open(w);
	assert_true(str_starts(buf_str(&w->got), "GET /a?b=c HTTP/1.1\r\n"));
	assert_has(w->got.p, "User-Agent: loom-gateway/");
	assert_null(strstr(w->got.p, "Sec-WebSocket-Extensions"));
	assert_null(strstr(w->got.p, "Sec-WebSocket-Protocol"));
	/* text, text in two pieces with a ping between, an empty one, a binary one */
	send_bytes(w,
		   "\x81\x02hi\x01\x02ye\x89\x01!\x80\x01s\x81\x00\x82\x03"
		   "bin",
		   21);
	wait_text(w, "<2>hi<3>yes<0><3>bin");
}

static void what_is_sent_arrives_masked_and_in_order(void **state)
{
	struct world *w = *state;
	char one[6];
	size_t from;

	wait_open(w);
	from = w->got.n;
	assert_false(wsc_send(w->wsc, w->id + 1, STR_LIT("nobody")));
	assert_true(wsc_send(w->wsc, w->id, STR_LIT("abcde")));
	assert_true(wsc_send(w->wsc, w->id, STR_LIT("fghij")));
	assert_int_equal(wsc_queued(w->wsc, w->id), 10);
	while (w->got.n < from + 22)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(wsc_queued(w->wsc, w->id), 0);
	for (size_t k = 0; k < 2; k++) {
		const char *f = w->got.p + from + 11 * k;

		assert_memory_equal(f, "\x81\x85", 2);
		for (size_t i = 0; i < 5; i++)
			one[i] = (char)(f[6 + i] ^ f[2 + i % 4]);
		one[5] = '\0';
		assert_string_equal(one, k ? "fghij" : "abcde");
	}
}

static void a_silent_server_is_pinged_then_given_up(void **state)
{
	struct world *w = *state;
	size_t from;

	wait_open(w);
	from = w->got.n;
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_SILENT);
	assert_has(w->end.why, "no answer to a ping");
	assert_true(w->got.n > from);
	assert_memory_equal(w->got.p + from, "\x89\x80", 2);
}

static void a_paused_connection_is_not_given_up(void **state)
{
	struct world *w = *state;
	uint64_t until;

	wait_open(w);
	wsc_pause(w->wsc, w->id, true);
	until = uv_now(&w->loop) + 250;
	while (uv_now(&w->loop) < until)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->closed, 0);
	send_bytes(w, "\x81\x02hi", 4);
	wsc_pause(w->wsc, w->id, false);
	wait_text(w, "<2>hi");
}

static void no_answer_to_the_upgrade_ends_at_the_deadline(void **state)
{
	struct world *w = *state;

	w->answer = "";
	w->id = wsc_open(w->wsc, &w->url);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_SILENT);
	assert_false(w->end.was_open);
}

static void another_status_is_reported(void **state)
{
	static const struct {
		const char *answer;
		unsigned int http;
		unsigned int retry_after_s;
	} cases[] = {
		{"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 403, 0},
		{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 401, 0},
		{"HTTP/1.1 302 Go\r\nLocation: ws://127.0.0.1:1/\r\n"
		 "Content-Length: 0\r\n\r\n",
		 302, 0},
		{"HTTP/1.1 503 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
		 503, 120},
		{"HTTP/1.1 429 x\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
		 "Content-Length: 0\r\n\r\n",
		 429, 0},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, 0},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		w->answer = cases[i].answer;
		w->closed = 0;
		w->id = wsc_open(w->wsc, &w->url);
		wait_closed(w);
		assert_int_equal(w->end.fault, WSC_HTTP);
		assert_int_equal(w->end.http, cases[i].http);
		assert_int_equal(w->end.retry_after_s, cases[i].retry_after_s);
	}
}

static void a_wrong_accept_is_no_websocket(void **state)
{
	struct world *w = *state;

	w->answer = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
	w->id = wsc_open(w->wsc, &w->url);
	wait_closed(w);
	assert_int_equal(w->opened, 0);
	assert_has(w->end.why, "handshake failed");
}

static void the_peers_close_is_reported_in_its_words(void **state)
{
	struct world *w = *state;

	wait_open(w);
	send_bytes(w,
		   "\x88\x06\x03\xe9"
		   "busy",
		   8);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_LOST);
	assert_int_equal(w->end.code, 1001);
	assert_has(w->end.why, "1001 busy");
}

static void a_large_message_is_too_much(void **state)
{
	struct world *w = *state;
	auto_buf struct buf b = BUF_INIT(1 << 20);

	wait_open(w);
	buf_add(&b, "\x81\x7f\0\0\0\0\0\x01\x86\xa0", 10);
	while (b.n < 100010)
		buf_add_char(&b, 'x');
	send_bytes(w, b.p, b.n);
	wait_text(w, "<100000>");
	/* one byte more, and in two frames: each is small enough */
	b.p[0] = 1;
	send_bytes(w, b.p, b.n);
	send_bytes(w, "\x80\x01x", 3);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_TOO_MUCH);
}

static void a_peer_that_does_not_read_is_given_up(void **state)
{
	struct world *w = *state;
	auto_buf struct buf b = BUF_INIT(1 << 20);

	wait_open(w);
	(void)uv_read_stop((uv_stream_t *)&w->conns[0]);
	while (b.n < 90000)
		buf_add_char(&b, 'x');
	while (wsc_send(w->wsc, w->id, buf_str(&b)))
		continue;
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_TOO_MUCH);
}

static void closing_is_answered_once_at_every_stage(void **state)
{
	struct world *w = *state;

	/* while the name is being resolved */
	w->id = wsc_open(w->wsc, &w->url);
	wsc_close(w->wsc, w->id, 1000);
	wsc_close(w->wsc, w->id, 1000);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_ENDED);
	/* while it waits for the upgrade */
	w->closed = 0;
	w->answer = "";
	w->id = wsc_open(w->wsc, &w->url);
	while (w->nconns == 0 || !w->got.n)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	wsc_close(w->wsc, w->id, 1000);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_ENDED);
	/* from inside a callback */
	w->closed = 0;
	w->answer = NULL;
	w->close_on_text = true;
	wait_open(w);
	buf_reset(&w->got);
	send_bytes(w, "\x81\x02hi\x81\x02ho", 8);
	while (w->got.n < 8)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	assert_memory_equal(w->got.p, "\x88\x82", 2);
	send_bytes(w, "\x88\x02\x03\xe8", 4);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_ENDED);
	assert_buf(w->text, "<2>hi");
}

static void a_close_that_is_not_answered_ends_too(void **state)
{
	struct world *w = *state;

	wait_open(w);
	wsc_close(w->wsc, w->id, 1001);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_ENDED);
}

static void nobody_at_the_address_is_said_and_leaves_nothing_behind(void **state)
{
	struct world *w = *state;
	size_t fds = 0;

	for (int i = 0; i < 20; i++) {
		struct wsurl url = w->url;

		url.port = 1;
		w->closed = 0;
		w->id = wsc_open(w->wsc, &url);
		wait_closed(w);
		assert_int_equal(w->end.fault, WSC_NO_ROUTE);
		assert_has(w->end.why, "cannot connect to 127.0.0.1 port 1");
		if (i == 1)
			fds = unit_count_fds();
	}
	assert_int_equal(unit_count_fds(), fds);
}

static void clear_text_goes_to_this_machine_alone(void **state)
{
	struct world *w = *state;
	struct wsurl url;

	assert_int_equal(wsurl_parse(&url, STR_LIT("ws://192.0.2.1"), NULL), LERR_OK);
	w->id = wsc_open(w->wsc, &url);
	wait_closed(w);
	assert_int_equal(w->end.fault, WSC_NO_NAME);
	assert_has(w->end.why, "not this machine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(pings_are_answered_and_frames_assembled),
		T(what_is_sent_arrives_masked_and_in_order),
		T(a_silent_server_is_pinged_then_given_up),
		T(a_paused_connection_is_not_given_up),
		T(no_answer_to_the_upgrade_ends_at_the_deadline),
		T(another_status_is_reported),
		T(a_wrong_accept_is_no_websocket),
		T(the_peers_close_is_reported_in_its_words),
		T(a_large_message_is_too_much),
		T(a_peer_that_does_not_read_is_given_up),
		T(closing_is_answered_once_at_every_stage),
		T(a_close_that_is_not_answered_ends_too),
		T(nobody_at_the_address_is_said_and_leaves_nothing_behind),
		T(clear_text_goes_to_this_machine_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
