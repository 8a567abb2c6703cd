/* SPDX-License-Identifier: MIT */
/* loomctl workers: the advertisements on the relays, newest first. What a worker says of
 * itself is a stranger's claim, and is printed as such. */
#include "config.h"

#include "ctl/adread.h"
#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nip19.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ASK_MS = 10000, RECENT_S = 900, ASK_LIMIT = 500 };

/* ---- JSON */

static void add_member(struct buf *out, const char *key, struct str value)
{
	if (out->p[out->n - 1] != '{')
		buf_add_char(out, ',');
	jsonx_add_key(out, key);
	jsonx_add_string(out, value);
}

static void add_prices(struct outrec *r, const struct adread *ad)
{
	auto_buf struct buf list = BUF_INIT(CAP_CTL_LINE);
	struct adread_price p;
	size_t at = 0;

	buf_add_char(&list, '[');
	while (adread_next_price(ad, &at, &p)) {
		buf_add_c(&list, list.n > 1 ? ",{" : "{");
		add_member(&list, "mint", p.mint);
		add_member(&list, "rate", p.rate);
		add_member(&list, "unit", p.unit);
		buf_add_char(&list, '}');
	}
	buf_add_char(&list, ']');
	outrec_raw(r, "price", buf_str(&list));
}

static void add_software(struct outrec *r, const struct adread *ad)
{
	auto_buf struct buf list = BUF_INIT(CAP_CTL_LINE);
	struct adread_software s;
	size_t at = 0;

	buf_add_char(&list, '[');
	while (adread_next_software(ad, &at, &s)) {
		buf_add_c(&list, list.n > 1 ? ",{" : "{");
		add_member(&list, "name", s.name);
		add_member(&list, "version", s.version);
		add_member(&list, "path", s.path);
		buf_add_char(&list, '}');
	}
	buf_add_char(&list, ']');
	outrec_raw(r, "software", buf_str(&list));
}

static void add_number(struct outrec *r, const char *key, uint64_t v)
{
	if (v != ADREAD_NO_NUMBER)
		outrec_uint(r, key, v);
}

static void print_json(const struct adread *ad, struct str npub)
{
	struct outrec r;

	outrec_open(&r, "worker");
	outrec_str(&r, "name", ad->name);
	outrec_str(&r, "npub", npub);
	outrec_id(&r, "hex", &ad->ev->pubkey);
	outrec_str(&r, "description", ad->description);
	add_number(&r, "max_concurrent_jobs", ad->max_jobs);
	add_number(&r, "current_queue_depth", ad->queue_depth);
	add_number(&r, "min_duration", ad->min_s);
	add_number(&r, "max_duration", ad->max_s);
	add_number(&r, "freelist_timeout", ad->free_s);
	outrec_str(&r, "arch", ad->arch);
	add_prices(&r, ad);
	add_software(&r, ad);
	outrec_uint(&r, "created_at", ad->ev->created_at);
	outrec_id(&r, "event", &ad->ev->id);
	outrec_done(&r);
}

/* ---- text */

static void write_prices(struct buf *out, const struct adread *ad)
{
	struct adread_price p;
	size_t at = 0;
	bool any = false;

	while (adread_next_price(ad, &at, &p)) {
		buf_add_c(out, any ? ", " : "  price     ");
		out_escape(out, p.rate);
		buf_add_char(out, ' ');
		out_escape(out, p.unit);
		buf_add_c(out, "/s at ");
		out_escape(out, p.mint);
		any = true;
	}
	buf_add_c(out, any ? "\n" : "  price     none\n");
}

static void write_software(struct buf *out, const struct adread *ad)
{
	struct adread_software s;
	size_t at = 0;
	bool any = false;

	while (adread_next_software(ad, &at, &s)) {
		buf_add_c(out, any ? ", " : "  software  ");
		out_escape(out, s.name);
		if (s.version.n)
			buf_add_char(out, ' ');
		out_escape(out, s.version);
		any = true;
	}
	if (any)
		buf_add_char(out, '\n');
}

static void write_queue(struct buf *out, const struct adread *ad)
{
	if (ad->queue_depth != ADREAD_NO_NUMBER && ad->max_jobs != ADREAD_NO_NUMBER)
		buf_addf(out,
			 "  jobs      %" PRIu64 " there, %" PRIu64 " run side by side\n",
			 ad->queue_depth, ad->max_jobs);
	if (ad->min_s != ADREAD_NO_NUMBER && ad->max_s != ADREAD_NO_NUMBER)
		buf_addf(out, "  duration  %" PRIu64 " to %" PRIu64 " s\n", ad->min_s,
			 ad->max_s);
}

