/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/keyset.h"

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum {
	SHORT_DIGITS = 16,
	FULL_DIGITS = 66,
	OLD_CHARS = 12, /* base64 of nine bytes, before ids had a version */
	AMOUNT_DIGITS = 20,
	KEY_DIGITS = 66,
	/* the text of an 01 id: every key with colon and comma, then unit, fee, expiry */
	TEXT_MAX = KEYSET_KEYS * (AMOUNT_DIGITS + KEY_DIGITS + 2) + 128,
};

/* ---- ids */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (hex_digit(s.p[i]) < 0)
			return false;
	return true;
}

static bool is_base64(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || !strchr("+/-_=", c)))
			return false;
	}
	return true;
}

enum keyset_kind keyset_id_kind(struct str hex)
{
	if (hex.n == OLD_CHARS && is_base64(hex))
		return KEYSET_OTHER;
	if ((hex.n != SHORT_DIGITS && hex.n != FULL_DIGITS) || !is_hex(hex))
		return KEYSET_BAD;
	if (str_starts(hex, "00"))
		return hex.n == SHORT_DIGITS ? KEYSET_V1 : KEYSET_BAD;
	if (str_starts(hex, "01"))
		return hex.n == SHORT_DIGITS ? KEYSET_SHORT : KEYSET_V2;
	return KEYSET_OTHER;
}

enum lerr_code keyset_id_parse(struct keyset_id *out, struct str hex, struct lerr *err)
{
	switch (keyset_id_kind(hex)) {
	case KEYSET_BAD:
		return lerr_set(err, LERR_INPUT, 0, "not the id of a keyset");
	case KEYSET_OTHER:
		return lerr_set(err, LERR_INPUT, 0,
				"keyset version not supported (only 00 and 01 are)");
	case KEYSET_V1:
	case KEYSET_V2:
	case KEYSET_SHORT:
		break;
	}
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < hex.n; i++)
		out->c[i] = lower(hex.p[i]);
	return LERR_OK;
}

bool keyset_id_eq(const struct keyset_id *a, const struct keyset_id *b)
{
	return strcmp(a->c, b->c) == 0;
}

bool keyset_id_names(const struct keyset_id *any, const struct keyset_id *full)
{
	if (keyset_id_kind(str_of(any->c)) == KEYSET_SHORT)
		return keyset_id_kind(str_of(full->c)) == KEYSET_V2 &&
		       memcmp(any->c, full->c, SHORT_DIGITS) == 0;
	return keyset_id_eq(any, full);
}

/* ---- keys */

static enum lerr_code read_amount(uint64_t *out, const char *name, struct lerr *err)
{
	/* "01" would be another text for 1, and another id */
	if (name[0] == '0' || !str_to_u64(str_of(name), UINT64_MAX, out))
		return lerr_set(err, LERR_INPUT, 0, "keyset: a key for %.24s, no amount",
				name);
	return LERR_OK;
}

/* No amount comes twice: an object has no name twice, an amount only one text. */
static void insert_key(struct keyset *k, uint64_t amount, const struct ecpoint *key)
{
	size_t at = k->n;

	while (at > 0 && k->amounts[at - 1] > amount)
		at--;
	memmove(&k->amounts[at + 1], &k->amounts[at],
		(k->n - at) * sizeof(k->amounts[0]));
	memmove(&k->keys[at + 1], &k->keys[at], (k->n - at) * sizeof(k->keys[0]));
	k->amounts[at] = amount;
	k->keys[at] = *key;
	k->n++;
}

static enum lerr_code read_key(struct keyset *k, const char *name, const json_t *value,
			       struct lerr *err)
{
	struct ecpoint key;
	uint64_t amount;
	enum lerr_code rc = read_amount(&amount, name, err);

