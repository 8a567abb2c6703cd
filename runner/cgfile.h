/* SPDX-License-Identifier: MIT */
/* Small files in the folders of control groups. */
#ifndef LOOM_RUNNER_CGFILE_H
#define LOOM_RUNNER_CGFILE_H

#include "lib/base/buf.h"
#include "runner/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define CGFILE_PATH_BYTES (CAP_RUN_PATH + 64)

struct cgfile_path {
	char c[CGFILE_PATH_BYTES];
};

/* FOLDER/group/file; without file the group itself. "" when it is too long. */
struct cgfile_path cgfile_path(const struct plan_place *at, const char *group,
			       const char *file);
/* All of them: false when it did not work. A write is one write(2), as the kernel wants
 * it; read appends. */
bool cgfile_write_at(const char *path, const char *text);
bool cgfile_write(const struct plan_place *at, const char *group, const char *file,
		  const char *text);
bool cgfile_write_u64(const struct plan_place *at, const char *group, const char *file,
		      uint64_t value);
bool cgfile_read_at(struct buf *out, const char *path);
bool cgfile_read_u64(uint64_t *out, const struct plan_place *at, const char *group,
		     const char *file);
/* The number behind "key " in a file of such lines. */
bool cgfile_read_key(uint64_t *out, const struct plan_place *at, const char *group,
		     const char *file, const char *key);

#endif
