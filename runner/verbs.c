/* SPDX-License-Identifier: MIT */
/*
 * What the engine may ask of loom-runner: one function a request, listed in one table
 * at the end. A request says what to run and for how long; as whom, within which limits
 * and with which files comes from the runner's own configuration. Paths never come in
 * and never go out: outputs leave as descriptors of files opened here.
 */
#include "config.h"

#include "runner/verbs.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "runner/ending.h"
#include "runner/recover.h"
#include "runner/start.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- start */

static enum lerr_code do_start(void *ctx, const struct server_asker *from,
			       const void *body, struct ipcsock_fds *fds,
			       struct lerr *err)
{
	struct runner *r = ctx;
	const struct ipcrun_start *req = body;
	auto_fd int stdin_fd = ipcsock_take_fd(fds, 0);
	struct ipcrun_started answer = {.job = req->job};
	size_t slot = 0;
	enum lerr_code rc = probe_check(r, err);

	if (!rc)
		rc = start_job(r, &slot, req, stdin_fd, false, err);
	if (rc)
		return rc;
	answer.slot = slot;
	server_answer(r->server, from, IPCRUN_STARTED, &answer, NULL, 0);
	return LERR_OK;
}

/* ---- about one job */

static enum lerr_code done(const struct runner *r, const struct server_asker *from)
{
	char nothing = 0;

	server_answer(r->server, from, IPCRUN_DONE, &nothing, NULL, 0);
	return LERR_OK;
}

/* Our own probe is nobody's business. */
static struct jobs_item *find(const struct runner *r, const struct id32 *id)
{
	struct jobs_item *job = jobs_find(&r->jobs, id);

	return job && !job->own ? job : NULL;
}

static enum lerr_code do_stop(void *ctx, const struct server_asker *from,
			      const void *body, struct ipcsock_fds *fds UNUSED,
			      struct lerr *err)
{
	struct runner *r = ctx;
	const struct ipcrun_stop *req = body;
	const struct jobs_item *job = find(r, &req->job);

	if (!job)
		return lerr_set(err, LERR_GONE, 0, "no such job");
	/* one that ended meanwhile, or is being cleaned up, needs no asking */
	if (job->state != JOBS_ENDED && slots_stop(r->slots, &req->job))
		log_event(LOG_INFO, "job.stopping", "job=%s", id32_short(&req->job).c);
	return done(r, from);
}

/* The job has never been heard of: from now on it is known not to run. */
static enum lerr_code void_unknown(struct runner *r, int folder, const struct id32 *id,
				   struct spool_verdict *v, struct lerr *err)
{
	enum lerr_code rc = spool_write_verdict(folder, v, err);

	if (!rc && !jobs_add(&r->jobs, id, JOBS_ENDED))
		rc = lerr_set(err, LERR_TEMP, 0, "the spool is full");
	/* an entry that no list knows could be neither started nor forgotten */
	if (rc && spool_remove_job(&r->spool, id, NULL))
		log_event(LOG_WARN, "spool.left", "job=%s", id32_short(id).c);
	return rc;
}

/* The verdict that is there, or the one that we make: whoever creates it first wins. */
static enum lerr_code void_known(struct runner *r, int folder, const struct id32 *id,
				 struct spool_verdict *v, struct lerr *err)
{
	enum lerr_code rc = spool_write_verdict(folder, v, err);

	if (rc == LERR_STATE)
		return spool_read_verdict(folder, v, err);
	if (!rc)
		(void)slots_stop(r->slots, id);
	return rc;
}

static enum lerr_code do_void(void *ctx, const struct server_asker *from,
			      const void *body, struct ipcsock_fds *fds UNUSED,
			      struct lerr *err)
{
	struct runner *r = ctx;
	const struct ipcrun_void *req = body;
	struct spool_verdict v = {.verdict = SPOOL_VOID};
	struct ipcrun_verdict_is answer = {.job = req->job, .verdict = v.verdict};
	auto_fd int folder = -1;
	enum lerr_code rc;

	if (r->jobs.n >= CAP_SPOOL_JOBS && !jobs_find(&r->jobs, &req->job))
		return lerr_set(err, LERR_TEMP, 0, "the spool is full");
	rc = spool_make_job(&r->spool, &folder, &req->job, err);
	if (!rc) {
		rc = void_unknown(r, folder, &req->job, &v, err);
	} else if (rc == LERR_STATE) {
		rc = spool_open_job(&r->spool, &folder, &req->job, err);
		if (!rc)
			rc = void_known(r, folder, &req->job, &v, err);
	}
	if (rc)
		return rc;
	log_event(LOG_INFO, "job.verdict", "job=%s verdict=%s", id32_short(&req->job).c,
		  v.verdict);
	server_answer(r->server, from, IPCRUN_VERDICT_IS, &answer, NULL, 0);
	return LERR_OK;
}

