/* SPDX-License-Identifier: MIT */
/*
 * Slots and shims of loom-runner. Called from the poll loop; nothing here waits. A shim
 * is trusted to say what happened to its job, but not to live: every silent death is
 * passed on, and the spool decides what it means.
 */
#include "config.h"

#include "runner/slots.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/ipc/ipcsock.h"
#include "runner/procs.h"
#include "runner/shimproc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	LOCK_RETRY_MS = 50,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_DOUBLINGS = 8,
	LEAVE_MS = 3000,
	NO_SLOT = -1,
};

struct shim {
	struct shimproc proc; /* control is -1 for one that was adopted */
	int slot;             /* index, NO_SLOT when it has none of ours */
	bool ready;
	bool has_job;
	bool ended; /* its job did, and we were told */
	struct id32 job;
	uint64_t born_ms;
};

struct slot {
	char name[PLAN_SLOT_MAX];
	uint64_t uid;
	int lock;  /* -1: somebody of an earlier runner still has it */
	int netns; /* -1, or one that is like new */
	bool blocked;
	struct shim *shim; /* the present one; borrowed from the list */
	unsigned int failures;
	uint64_t retry_ms;
};

struct slots {
	struct slots_setup setup;
	struct plan plan; /* slot and uid are filled in for each one */
	struct slots_events ev;
	struct slot *slot;
	struct shim **shims; /* all that live, present ones and leaving ones */
	size_t nshims;
};

/* ---- the list of shims */

static struct shim *add_shim(struct slots *s, const struct shimproc *proc, int slot)
{
	struct shim *sh = mem_zalloc(sizeof(*sh));

	sh->proc = *proc;
	sh->slot = slot;
	sh->born_ms = clock_mono_ms();
	s->shims = mem_resize(s->shims, s->nshims + 1, sizeof(struct shim *));
	s->shims[s->nshims++] = sh;
	return sh;
}

static void drop_shim(struct slots *s, size_t i)
{
	struct shim *sh = s->shims[i];

	if (sh->slot != NO_SLOT && s->slot[sh->slot].shim == sh)
		s->slot[sh->slot].shim = NULL;
	fdio_close(&sh->proc.control);
	fdio_close(&sh->proc.pidfd);
	mem_free(sh);
	s->shims[i] = s->shims[--s->nshims];
}

static struct shim *find_shim(const struct slots *s, const struct id32 *job)
{
	for (size_t i = 0; i < s->nshims; i++)
		if (s->shims[i]->has_job && !s->shims[i]->ended &&
		    id32_eq(&s->shims[i]->job, job))
			return s->shims[i];
	return NULL;
}

/* ---- making */

struct slots *slots_new(const struct slots_setup *setup, const struct slots_events *ev)
{
	struct slots *s = mem_zalloc(sizeof(*s));

	s->setup = *setup;
	s->plan = *setup->plan;
	s->ev = *ev;
	s->slot = mem_array(setup->n, sizeof(*s->slot));
	for (size_t i = 0; i < setup->n; i++) {
		struct slot *sl = &s->slot[i];

		sl->lock = -1;
		sl->netns = -1;
		if (setup->plan->root) {
			/* named by what two jobs must never share */
			sl->uid = setup->uid_first + i;
			(void)snprintf(sl->name, sizeof(sl->name), "u%llu",
				       (unsigned long long)sl->uid);
		} else {
			(void)snprintf(sl->name, sizeof(sl->name), "s%zu", i);
		}
	}
	return s;
}

