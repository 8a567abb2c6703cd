/* SPDX-License-Identifier: MIT */
/* The file with a secret key. "loomctl keygen" makes one. */
#ifndef LOOM_KEYD_KEYFILE_H
#define LOOM_KEYD_KEYFILE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/nsign.h"

#include <sys/types.h>

/*
 * Read the one key in path: a regular file, not reached by a link, that nobody but its
 * owner can read (0400) and nobody can write, owned by root or by owner, of at most
 * CAP_KEY_FILE bytes. The message says which of these is wrong and what to do; it never
 * holds anything of the content.
 */
MUST_USE enum lerr_code keyfile_read(struct nsign_key *out, const char *path, uid_t owner,
				     struct lerr *err);

#endif
