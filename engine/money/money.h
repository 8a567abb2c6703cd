/* SPDX-License-Identifier: MIT */
/*
 * The engine's money: what its parts share. Floors, from the top: money (start, time),
 * walletdoc; claim, change, export, melt (what a kind of operation means); settle (the
 * table of kinds); recon (what an answer of a mint means), lane (what is asked next, one
 * money request at a time for each mint); payop (the mover); mints (who they are);
 * purse (coins and outputs), seedkeep, mintcall.
 *
 * Rule of the house: journal before money. What is needed to recover is committed
 * before a byte goes to a mint; a call whose answer was lost is asked about, never
 * believed to have failed.
 */
#ifndef LOOM_ENGINE_MONEY_MONEY_H
#define LOOM_ENGINE_MONEY_MONEY_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/nut13.h"

#include <stdbool.h>
#include <stdint.h>

struct claims;
struct dbjob;
struct engine;
struct httpc;
struct lane;
struct melts;
struct mints;
struct restore;
struct tokwatch;

struct money {
	struct engine *e;
	struct httpc *http;
	struct nut13_seed seed;
	struct mints *mints;
	struct lane *lane;
	struct claims *claims;
	struct melts *melts;
	struct restore *restore;
	struct tokwatch *tokwatch;
	/* an operation has ended, or needs a person; after the commit. May be NULL */
	void (*ended)(struct engine *e, uint64_t op);
};

/* The ledger is open; nothing is sent before the loop runs. */
MUST_USE enum lerr_code money_new(struct money **out, struct engine *e, struct lerr *err);
void money_free(struct money *m);
/* At start, after the jobs: what is open at mints goes on. */
void money_recover(struct money *m);
/* Once a second. */
void money_tick(struct money *m);
/* loom-keyd is there (again): claims that wait for a signature go on. */
void money_keyd_up(struct money *m);

#endif
