/* SPDX-License-Identifier: MIT */
/*
 * loom-shim: one process for one job, from the empty sandbox to the written status.
 * loom-runner starts it before there is a job, hands it one, and may die at any time:
 * the job goes on, and the next runner finds the result in the spool. If the shim dies,
 * so does its job.
 *
 * It is single-threaded on purpose: bubblewrap's --die-with-parent follows the thread.
 * It stands on the trusted side, as root, and reads the output of strangers: those
 * bytes are counted and copied, never looked at. It must never wait for the job, for the
 * runner or for the disk longer than one turn of its loop.
 */
#include "config.h"

#include "runner/shimjob.h"

#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum watched { W_CONTROL, W_SIGNALS, W_TIMER, W_EVENTS, W_OUT, W_ERR, W_IN, W_COUNT };

static enum lerr_code read_plan(struct plan *out, struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	enum lerr_code rc = fdio_read_handed(PLAN_FD_PLAN, &text, err);

	if (!rc)
		rc = plan_parse(out, buf_str(&text), err);
	(void)close(PLAN_FD_PLAN);
	return rc;
}

static enum lerr_code open_signals(int *out_fd, struct lerr *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "signalfd");
	*out_fd = fd;
	return LERR_OK;
}

/* Descriptors that the runner put at fixed numbers must not reach bubblewrap. */
static enum lerr_code close_on_exec(const struct plan *p, struct lerr *err)
{
	for (int fd = PLAN_FD_CONTROL; fd <= PLAN_FD_NETNS; fd++) {
		bool optional = fd == PLAN_FD_ALIVE || (fd == PLAN_FD_NETNS && !p->netns);

		if (fd != PLAN_FD_PLAN && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 &&
		    !optional)
			return lerr_set(err, LERR_TEMP, errno, "descriptor %d", fd);
	}
	proc_close_from(PLAN_FD_NETNS + 1);
	return LERR_OK;
}

static enum lerr_code set_up(struct shimjob *s, struct lerr *err)
{
	enum lerr_code rc = read_plan(&s->plan, err);

	if (!rc)
		rc = close_on_exec(&s->plan, err);
	if (rc)
		return rc;
	if (s->plan.log_level <= LOG_DEBUG)
		log_open("shim", (enum log_level)s->plan.log_level);
	/* whatever the sandbox orphans becomes our child, and can be reaped */
	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return lerr_set(err, LERR_TEMP, errno, "session");
	s->be = backend_find(s->plan.backend);
	if (!s->be)
		return lerr_set(err, LERR_INPUT, 0, "no back end '%s'", s->plan.backend);
	s->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->timer < 0)
		return lerr_set(err, LERR_TEMP, errno, "timerfd");
	return open_signals(&s->signals, err);
}

static void on_signals(struct shimjob *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGTERM)
			shimjob_stop(s);
	/* SIGCHLD needs no answer of its own: the loop asks gone() every turn */
}

static void on_timer(struct shimjob *s)
{
	uint64_t times;

	if (read(s->timer, &times, sizeof(times)) == (ssize_t)sizeof(times))
		shimjob_deadline(s);
}

static void watch(struct pollfd *p, const struct shimjob *s)
{
	const int fds[W_COUNT] = {
		[W_CONTROL] = s->control,
		[W_SIGNALS] = s->signals,
		[W_TIMER] = s->timer,
		[W_EVENTS] = s->pipes.events,
		[W_OUT] = s->out.pipe,
		[W_ERR] = s->err.pipe,
		[W_IN] = shimjob_feeds(s) ? s->pipes.in : -1,
	};

	for (size_t i = 0; i < W_COUNT; i++) {
		p[i].fd = fds[i];
		p[i].events = i == W_IN ? POLLOUT : POLLIN;
		p[i].revents = 0;
	}
}

/* Output before news: what a job wrote before it ended counts before its end. */
static void turn(struct shimjob *s, const struct pollfd *p)
{
	if (p[W_OUT].revents || p[W_ERR].revents)
		shimjob_output(s);
	if (p[W_EVENTS].revents)
		shimjob_news(s);
	if (p[W_CONTROL].revents)
		shimjob_control(s);
	if (p[W_SIGNALS].revents)
		on_signals(s);
	if (p[W_TIMER].revents)
		on_timer(s);
	if (p[W_IN].revents && shimjob_feeds(s))
		shimjob_feed(s);
}

int main(void)
{
	struct shimjob s;
	struct lerr err = {0};
	enum lerr_code rc;

	log_open("shim", LOG_INFO);
	proc_ignore_sigpipe();
	shimjob_init(&s);
	rc = set_up(&s, &err);
	if (!rc)
		rc = shimjob_prepare(&s, &err);
	if (rc)
		shimjob_cannot(&s, err.msg);
	while (!shimjob_over(&s)) {
		struct pollfd p[W_COUNT];

		watch(p, &s);
		if (poll(p, W_COUNT, -1) < 0) {
			if (errno == EINTR)
				continue;
			log_event(LOG_BROKEN, "shim.poll", "errno=%d", errno);
			break;
		}
		turn(&s, p);
	}
	shimjob_free(&s);
	/* at once: nothing is to be flushed, and leak checkers cannot trace us */
	_exit(0);
}
