/* SPDX-License-Identifier: MIT */
/*
 * Trust line: loom-fcgi parses strangers' HTTP and only carries; what a credential allows
 * is decided here. Answers are read-only views of the ledger.
 */
#include "config.h"

#include "engine/api.h"

#include "engine/apidoc.h"
#include "engine/engine.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcapi.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/hash.h"
#include "lib/store/dbblob.h"

struct api {
	struct engine *e;
	struct ipcuv *server;
};

static const struct ipcuv_protocol protocol = {"api", ipcapi_types, IPCAPI_TYPES,
					       IPCAPI_ERROR};

/* No token is the public view; a wrong one is refused, never taken for none. */
static enum lerr_code check_token(const struct engine *e, const char *token, bool *full,
				  struct lerr *err)
{
	const char *want = conf_text(e->conf, CONF_ADMIN_TOKEN_SHA256);
	struct id32 hash;
	struct id32 mine;

	*full = false;
	if (!token[0])
		return LERR_OK;
	hash = hash_sha256(token, str_of(token).n);
	if (!id32_parse(&mine, str_of(want)) ||
	    !hash_equal(hash.b, mine.b, sizeof(hash.b)))
		return lerr_set(err, LERR_DENIED, 0, "this token is not valid");
	*full = true;
	return LERR_OK;
}

static enum lerr_code do_status(struct engine *e, const void *body, struct buf *out,
				struct lerr *err)
{
	const struct ipcapi_status *s = body;
	bool full;
	enum lerr_code rc = check_token(e, s->token, &full, err);

	if (!rc)
		apidoc_status(out, e);
	return rc;
}

static enum lerr_code do_jobs(struct engine *e, const void *body, struct buf *out,
			      struct lerr *err)
{
	const struct ipcapi_jobs *q = body;
	bool full;
	enum lerr_code rc = check_token(e, q->token, &full, err);

	if (rc)
		return rc;
	return apidoc_jobs(out, e, full, str_of(q->state), q->limit, str_of(q->cursor),
			   err);
}

static enum lerr_code do_job(struct engine *e, const void *body, struct buf *out,
			     struct lerr *err)
{
	const struct ipcapi_job *q = body;
	bool full;
	enum lerr_code rc = check_token(e, q->token, &full, err);

	return rc ? rc : apidoc_job(out, e, full, &q->job, err);
}

/* What can be asked. */
static const struct {
	size_t type;
	enum lerr_code (*fn)(struct engine *e, const void *body, struct buf *out,
			     struct lerr *err);
} questions[] = {
	{IPCAPI_STATUS, do_status},
	{IPCAPI_JOBS, do_jobs},
	{IPCAPI_JOB, do_job},
};

static void answer_blob(struct api *a, uint64_t peer, const struct ipcmsg *m)
{
	const struct ipcapi_blob *q = m->body;
	struct dbblob b;
	struct ipcapi_blob_is is;

	if (!dbblob_get(a->e->db, &b, &q->sha256)) {
		(void)ipcuv_send_error(a->server, peer, m->n, LERR_GONE, "no such blob");
		return;
	}
	is = (struct ipcapi_blob_is){.bytes = b.bytes, .type = b.type};
	(void)ipcuv_send(a->server, peer, IPCAPI_BLOB_IS, m->n, &is, NULL, 0);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct api *a = ctx;
	auto_buf struct buf out = BUF_INIT(CAP_HTTP_ANSWER);
	struct ipcapi_document doc;
	struct lerr err = {0};
	enum lerr_code rc = lerr_set(&err, LERR_INPUT, 0, "not a question");

	(void)fds;
	if (m->type == IPCAPI_BLOB) {
		answer_blob(a, peer, m);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		if (questions[i].type == m->type)
			rc = questions[i].fn(a->e, m->body, &out, &err);
	if (!rc && buf_over(&out))
		rc = lerr_set(&err, LERR_LIMIT, 0, "the answer is too large");
	if (rc) {
		(void)ipcuv_send_error(a->server, peer, m->n, rc, err.msg);
		return;
	}
	doc.body = out.p;
	(void)ipcuv_send(a->server, peer, IPCAPI_DOCUMENT, m->n, &doc, NULL, 0);
}

static const struct ipcuv_ops server_ops = {NULL, on_message, NULL};

enum lerr_code api_open(struct api **out, struct engine *e, uid_t web_uid,
			struct lerr *err)
{
	auto_free char *path = conf_run_path(e->conf, "api.sock");
	struct api *a = mem_zalloc(sizeof(*a));
	enum lerr_code rc;

	a->e = e;
	rc = ipcuv_serve(&a->server, e->loop, path, web_uid, &protocol, &server_ops, a,
			 err);
	if (rc) {
		mem_free(a);
		return rc;
	}
	*out = a;
	return LERR_OK;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	ipcuv_close(a->server);
	mem_free(a);
}