static void print_text(const struct adread *ad, struct str npub)
{
	auto_buf struct buf text = BUF_INIT(CAP_CTL_LINE);
	uint64_t now = clock_wall_s();

	out_escape(&text, ad->name);
	buf_addf(&text, "\n  %.*s\n", STR_ARG(npub));
	if (ad->description.n) {
		buf_add_c(&text, "  ");
		out_escape(&text, ad->description);
		buf_add_char(&text, '\n');
	}
	write_queue(&text, ad);
	write_prices(&text, ad);
	write_software(&text, ad);
	buf_addf(&text, "  seen      %" PRIu64 " s ago\n",
		 now > ad->ev->created_at ? now - ad->ev->created_at : 0);
	out_bytes(buf_str(&text));
}

/* ---- the list */

/* By worker, the newest first. */
static int by_worker(const void *a, const void *b)
{
	const struct nevent *const *x = a;
	const struct nevent *const *y = b;
	int order = id32_cmp(&(*x)->pubkey, &(*y)->pubkey);

	if (order)
		return order;
	return adread_is_newer(*x, *y) ? -1 : 1;
}

static int by_age(const void *a, const void *b)
{
	const struct nevent *const *x = a;
	const struct nevent *const *y = b;

	return adread_is_newer(*x, *y) ? -1 : 1;
}

/* Keep the newest of each worker, at the front; returns how many. */
static size_t keep_newest(struct session_answers *found)
{
	size_t n = 0;

	qsort(found->ev, found->n, sizeof(struct nevent *), by_worker);
	for (size_t i = 0; i < found->n; i++) {
		struct nevent *ev = found->ev[i];

		if (n && id32_eq(&found->ev[n - 1]->pubkey, &ev->pubkey))
			continue;
		found->ev[i] = found->ev[n];
		found->ev[n++] = ev;
	}
	qsort(found->ev, n, sizeof(struct nevent *), by_age);
	return n;
}

static size_t print_all(struct session_answers *found, enum out_form form)
{
	size_t n = found->n ? keep_newest(found) : 0;
	size_t printed = 0;

	for (size_t i = 0; i < n; i++) {
		auto_buf struct buf npub = BUF_INIT(128);
		struct adread ad;

		if (adread_parse(&ad, found->ev[i])) {
			nip19_add_npub(&npub, &found->ev[i]->pubkey);
			if (form == OUT_JSON)
				print_json(&ad, buf_str(&npub));
			else
				print_text(&ad, buf_str(&npub));
			printed++;
		}
		adread_wipe(&ad);
	}
	return printed;
}

static void write_filters(struct buf *out, const struct args *a)
{
	buf_addf(out, "[{\"kinds\":[%d],\"limit\":%d", NKIND_WORKER, ASK_LIMIT);
	if (!args_has(a, "all"))
		buf_addf(out, ",\"since\":%" PRIu64, clock_wall_s() - RECENT_S);
	buf_add_c(out, "}]");
}

static int run(const struct args *a, char *const *envp)
{
	auto_session struct session *s = NULL;
	auto_buf struct buf filters = BUF_INIT(256);
	struct nsign_key auto_key key = {{0}};
	struct session_answers found;
	int status = VERB_OK;

	if (args_nrest(a)) {
		out_remark("workers takes options only");
		return VERB_USAGE;
	}
	if (args_has(a, "key"))
		status = given_key(&key, "key", args_text(a, "key"));
	if (!status)
		status = session_open(&s, a, envp);
	if (status)
		return status;
	if (args_has(a, "key"))
		nclient_set_key(session_client(s), &key);
	write_filters(&filters, a);
	if (!session_ask(s, &found, buf_str(&filters), SESSION_ALL, ASK_MS))
		status = VERB_RELAYS;
	else if (print_all(&found, out_form_of(a)) == 0)
		status = VERB_NOTHING;
	if (status == VERB_NOTHING)
		out_remark("no worker there%s",
			   args_has(a, "all") ? "" : " of the last 15 minutes (--all)");
	session_forget(&found);
	return status;
}

static const struct args_option options[] = {
	{.name = "all",
	 .kind = ARGS_FLAG,
	 .help = "Those too that have not been heard of for 15 minutes."},
	{.name = "key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Your secret key, for relays that want to know who asks."},
	{.name = NULL},
};

const struct verb vworkers_workers = {
	.name = "workers",
	.synopsis = "--relay URL ... [--all]",
	.purpose = "list the workers that advertise on the relays",
	.text = "Lists the newest advertisement (kind 10100) of each worker, newest "
		"first: "
		"name, key, queue, durations, prices and software as the worker states "
		"them. The signatures are checked, the claims cannot be.",
	.examples = "loomctl workers --relay wss://nos.lol",
	.options = {{options, session_options, out_options}},
	.run = run,
};
