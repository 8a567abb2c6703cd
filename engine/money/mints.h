/* SPDX-License-Identifier: MIT */
/*
 * The mints: those of CASHU_MINT_URL, and those of the ledger whose coins are left. Each
 * is asked at start and every hour who it is, what it can and which keysets it has
 * (NUT-01, 02, 06); what it says is checked and kept in the ledger.
 */
#ifndef LOOM_ENGINE_MONEY_MINTS_H
#define LOOM_ENGINE_MONEY_MINTS_H

#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/keyset.h"
#include "lib/proto/mintmsg.h"
#include "lib/proto/mintread.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct money;
struct mints;

enum mints_word {
	MINTS_NOT_ASKED,
	MINTS_ADMITTED, /* it can do what we need */
	MINTS_REFUSED,  /* it cannot: why says what is missing */
};

/* A mint that does not answer has not refused. */
enum mints_health {
	MINTS_UNKNOWN,  /* no answer for ten minutes */
	MINTS_UP,       /* the last request was answered */
	MINTS_DEGRADED, /* it was not, or it said 429 or 5xx */
};
const char *mints_health_name(enum mints_health h);

struct mint {
	uint64_t number;
	char *url;     /* normalised */
	char *spelled; /* as CASHU_MINT_URL has it: for price tags and tokens */
	bool accepted; /* named there */
	enum mints_word word;
	char why[160];
	struct mintread_info info;
	struct keyset *keysets;
	size_t n;
	bool has_ppk; /* the fee of its cheapest keyset is known: */
	uint64_t ppk;
	bool asking;
	uint64_t asked_ms; /* monotonic; the last round ended, well or not; 0: never */
	uint64_t ok_ms;    /* last answer */
	uint64_t fail_ms;  /* last failure */
	uint64_t ok_at_s;  /* the same, wall time; 0: not in this run */
	/* monotonic; when the next of these may be asked of it */
	uint64_t tidy_ms;
	uint64_t watch_ms;
};

/* Are the URLs of CASHU_MINT_URL fit to be used, and none there twice? */
MUST_USE enum lerr_code mints_check_conf(const struct conf *c, struct lerr *err);

struct mints *mints_new(struct money *m);
void mints_free(struct mints *s);
/* refreshed: a round of questions to that mint has ended. */
void mints_on_refreshed(struct mints *s,
			void (*refreshed)(struct money *m, struct mint *mint));

size_t mints_count(const struct mints *s);
struct mint *mints_at(struct mints *s, size_t i);
struct mint *mints_get(struct mints *s, uint64_t number);
/* One of CASHU_MINT_URL by URL, in any spelling; NULL: not accepted. */
struct mint *mints_find(struct mints *s, struct str url);
/* The one of CASHU_MINT_URL that comes first; NULL: no payments. */
struct mint *mints_first(struct mints *s);

/* Ask it now, unless that is going on. */
void mints_ask(struct mints *s, struct mint *mint);
/* How a request to it went. */
void mints_heard(struct mint *mint, bool well);
enum mints_health mints_health(const struct mint *mint);

/* By id, full or short; NULL: not known. It has keys. */
const struct keyset *mints_keyset(const struct mint *mint, const struct keyset_id *id);
/* For outputs: active, with keys, not about to expire, cheapest; NULL: none. */
const struct keyset *mints_output_keyset(const struct mint *mint);
/* Inactive, or soon at its end: coins of it are to be swapped away. */
bool mints_is_ageing(const struct keyset *k);
/* Does it hold more of our money than MINT_EXPOSURE_MAX? */
bool mints_is_full(struct mints *s, const struct mint *mint);

/* Once a second: hourly questions, earlier where one failed. */
void mints_tick(struct mints *s);

#endif
