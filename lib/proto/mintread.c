/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/mintread.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <string.h>

static enum lerr_code bad(struct lerr *err, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "answer of the mint: %s", what);
}

/* Numbers that we do not look at may be any: info has rates and the like. */
static enum lerr_code load(json_t **out, struct str body, struct lerr *err)
{
	json_t *root = NULL;

	if (jsonx_load(&root, body, CAP_MINT_ANSWER, JSONX_ANY_NUMBERS, err))
		return lerr_wrap(err, LERR_INPUT, "answer of the mint");
	if (!json_is_object(root)) {
		json_decref(root);
		return bad(err, "no object");
	}
	*out = root;
	return LERR_OK;
}

/* ---- members that may be missing or null */

static const json_t *optional(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_null(v) ? NULL : v;
}

static bool get_text(const json_t *obj, const char *key, struct str *out)
{
	*out = (struct str){"", 0};
	return !optional(obj, key) || jsonx_get_str(obj, key, out);
}

static bool get_number(const json_t *obj, const char *key, uint64_t *out)
{
	*out = 0;
	return !optional(obj, key) || jsonx_get_u64(obj, key, out);
}

static bool is_true(const json_t *obj, const char *key)
{
	return json_is_true(json_object_get(obj, key));
}

/* A list of at most CAP_TOKEN_PROOFS. */
static enum lerr_code get_list(const json_t **out, const json_t *obj, const char *key,
			       struct lerr *err)
{
	const json_t *list = json_object_get(obj, key);

	if (!json_is_array(list))
		return lerr_set(err, LERR_INPUT, 0, "answer of the mint: no list %s",
				key);
	if (json_array_size(list) > CAP_TOKEN_PROOFS)
		return lerr_set(err, LERR_INPUT, 0,
				"answer of the mint: %zu elements of %s",
				json_array_size(list), key);
	*out = list;
	return LERR_OK;
}

/* ---- refusals */

/* Text, or what a checker of request bodies writes: [{"msg":...}, ...]. */
static struct str detail_of(const json_t *root)
{
	const json_t *detail = json_object_get(root, "detail");
	struct str s = {"", 0};

	if (!jsonx_get_str(root, "detail", &s))
		(void)jsonx_get_str(json_array_get(detail, 0), "msg", &s);
	return s;
}

void mintread_refusal(struct mintread_refusal *out, struct str body)
{
	auto_json json_t *root = NULL;

	*out = (struct mintread_refusal){.code = 0};
	if (load(&root, body, NULL))
		return;
	(void)jsonx_get_u64(root, "code", &out->code);
	str_printable(out->detail, sizeof(out->detail), detail_of(root));
}

bool mintread_is_final(uint64_t code)
{
	static const uint64_t codes[] = {10001, 11005, 11006, 11007, 11009, 11010, 11013,
					 11014, 11015, 12001, 12002, 12003, 20008};

	for (size_t n = 0; n < ARRAY_LEN(codes); n++)
		if (codes[n] == code)
			return true;
	return false;
}

/* ---- info */

/* The method bolt11 for the unit, NULL when it is not offered. */
static const json_t *find_bolt11(const json_t *nut, struct str unit)
{
	const json_t *list = json_object_get(nut, "methods");

	if (is_true(nut, "disabled"))
		return NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		struct str method;
		struct str its;

		if (jsonx_get_str(m, "method", &method) && str_eq_c(method, "bolt11") &&
		    jsonx_get_str(m, "unit", &its) && str_eq(its, unit))
			return m;
	}
	return NULL;
}

static bool supports(const json_t *nuts, const char *number)
{
	return is_true(json_object_get(nuts, number), "supported");
}

