/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/wsraw.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 16 * 1024 * 1024, DEADLINE_S = 60 };

static int dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = DEADLINE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	str_copy(sa.sun_path, sizeof(sa.sun_path), str_of(path));
	assert_int_equal(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

bool wsraw_send_bytes(struct wsraw *w, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t sent = send(w->fd, at, n, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		at += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* More bytes; false at the end. A deadline that passes fails the test. */
static bool fill(struct wsraw *w)
{
	char *at = buf_space(&w->in, 65536);
	ssize_t n;

	assert_non_null(at);
	n = recv(w->fd, at, 65536, 0);
	if (n < 0 && errno == EAGAIN)
		fail_msg("nothing came within %d s", DEADLINE_S);
	if (n <= 0)
		return false;
	buf_grew(&w->in, (size_t)n);
	return true;
}

unsigned int wsraw_try(struct wsraw *w, const char *path, const char *uri,
		       const char *headers)
{
	auto_buf struct buf req = BUF_INIT(65536);
	const char *end;
	uint64_t status = 0;

	w->fd = dial(path);
	buf_init(&w->in, ROOM);
	buf_addf(&req,
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
		 "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
		 uri, headers);
	assert_true(wsraw_send_bytes(w, req.p, req.n));
	while (w->in.n == 0 || !strstr(w->in.p, "\r\n\r\n"))
		if (!fill(w))
			return 0;
	assert_true(w->in.n > 12);
	assert_true(str_to_u64((struct str){w->in.p + 9, 3}, 999, &status));
	if (status == 101) {
		/* RFC 6455 section 1.3: the answer to this key */
		assert_non_null(strstr(w->in.p, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
		end = strstr(w->in.p, "\r\n\r\n");
		buf_eat(&w->in, (size_t)(end - w->in.p) + 4);
	}
	return (unsigned int)status;
}

void wsraw_open(struct wsraw *w, const char *path, const char *headers)
{
	assert_int_equal(wsraw_try(w, path, "/", headers), 101);
}

void wsraw_close(struct wsraw *w)
{
	(void)close(w->fd);
	buf_free(&w->in);
}

void wsraw_send_frame(struct wsraw *w, unsigned int opcode, struct str payload)
{
	auto_buf struct buf f = BUF_INIT(ROOM);
	char mask[4] = {1, 2, 3, 4};
	char *at;

	buf_add_char(&f, (char)(0x80 | opcode));
	if (payload.n < 126) {
		buf_add_char(&f, (char)(0x80 | payload.n));
	} else if (payload.n < 65536) {
		buf_add_char(&f, (char)(0x80 | 126));
		buf_add_char(&f, (char)(payload.n >> 8));
		buf_add_char(&f, (char)(payload.n & 0xff));
	} else {
		buf_add_char(&f, (char)(0x80 | 127));
		for (int shift = 56; shift >= 0; shift -= 8)
			buf_add_char(&f, (char)(payload.n >> shift & 0xff));
	}
	buf_add(&f, mask, 4);
	at = buf_space(&f, payload.n);
	for (size_t i = 0; i < payload.n; i++)
		at[i] = (char)(payload.p[i] ^ mask[i % 4]);
	buf_grew(&f, payload.n);
	(void)wsraw_send_bytes(w, f.p, f.n);
}

void wsraw_send(struct wsraw *w, const char *text)
{
	wsraw_send_frame(w, 1, str_of(text));
}

/* One whole frame at the front of the buffer? */
static bool measure(const struct wsraw *w, size_t *head, size_t *n)
{
	const unsigned char *p = (const unsigned char *)w->in.p;

	if (w->in.n < 2)
		return false;
	*head = 2;
	*n = p[1] & 0x7f;
	if (*n == 126) {
		*head = 4;
		if (w->in.n < 4)
			return false;
		*n = (size_t)p[2] << 8 | p[3];
	} else if (*n == 127) {
		*head = 10;
		if (w->in.n < 10)
			return false;
		*n = 0;
		for (size_t i = 2; i < 10; i++)
			*n = *n << 8 | p[i];
	}
	return w->in.n >= *head + *n;
}

bool wsraw_recv(struct wsraw *w, struct buf *text)
{
	size_t head;
	size_t n;

	for (;;) {
		unsigned int opcode;
		struct str payload;

		while (!measure(w, &head, &n))
			if (!fill(w))
				return false;
		opcode = (unsigned char)w->in.p[0] & 0x0f;
		payload = (struct str){w->in.p + head, n};
		buf_reset(text);
		if (opcode == 9)
			wsraw_send_frame(w, 10, payload);
		else if (opcode == 8)
			buf_addf(
				text, "close %u",
				n >= 2 ? (unsigned int)((unsigned char)payload.p[0] << 8 |
							(unsigned char)payload.p[1])
				       : 0);
		else
			buf_add_str(text, payload);
		buf_eat(&w->in, head + n);
		if (opcode != 9 && opcode != 10)
			return true;
	}
}

void wsraw_expect(struct wsraw *w, const char *text)
{
	auto_buf struct buf got = BUF_INIT(ROOM);

	assert_true(wsraw_recv(w, &got));
	assert_string_equal(got.p, text);
}

void wsraw_find(struct wsraw *w, struct buf *text, const char *start)
{
	do {
		if (!wsraw_recv(w, text))
			fail_msg("the connection ended before %s", start);
	} while (!str_starts(buf_str(text), start));
}

void wsraw_http(const char *path, const char *request, struct buf *answer)
{
	struct wsraw w = {.fd = dial(path)};

	buf_init(&w.in, ROOM);
	assert_true(wsraw_send_bytes(&w, request, strlen(request)));
	while (fill(&w))
		continue;
	buf_add_c(answer, "");
	buf_add_str(answer, buf_str(&w.in));
	wsraw_close(&w);
}
