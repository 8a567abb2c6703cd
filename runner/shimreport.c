/* SPDX-License-Identifier: MIT */
/*
 * The words of loom-shim. Called by shimjob.c when the facts are complete; decides
 * nothing (reason.c does) and never waits for whoever reads.
 */
#include "config.h"

#include "runner/shimreport.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/ipc/ipcsock.h"

#define MS 1000000ULL

void shimreport_tell(struct shimjob *s, const char *kind, uint64_t value,
		     const char *text, int fd)
{
	auto_buf struct buf out = BUF_INIT(CAP_RECORD_BYTES);
	struct plan_note note = {.value = value};

	if (s->control < 0)
		return;
	record_clean_text(note.kind, sizeof(note.kind), str_of(kind));
	record_clean_text(note.text, sizeof(note.text), str_of(text));
	plan_write_note(&out, &note);
	/* a runner that is gone or does not listen reads the spool later */
	if (ipcsock_send(s->control, buf_str(&out), &fd, fd >= 0 ? 1 : 0, NULL))
		log_event(LOG_DEBUG, "shim.alone", "note=%s", kind);
}

static void fill_status(struct shimjob *s, struct spool_status *st)
{
	struct backend_usage u = {.cpu_source = "none"};
	uint64_t end = s->ended_ns ? s->ended_ns : clock_boot_ms() * MS;

	if (s->bj)
		s->be->usage(s->bj, &u);
	s->facts.oom_kills = u.oom_kills;
	*st = (struct spool_status){
		.started = s->facts.started,
		.exit_code = reason_exit_code(&s->facts),
		.signal = reason_signal(&s->facts),
		.started_ms = s->started_ms,
		.cpu_us = s->facts.started ? u.cpu_us : 0,
		.mem_peak_bytes = s->facts.started ? u.mem_peak_bytes : 0,
		.oom_kills = u.oom_kills,
		.stdout_bytes = s->out.total,
		.stderr_bytes = s->err.total,
	};
	if (s->facts.started && end > s->started_ns) {
		st->wall_ms = (end - s->started_ns) / MS;
		st->ended_ms = s->started_ms + st->wall_ms;
	}
	record_clean_text(st->reason, sizeof(st->reason),
			  str_of(reason_word(reason_of(&s->facts))));
	record_clean_text(st->cpu_source, sizeof(st->cpu_source), str_of(u.cpu_source));
	record_clean_text(st->text, sizeof(st->text), str_of(s->text));
}

void shimreport_status(struct shimjob *s)
{
	struct spool_status st;
	struct lerr err = {0};
	enum lerr_code rc = LERR_OK;

	if (s->told || !s->has_job)
		return;
	s->told = true;
	fill_status(s, &st);
	if (s->status_fd < 0)
		rc = spool_reserve_status(s->folder, &s->status_fd, &err);
	if (!rc)
		rc = spool_write_status(s->folder, s->status_fd, &st, &err);
	/* without it the job counts as lost, which costs the customer nothing */
	if (rc)
		log_event(LOG_WARN, "status.lost", "job=%.8s errno=%d", s->job.job,
			  err.os_errno);
}
