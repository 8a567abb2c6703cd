/* SPDX-License-Identifier: MIT */
/*
 * See outbox.h. Nothing is ever signed twice: a row that has its pub keeps its bytes.
 * Each relay is a stream over the rows in order of signing, with a window; what a relay
 * refused for the moment comes back through `later`.
 */
#include "config.h"

#include "engine/outbox.h"

#include "engine/bridgelink.h"
#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/epoch.h"
#include "engine/keylink.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbout.h"

#include <inttypes.h>
#include <string.h>

enum {
	WINDOW_MOST = 256,     /* rows at the bridge without a receipt, for one relay */
	WINDOW_LEAST = 8,      /* the same when there are many relays */
	LATER_MS = 30000,      /* after a relay said "not now" */
	LATER_MAX = 4096,      /* more wait for the next connection */
	GIVE_UP_MS = 86400000, /* a day (loom-protocol: keep trying for 24 h) */
	UNSIGNED_MS = 7 * 86400000, /* loom-keyd signs nothing that is older */
	SIGN_AGAIN_MS = 60000,      /* after it refused */
	SWEEP_EVERY_MS = 600000,
};
#define KEEP_RESULTS_MS (30ull * 86400000)
#define KEEP_OTHERS_MS (2ull * 86400000)

/* How far a relay has been served. */
struct stream {
	char *url;
	uint64_t pub; /* last row handed over */
	unsigned int waiting;
	bool is_asked; /* for an advertisement of another worker of our key */
};

struct later {
	uint64_t seq;
	uint64_t due_ms;
	char *url;
};

struct outbox {
	struct engine *e;
	void (*on_reported)(struct engine *e, uint64_t job);
	struct stream *streams;
	size_t nstreams;
	struct later *laters;
	size_t nlaters;
	uint64_t last_unsigned; /* rows up to here have been asked for */
	uint64_t sign_again_ms; /* 0: nothing was refused */
	uint64_t swept_ms;
};

struct outbox *outbox_new(struct engine *e,
			  void (*on_reported)(struct engine *e, uint64_t job))
{
	struct outbox *o = mem_zalloc(sizeof(*o));

	o->e = e;
	o->on_reported = on_reported;
	/* what grew old while we were away is tried before it is given up */
	o->swept_ms = clock_mono_ms();
	return o;
}

static void drop_streams(struct outbox *o)
{
	for (size_t i = 0; i < o->nstreams; i++)
		mem_free(o->streams[i].url);
	mem_free(o->streams);
	o->streams = NULL;
	o->nstreams = 0;
	for (size_t i = 0; i < o->nlaters; i++)
		mem_free(o->laters[i].url);
	o->nlaters = 0;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	drop_streams(o);
	mem_free(o->laters);
	mem_free(o);
}

/* "-" for what belongs to no job, the advertisement. */
static struct id32hex job_name(const struct outbox *o, uint64_t job)
{
	struct id32hex none = {"-"};
	struct dbjob j;

	return job && dbjob_get_seq(o->e->db, &j, job) ? id32_short(&j.id) : none;
}

/* Events that may carry money, at one point of their way. */
static void pass(const struct dbout *row, const char *point)
{
	if (row->kind == NKIND_RESULT)
		crash_point("result", point);
	else if (row->kind == NKIND_CHANGE)
		crash_point("owed", point);
}

/* ---- signing */

/* Ask for all rows that have not been asked for yet. */
static void sign_more(struct outbox *o)
{
	struct engine *e = o->e;

	while (keylink_is_up(e->keys) && !clockwatch_is_frozen(e->clock)) {
		auto_dbout struct dbout row = {0};
		auto_nevent struct nevent *ev = NULL;
		struct lerr err = {0};

		if (!dbout_next_unsigned(e->db, &row, o->last_unsigned))
			return;
		if (nevent_parse(&ev, str_of(row.event), &err))
			panic("outbox row %" PRIu64 ": %s", row.seq, err.msg);
		if (!keylink_sign(e->keys, row.seq, ev))
			return;
		o->last_unsigned = row.seq;
	}
}