static void read_nuts(struct mintread_info *out, const json_t *nuts, struct str unit)
{
	const json_t *melt = find_bolt11(json_object_get(nuts, "5"), unit);

	out->mint_bolt11 = find_bolt11(json_object_get(nuts, "4"), unit) != NULL;
	out->melt_bolt11 = melt != NULL;
	(void)get_number(melt, "min_amount", &out->melt_min);
	(void)get_number(melt, "max_amount", &out->melt_max);
	out->nut7 = supports(nuts, "7");
	out->nut8 = supports(nuts, "8");
	out->nut9 = supports(nuts, "9");
	out->nut10 = supports(nuts, "10");
	out->nut11 = supports(nuts, "11");
	out->nut12 = supports(nuts, "12");
	out->nut20 = supports(nuts, "20");
	out->wants_auth = optional(nuts, "21") || optional(nuts, "22");
}

enum lerr_code mintread_info(struct mintread_info *out, struct str body, struct str unit,
			     struct lerr *err)
{
	auto_json json_t *root = NULL;
	struct str name;
	struct str version;
	enum lerr_code rc = load(&root, body, err);

	if (rc)
		return rc;
	if (!json_is_object(json_object_get(root, "nuts")))
		return bad(err, "it does not say what it supports (nuts)");
	*out = (struct mintread_info){.max_inputs = 0};
	(void)get_text(root, "name", &name);
	(void)get_text(root, "version", &version);
	str_printable(out->name, sizeof(out->name), name);
	str_printable(out->version, sizeof(out->version), version);
	(void)get_number(root, "max_array_length", &out->max_inputs);
	read_nuts(out, json_object_get(root, "nuts"), unit);
	return LERR_OK;
}

const char *mintread_info_lacks(const struct mintread_info *i)
{
	if (i->wants_auth)
		return "it wants its users to log in (NUT-21, NUT-22)";
	if (!i->nut7)
		return "it does not support NUT-07 (state of tokens)";
	if (!i->nut9)
		return "it does not support NUT-09 (restore): money could be lost";
	if (!i->nut12)
		return "it does not support NUT-12 (DLEQ)";
	return NULL;
}

/* ---- keysets */

static bool is_ours(const json_t *v, struct str unit)
{
	struct str its;
	struct str id;
	enum keyset_kind kind;

	if (!jsonx_get_str(v, "unit", &its) || !str_eq(its, unit) ||
	    !jsonx_get_str(v, "id", &id))
		return false;
	kind = keyset_id_kind(id);
	return kind == KEYSET_V1 || kind == KEYSET_V2;
}

static enum lerr_code read_keyset(struct keyset *out, const json_t *v, struct lerr *err)
{
	struct keyset k = {.n = 0};
	struct str unit = {"", 0};
	struct str id = {"", 0};
	enum lerr_code rc;

	(void)jsonx_get_str(v, "unit", &unit);
	(void)jsonx_get_str(v, "id", &id);
	rc = keyset_id_parse(&k.id, id, err);
	if (rc)
		return rc;
	if (unit.n >= sizeof(k.unit))
		return bad(err, "a unit that is too long");
	str_copy(k.unit, sizeof(k.unit), unit);
	if (!jsonx_get_bool(v, "active", &k.active))
		return bad(err, "a keyset does not say if it is active");
	if (!get_number(v, "input_fee_ppk", &k.ppk) || k.ppk > KEYSET_PPK_MAX)
		return bad(err, "the fee of a keyset is no fee");
	if (!get_number(v, "final_expiry", &k.final_expiry))
		return bad(err, "the end of a keyset is no time");
	*out = k;
	return LERR_OK;
}

/* The first 8 bytes name a keyset in tokens. */
static bool is_taken(const struct keyset *list, size_t n, const struct keyset *k)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(list[i].id.c, k->id.c, 16) == 0)
			return true;
	return false;
}

