/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/follow.h"

#include "ctl/jobread.h"
#include "ctl/jobview.h"
#include "ctl/outrec.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <inttypes.h>

enum { LAST_STATUS_MS = 10000 };

struct follow {
	struct session *s;
	struct follow_plan plan;
	struct jobview *view;
	bool anyone; /* a relay has answered */
	bool any_status;
	bool any_fault;
	bool said_waiting;
};

/* ---- printing */

static void print_fault(const struct follow *f, const struct jobcheck_fault *fault,
			const struct id32 *event)
{
	struct outrec r;

	if (f->plan.form == OUT_TEXT) {
		out_line("          breaks %s: %s", fault->rule, fault->text);
		return;
	}
	outrec_open(&r, "fault");
	outrec_id(&r, "job", &f->plan.job.job);
	outrec_str(&r, "rule", str_of(fault->rule));
	outrec_str(&r, "text", str_of(fault->text));
	outrec_id(&r, "event", event);
	outrec_done(&r);
}

static void print_faults(struct follow *f, const struct jobcheck *c,
			 const struct id32 *event)
{
	for (size_t i = 0; i < c->n && i < JOBCHECK_MOST; i++)
		print_fault(f, &c->fault[i], event);
	f->any_fault = f->any_fault || c->n;
}

static void rec_number(struct outrec *r, const char *key, uint64_t v)
{
	if (v != JOBREAD_NO_NUMBER)
		outrec_uint(r, key, v);
}

static void rec_text(struct outrec *r, const char *key, struct str v)
{
	if (v.n)
		outrec_str(r, key, v);
}

static void print_status_json(const struct follow *f, const struct nevent *ev)
{
	struct jobread_status s;
	struct outrec r;

	jobread_status(&s, ev);
	outrec_open(&r, "status");
	outrec_id(&r, "job", &f->plan.job.job);
	outrec_str(&r, "status", s.status);
	outrec_uint(&r, "created_at", ev->created_at);
	rec_number(&r, "queue_position", s.queue_position);
	rec_number(&r, "elapsed_sec", s.elapsed_s);
	outrec_id(&r, "event", &ev->id);
	outrec_done(&r);
}

static void print_status_text(const struct nevent *ev)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_TEXT);
	struct jobread_status s;

	jobread_status(&s, ev);
	buf_addf(&line, "%s  %s", out_clock(ev->created_at).c, out_said(s.status).c);
	if (s.queue_position != JOBREAD_NO_NUMBER)
		buf_addf(&line, ", position %" PRIu64, s.queue_position);
	if (s.elapsed_s != JOBREAD_NO_NUMBER)
		buf_addf(&line, ", %" PRIu64 " s", s.elapsed_s);
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
}

static void rec_money(struct outrec *r, const struct nevent *ev)
{
	struct jobread_money m;

	jobread_money(&m, ev);
	rec_number(r, "paid", m.paid);
	rec_number(r, "charged", m.charged);
	rec_number(r, "mint_fees", m.mint_fees);
	rec_number(r, "change_amount", m.change_amount);
	rec_number(r, "change_owed", m.change_owed);
}

static void print_result_json(const struct follow *f, const struct nevent *ev)
{
	struct jobread_result res;
	struct outrec r;
	int64_t code;

	jobread_result(&res, ev);
	outrec_open(&r, "result");
	outrec_id(&r, "job", &f->plan.job.job);
	outrec_bool(&r, "success", res.success);
	if (jobread_exit_code(&code, &res))
		outrec_int(&r, "exit_code", code);
	rec_number(&r, "duration", res.duration_s);
	rec_text(&r, "reason", res.reason);
	rec_text(&r, "error", res.error);
	rec_text(&r, "stdout", res.stdout_url);
	rec_text(&r, "stderr", res.stderr_url);
	rec_text(&r, "change", res.change);
	rec_money(&r, ev);
	outrec_uint(&r, "created_at", ev->created_at);
	outrec_id(&r, "event", &ev->id);
	outrec_done(&r);
}

/* One part of a result that may be long, such as a token. */
static void print_part(const char *name, struct str value)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_LINE);

	if (value.n == 0)
		return;
	buf_addf(&line, "          %s: ", name);
	out_escape(&line, value);
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
}

static void add_sat(struct buf *line, const char *name, uint64_t v)
{
	if (v != JOBREAD_NO_NUMBER)
		buf_addf(line, "%s%s %" PRIu64, line->n ? ", " : "", name, v);
}

/* As the worker tells it: nothing of it when it took no money. */
static void print_money(const struct nevent *ev)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_TEXT);
	struct jobread_money m;

	jobread_money(&m, ev);
	add_sat(&line, "paid", m.paid);
	add_sat(&line, "charged", m.charged);
	add_sat(&line, "change", m.change_amount);
	add_sat(&line, "change owed", m.change_owed);
	add_sat(&line, "fees of the mint", m.mint_fees);
	if (line.n)
		out_line("          %s sat", line.p);
}

