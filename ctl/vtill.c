/* SPDX-License-Identifier: MIT */
/* loomctl till: what a worker has earned, and its books. */
#include "config.h"

#include "ctl/out.h"
#include "ctl/till.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

enum { PAGE = 500, CHECK_S = 600 };

static int want_no_words(const struct args *a)
{
	if (args_nrest(a) == 0)
		return VERB_OK;
	out_remark("there is no till %s (loomctl help till)",
		   out_said(str_of(args_rest(a, 0))).c);
	return VERB_USAGE;
}

/* The one word of the verb, as a number. */
static int want_number(uint64_t *out, const struct args *a, const char *of_what)
{
	if (args_nrest(a) == 1 && str_to_u64(str_of(args_rest(a, 0)), INT64_MAX, out))
		return VERB_OK;
	out_remark("want the number of %s", of_what);
	return VERB_USAGE;
}

/* A stranger's text, at the end of a line. */
static const char *said(struct outsaid *buffer, const json_t *obj, const char *key)
{
	*buffer = out_said(till_text(obj, key));
	return buffer->c;
}

static const char *when(struct outclock *buffer, const json_t *obj, const char *key)
{
	uint64_t s = till_number(obj, key);

	if (s == 0)
		return "never";
	*buffer = out_day(s);
	return buffer->c;
}

/* ---- till */

static void print_mint(const json_t *mint)
{
	const json_t *balance = json_object_get(mint, "balance");
	const json_t *out = json_object_get(mint, "tokens_out");
	struct outsaid url;
	struct outsaid why;
	struct outclock at;

	out_line("%12" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %-8s %-16s %s",
		 till_number(balance, "earned"), till_number(balance, "jobs"),
		 till_number(out, "amount"), said(&why, balance, "state"),
		 when(&at, balance, "as_of"), said(&url, mint, "url"));
	if (!str_eq_c(till_text(mint, "word"), "admitted"))
		out_line("             not accepted now: %s %s",
			 str_eq_c(till_text(mint, "word"), "refused") ? "refused:"
								      : "not asked yet",
			 said(&why, mint, "why"));
}

static void print_wallet(const json_t *doc)
{
	const json_t *owed = json_object_get(doc, "owed");
	const json_t *mints = json_object_get(doc, "mints");

	out_line("%12s %10s %10s  %-8s %-16s %s", "earned", "jobs'", "out", "certain",
		 "as of", "mint");
	for (size_t i = 0; i < json_array_size(mints); i++)
		print_mint(json_array_get(mints, i));
	if (till_number(owed, "n"))
		out_line("%" PRIu64 " sat of change are owed, for %" PRIu64 " jobs",
			 till_number(owed, "amount"), till_number(owed, "n"));
	if (till_number(doc, "open"))
		out_line("%" PRIu64 " operations are open (loomctl till pays --open)",
			 till_number(doc, "open"));
	if (till_number(doc, "attention"))
		out_line("%" PRIu64 " of them need you (operating.md, \"Money\")",
			 till_number(doc, "attention"));
}

static int run_till(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	int status = want_no_words(a);

	if (!status)
		status = till_ask_once(&doc, a, envp, IPCADMIN_WALLET, NULL);
	if (status)
		return status;
	if (out_form_of(a) == OUT_JSON)
		till_record("till", doc);
	else
		print_wallet(doc);
	return VERB_OK;
}

const struct verb vtill_till = {
	.name = "till",
	.synopsis = "[--config FILE]",
	.purpose = "print what a worker has earned",
	.text = "Prints, for each mint, what has been earned, what belongs to jobs that "
		"have not settled, and what is out in tokens. A balance is known while "
		"its mint answers, stale when the last request to it failed, and unknown "
		"after ten minutes without an answer.\n\n"
		"The till verbs are the operator's: they speak to the engine on this "
		"machine, as root or as the engine's own user. The wallet verbs are a "
		"customer's purse.",
	.examples = "loomctl till\n"
		    "loomctl till --json | jq .mints[].balance",
	.options = {{till_options, out_options}},
	.run = run_till,
};

/* ---- pages */

