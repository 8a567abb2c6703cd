/* SPDX-License-Identifier: MIT */
/*
 * What people give on the command line, read and checked: keys, ids, files. Each function
 * returns 0, or the exit status having said what is wrong. A secret is never taken from
 * the command line, and never repeated in a message.
 */
#ifndef LOOM_CTL_GIVEN_H
#define LOOM_CTL_GIVEN_H

#include "ctl/args.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/proto/ecpoint.h"
#include "lib/proto/nsign.h"

#include <stdbool.h>

/* Value of a variable in envp, NULL when it is not there. */
const char *given_env(char *const *envp, const char *name);

/* npub1... or 64 hex digits, the value of option --name. */
MUST_USE int given_pubkey(struct id32 *out, const char *name, const char *text);
/* A key that coins are locked to: npub1..., 64 hex digits, or 66 of a compressed point. */
MUST_USE int given_point(struct ecpoint *out, const char *name, const char *text);
/* An amount in sat, above 0. */
MUST_USE int given_amount(uint64_t *out, const char *text);
/* The one word of the verb: 64 hex digits, note1... or nevent1... */
MUST_USE int given_job(struct id32 *out, const struct args *a);
/* A file with a secret key, the value of option --name. */
MUST_USE int given_key(struct nsign_key *out, const char *name, const char *path);
/* Append a file, or stdin for "-", to out. Other than for keys, links are followed. */
MUST_USE int given_file(struct buf *out, const char *name, const char *path);
/* Is this text a secret key in itself? */
bool given_is_secret(const char *text);

#endif
