/* SPDX-License-Identifier: MIT */
/*
 * Cashu tokens (NUT-00): V3 (cashuA, JSON) and V4 (cashuB, CBOR) read and written. One
 * mint and one unit per token. Strict: no bytes behind it, no key twice, amounts above 0
 * and in AMOUNT_MAX, their sum too, every C a point, no secret twice. Unknown keys are
 * skipped, null means absent. Witnesses are dropped: we make our own.
 */
#ifndef LOOM_LIB_PROTO_CASHUTOK_H
#define LOOM_LIB_PROTO_CASHUTOK_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/proto/bdhke.h"
#include "lib/proto/keyset.h"

/* One coin. Its secret is text of 1 .. CAP_CASHU_SECRET bytes without NUL. */
struct cashuproof {
	uint64_t amount;
	struct keyset_id id; /* as it came: may be a short form in a token */
	char *secret;
	struct ecpoint c;
	bool has_dleq; /* with e, s and r */
	struct dleq dleq;
	bool has_ephemeral; /* NUT-28: pe, p2pk_e */
	struct ecpoint ephemeral;
};
void cashutok_wipe_proof(struct cashuproof *p);

struct cashutok {
	char *mint; /* as spelled in the token */
	char *unit; /* "sat" when V3 has none */
	char *memo; /* or NULL */
	struct cashuproof *proofs;
	size_t n;
	uint64_t sum;
};

/*
 * Read it; a prefix cashu:, cashu:// or web+cashu:// is skipped. LERR_LIMIT: longer than
 * CAP_TOKEN_BYTES, or more than most proofs (err says how many are allowed); LERR_INPUT:
 * anything else. *why gets the code of cashu.md 4.1 that applies.
 */
enum cashutok_fault {
	CASHUTOK_BAD,         /* bad_token */
	CASHUTOK_MANY_MINTS,  /* a V3 token of more than one mint */
	CASHUTOK_MANY_PROOFS, /* too_many_proofs */
	CASHUTOK_AMOUNT,      /* bad_amount */
	CASHUTOK_TWICE,       /* duplicate_proof */
	CASHUTOK_KEYSET,      /* keyset_version_unsupported */
};
MUST_USE enum lerr_code cashutok_parse(struct cashutok **out, struct str text,
				       size_t most, enum cashutok_fault *why,
				       struct lerr *err);
/* Frees and overwrites: secrets are money. */
void cashutok_free(struct cashutok *t);
#define auto_cashutok __attribute__((cleanup(cashutok_free_ptr)))
void cashutok_free_ptr(struct cashutok **t);

/*
 * Write these proofs (full keyset ids) as a token: V4, unless one of the keysets is of
 * version 01: then V3, because some readers know no short ids. DLEQ goes along where it
 * is there and with_dleq is set.
 */
void cashutok_write(struct buf *out, struct str mint, struct str unit,
		    const struct cashuproof *proofs, size_t n, bool with_dleq);
void cashutok_write_v3(struct buf *out, struct str mint, struct str unit, struct str memo,
		       const struct cashuproof *proofs, size_t n, bool with_dleq);
/* short_ids: 8 bytes for 01 keysets too. */
void cashutok_write_v4(struct buf *out, struct str mint, struct str unit, struct str memo,
		       const struct cashuproof *proofs, size_t n, bool with_dleq,
		       bool short_ids);

#endif
