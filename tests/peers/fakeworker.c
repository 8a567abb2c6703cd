/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/fakeworker.h"

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What an answer is made of while it grows. */
struct draft {
	const struct fakeworker *w;
	struct id32hex job;
	struct id32hex customer;
	struct nevent **out;
	size_t n;
	uint64_t at; /* date of the next event */
};

struct nevent *fakeworker_sign(const struct nsign_key *key, uint32_t kind,
			       uint64_t created_at, const struct ntags *tags,
			       struct str content)
{
	struct id32 author;
	struct nevent *ev;
	uint8_t sig[64];

	if (nsign_pubkey(&author, key, NULL))
		panic("the worker's key");
	ev = nevent_make(&author, created_at, kind, tags, content);
	nsign_sign(sig, key, &ev->id);
	nevent_set_sig(ev, sig);
	return ev;
}

static void add(struct draft *d, uint32_t kind, const struct ntags *tags,
		const char *content)
{
	INVARIANT(d->n < FAKEWORKER_EVENTS);
	d->out[d->n++] = fakeworker_sign(d->w->key, kind, d->at++, tags, str_of(content));
}

static struct ntags *status_tags(const struct draft *d, const char *status)
{
	struct ntags *t = ntags_new();

	ntags_add_c(t, "d", d->job.c, NULL);
	ntags_add_c(t, "e", d->job.c, NULL);
	ntags_add_c(t, "p", d->customer.c, NULL);
	ntags_add_c(t, "status", status, NULL);
	return t;
}

static void add_status(struct draft *d, const char *status, const char *content)
{
	auto_ntags struct ntags *t = status_tags(d, status);

	if (strcmp(status, "queued") == 0)
		ntags_add_c(t, "queue_position", "0", NULL);
	add(d, NKIND_STATUS, t, content);
}

static struct ntags *result_tags(const struct draft *d, const char *success,
				 const char *code)
{
	struct ntags *t = ntags_new();

	ntags_add_c(t, "e", d->job.c, NULL);
	ntags_add_c(t, "p", d->customer.c, NULL);
	ntags_add_c(t, "success", success, NULL);
	ntags_add_c(t, "exit_code", code, NULL);
	ntags_add_c(t, "duration", "4", NULL);
	return t;
}

static void add_result(struct draft *d, const char *success, const char *code)
{
	auto_ntags struct ntags *t = result_tags(d, success, code);

	if (strcmp(success, "false") == 0)
		ntags_add_c(t, "error", "it \x1b[31mfailed\xe2\x80\xae", NULL);
	add(d, NKIND_RESULT, t, "");
}

/* ---- the answers */

static void good(struct draft *d)
{
	auto_buf struct buf url = BUF_INIT(512);
	struct id32 hash = hash_sha256(d->w->out, strlen(d->w->out));
	struct ntags *t = result_tags(d, "true", "0");

	buf_addf(&url, "%s%s", d->w->url, id32_hex(&hash).c);
	ntags_add_c(t, "stdout", url.p, NULL);
	add_status(d, "queued", "");
	add_status(d, "running", "{\"note\":\"an object is allowed\"}");
	add(d, NKIND_RESULT, t, "");
	add_status(d, "completed", "");
	ntags_free(t);
}

static void exit3(struct draft *d)
{
	add_status(d, "running", "");
	add_result(d, "false", "3");
	add_status(d, "failed", "");
}

static void large_code(struct draft *d)
{
	add_result(d, "false", "70000");
	add_status(d, "failed", "");
}

static void no_last(struct draft *d)
{
	add_status(d, "running", "");
	add_result(d, "true", "0");
}

static void silent(struct draft *d)
{
	(void)d;
}

static void slow(struct draft *d)
{
	add_status(d, "queued", "");
}

static void bad_status(struct draft *d)
{
	auto_ntags struct ntags *t = status_tags(d, "in_progress");

	ntags_add_c(t, "e", d->customer.c, NULL);
	ntags_add_c(t, "workflow", "ci", NULL);
	add(d, NKIND_STATUS, t, "some log line");
	add_result(d, "true", "0");
	add_status(d, "completed", "");
}

static void bad_result(struct draft *d)
{
	auto_ntags struct ntags *t = result_tags(d, "true", "1");

	ntags_add_c(t, "stderr", "", NULL);
	ntags_add_c(t, "stdout", "ftp://example.com/x.txt", NULL);
	add(d, NKIND_RESULT, t, "");
	add_status(d, "completed", "");
}

