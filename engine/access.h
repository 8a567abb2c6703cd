/* SPDX-License-Identifier: MIT */
/* Who may send jobs, and whose jobs run free. Lists are read once at start; a list that
 * cannot be read stops the start, it never means everybody. */
#ifndef LOOM_ENGINE_ACCESS_H
#define LOOM_ENGINE_ACCESS_H

#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"

#include <stdbool.h>

struct access;
struct conf;

/* The message names file, line and the word that is not a public key. */
MUST_USE enum lerr_code access_new(struct access **out, const struct conf *c,
				   struct lerr *err);
void access_free(struct access *a);

struct access_verdict {
	bool allowed;    /* may send jobs at all */
	bool free;       /* a job without payment runs */
	bool known;      /* is on any list: floods of others share one budget */
	const char *why; /* a sentence for people */
};
struct access_verdict access_check(const struct access *a, const struct id32 *key);
/* Does anybody run free? (The advertisement says so.) */
bool access_has_free_keys(const struct access *a);

#endif