	if (rc)
		return rc;
	if (!json_is_string(value) ||
	    !ecpoint_parse(&key, (struct str){json_string_value(value),
					      json_string_length(value)}))
		return lerr_set(err, LERR_INPUT, 0, "keyset: the key for %s is no point",
				name);
	insert_key(k, amount, &key);
	return LERR_OK;
}

enum lerr_code keyset_read_keys(struct keyset *k, struct json_t *keys, struct lerr *err)
{
	struct keyset read = *k;
	const char *name;
	json_t *value;

	read.n = 0;
	if (!json_is_object(keys) || json_object_size(keys) == 0)
		return lerr_set(err, LERR_INPUT, 0, "keyset: no keys");
	if (json_object_size(keys) > KEYSET_KEYS)
		return lerr_set(err, LERR_LIMIT, 0, "keyset: %zu keys, at most %d",
				json_object_size(keys), KEYSET_KEYS);
	json_object_foreach(keys, name, value)
	{
		enum lerr_code rc = read_key(&read, name, value, err);

		if (rc)
			return rc;
	}
	*k = read;
	return LERR_OK;
}

const struct ecpoint *keyset_key(const struct keyset *k, uint64_t amount)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->amounts[i] == amount)
			return &k->keys[i];
	return NULL;
}

/* ---- ids from keys (NUT-02) */

struct keyset_id keyset_id_v1(const struct keyset *k)
{
	struct id32 h = hash_sha256(k->keys, k->n * sizeof(k->keys[0]));
	struct id32hex hex = id32_hex(&h);
	struct keyset_id id = {"00"};

	memcpy(id.c + 2, hex.c, SHORT_DIGITS - 2);
	return id;
}

struct keyset_id keyset_id_v2(const struct keyset *k)
{
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	struct keyset_id id = {"01"};
	struct id32hex hex;
	struct id32 h;

	for (size_t i = 0; i < k->n; i++)
		buf_addf(&text, "%s%" PRIu64 ":%s", i ? "," : "", k->amounts[i],
			 ecpoint_hex(&k->keys[i]).c);
	buf_add_c(&text, "|unit:");
	for (const char *c = k->unit; *c; c++)
		buf_add_char(&text, lower(*c));
	if (k->ppk)
		buf_addf(&text, "|input_fee_ppk:%" PRIu64, k->ppk);
	if (k->final_expiry)
		buf_addf(&text, "|final_expiry:%" PRIu64, k->final_expiry);
	h = hash_sha256(text.p, buf_str(&text).n);
	hex = id32_hex(&h);
	memcpy(id.c + 2, hex.c, FULL_DIGITS - 2);
	return id;
}

enum lerr_code keyset_check_id(const struct keyset *k, struct lerr *err)
{
	enum keyset_kind kind = keyset_id_kind(str_of(k->id.c));
	struct keyset_id want;

	if (k->n == 0 || (kind != KEYSET_V1 && kind != KEYSET_V2))
		return lerr_set(err, LERR_INPUT, 0, "keyset %.66s: no keys or no full id",
				k->id.c);
	want = kind == KEYSET_V1 ? keyset_id_v1(k) : keyset_id_v2(k);
	if (!keyset_id_eq(&want, &k->id))
		return lerr_set(err, LERR_INPUT, 0, "keyset %s: its keys give %s",
				k->id.c, want.c);
	return LERR_OK;
}

/* ---- fees */

const struct keyset *keyset_find(const struct keyset *list, size_t n,
				 const struct keyset_id *id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].n && keyset_id_names(id, &list[i].id))
			return &list[i];
	return NULL;
}

/* Can every amount be paid in its coins: 1 is among them, and none is more than twice the
 * one before? */
static bool pays_all(const struct keyset *k)
{
	if (k->n == 0 || k->amounts[0] != 1)
		return false;
	for (size_t i = 1; i < k->n; i++)
		if (k->amounts[i] / 2 > k->amounts[i - 1] ||
		    (k->amounts[i] / 2 == k->amounts[i - 1] && k->amounts[i] % 2))
			return false;
	return true;
}

