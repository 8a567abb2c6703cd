/* SPDX-License-Identifier: MIT */
/* loomctl till export, withdraw, reclaim, import, tokens, token: earned money goes out as Cashu
 * tokens and comes back. Tokens are money: whoever reads one has it. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/outrec.h"
#include "ctl/till.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <jansson.h>

enum { PAGE = 500, DECIDED_S = 120 };

static int usage(const char *text)
{
	out_remark("%s", text);
	return VERB_USAGE;
}

/* ---- printing */

static void print_token(const struct args *a, const json_t *token)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES + 1);
	struct outrec r;

	if (out_form_of(a) != OUT_JSON) {
		buf_add_str(&text, till_text(token, "text"));
		buf_add_char(&text, '\n');
		out_bytes(buf_str(&text));
		return;
	}
	outrec_open(&r, "token");
	outrec_uint(&r, "number", till_number(token, "token"));
	outrec_str(&r, "kind", till_text(token, "kind"));
	outrec_str(&r, "state", till_text(token, "state"));
	outrec_str(&r, "mint", till_text(token, "mint"));
	outrec_uint(&r, "sat", till_number(token, "amount"));
	outrec_uint(&r, "net", till_number(token, "net"));
	outrec_str(&r, "token", till_text(token, "text"));
	outrec_done(&r);
}

/* How an operation has ended. */
static int print_end(const struct args *a, const json_t *doc, const char *done)
{
	struct outsaid state = out_said(till_text(doc, "state"));
	struct outsaid text = out_said(till_text(doc, "text"));
	uint64_t op = till_number(doc, "op");

	if (!str_eq_c(till_text(doc, "state"), "settled")) {
		out_remark("operation %" PRIu64 " is %s: %s (loomctl till pay %" PRIu64
			   ")",
			   op, state.c, text.c, op);
		return VERB_MINT;
	}
	if (!done)
		return VERB_OK;
	if (out_form_of(a) == OUT_JSON)
		till_record("operation", doc);
	else
		out_line("%s: %" PRIu64 " sat, and %" PRIu64 " sat for the mint", done,
			 till_number(doc, "amount") - till_number(doc, "fee"),
			 till_number(doc, "fee"));
	return VERB_OK;
}

static int ask_and_wait(json_t **doc, const struct args *a, char *const *envp,
			size_t type, const void *body)
{
	auto_till struct till *t = NULL;
	int status = till_open(&t, a, envp);

	return status ? status : till_ask(t, doc, type, body, DECIDED_S);
}

/* ---- export */

static int run_export(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	auto_free char *mint =
		str_dup(str_of(args_has(a, "mint") ? args_text(a, "mint") : ""));
	struct ipcadmin_export q = {.mint = mint};
	const json_t *token;
	int status;

	if (args_nrest(a) != 1)
		return usage("want one amount, in sat");
	status = given_amount(&q.amount, args_rest(a, 0));
	if (!status)
		status = ask_and_wait(&doc, a, envp, IPCADMIN_EXPORT, &q);
	if (!status)
		status = print_end(a, doc, NULL);
	if (status)
		return status;
	token = json_object_get(doc, "token");
	out_remark("token %" PRIu64 ": loomctl till reclaim %" PRIu64
		   " takes it back while nobody has redeemed it",
		   till_number(token, "token"), till_number(token, "token"));
	print_token(a, token);
	return VERB_OK;
}

static const struct args_option mint_options[] = {
	{.name = "mint",
	 .kind = ARGS_TEXT,
	 .value = "URL",
	 .help = "Out of what is held there. Without it, the first that has as much."},
	{.name = NULL},
};

