/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for nginx's internal listener with the engine behind it:
 * fakeinternal SOCKET. Each event of POST /internal/events is said on stdout as
 * "event RELAY ID", each request as "batch N", and judged by the present mode. Lines on
 * stdin set the mode: stored, duplicate, ignored, refused, later, garbage, short (one
 * verdict too few), hang (no answer), drop (close), or an HTTP status; "poison ID" makes
 * requests with that event fail with 500 whatever the mode. It ends with its stdin.
 */
#include "config.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { REQUEST_MOST = 8 * 1024 * 1024 };

static char mode[32] = "stored";
static char poison[65];

struct conn {
	uv_pipe_t pipe;
	struct buf in;
};

struct answer {
	uv_write_t req;
	struct buf out;
};

static void on_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	buf_free(&c->in);
	mem_free(c);
}

static void close_conn(struct conn *c)
{
	if (!uv_is_closing((uv_handle_t *)&c->pipe))
		uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static void on_written(uv_write_t *req, int status)
{
	struct answer *a = req->data;

	(void)status;
	buf_free(&a->out);
	mem_free(a);
}

static void reply(struct conn *c, unsigned int status, struct str body)
{
	struct answer *a = mem_zalloc(sizeof(*a));
	uv_buf_t b;

	buf_init(&a->out, REQUEST_MOST);
	buf_addf(&a->out, "HTTP/1.1 %u x\r\nContent-Length: %zu\r\n\r\n", status, body.n);
	buf_add_str(&a->out, body);
	a->req.data = a;
	b = uv_buf_init(a->out.p, (unsigned int)a->out.n);
	if (uv_write(&a->req, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0)
		on_written(&a->req, 0);
}

static bool is_word(void)
{
	static const char *const words[] = {"stored", "duplicate", "ignored", "refused",
					    "later"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(mode, words[i]) == 0)
			return true;
	return false;
}

static void judge(struct conn *c, size_t n)
{
	auto_buf struct buf b = BUF_INIT(REQUEST_MOST);
	uint64_t status = 0;

	if (strcmp(mode, "hang") == 0)
		return;
	if (strcmp(mode, "drop") == 0) {
		close_conn(c);
		return;
	}
	if (str_to_u64(str_of(mode), 999, &status)) {
		reply(c, (unsigned int)status, STR_LIT("no"));
		return;
	}
	if (strcmp(mode, "short") == 0 && n > 0)
		n--;
	buf_add_c(&b, is_word() || strcmp(mode, "short") == 0 ? "{\"verdicts\":["
							      : "[nonsense");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s{\"verdict\":\"%s\",\"text\":\"so says the peer\"}",
			 i ? "," : "", is_word() ? mode : "stored");
	buf_add_c(&b, "]}");
	reply(c, 200, buf_str(&b));
}

static void take_body(struct conn *c, struct str body)
{
	auto_json json_t *root = NULL;
	json_t *list;
	bool bad = false;

	if (jsonx_load(&root, body, REQUEST_MOST, JSONX_UINTS, NULL)) {
		printf("bad body\n");
		reply(c, 400, STR_LIT(""));
		return;
	}
	list = json_object_get(root, "events");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *id = json_string_value(
			json_object_get(json_object_get(item, "event"), "id"));

		printf("event %s %s\n", json_string_value(json_object_get(item, "relay")),
		       id);
		bad = bad || strcmp(id, poison) == 0;
	}
	printf("batch %zu\n", json_array_size(list));
	if (bad)
		reply(c, 500, STR_LIT("poisoned"));
	else
		judge(c, json_array_size(list));
}

/* One request out of the buffer; false when it is not whole yet. */
static bool take_request(struct conn *c)
{
	struct str all = buf_str(&c->in);
	const char *end = c->in.n ? strstr(c->in.p, "\r\n\r\n") : NULL;
	const char *length = c->in.n ? strstr(c->in.p, "Content-Length: ") : NULL;
	uint64_t n = 0;
	size_t head;
	struct str digits;

	if (!end || !length || length > end)
		return false;
	head = (size_t)(end - all.p) + 4;
	digits.p = length + strlen("Content-Length: ");
	digits.n = strcspn(digits.p, "\r");
	if (!str_to_u64(digits, REQUEST_MOST, &n) || all.n < head + n)
		return false;
	if (!str_starts(all, "POST /internal/events HTTP/1.1\r\n"))
		printf("odd request\n");
	take_body(c, (struct str){all.p + head, (size_t)n});
	buf_eat(&c->in, head + (size_t)n);
	return true;
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	struct conn *c = h->data;

	*b = uv_buf_init(buf_space(&c->in, hint), (unsigned int)hint);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = s->data;

	(void)b;
	if (n < 0) {
		close_conn(c);
		return;
	}
	buf_grew(&c->in, (size_t)n);
	while (!uv_is_closing((uv_handle_t *)s) && take_request(c))
		continue;
}

static void on_connect(uv_stream_t *server, int status)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	(void)status;
	buf_init(&c->in, REQUEST_MOST);
	(void)uv_pipe_init(server->loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(server, (uv_stream_t *)&c->pipe) != 0)
		close_conn(c);
	else
		(void)uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

/* ---- commands */

static char line[256];
static size_t line_n;

static void command(void)
{
	if (strncmp(line, "poison ", 7) == 0)
		str_copy(poison, sizeof(poison), str_of(line + 7));
	else
		str_copy(mode, sizeof(mode), str_of(line));
	printf("mode %s\n", mode);
}

static void on_line_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	static char room[1024];

	(void)h;
	(void)hint;
	*b = uv_buf_init(room, sizeof(room));
}

static void on_line(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	if (n < 0) {
		uv_stop(s->loop);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (b->base[i] == '\n') {
			line[line_n] = '\0';
			line_n = 0;
			command();
		} else if (line_n < sizeof(line) - 1) {
			line[line_n++] = b->base[i];
		}
	}
}

int main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();
	uv_pipe_t server;
	uv_pipe_t in;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	proc_ignore_sigpipe(); /* a bridge that is killed does not wait for its answer */
	(void)uv_pipe_init(loop, &server, 0);
	(void)uv_pipe_init(loop, &in, 0);
	if (argc != 2 || uv_pipe_bind(&server, argv[1]) != 0 ||
	    uv_listen((uv_stream_t *)&server, 16, on_connect) != 0 ||
	    uv_pipe_open(&in, 0) != 0) {
		(void)fprintf(stderr, "fakeinternal: cannot listen\n");
		return 1;
	}
	(void)uv_read_start((uv_stream_t *)&in, on_line_alloc, on_line);
	printf("ready\n");
	(void)uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&server, NULL); /* which frees its path */
	uv_close((uv_handle_t *)&in, NULL);
	(void)uv_run(loop, UV_RUN_NOWAIT);
	return 0;
}
