/* SPDX-License-Identifier: MIT */
/*
 * One HTTP answer: a handler fills it, one writer puts it on the wire. Errors are
 * problem documents (RFC 9457) of a fixed list; www/problems.html explains each.
 */
#ifndef LOOM_FCGI_HTTPRES_H
#define LOOM_FCGI_HTTPRES_H

#include "fcgi/httpreq.h"

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

/* In the order of the table in httpres.c. */
enum httpres_problem {
	HTTPRES_BAD_REQUEST,
	HTTPRES_BAD_PARAMETER,
	HTTPRES_INVALID_TOKEN,
	HTTPRES_NOT_FOUND,
	HTTPRES_METHOD_NOT_ALLOWED,
	HTTPRES_CONFLICT,
	HTTPRES_TOO_LARGE,
	HTTPRES_VALIDATION,
	HTTPRES_WORKER_UNAVAILABLE,
	HTTPRES_PROBLEMS
};

/* What clients program against: the type is "/problems/SLUG". */
struct httpres_problem_type {
	const char *slug;
	unsigned int status;
	const char *title;
};
extern const struct httpres_problem_type httpres_problem_types[HTTPRES_PROBLEMS];

struct httpres {
	unsigned int status;
	const char *type;     /* media type, a literal; NULL without a body */
	const char *instance; /* request id for problems, borrowed */
	struct buf headers;   /* whole lines */
	struct buf body;
};

/* An empty 200. instance is the request's id and must outlive the answer. */
void httpres_init(struct httpres *res, const char *instance);
void httpres_free(struct httpres *res);

/* Add a header. Name and value are ours; a line break in the value panics. */
void httpres_header(struct httpres *res, const char *name, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Public and the same for everybody for a second, or of one caller alone. */
void httpres_cache_public(struct httpres *res);
void httpres_cache_never(struct httpres *res);

/* Make it a problem in place of whatever it was. detail and pointer are literals:
 * nothing that a stranger or the engine said goes in here. pointer (RFC 6901) is the
 * place in the request's body, or NULL. */
void httpres_problem(struct httpres *res, enum httpres_problem what, const char *detail);
void httpres_problem_at(struct httpres *res, enum httpres_problem what,
			const char *detail, const char *pointer);
/* The problem that a failed call amounts to, by its code. */
void httpres_error(struct httpres *res, enum lerr_code code, const char *detail);

/* Append status line and headers as CGI has them. Without our nginx in front, the
 * headers that it would add are added here. */
void httpres_write_head(struct buf *out, const struct httpres *res, bool behind_nginx);

#endif
