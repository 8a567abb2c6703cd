/* SPDX-License-Identifier: MIT */
/*
 * loomctl submit: a job request from words, files and secrets, signed, published, and on
 * demand watched until its end. Secrets come from files, stdin or the environment, never
 * from the command line; they leave encrypted to the worker.
 */
#include "config.h"

#include "ctl/given.h"
#include "ctl/jobmake.h"
#include "ctl/jobsend.h"
#include "ctl/out.h"
#include "ctl/pay.h"
#include "ctl/purse.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/proto/keyfile.h"

#include <string.h>

enum { SALT_BYTES = 8 };

struct request {
	const struct args *a;
	char *const *envp;
	struct nsign_key key;
	struct jobmake make;
	struct str *argv;
	struct jobmake_var *env;
	struct jobmake_var *secrets;
	struct buf *plain; /* of the secrets */
	size_t nplain;
	struct jobmake_tag *tags;
	struct str *tag_words;
	struct buf content;
	struct buf payment;
	char salt[2 * SALT_BYTES + 1];
	struct nevent *event;
};

static void free_request(struct request *r)
{
	nsign_wipe(&r->key);
	for (size_t i = 0; i < r->nplain; i++)
		buf_wipe(&r->plain[i]);
	mem_free(r->plain);
	mem_free(r->argv);
	mem_free(r->env);
	mem_free(r->secrets);
	mem_free(r->tags);
	mem_free(r->tag_words);
	buf_wipe(&r->content);
	buf_wipe(&r->payment);
	nevent_free(r->event);
}

/* ---- the command line, piece by piece; each returns 0 or the exit status */

static bool is_dash(const char *word)
{
	return word && strcmp(word, "-") == 0;
}

static const char *value_of(const char *pair)
{
	const char *eq = strchr(pair, '=');

	return eq ? eq + 1 : NULL;
}

static size_t count_stdin(const struct args *a)
{
	size_t n = (size_t)is_dash(args_text(a, "stdin")) +
		   is_dash(args_text(a, "script")) + is_dash(args_text(a, "payment"));

	for (size_t i = 0; i < args_count(a, "secret"); i++)
		n += is_dash(value_of(args_nth(a, "secret", i)));
	return n;
}

/* What is wrong with the words of the command, or NULL. */
static const char *command_fault(const struct args *a)
{
	bool script = args_has(a, "script");

	if (args_dashed(a) > 0)
		return "put -- in front of the command";
	if (args_nrest(a) == 0 && !script)
		return "want -- CMD [ARG ...], or --script FILE";
	if (args_nrest(a) && script)
		return "--script is for a job without a command: the worker's shell runs "
		       "it";
	if (script && args_has(a, "stdin"))
		return "--script is the input of the worker's shell: no --stdin beside "
		       "it";
	return NULL;
}

static const char *option_fault(const struct args *a)
{
	bool follow = args_has(a, "follow");

	if (!args_has(a, "worker"))
		return "want --worker NPUB|HEX (loomctl workers lists some)";
	if (args_has(a, "key") && args_has(a, "new-key"))
		return "--key and --new-key: one of them";
	if (args_has(a, "strict") && !follow)
		return "--strict belongs to --follow";
	if (args_has(a, "quiet") && follow)
		return "--quiet and --follow: one of them";
	if (count_stdin(a) > 1)
		return "stdin can be read once only";
	return NULL;
}

static int check_shape(struct request *r)
{
	const char *fault = command_fault(r->a);

	if (!fault)
		fault = option_fault(r->a);
	if (!fault)
		fault = pay_fault(r->a);
	if (!fault)
		return VERB_OK;
	out_remark("%s", fault);
	return VERB_USAGE;
}

static int take_keys(struct request *r)
{
	const char *path = args_text(r->a, "key");
	int status = given_pubkey(&r->make.worker, "worker", args_text(r->a, "worker"));

	if (status)
		return status;
	if (path)
		return given_key(&r->key, "key", path);
	nsign_generate(&r->key);
	return VERB_OK;
}

static int take_command(struct request *r)
{
	size_t n = args_nrest(r->a);

	r->argv = mem_array(n, sizeof(*r->argv));
	for (size_t i = 0; i < n; i++)
		r->argv[i] = str_of(args_rest(r->a, i));
	r->make.argv = r->argv;
	r->make.nargv = n;
	return VERB_OK;
}

/* NAME=REST; the rest is not repeated in the message, it may be a secret. */
static int split_pair(struct str *name, const char **rest, const char *option,
		      const char *pair)
{
	const char *eq = strchr(pair, '=');

	if (!eq) {
		out_remark("--%s wants NAME=%s", option,
			   strcmp(option, "env") == 0 ? "VALUE" : "FILE");
		return VERB_USAGE;
	}
	*name = (struct str){pair, (size_t)(eq - pair)};
	*rest = eq + 1;
	return VERB_OK;
}

