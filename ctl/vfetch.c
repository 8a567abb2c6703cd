/* SPDX-License-Identifier: MIT */
/*
 * loomctl fetch: an output of a job, by its link. The link is a stranger's: what it gives
 * counts only when it has the SHA-256 that the link ends in, and nothing of it is shown
 * or written before.
 */
#include "config.h"

#include "ctl/jobread.h"
#include "ctl/jobref.h"
#include "ctl/out.h"
#include "ctl/session.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/panic.h"
#include "lib/net/httpc.h"
#include "lib/proto/hash.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { ASK_MS = 10000, GET_MS = 60000 };

struct download {
	uv_loop_t loop;
	struct id32 hash;
	const char *to; /* file, or NULL for stdout */
	int status;
};

/* ---- what came */

static int write_file(const char *path, struct str body)
{
	mode_t mask = umask(0);
	struct lerr err = {0};

	(void)umask(mask);
	if (fdio_write_file(AT_FDCWD, path, 0666 & ~mask, body, FDIO_ATOMIC, &err)) {
		out_remark("%s: %s", path, err.msg);
		return VERB_LOCAL;
	}
	return VERB_OK;
}

static int write_stdout(struct str body)
{
	auto_buf struct buf clean = BUF_INIT(6UL * CAP_CTL_FETCH);

	if (isatty(STDOUT_FILENO)) {
		out_escape_lines(&clean, body);
		body = buf_str(&clean);
	}
	out_bytes(body);
	return VERB_OK;
}

static int take_answer(const struct download *d, const struct httpc_answer *answer)
{
	struct id32 hash;

	if (answer->fault != HTTPC_OK) {
		out_remark("not fetched: %s", out_said(str_of(answer->why)).c);
		return answer->fault == HTTPC_TOO_LARGE ? VERB_BROKEN : VERB_RELAYS;
	}
	if (answer->status != 200) {
		out_remark("not fetched: the server says HTTP status %u", answer->status);
		return VERB_NOTHING;
	}
	hash = hash_sha256(answer->body.p, answer->body.n);
	if (!id32_eq(&hash, &d->hash)) {
		out_remark(
			"refused: what the server gave has another SHA-256 (%s) than its "
			"address promises",
			id32_hex(&hash).c);
		return VERB_BROKEN;
	}
	return d->to ? write_file(d->to, answer->body) : write_stdout(answer->body);
}

static void on_done(void *ctx, uint64_t id, const struct httpc_answer *answer)
{
	struct download *d = ctx;

	(void)id;
	d->status = take_answer(d, answer);
	uv_stop(&d->loop);
}

static int start(struct download *d, struct httpc *http, const char *url)
{
	const struct httpc_request req = {
		.method = "GET",
		.url = url,
		.timeout_ms = GET_MS,
		.max_answer = CAP_CTL_FETCH,
	};
	struct lerr err = {0};
	uint64_t id;

	if (httpc_start(http, &id, &req, on_done, d, &err)) {
		out_remark("%s", err.msg);
		return VERB_USAGE;
	}
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	return d->status;
}

static int download(const struct args *a, const char *url, const struct id32 *hash)
{
	struct download d = {.hash = *hash, .to = args_text(a, "output")};
	struct httpc *http = NULL;
	struct lerr err = {0};
	int status;

	if (d.to && strcmp(d.to, "-") == 0)
		d.to = NULL;
	if (uv_loop_init(&d.loop) != 0)
		panic("libuv");
	if (httpc_new(&http, &d.loop, args_text(a, "ca-file"), &err)) {
		out_remark("--ca-file: %s", err.msg);
		status = VERB_LOCAL;
	} else {
		status = start(&d, http, url);
	}
	httpc_close(http);
	(void)uv_run(&d.loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&d.loop);
	return status;
}

/* ---- which link */

/* An address out of an event may lead to this machine only when the relays are here too:
 * nobody far away shall make us ask our own servers. */
