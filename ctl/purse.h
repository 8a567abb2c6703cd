/* SPDX-License-Identifier: MIT */
/*
 * A customer's purse: coins of some mints in a file that is theirs alone. Opening it
 * finishes first what an earlier run left open (purserun.h). One process at a time.
 */
#ifndef LOOM_CTL_PURSE_H
#define LOOM_CTL_PURSE_H

#include "ctl/args.h"
#include "ctl/mintlink.h"
#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/nut13.h"

struct db;

struct purse {
	struct db *d;
	struct nut13_seed seed;
	struct mintlink *link;
};

/* --purse FILE */
extern const struct args_option purse_options[];
/* --ca-file FILE, for verbs that talk to mints alone */
extern const struct args_option purse_ca_options[];

/* Open or make it: --purse, else loomctl/wallet.db in XDG_DATA_HOME or ~/.local/share.
 * Returns 0, or the exit status having said what is wrong. */
MUST_USE int purse_open(struct purse **out, const struct args *a, char *const *envp);
void purse_close_ptr(struct purse **p);
#define auto_purse __attribute__((cleanup(purse_close_ptr)))

/* The exit status that stands for an error about money. */
int purse_status(const struct lerr *err);

#endif
