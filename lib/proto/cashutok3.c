/* SPDX-License-Identifier: MIT */
/* V3 (cashuA): {"token":[{"mint":...,"proofs":[...]}],"unit":...,"memo":...}. */
#include "config.h"

#include "lib/proto/cashuread.h"

#include "lib/base/caps.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>

/* A member that may be missing or null: NULL then. */
static const json_t *optional(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_null(v) ? NULL : v;
}

static struct str text_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static bool get_scalar(struct ecscalar *out, const json_t *obj, const char *key)
{
	struct str hex;

	return jsonx_get_str(obj, key, &hex) && ecpoint_parse_scalar(out, hex);
}

static enum lerr_code read_dleq(struct cashuread *r, struct cashuproof *p,
				const json_t *dleq)
{
	if (!dleq)
		return LERR_OK;
	if (!json_is_object(dleq))
		return cashuread_fault(r, CASHUTOK_BAD, "its DLEQ proof is no object");
	/* nobody can check it without r */
	if (!optional(dleq, "r"))
		return LERR_OK;
	if (!get_scalar(&p->dleq.e, dleq, "e") || !get_scalar(&p->dleq.s, dleq, "s") ||
	    !get_scalar(&p->dleq.r, dleq, "r"))
		return cashuread_fault(r, CASHUTOK_BAD,
				       "its DLEQ proof is not three numbers");
	p->dleq.has_r = true;
	p->has_dleq = true;
	return LERR_OK;
}

static enum lerr_code read_points(struct cashuread *r, struct cashuproof *p,
				  const json_t *v)
{
	const json_t *e = optional(v, "p2pk_e");
	struct str hex;

	if (!jsonx_get_str(v, "C", &hex) || !ecpoint_parse(&p->c, hex))
		return cashuread_fault(r, CASHUTOK_BAD, "its C is no point of the curve");
	if (!e)
		return LERR_OK;
	if (!json_is_string(e) || !ecpoint_parse(&p->ephemeral, text_of(e)))
		return cashuread_fault(r, CASHUTOK_BAD,
				       "its p2pk_e is no point of the curve");
	p->has_ephemeral = true;
	return LERR_OK;
}

static enum lerr_code read_proof(struct cashuread *r, struct cashuproof *p,
				 const json_t *v)
{
	struct str s = {NULL, 0};
	uint64_t amount;
	enum lerr_code rc;

	if (!json_is_object(v))
		return cashuread_fault(r, CASHUTOK_BAD, "it is no object");
	if (!jsonx_get_u64(v, "amount", &amount))
		return cashuread_fault(r, CASHUTOK_AMOUNT,
				       "its amount is not a whole number");
	rc = cashuread_amount(r, p, amount);
	if (rc)
		return rc;
	if (!jsonx_get_str(v, "id", &s))
		return cashuread_fault(r, CASHUTOK_BAD, "it names no keyset");
	rc = cashuread_id(r, &p->id, s);
	if (rc)
		return rc;
	if (!jsonx_get_str(v, "secret", &s))
		return cashuread_fault(r, CASHUTOK_BAD, "it has no secret");
	rc = cashuread_secret(r, p, s);
	if (!rc)
		rc = read_points(r, p, v);
	if (!rc)
		rc = read_dleq(r, p, optional(v, "dleq"));
	return rc ? rc : cashuread_complete(r, p);
}

static enum lerr_code read_proofs(struct cashuread *r, const json_t *list)
{
	enum lerr_code rc;

	if (!json_is_array(list))
		return cashuread_fault(r, CASHUTOK_BAD, "it has no list of proofs");
	rc = cashuread_room(r, json_array_size(list));
	for (size_t i = 0; !rc && i < json_array_size(list); i++) {
		rc = read_proof(r, &r->t->proofs[r->t->n++], json_array_get(list, i));
		if (rc)
			rc = lerr_wrap(r->err, rc, "proof %zu", i + 1);
	}
	return rc;
}

/* The members that may be missing. */
static enum lerr_code read_texts(struct cashuread *r, const json_t *root)
{
	const json_t *unit = optional(root, "unit");
	const json_t *memo = optional(root, "memo");
	enum lerr_code rc;

	if ((unit && !json_is_string(unit)) || (memo && !json_is_string(memo)))
		return cashuread_fault(r, CASHUTOK_BAD, "unit or memo is no text");
	rc = cashuread_text(r, &r->t->unit, unit ? text_of(unit) : STR_LIT("sat"));
	if (!rc && memo)
		rc = cashuread_memo(r, text_of(memo));
	return rc;
}

static enum lerr_code read_token(struct cashuread *r, const json_t *root)
{
	const json_t *list = json_object_get(root, "token");
	const json_t *entry = json_array_get(list, 0);
	struct str mint;
	enum lerr_code rc;

	if (!json_is_object(entry))
		return cashuread_fault(r, CASHUTOK_BAD, "it has no list of mints");
	/* the format allows several; nobody writes them any more */
	if (json_array_size(list) > 1)
		return cashuread_fault(r, CASHUTOK_MANY_MINTS,
				       "it holds proofs of more than one mint");
	if (!jsonx_get_str(entry, "mint", &mint))
		return cashuread_fault(r, CASHUTOK_BAD, "it names no mint");
	rc = cashuread_text(r, &r->t->mint, mint);
	if (!rc)
		rc = read_texts(r, root);
	return rc ? rc : read_proofs(r, json_object_get(entry, "proofs"));
}

enum lerr_code cashutok3_read(struct cashuread *r, struct str json)
{
	auto_json json_t *root = NULL;

	/* numbers that we do not look at may be any */
	if (jsonx_load(&root, json, CAP_TOKEN_BYTES, JSONX_ANY_NUMBERS, r->err)) {
		r->why = CASHUTOK_BAD;
		return lerr_wrap(r->err, LERR_INPUT, "inside cashuA");
	}
	return read_token(r, root);
}
