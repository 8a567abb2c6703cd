/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobspec.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"

/* While reading: the same arrays, still writable. */
struct reader {
	struct str *argv;
	size_t nargv;
	struct jobspec_var *env;
	size_t nenv;
	struct jobspec_var *secrets;
	size_t nsecrets;
	size_t bytes; /* of arguments and environment together */
	bool has_cmd;
};

bool jobspec_is_for(const struct nevent *ev, const struct id32 *worker)
{
	struct id32 p;

	return ev->kind == NKIND_JOB && nevent_tag_id32(ev, "p", &p) &&
	       id32_eq(&p, worker);
}

static enum lerr_code malformed(enum outcome *why, struct lerr *err, const char *text)
{
	*why = OUTCOME_MALFORMED;
	return lerr_set(err, LERR_INPUT, 0, "%s", text);
}

static enum lerr_code too_large(enum outcome *why, struct lerr *err, const char *what,
				size_t most)
{
	*why = OUTCOME_TOO_LARGE;
	return lerr_set(err, LERR_LIMIT, 0, "%s: at most %zu", what, most);
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter =
			(c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return s.n > 0 && s.n <= CAP_JOB_NAME_BYTES;
}

/* Every string of argv and environment costs its bytes, a NUL and a pointer. */
static enum lerr_code count(struct reader *r, struct str s, enum outcome *why,
			    struct lerr *err)
{
	if (s.n > CAP_JOB_ARG_BYTES)
		return too_large(why, err, "bytes of one argument or variable",
				 CAP_JOB_ARG_BYTES);
	r->bytes += s.n + 1 + sizeof(char *);
	if (r->bytes > CAP_JOB_ARGV_TOTAL)
		return too_large(why, err, "bytes of all arguments and variables",
				 CAP_JOB_ARGV_TOTAL);
	return LERR_OK;
}

static enum lerr_code add_arg(struct reader *r, struct str s, enum outcome *why,
			      struct lerr *err)
{
	if (str_has_nul(s))
		return malformed(why, err, "an argument holds a NUL byte");
	if (r->nargv > CAP_JOB_ARGS)
		return too_large(why, err, "arguments", CAP_JOB_ARGS);
	r->argv = mem_resize(r->argv, r->nargv + 1, sizeof(*r->argv));
	r->argv[r->nargv++] = s;
	return count(r, s, why, err);
}

static enum lerr_code read_cmd(struct reader *r, const struct nevent *ev,
			       enum outcome *why, struct lerr *err)
{
	struct str cmd;
	enum lerr_code rc = LERR_OK;

	if (nevent_count_tags(ev, "cmd") == 0)
		return LERR_OK;
	if (!nevent_tag(ev, "cmd", &cmd) || cmd.n == 0)
		return malformed(why, err, "the cmd tag is empty");
	r->has_cmd = true;
	rc = add_arg(r, cmd, why, err);
	for (size_t t = 0; !rc && t < ev->ntags; t++) {
		const struct ntag *tag = &ev->tags[t];

		if (tag->n == 0 || !str_eq_c(tag->v[0], "args"))
			continue;
		for (size_t i = 1; !rc && i < tag->n; i++)
			rc = add_arg(r, tag->v[i], why, err);
	}
	return rc;
}

static enum lerr_code add_var(struct reader *r, struct jobspec_var **list, size_t *n,
			      const struct ntag *tag, enum outcome *why, struct lerr *err)
{
	struct jobspec_var var;

	if (tag->n < 3 || !is_name(tag->v[1]))
		return malformed(
			why, err,
			"a variable needs a name of letters, digits and _, and a "
			"value");
	var = (struct jobspec_var){.name = tag->v[1], .value = tag->v[2]};
	if (str_has_nul(var.value))
		return malformed(why, err, "a variable holds a NUL byte");
	*list = mem_resize(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = var;
	return count(r, var.value, why, err);
}

static enum lerr_code read_vars(struct reader *r, const struct nevent *ev,
				enum outcome *why, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	for (size_t t = 0; !rc && t < ev->ntags; t++) {
		const struct ntag *tag = &ev->tags[t];

		if (tag->n == 0)
			continue;
		if (str_eq_c(tag->v[0], "env")) {
			if (r->nenv >= CAP_JOB_ENV)
				return too_large(why, err, "variables", CAP_JOB_ENV);
			rc = add_var(r, &r->env, &r->nenv, tag, why, err);
		} else if (str_eq_c(tag->v[0], "secret")) {
			if (r->nsecrets >= CAP_JOB_SECRETS)
				return too_large(why, err, "secrets", CAP_JOB_SECRETS);
			rc = add_var(r, &r->secrets, &r->nsecrets, tag, why, err);
		}
	}
	return rc;
}

static void free_lists(const struct str *argv, const struct jobspec_var *env,
		       const struct jobspec_var *secrets)
{
	/* the readers of a spec may not write, its owner may free */
	union {
		const void *in;
		void *out;
	} a = {argv}, e = {env}, s = {secrets};

	mem_free(a.out);
	mem_free(e.out);
	mem_free(s.out);
}

enum lerr_code jobspec_parse(struct jobspec **out, enum outcome *why,
			     const struct nevent *ev, struct lerr *err)
{
	struct reader r = {0};
	struct jobspec *spec;
	enum lerr_code rc = read_cmd(&r, ev, why, err);

	if (!rc)
		rc = read_vars(&r, ev, why, err);
	if (!rc && !r.has_cmd && ev->content.n == 0)
		rc = malformed(why, err, "neither a cmd tag nor a content to run");
	if (rc) {
		free_lists(r.argv, r.env, r.secrets);
		return rc;
	}
	spec = mem_zalloc(sizeof(*spec));
	*spec = (struct jobspec){.argv = r.argv,
				 .nargv = r.nargv,
				 .env = r.env,
				 .nenv = r.nenv,
				 .secrets = r.secrets,
				 .nsecrets = r.nsecrets,
				 .stdin_text = ev->content,
				 .has_payment = nevent_count_tags(ev, "payment") > 0};
	(void)nevent_tag(ev, "payment", &spec->payment);
	(void)nevent_tag(ev, "backend", &spec->backend);
	*out = spec;
	return LERR_OK;
}

void jobspec_free(struct jobspec *spec)
{
	if (!spec)
		return;
	free_lists(spec->argv, spec->env, spec->secrets);
	mem_free(spec);
}

void jobspec_free_ptr(struct jobspec **spec)
{
	jobspec_free(*spec);
}
