/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/till.h"

#include "ctl/out.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipccall.h"

#include <errno.h>
#include <jansson.h>

enum { WAIT_S = 30 };

const struct args_option till_options[] = {
	{.name = "config",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "The worker's configuration: its RUN_DIR is where the engine listens. "
		 "Without it RUN_DIR of the environment, or /run/loom."},
	{.name = NULL},
};

struct till {
	char *path;
	struct ipccall *call;
};

static enum lerr_code load(struct conf **out, const char *path, char *const *envp,
			   struct lerr *err)
{
	enum lerr_code rc;

	if (path)
		return conf_load(out, path, envp, CONF_TAKE_SECRETS, err);
	*out = conf_new();
	rc = conf_read_env(*out, envp, CONF_TAKE_SECRETS, err);
	if (rc)
		conf_free(*out);
	return rc;
}

int till_open(struct till **out, const struct args *a, char *const *envp)
{
	struct conf *c = NULL;
	struct lerr err = {0};
	struct till *t;

	if (load(&c, args_text(a, "config"), envp, &err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	t = mem_zalloc(sizeof(*t));
	t->path = conf_run_path(c, "admin/admin.sock");
	conf_free(c);
	t->call = ipccall_new(t->path, ipcadmin_types, IPCADMIN_TYPES, IPCADMIN_ERROR);
	*out = t;
	return VERB_OK;
}

void till_close(struct till **t)
{
	if (!*t)
		return;
	ipccall_free((*t)->call);
	mem_free((*t)->path);
	mem_free(*t);
	*t = NULL;
}

static int status_of(const struct lerr *err)
{
	switch (err->code) {
	case LERR_INPUT:
		return VERB_USAGE;
	case LERR_LIMIT:
		return VERB_FUNDS;
	case LERR_GONE:
		return VERB_NOTHING;
	case LERR_TEMP:
		return err->os_errno == ETIMEDOUT ? VERB_LATE : VERB_ENGINE;
	case LERR_OK:
	case LERR_STATE:
	case LERR_DENIED:
	case LERR_CODE_COUNT:
		return VERB_ENGINE;
	}
	return VERB_ENGINE;
}

static int failed(const struct till *t, const struct lerr *err)
{
	if (err->os_errno == ETIMEDOUT)
		out_remark(
			"no answer so far; what was begun goes on (loomctl till pays)");
	else if (err->os_errno == EACCES || err->os_errno == EPERM)
		out_remark("%s: only root and the engine's own user may ask", t->path);
	else if (err->os_errno)
		out_remark("%s: is the engine running? (--config)", err->msg);
	else
		out_remark("%s", out_said(str_of(err->msg)).c);
	return status_of(err);
}

int till_ask(struct till *t, json_t **doc, size_t type, const void *body,
	     unsigned int wait_s)
{
	auto_ipcmsg struct ipcmsg m = {.body = NULL};
	const struct ipcadmin_document *answer;
	struct lerr err = {0};

	if (ipccall_do(t->call, &m, type, body, (wait_s ? wait_s : WAIT_S) * 1000, &err))
		return failed(t, &err);
	answer = m.body;
	if (m.type != IPCADMIN_DOCUMENT ||
	    jsonx_load(doc, str_of(answer->body), CAP_ADMIN_DOCUMENT, JSONX_UINTS,
		       &err)) {
		out_remark("what the engine says is not what was asked for");
		return VERB_BROKEN;
	}
	return VERB_OK;
}

int till_ask_once(json_t **doc, const struct args *a, char *const *envp, size_t type,
		  const void *body)
{
	auto_till struct till *t = NULL;
	int status = till_open(&t, a, envp);

	return status ? status : till_ask(t, doc, type, body, 0);
}

/* ---- printing */

void till_record(const char *type, const json_t *obj)
{
	size_t n = json_dumpb(obj, NULL, 0, JSON_COMPACT);
	auto_secret_buf struct buf line = BUF_INIT(CAP_ADMIN_DOCUMENT + 64);
	auto_secret_buf struct buf clean = BUF_INIT(6 * CAP_ADMIN_DOCUMENT);
	char *at;

	buf_addf(&line, "{\"type\":\"%s\",", type);
	at = buf_space(&line, n);
	if (!at)
		return;
	(void)json_dumpb(obj, at, n, JSON_COMPACT);
	/* the brace that opens obj is ours already */
	at[0] = ' ';
	buf_grew(&line, n);
	out_escape_json(&clean, buf_str(&line));
	buf_add_char(&clean, '\n');
	out_bytes(buf_str(&clean));
}

struct str till_text(const json_t *obj, const char *key)
{
	struct str s = STR_LIT("");

	(void)jsonx_get_str(obj, key, &s);
	return s;
}

uint64_t till_number(const json_t *obj, const char *key)
{
	uint64_t n = 0;

	(void)jsonx_get_u64(obj, key, &n);
	return n;
}
