/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobcheck.h"

#include "ctl/out.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/proto/amount.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/p2pk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FUTURE_S = 300 }; /* GRASP's */

static const struct {
	const char *word;
	bool last;
} statuses[] = {{"queued", false}, {"running", false},  {"completed", true},
		{"failed", true},  {"cancelled", true}, {"timeout", true}};

/* Clients compare these with records of their own (LOOM-37), or drop the event. */
static const struct {
	const char *name;
	const char *rule;
} forbidden_tags[] = {
	{"commit", "LOOM-37"},     {"workflow", "LOOM-37"},    {"repo_id", "LOOM-37"},
	{"repository", "LOOM-37"}, {"loom_job_id", "LOOM-37"}, {"expiration", "LOOM-21"},
	{"-", "LOOM-21"},
};

void jobcheck_add(struct jobcheck *c, const char *rule, const char *fmt, ...)
{
	struct jobcheck_fault *f;
	va_list ap;

	if (c->n++ >= JOBCHECK_MOST)
		return;
	f = &c->fault[c->n - 1];
	(void)snprintf(f->rule, sizeof(f->rule), "%s", rule);
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

bool jobcheck_is_status(struct str word, bool *last)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (!str_eq_c(word, statuses[i].word))
			continue;
		*last = statuses[i].last;
		return true;
	}
	return false;
}

bool jobcheck_url_hash(struct id32 *out, struct str url)
{
	size_t at = url.n;

	while (at > 0 && url.p[at - 1] != '/')
		at--;
	return at > 0 && id32_parse(out, (struct str){url.p + at, url.n - at});
}

/* A worker's words for "%s" of a fault. */
struct words {
	char c[64];
};

static struct words words(struct str s)
{
	struct words w = {{0}};
	auto_buf struct buf b = BUF_INIT(1024);

	out_escape(&b, (struct str){s.p, s.n < 40 ? s.n : 40});
	str_copy(w.c, sizeof(w.c), buf_str(&b));
	return w;
}

/* ---- every event of a worker */

static void check_one_id(struct jobcheck *c, const struct nevent *ev, const char *rule,
			 const char *tag, const struct id32 *want)
{
	size_t n = nevent_count_tags(ev, tag);
	struct id32 got;

	if (n != 1)
		jobcheck_add(c, rule, "%zu %s tags, not one", n, tag);
	else if (!nevent_tag_id32(ev, tag, &got))
		jobcheck_add(c, rule, "the %s tag holds no 64 lower-case hex digits",
			     tag);
	else if (want && !id32_eq(&got, want))
		jobcheck_add(c, rule, "the %s tag names %s...", tag, id32_short(&got).c);
}

static bool is_padded(struct str s)
{
	return str_trim(s).n != s.n;
}

static void check_tags(struct jobcheck *c, const struct nevent *ev)
{
	for (size_t t = 0; t < ev->ntags; t++) {
		const struct ntag *tag = &ev->tags[t];

		if (tag->n == 0 || tag->v[0].n == 0)
			jobcheck_add(c, "LOOM-21", "an empty tag");
		for (size_t i = 1; i < tag->n; i++)
			if (is_padded(tag->v[i]))
				jobcheck_add(c, "LOOM-21",
					     "blanks around a value of the tag %s",
					     words(tag->v[0]).c);
	}
	for (size_t i = 0; i < ARRAY_LEN(forbidden_tags); i++)
		if (nevent_count_tags(ev, forbidden_tags[i].name))
			jobcheck_add(c, forbidden_tags[i].rule, "a tag %s",
				     forbidden_tags[i].name);
}

static void check_common(struct jobcheck *c, const struct jobcheck_job *job,
			 const struct nevent *ev, uint64_t now)
{
	const struct id32 *customer = job->has_customer ? &job->customer : NULL;

	check_one_id(c, ev, ev->kind == NKIND_STATUS ? "LOOM-32" : "LOOM-40", "e",
		     &job->job);
	check_one_id(c, ev, "LOOM-33", "p", customer);
	check_tags(c, ev);
	if (ev->created_at > now + FUTURE_S)
		jobcheck_add(c, "LOOM-21", "dated %llu s in the future",
			     (unsigned long long)(ev->created_at - now));
}

/* ---- numbers */

static bool is_whole(struct str s)
{
	uint64_t v;

	return str_to_u64(s, INT64_MAX, &v);
}

static bool is_integer(struct str s)
{
	return str_starts(s, "-") ? is_whole((struct str){s.p + 1, s.n - 1})
				  : is_whole(s);
}