static bool has_ended(const struct shim *sh, uint64_t until_ms)
{
	struct pollfd p = {.fd = sh->proc.pidfd, .events = POLLIN};
	int n;

	do {
		uint64_t now = clock_mono_ms();

		n = poll(&p, 1, now < until_ms ? (int)(until_ms - now) : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* Shims that we sent away are to be gone before a successor starts its own. */
static bool await_leaving(const struct slots *s)
{
	uint64_t until_ms = clock_mono_ms() + LEAVE_MS;
	bool all = true;

	for (size_t i = 0; i < s->nshims; i++) {
		const struct shim *sh = s->shims[i];
		bool working = sh->has_job && !sh->ended;

		all = has_ended(sh, working ? 0 : until_ms) && all;
	}
	return all;
}

bool slots_free(struct slots *s)
{
	bool all;

	for (size_t i = 0; i < s->nshims; i++)
		fdio_close(&s->shims[i]->proc.control);
	all = await_leaving(s);
	while (s->nshims)
		drop_shim(s, s->nshims - 1);
	for (size_t i = 0; i < s->setup.n; i++) {
		fdio_close(&s->slot[i].lock);
		fdio_close(&s->slot[i].netns);
	}
	mem_free(s->shims);
	mem_free(s->slot);
	mem_free(s);
	return all;
}

size_t slots_count(const struct slots *s)
{
	return s->setup.n;
}

const char *slots_name(const struct slots *s, size_t slot)
{
	return s->slot[slot].name;
}

void slots_block(struct slots *s, const char *slot, bool blocked)
{
	for (size_t i = 0; i < s->setup.n; i++)
		if (strcmp(s->slot[i].name, slot) == 0)
			s->slot[i].blocked = blocked;
}

/* A sandbox shows the system as it was when it was built: do not keep it for ever. */
static void send_away(struct slot *sl)
{
	fdio_close(&sl->shim->proc.control);
	sl->shim = NULL;
}

void slots_forgo_network(struct slots *s)
{
	s->plan.outbound = 0;
	for (size_t i = 0; i < s->setup.n; i++)
		if (s->slot[i].shim && !s->slot[i].shim->has_job)
			send_away(&s->slot[i]);
}

static void back_off(struct slot *sl)
{
	if (sl->failures < BACKOFF_DOUBLINGS)
		sl->failures++;
	sl->retry_ms = clock_mono_ms() + ((uint64_t)BACKOFF_FIRST_MS << sl->failures);
}

/* A shim that was sent away kills what is in its slot's groups, and under its user id. */
static bool is_left(const struct slots *s, const struct slot *sl)
{
	for (size_t i = 0; i < s->nshims; i++) {
		const struct shim *sh = s->shims[i];

		if (sh->slot != NO_SLOT && &s->slot[sh->slot] == sl && sh != sl->shim &&
		    !sh->ended)
			return false;
	}
	return true;
}

static bool all_left(const struct slots *s)
{
	for (size_t i = 0; i < s->setup.n; i++)
		if (!is_left(s, &s->slot[i]))
			return false;
	return true;
}

static bool can_hold(struct slots *s, struct slot *sl)
{
	if (sl->blocked || !is_left(s, sl))
		return false;
	return sl->lock >= 0 ||
	       spool_lock_slot(s->setup.spool, &sl->lock, sl->name, NULL) == LERR_OK;
}

static enum lerr_code start_shim(struct slots *s, size_t i, struct lerr *err)
{
	struct slot *sl = &s->slot[i];
	struct plan plan = s->plan;
	struct shimproc_fds fds = {.filter = s->setup.filter_fd,
				   .lock = sl->lock,
				   .alive = s->setup.alive_fd,
				   .netns = sl->netns};
	struct shimproc proc;
	enum lerr_code rc;

	memcpy(plan.slot, sl->name, sizeof(plan.slot));
	plan.uid = sl->uid;
	plan.netns = sl->netns >= 0;
	rc = shimproc_start(&proc, s->setup.shim, &plan, &fds, err);
	fdio_close(&sl->netns);
	if (rc) {
		back_off(sl);
		return rc;
	}
	sl->shim = add_shim(s, &proc, (int)i);
	return LERR_OK;
}

/* ---- starting a job */

/* How good a slot is for a job: 3 a sandbox waits, 2 one is being built, 1 one can be
 * started, 0 not now. */
static int rank(struct slots *s, struct slot *sl)
{
	if (sl->shim)
		return sl->shim->has_job ? 0 : sl->shim->ready ? 3 : 2;
	return can_hold(s, sl) ? 1 : 0;
}

static int choose(struct slots *s)
{
	int best = NO_SLOT;
	int best_rank = 0;

	for (size_t i = 0; i < s->setup.n && best_rank < 3; i++) {
		int r = rank(s, &s->slot[i]);

		if (r > best_rank) {
			best = (int)i;
			best_rank = r;
		}
	}
	return best;
}

static enum lerr_code send_job(struct shim *sh, const struct slots_job *job, int lock,
			       struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
	const int fds[] = {job->folder, lock, job->words_fd, job->stdin_fd};

	plan_write_job(&text, &job->words);
	return ipcsock_send(sh->proc.control, buf_str(&text), fds,
			    job->stdin_fd >= 0 ? 4 : 3, err);
}

/* Write who has it, take the lock, pass both on. */
static enum lerr_code hand_over(struct slots *s, size_t i, const struct slots_job *job,
				struct lerr *err)
{
	struct slot *sl = &s->slot[i];
	struct shim *sh = sl->shim;
	struct spool_holder h = {.uid = sl->uid,
				 .shim_pid = (uint64_t)sh->proc.pid,
				 .shim_start = sh->proc.start};
	struct proc_boot boot;
	auto_fd int lock = -1;
	enum lerr_code rc = proc_boot_id(&boot, err);

	if (rc)
		return rc;
	memcpy(h.slot, sl->name, sizeof(h.slot));
	memcpy(h.boot_id, boot.id, sizeof(h.boot_id));
	rc = spool_hold(job->folder, &lock, &h, err);
	if (!rc)
		rc = send_job(sh, job, lock, err);
	if (rc)
		return rc;
	sh->has_job = true;
	sh->job = job->id;
	return LERR_OK;
}

enum lerr_code slots_start(struct slots *s, size_t *slot, const struct slots_job *job,
			   struct lerr *err)
{
	int i = choose(s);
	enum lerr_code rc = LERR_OK;

	if (i == NO_SLOT)
		return lerr_set(err, LERR_TEMP, 0, "no slot is free");
	if (!s->slot[i].shim)
		rc = start_shim(s, (size_t)i, err);
	if (!rc)
		rc = hand_over(s, (size_t)i, job, err);
	if (rc)
		return lerr_wrap(err, LERR_TEMP, "slot %d", i);
	*slot = (size_t)i;
	return LERR_OK;
}

enum lerr_code slots_adopt(struct slots *s, const struct id32 *job,
			   const struct spool_holder *h, struct lerr *err)
{
	struct shimproc proc = {.pid = (pid_t)h->shim_pid,
				.start = h->shim_start,
				.pidfd = -1,
				.control = -1};
	enum lerr_code rc = procs_open(&proc.pidfd, proc.pid, proc.start, err);
	struct shim *sh;

	if (rc)
		return rc;
	sh = add_shim(s, &proc, NO_SLOT);
	sh->has_job = true;
	sh->job = *job;
	return LERR_OK;
}

bool slots_stop(struct slots *s, const struct id32 *job)
{
	const struct shim *sh = find_shim(s, job);

	return sh && procs_signal(sh->proc.pidfd, SIGTERM);
}

/* ---- what shims say */

static void on_failed(struct slots *s, struct shim *sh, const char *why)
{
	if (sh->slot != NO_SLOT)
		back_off(&s->slot[sh->slot]);
	log_event(LOG_WARN, "sandbox.failed", "slot=%s why=%s",
		  sh->slot == NO_SLOT ? "-" : s->slot[sh->slot].name,
		  log_text(str_of(why)).c);
	s->ev.cannot(s->ev.ctx, why);
}

/* value 1: something of the job cannot be killed; the slot stays taken until the shim
 * has seen the last of it. */
static void on_ended(struct slots *s, struct shim *sh, bool stuck,
		     struct ipcsock_fds *fds)
{
	struct slot *sl = sh->slot == NO_SLOT ? NULL : &s->slot[sh->slot];

	sh->ended = true;
	if (sl && sl->shim == sh && !stuck) {
		sl->shim = NULL;
		fdio_close(&sl->netns);
		sl->netns = ipcsock_take_fd(fds, 0);
	}
	s->ev.ended(s->ev.ctx, &sh->job);
}

static void take_note(struct slots *s, struct shim *sh, const struct plan_note *note,
		      struct ipcsock_fds *fds)
{
	if (strcmp(note->kind, PLAN_READY) == 0) {
		sh->ready = true;
		if (sh->slot != NO_SLOT)
			s->slot[sh->slot].failures = 0;
	} else if (strcmp(note->kind, PLAN_FAILED) == 0) {
		on_failed(s, sh, note->text);
	} else if (strcmp(note->kind, PLAN_RUNNING) == 0 && sh->has_job) {
		s->ev.running(s->ev.ctx, &sh->job, note->value);
	} else if (strcmp(note->kind, PLAN_ENDED) == 0 && sh->has_job && !sh->ended) {
		on_ended(s, sh, note->value != 0, fds);
	}
}

/* All notes that wait. */
static void listen_to(struct slots *s, struct shim *sh)
{
	while (sh->proc.control >= 0) {
		auto_buf struct buf text = BUF_INIT(CAP_RECORD_BYTES);
		struct ipcsock_fds fds = {.n = 0};
		struct plan_note note = {.value = 0};
		enum lerr_code rc = ipcsock_recv(sh->proc.control, &text, &fds, NULL);

		if (rc == LERR_TEMP)
			return;
		if (rc || plan_parse_note(&note, buf_str(&text), NULL))
			fdio_close(&sh->proc.control);
		else
			take_note(s, sh, &note, &fds);
		ipcsock_close_fds(&fds);
	}
}

static void on_exit_of(struct slots *s, struct shim *sh)
{
	listen_to(s, sh);
	/* a child of ours; one of an earlier runner is not, and this is no error */
	(void)waitpid(sh->proc.pid, NULL, WNOHANG);
	if (sh->has_job && !sh->ended) {
		sh->ended = true;
		s->ev.silent(s->ev.ctx, &sh->job);
	} else if (!sh->ready && !sh->has_job && sh->slot != NO_SLOT) {
		back_off(&s->slot[sh->slot]);
	}
}

/* ---- poll */

size_t slots_npolls(const struct slots *s)
{
	return 2 * s->nshims;
}

size_t slots_fill(const struct slots *s, struct pollfd *p)
{
	for (size_t i = 0; i < s->nshims; i++) {
		p[2 * i] = (struct pollfd){.fd = s->shims[i]->proc.control,
					   .events = POLLIN};
		p[2 * i + 1] =
			(struct pollfd){.fd = s->shims[i]->proc.pidfd, .events = POLLIN};
	}
	return 2 * s->nshims;
}

void slots_handle(struct slots *s, const struct pollfd *p, size_t n)
{
	INVARIANT(n <= 2 * s->nshims);
	/* from the back: dropping one moves the last into its place */
	for (size_t i = n / 2; i-- > 0;) {
		struct shim *sh = s->shims[i];

		if (p[2 * i].revents)
			listen_to(s, sh);
		if (!p[2 * i + 1].revents)
			continue;
		on_exit_of(s, sh);
		drop_shim(s, i);
	}
}

/* ---- time */

static void wake_at(uint64_t *next_ms, uint64_t at)
{
	if (at < *next_ms)
		*next_ms = at;
}

static size_t count_waiting(const struct slots *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->setup.n; i++)
		n += s->slot[i].shim && !s->slot[i].shim->has_job;
	return n;
}

static void tick_one(struct slots *s, size_t i, uint64_t now_ms, uint64_t *next_ms)
{
	struct slot *sl = &s->slot[i];
	struct lerr err = {0};

	if (sl->shim && !sl->shim->has_job) {
		uint64_t until = sl->shim->born_ms + CAP_WARM_AGE_MS;

		/* one after the other: a job that comes meanwhile finds a place */
		if (now_ms < until)
			wake_at(next_ms, until);
		else if (all_left(s))
			send_away(sl);
		else
			wake_at(next_ms, now_ms + LOCK_RETRY_MS);
	}
	if (sl->shim || sl->blocked)
		return;
	if (now_ms < sl->retry_ms) {
		wake_at(next_ms, sl->retry_ms);
		return;
	}
	if (!can_hold(s, sl)) {
		sl->retry_ms = now_ms + LOCK_RETRY_MS;
		wake_at(next_ms, sl->retry_ms);
		return;
	}
	if (count_waiting(s) >= CAP_WARM_SLOTS)
		return;
	if (start_shim(s, i, &err)) {
		log_event(LOG_WARN, "shim.failed", "slot=%s why=%s", sl->name,
			  log_text(str_of(err.msg)).c);
		wake_at(next_ms, sl->retry_ms);
	}
}

void slots_tick(struct slots *s, uint64_t now_ms, uint64_t *next_ms)
{
	for (size_t i = 0; i < s->setup.n; i++)
		tick_one(s, i, now_ms, next_ms);
}
