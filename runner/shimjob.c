/* SPDX-License-Identifier: MIT */
/*
 * The stages of a shim's one job. Called by the loop in shim.c only. Rules that must
 * not be broken here: the verdict is written before the job is launched; the status is
 * written only when nothing of the job is alive (or when it turned out to be
 * unkillable); the first cause of an end is the one that counts.
 */
#include "config.h"

#include "runner/shimjob.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/ipc/ipcsock.h"
#include "runner/shimreport.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MS 1000000ULL

enum {
	SETUP_MS = 15000,
	LAUNCH_MS = 10000,
	/* how long loom-init may take to kill from inside; then we do it from outside */
	INSIDE_MS = 250,
	HARD_MS = 750,
	AGAIN_MS = 500,
	UNKILLABLE_MS = 5000,
	FEED_PIECE = 64 * 1024,
};

/* Rounded up to a millisecond, so that no deadline fires early; loom-init measures more
 * finely. */
static uint64_t now_ns(void)
{
	return (clock_boot_ms() + 1) * MS;
}

/* One deadline at a time: the stage says what it means. 0 takes it back. */
static void set_deadline(const struct shimjob *s, uint64_t at_ns)
{
	struct itimerspec t = {.it_value = {.tv_sec = (time_t)(at_ns / 1000000000u),
					    .tv_nsec = (long)(at_ns % 1000000000u)}};

	if (s->timer >= 0 && timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &t, NULL) != 0)
		panic("timerfd_settime");
}

void shimjob_init(struct shimjob *s)
{
	memset(s, 0, sizeof(*s));
	s->control = PLAN_FD_CONTROL;
	s->pipes = (struct backend_pipes){-1, -1, -1, -1};
	capture_init(&s->out, -1, SPOOL_STDOUT, SPOOL_STDOUT_TAIL);
	capture_init(&s->err, -1, SPOOL_STDERR, SPOOL_STDERR_TAIL);
	s->signals = s->timer = -1;
	s->folder = s->lock = s->words = s->input = s->status_fd = -1;
}

void shimjob_free(struct shimjob *s)
{
	if (s->bj)
		s->be->free(s->bj);
	capture_free(&s->out);
	capture_free(&s->err);
	fdio_close(&s->pipes.in);
	fdio_close(&s->words);
	fdio_close(&s->input);
	fdio_close(&s->status_fd);
	fdio_close(&s->folder);
	fdio_close(&s->lock);
	fdio_close(&s->control);
}

/* ---- the end */

static void kill_round(struct shimjob *s, enum backend_round round)
{
	static const unsigned int wait_ms[] = {
		[BACKEND_KILL_INSIDE] = INSIDE_MS,
		[BACKEND_KILL_HARD] = HARD_MS,
		[BACKEND_KILL_LAST] = AGAIN_MS,
	};

	s->round = round;
	s->be->kill(s->bj, round);
	set_deadline(s, now_ns() + wait_ms[round] * MS);
}

static void enter_kill(struct shimjob *s, enum backend_round round)
{
	if (s->stage >= SHIMJOB_KILL)
		return;
	s->stage = SHIMJOB_KILL;
	s->killed_ns = now_ns();
	if (!s->bj) {
		s->stage = SHIMJOB_OVER;
		return;
	}
	kill_round(s, round);
}

/* The main process has ended; loom-init kills what is left and says when it is done. */
static void enter_end(struct shimjob *s)
{
	if (s->stage >= SHIMJOB_KILL)
		return;
	s->stage = SHIMJOB_KILL;
	s->killed_ns = now_ns();
	s->round = BACKEND_KILL_INSIDE;
	set_deadline(s, now_ns() + INSIDE_MS * MS);
}

static void enter_grace(struct shimjob *s, enum reason_cause cause)
{
	s->facts.cause = cause;
	if (s->plan.grace_ms == 0) {
		enter_kill(s, BACKEND_KILL_INSIDE);
		return;
	}
	s->stage = SHIMJOB_GRACE;
	s->be->term(s->bj);
	set_deadline(s, now_ns() + s->plan.grace_ms * MS);
}

