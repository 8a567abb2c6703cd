/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pay.h"

#include "ctl/adread.h"
#include "ctl/outrec.h"
#include "ctl/pursedb.h"
#include "ctl/pursetake.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/db.h"
#include "lib/store/dbbill.h"

#include <inttypes.h>
#include <string.h>

enum { ASK_MS = 10000, LOCK_S = 2 * 86400, LOCK_MAX_S = 366 * 86400, AD_LIMIT = 20 };

const struct args_option pay_options[] = {
	{.name = "pay",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = 31536000,
	 .help = "Pay for so many seconds with coins of the purse, at the worker's "
		 "advertised price. What is not used comes back as change."},
	{.name = "max-price",
	 .kind = ARGS_UINT,
	 .value = "SAT",
	 .max = AMOUNT_MAX,
	 .help = "With --pay: send nothing when it costs more."},
	{.name = "lock",
	 .kind = ARGS_FLAG,
	 .help = "With --pay: lock the payment to the worker's key, and ask for change "
		 "that is locked to a key of the purse. Nobody who reads the events can "
		 "take either; not all workers know this."},
	{.name = "locktime",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = LOCK_MAX_S,
	 .help = "With --lock: when nothing has happened for so long, the purse can take "
		 "the payment back (172800, two days, without this option)."},
	{.name = "no-change",
	 .kind = ARGS_FLAG,
	 .help = "With --pay and --follow: leave the change where it is (loomctl "
		 "change)."},
	{.name = NULL},
};

const char *pay_fault(const struct args *a)
{
	static const char *const belong[] = {"max-price", "lock", "no-change"};

	if (args_has(a, "pay") && args_has(a, "payment"))
		return "--pay and --payment: one of them";
	if (args_has(a, "pay") && args_uint(a, "pay", 0) == 0)
		return "--pay wants at least one second";
	for (size_t i = 0; i < ARRAY_LEN(belong) && !args_has(a, "pay"); i++)
		if (args_has(a, belong[i]))
			return "--max-price, --lock and --no-change belong to --pay";
	if (args_has(a, "locktime") && !args_has(a, "lock"))
		return "--locktime belongs to --lock";
	return NULL;
}

void pay_wipe(struct pay *y)
{
	dbproof_wipe(&y->coins);
	pursemint_wipe(&y->mint);
	buf_wipe(&y->token);
	purse_close_ptr(&y->p);
}

/* ---- the price */

/* Of one price tag: the mint in our spelling and what it costs; false: none for us. */
static bool read_price(const struct adread_price *price, uint64_t seconds,
		       struct buf *url, uint64_t *cost)
{
	struct lerr err = {0};

	if (!str_eq_c(price->unit, "sat") || !adread_cost(cost, price->rate, seconds))
		return false;
	if (mintmsg_url(url, price->mint, &err) == LERR_OK)
		return true;
	buf_reset(url);
	return mintmsg_url(url, price->also_mint, &err) == LERR_OK;
}

struct choice {
	uint64_t mint; /* 0: none yet */
	uint64_t cost;
	struct str rate;
	uint64_t wanted; /* the least that it costs anywhere; 0: nothing is for sale */
	struct buf where;
};

static void consider(struct pay *y, struct choice *c, const struct adread_price *price)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	auto_mint struct pursemint known = {.number = 0};
	struct lerr err = {0};
	uint64_t cost;

	if (!read_price(price, y->job.seconds, &url, &cost))
		return;
	if (!c->wanted || cost < c->wanted) {
		c->wanted = cost;
		buf_reset(&c->where);
		buf_add_str(&c->where, buf_str(&url));
	}
	if (pursemint_find(y->p, &known, buf_str(&url), &err) ||
	    pursedb_sums(y->p->d, known.number).free < cost)
		return;
	if (!c->mint || cost < c->cost) {
		c->mint = known.number;
		c->cost = cost;
		c->rate = price->rate;
	}
}

static int check_duration(const struct pay *y, const struct adread *ad)
{
	if (ad->min_s != ADREAD_NO_NUMBER && y->job.seconds < ad->min_s) {
		out_remark("the worker sells at least %" PRIu64 " s", ad->min_s);
		return VERB_USAGE;
	}
	if (ad->max_s != ADREAD_NO_NUMBER && y->job.seconds > ad->max_s)
		out_remark("the worker runs a job for %" PRIu64
			   " s at most: what is paid beyond comes back as change",
			   ad->max_s);
	return VERB_OK;
}

