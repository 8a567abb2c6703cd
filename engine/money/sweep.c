/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/sweep.h"

#include "engine/engine.h"
#include "engine/money/lane.h"
#include "engine/money/lnaddr.h"
#include "engine/money/melt.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/proto/amount.h"
#include "lib/proto/lnurl.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>

enum {
	LOOK_EVERY_MS = 60000,
	AGAIN_AFTER_MS = 3600000, /* after one that did not go out */
};

/* One at a time; what is asked for is forgotten by a restart, what is journalled not. */
static struct {
	uint64_t next_ms;
	uint64_t mint; /* being swept; 0: none */
	uint64_t amount;
} now;

enum lerr_code sweep_check_conf(const struct conf *c, struct lerr *err)
{
	struct str address = str_of(conf_text(c, CONF_SWEEP_ADDRESS));
	struct lnurl_url url;
	struct lerr why = {0};

	if (address.n && lnurl_address(&url, address, &why))
		return conf_refuse(c, CONF_SWEEP_ADDRESS, err, "%s", why.msg);
	return LERR_OK;
}

static void failed(const char *why)
{
	log_event(LOG_WARN, "sweep.failed", "amount=%" PRIu64 " why=%s", now.amount,
		  log_text(str_of(why)).c);
	now.mint = 0;
	now.next_ms = clock_mono_ms() + crash_hurry(AGAIN_AFTER_MS);
}

static void on_journalled(struct money *m, void *ctx, uint64_t op, const struct lerr *err)
{
	(void)m;
	(void)ctx;
	if (err) {
		failed(err->msg);
		return;
	}
	log_event(LOG_INFO, "sweep.sent", "op=%" PRIu64 " amount=%" PRIu64, op,
		  now.amount);
	now.mint = 0;
}

static void on_invoice(struct money *m, void *ctx, struct str invoice,
		       const struct lerr *err)
{
	struct melt_ask ask = {.invoice = invoice,
			       .mint = now.mint,
			       .max_fee = melt_fee_cap(m, now.amount),
			       .target = conf_text(m->e->conf, CONF_SWEEP_ADDRESS)};
	struct lerr why = {0};

	(void)ctx;
	if (err)
		failed(err->msg);
	else if (melt_pay(m, &ask, on_journalled, NULL, &why))
		failed(why.msg);
}

/* All but what routing and the coins themselves may cost. */
static uint64_t amount_to_sweep(struct money *m, const struct mint *mint,
				struct dbproof_sum sum)
{
	const struct keyset *k = mints_output_keyset(mint);
	uint64_t fee = melt_fee_cap(m, sum.amount);

	if (!k || !amount_add(&fee, keyset_fee_of(k, sum.n)))
		return 0;
	return amount_left(sum.amount, fee);
}

static void start(struct money *m, const struct mint *mint, uint64_t amount)
{
	struct lerr err = {0};

	now.mint = mint->number;
	now.amount = amount;
	if (lnaddr_invoice(m, str_of(conf_text(m->e->conf, CONF_SWEEP_ADDRESS)), amount,
			   on_invoice, NULL, &err))
		failed(err.msg);
}

void sweep_tick(struct money *m)
{
	uint64_t above = conf_uint(m->e->conf, CONF_SWEEP_ABOVE);
	uint64_t mono = clock_mono_ms();

	if (above == 0 || now.mint || mono < now.next_ms)
		return;
	now.next_ms = mono + crash_hurry(LOOK_EVERY_MS);
	for (size_t i = 0; i < mints_count(m->mints); i++) {
		const struct mint *mint = mints_at(m->mints, i);
		struct dbproof_sum sum = dbproof_free_earned(m->e->db, mint->number);
		uint64_t amount = amount_to_sweep(m, mint, sum);

		if (sum.amount <= above || amount == 0 || !mint->info.melt_bolt11 ||
		    lane_count(m->lane, mint->number, DBPAY_MELT))
			continue;
		start(m, mint, amount);
		return;
	}
}