static bool may_go_there(const struct jobcheck_job *job, struct str url)
{
	return str_starts(url, "https://") || (job->local && str_starts(url, "http://"));
}

static int fetch_link(const struct args *a, const struct jobcheck_job *job,
		      const struct nevent *result)
{
	bool is_stderr = args_has(a, "stderr");
	struct jobread_result r;
	struct id32 hash;
	struct str url;
	char text[CAP_URL_BYTES + 1];

	jobread_result(&r, result);
	url = is_stderr ? r.stderr_url : r.stdout_url;
	if (url.n == 0) {
		out_remark("the result has no %s: the job wrote nothing there",
			   is_stderr ? "stderr" : "stdout");
		return VERB_NOTHING;
	}
	if (url.n > CAP_URL_BYTES || str_has_nul(url) || !may_go_there(job, url) ||
	    !jobcheck_url_hash(&hash, url)) {
		out_remark("the result has a link that is not followed: %s",
			   out_said(url).c);
		return VERB_BROKEN;
	}
	str_copy(text, sizeof(text), url);
	return download(a, text, &hash);
}

static int fetch_job(const struct args *a, char *const *envp)
{
	auto_session struct session *s = NULL;
	auto_buf struct buf filters = BUF_INIT(512);
	struct session_answers found;
	struct jobcheck_job job;
	int status = jobref_open(&s, &job, a, envp);

	if (status)
		return status;
	buf_addf(&filters, "[{\"kinds\":[%d],\"authors\":[\"%s\"],\"#e\":[\"%s\"]}]",
		 NKIND_RESULT, id32_hex(&job.worker).c, id32_hex(&job.job).c);
	if (!session_ask(s, &found, buf_str(&filters), SESSION_FIRST, ASK_MS))
		status = VERB_RELAYS;
	else if (found.n == 0)
		status = VERB_NOTHING;
	if (status == VERB_NOTHING)
		out_remark("the job has no result (yet)");
	if (found.n)
		status = fetch_link(a, &job, found.ev[0]);
	session_forget(&found);
	return status;
}

static int run(const struct args *a, char *const *envp)
{
	struct id32 hash;

	if (args_nrest(a) != 1 || (args_has(a, "stdout") && args_has(a, "stderr"))) {
		out_remark("want one job id or one URL, and --stdout or --stderr");
		return VERB_USAGE;
	}
	if (!strstr(args_rest(a, 0), "://"))
		return fetch_job(a, envp);
	if (jobcheck_url_hash(&hash, str_of(args_rest(a, 0))))
		return download(a, args_rest(a, 0), &hash);
	out_remark(
		"want a URL that ends in a SHA-256 (64 lower-case hex digits): without "
		"it nothing could be checked");
	return VERB_USAGE;
}

static const struct args_option options[] = {
	{.name = "stdout",
	 .kind = ARGS_FLAG,
	 .help = "What the job wrote to stdout (this is the default)."},
	{.name = "stderr", .kind = ARGS_FLAG, .help = "What the job wrote to stderr."},
	{.name = "output",
	 .letter = 'o',
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Write it to FILE, all or nothing. Without: to stdout; on a terminal "
		 "control characters are escaped."},
	{.name = NULL},
};

const struct verb vfetch_fetch = {
	.name = "fetch",
	.synopsis = "[--stdout|--stderr] [-o FILE] --relay URL ... JOBID  |  fetch URL",
	.purpose = "download an output of a job",
	.text = "Downloads an output and checks it: the last part of its address is its "
		"SHA-256, and anything else is refused with status 204. No redirect is "
		"followed. http:// goes to this machine only, and out of a result only "
		"when all relays are on this machine too.",
	.examples =
		"loomctl fetch --relay wss://nos.lol --stderr -o errors.txt JOBID\n"
		"loomctl fetch https://blossom.example.com/4f18f319cf0e9d77e8cd061640dd"
		"066ca7a49c99fe1b27cfe65006ff87d2c637",
	.options = {{options, jobref_options, session_options}},
	.run = run,
};
