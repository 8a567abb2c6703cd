/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/wspeer.h"

#include "lib/base/b64.h"
#include "lib/base/buf.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <openssl/evp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	IN_MAX = 1024 * 1024,
	FILE_MAX = 8 * 1024 * 1024,
	OP_MORE = 0,
	OP_TEXT = 1,
	OP_CLOSE = 8,
	OP_PING = 9,
	OP_PONG = 10,
};

struct conn {
	int fd; /* -1: free */
	bool open;
	struct buf in;
	struct buf message; /* of pieces */
};

struct wspeer {
	int fd;
	const char *folder;
	const struct wspeer_ops *ops;
	void *ctx;
	unsigned int refuse;
	struct conn conns[WSPEER_CONNS];
};

static void forget(struct wspeer *w, size_t i)
{
	struct conn *c = &w->conns[i];

	fdio_close(&c->fd);
	buf_free(&c->in);
	buf_free(&c->message);
	c->open = false;
}

static void hang_up(struct wspeer *w, size_t i)
{
	bool was_open = w->conns[i].open;

	forget(w, i);
	if (was_open && w->ops->on_close)
		w->ops->on_close(w->ctx, i);
}

void wspeer_drop(struct wspeer *w, size_t conn)
{
	struct linger now = {1, 0};

	(void)setsockopt(w->conns[conn].fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	forget(w, conn);
}

/* ---- writing */

static void write_all(const struct conn *c, const void *p, size_t n)
{
	const char *at = p;

	while (n && c->fd >= 0) {
		ssize_t done = send(c->fd, at, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return;
		at += done;
		n -= (size_t)done;
	}
}

static void send_frame(const struct conn *c, unsigned int op, struct str text)
{
	unsigned char head[10] = {(unsigned char)(0x80 | op)};
	size_t n = 2;

	if (text.n < 126) {
		head[1] = (unsigned char)text.n;
	} else if (text.n < 65536) {
		head[1] = 126;
		head[2] = (unsigned char)(text.n >> 8);
		head[3] = (unsigned char)(text.n & 0xff);
		n = 4;
	} else {
		head[1] = 127;
		for (size_t i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)((uint64_t)text.n >> (56 - 8 * i));
		n = 10;
	}
	write_all(c, head, n);
	write_all(c, text.p, text.n);
}

void wspeer_send(struct wspeer *w, size_t conn, struct str text)
{
	if (w->conns[conn].open)
		send_frame(&w->conns[conn], OP_TEXT, text);
}

/* ---- HTTP */

static void answer(const struct conn *c, const char *status, struct str body)
{
	auto_buf struct buf head = BUF_INIT(1024);

	buf_addf(&head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		 status, body.n);
	write_all(c, head.p, head.n);
	write_all(c, body.p, body.n);
}

/* Value of a header in a request that ends in an empty line. */
static bool find_header(struct str request, const char *name, struct str *value)
{
	struct str line;
	size_t n = strlen(name);

	while (str_next(&request, '\n', &line)) {
		if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
			continue;
		*value = str_trim((struct str){line.p + n + 1, line.n - n - 1});
		return true;
	}
	return false;
}

static void upgrade(struct conn *c, struct str key)
{
	auto_buf struct buf text = BUF_INIT(256);
	auto_buf struct buf accept64 = BUF_INIT(64);
	unsigned char sha1[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	buf_add_str(&text, key);
	buf_add_c(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	if (EVP_Digest(text.p, text.n, sha1, &n, EVP_sha1(), NULL) != 1)
		panic("SHA-1");
	b64_encode(&accept64, sha1, n, B64_STD);
	buf_reset(&text);
	buf_addf(&text,
		 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		 accept64.p);
	write_all(c, text.p, text.n);
	c->open = true;
}

static void serve_file(const struct wspeer *w, const struct conn *c, struct str request)
{
	auto_buf struct buf path = BUF_INIT(1024);
	auto_buf struct buf body = BUF_INIT(FILE_MAX);
	struct str name;

	if (!str_next(&request, ' ', &name) || !str_next(&request, ' ', &name))
		name = STR_LIT("/");
	if (w->folder && !memchr(name.p + 1, '/', name.n - 1)) {
		buf_addf(&path, "%s%.*s", w->folder, STR_ARG(name));
		if (fdio_read_file(AT_FDCWD, path.p, &body, NULL) == LERR_OK) {
			answer(c, "200 OK", buf_str(&body));
			return;
		}
	}
	answer(c, "404 Not Found", STR_LIT("no such file\n"));
}

/* True when the connection goes on as a WebSocket. */
static bool take_request(struct wspeer *w, size_t i, struct str request)
{
	struct conn *c = &w->conns[i];
	char status[32];
	struct str key;

	if (!find_header(request, "Sec-WebSocket-Key", &key)) {
		serve_file(w, c, request);
		return false;
	}
	if (w->refuse) {
		(void)snprintf(status, sizeof(status), "%u No", w->refuse);
		answer(c, status, STR_LIT(""));
		return false;
	}
	upgrade(c, key);
	return true;
}

static bool take_http(struct wspeer *w, size_t i)
{
	struct conn *c = &w->conns[i];
	const char *end = c->in.n ? strstr(c->in.p, "\r\n\r\n") : NULL;
	size_t n;

	if (!end)
		return true;
	n = (size_t)(end - c->in.p) + 4;
	if (!take_request(w, i, (struct str){c->in.p, n})) {
		hang_up(w, i);
		return false;
	}
	buf_eat(&c->in, n);
	if (w->ops->on_open)
		w->ops->on_open(w->ctx, i);
	return true;
}

/* ---- frames */

struct frame {
	bool fin;
	unsigned int op;
	size_t head; /* with the mask, which clients must send */
	uint64_t n;
};

/* False when more bytes are needed. */
static bool parse_frame(struct frame *f, const struct buf *in)
{
	const unsigned char *p = (const unsigned char *)in->p;
	size_t length_bytes;

	if (in->n < 2)
		return false;
	f->fin = (p[0] & 0x80) != 0;
	f->op = p[0] & 0x0f;
	f->n = p[1] & 0x7f;
	length_bytes = f->n == 126 ? 2 : f->n == 127 ? 8 : 0;
	f->head = 2 + length_bytes + 4;
	if (in->n < f->head)
		return false;
	if (length_bytes)
		f->n = 0;
	for (size_t i = 0; i < length_bytes; i++)
		f->n = f->n << 8 | p[2 + i];
	return f->n <= IN_MAX && in->n >= f->head + f->n;
}

static void unmask(struct buf *in, const struct frame *f)
{
	const char *mask = in->p + f->head - 4;

	for (size_t i = 0; i < f->n; i++)
		in->p[f->head + i] = (char)(in->p[f->head + i] ^ mask[i % 4]);
}

/* False when the connection is gone. */
static bool take_frame(struct wspeer *w, size_t i, const struct frame *f)
{
	struct conn *c = &w->conns[i];
	struct str payload = {c->in.p + f->head, f->n};

	if (f->op == OP_CLOSE) {
		send_frame(c, OP_CLOSE, payload);
		hang_up(w, i);
		return false;
	}
	if (f->op == OP_PING)
		send_frame(c, OP_PONG, payload);
	if (f->op != OP_TEXT && f->op != OP_MORE)
		return true;
	buf_add_str(&c->message, payload);
	if (f->fin) {
		auto_buf struct buf whole = BUF_INIT(IN_MAX);

		buf_add_str(&whole, buf_str(&c->message));
		buf_reset(&c->message);
		w->ops->on_text(w->ctx, i, buf_str(&whole));
	}
	return c->open;
}

static void take_bytes(struct wspeer *w, size_t i)
{
	struct conn *c = &w->conns[i];
	struct frame f;

	if (!c->open && !take_http(w, i))
		return;
	while (c->open && parse_frame(&f, &c->in)) {
		unmask(&c->in, &f);
		if (!take_frame(w, i, &f))
			return;
		buf_eat(&c->in, f.head + f.n);
	}
}

/* ---- the loop */

static void accept_one(struct wspeer *w)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < WSPEER_CONNS; i++) {
		struct conn *c = &w->conns[i];

		if (c->fd >= 0)
			continue;
		*c = (struct conn){.fd = fd};
		buf_init(&c->in, IN_MAX);
		buf_init(&c->message, IN_MAX);
		return;
	}
	fdio_close(&fd);
}

static void read_one(struct wspeer *w, size_t i)
{
	char piece[16384];
	ssize_t n = recv(w->conns[i].fd, piece, sizeof(piece), 0);

	if (n <= 0) {
		hang_up(w, i);
		return;
	}
	buf_add(&w->conns[i].in, piece, (size_t)n);
	if (buf_over(&w->conns[i].in))
		hang_up(w, i);
	else
		take_bytes(w, i);
}

void wspeer_run(struct wspeer *w)
{
	enum { STDIN = WSPEER_CONNS, LISTENER, ALL };
	struct pollfd p[ALL];
	char byte;

	for (;;) {
		for (size_t i = 0; i < WSPEER_CONNS; i++)
			p[i] = (struct pollfd){.fd = w->conns[i].fd, .events = POLLIN};
		p[STDIN] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		p[LISTENER] = (struct pollfd){.fd = w->fd, .events = POLLIN};
		if (poll(p, ALL, -1) < 0 && errno != EINTR)
			panic("poll: %s", strerror(errno));
		if (p[STDIN].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			return;
		for (size_t i = 0; i < WSPEER_CONNS; i++)
			if (p[i].revents && w->conns[i].fd == p[i].fd)
				read_one(w, i);
		if (p[LISTENER].revents)
			accept_one(w);
	}
}

struct wspeer *wspeer_new(unsigned int *port, const char *folder,
			  const struct wspeer_ops *ops, void *ctx)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	struct wspeer *w = mem_zalloc(sizeof(*w));

	w->folder = folder;
	w->ops = ops;
	w->ctx = ctx;
	for (size_t i = 0; i < WSPEER_CONNS; i++)
		w->conns[i].fd = -1;
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(w->fd, 64) != 0 || getsockname(w->fd, (struct sockaddr *)&a, &n) != 0)
		panic("listen: %s", strerror(errno));
	*port = ntohs(a.sin_port);
	return w;
}

void wspeer_refuse(struct wspeer *w, unsigned int http_status)
{
	w->refuse = http_status;
}

void wspeer_free(struct wspeer *w)
{
	for (size_t i = 0; i < WSPEER_CONNS; i++)
		forget(w, i);
	fdio_close(&w->fd);
	mem_free(w);
}
