/* SPDX-License-Identifier: MIT */
/* The endpoints of the test mint, one function each: true with an answer, false with a
 * refusal. Each runs inside a transaction that mintcore.c commits or throws away. */
#ifndef LOOM_TESTS_PEERS_MINTROUTES_H
#define LOOM_TESTS_PEERS_MINTROUTES_H

#include "tests/peers/mintpriv.h"

typedef bool mintroute(struct mintcore *m, const struct mintcall *call,
		       struct buf *answer, struct mintno *no);

/* mintlook.c */
mintroute mintlook_info;
mintroute mintlook_keys;
mintroute mintlook_keys_of;
mintroute mintlook_keysets;
mintroute mintlook_checkstate;
mintroute mintlook_restore;
/* mintswap.c */
mintroute mintswap_swap;
/* mintquote.c */
mintroute mintquote_make;
mintroute mintquote_look;
mintroute mintquote_mint;
/* mintmelt.c */
mintroute mintmelt_make;
mintroute mintmelt_look;
mintroute mintmelt_melt;

/* Melts whose end has come; before every request. */
void mintmelt_run_due(struct mintcore *m);
/* The mint quote with this invoice becomes PAID; false: none, or not UNPAID. */
bool mintquote_pay(struct mintcore *m, struct str quote_or_request);
enum mintquote_state {
	MINTQUOTE_NONE = 0,
	MINTQUOTE_UNPAID = 1,
	MINTQUOTE_PAID = 2,
	MINTQUOTE_ISSUED = 3,
};
/* Of the mint quote with this invoice. */
enum mintquote_state mintquote_state_of(struct mintcore *m, struct str request);
/* A fresh id of a quote, 32 hex digits. */
struct mintquote_id {
	char c[33];
};
struct mintquote_id mintquote_new_id(void);
/* "unit" is there and sat. */
bool mintquote_check_unit(const struct json_t *request, struct mintno *no);

#endif
