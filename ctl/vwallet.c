/* SPDX-License-Identifier: MIT */
/* loomctl wallet: what is in the purse of a customer, and what became of the rest. */
#include "config.h"

#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/purse.h"
#include "ctl/pursedb.h"
#include "ctl/pursejob.h"
#include "ctl/pursemint.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/store/dbbill.h"

#include <inttypes.h>

/* ---- balance */

static void print_balance(struct purse *p, enum out_form form, uint64_t mint)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct pursedb_sums s = pursedb_sums(p->d, mint);
	struct outrec r;

	pursemint_url(p, &url, mint);
	if (form == OUT_JSON) {
		outrec_open(&r, "balance");
		outrec_str(&r, "mint", buf_str(&url));
		outrec_uint(&r, "sat", s.free);
		outrec_uint(&r, "held", s.held);
		outrec_uint(&r, "out", s.out);
		outrec_done(&r);
		return;
	}
	out_line("%" PRIu64 " sat at %s", s.free, url.p);
	if (s.held)
		out_line("  %" PRIu64 " sat more are on their way", s.held);
	if (s.out)
		out_line("  %" PRIu64 " sat are out in tokens", s.out);
}

static int run_balance(const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = NULL;
	int status;
	bool any = false;

	if (args_nrest(a)) {
		out_remark("there is no wallet %s (loomctl help)",
			   out_said(str_of(args_rest(a, 0))).c);
		return VERB_USAGE;
	}
	status = purse_open(&p, a, envp);
	if (status)
		return status;
	for (uint64_t m = pursemint_next(p, 0); m; m = pursemint_next(p, m)) {
		print_balance(p, out_form_of(a), m);
		any = true;
	}
	if (!any)
		out_remark("the purse is empty: loomctl wallet mint, or receive");
	return VERB_OK;
}

static const char balance_text[] =
	"Prints what the purse has at each mint. A purse holds Cashu coins: whoever has "
	"the file can spend them, so it is readable by its owner alone, and no second "
	"loomctl uses it at the same time.\n\n"
	"Before anything else every verb that opens the purse finishes what an earlier "
	"run has left open: the mint is asked what it has signed, and what is not "
	"certain "
	"stays as it is.";

const struct verb vwallet_wallet = {
	.name = "wallet",
	.synopsis = "[--purse FILE]",
	.purpose = "print what the purse of a customer has",
	.text = balance_text,
	.examples = "loomctl wallet",
	.options = {{purse_options, purse_ca_options, out_options}},
	.run = run_balance,
};

const struct verb vwallet_balance = {
	.name = "wallet balance",
	.synopsis = "[--purse FILE]",
	.purpose = "the same",
	.text = balance_text,
	.examples = "loomctl wallet balance --json",
	.options = {{purse_options, purse_ca_options, out_options}},
	.run = run_balance,
};

/* ---- history */

struct listing {
	struct purse *p;
	enum out_form form;
};

/* The text of a token that nobody has redeemed, as far as we know. */
static bool get_out_token(struct purse *p, struct buf *out, uint64_t token)
{
	struct dbbill_token t;

	return token && dbbill_get_token(p->d, &t, token) &&
	       t.state == DBBILL_TOKEN_OUT && dbbill_get_token_text(p->d, token, out);
}

static void print_movement_json(struct purse *p, const struct pursedb_row *row,
				struct str url)
{
	auto_secret_buf struct buf token = BUF_INIT(CAP_TOKEN_BYTES);
	struct pursejob job;
	struct outrec r;

	outrec_open(&r, "movement");
	outrec_uint(&r, "at", row->at_s);
	outrec_str(&r, "what", str_of(pursedb_what_name(row->what)));
	outrec_str(&r, "mint", url);
	outrec_uint(&r, "got", row->got);
	outrec_uint(&r, "gave", row->gave);
	outrec_uint(&r, "fee", row->fee);
	if (row->job && pursejob_get_seq(p->d, &job, row->job))
		outrec_id(&r, "job", &job.id);
	if (get_out_token(p, &token, row->token))
		outrec_str(&r, "token", buf_str(&token));
	outrec_done(&r);
}

static void print_movement_text(struct purse *p, const struct pursedb_row *row,
				struct str url)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_TEXT);
	struct pursejob job;

	buf_addf(&line, "%s  %-8s", out_day(row->at_s).c, pursedb_what_name(row->what));
	if (row->got)
		buf_addf(&line, " +%" PRIu64, row->got);
	if (row->gave)
		buf_addf(&line, " -%" PRIu64, row->gave);
	if (row->fee)
		buf_addf(&line, " fee %" PRIu64, row->fee);
	buf_addf(&line, "  %.*s", STR_ARG(url));
	if (row->job && pursejob_get_seq(p->d, &job, row->job))
		buf_addf(&line, "  job %s", id32_short(&job.id).c);
	out_line("%s", line.p);
}

static void print_movement(void *ctx, const struct pursedb_row *row)
{
	const struct listing *l = ctx;
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);

	pursemint_url(l->p, &url, row->mint);
	if (l->form == OUT_JSON)
		print_movement_json(l->p, row, buf_str(&url));
	else
		print_movement_text(l->p, row, buf_str(&url));
}

static int run_history(const struct args *a, char *const *envp)
{
	auto_purse struct purse *p = NULL;
	struct listing l = {.form = out_form_of(a)};
	int status;

	if (args_nrest(a)) {
		out_remark("wallet history takes options only");
		return VERB_USAGE;
	}
	status = purse_open(&p, a, envp);
	if (status)
		return status;
	l.p = p;
	pursedb_each(p->d, 0, print_movement, &l);
	return VERB_OK;
}

const struct verb vwallet_history = {
	.name = "wallet history",
	.synopsis = "[--purse FILE]",
	.purpose = "print what came into the purse and what left it",
	.text = "Prints every movement, oldest first: coins that were minted or "
		"received, "
		"tokens that were sent or paid for a job, change, and what the mints "
		"took "
		"as fees. With --json, tokens that nobody has redeemed yet are printed "
		"whole: whoever reads one can spend it.",
	.examples = "loomctl wallet history --text",
	.options = {{purse_options, purse_ca_options, out_options}},
	.run = run_history,
};