const struct verb vtillmove_export = {
	.name = "till export",
	.synopsis = "AMOUNT [--mint URL]",
	.purpose = "take earned money out as a token",
	.text = "Prints a Cashu token of so many sat, to be put into any wallet. When "
		"the till has coins that fit, they are given as they are; else a swap at "
		"the mint makes them, and its fee comes on top. Only what has been "
		"earned "
		"can be taken, never what belongs to a job.\n\n"
		"The token is kept: loomctl till token shows it again. Whoever reads it "
		"can redeem it.",
	.examples = "loomctl till export 1000 > token.txt",
	.options = {{mint_options, till_options, out_options}},
	.run = run_export,
};

/* ---- withdraw */

static int run_withdraw(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	auto_free char *mint =
		str_dup(str_of(args_has(a, "mint") ? args_text(a, "mint") : ""));
	auto_free char *target = NULL;
	struct ipcadmin_withdraw q = {.mint = mint,
				      .has_max_fee = args_has(a, "max-fee")};
	int status = VERB_OK;

	if (args_nrest(a) < 1 || args_nrest(a) > 2)
		return usage(
			"want an invoice, or a Lightning address and an amount in sat");
	target = str_dup(str_of(args_rest(a, 0)));
	q.target = target;
	if (args_nrest(a) == 2)
		status = given_amount(&q.amount, args_rest(a, 1));
	if (!status && q.has_max_fee &&
	    !str_to_u64(str_of(args_text(a, "max-fee")), INT64_MAX, &q.max_fee))
		return usage("--max-fee: want whole sat");
	if (!status)
		status = ask_and_wait(&doc, a, envp, IPCADMIN_WITHDRAW, &q);
	if (!status)
		status = print_end(a, doc, NULL);
	if (status)
		return status;
	if (out_form_of(a) == OUT_JSON)
		till_record("withdrawal", doc);
	else
		out_line("paid: %" PRIu64 " sat, and %" PRIu64
			 " sat for Lightning and the mint",
			 till_number(doc, "paid"),
			 till_number(doc, "routing_fee") + till_number(doc, "fee"));
	return VERB_OK;
}

static const struct args_option withdraw_options[] = {
	{.name = "mint",
	 .kind = ARGS_TEXT,
	 .value = "URL",
	 .help = "Out of what is held there. Without it, where most is held."},
	{.name = "max-fee",
	 .kind = ARGS_TEXT,
	 .value = "SAT",
	 .help = "Most that Lightning may take. Without it WITHDRAW_FEE_PERCENT of the "
		 "configuration counts."},
	{.name = NULL},
};

const struct verb vtillmove_withdraw = {
	.name = "till withdraw",
	.synopsis = "INVOICE | ADDRESS AMOUNT [--mint URL] [--max-fee SAT]",
	.purpose = "pay earned money out over Lightning",
	.text = "Pays a Lightning invoice (lnbc...), or so many sat to a Lightning "
		"address "
		"(name@domain) or LNURL-pay code. One invoice is paid once, across all "
		"mints. When the mint does not say how it ended, the coins stay held "
		"until it does: loomctl till pays --open shows it.",
	.examples = "loomctl till withdraw lnbc210u1p...\n"
		    "loomctl till withdraw me@wallet.example 21000 --max-fee 100",
	.options = {{withdraw_options, till_options, out_options}},
	.run = run_withdraw,
};

/* ---- reclaim, import */

static int run_reclaim(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	struct ipcadmin_reclaim q;
	int status;

	if (args_nrest(a) != 1 ||
	    !str_to_u64(str_of(args_rest(a, 0)), INT64_MAX, &q.token))
		return usage("want the number of a token (loomctl till tokens)");
	status = ask_and_wait(&doc, a, envp, IPCADMIN_RECLAIM, &q);
	return status ? status : print_end(a, doc, "taken back");
}

const struct verb vtillmove_reclaim = {
	.name = "till reclaim",
	.synopsis = "NUMBER",
	.purpose = "take back a token that was exported",
	.text = "Swaps the coins of a token for new ones, so that the token is worth "
		"nothing any more. double_spent means that somebody was quicker. Of a "
		"token that was redeemed in part, the rest can be taken a few minutes "
		"later.",
	.examples = "loomctl till reclaim 3",
	.options = {{till_options, out_options}},
	.run = run_reclaim,
};