/* The value of a tag that must be there exactly once. */
static bool one_tag(struct jobcheck *c, const struct nevent *ev, const char *rule,
		    const char *name, struct str *value)
{
	size_t n = nevent_count_tags(ev, name);

	if (n != 1)
		jobcheck_add(c, rule, "%zu %s tags, not one", n, name);
	else if (!nevent_tag(ev, name, value))
		jobcheck_add(c, rule, "the %s tag has no value", name);
	else
		return true;
	return false;
}

static void check_whole_if_there(struct jobcheck *c, const struct nevent *ev,
				 const char *name)
{
	struct str v = {NULL, 0};

	if (nevent_count_tags(ev, name) && (!nevent_tag(ev, name, &v) || !is_whole(v)))
		jobcheck_add(c, "LOOM-34", "%s is '%s', not a whole number", name,
			     words(v).c);
}

/* ---- status */

static bool is_json_object(struct str content)
{
	auto_json struct json_t *json = NULL;

	return str_starts(content, "{") && jsonx_load(&json, content, CAP_EVENT_BYTES,
						      JSONX_ANY_NUMBERS, NULL) == LERR_OK;
}

static void check_status(struct jobcheck *c, const struct jobcheck_job *job,
			 const struct nevent *ev)
{
	struct str word = {NULL, 0};
	bool last;

	check_one_id(c, ev, "LOOM-32", "d", &job->job);
	if (one_tag(c, ev, "LOOM-34", "status", &word) &&
	    !jobcheck_is_status(word, &last))
		jobcheck_add(c, "LOOM-34", "'%s' is no status", words(word).c);
	if (nevent_count_tags(ev, "queue_position") && !str_eq_c(word, "queued"))
		jobcheck_add(c, "LOOM-34", "a queue_position, but not queued");
	check_whole_if_there(c, ev, "queue_position");
	check_whole_if_there(c, ev, "elapsed_sec");
	if (ev->content.n && !is_json_object(ev->content))
		jobcheck_add(c, "LOOM-36",
			     "the content is neither empty nor a JSON object");
}

/* ---- result */

static void check_exit_code(struct jobcheck *c, const struct nevent *ev)
{
	struct str success = {NULL, 0};
	struct str code = {NULL, 0};
	bool has_success = one_tag(c, ev, "LOOM-40", "success", &success);
	bool has_code = one_tag(c, ev, "LOOM-40", "exit_code", &code);
	bool is_true = str_eq_c(success, "true");

	if (has_success && !is_true && !str_eq_c(success, "false"))
		jobcheck_add(c, "LOOM-40", "success is '%s', not true or false",
			     words(success).c);
	if (has_code && !is_integer(code))
		jobcheck_add(c, "LOOM-40", "exit_code is '%s', not an integer",
			     words(code).c);
	if (has_success && has_code && is_true != str_eq_c(code, "0"))
		jobcheck_add(c, "LOOM-41", "success is %s and exit_code %s",
			     words(success).c, words(code).c);
}

static const char *url_fault(const struct jobcheck_job *job, struct str url)
{
	struct id32 hash;
	bool https = str_starts(url, "https://");
	size_t scheme = https ? 8 : 7;

	if (!https && !(job->local && str_starts(url, "http://")))
		return "is no https:// URL";
	for (size_t i = scheme; i < url.n && url.p[i] != '/'; i++)
		if (url.p[i] == '@')
			return "holds a user name";
	if (url.n && memchr(url.p, '#', url.n))
		return "holds a fragment";
	if (!jobcheck_url_hash(&hash, url))
		return "does not end in a bare SHA-256";
	return NULL;
}

static void check_url(struct jobcheck *c, const struct jobcheck_job *job,
		      const struct nevent *ev, const char *name)
{
	struct str url = {NULL, 0};
	const char *fault;

	if (nevent_count_tags(ev, name) > 1)
		jobcheck_add(c, "LOOM-43", "more than one %s tag", name);
	if (!nevent_tag(ev, name, &url) || url.n == 0)
		return;
	fault = url_fault(job, url);
	if (fault)
		jobcheck_add(c, "LOOM-43", "%s %s", name, fault);
}

/* ---- money */

void jobcheck_read_money(struct jobcheck_money *out, const struct nevent *request)
{
	auto_cashutok struct cashutok *t = NULL;
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	enum cashutok_fault why;
	struct str v = {NULL, 0};

	*out = (struct jobcheck_money){.known = true};
	out->has_lock =
		nevent_tag(request, "cashu_pubkey", &v) && ecpoint_parse(&out->lock, v);
	if (nevent_tag(request, "payment", &v) &&
	    cashutok_parse(&t, v, CAP_TOKEN_PROOFS, &why, NULL) == LERR_OK &&
	    strlen(t->mint) <= CAP_URL_BYTES &&
	    mintmsg_url(&url, str_of(t->mint), NULL) == LERR_OK)
		str_copy(out->mint, sizeof(out->mint), buf_str(&url));
}

