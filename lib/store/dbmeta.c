/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbmeta.h"

#include "lib/store/db.h"

#include <inttypes.h>
#include <stdio.h>

bool dbmeta_get(struct db *d, const char *key, struct buf *out)
{
	struct dbq *q = db_query(d, "SELECT value FROM meta WHERE key = ?1");
	bool found;

	db_bind_text(q, 1, str_of(key));
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}

void dbmeta_set(struct db *d, const char *key, struct str value)
{
	struct dbq *q = db_query(d, "INSERT INTO meta (key, value) VALUES (?1, ?2)"
				    " ON CONFLICT (key) DO UPDATE SET value = ?2");

	db_bind_text(q, 1, str_of(key));
	db_bind_text(q, 2, value);
	(void)db_run(q);
}

uint64_t dbmeta_get_u64(struct db *d, const char *key)
{
	auto_buf struct buf text = BUF_INIT(32);
	uint64_t v;

	if (!dbmeta_get(d, key, &text) || !str_to_u64(buf_str(&text), INT64_MAX, &v))
		return 0;
	return v;
}

void dbmeta_set_u64(struct db *d, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	dbmeta_set(d, key, str_of(text));
}

void dbmeta_count(struct db *d, const char *name, uint64_t by)
{
	struct dbq *q =
		db_query(d, "INSERT INTO counters (name, value) VALUES (?1, ?2)"
			    " ON CONFLICT (name) DO UPDATE SET value = value + ?2");

	db_bind_text(q, 1, str_of(name));
	db_bind_u64(q, 2, by);
	(void)db_run(q);
}

uint64_t dbmeta_counter(struct db *d, const char *name)
{
	struct dbq *q = db_query(d, "SELECT value FROM counters WHERE name = ?1");
	uint64_t v = 0;

	db_bind_text(q, 1, str_of(name));
	if (db_row(q))
		v = db_col_u64(q, 0);
	db_done(q);
	return v;
}
