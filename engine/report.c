/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/report.h"

#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/money/change.h"
#include "engine/outbox.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/jobmsg.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmeta.h"

#include <string.h>

enum { STATUS_GAP_MS = 1000 };

/* A look at a job that is due later; all wait equally long, so the list is a queue. */
struct look {
	struct look *next;
	uint64_t due_ms;
	uint64_t job;
};

struct report {
	struct engine *e;
	uv_timer_t timer;
	struct look *first;
	struct look **last;
};

/* ---- statuses */

/* Jobs that are in front of this one. The newest, which is nearly always the one that is
 * asked for, has all others in front of it: counting rows would make a long queue slow. */
static uint64_t position(struct engine *e, const struct dbjob *j)
{
	struct dbjob behind;

	if (dbjob_first(e->db, &behind, JOB_QUEUED, j->seq))
		return dbjob_count_before(e->db, JOB_QUEUED, j->seq);
	return e->counts[JOB_QUEUED] - 1;
}

static void publish(struct report *r, struct dbjob *j, const char *word,
		    uint64_t after_seq)
{
	struct engine *e = r->e;
	uint64_t now_s = clock_wall_s();
	struct jobmsg_status s = {.worker = e->worker,
				  .job = j->id,
				  .customer = j->customer,
				  .status = word,
				  .queue_position = JOBMSG_NO_POSITION};
	auto_nevent struct nevent *ev = NULL;

	/* strictly rising, or relays and clients keep the older one */
	s.created_at = now_s > j->status_at_s ? now_s : j->status_at_s + 1;
	if (j->state == JOB_QUEUED)
		s.queue_position = position(e, j);
	ev = jobmsg_status(&s);
	(void)outbox_add(e->outbox, ev, j->seq, after_seq);
	str_copy(j->status, sizeof(j->status), str_of(word));
	j->status_at_s = s.created_at;
	dbjob_set_status(e->db, j);
}

static const char *word_of(const struct dbjob *j)
{
	if (j->state == JOB_QUEUED || j->state == JOB_PREPARING)
		return "queued";
	return j->state == JOB_RUNNING ? "running" : NULL;
}

static void on_timer(uv_timer_t *t);

static void arm(struct report *r)
{
	uint64_t now = clock_mono_ms();

	if (r->first)
		(void)uv_timer_start(&r->timer, on_timer,
				     r->first->due_ms > now ? r->first->due_ms - now : 0,
				     0);
}

static void look_later(struct report *r, uint64_t job)
{
	struct look *l = mem_zalloc(sizeof(*l));
	bool idle = r->first == NULL;

	l->job = job;
	l->due_ms = clock_mono_ms() + STATUS_GAP_MS;
	*r->last = l;
	r->last = &l->next;
	if (idle)
		arm(r);
}

/* Tell how the job stands now, unless that was told already. */
static void look_now(struct report *r, uint64_t job)
{
	struct dbjob j;
	const char *word;

	if (!dbjob_get_seq(r->e->db, &j, job))
		return;
	word = word_of(&j);
	if (word && strcmp(word, j.status) != 0)
		publish(r, &j, word, 0);
}

static void on_timer(uv_timer_t *t)
{
	struct report *r = t->data;
	uint64_t now = clock_mono_ms();

	turn_enter(r->e->turn);
	while (r->first && r->first->due_ms <= now) {
		struct look *l = r->first;

		r->first = l->next;
		if (!r->first)
			r->last = &r->first;
		look_now(r, l->job);
		mem_free(l);
	}
	turn_leave(r->e->turn, true);
	arm(r);
}

void report_queued(struct report *r, struct dbjob *j)
{
	if (j->status[0])
		return;
	if (j->state == JOB_QUEUED)
		publish(r, j, "queued", 0);
	else
		look_later(r, j->seq);
}

void report_running(struct report *r, struct dbjob *j)
{
	if (!j->status[0] || clock_wall_s() > j->status_at_s)
		publish(r, j, "running", 0);
	else
		look_later(r, j->seq);
}

/* ---- the end */

static void add_url(struct buf *out, const struct engine *e, const struct dbjob_blob *b)
{
	const char *base = conf_text(e->conf, CONF_BLOB_URL);

	if (b->has && base[0])
		buf_addf(out, "%s/%s", base, id32_hex(&b->sha256).c);
}

static struct jobmsg_money money_of(const struct change_told *t)
{
	return (struct jobmsg_money){.paid = t->paid,
				     .face = t->face,
				     .earned = t->earned,
				     .fees = t->fees,
				     .change = t->change,
				     .net = t->net,
				     .owed = t->owed,
				     .token = buf_str(&t->token),
				     .mint = str_of(t->mint)};
}

void report_change(struct report *r, struct dbjob *j)
{
	struct engine *e = r->e;
	struct change_told told;
	struct jobmsg_late_change c = {.worker = e->worker,
				       .job = j->id,
				       .customer = j->customer,
				       .created_at = clock_wall_s()};
	auto_nevent struct nevent *ev = NULL;

	change_tell(e->money, &told, j->seq);
	c.money = money_of(&told);
	ev = jobmsg_late_change(&c);
	(void)outbox_add(e->outbox, ev, j->seq, 0);
	buf_wipe(&told.token);
}

void report_end(struct report *r, struct dbjob *j)
{
	struct engine *e = r->e;
	enum outcome outcome = jobs_outcome(j);
	const struct outcome_row *row = &outcome_table[outcome];
	auto_buf struct buf out = BUF_INIT(2 * CAP_URL_BYTES);
	auto_buf struct buf err = BUF_INIT(2 * CAP_URL_BYTES);
	auto_nevent struct nevent *ev = NULL;
	struct jobmsg_result m = {.worker = e->worker,
				  .job = j->id,
				  .customer = j->customer,
				  .created_at = clock_wall_s(),
				  .outcome = outcome,
				  .exit_code = j->exit_code,
				  .error = str_of(j->error)};
	struct change_told told;
	uint64_t seq;

	change_tell(e->money, &told, j->seq);
	m.money = money_of(&told);
	m.duration_s = jobs_duration_s(j);
	add_url(&out, e, &j->out);
	add_url(&err, e, &j->err);
	m.stdout_url = buf_str(&out);
	m.stderr_url = buf_str(&err);
	ev = jobmsg_result(&m);
	buf_wipe(&told.token);
	seq = outbox_add(e->outbox, ev, j->seq, 0);
	INVARIANT(seq != 0);
	crash_point("result", "made");
	publish(r, j, row->status, seq);
	dbmeta_count(e->db, outcome_class_name(row->class), 1);
}

/* ---- life */

struct report *report_new(struct engine *e)
{
	struct report *r = mem_zalloc(sizeof(*r));

	r->e = e;
	r->last = &r->first;
	if (uv_timer_init(e->loop, &r->timer) != 0)
		panic("uv_timer_init");
	r->timer.data = r;
	return r;
}

static void closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	while (r->first) {
		struct look *l = r->first;

		r->first = l->next;
		mem_free(l);
	}
	uv_close((uv_handle_t *)&r->timer, closed);
}