static enum lerr_code add_keyset(struct keyset *list, size_t most, size_t *n,
				 const json_t *v, struct lerr *err)
{
	struct keyset k;
	enum lerr_code rc;

	if (*n == most)
		return lerr_set(err, LERR_LIMIT, 0, "more than %zu keysets", most);
	rc = read_keyset(&k, v, err);
	if (rc)
		return rc;
	if (is_taken(list, *n, &k))
		return bad(err, "two keysets of one id");
	list[(*n)++] = k;
	return LERR_OK;
}

enum lerr_code mintread_keysets(struct keyset *out, size_t most, size_t *n,
				struct str body, struct str unit, struct lerr *err)
{
	struct keyset *auto_free list = mem_array(most, sizeof(*list));
	auto_json json_t *root = NULL;
	const json_t *keysets = NULL;
	size_t got = 0;
	enum lerr_code rc = load(&root, body, err);

	if (!rc)
		rc = get_list(&keysets, root, "keysets", err);
	for (size_t i = 0; !rc && i < json_array_size(keysets); i++) {
		const json_t *v = json_array_get(keysets, i);

		if (is_ours(v, unit))
			rc = add_keyset(list, most, &got, v, err);
	}
	if (rc)
		return rc;
	if (got)
		memcpy(out, list, got * sizeof(*out));
	*n = got;
	return LERR_OK;
}

static bool is_keyset(const json_t *v, const struct keyset_id *id)
{
	struct keyset_id its;
	struct str hex;

	return jsonx_get_str(v, "id", &hex) && !keyset_id_parse(&its, hex, NULL) &&
	       keyset_id_eq(&its, id);
}

enum lerr_code mintread_keys(struct keyset *k, struct str body, struct lerr *err)
{
	auto_json json_t *root = NULL;
	const json_t *keysets = NULL;
	const json_t *found = NULL;
	struct keyset with_keys = *k;
	enum lerr_code rc = load(&root, body, err);

	if (!rc)
		rc = get_list(&keysets, root, "keysets", err);
	for (size_t i = 0; !rc && !found && i < json_array_size(keysets); i++)
		if (is_keyset(json_array_get(keysets, i), &k->id))
			found = json_array_get(keysets, i);
	if (rc)
		return rc;
	if (!found)
		return bad(err, "the keys of another keyset");
	rc = keyset_read_keys(&with_keys, json_object_get(found, "keys"), err);
	if (!rc)
		rc = keyset_check_id(&with_keys, err);
	if (rc)
		return lerr_wrap(err, rc, "answer of the mint");
	*k = with_keys;
	return LERR_OK;
}

/* ---- signatures */

static bool get_point(const json_t *obj, const char *key, struct ecpoint *out)
{
	struct str hex;

	return jsonx_get_str(obj, key, &hex) && ecpoint_parse(out, hex);
}

static bool get_scalar(const json_t *obj, const char *key, struct ecscalar *out)
{
	struct str hex;

	return jsonx_get_str(obj, key, &hex) && ecpoint_parse_scalar(out, hex);
}

/* Amount 0 is read: it comes as change, and is passed over by who takes it. */
static enum lerr_code read_signature(struct mintmsg_signature *out, const json_t *v,
				     struct lerr *err)
{
	const json_t *dleq = optional(v, "dleq");
	struct str id;

	if (!jsonx_get_u64(v, "amount", &out->amount))
		return bad(err, "a signature whose amount is no number");
	if (!jsonx_get_str(v, "id", &id) ||
	    (keyset_id_kind(id) != KEYSET_V1 && keyset_id_kind(id) != KEYSET_V2) ||
	    keyset_id_parse(&out->id, id, NULL))
		return bad(err, "a signature without a full keyset id");
	if (!get_point(v, "C_", &out->c))
		return bad(err, "a signature whose C_ is no point of the curve");
	if (!dleq)
		return LERR_OK;
	if (!get_scalar(dleq, "e", &out->dleq.e) || !get_scalar(dleq, "s", &out->dleq.s))
		return bad(err, "a signature whose DLEQ proof is not two numbers");
	out->has_dleq = true;
	return LERR_OK;
}

