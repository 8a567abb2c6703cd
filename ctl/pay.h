/* SPDX-License-Identifier: MIT */
/*
 * Paying for a job out of the purse (submit --pay). In this order, so that no coin is in
 * a place that nobody knows of: the price is looked up and coins that fit are made; the
 * token and the job that it pays for are one commit; only then the request is published.
 * If no relay takes it, the coins come back.
 */
#ifndef LOOM_CTL_PAY_H
#define LOOM_CTL_PAY_H

#include "ctl/out.h"
#include "ctl/pursecoin.h"
#include "ctl/pursejob.h"
#include "ctl/session.h"
#include "lib/proto/nevent.h"

/* --pay SECONDS, --max-price, --lock, --locktime, --no-change */
extern const struct args_option pay_options[];
/* What is wrong with these options, or NULL. */
const char *pay_fault(const struct args *a);

struct pay {
	const struct args *a;
	struct purse *p;
	struct pursemint mint;
	struct pursejob job;
	struct dbproof_list coins; /* that fit, FREE; of a payment that is not locked */
	bool locked;
	struct ecpoint key; /* of a locked one: refund, and lock of the change */
	struct buf token;   /* its text, from pay_give() on */
};
void pay_wipe(struct pay *y);

/* Open the purse, read the worker's advertisement, have the coins at hand. Returns 0, or
 * the exit status having said what is wrong. */
MUST_USE int pay_prepare(struct pay *y, struct session *s, const struct args *a,
			 char *const *envp, const struct id32 *worker);
/* Give them as a token: y->token. A transaction is open from here to pay_keep() or
 * pay_undo(). */
void pay_give(struct pay *y);
/* The request that carries it, signed: in the purse from now on. */
void pay_keep(struct pay *y, struct session *s, const struct nevent *request);
void pay_undo(struct pay *y);

/* A record of what is paid. */
void pay_print(const struct pay *y, enum out_form form);

/* The request was published, or not: then the coins come back as far as they can. */
void pay_published(struct pay *y, struct session *s, bool taken);

#endif
