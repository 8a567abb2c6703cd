/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbblob.h"

#include "lib/store/db.h"

void dbblob_put(struct db *d, const struct dbblob *b, uint64_t now)
{
	struct dbq *q = db_query(d, "INSERT OR IGNORE INTO blobs (sha256, bytes, type,"
				    " made_at) VALUES (?1, ?2, ?3, ?4)");

	db_bind_id32(q, 1, &b->sha256);
	db_bind_u64(q, 2, b->bytes);
	db_bind_text(q, 3, str_of(b->type));
	db_bind_u64(q, 4, now);
	(void)db_run(q);
}

bool dbblob_get(struct db *d, struct dbblob *out, const struct id32 *sha256)
{
	struct dbq *q = db_query(d, "SELECT bytes, type FROM blobs WHERE sha256 = ?1");
	bool found;

	db_bind_id32(q, 1, sha256);
	found = db_row(q);
	if (found) {
		out->sha256 = *sha256;
		out->bytes = db_col_u64(q, 0);
		str_copy(out->type, sizeof(out->type), db_col_text(q, 1));
	}
	db_done(q);
	return found;
}
