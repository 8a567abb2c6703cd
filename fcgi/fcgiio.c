/* SPDX-License-Identifier: MIT */
/*
 * The only file that knows libfcgi. Called by pool.c (FastCGI) and main.c (CGI). The
 * peer is nginx or whoever else may open the socket: what libfcgi makes of its records
 * is checked by httpreq.c as if it came from the street.
 *
 * Connections are accepted by pool.c and handed in. FCGX_Accept_r then finds one open:
 * so they have time limits from the start, and main can shut them down. keep_conn is
 * never honoured: a kept connection would hold its thread while it is idle.
 */
#include "config.h"

#include "fcgi/fcgiio.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct fcgiio {
	FCGX_Request request;
};

enum lerr_code fcgiio_init(struct lerr *err)
{
	if (FCGX_Init() != 0)
		return lerr_set(err, LERR_TEMP, 0, "libfcgi does not start");
	/* FCGX_Init() has put a handler of its own there */
	proc_ignore_sigpipe();
	return LERR_OK;
}

struct fcgiio *fcgiio_new(void)
{
	struct fcgiio *io = mem_zalloc(sizeof(*io));

	/* no listening socket: libfcgi never accepts by itself */
	(void)FCGX_InitRequest(&io->request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	return io;
}

void fcgiio_free(struct fcgiio *io)
{
	mem_free(io);
}

bool fcgiio_begin(struct fcgiio *io, int fd)
{
	const char *role;

	io->request.ipcFd = fd;
	/* else FCGX_Accept_r closes it first, as the end of the request before */
	io->request.keepConnection = 1;
	if (FCGX_Accept_r(&io->request) != 0)
		return false;
	io->request.keepConnection = 0;
	role = FCGX_GetParam("FCGI_ROLE", io->request.envp);
	if (role && strcmp(role, "RESPONDER") == 0)
		return true;
	FCGX_Finish_r(&io->request);
	return false;
}

static const char *fcgi_param(void *ctx, const char *name)
{
	const struct fcgiio *io = ctx;

	return FCGX_GetParam(name, io->request.envp);
}

static size_t fcgi_read(void *ctx, char *out, size_t n)
{
	const struct fcgiio *io = ctx;
	int got = FCGX_GetStr(out, n < INT_MAX ? (int)n : INT_MAX, io->request.in);

	return got > 0 ? (size_t)got : 0;
}

struct httpreq_source fcgiio_source(struct fcgiio *io)
{
	return (struct httpreq_source){
		.param = fcgi_param, .read = fcgi_read, .ctx = io, .behind_nginx = true};
}

static bool has_body(const struct httpreq *req, const struct httpres *res)
{
	return req->method != HTTPREQ_HEAD && res->body.n != 0;
}

/* A failure here means that nginx has gone; there is nobody to tell. */
static void put(struct fcgiio *io, struct str s)
{
	if (s.n)
		(void)FCGX_PutStr(s.p, (int)s.n, io->request.out);
}

void fcgiio_end(struct fcgiio *io, const struct httpreq *req, const struct httpres *res)
{
	auto_buf struct buf head = BUF_INIT(CAP_HTTP_HEADERS * 2);

	httpres_write_head(&head, res, true);
	put(io, buf_str(&head));
	if (has_body(req, res))
		put(io, buf_str(&res->body));
	FCGX_Finish_r(&io->request);
}

/* ---- plain CGI */

static const char *find_variable(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

static const char *cgi_param(void *ctx, const char *name)
{
	char *const *envp = ctx;

	/* RFC 3875 has the decoded path under this name */
	if (strcmp(name, "DOCUMENT_URI") == 0)
		name = "PATH_INFO";
	return find_variable(envp, name);
}

static size_t cgi_read(void *ctx, char *out, size_t n)
{
	ssize_t got;

	(void)ctx;
	do {
		got = read(STDIN_FILENO, out, n);
	} while (got < 0 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

struct httpreq_source fcgiio_cgi_source(char **envp)
{
	return (struct httpreq_source){
		.param = cgi_param, .read = cgi_read, .ctx = envp, .behind_nginx = false};
}

enum lerr_code fcgiio_cgi_end(const struct httpreq *req, const struct httpres *res,
			      struct lerr *err)
{
	auto_buf struct buf head = BUF_INIT(CAP_HTTP_HEADERS * 2);
	enum lerr_code rc;

	httpres_write_head(&head, res, false);
	rc = fdio_write_all(STDOUT_FILENO, buf_str(&head), err);
	if (!rc && has_body(req, res))
		rc = fdio_write_all(STDOUT_FILENO, buf_str(&res->body), err);
	return rc;
}
