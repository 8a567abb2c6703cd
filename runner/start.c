/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "runner/start.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "runner/words.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Not sealed: the shim overwrites it when the job has read it. */
static enum lerr_code make_words(int *out_fd, struct plan_job *job,
				 const struct ipcrun_start *req, struct lerr *err)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_JOB_ARGV_TOTAL);
	auto_fd int fd = -1;
	struct words_count count;
	enum lerr_code rc = words_build(&text, &count, &req->argv, &req->env, err);

	if (rc)
		return rc;
	fd = memfd_create("words", MFD_CLOEXEC);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "memfd");
	rc = fdio_write_all(fd, buf_str(&text), err);
	if (rc)
		return rc;
	job->nargs = count.nargs;
	job->nenv = count.nenv;
	job->bytes = text.n;
	*out_fd = fdio_steal(&fd);
	return LERR_OK;
}

static enum lerr_code check_stdin(const struct ipcrun_start *req, int fd,
				  struct lerr *err)
{
	struct stat st;

	if (req->stdin_bytes == 0)
		return LERR_OK;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return lerr_set(err, LERR_INPUT, 0, "stdin: want a regular file");
	if ((uint64_t)st.st_size < req->stdin_bytes)
		return lerr_set(err, LERR_INPUT, 0, "stdin is shorter than %llu bytes",
				(unsigned long long)req->stdin_bytes);
	return LERR_OK;
}

static enum lerr_code check_start(const struct runner *r, const struct ipcrun_start *req,
				  int stdin_fd, struct lerr *err)
{
	uint64_t most_ms = conf_uint(r->conf, CONF_MAX_JOB_DURATION) * 1000u;

	if (req->limit_ms == 0 || req->limit_ms > most_ms)
		return lerr_set(err, LERR_LIMIT, 0, "limit_ms: want 1 to %llu",
				(unsigned long long)most_ms);
	if (jobs_find(&r->jobs, &req->job))
		return lerr_set(err, LERR_STATE, 0, "the job is in the spool already");
	if (r->jobs.n >= CAP_SPOOL_JOBS)
		return lerr_set(err, LERR_TEMP, 0, "%d jobs wait to be forgotten",
				CAP_SPOOL_JOBS);
	return check_stdin(req, stdin_fd, err);
}

/* The folder is ours alone now: whatever fails takes it away again. */
static enum lerr_code start_in(struct runner *r, size_t *slot, struct slots_job *job,
			       const struct ipcrun_start *req, bool own, struct lerr *err)
{
	auto_fd int words = -1;
	enum lerr_code rc = make_words(&words, &job->words, req, err);

	if (!rc && own)
		rc = spool_mark_own(job->folder, err);
	if (rc)
		return rc;
	job->words_fd = words;
	return slots_start(r->slots, slot, job, err);
}

enum lerr_code start_job(struct runner *r, size_t *slot, const struct ipcrun_start *req,
			 int stdin_fd, bool own, struct lerr *err)
{
	struct slots_job job = {.id = req->job,
				.folder = -1,
				.words_fd = -1,
				.stdin_fd = req->stdin_bytes ? stdin_fd : -1};
	struct id32hex hex = id32_hex(&req->job);
	auto_fd int folder = -1;
	enum lerr_code rc = check_start(r, req, stdin_fd, err);

	if (!rc)
		rc = spool_make_job(&r->spool, &folder, &req->job, err);
	if (rc)
		return rc;
	memcpy(job.words.job, hex.c, sizeof(hex.c));
	job.words.stdin_bytes = req->stdin_bytes;
	job.words.limit_ms = req->limit_ms;
	job.folder = folder;
	rc = start_in(r, slot, &job, req, own, err);
	if (rc) {
		if (spool_remove_job(&r->spool, &req->job, NULL))
			log_event(LOG_WARN, "spool.left", "job=%s",
				  id32_short(&req->job).c);
		return rc;
	}
	jobs_add(&r->jobs, &req->job, JOBS_STARTING)->own = own;
	log_event(LOG_INFO, "job.started", "job=%s slot=%s limit_ms=%llu",
		  id32_short(&req->job).c, slots_name(r->slots, *slot),
		  (unsigned long long)req->limit_ms);
	return LERR_OK;
}
