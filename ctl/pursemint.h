/* SPDX-License-Identifier: MIT */
/* A mint as the purse sees it: asked who it is and which keysets it has (NUT-01, 02, 06)
 * each time that new coins are to be made there. */
#ifndef LOOM_CTL_PURSEMINT_H
#define LOOM_CTL_PURSEMINT_H

#include "ctl/purse.h"
#include "lib/base/attr.h"
#include "lib/base/str.h"
#include "lib/proto/keyset.h"
#include "lib/proto/mintread.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pursemint {
	uint64_t number; /* in the purse; 0: not there */
	char *url;       /* in the one spelling that is compared */
	struct mintread_info info;
	struct keyset *keysets;
	size_t n;
};
void pursemint_wipe(struct pursemint *m);
#define auto_mint __attribute__((cleanup(pursemint_wipe)))

/* Has the purse ever used it? Fills number and url. LERR_INPUT: no URL of a mint;
 * LERR_GONE: never used. */
MUST_USE enum lerr_code pursemint_find(struct purse *p, struct pursemint *out,
				       struct str url, struct lerr *err);
/* The URL of a number. */
void pursemint_url(struct purse *p, struct buf *out, uint64_t number);

/*
 * Ask it. LERR_INPUT: no URL of a mint. LERR_TEMP: it does not answer. LERR_DENIED: it
 * cannot do what we need, or has no keyset for new coins. The mint is part of the purse
 * when LERR_OK is returned.
 */
MUST_USE enum lerr_code pursemint_ask(struct purse *p, struct pursemint *out,
				      struct str url, struct lerr *err);

/* The keyset of a coin, NULL when it is not known; that of new coins. */
const struct keyset *pursemint_keyset(const struct pursemint *m,
				      const struct keyset_id *id);
const struct keyset *pursemint_output_keyset(const struct pursemint *m);

/* Numbers of the mints of the purse, ascending: the next above. 0: no more. */
uint64_t pursemint_next(struct purse *p, uint64_t above);

#endif
