/* SPDX-License-Identifier: MIT */
/* Arguments and environment of a job, checked and joined for the shim. */
#ifndef LOOM_RUNNER_WORDS_H
#define LOOM_RUNNER_WORDS_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/ipc/ipcmsg.h"

#include <stdint.h>

struct words_count {
	uint64_t nargs;
	uint64_t nenv;
};

/*
 * Append to out, which is secret: the arguments, then the environment, each with a NUL.
 * The environment is the sandbox's own (PATH, HOME, TMPDIR, LANG, USER) and then env;
 * of two with one name the later wins and takes the place of the first. LERR_INPUT: no
 * program, or an entry without a name. LERR_LIMIT: one longer than CAP_JOB_ARG_BYTES,
 * or all together more than CAP_JOB_ARGV_TOTAL.
 */
MUST_USE enum lerr_code words_build(struct buf *out, struct words_count *count,
				    const struct ipc_texts *argv,
				    const struct ipc_texts *env, struct lerr *err);

#endif