static int say_no_price(const struct choice *c)
{
	if (c->wanted)
		out_remark("it costs %" PRIu64 " sat of %s, and the purse has not as "
			   "much: loomctl wallet mint %" PRIu64 " --mint %s",
			   c->wanted, c->where.p, c->wanted, c->where.p);
	else
		out_remark("the worker advertises no price in sat: nothing can be paid");
	return c->wanted ? VERB_FUNDS : VERB_NOTHING;
}

static int choose_price(struct pay *y, const struct adread *ad)
{
	struct choice c = {.where = BUF_INIT(CAP_URL_BYTES)};
	struct adread_price price;
	size_t at = 0;
	int status = check_duration(y, ad);

	while (!status && adread_next_price(ad, &at, &price))
		consider(y, &c, &price);
	if (!status && !c.mint)
		status = say_no_price(&c);
	if (!status && c.cost > args_uint(y->a, "max-price", AMOUNT_MAX)) {
		out_remark("it costs %" PRIu64 " sat: more than --max-price", c.cost);
		status = VERB_FUNDS;
	}
	if (!status) {
		y->job.mint = c.mint;
		y->job.paid = c.cost;
		str_copy(y->job.rate, sizeof(y->job.rate), c.rate);
	}
	buf_free(&c.where);
	return status;
}

/* The newest advertisement of the worker that is one. */
static const struct nevent *newest(const struct session_answers *found)
{
	const struct nevent *best = NULL;

	for (size_t i = 0; i < found->n; i++) {
		struct adread ad;

		if (adread_parse(&ad, found->ev[i]) &&
		    (!best || adread_is_newer(found->ev[i], best)))
			best = found->ev[i];
		adread_wipe(&ad);
	}
	return best;
}

static int find_price(struct pay *y, struct session *s)
{
	auto_buf struct buf filters = BUF_INIT(256);
	struct session_answers found;
	const struct nevent *ev;
	struct adread ad;
	int status = VERB_OK;

	buf_addf(&filters, "[{\"kinds\":[%d],\"authors\":[\"%s\"],\"limit\":%d}]",
		 NKIND_WORKER, id32_hex(&y->job.worker).c, AD_LIMIT);
	if (!session_ask(s, &found, buf_str(&filters), SESSION_ALL, ASK_MS))
		status = VERB_RELAYS;
	ev = newest(&found);
	if (!status && ev && adread_parse(&ad, ev)) {
		status = choose_price(y, &ad);
		adread_wipe(&ad);
	} else if (!status) {
		out_remark("the worker has no advertisement on these relays: its price "
			   "is not known");
		status = VERB_NOTHING;
	}
	session_forget(&found);
	return status;
}

/* ---- the coins */

static int failed(const struct lerr *err)
{
	out_remark("not paid: %s", err->msg);
	return purse_status(err);
}

static int make_locked(struct pay *y)
{
	struct pursecoin_lock lock = {.key = ecpoint_from_x(&y->job.worker)};
	struct lerr err = {0};

	if (!ecpoint_is_valid(&lock.key)) {
		out_remark("the worker's key is none that coins can be locked to");
		return VERB_USAGE;
	}
	db_begin(y->p->d);
	pursedb_make_key(y->p->d, &y->key, clock_wall_s());
	db_commit(y->p->d);
	lock.refund = y->key;
	lock.locktime_s = clock_wall_s() + args_uint(y->a, "locktime", LOCK_S);
	y->job.locktime_s = lock.locktime_s;
	if (pursecoin_lock(y->p, &y->mint, &y->job.token, y->job.paid, &lock, &err))
		return failed(&err);
	return VERB_OK;
}

static int make_coins(struct pay *y)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct lerr err = {0};

	pursemint_url(y->p, &url, y->job.mint);
	if (pursemint_ask(y->p, &y->mint, buf_str(&url), &err))
		return failed(&err);
	if (y->locked)
		return make_locked(y);
	return pursecoin_exact(y->p, &y->mint, &y->coins, y->job.paid, &err)
		       ? failed(&err)
		       : VERB_OK;
}