static int run_import(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	auto_secret_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES + 1);
	struct ipcadmin_import q;
	int status = VERB_OK;

	if (args_nrest(a) != 1)
		return usage("want one token, or - for stdin");
	if (str_eq_c(str_of(args_rest(a, 0)), "-"))
		status = given_file(&text, "import", "-");
	else
		buf_add_c(&text, args_rest(a, 0));
	if (status)
		return status;
	if (buf_over(&text) || text.n == 0 || text.n > CAP_TOKEN_BYTES)
		return usage("that is no token");
	q.token = text.p;
	status = ask_and_wait(&doc, a, envp, IPCADMIN_IMPORT, &q);
	return status ? status : print_end(a, doc, "put into the till");
}

const struct verb vtillmove_import = {
	.name = "till import",
	.synopsis = "TOKEN|-",
	.purpose = "put a token into the till",
	.text = "Takes a plain Cashu token of one of CASHU_MINT_URL; its coins become "
		"earned money, less the fee of the mint. - reads it from stdin: others "
		"on this machine can read a command line.",
	.examples = "loomctl till import - < token.txt",
	.options = {{till_options, out_options}},
	.run = run_import,
};

/* ---- tokens, token */

static void print_token_line(const struct args *a, const json_t *row)
{
	struct outsaid kind = out_said(till_text(row, "kind"));
	struct outsaid state = out_said(till_text(row, "state"));
	struct outsaid mint = out_said(till_text(row, "mint"));
	struct outclock at = out_day(till_number(row, "made_at"));

	if (out_form_of(a) == OUT_JSON)
		till_record("given", row);
	else
		out_line("%6" PRIu64 "  %s  %-7s %-9s %10" PRIu64 "  %s",
			 till_number(row, "token"), at.c, kind.c, state.c,
			 till_number(row, "amount"), mint.c);
}

static int run_tokens(const struct args *a, char *const *envp)
{
	auto_till struct till *t = NULL;
	struct ipcadmin_tokens q = {.limit = PAGE};
	int status = args_nrest(a) ? usage("tokens takes options only")
				   : till_open(&t, a, envp);

	while (!status) {
		auto_json json_t *doc = NULL;
		const json_t *items;

		status = till_ask(t, &doc, IPCADMIN_TOKENS, &q, 0);
		items = json_object_get(doc, "items");
		for (size_t i = 0; i < json_array_size(items); i++)
			print_token_line(a, json_array_get(items, i));
		q.cursor = till_number(doc, "next_cursor");
		if (q.cursor == 0)
			break;
	}
	return status;
}

const struct verb vtillmove_tokens = {
	.name = "till tokens",
	.synopsis = "",
	.purpose = "list the tokens that left the till",
	.text = "Lists exported tokens and customers' change, the newest first, without "
		"their text. out: nobody has redeemed it, as far as we know; mints are "
		"asked every ten minutes.",
	.examples = "loomctl till tokens",
	.options = {{till_options, out_options}},
	.run = run_tokens,
};

static int run_token(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	struct ipcadmin_token q;
	int status;

	if (args_nrest(a) != 1 ||
	    !str_to_u64(str_of(args_rest(a, 0)), INT64_MAX, &q.token))
		return usage("want the number of a token (loomctl till tokens)");
	status = till_ask_once(&doc, a, envp, IPCADMIN_TOKEN, &q);
	if (!status)
		print_token(a, doc);
	return status;
}

const struct verb vtillmove_token = {
	.name = "till token",
	.synopsis = "NUMBER",
	.purpose = "show a token that left the till",
	.text = "Prints the text of a token again. Customers' change is theirs: it is "
		"shown so that a lost one can be sent to them.",
	.examples = "loomctl till token 3",
	.options = {{till_options, out_options}},
	.run = run_token,
};
