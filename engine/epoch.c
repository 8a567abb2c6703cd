/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/epoch.h"

#include "engine/bridgelink.h"
#include "engine/engine.h"
#include "engine/epochjobs.h"
#include "engine/epochrule.h"
#include "engine/keylink.h"
#include "engine/turn.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOK_EVERY_MS = 90000, /* less than a heartbeat, so that it falls between them */
	PAUSE_MS = 5000,       /* a refused start is repeated: relays are spared */
	ASK_GAP_MS = 1000,
	PATIENT_MS = 10000, /* then it is told what is waited for */
	TELL_MS = 60000,
	TAKEOVER_S = 600,
	KNOWN_LAG_S = 3600,
	WHY_BYTES = 320,
	STATUS_ANEW = 1,
	STATUS_REFUSED = 75, /* EX_TEMPFAIL of sysexits(3) */
};

enum stage {
	STAGE_LINES,  /* loom-keyd and the bridge are waited for */
	STAGE_ADVERT, /* relays are asked for our advertisement */
	STAGE_JOBS,   /* ... for answers to open jobs of an earlier epoch */
	STAGE_OPEN,
	STAGE_ENDED, /* the program ends */
};

struct epoch {
	struct engine *e;
	const struct epoch_ops *ops;
	struct epochjobs *jobs;
	enum stage stage;
	uint64_t number; /* 1: the first */
	uint64_t last_n;
	uint64_t n; /* the look for our advertisement under way, 0: none */
	uint64_t looked_ms;
	uint64_t waits_ms; /* since when the stage is not OPEN */
	uint64_t told_ms;
	char *asked[CAP_RELAYS + 1]; /* URLs of relays that were asked in this run */
	size_t nasked;
	bool has_unasked; /* one is connected that was not: judging waits */
	int status;
	char why[WHY_BYTES];
};

/* ---- relays that were asked */

bool epoch_has_asked(const struct epoch *ep, const char *url)
{
	for (size_t i = 0; i < ep->nasked; i++)
		if (strcmp(ep->asked[i], url) == 0)
			return true;
	return false;
}

static void note_asked(struct epoch *ep, const struct ipc_texts *urls)
{
	for (size_t i = 0; i < urls->n; i++)
		if (ep->nasked < CAP_RELAYS + 1 && !epoch_has_asked(ep, urls->v[i]))
			ep->asked[ep->nasked++] = mem_strdup(urls->v[i]);
}

static bool find_unasked(const struct epoch *ep)
{
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(ep->e->bridge, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(relays[i].state, "up") == 0 &&
		    !epoch_has_asked(ep, relays[i].url))
			return true;
	return false;
}

static bool ask(struct epoch *ep)
{
	struct ipcbridge_look look = {.kind = NKIND_WORKER,
				      .author = ep->e->worker,
				      .since = dbmeta_get_u64(ep->e->db, "epoch.known")};
	uint64_t n = ++ep->last_n;

	if (!bridgelink_look(ep->e->bridge, n, &look))
		return false;
	ep->n = n;
	ep->looked_ms = clock_mono_ms();
	return true;
}

/* ---- a new epoch */

static void load(struct epoch *ep)
{
	uint64_t number = dbmeta_get_u64(ep->e->db, "epoch");

	ep->number = number ? number : 1;
	/* a customer's clock may be ahead as far as we let it */
	if (ep->number > 1)
		epochjobs_set_until(ep->jobs,
				    dbmeta_get_u64(ep->e->db, "epoch.at") + CAP_AHEAD_S);
}

/* seen: created_at of the advertisement that says so, 0: none. */
static void start_new(struct epoch *ep, const char *why, uint64_t seen)
{
	struct engine *e = ep->e;

	turn_enter(e->turn);
	dbmeta_set_u64(e->db, "epoch", ep->number + 1);
	dbmeta_set_u64(e->db, "epoch.at", clock_wall_s());
	if (seen > dbmeta_get_u64(e->db, "epoch.known"))
		dbmeta_set_u64(e->db, "epoch.known", seen);
	/* ours must be the newer one, or relays keep the other */
	if (seen > dbmeta_get_u64(e->db, "advert.created_at"))
		dbmeta_set_u64(e->db, "advert.created_at", seen);
	if (ep->ops->on_started)
		ep->ops->on_started(e);
	turn_leave(e->turn, true);
	load(ep);
	log_event(LOG_WARN, "epoch.started", "epoch=%" PRIu64 " why=%s", ep->number, why);
}

