/* SPDX-License-Identifier: MIT */
/*
 * From a start request to the words of a process, pure. Called by loom-runner for each
 * job. The environment holds secrets: it goes into a memfd and nowhere else, least of
 * all into a log or onto a command line.
 */
#include "config.h"

#include "runner/words.h"

#include "lib/base/caps.h"
#include "runner/sbargv.h"

#include <string.h>

enum { BASE_MAX = 5, ENV_MAX = CAP_JOB_ENV + CAP_JOB_SECRETS + BASE_MAX };

static const char *const base[BASE_MAX] = {
	"PATH=/usr/local/bin:/usr/bin:/bin",
	"HOME=" SBARGV_HOME,
	"TMPDIR=" SBARGV_HOME,
	"LANG=C.UTF-8",
	"USER=job",
};

struct env {
	const char *v[ENV_MAX];
	size_t n;
};

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

static bool same_name(const char *a, const char *b)
{
	size_t n = name_length(a);

	return n == name_length(b) && memcmp(a, b, n) == 0;
}

static enum lerr_code put(struct env *e, const char *entry, struct lerr *err)
{
	size_t n = name_length(entry);

	if (n == 0 || entry[n] != '=')
		return lerr_set(err, LERR_INPUT, 0, "environment: want NAME=value");
	for (size_t i = 0; i < e->n; i++) {
		if (!same_name(e->v[i], entry))
			continue;
		e->v[i] = entry;
		return LERR_OK;
	}
	if (e->n == ENV_MAX)
		return lerr_set(err, LERR_LIMIT, 0, "environment: more than %d entries",
				ENV_MAX);
	e->v[e->n++] = entry;
	return LERR_OK;
}

static enum lerr_code merge(struct env *e, const struct ipc_texts *env, struct lerr *err)
{
	for (size_t i = 0; i < BASE_MAX; i++)
		e->v[e->n++] = base[i];
	for (size_t i = 0; i < env->n; i++) {
		enum lerr_code rc = put(e, env->v[i], err);

		if (rc)
			return rc;
	}
	return LERR_OK;
}

static enum lerr_code add(struct buf *out, size_t *total, const char *word,
			  struct lerr *err)
{
	size_t n = strlen(word);

	if (n > CAP_JOB_ARG_BYTES)
		return lerr_set(err, LERR_LIMIT, 0,
				"an argument of %zu bytes, at most %d can be passed", n,
				CAP_JOB_ARG_BYTES);
	*total += n + 1;
	if (*total > CAP_JOB_ARGV_TOTAL)
		return lerr_set(err, LERR_LIMIT, 0,
				"arguments and environment have more than %d bytes",
				CAP_JOB_ARGV_TOTAL);
	buf_add(out, word, n + 1);
	return LERR_OK;
}

enum lerr_code words_build(struct buf *out, struct words_count *count,
			   const struct ipc_texts *argv, const struct ipc_texts *env,
			   struct lerr *err)
{
	struct env e = {.n = 0};
	size_t total = 0;
	enum lerr_code rc = merge(&e, env, err);

	if (rc)
		return rc;
	if (argv->n == 0 || argv->n > CAP_JOB_ARGS + 1)
		return lerr_set(err, LERR_INPUT, 0, "%zu arguments", argv->n);
	for (size_t i = 0; !rc && i < argv->n; i++)
		rc = add(out, &total, argv->v[i], err);
	for (size_t i = 0; !rc && i < e.n; i++)
		rc = add(out, &total, e.v[i], err);
	if (rc)
		return rc;
	if (buf_over(out))
		return lerr_set(err, LERR_LIMIT, 0, "arguments and environment");
	*count = (struct words_count){argv->n, e.n};
	return LERR_OK;
}
