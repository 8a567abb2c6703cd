/* SPDX-License-Identifier: MIT */
/*
 * A secret key in a file of its own: one line, nsec1... (or 64 hex digits), mode 0400.
 * Read by loom-keyd and by the customer side of loomctl; written by loomctl alone.
 * Links nsign.h, so the same programs may use it and no others.
 */
#ifndef LOOM_LIB_PROTO_KEYFILE_H
#define LOOM_LIB_PROTO_KEYFILE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/nsign.h"

#include <sys/types.h>

/*
 * Read path. Mode and owner are checked on the open file, symbolic links are not
 * followed. LERR_GONE: there is none. LERR_DENIED: no regular file, not owned by root or
 * `owner`, or another mode than 0400. LERR_LIMIT: over CAP_KEY_FILE bytes. LERR_INPUT: no
 * key in it. The message says what to do, and never repeats what the file holds.
 */
MUST_USE enum lerr_code keyfile_read(struct nsign_key *out, const char *path, uid_t owner,
				     struct lerr *err);

/*
 * Make a new file of mode 0400; on disk, its folder entry included, when LERR_OK is
 * returned. LERR_STATE: something is there already, and it is left alone. What was begun
 * is removed on failure.
 */
MUST_USE enum lerr_code keyfile_create(const char *path, const struct nsign_key *key,
				       struct lerr *err);

/*
 * Put the key into dirfd/name, owned by uid and gid (-1 leaves them), in place of what is
 * there. A crash leaves the old file or the new one, and at most name.new beside it,
 * which the next call removes.
 */
MUST_USE enum lerr_code keyfile_replace(int dirfd, const char *name,
					const struct nsign_key *key, uid_t uid, gid_t gid,
					struct lerr *err);
/* Remove dirfd/name and dirfd/name.new; that there is none is fine. */
MUST_USE enum lerr_code keyfile_remove(int dirfd, const char *name, struct lerr *err);

#endif