void epoch_restored(struct epoch *ep)
{
	start_new(ep, "restored", 0);
}

void epoch_allow_takeover(struct epoch *ep)
{
	turn_enter(ep->e->turn);
	dbmeta_set_u64(ep->e->db, "epoch.takeover", clock_wall_s());
	turn_leave(ep->e->turn, true);
	log_event(LOG_INFO, "epoch.takeover", "for_s=%d", TAKEOVER_S);
}

static bool may_take_over(const struct epoch *ep)
{
	uint64_t from = dbmeta_get_u64(ep->e->db, "epoch.takeover");
	uint64_t now = clock_wall_s();

	return from && now >= from && now - from <= TAKEOVER_S;
}

/* ---- the gate */

static bool is_cleared(const struct epoch *ep)
{
	return ep->number == 1 ||
	       dbmeta_get_u64(ep->e->db, "epoch.cleared") == ep->number;
}

/* What came in at the end of the old epoch is not in this ledger, but relays have it. */
static void tell_bridge(struct epoch *ep)
{
	uint64_t at = dbmeta_get_u64(ep->e->db, "epoch.at");

	if (ep->number > 1 && clock_wall_s() < at + CAP_AHEAD_S)
		bridgelink_reread(ep->e->bridge);
}

static void open_gate(struct epoch *ep)
{
	ep->stage = STAGE_OPEN;
	ep->has_unasked = find_unasked(ep);
	log_event(LOG_INFO, "epoch.open", "epoch=%" PRIu64 " relays=%zu", ep->number,
		  ep->nasked);
	tell_bridge(ep);
	ep->ops->on_open(ep->e);
}

static void on_cleared(struct engine *e)
{
	struct epoch *ep = e->epoch;

	turn_enter(e->turn);
	dbmeta_set_u64(e->db, "epoch.cleared", ep->number);
	turn_leave(e->turn, true);
	open_gate(ep);
}

static void go_on(struct epoch *ep)
{
	if (ep->stage != STAGE_ADVERT)
		return;
	if (is_cleared(ep)) {
		open_gate(ep);
		return;
	}
	ep->stage = STAGE_JOBS;
	epochjobs_clear(ep->jobs);
}

static void end(struct epoch *ep, int status)
{
	ep->stage = STAGE_ENDED;
	ep->status = status;
	uv_stop(ep->e->loop);
}

/* Refused at the last start, a moment ago? Whoever starts us does it again at once. */
static bool is_pause(const struct epoch *ep)
{
	uint64_t at = dbmeta_get_u64(ep->e->db, "epoch.refused_at");

	return at >= clock_wall_ms_ago(PAUSE_MS) && at <= clock_wall_ms();
}

static void begin(struct epoch *ep)
{
	if (ep->stage == STAGE_LINES && keylink_is_up(ep->e->keys) && !is_pause(ep) &&
	    ask(ep))
		ep->stage = STAGE_ADVERT;
}

/* ---- our advertisement */

/* What relays said, put together. */
struct adverts {
	enum epochrule_verdict verdict; /* the hardest of all */
	struct id32 id;                 /* of the one that it is about */
	uint64_t created_at;
	uint64_t newest; /* created_at of the newest of all, 0: there is none */
	uint64_t ours;   /* ... of those that this ledger has written */
};

static void take_one(struct adverts *all, const struct epochrule_advert *a,
		     const struct id32 *id)
{
	enum epochrule_verdict verdict = epochrule_advert(a);

	if (verdict > all->verdict ||
	    (verdict == all->verdict && a->created_at > all->created_at)) {
		all->verdict = verdict;
		all->id = *id;
		all->created_at = a->created_at;
	}
	if (a->created_at > all->newest)
		all->newest = a->created_at;
	if (a->is_ours && a->created_at > all->ours)
		all->ours = a->created_at;
}