static int take_env(struct request *r)
{
	size_t n = args_count(r->a, "env");
	int status = VERB_OK;

	r->env = mem_array(n, sizeof(*r->env));
	for (size_t i = 0; !status && i < n; i++) {
		const char *rest = NULL;

		status = split_pair(&r->env[i].name, &rest, "env",
				    args_nth(r->a, "env", i));
		r->env[i].value = str_of(rest);
	}
	r->make.env = r->env;
	r->make.nenv = n;
	return status;
}

static int take_secret_file(struct request *r, size_t i)
{
	struct buf *plain = &r->plain[r->nplain];
	struct jobmake_var *v = &r->secrets[r->nplain];
	const char *path = NULL;
	int status = split_pair(&v->name, &path, "secret", args_nth(r->a, "secret", i));

	if (status)
		return status;
	buf_init(plain, CAP_NIP44_PLAIN);
	r->nplain++;
	status = given_file(plain, "secret", path);
	if (!status)
		v->value = buf_str(plain);
	return status;
}

static int take_secret_env(struct request *r, size_t i)
{
	const char *name = args_nth(r->a, "secret-env", i);
	const char *value = given_env(r->envp, name);

	if (strchr(name, '=')) {
		out_remark(
			"--secret-env wants the name of a variable alone: a value on the "
			"command line can be read by everyone who can list processes");
		return VERB_USAGE;
	}
	if (!value) {
		out_remark("--secret-env %s: there is no such variable",
			   out_said(str_of(name)).c);
		return VERB_LOCAL;
	}
	buf_init(&r->plain[r->nplain], CAP_NIP44_PLAIN);
	r->secrets[r->nplain++] = (struct jobmake_var){str_of(name), str_of(value)};
	return VERB_OK;
}

static int take_secrets(struct request *r)
{
	size_t files = args_count(r->a, "secret");
	size_t vars = args_count(r->a, "secret-env");
	int status = VERB_OK;

	r->secrets = mem_array(files + vars, sizeof(*r->secrets));
	r->plain = mem_array(files + vars, sizeof(*r->plain));
	for (size_t i = 0; !status && i < files; i++)
		status = take_secret_file(r, i);
	for (size_t i = 0; !status && i < vars; i++)
		status = take_secret_env(r, i);
	r->make.secrets = r->secrets;
	r->make.nsecrets = r->nplain;
	return status;
}

static int take_tags(struct request *r)
{
	size_t n = args_count(r->a, "tag");
	size_t at = 0;
	char *const *words;

	for (size_t i = 0; i < n; i++)
		at += args_words(r->a, "tag", i, &words);
	r->tags = mem_array(n, sizeof(*r->tags));
	r->tag_words = mem_array(at, sizeof(*r->tag_words));
	at = 0;
	for (size_t i = 0; i < n; i++) {
		struct jobmake_tag *tag = &r->tags[i];

		tag->n = args_words(r->a, "tag", i, &words);
		tag->v = &r->tag_words[at];
		for (size_t k = 0; k < tag->n; k++)
			r->tag_words[at++] = str_of(words[k]);
		if (str_eq_c(tag->v[0], "payment") && tag->n > 1 && tag->v[1].n) {
			out_remark(
				"--tag payment: a token is money, and everyone who can "
				"list processes reads the command line: --payment "
				"FILE");
			return VERB_USAGE;
		}
	}
	r->make.tags = r->tags;
	r->make.ntags = n;
	return VERB_OK;
}

static int take_files(struct request *r)
{
	const char *name = args_has(r->a, "script") ? "script" : "stdin";
	const char *payment = args_text(r->a, "payment");
	int status = VERB_OK;

	buf_init(&r->content, CAP_EVENT_BYTES);
	buf_init(&r->payment, CAP_EVENT_BYTES);
	if (args_has(r->a, name))
		status = given_file(&r->content, name, args_text(r->a, name));
	if (!status && payment)
		status = given_file(&r->payment, "payment", payment);
	if (status)
		return status;
	r->make.content = buf_str(&r->content);
	r->make.payment = str_trim(buf_str(&r->payment));
	r->make.backend = str_of(args_text(r->a, "backend"));
	return VERB_OK;
}

/* ---- the event */

static int make_event(struct request *r)
{
	uint8_t salt[SALT_BYTES];

	rng_fill(salt, sizeof(salt));
	hex_encode(r->salt, salt, sizeof(salt));
	r->make.salt = str_of(r->salt);
	return jobsend_make(&r->event, r->a, &r->make, &r->key);
}

/* Before anything is sent: a job whose key is lost cannot be cancelled. */
static int save_key(struct request *r)
{
	const char *path = args_text(r->a, "new-key");
	struct lerr err = {0};

	if (path && keyfile_create(path, &r->key, &err)) {
		out_remark("--new-key: %s", err.msg);
		return VERB_LOCAL;
	}
	return VERB_OK;
}