/* Nothing is alive, or it cannot die. */
static void finish(struct shimjob *s)
{
	auto_fd int netns = -1;

	if (s->has_job && !s->told) {
		capture_finish(&s->out);
		capture_finish(&s->err);
		if (!s->facts.left_over)
			netns = s->be->spare_netns(s->bj);
		shimreport_status(s);
		shimreport_tell(s, PLAN_ENDED, s->facts.left_over, "", netns);
	}
	if (!s->facts.left_over)
		s->stage = SHIMJOB_OVER;
}

bool shimjob_over(struct shimjob *s)
{
	/* zombies are reaped in every stage, and news may still wait behind a death */
	if (s->bj && s->be->gone(s->bj) && s->stage != SHIMJOB_OVER) {
		shimjob_news(s);
		enter_end(s);
		s->facts.left_over = false;
		finish(s);
	}
	return s->stage == SHIMJOB_OVER;
}

void shimjob_cannot(struct shimjob *s, const char *why)
{
	record_clean_text(s->text, sizeof(s->text), str_of(why));
	s->facts.ours = true;
	/* a job may have been handed over already */
	if (s->stage == SHIMJOB_SETUP && !s->has_job && s->control >= 0)
		shimjob_control(s);
	if (s->has_job && !s->bj) {
		shimreport_status(s);
		shimreport_tell(s, PLAN_ENDED, 0, "", -1);
	} else if (!s->has_job) {
		shimreport_tell(s, PLAN_FAILED, 0, s->text, -1);
	}
	enter_kill(s, BACKEND_KILL_HARD);
}

/* ---- the beginning */

enum lerr_code shimjob_prepare(struct shimjob *s, struct lerr *err)
{
	enum lerr_code rc = s->be->prepare(&s->bj, &s->pipes, &s->plan, err);

	if (rc)
		return rc;
	capture_init(&s->out, s->pipes.out, SPOOL_STDOUT, SPOOL_STDOUT_TAIL);
	capture_init(&s->err, s->pipes.err, SPOOL_STDERR, SPOOL_STDERR_TAIL);
#ifndef LOOM_SANITIZED
	/* from here on secrets of a job may pass through */
	rc = proc_hide_memory(err);
#endif
	set_deadline(s, now_ns() + SETUP_MS * MS);
	return rc;
}

/* The sandbox is ready and a job is there: decide, then launch. */
static void begin(struct shimjob *s)
{
	bool stopped = s->facts.cause == REASON_BY_STOP;
	struct spool_verdict v = {.verdict = SPOOL_RUN};
	struct lerr err = {0};
	enum lerr_code rc;

	if (stopped)
		memcpy(v.verdict, SPOOL_VOID, sizeof(SPOOL_VOID));
	else
		s->be->describe(s->bj, &v);
	rc = spool_write_verdict(s->folder, &v, &err);
	if (rc == LERR_STATE || (!rc && stopped)) {
		s->facts.cause = REASON_BY_STOP;
		record_clean_text(s->text, sizeof(s->text),
				  STR_LIT("it was stopped before it started"));
		enter_kill(s, BACKEND_KILL_HARD);
		return;
	}
	(void)capture_read(&s->out);
	(void)capture_read(&s->err);
	capture_begin(&s->out, s->folder, s->job.job);
	capture_begin(&s->err, s->folder, s->job.job);
	if (!rc)
		rc = s->be->launch(s->bj, &s->job, s->words, &err);
	if (rc) {
		shimjob_cannot(s, err.msg);
		return;
	}
	if (s->job.stdin_bytes == 0)
		fdio_close(&s->pipes.in);
	s->stage = SHIMJOB_LAUNCH;
	set_deadline(s, now_ns() + LAUNCH_MS * MS);
}

static bool take_job(struct shimjob *s, struct str text, struct ipcsock_fds *fds)
{
	struct lerr err = {0};
	enum lerr_code rc;

	if (s->has_job || plan_parse_job(&s->job, text, &err))
		return false;
	s->folder = ipcsock_take_fd(fds, 0);
	s->lock = ipcsock_take_fd(fds, 1);
	s->words = ipcsock_take_fd(fds, 2);
	s->input = ipcsock_take_fd(fds, 3);
	if (s->folder < 0 || s->lock < 0 || s->words < 0)
		return false;
	s->has_job = true;
	/* before the job can fill the disk */
	rc = spool_reserve_status(s->folder, &s->status_fd, &err);
	if (rc)
		shimjob_cannot(s, err.msg);
	return true;
}