/* Each that is genuine: what the bridge says is not believed either. */
static struct adverts read_adverts(const struct epoch *ep, const struct ipc_texts *events)
{
	const struct engine *e = ep->e;
	struct epochrule_advert a = {.known_until = dbmeta_get_u64(e->db, "epoch.known"),
				     .now = clock_wall_s(),
				     .may_take_over = may_take_over(ep),
				     .running = ep->stage == STAGE_OPEN};
	struct adverts all = {.verdict = EPOCHRULE_GO_ON};

	for (size_t i = 0; i < events->n; i++) {
		auto_nevent struct nevent *ev = NULL;

		if (nevent_parse(&ev, str_of(events->v[i]), NULL) ||
		    ev->kind != NKIND_WORKER || !id32_eq(&ev->pubkey, &e->worker))
			continue;
		a.created_at = ev->created_at;
		a.is_ours = dbout_knows(e->db, &ev->id);
		if (a.is_ours || nevent_verify(ev, NULL) == LERR_OK)
			take_one(&all, &a, &ev->id);
	}
	return all;
}

static void set_known(struct epoch *ep, uint64_t until)
{
	if (until <= dbmeta_get_u64(ep->e->db, "epoch.known"))
		return;
	turn_enter(ep->e->turn);
	dbmeta_set_u64(ep->e->db, "epoch.known", until);
	turn_leave(ep->e->turn, true);
}

/* Rows of our own advertisements are swept one day, so a time takes their place. It stays
 * behind, for a relay that comes later may have another one's of the last minutes; and
 * what the own relay has tells nothing of others. */
static void note_ours(struct epoch *ep, uint64_t ours, const struct ipc_texts *answered)
{
	bool by_others = answered->n > (conf_bool(ep->e->conf, CONF_OWN_RELAY) ? 1 : 0);
	size_t n;

	(void)bridgelink_relays(ep->e->bridge, &n);
	if ((by_others || n <= 1) && ours > KNOWN_LAG_S)
		set_known(ep, ours - KNOWN_LAG_S);
}

static void log_rival(enum log_level level, const struct adverts *a, const char *action)
{
	log_event(level, "epoch.rival", "event=%s created_at=%" PRIu64 " action=%s",
		  id32_short(&a->id).c, a->created_at, action);
}

static void refuse(struct epoch *ep, const struct adverts *a)
{
	uint64_t now = clock_wall_s();

	log_rival(LOG_WARN, a, "end");
	turn_enter(ep->e->turn);
	dbmeta_set_u64(ep->e->db, "epoch.refused_at", clock_wall_ms());
	turn_leave(ep->e->turn, true);
	(void)snprintf(ep->why, sizeof(ep->why),
		       "another worker uses this key: its advertisement %s is %" PRIu64
		       " s old and not in this ledger. If this ledger was restored, or "
		       "that worker is gone for good: --takeover (docs/operating.md, "
		       "Backup)",
		       id32_short(&a->id).c,
		       now > a->created_at ? now - a->created_at : 0);
	end(ep, STATUS_REFUSED);
}

static void take_advert(struct epoch *ep, const struct ipcbridge_found *found)
{
	struct adverts a = read_adverts(ep, &found->events);

	switch (a.verdict) {
	case EPOCHRULE_GO_ON:
		note_ours(ep, a.ours, &found->answered);
		break;
	case EPOCHRULE_TELL:
		log_rival(LOG_WARN, &a, "go_on");
		set_known(ep, a.created_at);
		break;
	case EPOCHRULE_NEW_EPOCH:
		log_rival(LOG_INFO, &a, "new_epoch");
		start_new(ep, "advertisement", a.newest);
		break;
	case EPOCHRULE_ANEW:
		log_rival(LOG_INFO, &a, "begin_anew");
		start_new(ep, "advertisement", a.newest);
		end(ep, STATUS_ANEW);
		return;
	case EPOCHRULE_STOP:
		refuse(ep, &a);
		return;
	}
	go_on(ep);
}

static void look_at_relays(struct epoch *ep, uint64_t mono_ms)
{
	bool had = ep->has_unasked;

	ep->has_unasked = find_unasked(ep);
	if (ep->stage != STAGE_OPEN)
		return;
	if (ep->has_unasked && !ep->n && mono_ms - ep->looked_ms >= ASK_GAP_MS)
		(void)ask(ep);
	if (had && !ep->has_unasked)
		ep->ops->judge_all(ep->e);
}