static int send_request(struct request *r)
{
	struct jobsend j = {.a = r->a,
			    .envp = r->envp,
			    .key = &r->key,
			    .make = &r->make,
			    .event = &r->event};

	return jobsend_run(&j);
}

static int run(const struct args *a, char *const *envp)
{
	static int (*const steps[])(struct request *) = {
		check_shape, take_keys,  take_command, take_env, take_secrets,
		take_tags,   take_files, make_event,   save_key, send_request,
	};
	struct request r = {.a = a, .envp = envp};
	int status = VERB_OK;

	for (size_t i = 0; !status && i < ARRAY_LEN(steps); i++)
		status = steps[i](&r);
	free_request(&r);
	return status;
}

static const struct args_option options[] = {
	{.name = "worker",
	 .kind = ARGS_TEXT,
	 .value = "NPUB|HEX",
	 .help = "The worker that shall run it."},
	{.name = "key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Your secret key (loomctl keygen). Without it a new key is made and "
		 "forgotten."},
	{.name = "new-key",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Make a new key and keep it in FILE: whoever wants to cancel the job "
		 "needs "
		 "it."},
	{.name = "env",
	 .kind = ARGS_LIST,
	 .value = "NAME=VALUE",
	 .help = "A variable of the job, readable by everyone; may be given again."},
	{.name = "secret",
	 .kind = ARGS_LIST,
	 .value = "NAME=FILE",
	 .help = "A variable that only the worker can read: the content of FILE (\"-\": "
		 "of "
		 "stdin) as it is, a line feed at its end included."},
	{.name = "secret-env",
	 .kind = ARGS_LIST,
	 .value = "NAME",
	 .help = "The same, with the value that the variable NAME has here."},
	{.name = "stdin",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "What the job reads on stdin (\"-\": stdin of loomctl). It is public."},
	{.name = "script",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "A job without a command: the worker's shell runs this."},
	{.name = "payment",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "A file with one Cashu token that pays for the job."},
	{.name = "backend",
	 .kind = ARGS_TEXT,
	 .value = "NAME",
	 .help = "The back end of the worker that shall run it."},
	{.name = "tag",
	 .kind = ARGS_WORDS,
	 .value = "NAME [VALUE ...]",
	 .help = "One more tag of the event: all words up to the next option."},
	{.name = "unchecked",
	 .kind = ARGS_FLAG,
	 .help = "Send it even when no worker can understand it (for tests of one)."},
	{.name = "quiet",
	 .kind = ARGS_FLAG,
	 .help = "Print the job id and nothing else."},
	{.name = "follow",
	 .kind = ARGS_FLAG,
	 .help = "Show each status as it comes, then the result; end as the job ended."},
	{.name = "wait",
	 .kind = ARGS_UINT,
	 .value = "SECONDS",
	 .max = 604800,
	 .help = "Wait that long at most: for relays to take the job (15 without this "
		 "option), with --follow also for the result (without: for as long as it "
		 "takes)."},
	{.name = "strict",
	 .kind = ARGS_FLAG,
	 .help = "With --follow: wait for the last status too, and end with status 204 "
		 "when "
		 "the worker broke a rule of the protocol (for tests of one)."},
	{.name = NULL},
};

const struct verb vsubmit_submit = {
	.name = "submit",
	.synopsis = "--relay URL ... --worker NPUB|HEX [OPTION ...] -- CMD [ARG ...]",
	.purpose = "send a job to a worker",
	.text = "Signs a job request (kind 5100), publishes it on all relays and says "
		"what "
		"each of them answered. One that takes it is enough. The job id is "
		"printed first.\n\n"
		"The command and its arguments go to the worker word by word; no shell "
		"looks at them unless the command is one. They are public, as are --env, "
		"--stdin and --script. --secret and --secret-env are encrypted to the "
		"worker (NIP-44); no secret is taken from the command line.\n\n"
		"--pay takes coins of the purse (loomctl wallet), as many as the "
		"worker's "
		"newest advertisement asks for that many seconds. What is sent is in the "
		"purse first, together with the job's id: loomctl change brings back "
		"what "
		"was not used, and with --follow that is done at the end.\n\n"
		"Each request gets a tag \"salt\" with a random word, so that the same "
		"command sent twice is two jobs.",
	.examples =
		"loomctl submit --relay wss://nos.lol --worker npub1... --follow -- "
		"uname -a\n"
		"loomctl submit --worker npub1... --key me.key --secret TOKEN=token.txt "
		"--follow -- ./deploy\n"
		"loomctl submit --worker npub1... --script build.sh\n"
		"loomctl submit --worker npub1... --pay 60 --follow -- ./render",
	.options = {{options, pay_options, purse_options, session_options, out_options}},
	.run = run,
};
