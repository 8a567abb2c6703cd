/* SPDX-License-Identifier: MIT */
/*
 * The argument list of bubblewrap, built by a pure function. Options go to bubblewrap
 * through a memfd (--args FD), not on its command line, where anybody on the machine
 * could read them. Words of the command come after "--" and nowhere else; whatever they
 * look like, bubblewrap does not take them for options.
 */
#ifndef LOOM_RUNNER_SBARGV_H
#define LOOM_RUNNER_SBARGV_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define SBARGV_OPTIONS_MAX (32 * 1024)
#define SBARGV_WORDS_MAX 512

struct sbargv_in {
	const char *etc;           /* folder that becomes /etc */
	const char *init;          /* program that becomes SBARGV_INIT */
	const char *files;         /* folder with job/ and shm/, the job's own tmpfs */
	bool outbound;             /* certificates and resolver for the network */
	int filter_fd;             /* seccomp program */
	int args_fd;               /* where the options will be read from */
	const struct str *command; /* what follows "--" */
	size_t ncommand;
};

/* Where loom-init is inside the sandbox, and the job's folder. */
#define SBARGV_INIT "/.loom-init"
#define SBARGV_HOME "/job"

struct sbargv {
	struct buf options; /* NUL-terminated words, the content for args_fd */
	char **argv;        /* of bubblewrap itself: "bwrap" "--args" N "--" command */
	size_t argc;
};

/* LERR_INPUT: a NUL in a word, a path that is not absolute, or an empty command.
 * LERR_LIMIT: too many or too long words. *out is to be wiped. */
MUST_USE enum lerr_code sbargv_build(struct sbargv *out, const struct sbargv_in *in,
				     struct lerr *err);
void sbargv_wipe(struct sbargv *a);
#define auto_sbargv __attribute__((cleanup(sbargv_wipe)))

#endif
