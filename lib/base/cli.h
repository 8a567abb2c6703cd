/* SPDX-License-Identifier: MIT */
/*
 * How every daemon starts: --config FILE, --check-config, --version, --help and its own
 * options; the configuration read and checked, the log opened, SIGPIPE off.
 */
#ifndef LOOM_LIB_BASE_CLI_H
#define LOOM_LIB_BASE_CLI_H

#include "lib/base/conf.h"

#include <stddef.h>

/* An option that only this program has: --user NAME, or --end-jobs without a value. */
struct cli_option {
	const char *name; /* "user" */
	/* "NAME", for --help. NULL: the option takes none, and *out becomes "" */
	const char *value;
	const char *help;
	const char **out; /* borrows from argv; NULL stays when it is not given */
};

struct cli {
	const char *prog;    /* "runner": the program is loom-runner */
	const char *purpose; /* one line for --help */
	const struct cli_option *options;
	size_t noptions;
	/* More checks of the configuration for --check-config; may be NULL. */
	enum lerr_code (*check)(const struct conf *c, struct lerr *err);
};

/*
 * Returns -1 when the program shall go on, with *conf filled; else its exit status (0
 * after --help, --version and a good --check-config, 2 for a wrong command line, 78 for
 * a refused configuration, as sysexits(3) has it). What is wrong is said in one line.
 */
int cli_start(struct conf **conf, const struct cli *cli, int argc, char **argv,
	      char **envp);

#endif