static void print_result_text(const struct nevent *ev)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_TEXT);
	struct jobread_result res;

	jobread_result(&res, ev);
	buf_addf(&line, "%s  result: %s, exit code %s", out_clock(ev->created_at).c,
		 res.success ? "success" : "failure", out_said(res.exit_code).c);
	if (res.duration_s != JOBREAD_NO_NUMBER)
		buf_addf(&line, ", %" PRIu64 " s", res.duration_s);
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
	print_part("reason", res.reason);
	print_part("error", res.error);
	print_part("stdout", res.stdout_url);
	print_part("stderr", res.stderr_url);
	print_part("change", res.change);
	print_money(ev);
}

static void print_news(const struct follow *f, const struct nevent *ev)
{
	bool json = f->plan.form == OUT_JSON;

	if (ev->kind == NKIND_STATUS && f->plan.show == FOLLOW_RESULT)
		return;
	if (ev->kind == NKIND_STATUS && json)
		print_status_json(f, ev);
	else if (ev->kind == NKIND_STATUS)
		print_status_text(ev);
	else if (json)
		print_result_json(f, ev);
	else
		print_result_text(ev);
}

/* ---- relays answer */

static bool is_over(const struct follow *f)
{
	return jobview_result(f->view) && (!f->plan.strict || jobview_has_ended(f->view));
}

static void on_event(void *ctx, const struct nevent *ev, bool live)
{
	struct follow *f = ctx;
	struct jobcheck c = {.n = 0};
	enum jobview_news news = jobview_take(f->view, &c, ev, live, clock_wall_s());

	f->anyone = true;
	f->any_status = f->any_status || news == JOBVIEW_STATUS;
	if (news == JOBVIEW_STATUS || news == JOBVIEW_RESULT)
		print_news(f, ev);
	print_faults(f, &c, &ev->id);
	if (news == JOBVIEW_RESULT || is_over(f) || out_failed(NULL))
		session_done(f->s);
}

static void on_end(void *ctx, enum nclient_end end)
{
	struct follow *f = ctx;

	f->anyone = f->anyone || end == NCLIENT_STORED;
	if (!nclient_all_ended(session_client(f->s)))
		return;
	if (f->plan.once)
		session_done(f->s);
	else if (!f->any_status && !f->said_waiting && !jobview_result(f->view))
		out_remark("nothing of the job yet; waiting");
	f->said_waiting = true;
}

struct follow *follow_new(struct session *s, const struct follow_plan *plan)
{
	auto_buf struct buf filters = BUF_INIT(512);
	struct follow *f = mem_zalloc(sizeof(*f));
	const struct session_listener mine = {on_event, on_end, f};

	f->s = s;
	f->plan = *plan;
	f->said_waiting = plan->fresh;
	f->view = jobview_new(&plan->job);
	session_listen(s, &mine);
	buf_addf(&filters, "[{\"kinds\":[%d,%d],\"authors\":[\"%s\"],\"#e\":[\"%s\"]}]",
		 NKIND_STATUS, NKIND_RESULT, id32_hex(&plan->job.worker).c,
		 id32_hex(&plan->job.job).c);
	nclient_ask(session_client(s), buf_str(&filters));
	return f;
}

void follow_free_ptr(struct follow **at)
{
	const struct session_listener nobody = {NULL, NULL, NULL};
	struct follow *f = *at;

	if (!f)
		return;
	session_listen(f->s, &nobody);
	jobview_free(f->view);
	mem_free(f);
}

/* ---- waiting */

/* A result without the last status (strict): a little longer for that alone. */
static void wait_for_last(struct follow *f)
{
	struct jobcheck c = {.n = 0};
	uint64_t ms = LAST_STATUS_MS;

	if (f->plan.wait_ms && f->plan.wait_ms < ms)
		ms = f->plan.wait_ms;
	if (!is_over(f) && !out_failed(NULL))
		(void)session_run(f->s, ms);
	if (is_over(f) || out_failed(NULL))
		return;
	jobcheck_add(&c, "LOOM-42",
		     "no last status within %" PRIu64 " s after the result", ms / 1000);
	print_faults(f, &c, &jobview_result(f->view)->id);
}

static int without_result(const struct follow *f)
{
	if (out_failed(NULL))
		return VERB_LOCAL;
	if (f->plan.once && !f->anyone) {
		out_remark("no relay has answered");
		return VERB_RELAYS;
	}
	if (f->plan.once) {
		out_remark("no result%s",
			   f->any_status ? " yet: the worker is at it" : "");
		return VERB_NOTHING;
	}
	out_remark("no result within %" PRIu64 " s", f->plan.wait_ms / 1000);
	return VERB_LATE;
}

bool follow_has_result(const struct follow *f)
{
	return jobview_result(f->view) != NULL;
}

const struct nevent *follow_result(const struct follow *f)
{
	return jobview_result(f->view);
}

int follow_run(struct follow *f)
{
	struct jobread_result r;
	bool all_ended = nclient_all_ended(session_client(f->s));

	if (!jobview_result(f->view) && !(f->plan.once && all_ended))
		(void)session_run(f->s, f->plan.wait_ms);
	if (!jobview_result(f->view))
		return without_result(f);
	if (f->plan.strict)
		wait_for_last(f);
	if (f->plan.strict && f->any_fault)
		return VERB_BROKEN;
	jobread_result(&r, jobview_result(f->view));
	return jobread_exit_status(&r);
}