static void early_last(struct draft *d)
{
	add_status(d, "running", "");
	add_status(d, "completed", "");
	add_result(d, "true", "0");
}

static void twice(struct draft *d)
{
	add_result(d, "true", "0");
	add_result(d, "false", "1");
	add_status(d, "completed", "");
}

static void after_last(struct draft *d)
{
	add_result(d, "true", "0");
	add_status(d, "completed", "");
	add_status(d, "running", "");
}

static void far_link(struct draft *d)
{
	auto_buf struct buf url = BUF_INIT(512);
	struct id32 hash = hash_sha256("x", 1);
	struct ntags *t = result_tags(d, "true", "0");

	/* nothing listens there; a name that leads nowhere */
	buf_addf(&url, "https://blobs.invalid/%s", id32_hex(&hash).c);
	ntags_add_c(t, "stdout", url.p, NULL);
	add(d, NKIND_RESULT, t, "");
	add_status(d, "completed", "");
	ntags_free(t);
}

static void change(struct draft *d)
{
	struct ntags *t = result_tags(d, "true", "0");

	ntags_add_c(t, "change", d->w->change, NULL);
	add(d, NKIND_RESULT, t, "");
	add_status(d, "completed", "");
	ntags_free(t);
}

/* The result says that change is owed. */
static void owed(struct draft *d)
{
	struct ntags *t = result_tags(d, "true", "0");

	ntags_add_c(t, "change_owed", "9", "sat", d->w->mint, NULL);
	add(d, NKIND_RESULT, t, "");
	add_status(d, "completed", "");
	ntags_free(t);
}

/* The same, and what was owed. */
static void late_change(struct draft *d)
{
	auto_ntags struct ntags *t = ntags_new();

	owed(d);
	ntags_add_c(t, "d", d->job.c, NULL);
	ntags_add_c(t, "e", d->job.c, NULL);
	ntags_add_c(t, "p", d->customer.c, NULL);
	ntags_add_c(t, "change", d->w->change, NULL);
	add(d, NKIND_CHANGE, t, "");
}

static const struct {
	const char *name;
	void (*fn)(struct draft *d);
} answers[] = {
	{"good", good},
	{"exit3", exit3},
	{"large-code", large_code},
	{"no-last", no_last},
	{"silent", silent},
	{"slow", slow},
	{"bad-status", bad_status},
	{"bad-result", bad_result},
	{"early-last", early_last},
	{"twice", twice},
	{"after-last", after_last},
	{"far-link", far_link},
	{"change", change},
	{"owed", owed},
	{"late-change", late_change},
};

static struct draft begin(const struct fakeworker *w, const struct nevent *request,
			  struct nevent **out)
{
	return (struct draft){
		.w = w,
		.job = id32_hex(&request->id),
		.customer = id32_hex(&request->pubkey),
		.out = out,
		.at = clock_wall_s(),
	};
}

size_t fakeworker_answer(const struct fakeworker *w, const char *answer,
			 const struct nevent *request,
			 struct nevent *out[FAKEWORKER_EVENTS])
{
	struct draft d = begin(w, request, out);

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (strcmp(answers[i].name, answer) != 0)
			continue;
		answers[i].fn(&d);
		return d.n;
	}
	panic("no answer is called %s", answer);
}

size_t fakeworker_cancelled(const struct fakeworker *w, const struct nevent *request,
			    struct nevent *out[FAKEWORKER_EVENTS])
{
	struct draft d = begin(w, request, out);

	/* behind the queued of this second */
	d.at++;
	add_result(&d, "false", "143");
	add_status(&d, "cancelled", "");
	return d.n;
}

struct nevent *fakeworker_advert(const struct fakeworker *w)
{
	static const char content[] =
		"{\"name\":\"fake \\u001b[31mworker\",\"description\":\"for tests\","
		"\"max_concurrent_jobs\":2,\"current_queue_depth\":1}";
	auto_ntags struct ntags *t = ntags_new();

	ntags_add_c(t, "S", "bash", "5.2", "/bin/bash", NULL);
	ntags_add_c(t, "A", "linux/amd64", NULL);
	ntags_add_c(t, "price", w->mint, "2", "sat", w->mint, NULL);
	ntags_add_c(t, "min_duration", "10", NULL);
	ntags_add_c(t, "max_duration", "3600", NULL);
	return fakeworker_sign(w->key, NKIND_WORKER, clock_wall_s(), t, str_of(content));
}