static enum lerr_code read_signatures(struct mintmsg_signature **out, size_t *n,
				      const json_t *list, struct lerr *err)
{
	size_t count = json_array_size(list);
	struct mintmsg_signature *auto_free all = mem_array(count, sizeof(*all));
	enum lerr_code rc = LERR_OK;

	for (size_t i = 0; !rc && i < count; i++)
		rc = read_signature(&all[i], json_array_get(list, i), err);
	if (rc)
		return rc;
	*out = MEM_STEAL(all);
	*n = count;
	return LERR_OK;
}

enum lerr_code mintread_signatures(struct mintmsg_signature **out, size_t *n,
				   struct str body, struct lerr *err)
{
	auto_json json_t *root = NULL;
	const json_t *list = NULL;
	enum lerr_code rc = load(&root, body, err);

	if (!rc)
		rc = get_list(&list, root, "signatures", err);
	return rc ? rc : read_signatures(out, n, list, err);
}

/* ---- restored outputs */

static enum lerr_code read_blinded(struct ecpoint **out, const json_t *list,
				   struct lerr *err)
{
	size_t count = json_array_size(list);
	struct ecpoint *auto_free all = mem_array(count, sizeof(*all));

	for (size_t i = 0; i < count; i++)
		if (!get_point(json_array_get(list, i), "B_", &all[i]))
			return bad(err, "an output whose B_ is no point of the curve");
	*out = MEM_STEAL(all);
	return LERR_OK;
}

enum lerr_code mintread_restored(struct mintread_restored *out, struct str body,
				 struct lerr *err)
{
	auto_json json_t *root = NULL;
	const json_t *outputs = NULL;
	const json_t *signatures = NULL;
	struct mintread_restored r = {.n = 0};
	enum lerr_code rc = load(&root, body, err);

	if (!rc)
		rc = get_list(&outputs, root, "outputs", err);
	if (!rc)
		rc = get_list(&signatures, root, "signatures", err);
	if (rc)
		return rc;
	if (json_array_size(outputs) != json_array_size(signatures))
		return bad(err, "outputs and signatures are not as many");
	rc = read_signatures(&r.signatures, &r.n, signatures, err);
	if (!rc)
		rc = read_blinded(&r.blinded, outputs, err);
	if (rc)
		mintread_free_restored(&r);
	else
		*out = r;
	return rc;
}

void mintread_free_restored(struct mintread_restored *r)
{
	mem_free(r->blinded);
	mem_free(r->signatures);
	*r = (struct mintread_restored){.n = 0};
}

/* ---- states of proofs */

static bool find_word(const char *const *words, size_t n, struct str s, size_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_eq_c(s, words[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static enum lerr_code read_state(enum mintread_state *out, const struct ecpoint *y,
				 const json_t *v, struct lerr *err)
{
	static const char *const words[] = {
		[MINTREAD_UNSPENT] = "UNSPENT",
		[MINTREAD_PENDING] = "PENDING",
		[MINTREAD_SPENT] = "SPENT",
	};
	struct ecpoint its;
	struct str s;
	size_t which;

	if (!get_point(v, "Y", &its) || !ecpoint_eq(&its, y))
		return bad(err, "the state of another proof");
	if (!jsonx_get_str(v, "state", &s) ||
	    !find_word(words, ARRAY_LEN(words), s, &which))
		return bad(err, "a state that we do not know");
	*out = (enum mintread_state)which;
	return LERR_OK;
}

enum lerr_code mintread_states(enum mintread_state *out, const struct ecpoint *ys,
			       size_t n, struct str body, struct lerr *err)
{
	enum mintread_state *auto_free all = mem_array(n, sizeof(*all));
	auto_json json_t *root = NULL;
	const json_t *list = NULL;
	enum lerr_code rc = load(&root, body, err);

	if (!rc)
		rc = get_list(&list, root, "states", err);
	if (!rc && json_array_size(list) != n)
		rc = bad(err, "states of fewer or more proofs");
	for (size_t i = 0; !rc && i < n; i++)
		rc = read_state(&all[i], &ys[i], json_array_get(list, i), err);
	if (!rc && n)
		memcpy(out, all, n * sizeof(*out));
	return rc;
}

/* ---- quotes */

/* What may stand in a path as it is: the id becomes a part of one. */
static bool is_quote_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && (c == '\0' || !strchr("-_=~+", c)))
			return false;
	}
	return s.n > 0;
}