/* All rows, the newest first, page by page. */
static int each_row(const struct args *a, char *const *envp, size_t type,
		    void (*ask)(void *body, uint64_t limit, uint64_t cursor), void *body,
		    void (*each)(const struct args *a, const json_t *row))
{
	auto_till struct till *t = NULL;
	uint64_t left = args_uint(a, "limit", INT64_MAX);
	uint64_t cursor = 0;
	int status = want_no_words(a);

	if (!status)
		status = till_open(&t, a, envp);
	while (!status && left) {
		auto_json json_t *doc = NULL;
		const json_t *items;

		ask(body, left < PAGE ? left : PAGE, cursor);
		status = till_ask(t, &doc, type, body, 0);
		if (status)
			break;
		items = json_object_get(doc, "items");
		for (size_t i = 0; i < json_array_size(items); i++)
			each(a, json_array_get(items, i));
		left -= json_array_size(items);
		cursor = till_number(doc, "next_cursor");
		if (cursor == 0)
			break;
	}
	return status;
}

static const struct args_option limit_options[] = {
	{.name = "limit",
	 .kind = ARGS_UINT,
	 .value = "N",
	 .max = INT64_MAX,
	 .help = "At most so many, the newest."},
	{.name = NULL},
};

/* ---- history */

static void ask_history(void *body, uint64_t limit, uint64_t cursor)
{
	struct ipcadmin_history *q = body;

	q->limit = limit;
	q->cursor = cursor;
}

