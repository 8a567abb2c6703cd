/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/advertise.h"

#include "engine/access.h"
#include "engine/bridgelink.h"
#include "engine/clockwatch.h"
#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/outbox.h"
#include "engine/queue.h"
#include "engine/runs.h"
#include "engine/software.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/proto/advert.h"
#include "lib/store/dbbill.h"
#include "lib/store/dbmeta.h"

#include <sys/utsname.h>

enum {
	HEARTBEAT_MS = 120000,
	GAP_MS = 20000,
	FULL_GAP_MS = 1000, /* clock ticks of created_at */
	CREATED_AT_AHEAD_S = 60,
};

struct advertise {
	struct engine *e;
	uint64_t last_ms; /* monotonic; 0: none yet */
	bool was_full;
	size_t nsoftware; /* as advertised */
};

struct advertise *advertise_new(struct engine *e)
{
	struct advertise *a = mem_zalloc(sizeof(*a));

	a->e = e;
	return a;
}

void advertise_free(struct advertise *a)
{
	mem_free(a);
}

/* Is there a mint whose ecash would be taken, or none wanted? */
static bool takes_money(const struct engine *e)
{
	struct mints *mints = e->money->mints;

	for (size_t i = 0; i < mints_count(mints); i++) {
		const struct mint *mint = mints_at(mints, i);

		if (mint->accepted && mint->word == MINTS_ADMITTED &&
		    !mints_is_full(mints, mint))
			return true;
	}
	return !mints_first(mints) || access_has_free_keys(e->access);
}

static bool is_full(const struct engine *e)
{
	const struct ipcrun_probe_is *b = runs_backend(e->runs);

	return !b || !b->usable || queue_depth(e) >= runs_slots(e->runs) ||
	       !takes_money(e);
}

/* What new jobs would meet; a worker that cannot run anything calls itself full. */
static uint64_t shown_depth(const struct engine *e)
{
	uint64_t depth = queue_depth(e);
	uint64_t slots = runs_slots(e->runs);

	return is_full(e) && depth < slots ? slots : depth;
}

static void fill_relays(const struct engine *e, struct advert *ad, struct str *urls)
{
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(e->bridge, &n);

	for (size_t i = 0; i < n && ad->nrelays < CAP_RELAYS; i++)
		if (str_starts(str_of(relays[i].url), "ws"))
			urls[ad->nrelays++] = str_of(relays[i].url);
	ad->relays = urls;
}

/* Those whose ecash is taken now. One that does not answer is still named: it has not
 * refused, and a worker without a price would look free. */
static void fill_mints(const struct engine *e, struct advert *ad, struct str *urls)
{
	struct mints *mints = e->money->mints;

	for (size_t i = 0; i < mints_count(mints) && ad->nmints < CAP_MINTS; i++) {
		const struct mint *mint = mints_at(mints, i);

		if (mint->accepted && mint->word != MINTS_REFUSED &&
		    !mints_is_full(mints, mint))
			urls[ad->nmints++] = str_of(mint->spelled);
	}
	if (ad->nmints == 0 && mints_first(mints))
		urls[ad->nmints++] = str_of(mints_first(mints)->spelled);
	ad->mints = urls;
}

static struct nevent *make(struct engine *e, uint64_t created_at)
{
	struct str mints[CAP_MINTS];
	const struct conf *c = e->conf;
	const struct ipcrun_probe_is *b = runs_backend(e->runs);
	auto_buf struct buf arch = BUF_INIT(128);
	struct str urls[CAP_RELAYS];
	struct utsname machine;
	struct advert ad = {.worker = e->worker,
			    .created_at = created_at,
			    .name = str_of(conf_text(c, CONF_WORKER_NAME)),
			    .description = str_of(conf_text(c, CONF_WORKER_DESCRIPTION)),
			    .max_jobs = runs_slots(e->runs),
			    .queue_depth = shown_depth(e),
			    .min_s = conf_uint(c, CONF_MIN_JOB_DURATION),
			    .max_s = conf_uint(c, CONF_MAX_JOB_DURATION),
			    .shell = str_of(conf_text(c, CONF_DEFAULT_SHELL)),
			    .geohash = str_of(conf_text(c, CONF_GEOHASH)),
			    .has_free_keys = access_has_free_keys(e->access),
			    .free_s = conf_uint(c, CONF_FREELIST_TIMEOUT),
			    .backend = str_of(conf_text(c, CONF_BACKEND)),
			    .isolation = str_of(b ? b->isolation : "unknown")};

	ad.software = software_list(e->software, &ad.nsoftware);
	advert_arch(&arch,
		    uname(&machine) == 0 ? str_of(machine.machine) : STR_LIT("unknown"));
	ad.arch = buf_str(&arch);
	fill_relays(e, &ad, urls);
	fill_mints(e, &ad, mints);
	ad.rate = conf_uint(c, CONF_PRICE_PER_SECOND);
	return advert_make(&ad);
}

static void publish(struct advertise *a, uint64_t mono_ms)
{
	struct engine *e = a->e;
	auto_nevent struct nevent *ev = NULL;
	uint64_t at = clock_wall_s();
	uint64_t last;

	turn_enter(e->turn);
	last = dbmeta_get_u64(e->db, "advert.created_at");
	if (at <= last && last - at < CREATED_AT_AHEAD_S)
		at = last + 1;
	ev = make(e, at);
	if (mints_first(e->money->mints))
		dbbill_say_rate(e->db, conf_uint(e->conf, CONF_PRICE_PER_SECOND),
				clock_wall_ms());
	if (outbox_add(e->outbox, ev, 0, 0))
		dbmeta_set_u64(e->db, "advert.created_at", at);
	turn_leave(e->turn, true);
	a->last_ms = mono_ms;
	a->was_full = is_full(e);
	log_event(LOG_INFO, "advert.published", "full=%d depth=%llu software=%zu",
		  a->was_full, (unsigned long long)shown_depth(e), a->nsoftware);
}

void advertise_look(struct advertise *a)
{
	struct engine *e = a->e;
	uint64_t now = clock_mono_ms();
	uint64_t age = now - a->last_ms;
	size_t nsoftware;
	bool due;

	/* a first one that says too little would hide a good one from an earlier run */
	if (!e->has_worker || !software_is_known(e->software) ||
	    !bridgelink_is_up(e->bridge) || clockwatch_is_frozen(e->clock))
		return;
	(void)software_list(e->software, &nsoftware);
	due = a->last_ms == 0 || age >= HEARTBEAT_MS ||
	      (is_full(e) != a->was_full && age >= FULL_GAP_MS) ||
	      (nsoftware != a->nsoftware && age >= GAP_MS);
	if (!due)
		return;
	a->nsoftware = nsoftware;
	publish(a, now);
}