static enum lerr_code read_quote_state(struct mintread_quote *q, const json_t *v,
				       struct lerr *err)
{
	static const char *const words[] = {
		[MINTREAD_QUOTE_UNPAID] = "UNPAID",
		[MINTREAD_QUOTE_PENDING] = "PENDING",
		[MINTREAD_QUOTE_PAID] = "PAID",
		[MINTREAD_QUOTE_ISSUED] = "ISSUED",
	};
	struct str s;
	size_t which;

	if (!jsonx_get_str(v, "state", &s) ||
	    !find_word(words, ARRAY_LEN(words), s, &which))
		return bad(err, "a quote in a state that we do not know");
	q->state = (enum mintread_quote_state)which;
	return LERR_OK;
}

static enum lerr_code read_quote_texts(struct mintread_quote *q, const json_t *v,
				       struct lerr *err)
{
	struct str s;

	if (!jsonx_get_str(v, "quote", &s) || s.n >= sizeof(q->id) || !is_quote_id(s))
		return bad(err, "a quote without a usable id");
	str_copy(q->id, sizeof(q->id), s);
	if (!get_text(v, "payment_preimage", &s))
		return bad(err, "a preimage that is no text");
	str_printable(q->preimage, sizeof(q->preimage), s);
	if (!get_text(v, "request", &s) || s.n > CAP_INVOICE_BYTES || str_has_nul(s))
		return bad(err, "a quote whose request is no invoice");
	q->request = s.n ? str_dup(s) : NULL;
	return LERR_OK;
}

static enum lerr_code read_quote_numbers(struct mintread_quote *q, const json_t *v,
					 struct lerr *err)
{
	if (!get_number(v, "amount", &q->amount) ||
	    !get_number(v, "fee_reserve", &q->fee_reserve))
		return bad(err, "a quote whose amount or fee is no number");
	if (!get_number(v, "expiry", &q->expiry))
		return bad(err, "a quote whose end is no time");
	return LERR_OK;
}

static enum lerr_code read_change(struct mintread_quote *q, const json_t *v,
				  struct lerr *err)
{
	const json_t *list = NULL;
	enum lerr_code rc;

	if (!optional(v, "change"))
		return LERR_OK;
	rc = get_list(&list, v, "change", err);
	return rc ? rc : read_signatures(&q->change, &q->nchange, list, err);
}

enum lerr_code mintread_quote(struct mintread_quote *out, struct str body,
			      struct str unit, struct lerr *err)
{
	auto_json json_t *root = NULL;
	struct mintread_quote q = {.amount = 0};
	struct str its;
	enum lerr_code rc = load(&root, body, err);

	if (rc)
		return rc;
	if (!get_text(root, "unit", &its) || (its.n && !str_eq(its, unit)))
		return bad(err, "a quote in another unit");
	rc = read_quote_texts(&q, root, err);
	if (!rc)
		rc = read_quote_numbers(&q, root, err);
	if (!rc)
		rc = read_quote_state(&q, root, err);
	if (!rc)
		rc = read_change(&q, root, err);
	if (rc)
		mintread_free_quote(&q);
	else
		*out = q;
	return rc;
}

void mintread_free_quote(struct mintread_quote *q)
{
	mem_free(q->request);
	mem_free(q->change);
	*q = (struct mintread_quote){.amount = 0};
}
