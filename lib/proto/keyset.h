/* SPDX-License-Identifier: MIT */
/*
 * Keysets of a mint (NUT-01, NUT-02): ids of version 00 and 01 recomputed from the keys,
 * fees, and how an amount is split into what the keyset has keys for. Version 02 and the
 * old base64 ids are refused by name.
 */
#ifndef LOOM_LIB_PROTO_KEYSET_H
#define LOOM_LIB_PROTO_KEYSET_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/amount.h"
#include "lib/proto/ecpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

#define KEYSET_KEYS 64
#define KEYSET_PPK_MAX 1000000 /* above, an input would cost more than 1000 units */

/* Lower-case hex: 16 digits (00..., also the short form of an 01) or 66 (01...). */
struct keyset_id {
	char c[67];
};

enum keyset_kind {
	KEYSET_BAD,   /* no id at all */
	KEYSET_OTHER, /* version 02 or later, or the base64 of old: not supported */
	KEYSET_V1,    /* 00 and 14 digits */
	KEYSET_V2,    /* 01 and 64 digits */
	KEYSET_SHORT, /* 01 and 14 digits: the first 8 bytes of an 01 id */
};
enum keyset_kind keyset_id_kind(struct str hex);
/* Copy it, lower-cased; LERR_INPUT with what is wrong for KEYSET_BAD and KEYSET_OTHER. */
MUST_USE enum lerr_code keyset_id_parse(struct keyset_id *out, struct str hex,
					struct lerr *err);
bool keyset_id_eq(const struct keyset_id *a, const struct keyset_id *b);
/* Is `full` the keyset that `any` (full or short) names? */
bool keyset_id_names(const struct keyset_id *any, const struct keyset_id *full);

struct keyset {
	struct keyset_id id; /* full */
	char unit[16];
	bool active;
	uint64_t ppk;                  /* input_fee_ppk */
	uint64_t final_expiry;         /* unix seconds; 0: none */
	size_t n;                      /* keys; 0: not yet known */
	uint64_t amounts[KEYSET_KEYS]; /* ascending */
	struct ecpoint keys[KEYSET_KEYS];
};

/* Fill amounts and keys from the "keys" object of NUT-01: every name a decimal amount
 * above 0 without leading zeros, every value a point. LERR_LIMIT above KEYSET_KEYS;
 * LERR_INPUT also when there are none. */
MUST_USE enum lerr_code keyset_read_keys(struct keyset *k, struct json_t *keys,
					 struct lerr *err);
/* The ids that these keys have; unit, ppk and final_expiry count for version 01. */
struct keyset_id keyset_id_v1(const struct keyset *k);
struct keyset_id keyset_id_v2(const struct keyset *k);
/* Does k->id follow from the keys? */
MUST_USE enum lerr_code keyset_check_id(const struct keyset *k, struct lerr *err);

/* Key for an amount, NULL when there is none. */
const struct ecpoint *keyset_key(const struct keyset *k, uint64_t amount);

/* ---- one of a mint's list; those without keys are passed over */

/* By id, full or short; NULL: not there. */
const struct keyset *keyset_find(const struct keyset *list, size_t n,
				 const struct keyset_id *id);
/* For new coins: active, does not end before good_until (unix seconds), cheapest; NULL:
 * none. */
const struct keyset *keyset_for_outputs(const struct keyset *list, size_t n,
					uint64_t good_until);

/* (sum_ppk + 999) / 1000: the fee of a request whose inputs have these ppk together. */
uint64_t keyset_fee(uint64_t sum_ppk);
/* The fee of redeeming n proofs of one keyset. */
uint64_t keyset_fee_of(const struct keyset *k, size_t n);

#define KEYSET_PARTS_MAX 128
/* Split, the largest that fits first: the fewest parts when every key's amount divides
 * the next. Ascending; *n is 0 for amount 0. False when the keyset has no keys for what
 * remains, or that takes more than KEYSET_PARTS_MAX. */
MUST_USE bool keyset_split(const struct keyset *k, uint64_t amount,
			   uint64_t parts[KEYSET_PARTS_MAX], size_t *n);
/* Split so that every amount up to this one can be paid from the parts exactly: 1, 2, 4
 * ... as far as they go, then the rest in few parts. With keys that do not allow that it
 * is the plain split. Ascending. */
MUST_USE bool keyset_split_all(const struct keyset *k, uint64_t amount,
			       uint64_t parts[KEYSET_PARTS_MAX], size_t *n);
/* Smallest amount whose redemption leaves net, when it is sent as keyset_split() has it.
 * False: none up to net and the fee of KEYSET_PARTS_MAX proofs. */
MUST_USE bool keyset_gross(const struct keyset *k, uint64_t net, uint64_t *gross);

/* Blank outputs of NUT-08 for a refund of at most this much. */
size_t keyset_blanks(uint64_t most);

#endif
