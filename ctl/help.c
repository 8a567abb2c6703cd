/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/help.h"

#include <string.h>

enum { WIDTH = 78, OPTION_INDENT = 22 };

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{VERB_OK, "done"},
	{VERB_USAGE, "the command line is wrong"},
	{VERB_LOCAL, "configuration, key or file is not as it must be"},
	{VERB_RELAYS, "no relay could be used, or none took the event"},
	{VERB_LATE, "it did not happen within --wait"},
	{VERB_BROKEN, "what came is not what was promised: a hash, or with --strict "
		      "the protocol"},
	{VERB_NOTHING, "the relays, or the till, have nothing of that kind"},
	{VERB_MINT, "the mint did not answer, or refused"},
	{VERB_FUNDS, "the purse, or the till, has not enough coins"},
	{VERB_ENGINE, "the worker's engine does not answer, or refuses"},
};

static const char follow_text[] =
	"submit --follow, follow and result end with the exit code of the job: 0 when "
	"the "
	"result says success, else its exit_code (1 when that is none from 1 to 255). A "
	"job may end with a number of this list too; the printed result tells.";

static const char records_text[] =
	"With --json, or when stdout is no terminal, each line is one JSON object whose "
	"member type says what it is. Members may be added, so skip what you do not "
	"know.";

static const char env_text[] =
	"LOOM_RELAYS holds relays (with commas between) for calls without --relay. The "
	"purse of a customer is loomctl/wallet.db in XDG_DATA_HOME, or in .local/share "
	"of "
	"HOME.";

/* What --json prints. */
static const struct {
	const char *type;
	const char *text;
} records[] = {
	{"job", "job, worker, customer (hex), created_at: the request that is sent"},
	{"relay", "relay (URL), taken (true or false), said: what it answered"},
	{"status", "job, status, created_at, event (id), queue_position and elapsed_sec "
		   "when the worker gives them"},
	{"result",
	 "job, success (true or false), created_at, event; exit_code, duration, "
	 "reason, error, stdout, stderr, change when the worker gives them, as paid, "
	 "charged, mint_fees, change_amount, change_owed (sat)"},
	{"fault", "job, rule, text, event: a rule that the worker broke (docs/loom.md)"},
	{"worker",
	 "name, npub, hex, description, arch, created_at, event; price (a list of mint, "
	 "rate, unit), software (a list of name, version, path); max_concurrent_jobs, "
	 "current_queue_depth, min_duration, max_duration, freelist_timeout when there"},
	{"key", "npub, hex"},
	{"prepared", "config, key_file, npub, pubkey"},
	{"payment",
	 "job, mint, sat, seconds, rate (as the worker wrote it), locked (true or "
	 "false): the coins that go with a request"},
	{"change",
	 "job, mint, state (made, sent, owed, closed or back), paid, change: what "
	 "came back, spent: the difference (sat), owed when more is to come"},
	{"balance",
	 "mint, sat: what can be spent there; held: sat that are on their way; "
	 "out: sat in tokens of the purse that nobody has redeemed, as far as "
	 "is known"},
	{"invoice", "mint, sat, request: what somebody has to pay, expiry when there"},
	{"minted", "mint, sat"},
	{"token", "mint, sat, token; of the till also number, kind, state, net"},
	{"received",
	 "mint, sat: what the token was worth, fee: what the mint took of it"},
	{"movement",
	 "at, what, mint, got, gave, fee (sat), job and token (text, while it "
	 "is out) where there is one"},
	{"till",
	 "mints (a list of url, accepted, word, why, health, balance, coins, keysets, "
	 "tokens_out, open), accounts, owed, open, attention"},
	{"transfer",
	 "seq, at, mint, from, to, amount, op, job: a row of the worker's books"},
	{"operation",
	 "op, kind, state, mint, job, amount, fee, attempts, made_at, moved_at, text; "
	 "log of one that was asked for alone"},
	{"given", "token (its number), kind, state, mint, job, op, amount, net, made_at, "
		  "checked_at"},
	{"seed", "words"},
	{"restore",
	 "running, began_at, ended_at, mints (a list of url, done, amount, coins, "
	 "why), spent, pending, bad"},
	{"check", "good (true or false), why"},
};

/* ---- plain text */

static void pad_to(struct buf *out, size_t *column, size_t to)
{
	for (; *column < to; (*column)++)
		buf_add_char(out, ' ');
}

/* Words of text, broken at WIDTH, each line indented. */
static void add_folded(struct buf *out, const char *text, size_t indent, size_t column)
{
	struct str rest = str_of(text);
	struct str word;

	pad_to(out, &column, indent);
	while (str_next(&rest, ' ', &word)) {
		if (column > indent && column + 1 + word.n > WIDTH) {
			buf_add_char(out, '\n');
			column = 0;
			pad_to(out, &column, indent);
		} else if (column > indent) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add_str(out, word);
		column += word.n;
	}
	buf_add_char(out, '\n');
}

static void add_option(struct buf *out, const struct args_option *o)
{
	size_t start = out->n;

	buf_add_c(out, "  ");
	if (o->letter)
		buf_addf(out, "-%c, ", o->letter);
	buf_addf(out, "--%s", o->name);
	if (o->value)
		buf_addf(out, " %s", o->value);
	if (out->n - start >= OPTION_INDENT) {
		buf_add_char(out, '\n');
		start = out->n;
	}
	add_folded(out, o->help, OPTION_INDENT, out->n - start);
}

