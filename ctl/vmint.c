/* SPDX-License-Identifier: MIT */
/* loomctl wallet mint: coins for an invoice that somebody pays. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/purse.h"
#include "ctl/purseissue.h"
#include "ctl/pursemint.h"
#include "ctl/verb.h"

#include <inttypes.h>

enum { WAIT_S = 300, WAIT_MAX_S = 604800 };

struct minting {
	const struct args *a;
	struct purse *p;
	struct pursemint mint;
	enum out_form form;
};

static void print_invoice(const struct minting *k, const struct pursequote *q)
{
	struct outrec r;

	if (k->form != OUT_JSON) {
		out_line("pay this invoice (%" PRIu64 " sat):", q->amount);
		out_line("%s", out_said(str_of(q->request)).c);
		return;
	}
	outrec_open(&r, "invoice");
	outrec_str(&r, "mint", str_of(k->mint.url));
	outrec_uint(&r, "sat", q->amount);
	outrec_str(&r, "request", str_of(q->request));
	if (q->expiry_s)
		outrec_uint(&r, "expiry", q->expiry_s);
	outrec_done(&r);
}

static void print_minted(const struct minting *k, const struct pursequote *q)
{
	struct outrec r;

	if (k->form != OUT_JSON) {
		out_line("%" PRIu64 " sat are in the purse", q->amount);
		return;
	}
	outrec_open(&r, "minted");
	outrec_str(&r, "mint", str_of(k->mint.url));
	outrec_uint(&r, "sat", q->amount);
	outrec_done(&r);
}

/* From an invoice that is in the purse to its coins. */
static int go_on(struct minting *k, struct pursequote *q)
{
	uint64_t ms = args_uint(k->a, "timeout", WAIT_S) * 1000;
	struct lerr err = {0};
	enum lerr_code rc;

	print_invoice(k, q);
	rc = purseissue_wait(k->p, &k->mint, q, ms, &err);
	if (!rc)
		rc = purseissue_mint(k->p, &k->mint, q, &err);
	if (!rc) {
		print_minted(k, q);
		return VERB_OK;
	}
	out_remark("%s%s", err.msg, rc == LERR_STATE ? "; run it again to go on" : "");
	return rc == LERR_GONE ? VERB_NOTHING : purse_status(&err);
}

static int mint_new(struct minting *k, uint64_t amount)
{
	auto_quote struct pursequote q = {.request = NULL};
	struct lerr err = {0};

	if (purseissue_quote(k->p, &k->mint, &q, amount, &err)) {
		out_remark("%s", err.msg);
		return purse_status(&err);
	}
	return go_on(k, &q);
}

/* Invoices of earlier runs: of this amount the first, else all of them. One that has ended
 * unpaid leads to a new one. */
static int mint_all(struct minting *k, uint64_t amount)
{
	int status = VERB_NOTHING;
	uint64_t seq = 0;

	for (;;) {
		auto_quote struct pursequote q = {.request = NULL};

		if (!pursequote_next_open(k->p->d, &q, k->mint.number, amount, seq))
			break;
		/* its operation is open, and was said to be */
		seq = q.seq;
		if (q.op) {
			status = VERB_LATE;
			continue;
		}
		status = go_on(k, &q);
		if (status != VERB_OK && status != VERB_NOTHING)
			return status;
		if (amount && status == VERB_OK)
			return status;
	}
	if (status == VERB_NOTHING && amount)
		return mint_new(k, amount);
	if (status == VERB_NOTHING)
		out_remark("there is no unfinished invoice: give an amount");
	return status;
}

static int find_mint(struct minting *k)
{
	const char *url = args_text(k->a, "mint");
	auto_buf struct buf known = BUF_INIT(1024);
	uint64_t only = pursemint_next(k->p, 0);
	struct lerr err = {0};

	if (!url && (!only || pursemint_next(k->p, only))) {
		out_remark("want --mint URL");
		return VERB_USAGE;
	}
	if (!url)
		pursemint_url(k->p, &known, only);
	if (pursemint_ask(k->p, &k->mint, url ? str_of(url) : buf_str(&known), &err)) {
		out_remark("%s", err.msg);
		return purse_status(&err);
	}
	return VERB_OK;
}

static int run(const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = NULL;
	struct minting k = {.a = a, .form = out_form_of(a)};
	uint64_t amount = 0;
	int status = VERB_OK;

	if (args_nrest(a) > 1) {
		out_remark("want one amount");
		status = VERB_USAGE;
	} else if (args_nrest(a) == 1) {
		status = given_amount(&amount, args_rest(a, 0));
	}
	if (!status)
		status = purse_open(&p, a, envp);
	if (status)
		return status;
	k.p = p;
	status = find_mint(&k);
	if (!status)
		status = mint_all(&k, amount);
	pursemint_wipe(&k.mint);
	return status;
}

static const struct args_option options[] = {
	{.name = "mint",
	 .kind = ARGS_TEXT,
	 .value = "URL",
	 .help = "The mint (https://, or http:// on this machine). Not needed when the "
		 "purse knows one alone."},
	{.name = "timeout",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = WAIT_MAX_S,
	 .help = "Wait that long for the payment (300 without this option)."},
	{.name = NULL},
};

const struct verb vmint_mint = {
	.name = "wallet mint",
	.synopsis = "[AMOUNT] --mint URL",
	.purpose = "get coins for an invoice that is paid",
	.text = "Asks the mint for a Lightning invoice of AMOUNT sat, prints it, waits "
		"until "
		"somebody has paid it, and puts the coins into the purse. Test mints pay "
		"their invoices themselves.\n\n"
		"When it ends before the invoice is paid, run it again with the same "
		"amount: the same invoice is waited for. Without an amount it goes on "
		"with all that are unfinished.",
	.examples = "loomctl wallet mint 1000 --mint https://mint.example.com",
	.options = {{options, purse_options, purse_ca_options, out_options}},
	.run = run,
};
