/* SPDX-License-Identifier: MIT */
/*
 * Tokens: as text, and as JSON or CBOR that is made base64 here, so that the fuzzer gets
 * behind it. What is read keeps the promises of the header, and is the same after it was
 * written in either format.
 */
#include "config.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "lib/proto/amount.h"
#include "lib/proto/cashutok.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MOST = 50 };

static void check_proof(const struct cashuproof *p)
{
	struct str secret = str_of(p->secret);

	INVARIANT(p->amount > 0 && p->amount <= AMOUNT_MAX);
	INVARIANT(secret.n > 0 && secret.n <= CAP_CASHU_SECRET && utf8_valid(secret));
	INVARIANT(keyset_id_kind(str_of(p->id.c)) >= KEYSET_V1);
	INVARIANT(ecpoint_is_valid(&p->c));
	INVARIANT(p->has_dleq == p->dleq.has_r);
	INVARIANT(!p->has_ephemeral || ecpoint_is_valid(&p->ephemeral));
}

static void check_token(const struct cashutok *t)
{
	uint64_t sum = 0;

	INVARIANT(t->n > 0 && t->n <= MOST && t->mint[0] && t->unit[0]);
	INVARIANT(!t->memo || t->memo[0]);
	for (size_t i = 0; i < t->n; i++) {
		check_proof(&t->proofs[i]);
		sum += t->proofs[i].amount;
		for (size_t k = 0; k < i; k++)
			INVARIANT(strcmp(t->proofs[i].secret, t->proofs[k].secret) != 0);
	}
	INVARIANT(sum == t->sum && sum <= AMOUNT_MAX);
}

static bool is_same(const struct cashuproof *a, const struct cashuproof *b)
{
	return a->amount == b->amount && strcmp(a->secret, b->secret) == 0 &&
	       keyset_id_eq(&a->id, &b->id) && ecpoint_eq(&a->c, &b->c) &&
	       memcmp(&a->dleq, &b->dleq, sizeof(a->dleq)) == 0 &&
	       a->has_dleq == b->has_dleq && a->has_ephemeral == b->has_ephemeral &&
	       memcmp(&a->ephemeral, &b->ephemeral, sizeof(a->ephemeral)) == 0;
}

/* V4 puts the proofs of a keyset together: each is looked for. */
static void check_again(const struct cashutok *t, bool is_v4)
{
	auto_buf struct buf text = BUF_INIT(4 * CAP_TOKEN_BYTES);
	auto_cashutok struct cashutok *again = NULL;
	enum cashutok_fault why;
	enum lerr_code rc;

	if (is_v4)
		cashutok_write_v4(&text, str_of(t->mint), str_of(t->unit),
				  str_of(t->memo), t->proofs, t->n, true, false);
	else
		cashutok_write_v3(&text, str_of(t->mint), str_of(t->unit),
				  str_of(t->memo), t->proofs, t->n, true);
	if (text.n > CAP_TOKEN_BYTES)
		return;
	rc = cashutok_parse(&again, buf_str(&text), MOST, &why, NULL);
	INVARIANT(rc == LERR_OK && again->n == t->n && again->sum == t->sum);
	INVARIANT(strcmp(again->mint, t->mint) == 0 && strcmp(again->unit, t->unit) == 0);
	INVARIANT(str_eq(str_of(again->memo), str_of(t->memo)));
	for (size_t i = 0; i < t->n; i++) {
		size_t k = 0;

		while (k < again->n && !is_same(&t->proofs[i], &again->proofs[k]))
			k++;
		INVARIANT(k < again->n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const prefixes[] = {"cashuA", "cashuB"};
	auto_buf struct buf made = BUF_INIT(2 * CAP_IPC_BODY);
	auto_cashutok struct cashutok *t = NULL;
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);
	enum cashutok_fault why = CASHUTOK_KEYSET;
	struct lerr err = {0};
	enum lerr_code rc;

	if (mode < 2) {
		buf_add_c(&made, prefixes[mode]);
		b64_encode(&made, data, size, B64_URL);
		text = buf_str(&made);
	}
	rc = cashutok_parse(&t, text, MOST, &why, &err);
	if (rc) {
		INVARIANT(!t && err.msg[0] && (rc == LERR_INPUT || rc == LERR_LIMIT));
		return 0;
	}
	check_token(t);
	check_again(t, false);
	check_again(t, true);
	return 0;
}
