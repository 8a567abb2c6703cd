/* SPDX-License-Identifier: MIT */
/*
 * What a test says to the mint program, as HTTP below /test/ with JSON objects:
 *
 *	POST /test/fault   {"fault":NAME,"path":PREFIX?,"times":1?,"skip":0?,"ms":0?}
 *	POST /test/clear   {}            forget the faults that wait
 *	GET  /test/faults                {"left":N}
 *	POST /test/rotate  {"ppk":N?,"version":"00"|"01"?,"expiry":T?,"keys":N?} -> {"id":ID}
 *	POST /test/expire  {"id":ID,"expiry":T}
 *	POST /test/set     {"ln_fee":N?,"pay_after":N?,"never":true?,"shift_s":S?,"back_s":S?,
 *		"like":"registry"|"nutshell"|"cdk"?}
 *	POST /test/pay     {"quote":ID OR INVOICE}
 *	POST /test/settle  {"quote":ID,"paid":BOOL}      of a melt
 *	POST /test/release {"done":BOOL}                 swaps that "pending" stopped
 *	POST /test/invoice {"amount":N,"expiry":S?} -> {"request":INVOICE} of nobody here
 *	GET  /test/lnurl?amount=MSAT     -> {"pr":INVOICE}, for the Lightning address
 *					 test@127.0.0.1:PORT
 *	GET  /test/sums                  see struct mintcore_sums
 *	GET  /test/counts                {"POST /v1/swap":N,...} since the start
 *
 * 200, or 400 with {"error":TEXT}. shift_s and back_s set the mint's clock so far
 * ahead of the machine's, or behind it.
 */
#ifndef LOOM_TESTS_PEERS_MINTCTL_H
#define LOOM_TESTS_PEERS_MINTCTL_H

#include "tests/peers/mintfault.h"

struct mintctl;

struct mintctl *mintctl_new(struct mintcore *m, struct mintfault *f);
void mintctl_free(struct mintctl *c);
/* Where it is, once that is known. */
void mintctl_set_url(struct mintctl *c, struct str url);
bool mintctl_is_for(struct str path);
unsigned int mintctl_handle(struct mintctl *c, struct str method, struct str path,
			    struct str body, struct buf *answer);
/* A request that is not for here has come. */
void mintctl_count(struct mintctl *c, struct str method, struct str path);

#endif