static enum lerr_code do_forget(void *ctx, const struct server_asker *from,
				const void *body, struct ipcsock_fds *fds UNUSED,
				struct lerr *err)
{
	struct runner *r = ctx;
	const struct ipcrun_forget *req = body;
	const struct jobs_item *job = find(r, &req->job);
	enum lerr_code rc;

	if (!job)
		return done(r, from);
	if (job->state != JOBS_ENDED)
		return lerr_set(err, LERR_STATE, 0, "the job is still running");
	rc = spool_remove_job(&r->spool, &req->job, err);
	if (rc)
		return rc;
	jobs_remove(&r->jobs, &req->job);
	return done(r, from);
}

/* ---- result */

/* A regular file of the entry, or an empty one in its place. */
static enum lerr_code open_output(int *out_fd, int folder, const char *name,
				  struct lerr *err)
{
	auto_fd int fd =
		openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return fdio_memfd(out_fd, "empty", STR_LIT(""), err);
	if (fd < 0 || fstat(fd, &st) != 0)
		return lerr_set(err, LERR_TEMP, errno, "open %s", name);
	if (!S_ISREG(st.st_mode))
		return lerr_set(err, LERR_DENIED, 0, "%s is not a regular file", name);
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

static void fill_result(struct ipcrun_result_is *out, struct spool_status *s)
{
	out->reason = s->reason;
	out->text = s->text;
	out->started = s->started != 0;
	out->exit_code = s->exit_code;
	out->signal = s->signal;
	out->started_ms = s->started_ms;
	out->ended_ms = s->ended_ms;
	out->wall_ms = s->wall_ms;
	out->cpu_us = s->cpu_us;
	out->cpu_source = s->cpu_source;
	out->mem_peak_bytes = s->mem_peak_bytes;
	out->oom_kills = s->oom_kills;
	out->stdout_bytes = s->stdout_bytes;
	out->stderr_bytes = s->stderr_bytes;
}

static enum lerr_code do_result(void *ctx, const struct server_asker *from,
				const void *body, struct ipcsock_fds *fds UNUSED,
				struct lerr *err)
{
	static const char *const names[] = {SPOOL_STDOUT, SPOOL_STDOUT_TAIL, SPOOL_STDERR,
					    SPOOL_STDERR_TAIL};
	struct runner *r = ctx;
	const struct ipcrun_result *req = body;
	const struct jobs_item *job = find(r, &req->job);
	struct ipcrun_result_is answer = {.job = req->job};
	struct spool_status status;
	auto_fd int folder = -1;
	int out[ARRAY_LEN(names)] = {-1, -1, -1, -1};
	enum lerr_code rc;

	if (!job)
		return lerr_set(err, LERR_GONE, 0, "no such job");
	if (job->state != JOBS_ENDED)
		return lerr_set(err, LERR_STATE, 0, "the job has not ended");
	rc = spool_open_job(&r->spool, &folder, &req->job, err);
	for (size_t i = 0; !rc && i < ARRAY_LEN(names); i++)
		rc = open_output(&out[i], folder, names[i], err);
	if (!rc) {
		ending_read(folder, &status);
		fill_result(&answer, &status);
		server_answer(r->server, from, IPCRUN_RESULT_IS, &answer, out,
			      ARRAY_LEN(out));
	}
	for (size_t i = 0; i < ARRAY_LEN(out); i++)
		fdio_close(&out[i]);
	return rc;
}

/* ---- about all */

static enum lerr_code do_list(void *ctx, const struct server_asker *from,
			      const void *body UNUSED, struct ipcsock_fds *fds UNUSED,
			      struct lerr *err UNUSED)
{
	struct runner *r = ctx;
	struct ipcrun_list_is answer = {.spool = r->spool.id};

	for (size_t i = 0; i < r->jobs.n; i++) {
		const struct jobs_item *job = &r->jobs.v[i];

		if (job->own)
			continue;
		ipc_texts_add(&answer.jobs, str_of(id32_hex(&job->id).c));
		ipc_texts_add(&answer.states, str_of(jobs_word(job->state)));
	}
	server_answer(r->server, from, IPCRUN_LIST_IS, &answer, NULL, 0);
	ipc_texts_wipe(&answer.jobs);
	ipc_texts_wipe(&answer.states);
	return LERR_OK;
}

static enum lerr_code do_probe(void *ctx, const struct server_asker *from,
			       const void *body UNUSED, struct ipcsock_fds *fds UNUSED,
			       struct lerr *err)
{
	return probe_ask(ctx, from, err);
}

const server_verb verbs_table[IPCRUN_TYPES] = {
	[IPCRUN_PROBE] = do_probe,   [IPCRUN_START] = do_start,
	[IPCRUN_STOP] = do_stop,     [IPCRUN_VOID] = do_void,
	[IPCRUN_LIST] = do_list,     [IPCRUN_RESULT] = do_result,
	[IPCRUN_FORGET] = do_forget,
};