static void sign_after_commit(void *ctx, uint64_t arg)
{
	struct outbox *o = ctx;

	(void)arg;
	if (db_in_transaction(o->e->db)) /* another one that waited has written */
		turn_after_once(o->e->turn, sign_after_commit, o, 0);
	else
		sign_more(o);
}

/* Never at once: rows of this turn are not on disk yet. And once for all of them, since
 * each look costs a query and an event to parse, even if loom-keyd has no room. */
static void sign_soon(struct outbox *o)
{
	turn_after_once(o->e->turn, sign_after_commit, o, 0);
}

void outbox_keyd_up(struct outbox *o)
{
	o->last_unsigned = 0;
	sign_soon(o);
}

static void withdraw(void *ctx, uint64_t seq)
{
	struct outbox *o = ctx;

	bridgelink_withdraw(o->e->bridge, seq);
}

static void withdraw_after_commit(void *ctx, uint64_t seq)
{
	struct outbox *o = ctx;

	turn_after(o->e->turn, withdraw, o, seq);
}

uint64_t outbox_add(struct outbox *o, const struct nevent *ev, uint64_t job,
		    uint64_t after_seq)
{
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	struct dbout row = {.kind = ev->kind,
			    .job = job,
			    .event_id = ev->id,
			    .after_seq = after_seq,
			    .made_at = clock_wall_ms()};

	nevent_write(&json, ev);
	if (!dbout_insert(o->e->db, &row, buf_str(&json)))
		return 0;
	if (ev->kind == NKIND_STATUS || ev->kind == NKIND_WORKER)
		dbout_overtake(o->e->db, ev->kind, job, row.seq, row.made_at,
			       withdraw_after_commit, o);
	sign_soon(o);
	return row.seq;
}

/* ---- sending */

static bool hand_over(struct outbox *o, struct stream *s, const struct dbout *row)
{
	pass(row, "signed");
	if (!bridgelink_publish(o->e->bridge, row->seq, row->event, s->url))
		return false;
	pass(row, "published");
	s->waiting++;
	return true;
}

/* All windows together stay below the frames that may wait for the bridge: with more of
 * them the line would be cut, and cut again after each new beginning. */
static bool has_room(const struct outbox *o, struct stream *s)
{
	size_t fair = CAP_PUBLISH_IN_FLIGHT / o->nstreams;

	/* our advertisement would take the place of the one that is looked for */
	if (!s->is_asked)
		s->is_asked = epoch_has_asked(o->e->epoch, s->url);
	if (!s->is_asked)
		return false;
	if (fair > WINDOW_MOST)
		fair = WINDOW_MOST;
	return s->waiting < (fair > WINDOW_LEAST ? fair : WINDOW_LEAST);
}

static void pump(struct outbox *o, struct stream *s)
{
	while (has_room(o, s) && bridgelink_is_up(o->e->bridge)) {
		auto_dbout struct dbout row = {0};

		if (!dbout_next_for(o->e->db, &row, str_of(s->url), s->pub))
			return;
		if (!hand_over(o, s, &row))
			return;
		s->pub = row.pub;
	}
}

static void pump_all(void *ctx, uint64_t arg)
{
	struct outbox *o = ctx;

	(void)arg;
	for (size_t i = 0; i < o->nstreams; i++)
		pump(o, &o->streams[i]);
}

/* Never at once: a signature of this turn is not on disk yet. */
static void pump_soon(struct outbox *o)
{
	turn_after_once(o->e->turn, pump_all, o, 0);
}

static void store_signature(struct outbox *o, const struct dbout *row,
			    const struct ipckey_signed *s)
{
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	struct lerr err = {0};

	if (nevent_parse(&ev, str_of(row->event), &err))
		panic("outbox row %" PRIu64 ": %s", row->seq, err.msg);
	if (!id32_eq(&s->id, &ev->id))
		panic("loom-keyd signed %s instead of %s", id32_short(&s->id).c,
		      id32_short(&ev->id).c);
	nevent_set_sig(ev, s->sig.b);
	nevent_write(&json, ev);
	dbout_set_signed(o->e->db, row->seq, buf_str(&json), clock_wall_ms());
	pass(row, "signing");
	/* the bridge knows an event by id and seq, everybody else by its job */
	log_event(LOG_INFO, "outbox.signed",
		  "job=%s event=%s seq=%" PRIu64 " kind=%" PRIu64,
		  job_name(o, row->job).c, id32_short(&ev->id).c, row->seq, row->kind);
}

