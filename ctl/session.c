/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/session.h"

#include "ctl/given.h"
#include "ctl/outrec.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <sys/resource.h>
#include <uv.h>

enum {
	END_MS = 700,     /* for goodbyes, and again for what is left */
	LINGER_MS = 2000, /* for other relays after the first has taken an event */
	DESCRIPTORS = 1024,
};

enum answer {
	ANSWER_NONE,
	ANSWER_TAKEN,
	ANSWER_NOT_TAKEN,
};

struct session {
	uv_loop_t loop;
	uv_timer_t timer;
	struct nclient *client;
	struct session_listener listener;
	bool done;
	bool late;
	/* publishing */
	enum out_form form;
	enum answer answers[CAP_RELAYS];
	bool said[CAP_RELAYS];
	size_t ntaken;
	size_t nanswered;
};

const struct args_option session_options[] = {
	{.name = "relay",
	 .kind = ARGS_LIST,
	 .value = "URL",
	 .help = "A relay (wss://, or ws:// on this machine); may be given again."},
	{.name = "ca-file",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Certificate authorities (PEM) to trust beside the system's."},
	{.name = NULL},
};

static bool is_stuck;

bool session_is_stuck(void)
{
	return is_stuck;
}

struct nclient *session_client(struct session *s)
{
	return s->client;
}

void session_listen(struct session *s, const struct session_listener *l)
{
	s->listener = *l;
}

/* ---- relays answer */

static void on_event(void *ctx, size_t relay, const struct nevent *ev, bool live)
{
	struct session *s = ctx;

	(void)relay;
	if (s->listener.on_event)
		s->listener.on_event(s->listener.ctx, ev, live);
}

static void on_end(void *ctx, size_t relay, enum nclient_end end)
{
	struct session *s = ctx;

	(void)relay;
	if (s->listener.on_end)
		s->listener.on_end(s->listener.ctx, end);
}

static void print_answer(const struct session *s, size_t relay, bool taken,
			 struct str said)
{
	const char *url = nclient_url(s->client, relay);
	struct outrec r;

	if (s->form == OUT_NOTHING)
		return;
	if (s->form == OUT_JSON) {
		outrec_open(&r, "relay");
		outrec_str(&r, "relay", str_of(url));
		outrec_bool(&r, "taken", taken);
		outrec_str(&r, "said", said);
		outrec_done(&r);
		return;
	}
	out_line("%s %s%s%s", taken ? "taken by" : "not taken by", url,
		 said.n ? ": " : "", out_said(said).c);
}

static void on_reply(void *ctx, size_t relay, enum nclient_reply reply, struct str said)
{
	struct session *s = ctx;

	if (reply == NCLIENT_NOT_NOW && !s->said[relay])
		out_remark("%s: not now: %s; trying again", nclient_url(s->client, relay),
			   out_said(said).c);
	s->said[relay] = true;
	if (reply == NCLIENT_NOT_NOW || s->answers[relay] != ANSWER_NONE)
		return;
	s->answers[relay] = reply == NCLIENT_TAKEN ? ANSWER_TAKEN : ANSWER_NOT_TAKEN;
	s->ntaken += reply == NCLIENT_TAKEN;
	s->nanswered++;
	print_answer(s, relay, reply == NCLIENT_TAKEN, said);
	if ((s->ntaken == 1 && reply == NCLIENT_TAKEN) ||
	    s->nanswered == nclient_count(s->client))
		session_done(s);
}

static const struct nclient_ops client_ops = {on_event, on_end, on_reply};

/* ---- start and end */

static int add_relay(struct session *s, struct str url)
{
	struct lerr err = {0};

	if (nclient_add(s->client, url, &err) == LERR_OK)
		return 0;
	out_remark("--relay %s: %s", out_said(url).c, err.msg);
	return VERB_USAGE;
}

static int add_list(struct session *s, struct str list, char sep)
{
	struct str word;
	int status = 0;

	while (!status && str_next(&list, sep, &word))
		if (str_trim(word).n)
			status = add_relay(s, str_trim(word));
	return status;
}

static int add_relays(struct session *s, const struct args *a, char *const *envp,
		      struct str otherwise)
{
	const char *list = given_env(envp, "LOOM_RELAYS");
	size_t n = args_count(a, "relay");
	int status = 0;

	for (size_t i = 0; !status && i < n; i++)
		status = add_relay(s, str_of(args_nth(a, "relay", i)));
	if (!status && n == 0)
		status = add_list(s, str_of(list), ',');
	if (!status && nclient_count(s->client) == 0)
		status = add_list(s, otherwise, ' ');
	if (!status && nclient_count(s->client) == 0) {
		out_remark("no relay: give --relay URL (or set LOOM_RELAYS)");
		status = VERB_USAGE;
	}
	return status;
}

/* libwebsockets makes tables for as many descriptors as are allowed */
static void limit_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur > DESCRIPTORS) {
		r.rlim_cur = DESCRIPTORS;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

int session_open(struct session **out, const struct args *a, char *const *envp)
{
	return session_open_at(out, a, envp, STR_LIT(""));
}

int session_open_at(struct session **out, const struct args *a, char *const *envp,
		    struct str relays)
{
	auto_session struct session *s = mem_zalloc(sizeof(*s));
	struct lerr err = {0};
	int status;

	limit_descriptors();
	if (uv_loop_init(&s->loop) != 0 || uv_timer_init(&s->loop, &s->timer) != 0)
		panic("libuv");
	s->timer.data = s;
	if (nclient_new(&s->client, &s->loop, args_text(a, "ca-file"), &err)) {
		out_remark("--ca-file: %s", err.msg);
		return VERB_LOCAL;
	}
	nclient_listen(s->client, &client_ops, s);
	status = add_relays(s, a, envp, relays);
	if (status == 0)
		*out = MEM_STEAL(s);
	return status;
}

static void on_late(uv_timer_t *t)
{
	struct session *s = t->data;

	s->late = true;
}

/* Run until nobody is connected, or nothing is left of the loop; not for long. */
static void run_out(struct session *s, bool (*is_over)(struct session *s))
{
	s->late = false;
	(void)uv_timer_start(&s->timer, on_late, END_MS, 0);
	while (!s->late && !is_over(s))
		(void)uv_run(&s->loop, UV_RUN_ONCE);
	(void)uv_timer_stop(&s->timer);
}

static bool is_alone(struct session *s)
{
	return nclient_busy(s->client) == 0;
}

static bool is_dry(struct session *s)
{
	return !uv_loop_alive(&s->loop);
}

void session_close_ptr(struct session **at)
{
	struct session *s = *at;

	if (!s)
		return;
	if (s->client) {
		nclient_shut(s->client);
		run_out(s, is_alone);
		nclient_close(s->client);
	}
	/* the timer only limits the waiting for the others */
	uv_unref((uv_handle_t *)&s->timer);
	run_out(s, is_dry);
	uv_close((uv_handle_t *)&s->timer, NULL);
	(void)uv_run(&s->loop, UV_RUN_NOWAIT);
	if (uv_loop_close(&s->loop) != 0 || (s->client && !is_alone(s))) {
		is_stuck = true;
		return;
	}
	nclient_free(s->client);
	mem_free(s);
}

/* ---- running */

static void on_time_up(uv_timer_t *t)
{
	uv_stop(t->loop);
}

void session_done(struct session *s)
{
	s->done = true;
	uv_stop(&s->loop);
}

bool session_run(struct session *s, uint64_t ms)
{
	s->done = false;
	if (ms)
		(void)uv_timer_start(&s->timer, on_time_up, ms, 0);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	(void)uv_timer_stop(&s->timer);
	return s->done;
}

/* ---- questions */

struct question {
	struct session *s;
	struct session_answers *answers;
	enum session_until until;
	bool anyone;
	bool cut;
};

static bool is_known(const struct session_answers *a, const struct id32 *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (id32_eq(&a->ev[i]->id, id))
			return true;
	return false;
}

static void keep(struct question *q, const struct nevent *ev)
{
	struct session_answers *a = q->answers;

	if (is_known(a, &ev->id))
		return;
	if (a->n == CAP_CTL_ANSWERS) {
		if (!q->cut)
			out_remark("more than %d events: the rest is left out",
				   CAP_CTL_ANSWERS);
		q->cut = true;
		return;
	}
	a->ev = mem_resize(a->ev, a->n + 1, sizeof(*a->ev));
	a->ev[a->n++] = nevent_copy(ev);
}

static void on_answer(void *ctx, const struct nevent *ev, bool live)
{
	struct question *q = ctx;

	(void)live;
	q->anyone = true;
	keep(q, ev);
	if (q->until == SESSION_FIRST)
		session_done(q->s);
}

static void on_answered(void *ctx, enum nclient_end end)
{
	struct question *q = ctx;

	q->anyone = q->anyone || end == NCLIENT_STORED;
	if (nclient_all_ended(q->s->client))
		session_done(q->s);
}

bool session_ask(struct session *s, struct session_answers *out, struct str filters,
		 enum session_until until, uint64_t ms)
{
	struct question q = {.s = s, .answers = out, .until = until};
	const struct session_listener mine = {on_answer, on_answered, &q};
	const struct session_listener nobody = {NULL, NULL, NULL};

	*out = (struct session_answers){NULL, 0};
	session_listen(s, &mine);
	nclient_ask(s->client, filters);
	if (!nclient_all_ended(s->client))
		(void)session_run(s, ms);
	session_listen(s, &nobody);
	if (!q.anyone)
		out_remark("no relay has answered");
	return q.anyone;
}

void session_forget(struct session_answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		nevent_free(a->ev[i]);
	mem_free(a->ev);
	*a = (struct session_answers){NULL, 0};
}

int session_find_job(struct session *s, struct nevent **out, const struct id32 *job,
		     uint64_t ms)
{
	auto_buf struct buf filters = BUF_INIT(256);
	struct session_answers a;
	int status = VERB_NOTHING;

	buf_addf(&filters, "[{\"ids\":[\"%s\"]}]", id32_hex(job).c);
	if (!session_ask(s, &a, buf_str(&filters), SESSION_FIRST, ms)) {
		status = VERB_RELAYS;
	} else if (a.n && a.ev[0]->kind == NKIND_JOB) {
		*out = MEM_STEAL(a.ev[0]);
		status = VERB_OK;
	} else if (a.n) {
		out_remark("that is no job, but an event of kind %u", a.ev[0]->kind);
	}
	session_forget(&a);
	return status;
}

/* ---- publishing */

static void print_silent(const struct session *s)
{
	for (size_t i = 0; i < nclient_count(s->client); i++)
		if (s->answers[i] == ANSWER_NONE)
			print_answer(s, i, false, STR_LIT("no answer"));
}

bool session_publish(struct session *s, const struct nevent *ev, enum out_form form,
		     uint64_t ms)
{
	uint64_t end_ms = clock_mono_ms() + ms;
	uint64_t now;
	bool done;

	s->form = form;
	s->ntaken = 0;
	s->nanswered = 0;
	for (size_t i = 0; i < CAP_RELAYS; i++) {
		s->answers[i] = ANSWER_NONE;
		s->said[i] = false;
	}
	nclient_publish(s->client, ev);
	done = session_run(s, ms);
	now = clock_mono_ms();
	if (done && s->nanswered < nclient_count(s->client) && now < end_ms)
		(void)session_run(s, end_ms - now < LINGER_MS ? end_ms - now : LINGER_MS);
	print_silent(s);
	return s->ntaken > 0;
}
