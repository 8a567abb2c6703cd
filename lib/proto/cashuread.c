/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/cashuread.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/amount.h"

#include <string.h>

enum lerr_code cashuread_fault(struct cashuread *r, enum cashutok_fault why,
			       const char *text)
{
	r->why = why;
	return lerr_set(r->err, why == CASHUTOK_MANY_PROOFS ? LERR_LIMIT : LERR_INPUT, 0,
			"%s", text);
}

enum lerr_code cashuread_text(struct cashuread *r, char **out, struct str s)
{
	if (s.n == 0 || str_has_nul(s))
		return cashuread_fault(r, CASHUTOK_BAD,
				       "a text that is empty or holds a NUL byte");
	*out = str_dup(s);
	return LERR_OK;
}

enum lerr_code cashuread_memo(struct cashuread *r, struct str s)
{
	return s.n ? cashuread_text(r, &r->t->memo, s) : LERR_OK;
}

enum lerr_code cashuread_room(struct cashuread *r, size_t count)
{
	struct cashutok *t = r->t;

	if (count > r->most - t->n) {
		r->why = CASHUTOK_MANY_PROOFS;
		return lerr_set(r->err, LERR_LIMIT, 0,
				"more than %zu proofs: make fewer of them in your wallet "
				"first",
				r->most);
	}
	if (count == 0)
		return LERR_OK;
	t->proofs = mem_resize(t->proofs, t->n + count, sizeof(*t->proofs));
	memset(t->proofs + t->n, 0, count * sizeof(*t->proofs));
	return LERR_OK;
}

enum lerr_code cashuread_amount(struct cashuread *r, struct cashuproof *p,
				uint64_t amount)
{
	if (amount == 0 || amount > AMOUNT_MAX)
		return cashuread_fault(r, CASHUTOK_AMOUNT,
				       amount ? "its amount is too large"
					      : "its amount is 0");
	p->amount = amount;
	return LERR_OK;
}

enum lerr_code cashuread_secret(struct cashuread *r, struct cashuproof *p, struct str s)
{
	if (s.n > CAP_CASHU_SECRET)
		return cashuread_fault(r, CASHUTOK_BAD, "its secret is too long");
	return cashuread_text(r, &p->secret, s);
}

enum lerr_code cashuread_id(struct cashuread *r, struct keyset_id *out, struct str hex)
{
	enum lerr_code rc = keyset_id_parse(out, hex, r->err);

	if (rc)
		r->why = keyset_id_kind(hex) == KEYSET_OTHER ? CASHUTOK_KEYSET
							     : CASHUTOK_BAD;
	return rc;
}

enum lerr_code cashuread_complete(struct cashuread *r, const struct cashuproof *p)
{
	if (p->amount == 0)
		return cashuread_fault(r, CASHUTOK_AMOUNT, "it has no amount");
	if (!p->secret)
		return cashuread_fault(r, CASHUTOK_BAD, "it has no secret");
	/* a compressed point begins with 2 or 3 */
	if (p->c.b[0] == 0)
		return cashuread_fault(r, CASHUTOK_BAD, "it has no C");
	return LERR_OK;
}
