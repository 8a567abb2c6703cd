/* SPDX-License-Identifier: MIT */
/* loomctl till seed and restore, also as wallet seed and wallet restore: a customer's
 * purse has no words of its own. Whoever has them has the earned money. */
#include "config.h"

#include "ctl/given.h"
#include "ctl/out.h"
#include "ctl/till.h"
#include "ctl/verb.h"
#include "lib/base/clock.h"

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>

enum { WORDS_MAX = 512, POLL_MS = 500, WAIT_S = 600 };

static int run_seed(const struct args *a, char *const *envp)
{
	auto_json json_t *doc = NULL;
	auto_secret_buf struct buf line = BUF_INIT(WORDS_MAX);
	int status;

	if (args_nrest(a)) {
		out_remark("seed takes options only");
		return VERB_USAGE;
	}
	status = till_ask_once(&doc, a, envp, IPCADMIN_SEED, NULL);
	if (status)
		return status;
	if (out_form_of(a) == OUT_JSON) {
		till_record("seed", doc);
		return VERB_OK;
	}
	buf_add_str(&line, till_text(doc, "words"));
	buf_add_char(&line, '\n');
	out_bytes(buf_str(&line));
	return VERB_OK;
}

static const char seed_text[] =
	"Prints the seed of the worker's wallet as twelve words (BIP-39). Write them "
	"down, "
	"and keep them where neither this machine nor its backups are: with them "
	"loomctl till restore finds earned money again when the ledger is lost, and so "
	"does everybody else who reads them.";

const struct verb vtillseed_seed = {
	.name = "till seed",
	.synopsis = "",
	.purpose = "print the words that earned money comes from",
	.text = seed_text,
	.examples = "loomctl till seed",
	.options = {{till_options, out_options}},
	.run = run_seed,
};

const struct verb vtillseed_wallet_seed = {
	.name = "wallet seed",
	.synopsis = "[--config FILE]",
	.purpose = "the same as till seed: for the operator of a worker",
	.text = seed_text,
	.examples = "loomctl wallet seed",
	.options = {{till_options, out_options}},
	.run = run_seed,
};

/* ---- restore */

static void print_part(const json_t *mint)
{
	struct outsaid url = out_said(till_text(mint, "url"));
	struct outsaid why = out_said(till_text(mint, "why"));
	bool done = false;

	(void)jsonx_get_bool(mint, "done", &done);
	out_line("%10" PRIu64 " sat, %" PRIu64 " coins  %s  %s%s%s",
		 till_number(mint, "amount"), till_number(mint, "coins"),
		 done ? "done" : "not yet", url.c, why.c[0] ? ": " : "", why.c);
}

static bool is_running(const json_t *doc)
{
	bool running = false;

	(void)jsonx_get_bool(doc, "running", &running);
	return running;
}

static int print_restored(const struct args *a, const json_t *doc)
{
	const json_t *mints = json_object_get(doc, "mints");

	if (out_form_of(a) == OUT_JSON) {
		till_record("restore", doc);
		return is_running(doc) ? VERB_LATE : VERB_OK;
	}
	for (size_t i = 0; i < json_array_size(mints); i++)
		print_part(json_array_get(mints, i));
	if (till_number(doc, "pending"))
		out_line("%" PRIu64 " coins are pending at their mint: restore once more "
			 "later",
			 till_number(doc, "pending"));
	if (is_running(doc))
		out_remark("it goes on by itself (loomctl till restore --status)");
	return is_running(doc) ? VERB_LATE : VERB_OK;
}

/* Until it is done, or the time is over. */
static int follow(struct till *t, json_t **doc, uint64_t wait_s)
{
	uint64_t end = clock_mono_ms() + wait_s * 1000;
	int status = VERB_OK;

	while (!status && is_running(*doc) && clock_mono_ms() < end) {
		(void)poll(NULL, 0, POLL_MS);
		json_decref(*doc);
		*doc = NULL;
		status = till_ask(t, doc, IPCADMIN_RESTORING, NULL, 0);
	}
	return status;
}

static int read_words(struct buf *out, const struct args *a)
{
	struct str s;
	int status;

	if (!args_has(a, "words-from")) {
		buf_add_c(out, "");
		return VERB_OK;
	}
	status = given_file(out, "words-from", args_text(a, "words-from"));
	s = status || buf_over(out) ? STR_LIT("") : str_trim(buf_str(out));
	if (!status && s.n == 0) {
		out_remark("--words-from: no words in it");
		status = VERB_USAGE;
	}
	return status;
}

static int run_restore(const struct args *a, char *const *envp)
{
	auto_secret_buf struct buf words = BUF_INIT(WORDS_MAX);
	auto_till struct till *t = NULL;
	auto_json json_t *doc = NULL;
	struct ipcadmin_restore q;
	int status = VERB_OK;

	if (args_nrest(a)) {
		out_remark("words are read from a file or stdin only (--words-from)");
		return VERB_USAGE;
	}
	status = read_words(&words, a);
	if (!status)
		status = till_open(&t, a, envp);
	if (status)
		return status;
	q.words = words.n ? words.p : NULL;
	if (args_has(a, "status"))
		status = till_ask(t, &doc, IPCADMIN_RESTORING, NULL, 0);
	else
		status = till_ask(t, &doc, IPCADMIN_RESTORE, &q, 0);
	if (!status && !args_has(a, "status"))
		status = follow(t, &doc, args_uint(a, "wait", WAIT_S));
	return status ? status : print_restored(a, doc);
}

static const struct args_option restore_options[] = {
	{.name = "words-from",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "The words of the seed; - for stdin. Only for a ledger that never had "
		 "money. Without it the present seed is looked through again."},
	{.name = "status",
	 .kind = ARGS_FLAG,
	 .help = "Begin nothing: print how far the last one is."},
	{.name = "wait",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = 86400,
	 .help = "Wait so long for its end (600); it goes on all the same."},
	{.name = NULL},
};

static const char restore_text[] =
	"Asks every mint about the coins that the seed can have made (NUT-09, NUT-13), "
	"and "
	"puts those that are not spent into the till. A mint that does not answer is "
	"asked "
	"until it does; before that the worker accepts no payment of it, makes no change "
	"there and exports nothing.\n\n"
	"What was given away as it was and has not been redeemed yet looks like earned "
	"money to a ledger that does not know of it: customers' change too, when the "
	"ledger was lost.";

const struct verb vtillseed_restore = {
	.name = "till restore",
	.synopsis = "[--words-from FILE] | --status",
	.purpose = "find earned money again from its seed",
	.text = restore_text,
	.examples = "loomctl till restore --words-from words.txt\n"
		    "loomctl till restore",
	.options = {{restore_options, till_options, out_options}},
	.run = run_restore,
};

const struct verb vtillseed_wallet_restore = {
	.name = "wallet restore",
	.synopsis = "[--words-from FILE] | --status",
	.purpose = "the same as till restore: for the operator of a worker",
	.text = restore_text,
	.examples = "loomctl wallet restore --words-from words.txt",
	.options = {{restore_options, till_options, out_options}},
	.run = run_restore,
};