static void add_paragraphs(struct buf *out, const char *text)
{
	struct str rest = str_of(text);
	struct str line;

	while (str_next(&rest, '\n', &line)) {
		auto_buf struct buf copy = BUF_INIT(8192);

		buf_add_str(&copy, line);
		add_folded(out, copy.p ? copy.p : "", 0, 0);
	}
}

static void add_statuses(struct buf *out)
{
	buf_add_c(out, "\nExit status:\n");
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		size_t start = out->n;

		buf_addf(out, "  %3d", statuses[i].status);
		add_folded(out, statuses[i].text, 7, out->n - start);
	}
	add_folded(out, follow_text, 2, 0);
}

void help_write_all(struct buf *out, const struct verb *const *verbs, size_t n)
{
	buf_add_c(out, "loomctl: jobs for Loom workers, and the care of one\n\n"
		       "usage: loomctl VERB [OPTION ...] [WORD ...]\n\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "  %-15s %s\n", verbs[i]->name, verbs[i]->purpose);
	buf_add_c(out, "  help            Help about a verb\n\n"
		       "loomctl help VERB tells more, loomctl --version the version.\n");
	add_statuses(out);
	buf_add_c(out, "\nEnvironment:\n");
	add_folded(out, env_text, 2, 0);
}

void help_write_verb(struct buf *out, const struct verb *v)
{
	struct str rest = str_of(v->examples);
	struct str line;

	buf_addf(out, "loomctl %s: %s\n\nusage: loomctl %s %s\n\n", v->name, v->purpose,
		 v->name, v->synopsis);
	add_paragraphs(out, v->text);
	buf_add_c(out, "\nOptions:\n");
	for (size_t i = 0; i < ARGS_TABLES; i++)
		for (const struct args_option *o = v->options.t[i]; o && o->name; o++)
			add_option(out, o);
	buf_add_c(out, "\nExamples:\n");
	while (str_next(&rest, '\n', &line))
		buf_addf(out, "  %.*s\n", STR_ARG(line));
}

/* ---- man(7) */

/* Text of ours: backslashes, and what roff takes for requests or hyphens. */
static void add_roff(struct buf *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			buf_add_c(out, "\\&");
		if (*text == '\\')
			buf_add_c(out, "\\e");
		else if (*text == '-')
			buf_add_c(out, "\\-");
		else
			buf_add_char(out, *text);
		line_start = *text == '\n';
	}
}

static void add_roff_option(struct buf *out, const struct args_option *o)
{
	buf_add_c(out, ".TP\n");
	if (o->letter)
		buf_addf(out, "\\fB\\-%c\\fR, ", o->letter);
	buf_add_c(out, "\\fB\\-\\-");
	add_roff(out, o->name);
	buf_add_c(out, "\\fR");
	if (o->value) {
		buf_add_c(out, " \\fI");
		add_roff(out, o->value);
		buf_add_c(out, "\\fR");
	}
	buf_add_char(out, '\n');
	add_roff(out, o->help);
	buf_add_char(out, '\n');
}

static void add_roff_paragraphs(struct buf *out, const char *text)
{
	for (; *text; text++) {
		char one[2] = {*text, '\0'};

		if (text[0] == '\n' && text[1] == '\n') {
			buf_add_c(out, "\n.PP\n");
			text++;
		} else {
			add_roff(out, one);
		}
	}
	buf_add_char(out, '\n');
}

static void add_roff_verb(struct buf *out, const struct verb *v)
{
	buf_addf(out, ".SS \"loomctl %s ", v->name);
	add_roff(out, v->synopsis);
	buf_add_c(out, "\"\n");
	add_roff(out, v->purpose);
	buf_add_c(out, ".\n.PP\n");
	add_roff_paragraphs(out, v->text);
	for (size_t i = 0; i < ARGS_TABLES; i++)
		for (const struct args_option *o = v->options.t[i]; o && o->name; o++)
			add_roff_option(out, o);
	buf_add_c(out, ".PP\nExamples:\n.PP\n.nf\n");
	add_roff(out, v->examples);
	buf_add_c(out, "\n.fi\n");
}

void help_write_man(struct buf *out, const struct verb *const *verbs, size_t n)
{
	buf_add_c(out, ".\\\" Written by \"loomctl help --man\": change the table of the "
		       "verb instead.\n"
		       ".TH LOOMCTL 1 \"\" \"loom-gateway\" \"User Commands\"\n"
		       ".SH NAME\n"
		       "loomctl \\- jobs for Loom workers, and the care of one\n"
		       ".SH SYNOPSIS\n"
		       "\\fBloomctl\\fR \\fIVERB\\fR [\\fIOPTION\\fR ...] "
		       "[\\fIWORD\\fR ...]\n"
		       ".SH VERBS\n");
	for (size_t i = 0; i < n; i++)
		add_roff_verb(out, verbs[i]);
	buf_add_c(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		buf_addf(out, ".TP\n%d\n", statuses[i].status);
		add_roff(out, statuses[i].text);
		buf_add_char(out, '\n');
	}
	buf_add_c(out, ".PP\n");
	add_roff(out, follow_text);
	buf_add_c(out, "\n.SH RECORDS\n");
	add_roff(out, records_text);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		buf_addf(out, ".TP\n\\fB%s\\fR\n", records[i].type);
		add_roff(out, records[i].text);
		buf_add_char(out, '\n');
	}
	buf_add_c(out, ".SH ENVIRONMENT\n");
	add_roff(out, env_text);
	buf_add_char(out, '\n');
}