void shimjob_control(struct shimjob *s)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	struct ipcsock_fds fds = {.n = 0};
	struct lerr err = {0};
	enum lerr_code rc = ipcsock_recv(s->control, &text, &fds, &err);

	if (rc == LERR_TEMP)
		return;
	if (rc) {
		/* the runner is gone, or does not want this sandbox any more */
		fdio_close(&s->control);
		if (!s->has_job)
			enter_kill(s, BACKEND_KILL_HARD);
		return;
	}
	if (!take_job(s, buf_str(&text), &fds))
		log_event(LOG_BROKEN, "shim.handed", "fds=%zu", fds.n);
	ipcsock_close_fds(&fds);
	if (s->stage == SHIMJOB_WARM && s->has_job)
		begin(s);
}

/* ---- news from the sandbox */

static void on_ready(struct shimjob *s)
{
	if (s->stage != SHIMJOB_SETUP)
		return;
	s->stage = SHIMJOB_WARM;
	set_deadline(s, 0);
	if (s->has_job)
		begin(s);
	else
		shimreport_tell(s, PLAN_READY, 0, "", -1);
}

/* The words have served; whoever still maps them sees nothing. */
static void wipe_words(struct shimjob *s)
{
	static const char zeros[4096];
	uint64_t at = 0;

	while (at < s->job.bytes) {
		size_t n = s->job.bytes - at < sizeof(zeros) ? (size_t)(s->job.bytes - at)
							     : sizeof(zeros);

		if (pwrite(s->words, zeros, n, (off_t)at) != (ssize_t)n)
			break;
		at += n;
	}
	fdio_close(&s->words);
}

static void on_started(struct shimjob *s, const struct backend_news *news)
{
	uint64_t now = now_ns();
	uint64_t ago_ms = now > news->boot_ns ? (now - news->boot_ns) / MS : 0;
	struct spool_started st;
	struct lerr err = {0};

	s->facts.started = true;
	s->started_ns = news->boot_ns;
	s->started_ms = clock_wall_ms() - ago_ms;
	st.started_ms = s->started_ms;
	if (spool_write_started(s->folder, &st, &err))
		log_event(LOG_WARN, "started.lost", "job=%.8s errno=%d", s->job.job,
			  err.os_errno);
	shimreport_tell(s, PLAN_RUNNING, s->started_ms, "", -1);
	wipe_words(s);
	if (s->stage != SHIMJOB_LAUNCH)
		return;
	s->stage = SHIMJOB_RUN;
	set_deadline(s, s->started_ns + s->job.limit_ms * MS);
	if (s->facts.cause == REASON_BY_STOP)
		enter_grace(s, REASON_BY_STOP);
}

static void on_refused(struct shimjob *s, const struct backend_news *news)
{
	s->facts.exec_errno = news->exec_errno;
	s->facts.program_exists = news->program_exists;
	record_clean_text(s->text, sizeof(s->text), str_of(strerror(news->exec_errno)));
	wipe_words(s);
	enter_end(s);
}

static void on_exited(struct shimjob *s, const struct backend_news *news)
{
	s->facts.ended = true;
	s->facts.wait_status = news->wait_status;
	s->ended_ns = news->boot_ns;
	enter_end(s);
}

/* The way to the sandbox is closed. Fine after its end; else it was killed. */
static void on_broken(struct shimjob *s)
{
	char text[CAP_REASON_BYTES + 1];

	s->pipes.events = -1;
	if (s->facts.ended || s->facts.exec_errno || s->stage >= SHIMJOB_KILL)
		return;
	if (s->facts.started) {
		s->ended_ns = now_ns();
		record_clean_text(s->text, sizeof(s->text),
				  STR_LIT("the sandbox was ended from outside"));
		enter_kill(s, BACKEND_KILL_HARD);
		return;
	}
	(void)capture_read(&s->err);
	capture_text(&s->err, text, sizeof(text));
	shimjob_cannot(s, text[0] ? text : "the sandbox ended while it was built");
}