void outbox_signed(struct outbox *o, uint64_t seq, const struct ipckey_signed *s,
		   const struct lerr *err)
{
	auto_dbout struct dbout row = {0};

	if (!dbout_get(o->e->db, &row, seq) || row.pub || row.done)
		return;
	turn_enter(o->e->turn);
	if (s) {
		store_signature(o, &row, s);
		pump_soon(o);
	} else {
		log_event(LOG_WARN, "outbox.not_signed",
			  "job=%s seq=%" PRIu64 " kind=%" PRIu64 " why=%s",
			  job_name(o, row.job).c, seq, row.kind,
			  log_text(str_of(err->msg)).c);
		/* a clock that went back refuses what is ahead of it, for a while */
		if (!o->sign_again_ms)
			o->sign_again_ms = clock_mono_ms() + SIGN_AGAIN_MS;
	}
	turn_leave(o->e->turn, true);
	/* an answer makes room for the next request */
	sign_soon(o);
}

void outbox_bridge_up(struct outbox *o)
{
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(o->e->bridge, &n);

	drop_streams(o);
	o->streams = mem_array(n, sizeof(*o->streams));
	for (size_t i = 0; i < n; i++)
		o->streams[i].url = mem_strdup(relays[i].url);
	o->nstreams = n;
	pump_soon(o);
}

void outbox_relay_asked(struct outbox *o)
{
	pump_soon(o);
}

void outbox_bridge_down(struct outbox *o)
{
	drop_streams(o);
}

/* ---- receipts */

static struct stream *stream_of(struct outbox *o, const char *url)
{
	for (size_t i = 0; i < o->nstreams; i++)
		if (strcmp(o->streams[i].url, url) == 0)
			return &o->streams[i];
	return NULL;
}

static void add_later(struct outbox *o, uint64_t seq, const char *url)
{
	if (o->nlaters >= LATER_MAX) {
		log_event(LOG_WARN, "outbox.later_full", "relay=%s",
			  log_text(str_of(url)).c);
		return;
	}
	o->laters = mem_resize(o->laters, o->nlaters + 1, sizeof(*o->laters));
	o->laters[o->nlaters++] =
		(struct later){.seq = seq,
			       .due_ms = clock_mono_ms() + crash_hurry(LATER_MS),
			       .url = mem_strdup(url)};
}

/* The row that waited for this one may go to this relay now, if its turn has passed. */
static void release_follower(struct outbox *o, struct stream *s, uint64_t seq)
{
	auto_dbout struct dbout next = {0};

	if (dbout_get_after(o->e->db, &next, seq) && next.pub <= s->pub &&
	    !dbout_has_send(o->e->db, next.seq, str_of(s->url)))
		(void)hand_over(o, s, &next);
}

/* Has every relay that we know said its word? */
static bool all_spoken(struct outbox *o, uint64_t seq)
{
	for (size_t i = 0; i < o->nstreams; i++)
		if (!dbout_has_send(o->e->db, seq, str_of(o->streams[i].url)))
			return false;
	return true;
}

struct verdict {
	struct outbox *o;
	uint64_t seq;
	char *url;
};

static void verdict_on_disk(void *ctx, uint64_t arg)
{
	struct verdict *v = ctx;
	struct stream *s = stream_of(v->o, v->url);

	(void)arg;
	if (s) {
		release_follower(v->o, s, v->seq);
		pump(v->o, s);
	}
	mem_free(v->url);
	mem_free(v);
}