static bool may_be_output(const struct keyset *k, uint64_t good_until)
{
	return k->active && pays_all(k) &&
	       (k->final_expiry == 0 || k->final_expiry > good_until);
}

const struct keyset *keyset_for_outputs(const struct keyset *list, size_t n,
					uint64_t good_until)
{
	const struct keyset *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (may_be_output(&list[i], good_until) &&
		    (!best || list[i].ppk < best->ppk))
			best = &list[i];
	return best;
}

uint64_t keyset_fee(uint64_t sum_ppk)
{
	return sum_ppk / 1000 + (sum_ppk % 1000 != 0);
}

uint64_t keyset_fee_of(const struct keyset *k, size_t n)
{
	uint64_t sum = k->ppk;

	if (!amount_mul(&sum, n))
		panic("fee of %zu inputs of %" PRIu64 " ppk", n, k->ppk);
	return keyset_fee(sum);
}

/* ---- parts */

/* How many of each key. */
struct counts {
	size_t of[KEYSET_KEYS];
	size_t all;
};

static bool split_few(struct counts *c, const struct keyset *k, uint64_t amount)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = k->n; i-- > 0 && amount;) {
		uint64_t times = amount / k->amounts[i];

		if (times > KEYSET_PARTS_MAX - c->all)
			return false;
		c->of[i] = (size_t)times;
		c->all += (size_t)times;
		amount -= times * k->amounts[i];
	}
	return amount == 0;
}

/* The parts so far pay every amount up to their sum. One more does not change that when
 * it is at most one above it. */
static bool split_all(struct counts *c, const struct keyset *k, uint64_t amount)
{
	uint64_t sum = 0;

	memset(c, 0, sizeof(*c));
	while (sum < amount) {
		uint64_t most = sum < amount - sum ? sum + 1 : amount - sum;
		size_t i = k->n;

		while (i > 0 && k->amounts[i - 1] > most)
			i--;
		if (i == 0 || c->all == KEYSET_PARTS_MAX)
			return false;
		c->of[i - 1]++;
		c->all++;
		sum += k->amounts[i - 1];
	}
	return true;
}

static void list(uint64_t parts[KEYSET_PARTS_MAX], size_t *n, const struct counts *c,
		 const struct keyset *k)
{
	*n = 0;
	for (size_t i = 0; i < k->n; i++)
		for (size_t times = c->of[i]; times > 0; times--)
			parts[(*n)++] = k->amounts[i];
}

bool keyset_split(const struct keyset *k, uint64_t amount,
		  uint64_t parts[KEYSET_PARTS_MAX], size_t *n)
{
	struct counts c;

	if (!split_few(&c, k, amount))
		return false;
	list(parts, n, &c, k);
	return true;
}

bool keyset_split_all(const struct keyset *k, uint64_t amount,
		      uint64_t parts[KEYSET_PARTS_MAX], size_t *n)
{
	struct counts c;

	if (!split_all(&c, k, amount) && !split_few(&c, k, amount))
		return false;
	list(parts, n, &c, k);
	return true;
}

bool keyset_gross(const struct keyset *k, uint64_t net, uint64_t *gross)
{
	uint64_t last = net;
	struct counts c;

	if (net == 0) {
		*gross = 0;
		return true;
	}
	if (k->ppk > KEYSET_PPK_MAX ||
	    !amount_add(&last, keyset_fee_of(k, KEYSET_PARTS_MAX)))
		return false;
	for (uint64_t g = net + keyset_fee_of(k, 1); g <= last; g++) {
		if (split_few(&c, k, g) && net + keyset_fee_of(k, c.all) <= g) {
			*gross = g;
			return true;
		}
	}
	return false;
}

size_t keyset_blanks(uint64_t most)
{
	size_t n = 1;

	if (most == 0)
		return 0;
	while (n < 64 && (UINT64_C(1) << n) < most)
		n++;
	return n;
}