void shimjob_news(struct shimjob *s)
{
	struct backend_news news;

	while (s->be->news(s->bj, &news)) {
		switch (news.what) {
		case BACKEND_READY:
			on_ready(s);
			break;
		case BACKEND_STARTED:
			on_started(s, &news);
			break;
		case BACKEND_REFUSED:
			on_refused(s, &news);
			break;
		case BACKEND_EXITED:
			on_exited(s, &news);
			break;
		case BACKEND_EMPTY:
			break;
		case BACKEND_BROKEN:
			on_broken(s);
			break;
		}
	}
}

/* ---- while it runs */

void shimjob_output(struct shimjob *s)
{
	(void)capture_read(&s->out);
	(void)capture_read(&s->err);
	if ((s->stage == SHIMJOB_RUN || s->stage == SHIMJOB_GRACE) &&
	    s->out.total + s->err.total > s->plan.output_kill_bytes) {
		if (s->facts.cause == REASON_BY_ITSELF)
			s->facts.cause = REASON_BY_OUTPUT;
		enter_kill(s, BACKEND_KILL_INSIDE);
	}
}

void shimjob_stop(struct shimjob *s)
{
	if (s->facts.cause != REASON_BY_ITSELF || s->facts.ended ||
	    s->stage >= SHIMJOB_KILL)
		return;
	/* before exec the wish is only noted: begin() or on_started() will see it */
	if (!s->has_job)
		enter_kill(s, BACKEND_KILL_HARD);
	else if (s->stage == SHIMJOB_RUN)
		enter_grace(s, REASON_BY_STOP);
	else
		s->facts.cause = REASON_BY_STOP;
}

static void next_round(struct shimjob *s)
{
	if (now_ns() - s->killed_ns < UNKILLABLE_MS * MS || s->facts.left_over) {
		kill_round(s, s->round == BACKEND_KILL_INSIDE ? BACKEND_KILL_HARD
							      : BACKEND_KILL_LAST);
		return;
	}
	s->facts.left_over = true;
	record_clean_text(s->text, sizeof(s->text),
			  STR_LIT("a process does not die of SIGKILL"));
	log_event(LOG_WARN, "job.unkillable", "job=%.8s slot=%s", s->job.job,
		  s->plan.slot);
	finish(s);
	kill_round(s, BACKEND_KILL_LAST);
}

void shimjob_deadline(struct shimjob *s)
{
	switch (s->stage) {
	case SHIMJOB_SETUP:
	case SHIMJOB_LAUNCH:
		shimjob_cannot(s, "the sandbox does not answer");
		break;
	case SHIMJOB_RUN:
		enter_grace(s, REASON_BY_TIME);
		break;
	case SHIMJOB_GRACE:
		enter_kill(s, BACKEND_KILL_INSIDE);
		break;
	case SHIMJOB_KILL:
		next_round(s);
		break;
	case SHIMJOB_WARM:
	case SHIMJOB_OVER:
		break;
	}
}

/* ---- stdin */

bool shimjob_feeds(const struct shimjob *s)
{
	return s->pipes.in >= 0 && s->stage >= SHIMJOB_LAUNCH && s->stage < SHIMJOB_KILL;
}

void shimjob_feed(struct shimjob *s)
{
	static char piece[FEED_PIECE];
	uint64_t left = s->job.stdin_bytes - s->input_at;
	size_t want = left < sizeof(piece) ? (size_t)left : sizeof(piece);
	ssize_t got = pread(s->input, piece, want, (off_t)s->input_at);
	ssize_t n = got <= 0 ? -1 : write(s->pipes.in, piece, (size_t)got);

	if (n < 0 && got > 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		s->input_at += (uint64_t)n;
	/* all of it, or nobody reads it any more */
	if (n < 0 || s->input_at == s->job.stdin_bytes) {
		explicit_bzero(piece, sizeof(piece));
		fdio_close(&s->pipes.in);
	}
}
