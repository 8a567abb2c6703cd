/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbmint.h"

#include "lib/proto/nut13.h"
#include "lib/store/db.h"

#include <string.h>

enum { ENTRY = 8 + 33 };

uint64_t dbmint_number(struct db *d, struct str url)
{
	struct dbq *q = db_query(d, "SELECT mint FROM mints WHERE url = ?1");
	uint64_t mint = 0;

	db_bind_text(q, 1, url);
	if (db_row(q))
		mint = db_col_u64(q, 0);
	db_done(q);
	if (mint)
		return mint;
	q = db_query(d, "INSERT INTO mints (url) VALUES (?1)");
	db_bind_text(q, 1, url);
	(void)db_run(q);
	return db_last_rowid(d);
}

bool dbmint_url(struct db *d, uint64_t mint, struct buf *out)
{
	struct dbq *q = db_query(d, "SELECT url FROM mints WHERE mint = ?1");
	bool found;

	db_bind_u64(q, 1, mint);
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}

void dbmint_each(struct db *d, void (*each)(void *ctx, uint64_t mint, struct str url),
		 void *ctx)
{
	struct dbq *q = db_query(d, "SELECT mint, url FROM mints ORDER BY mint");

	while (db_row(q))
		each(ctx, db_col_u64(q, 0), db_col_text(q, 1));
}

/* ---- keysets */

static struct str id_of(const struct keyset_id *id)
{
	return str_of(id->c);
}

static struct str short_of(const struct keyset_id *id)
{
	struct str s = str_of(id->c);

	return (struct str){s.p, s.n < 16 ? s.n : 16};
}

static size_t pack(uint8_t *out, const struct keyset *k)
{
	for (size_t i = 0; i < k->n; i++) {
		uint8_t *p = out + i * ENTRY;

		for (size_t b = 0; b < 8; b++)
			p[b] = (uint8_t)(k->amounts[i] >> (56 - 8 * b));
		memcpy(p + 8, k->keys[i].b, 33);
	}
	return k->n * ENTRY;
}

static void unpack(struct keyset *k, struct str blob)
{
	k->n = blob.n / ENTRY;
	if (k->n > KEYSET_KEYS)
		k->n = KEYSET_KEYS;
	for (size_t i = 0; i < k->n; i++) {
		const uint8_t *p = (const uint8_t *)blob.p + i * ENTRY;

		k->amounts[i] = 0;
		for (size_t b = 0; b < 8; b++)
			k->amounts[i] = k->amounts[i] << 8 | p[b];
		memcpy(k->keys[i].b, p + 8, 33);
	}
}

#define COLUMNS " id, mint, unit, active, ppk, final_expiry, keys "

static void load(struct dbq *q, struct keyset *k, uint64_t *mint)
{
	memset(k, 0, sizeof(*k));
	str_copy(k->id.c, sizeof(k->id.c), db_col_text(q, 0));
	*mint = db_col_u64(q, 1);
	str_copy(k->unit, sizeof(k->unit), db_col_text(q, 2));
	k->active = db_col_u64(q, 3) != 0;
	k->ppk = db_col_u64(q, 4);
	k->final_expiry = db_col_u64(q, 5);
	if (!db_col_is_null(q, 6))
		unpack(k, db_col_text(q, 6));
}

bool dbmint_get_keyset(struct db *d, struct keyset *out, uint64_t *mint,
		       const struct keyset_id *id)
{
	/* only the full form, or a short one, names a keyset: nothing in between */
	bool is_short = keyset_id_kind(id_of(id)) == KEYSET_SHORT;
	struct dbq *q =
		is_short ? db_query(d, "SELECT" COLUMNS "FROM keysets WHERE short = ?1")
			 : db_query(d, "SELECT" COLUMNS "FROM keysets WHERE id = ?1");
	uint64_t owner;
	bool found;

	db_bind_text(q, 1, id_of(id));
	found = db_row(q);
	if (found) {
		load(q, out, &owner);
		if (mint)
			*mint = owner;
	}
	db_done(q);
	return found;
}

/* Secrets of 00 keysets are derived from a number of 31 bits (NUT-13): two keysets of one
 * number would get the same ones. */
