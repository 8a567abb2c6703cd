/* SPDX-License-Identifier: MIT */
/*
 * Is a token worth claiming? All that can be said without asking its mint (the rules of
 * docs/loom.md, "Payment"). Nothing is touched here.
 */
#ifndef LOOM_ENGINE_MONEY_PAYCHECK_H
#define LOOM_ENGINE_MONEY_PAYCHECK_H

#include "lib/base/id32.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/outcome.h"
#include "lib/proto/p2pk.h"

#include <stdbool.h>
#include <stdint.h>

struct mint;

struct paycheck_rules {
	uint64_t max_sum;
	bool need_dleq;
	bool was_checked; /* this very token before: its DLEQs have not changed */
	struct id32 worker;
	uint64_t now_s;
};

enum paycheck_word {
	PAYCHECK_GOOD,
	PAYCHECK_BAD,
	PAYCHECK_ASK, /* a keyset is not known: the mint may have a new one */
};

struct paycheck {
	enum paycheck_word word;
	enum outcome outcome; /* of BAD */
	char text[160];       /* code and sentence, for the customer */
	uint64_t fee;         /* that the mint takes for claiming it */
	bool locked;          /* to us */
	bool sig_all;
	bool blinded;          /* NUT-28 */
	struct id32 condition; /* of all its proofs, unless blinded */
	bool has_way_back;     /* its payer can take it back after the locktime */
	bool names_only_us;
	bool has_refund;
	struct ecpoint refund; /* its first refund key */
};

/* Short keyset ids of *t become full ones. */
void paycheck_token(struct paycheck *out, struct cashutok *t, const struct mint *mint,
		    const struct paycheck_rules *rules);
/* The verdict on a token that cashutok_parse() refused. */
void paycheck_unreadable(struct paycheck *out, enum cashutok_fault why,
			 const struct lerr *err);
/* Say no, with a code of cashu and a sentence. */
void paycheck_refuse(struct paycheck *out, enum outcome outcome, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