/* RFC 4180. */
static void add_field(struct buf *out, struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++)
		quoted = quoted || s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' ||
			 s.p[i] == '\r';
	if (quoted)
		buf_add_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.p[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

static void add_utc(struct buf *out, uint64_t unix_s)
{
	time_t t = (time_t)unix_s;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_add_c(out, text);
}

static void print_csv(const json_t *row)
{
	auto_buf struct buf line = BUF_INIT(CAP_CTL_LINE);

	add_utc(&line, till_number(row, "at"));
	buf_add_char(&line, ',');
	add_field(&line, till_text(row, "mint"));
	buf_add_char(&line, ',');
	add_field(&line, till_text(row, "from"));
	buf_add_char(&line, ',');
	add_field(&line, till_text(row, "to"));
	buf_addf(&line, ",%" PRIu64 ",sat,", till_number(row, "amount"));
	if (till_number(row, "op"))
		buf_add_u64(&line, till_number(row, "op"));
	buf_add_char(&line, ',');
	add_field(&line, till_text(row, "job"));
	buf_add_c(&line, "\r\n");
	out_bytes(buf_str(&line));
}

static void print_transfer(const struct args *a, const json_t *row)
{
	struct outclock at;
	struct outsaid job;
	struct outsaid src;
	struct outsaid dst;

	if (args_has(a, "csv")) {
		print_csv(row);
	} else if (out_form_of(a) == OUT_JSON) {
		till_record("transfer", row);
	} else {
		(void)said(&job, row, "job");
		job.c[8] = '\0'; /* as in the logs */
		out_line("%s %10" PRIu64 "  %-9s -> %-9s  %s", when(&at, row, "at"),
			 till_number(row, "amount"), said(&src, row, "from"),
			 said(&dst, row, "to"), job.c);
	}
}

static int run_history(const struct args *a, char *const *envp)
{
	struct ipcadmin_history q = {0};

	if (args_has(a, "csv"))
		out_bytes(STR_LIT("time,mint,from,to,amount,unit,op,job\r\n"));
	return each_row(a, envp, IPCADMIN_HISTORY, ask_history, &q, print_transfer);
}

static const struct args_option csv_options[] = {
	{.name = "csv",
	 .kind = ARGS_FLAG,
	 .help = "For a spreadsheet (RFC 4180): time,mint,from,to,amount,unit,op,job; "
		 "times in UTC."},
	{.name = NULL},
};

const struct verb vtill_history = {
	.name = "till history",
	.synopsis = "[--csv] [--limit N]",
	.purpose = "print the books of a worker",
	.text = "Prints every move of money, the newest first: from which account to "
		"which. customers -> jobs is a payment, jobs -> earned what was charged, "
		"jobs -> change what went back, and -> fees what mints took.",
	.examples = "loomctl till history --limit 20\n"
		    "loomctl till history --csv > books.csv",
	.options = {{csv_options, limit_options, till_options, out_options}},
	.run = run_history,
};

/* ---- pays, pay */

static void ask_pays(void *body, uint64_t limit, uint64_t cursor)
{
	struct ipcadmin_pays *q = body;

	q->limit = limit;
	q->cursor = cursor;
}

static void print_pay_line(const json_t *row)
{
	struct outclock at;
	struct outsaid kind;
	struct outsaid state;
	struct outsaid text;

	out_line("%6" PRIu64 "  %s  %-8s %-12s %10" PRIu64 "  %s", till_number(row, "op"),
		 when(&at, row, "moved_at"), said(&kind, row, "kind"),
		 said(&state, row, "state"), till_number(row, "amount"),
		 said(&text, row, "text"));
}

static void print_pay(const struct args *a, const json_t *row)
{
	if (out_form_of(a) == OUT_JSON)
		till_record("operation", row);
	else
		print_pay_line(row);
}

static int run_pays(const struct args *a, char *const *envp)
{
	struct ipcadmin_pays q = {.open = args_has(a, "open")};

	return each_row(a, envp, IPCADMIN_PAYS, ask_pays, &q, print_pay);
}

static const struct args_option open_options[] = {
	{.name = "open",
	 .kind = ARGS_FLAG,
	 .help = "Only those that are not decided, and those that need a person."},
	{.name = NULL},
};

const struct verb vtill_pays = {
	.name = "till pays",
	.synopsis = "[--open] [--limit N]",
	.purpose = "list what a worker has asked of mints",
	.text = "Lists the operations at mints, the newest first: number, last move, "
		"kind, state, amount, and the last words of the mint.",
	.examples = "loomctl till pays --open",
	.options = {{open_options, limit_options, till_options, out_options}},
	.run = run_pays,
};

static int run_pay(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	struct ipcadmin_pay q;
	const json_t *log;
	int status = want_number(&q.op, a, "an operation");

	if (!status)
		status = till_ask_once(&doc, a, envp, IPCADMIN_PAY, &q);
	if (status)
		return status;
	print_pay(a, doc);
	if (out_form_of(a) == OUT_JSON)
		return VERB_OK;
	log = json_object_get(doc, "log");
	for (size_t i = 0; i < json_array_size(log); i++) {
		const json_t *row = json_array_get(log, i);
		struct outclock at = out_day(till_number(row, "at_ms") / 1000);
		struct outsaid to;
		struct outsaid by;
		struct outsaid text;

		out_line("        %s  %-12s %-8s %s", at.c, said(&to, row, "to"),
			 said(&by, row, "event"), said(&text, row, "text"));
	}
	return VERB_OK;
}

const struct verb vtill_pay = {
	.name = "till pay",
	.synopsis = "NUMBER",
	.purpose = "show one operation with all its steps",
	.text = "Shows an operation at a mint and how it came to where it is.",
	.examples = "loomctl till pay 17",
	.options = {{till_options, out_options}},
	.run = run_pay,
};

/* ---- check */

static int run_check(const struct args *a, char *const *envp)
{
	auto_till struct till *t = NULL;
	auto_json json_t *doc = NULL;
	struct outsaid why;
	bool good = false;
	int status = want_no_words(a);

	if (!status)
		status = till_open(&t, a, envp);
	if (!status)
		status = till_ask(t, &doc, IPCADMIN_CHECK, NULL, CHECK_S);
	if (status)
		return status;
	(void)jsonx_get_bool(doc, "good", &good);
	if (out_form_of(a) == OUT_JSON)
		till_record("check", doc);
	else if (good)
		out_line("the books agree, with each other and with the coins");
	if (!good)
		out_remark("the books are wrong: %s", said(&why, doc, "why"));
	return good ? VERB_OK : VERB_BROKEN;
}

const struct verb vtill_check = {
	.name = "till check",
	.synopsis = "",
	.purpose = "recount the books of a worker",
	.text = "Recounts everything: balances against rows, rows against bills, coins "
		"against balances. The engine does nothing else meanwhile; with many "
		"jobs that takes some seconds. When something is wrong, that is a bug: "
		"please report it, with the ledger safe.",
	.examples = "loomctl till check",
	.options = {{till_options, out_options}},
	.run = run_check,
};
