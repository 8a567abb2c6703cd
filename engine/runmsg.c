/* SPDX-License-Identifier: MIT */
/*
 * Plaintexts of secrets pass through here from loom-keyd to loom-runner, in memory only;
 * every copy is wiped.
 */
#include "config.h"

#include "engine/runmsg.h"

#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/store/dbjob.h"

bool runmsg_load(struct runmsg_request *out, struct db *d, const struct dbjob *j)
{
	struct runmsg_request r = {.raw = BUF_INIT(CAP_EVENT_BYTES)};
	struct lerr err = {0};
	enum outcome why;

	if (dbjob_get_request(d, j->seq, &r.raw) &&
	    !nevent_parse(&r.event, buf_str(&r.raw), &err) &&
	    !jobspec_parse(&r.spec, &why, r.event, &err)) {
		*out = r;
		return true;
	}
	log_event(LOG_BROKEN, "job.no_request", "job=%s why=%s", id32_short(&j->id).c,
		  log_text(str_of(err.msg)).c);
	runmsg_free(&r);
	return false;
}

void runmsg_free(struct runmsg_request *r)
{
	jobspec_free(r->spec);
	nevent_free(r->event);
	buf_free(&r->raw);
}

static void add_var(struct ipc_texts *env, struct str name, struct str value)
{
	auto_secret_buf struct buf b = BUF_INIT(CAP_JOB_ARGV_TOTAL);

	buf_add_str(&b, name);
	buf_add_char(&b, '=');
	buf_add_str(&b, value);
	ipc_texts_add(env, buf_str(&b));
}

enum lerr_code runmsg_build(struct ipcrun_start *out, int *in_fd, const struct conf *c,
			    const struct dbjob *j, const struct jobspec *spec,
			    const struct ipckey_opened *opened, struct lerr *err)
{
	struct ipcrun_start m = {.job = j->id,
				 .limit_ms = j->limit_s * 1000,
				 .stdin_bytes = spec->stdin_text.n};

	*in_fd = -1;
	if (spec->stdin_text.n) {
		enum lerr_code rc = fdio_memfd(in_fd, "stdin", spec->stdin_text, err);

		if (rc)
			return rc;
	}
	for (size_t i = 0; i < spec->nargv; i++)
		ipc_texts_add(&m.argv, spec->argv[i]);
	if (spec->nargv == 0)
		ipc_texts_add(&m.argv, str_of(conf_text(c, CONF_DEFAULT_SHELL)));
	/* in this order: a secret overrides a variable of the same name */
	for (size_t i = 0; i < spec->nenv; i++)
		add_var(&m.env, spec->env[i].name, spec->env[i].value);
	for (size_t i = 0; opened && i < opened->names.n && i < opened->values.n; i++)
		add_var(&m.env, str_of(opened->names.v[i]), str_of(opened->values.v[i]));
	*out = m;
	return LERR_OK;
}

void runmsg_wipe(struct ipcrun_start *m)
{
	ipc_texts_wipe(&m->argv);
	ipc_texts_wipe(&m->env);
}
