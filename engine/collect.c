/* SPDX-License-Identifier: MIT */
/*
 * Output of strangers passes through here as bytes; nothing looks into it but the check
 * for UTF-8 that chooses a media type.
 */
#include "config.h"

#include "engine/collect.h"

#include "engine/blobs.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/output.h"
#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/proto/outcome.h"
#include "lib/store/dbjob.h"

/* Descriptors of result_is, in their order. */
enum { OUT_HEAD, OUT_TAIL, ERR_HEAD, ERR_TAIL };

static enum lerr_code take_output(struct engine *e, struct dbjob_blob *out, int head_fd,
				  int tail_fd, uint64_t total, struct lerr *err)
{
	auto_buf struct buf head = BUF_INIT(CAP_BLOB_BYTES);
	auto_buf struct buf tail = BUF_INIT(CAP_OUT_TAIL);
	auto_buf struct buf whole = BUF_INIT(CAP_BLOB_BYTES);
	struct dbblob b;
	enum lerr_code rc = fdio_read_handed(head_fd, &head, err);

	if (!rc)
		rc = fdio_read_handed(tail_fd, &tail, err);
	if (rc)
		return rc;
	output_compose(&whole, buf_str(&head), buf_str(&tail), total);
	if (whole.n == 0)
		return LERR_OK;
	rc = blobs_put(e, &b, buf_str(&whole), err);
	if (rc)
		return rc;
	*out = (struct dbjob_blob){.has = true, .sha256 = b.sha256, .bytes = b.bytes};
	return LERR_OK;
}

static enum lerr_code take_outputs(struct engine *e, struct dbjob *j,
				   const struct ipcrun_result_is *r,
				   const struct ipcsock_fds *fds, struct lerr *err)
{
	enum lerr_code rc;

	if (fds->n != 4)
		return lerr_set(err, LERR_INPUT, 0, "%zu output files, want 4", fds->n);
	rc = take_output(e, &j->out, fds->fd[OUT_HEAD], fds->fd[OUT_TAIL],
			 r->stdout_bytes, err);
	if (!rc)
		rc = take_output(e, &j->err, fds->fd[ERR_HEAD], fds->fd[ERR_TAIL],
				 r->stderr_bytes, err);
	return rc;
}

static void take_facts(struct dbjob *j, const struct ipcrun_result_is *r)
{
	j->ended_at = r->ended_ms;
	j->exit_code = r->exit_code;
	j->wall_ms = r->wall_ms;
	j->cpu_us = r->cpu_us;
	j->mem_peak_bytes = r->mem_peak_bytes;
	j->stdout_total = r->stdout_bytes;
	j->stderr_total = r->stderr_bytes;
	if (r->started && !j->started_at)
		j->started_at = r->started_ms;
}

void collect_result(struct engine *e, struct dbjob *j, const struct ipcrun_result_is *r,
		    struct ipcsock_fds *fds)
{
	struct lerr err = {0};
	enum outcome outcome = outcome_of_run(r->reason, r->exit_code, j->cancel_at != 0);

	take_facts(j, r);
	jobs_move(e, j, JEV_ENDED, str_of(r->reason));
	if (take_outputs(e, j, r, fds, &err)) {
		log_event(LOG_WARN, "job.output_lost", "job=%s why=%s",
			  id32_short(&j->id).c, log_text(str_of(err.msg)).c);
		jobs_set_outcome(e, j, OUTCOME_FAULT_STORAGE, STR_LIT(""));
	} else {
		/* why the program did not start is worth telling; the rest has its text */
		jobs_set_outcome(e, j, outcome,
				 r->started ? STR_LIT("") : str_of(r->text));
	}
	dbjob_set_started(e->db, j);
	dbjob_set_ended(e->db, j);
	jobs_move(e, j, JEV_COLLECTED, STR_LIT(""));
}