static bool is_same_mint(const struct jobcheck_money *m, const struct cashutok *t)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);

	return strlen(t->mint) <= CAP_URL_BYTES &&
	       mintmsg_url(&url, str_of(t->mint), NULL) == LERR_OK &&
	       str_eq_c(buf_str(&url), m->mint);
}

static bool is_locked_to(const struct cashuproof *proof, const struct ecpoint *key)
{
	struct p2pk lock;

	return p2pk_parse(&lock, str_of(proof->secret), NULL) == P2PK_LOCK &&
	       p2pk_find(&lock, key) == 0;
}

static void check_token(struct jobcheck *c, const struct jobcheck_money *m,
			const struct cashutok *t)
{
	if (m->mint[0] && !is_same_mint(m, t))
		jobcheck_add(c, "LOOM-55", "change of another mint: %s",
			     words(str_of(t->mint)).c);
	for (size_t i = 0; m->has_lock && i < t->n; i++) {
		if (is_locked_to(&t->proofs[i], &m->lock))
			continue;
		jobcheck_add(c, "LOOM-55",
			     "change that is not locked to the key that "
			     "was asked for");
		return;
	}
}

/* A number of sat; 0 when it is not there. */
static uint64_t read_sat(struct jobcheck *c, const struct nevent *ev, const char *name)
{
	struct str v = {NULL, 0};
	uint64_t sat = 0;

	if (nevent_count_tags(ev, name) &&
	    (!nevent_tag(ev, name, &v) || !str_to_u64(v, AMOUNT_MAX, &sat)))
		jobcheck_add(c, "LOOM-59", "%s is '%s', not an amount", name, words(v).c);
	return sat;
}

static void check_sums(struct jobcheck *c, const struct nevent *ev, uint64_t in_token)
{
	uint64_t paid = read_sat(c, ev, "paid");
	uint64_t change = read_sat(c, ev, "change_amount");
	uint64_t sum = read_sat(c, ev, "charged");

	if (change && change != in_token)
		jobcheck_add(c, "LOOM-59",
			     "change_amount says %" PRIu64 ", the token is %" PRIu64,
			     change, in_token);
	/* of what is owed one knows no fee yet */
	if (!nevent_count_tags(ev, "paid") || nevent_count_tags(ev, "change_owed"))
		return;
	if (!amount_add(&sum, change) ||
	    !amount_add(&sum, read_sat(c, ev, "mint_fees")) || sum != paid)
		jobcheck_add(c, "LOOM-59",
			     "paid %" PRIu64 ", charged, change and fees are %" PRIu64,
			     paid, sum);
}

static void check_money(struct jobcheck *c, const struct jobcheck_job *job,
			const struct nevent *ev)
{
	auto_cashutok struct cashutok *t = NULL;
	enum cashutok_fault why;
	struct str v = {NULL, 0};

	if (nevent_count_tags(ev, "change") > 1)
		jobcheck_add(c, "LOOM-55", "more than one change tag");
	if (nevent_tag(ev, "change", &v) && v.n) {
		if (cashutok_parse(&t, v, CAP_TOKEN_PROOFS, &why, NULL) != LERR_OK)
			jobcheck_add(c, "LOOM-55", "the change is no token");
		else if (job->money.known)
			check_token(c, &job->money, t);
	}
	check_sums(c, ev, t ? t->sum : 0);
}

/* ---- result, all of it */

static void check_result(struct jobcheck *c, const struct jobcheck_job *job,
			 const struct nevent *ev)
{
	static const char *const optional[] = {"stdout", "stderr", "change", "error"};
	struct str v = {NULL, 0};

	check_exit_code(c, ev);
	if (one_tag(c, ev, "LOOM-40", "duration", &v) && !is_whole(v))
		jobcheck_add(c, "LOOM-40", "duration is '%s', not whole seconds",
			     words(v).c);
	for (size_t i = 0; i < ARRAY_LEN(optional); i++)
		if (nevent_count_tags(ev, optional[i]) &&
		    (!nevent_tag(ev, optional[i], &v) || v.n == 0))
			jobcheck_add(c, "LOOM-45", "an empty %s tag", optional[i]);
	check_url(c, job, ev, "stdout");
	check_url(c, job, ev, "stderr");
	check_money(c, job, ev);
	if (nevent_count_tags(ev, "d"))
		check_one_id(c, ev, "LOOM-40", "d", &job->job);
	if (ev->content.n)
		jobcheck_add(c, "LOOM-36", "the content is not empty");
}

void jobcheck_event(struct jobcheck *c, const struct jobcheck_job *job,
		    const struct nevent *ev, uint64_t now)
{
	check_common(c, job, ev, now);
	if (ev->kind == NKIND_STATUS)
		check_status(c, job, ev);
	else
		check_result(c, job, ev);
}
