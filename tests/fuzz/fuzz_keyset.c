/* SPDX-License-Identifier: MIT */
/*
 * Ids of keysets as text; and key lists in JSON, with a fee and an amount in front: what
 * is read is in order, has the ids that follow from it, and amounts are split into parts
 * that are theirs.
 */
#include "config.h"

#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/keyset.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <string.h>

static void check_id(struct str text)
{
	enum keyset_kind kind = keyset_id_kind(text);
	struct keyset_id id;
	struct keyset_id again;
	enum lerr_code rc = keyset_id_parse(&id, text, NULL);

	INVARIANT((rc == LERR_OK) == (kind >= KEYSET_V1));
	if (rc)
		return;
	INVARIANT(strlen(id.c) == text.n && keyset_id_kind(str_of(id.c)) == kind);
	rc = keyset_id_parse(&again, str_of(id.c), NULL);
	INVARIANT(rc == LERR_OK && keyset_id_eq(&id, &again));
	INVARIANT(keyset_id_names(&id, &id) == (kind != KEYSET_SHORT));
}

static void check_keys(struct keyset *k)
{
	enum lerr_code rc;

	INVARIANT(k->n > 0 && k->n <= KEYSET_KEYS && k->amounts[0] > 0);
	for (size_t i = 0; i < k->n; i++) {
		INVARIANT(i == 0 || k->amounts[i - 1] < k->amounts[i]);
		INVARIANT(ecpoint_is_valid(&k->keys[i]));
		INVARIANT(keyset_key(k, k->amounts[i]) == &k->keys[i]);
	}
	k->id = keyset_id_v1(k);
	INVARIANT(keyset_id_kind(str_of(k->id.c)) == KEYSET_V1);
	rc = keyset_check_id(k, NULL);
	INVARIANT(rc == LERR_OK);
	k->id = keyset_id_v2(k);
	INVARIANT(keyset_id_kind(str_of(k->id.c)) == KEYSET_V2);
	rc = keyset_check_id(k, NULL);
	INVARIANT(rc == LERR_OK);
}

static uint64_t sum(const struct keyset *k, const uint64_t *parts, size_t n)
{
	uint64_t s = 0;

	INVARIANT(n <= KEYSET_PARTS_MAX);
	for (size_t i = 0; i < n; i++) {
		INVARIANT(keyset_key(k, parts[i]) &&
			  (i == 0 || parts[i - 1] <= parts[i]));
		s += parts[i];
	}
	return s;
}

static void check_parts(const struct keyset *k, uint64_t amount)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	uint64_t gross;
	size_t n = 0;
	bool plain = keyset_split(k, amount, parts, &n);

	INVARIANT(!plain || sum(k, parts, n) == amount);
	if (keyset_split_all(k, amount, parts, &n))
		INVARIANT(sum(k, parts, n) == amount);
	else
		INVARIANT(!plain);
	if (keyset_gross(k, amount, &gross)) {
		plain = keyset_split(k, gross, parts, &n);
		INVARIANT(plain && gross >= amount &&
			  gross - amount >= keyset_fee_of(k, n));
	}
}

static void read_keys(struct str json, uint64_t ppk, uint64_t amount)
{
	json_t auto_json *keys = NULL;
	struct keyset k = {.unit = "sat", .ppk = ppk, .n = 5};

	if (jsonx_load(&keys, json, 65536, JSONX_ANY_NUMBERS, NULL))
		return;
	if (keyset_read_keys(&k, keys, NULL)) {
		INVARIANT(k.n == 5);
		return;
	}
	check_keys(&k);
	check_parts(&k, amount);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode = fuzz_mode(&data, &size);
	uint64_t amount = 0;

	if (mode & 1) {
		check_id(fuzz_text(data, size));
		return 0;
	}
	/* the fee is in the mode; then the length of the amount, and the amount */
	for (uint8_t n = fuzz_mode(&data, &size) % 9; n > 0; n--)
		amount = amount << 8 | fuzz_mode(&data, &size);
	read_keys(fuzz_text(data, size), 10 * (uint64_t)(mode / 2), amount);
	return 0;
}