void epoch_found(struct epoch *ep, uint64_t n, const struct ipcbridge_found *found)
{
	if (ep->stage == STAGE_ENDED)
		return;
	if (n != ep->n) {
		epochjobs_found(ep->jobs, n, found);
		return;
	}
	ep->n = 0;
	if (!found) {
		if (ep->stage == STAGE_ADVERT)
			ep->stage = STAGE_LINES;
		return;
	}
	note_asked(ep, &found->asked);
	take_advert(ep, found);
	if (ep->stage == STAGE_OPEN)
		ep->ops->on_asked(ep->e);
	if (ep->stage != STAGE_ENDED)
		look_at_relays(ep, clock_mono_ms());
}

/* ---- the lines */

void epoch_keyd_up(struct epoch *ep)
{
	begin(ep);
}

void epoch_bridge_up(struct epoch *ep)
{
	begin(ep);
	if (ep->stage == STAGE_OPEN)
		tell_bridge(ep);
}

void epoch_bridge_down(struct epoch *ep)
{
	ep->n = 0;
	if (ep->stage == STAGE_ADVERT)
		ep->stage = STAGE_LINES;
	epochjobs_bridge_down(ep->jobs);
	look_at_relays(ep, clock_mono_ms());
}

void epoch_relay(struct epoch *ep)
{
	look_at_relays(ep, clock_mono_ms());
}

bool epoch_is_open(const struct epoch *ep)
{
	return ep->stage == STAGE_OPEN;
}

bool epoch_holds(struct epoch *ep, const struct dbjob *j)
{
	if (ep->stage != STAGE_OPEN || ep->has_unasked)
		return true;
	return ep->number > 1 && epochjobs_holds(ep->jobs, j);
}

/* ---- time */

static const char *what_is_missing(const struct epoch *ep)
{
	if (ep->stage != STAGE_LINES)
		return "relays";
	if (!keylink_is_up(ep->e->keys))
		return "keyd";
	return bridgelink_is_up(ep->e->bridge) ? "pause" : "bridge";
}

static void tell(struct epoch *ep, uint64_t now)
{
	if (now - ep->waits_ms < PATIENT_MS ||
	    (ep->told_ms && now - ep->told_ms < TELL_MS))
		return;
	ep->told_ms = now;
	log_event(LOG_WARN, "epoch.waiting", "for=%s", what_is_missing(ep));
}

void epoch_tick(struct epoch *ep, uint64_t mono_ms)
{
	if (ep->stage == STAGE_ENDED)
		return;
	begin(ep);
	epochjobs_tick(ep->jobs, mono_ms);
	if (ep->stage != STAGE_OPEN) {
		tell(ep, mono_ms);
		return;
	}
	look_at_relays(ep, mono_ms);
	if (!ep->n && mono_ms - ep->looked_ms >= LOOK_EVERY_MS)
		(void)ask(ep);
}

/* ---- life */

static uint64_t next_number(struct engine *e)
{
	return ++e->epoch->last_n;
}

static void judge(struct engine *e, struct dbjob *j)
{
	e->epoch->ops->judge(e, j);
}

static const struct epochjobs_ops jobs_ops = {next_number, on_cleared, judge};

struct epoch *epoch_new(struct engine *e, const struct epoch_ops *ops)
{
	struct epoch *ep = mem_zalloc(sizeof(*ep));

	ep->e = e;
	ep->ops = ops;
	ep->jobs = epochjobs_new(e, &jobs_ops);
	ep->waits_ms = clock_mono_ms();
	load(ep);
	return ep;
}

void epoch_free(struct epoch *ep)
{
	if (!ep)
		return;
	for (size_t i = 0; i < ep->nasked; i++)
		mem_free(ep->asked[i]);
	epochjobs_free(ep->jobs);
	mem_free(ep);
}

int epoch_status(const struct epoch *ep)
{
	return ep->status;
}

const char *epoch_why(const struct epoch *ep)
{
	return ep->why;
}