int pay_prepare(struct pay *y, struct session *s, const struct args *a, char *const *envp,
		const struct id32 *worker)
{
	int status;

	*y = (struct pay){.a = a, .locked = args_has(a, "lock")};
	buf_init(&y->token, CAP_TOKEN_BYTES);
	y->job.worker = *worker;
	y->job.seconds = args_uint(a, "pay", 0);
	status = purse_open(&y->p, a, envp);
	if (!status)
		status = find_price(y, s);
	return status ? status : make_coins(y);
}

void pay_give(struct pay *y)
{
	db_begin(y->p->d);
	if (!y->locked)
		y->job.token = pursecoin_give(y->p, y->job.mint, &y->coins);
	if (!dbbill_get_token_text(y->p->d, y->job.token, &y->token))
		panic("a token of the purse is gone");
}

void pay_undo(struct pay *y)
{
	db_rollback(y->p->d);
	if (y->locked)
		out_remark("the token of %" PRIu64 " sat that was made is locked; wallet "
			   "history --json prints it, and wallet receive takes it back "
			   "from %s on",
			   y->job.paid, out_day(y->job.locktime_s).c);
}

static void add_relays(struct pursejob *j, struct session *s)
{
	auto_buf struct buf list = BUF_INIT(sizeof(j->relays) - 1);

	for (size_t i = 0; i < nclient_count(session_client(s)); i++) {
		const char *url = nclient_url(session_client(s), i);

		/* whole names only */
		if (list.n + strlen(url) + 1 < sizeof(j->relays))
			buf_addf(&list, "%s%s", list.n ? " " : "", url);
	}
	str_copy(j->relays, sizeof(j->relays), buf_str(&list));
}

void pay_keep(struct pay *y, struct session *s, const struct nevent *request)
{
	y->job.id = request->id;
	y->job.customer = request->pubkey;
	y->job.state = PURSEJOB_MADE;
	y->job.made_at_s = request->created_at;
	add_relays(&y->job, s);
	pursejob_insert(y->p->d, &y->job);
	pursedb_set_paid(y->p->d, y->job.token, y->job.seq);
	db_commit(y->p->d);
}

/* ---- the end */

void pay_print(const struct pay *y, enum out_form form)
{
	struct outrec r;

	if (form == OUT_NOTHING)
		return;
	if (form == OUT_TEXT) {
		out_line("paid %" PRIu64 " sat for %" PRIu64
			 " s (%s sat a second), coins of %s%s",
			 y->job.paid, y->job.seconds, out_said(str_of(y->job.rate)).c,
			 y->mint.url, y->locked ? ", locked to the worker" : "");
		return;
	}
	outrec_open(&r, "payment");
	outrec_id(&r, "job", &y->job.id);
	outrec_str(&r, "mint", str_of(y->mint.url));
	outrec_uint(&r, "sat", y->job.paid);
	outrec_uint(&r, "seconds", y->job.seconds);
	outrec_str(&r, "rate", str_of(y->job.rate));
	outrec_bool(&r, "locked", y->locked);
	outrec_done(&r);
}

static void set_state(struct pay *y, enum pursejob_state state)
{
	y->job.state = state;
	db_begin(y->p->d);
	pursejob_set(y->p->d, &y->job);
	db_commit(y->p->d);
}

/* It left this machine, and a relay that did not take it may have read it: nobody else
 * can spend the token once it is swapped. */
static void take_back(struct pay *y)
{
	struct pursetake_sum sum;
	struct lerr err = {0};

	if (pursetake_back(y->p, &sum, y->job.token, &err)) {
		out_remark("the payment is still out: %s (loomctl change takes it back)",
			   err.msg);
		return;
	}
	set_state(y, PURSEJOB_BACK);
	out_remark("the payment is back in the purse; the mint took %" PRIu64
		   " sat for that",
		   sum.fee);
}

void pay_published(struct pay *y, struct session *s, bool taken)
{
	if (!taken)
		nclient_unpublish(session_client(s));
	if (taken) {
		set_state(y, PURSEJOB_SENT);
	} else if (y->locked) {
		out_remark("the payment is locked to the worker: loomctl change takes it "
			   "back from %s on",
			   out_day(y->job.locktime_s).c);
	} else if (nclient_was_sent(session_client(s))) {
		take_back(y);
	} else {
		pursecoin_ungive(y->p, y->job.token);
		set_state(y, PURSEJOB_BACK);
		out_remark("the payment is back in the purse: it never left");
	}
}