static bool has_number_of_another(struct db *d, const struct keyset_id *id)
{
	struct dbq *q = db_query(d, "SELECT id FROM keysets WHERE id LIKE '00%'");
	bool found = false;
	uint32_t mine;

	if (!nut13_keyset_number(&mine, id)) {
		db_done(q);
		return false;
	}
	while (db_row(q)) {
		struct keyset_id other = {""};
		uint32_t number;

		str_copy(other.c, sizeof(other.c), db_col_text(q, 0));
		found = found || (!keyset_id_eq(id, &other) &&
				  nut13_keyset_number(&number, &other) && number == mine);
	}
	return found;
}

static bool is_foreign(struct db *d, uint64_t mint, const struct keyset *k)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM keysets WHERE short = ?1 AND"
				    " (id != ?2 OR mint != ?3)");
	bool found;

	db_bind_text(q, 1, short_of(&k->id));
	db_bind_text(q, 2, id_of(&k->id));
	db_bind_u64(q, 3, mint);
	found = db_row(q);
	db_done(q);
	return found || has_number_of_another(d, &k->id);
}

bool dbmint_put_keyset(struct db *d, uint64_t mint, const struct keyset *k)
{
	uint8_t keys[KEYSET_KEYS * ENTRY];
	struct dbq *q;

	if (is_foreign(d, mint, k))
		return false;
	q = db_query(d, "INSERT INTO keysets (id, short, mint, unit, active, ppk,"
			" final_expiry, keys) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
			" ON CONFLICT (id) DO UPDATE SET active = ?5, ppk = ?6,"
			" final_expiry = ?7, keys = coalesce(?8, keys)");
	db_bind_text(q, 1, id_of(&k->id));
	db_bind_text(q, 2, short_of(&k->id));
	db_bind_u64(q, 3, mint);
	db_bind_text(q, 4, str_of(k->unit));
	db_bind_u64(q, 5, k->active);
	db_bind_u64(q, 6, k->ppk);
	db_bind_u64(q, 7, k->final_expiry);
	if (k->n)
		db_bind_blob(q, 8, keys, pack(keys, k));
	(void)db_run(q);
	return true;
}

size_t dbmint_keysets(struct db *d, uint64_t mint, struct keyset *out, size_t most)
{
	struct dbq *q =
		db_query(d, "SELECT" COLUMNS
			    "FROM keysets WHERE mint = ?1 ORDER BY active DESC, id"
			    " LIMIT ?2");
	uint64_t owner;
	size_t n = 0;

	db_bind_u64(q, 1, mint);
	db_bind_u64(q, 2, most);
	while (db_row(q))
		load(q, &out[n++], &owner);
	return n;
}

/* ---- counters */

uint64_t dbmint_counter(struct db *d, const struct keyset_id *id)
{
	struct dbq *q = db_query(d, "SELECT counter FROM keysets WHERE id = ?1");
	uint64_t next = 0;

	db_bind_text(q, 1, id_of(id));
	if (db_row(q))
		next = db_col_u64(q, 0);
	db_done(q);
	return next;
}

uint64_t dbmint_take_counters(struct db *d, const struct keyset_id *id, uint64_t n)
{
	uint64_t first = dbmint_counter(d, id);
	struct dbq *q =
		db_query(d, "UPDATE keysets SET counter = counter + ?2 WHERE id = ?1");

	db_bind_text(q, 1, id_of(id));
	db_bind_u64(q, 2, n);
	(void)db_run(q);
	return first;
}

void dbmint_raise_counter(struct db *d, const struct keyset_id *id, uint64_t next)
{
	struct dbq *q = db_query(d, "UPDATE keysets SET counter = max(counter, ?2)"
				    " WHERE id = ?1");

	db_bind_text(q, 1, id_of(id));
	db_bind_u64(q, 2, next);
	(void)db_run(q);
}

void dbmint_jump_counters(struct db *d)
{
	struct dbq *q =
		db_query(d, "UPDATE keysets SET counter = (counter / ?1 + 2) * ?1");

	db_bind_u64(q, 1, DBMINT_STRETCH);
	(void)db_run(q);
}
