/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintbend.h"

#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *load(const struct buf *body)
{
	json_t *v = json_loadb(body->p ? body->p : "", body->n, 0, NULL);

	return v ? v : json_object();
}

static void store(struct buf *body, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);

	INVARIANT(text);
	buf_reset(body);
	buf_add_c(body, text);
	free(text);
}

static json_t *signatures_of(json_t *v)
{
	json_t *list = json_object_get(v, "signatures");

	return list ? list : json_object_get(v, "change");
}

static void reverse(json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = 1; i < n; i++) {
		json_t *v = json_incref(json_array_get(list, i));

		(void)json_array_remove(list, i);
		(void)json_array_insert_new(list, 0, v);
	}
}

static void drop_last(json_t *list)
{
	if (json_array_size(list) > 0)
		(void)json_array_remove(list, json_array_size(list) - 1);
}

bool mintbend_wrong_order(struct buf *body)
{
	auto_json json_t *v = load(body);

	if (json_array_size(signatures_of(v)) < 2)
		return false;
	reverse(signatures_of(v));
	store(body, v);
	return true;
}

bool mintbend_short(struct buf *body)
{
	auto_json json_t *v = load(body);

	if (json_array_size(signatures_of(v)) == 0)
		return false;
	drop_last(signatures_of(v));
	store(body, v);
	return true;
}

bool mintbend_wrong_amount(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *first = json_array_get(signatures_of(v), 0);

	if (!first)
		return false;
	(void)json_object_set_new(
		first, "amount",
		json_integer(2 * json_integer_value(json_object_get(first, "amount"))));
	store(body, v);
	return true;
}

bool mintbend_wrong_id(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *first = json_array_get(signatures_of(v), 0);

	if (!first)
		return false;
	(void)json_object_set_new(first, "id", json_string("00ffffffffffffff"));
	store(body, v);
	return true;
}

bool mintbend_bad_dleq(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *dleq = json_object_get(json_array_get(signatures_of(v), 0), "dleq");

	if (!dleq)
		return false;
	/* the scalars are fine, they belong elsewhere */
	(void)json_object_set(dleq, "e", json_object_get(dleq, "s"));
	store(body, v);
	return true;
}

bool mintbend_no_dleq(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *list = signatures_of(v);

	if (json_array_size(list) == 0)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)json_object_del(json_array_get(list, i), "dleq");
	store(body, v);
	return true;
}

bool mintbend_zero_change(struct buf *body)
{
	static const char g[] =
		"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
	auto_json json_t *v = load(body);
	json_t *list = json_object_get(v, "change");
	json_t *last = json_array_get(list, json_array_size(list) - 1);
	json_t *zero;

	if (!last)
		return false;
	zero = json_deep_copy(last);
	(void)json_object_set_new(zero, "amount", json_integer(0));
	(void)json_object_set_new(zero, "C_", json_string(g));
	(void)json_object_del(zero, "dleq");
	(void)json_array_append_new(list, zero);
	store(body, v);
	return true;
}

bool mintbend_restore_empty(struct buf *body)
{
	auto_json json_t *v = load(body);

	if (!json_object_get(v, "outputs"))
		return false;
	(void)json_array_clear(json_object_get(v, "outputs"));
	(void)json_array_clear(json_object_get(v, "signatures"));
	store(body, v);
	return true;
}

bool mintbend_restore_partial(struct buf *body)
{
	auto_json json_t *v = load(body);

	if (!json_object_get(v, "outputs"))
		return false;
	drop_last(json_object_get(v, "outputs"));
	drop_last(json_object_get(v, "signatures"));
	store(body, v);
	return true;
}

bool mintbend_restore_reordered(struct buf *body)
{
	auto_json json_t *v = load(body);

	if (!json_object_get(v, "outputs"))
		return false;
	reverse(json_object_get(v, "outputs"));
	reverse(json_object_get(v, "signatures"));
	store(body, v);
	return true;
}

bool mintbend_checkstate_pending(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *list = json_object_get(v, "states");

	if (!list)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)json_object_set_new(json_array_get(list, i), "state",
					  json_string("PENDING"));
	store(body, v);
	return true;
}

bool mintbend_bad_keys(struct buf *body)
{
	auto_json json_t *v = load(body);
	json_t *keys =
		json_object_get(json_array_get(json_object_get(v, "keysets"), 0), "keys");
	auto_json json_t *one = json_incref(json_object_get(keys, "1"));

	if (!one || !json_object_get(keys, "2"))
		return false;
	(void)json_object_set(keys, "1", json_object_get(keys, "2"));
	(void)json_object_set(keys, "2", one);
	store(body, v);
	return true;
}

bool mintbend_truncate(struct buf *body)
{
	struct str half = {body->p, body->n / 2};
	struct buf cut;

	if (half.n == 0)
		return false;
	buf_init(&cut, body->cap);
	buf_add_str(&cut, half);
	buf_free(body);
	*body = cut;
	return true;
}
