/* SPDX-License-Identifier: MIT */
/*
 * Many HTTP requests at once to 127.0.0.1, for tests and figures: CONNECTIONS kept-alive
 * connections send REQUESTS GETs in all, each its next as soon as it has its answer.
 *
 *	httpload PORT PATH CONNECTIONS REQUESTS
 *
 * A connection that the server ends after an answer is made anew.
 *
 * Prints "ok=N other=N broken=N us=MICROSECONDS": answers with 200 and the length that
 * the first had, other answers, connections that broke. Answers need a Content-Length.
 */
#include "config.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST = 1000, HEAD_MAX = 4096, PATIENCE_MS = 20000 };

struct conn {
	int fd;
	char head[HEAD_MAX + 1];
	size_t nhead;  /* bytes of the head so far */
	uint64_t rest; /* bytes of the body to come */
	bool in_body;
	bool good;
	bool last; /* the server will end the connection */
};

static struct conn conns[MOST];
static char request[1024];
static uint64_t port;
static uint64_t to_send;
static uint64_t length; /* of the first answer with 200 */
static unsigned long n_ok, n_other, n_broken;

static uint64_t now_us(void)
{
	struct timespec ts;

	INVARIANT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void end(struct conn *c)
{
	fdio_close(&c->fd);
}

static int dial(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	INVARIANT(fd >= 0);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		panic("connect: %s", strerror(errno));
	return fd;
}

static void next(struct conn *c)
{
	c->nhead = 0;
	c->in_body = false;
	if (to_send == 0) {
		end(c);
		return;
	}
	to_send--;
	if (c->last) {
		end(c);
		c->fd = dial();
		c->last = false;
	}
	if (fdio_write_all(c->fd, str_of(request), NULL)) {
		n_broken++;
		end(c);
	}
}

static bool find_length(struct str head, uint64_t *out)
{
	struct str line;

	while (str_next(&head, '\n', &line))
		if (str_starts(line, "Content-Length: "))
			return str_to_u64(
				str_trim((struct str){line.p + 16, line.n - 16}),
				UINT32_MAX, out);
	return false;
}

static void finish(struct conn *c)
{
	if (c->good)
		n_ok++;
	else
		n_other++;
	next(c);
}

/* The head is whole; more bytes of the body came with it. */
static void begin_body(struct conn *c, size_t more)
{
	uint64_t n;

	c->head[c->nhead] = '\0';
	c->good = strncmp(c->head, "HTTP/1.1 200", 12) == 0;
	if (!find_length((struct str){c->head, c->nhead}, &n) || more > n) {
		n_broken++;
		end(c);
		return;
	}
	c->last = strstr(c->head, "Connection: close") != NULL;
	if (c->good && length == 0)
		length = n;
	c->good = c->good && n == length;
	c->in_body = true;
	c->rest = n - more;
	if (c->rest == 0)
		finish(c);
}

static void take_head(struct conn *c, const char *p, size_t n)
{
	size_t room = HEAD_MAX - c->nhead;
	size_t before = c->nhead;
	const char *blank;

	if (n < room)
		room = n;
	memcpy(c->head + c->nhead, p, room);
	c->nhead += room;
	c->head[c->nhead] = '\0';
	blank = strstr(c->head, "\r\n\r\n");
	if (blank) {
		c->nhead = (size_t)(blank - c->head) + 4;
		begin_body(c, n - (c->nhead - before));
	} else if (c->nhead == HEAD_MAX) {
		n_broken++;
		end(c);
	}
}

static void take(struct conn *c)
{
	char piece[65536];
	ssize_t n = recv(c->fd, piece, sizeof(piece), 0);

	if (n <= 0 || (c->in_body && (uint64_t)n > c->rest)) {
		n_broken++;
		end(c);
		return;
	}
	if (!c->in_body) {
		take_head(c, piece, (size_t)n);
		return;
	}
	c->rest -= (uint64_t)n;
	if (c->rest == 0)
		finish(c);
}

static bool turn(size_t n)
{
	static struct pollfd p[MOST];
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		p[i] = (struct pollfd){.fd = conns[i].fd, .events = POLLIN};
		any = any || conns[i].fd >= 0;
	}
	if (!any)
		return false;
	if (poll(p, (nfds_t)n, PATIENCE_MS) <= 0)
		panic("no answer for %d ms", PATIENCE_MS);
	for (size_t i = 0; i < n; i++)
		if (conns[i].fd >= 0 && p[i].revents)
			take(&conns[i]);
	return true;
}

int main(int argc, char **argv)
{
	uint64_t n;
	uint64_t start;

	proc_ignore_sigpipe();
	if (argc != 5 || !str_to_u64(str_of(argv[1]), 65535, &port) ||
	    !str_to_u64(str_of(argv[3]), MOST, &n) ||
	    !str_to_u64(str_of(argv[4]), 10000000, &to_send))
		panic("usage: httpload PORT PATH CONNECTIONS REQUESTS");
	(void)snprintf(request, sizeof(request),
		       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", argv[2]);
	for (size_t i = 0; i < n; i++)
		conns[i].fd = dial();
	start = now_us();
	for (size_t i = 0; i < n; i++)
		next(&conns[i]);
	while (turn(n))
		;
	printf("ok=%lu other=%lu broken=%lu us=%llu\n", n_ok, n_other, n_broken,
	       (unsigned long long)(now_us() - start));
	return 0;
}