static void store_verdict(struct outbox *o, const struct dbout *row,
			  const struct ipcbridge_receipt *r)
{
	struct db *db = o->e->db;
	uint64_t now = clock_wall_ms();
	struct verdict *v;
	bool all;

	dbout_put_send(db, row->seq, str_of(r->relay), str_of(r->verdict),
		       str_of(r->text), now);
	pass(row, "taken");
	all = all_spoken(o, row->seq);
	if (all && !row->done)
		dbout_set_done(db, row->seq, now);
	if (row->kind == NKIND_RESULT && (all || strcmp(r->verdict, "ok") == 0))
		o->on_reported(o->e, row->job);
	v = mem_zalloc(sizeof(*v));
	*v = (struct verdict){.o = o, .seq = row->seq, .url = mem_strdup(r->relay)};
	turn_after(o->e->turn, verdict_on_disk, v, 0);
}

void outbox_receipt(struct outbox *o, const struct ipcbridge_receipt *r)
{
	auto_dbout struct dbout row = {0};
	struct stream *s = stream_of(o, r->relay);

	if (!s)
		return;
	if (s->waiting)
		s->waiting--;
	log_event(LOG_DEBUG, "outbox.receipt", "seq=%" PRIu64 " verdict=%s relay=%s",
		  r->seq, r->verdict, log_text(str_of(r->relay)).c);
	if (!dbout_get(o->e->db, &row, r->seq)) {
		pump_soon(o);
		return;
	}
	if (strcmp(r->verdict, "later") == 0) {
		if (!row.done)
			add_later(o, r->seq, r->relay);
		pump_soon(o);
		return;
	}
	turn_enter(o->e->turn);
	store_verdict(o, &row, r);
	turn_leave(o->e->turn, true);
}

void outbox_repeat(struct outbox *o, uint64_t job)
{
	static const uint64_t kinds[] = {NKIND_RESULT, NKIND_STATUS, NKIND_CHANGE};

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		auto_dbout struct dbout row = {0};

		if (!dbout_get_of_job(o->e->db, &row, job, kinds[k]))
			continue;
		for (size_t i = 0; i < o->nstreams; i++)
			if (has_room(o, &o->streams[i]))
				(void)hand_over(o, &o->streams[i], &row);
	}
}

/* ---- time */

static void retry_due(struct outbox *o, uint64_t mono_ms)
{
	size_t keep = 0;

	for (size_t i = 0; i < o->nlaters; i++) {
		struct later l = o->laters[i];
		auto_dbout struct dbout row = {0};
		struct stream *s;

		s = stream_of(o, l.url);
		if (l.due_ms > mono_ms || (s && !has_room(o, s))) {
			o->laters[keep++] = l;
			continue;
		}
		if (s && dbout_get(o->e->db, &row, l.seq) && !row.done)
			(void)hand_over(o, s, &row);
		mem_free(l.url);
	}
	o->nlaters = keep;
}

static void given_up(void *ctx, uint64_t seq, uint64_t kind, uint64_t job)
{
	struct outbox *o = ctx;
	bool taken = dbout_is_taken(o->e->db, seq);

	/* one relay that is away for long is no loss: relay.down has told */
	log_event(taken ? LOG_INFO : LOG_WARN, "outbox.gave_up",
		  "job=%s seq=%" PRIu64 " kind=%" PRIu64 " taken=%s", job_name(o, job).c,
		  seq, kind, taken ? "yes" : "no");
	withdraw_after_commit(o, seq);
	if (kind == NKIND_RESULT && job)
		o->on_reported(o->e, job);
}

void outbox_tick(struct outbox *o, uint64_t mono_ms)
{
	if (o->sign_again_ms && mono_ms >= o->sign_again_ms) {
		o->sign_again_ms = 0;
		o->last_unsigned = 0;
	}
	sign_soon(o);
	retry_due(o, mono_ms);
	if (mono_ms - o->swept_ms < SWEEP_EVERY_MS || clockwatch_is_frozen(o->e->clock))
		return;
	o->swept_ms = mono_ms;
	turn_enter(o->e->turn);
	dbout_expire(o->e->db, clock_wall_ms_ago(GIVE_UP_MS),
		     clock_wall_ms_ago(UNSIGNED_MS), clock_wall_ms(), given_up, o);
	dbout_sweep(o->e->db, clock_wall_ms_ago(KEEP_RESULTS_MS),
		    clock_wall_ms_ago(KEEP_OTHERS_MS));
	turn_leave(o->e->turn, true);
}
