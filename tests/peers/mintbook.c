/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintbook.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <string.h>

static const char first_schema[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;"
	"CREATE TABLE keysets ("
	"  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,"
	"  ppk INTEGER NOT NULL, final_expiry INTEGER NOT NULL,"
	"  made_expiry INTEGER NOT NULL, nkeys INTEGER NOT NULL,"
	"  active INTEGER NOT NULL) STRICT;"
	"CREATE TABLE proofs ("
	"  y BLOB PRIMARY KEY, keyset TEXT NOT NULL, amount INTEGER NOT NULL,"
	"  secret TEXT NOT NULL, c BLOB NOT NULL, witness TEXT NOT NULL,"
	"  state INTEGER NOT NULL, holder TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX proofs_held ON proofs (holder) WHERE holder <> '';"
	"CREATE TABLE promises ("
	"  blinded BLOB PRIMARY KEY, keyset TEXT NOT NULL, amount INTEGER NOT NULL,"
	"  c BLOB NOT NULL, e BLOB NOT NULL, s BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE mint_quotes ("
	"  id TEXT PRIMARY KEY, amount INTEGER NOT NULL, request TEXT NOT NULL UNIQUE,"
	"  pubkey TEXT NOT NULL, state INTEGER NOT NULL, asked INTEGER NOT NULL,"
	"  expiry INTEGER NOT NULL) STRICT;"
	"CREATE TABLE melt_quotes ("
	"  id TEXT PRIMARY KEY, amount INTEGER NOT NULL, request TEXT NOT NULL,"
	"  hash BLOB NOT NULL, reserve INTEGER NOT NULL, expiry INTEGER NOT NULL,"
	"  own INTEGER NOT NULL, state INTEGER NOT NULL, ending INTEGER NOT NULL,"
	"  sum_in INTEGER NOT NULL, fee INTEGER NOT NULL, ln_fee INTEGER NOT NULL,"
	"  preimage TEXT NOT NULL, change TEXT NOT NULL) STRICT;"
	"CREATE INDEX melt_hash ON melt_quotes (hash);"
	"CREATE INDEX melt_ending ON melt_quotes (ending) WHERE ending <> 0;"
	"CREATE TABLE blanks ("
	"  melt TEXT NOT NULL, place INTEGER NOT NULL, blinded BLOB NOT NULL UNIQUE,"
	"  keyset TEXT NOT NULL, PRIMARY KEY (melt, place)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE stuck (holder TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;"
	"CREATE TABLE earned (what TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT;";

const char *const mintbook_schema[] = {first_schema};
const size_t mintbook_nschema = ARRAY_LEN(mintbook_schema);

/* ---- proofs */

enum mintbook_state mintbook_state(struct mintcore *m, const struct ecpoint *y,
				   struct buf *witness)
{
	enum mintbook_state state = MINTBOOK_UNSPENT;
	struct dbq *q = db_query(m->db, "SELECT state, witness FROM proofs WHERE y = ?1");

	db_bind_blob(q, 1, y->b, sizeof(y->b));
	if (db_row(q)) {
		state = (enum mintbook_state)db_col_u64(q, 0);
		if (witness)
			buf_add_str(witness, db_col_text(q, 1));
	}
	db_done(q);
	return state;
}

bool mintbook_inputs_are_free(struct mintcore *m, const struct mintreq *r,
			      struct mintno *no)
{
	for (size_t i = 0; i < r->nin; i++) {
		switch (mintbook_state(m, &r->in[i].y, NULL)) {
		case MINTBOOK_UNSPENT:
			break;
		case MINTBOOK_PENDING:
			return mintcore_no(no, NO_PENDING, "proofs are pending");
		case MINTBOOK_SPENT:
			return mintcore_no(no, NO_SPENT, "token already spent");
		}
	}
	return true;
}

void mintbook_take(struct mintcore *m, const struct mintreq *r, enum mintbook_state to,
		   struct str holder)
{
	for (size_t i = 0; i < r->nin; i++) {
		const struct mintreq_input *in = &r->in[i];
		struct dbq *q =
			db_query(m->db, "INSERT INTO proofs (y, keyset, amount, secret, "
					"c, witness, state, holder) VALUES "
					"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

		db_bind_blob(q, 1, in->y.b, sizeof(in->y.b));
		db_bind_text(q, 2, str_of(in->set->pub.id.c));
		db_bind_u64(q, 3, in->amount);
		db_bind_text(q, 4, in->secret);
		db_bind_blob(q, 5, in->c.b, sizeof(in->c.b));
		db_bind_text(q, 6, in->witness);
		db_bind_u64(q, 7, to);
		db_bind_text(q, 8, holder);
		(void)db_run(q);
	}
}

void mintbook_end(struct mintcore *m, struct str holder, bool spent)
{
	struct dbq *q;

	INVARIANT(holder.n > 0);
	if (spent)
		q = db_query(m->db, "UPDATE proofs SET state = 2, holder = '' "
				    "WHERE holder = ?1");
	else
		q = db_query(m->db, "DELETE FROM proofs WHERE holder = ?1");
	db_bind_text(q, 1, holder);
	INVARIANT(db_run(q) > 0);
}

/* ---- signatures */

bool mintbook_find(struct mintsign_sig *out, struct mintcore *m,
		   const struct ecpoint *blinded)
{
	struct dbq *q = db_query(m->db, "SELECT keyset, amount, c, e, s FROM promises "
					"WHERE blinded = ?1");
	bool found;

	db_bind_blob(q, 1, blinded->b, sizeof(blinded->b));
	found = db_row(q);
	if (found) {
		str_copy(out->id.c, sizeof(out->id.c), db_col_text(q, 0));
		out->amount = db_col_u64(q, 1);
		db_col_blob(q, 2, out->c.b, sizeof(out->c.b));
		db_col_blob(q, 3, out->e.b, sizeof(out->e.b));
		db_col_blob(q, 4, out->s.b, sizeof(out->s.b));
	}
	db_done(q);
	return found;
}

struct mintsign_sig mintbook_sign(struct mintcore *m, const struct mintkeys_set *set,
				  uint64_t amount, const struct ecpoint *blinded)
{
	struct mintsign_sig sig = {.amount = amount, .id = set->pub.id};
	size_t place = mintkeys_place(set, amount);
	struct dbq *q;

	INVARIANT(place != SIZE_MAX);
	mintsign_blind(&sig, &set->secret[place], &set->pub.keys[place], blinded);
	q = db_query(m->db, "INSERT INTO promises (blinded, keyset, amount, c, e, s) "
			    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	db_bind_blob(q, 1, blinded->b, sizeof(blinded->b));
	db_bind_text(q, 2, str_of(set->pub.id.c));
	db_bind_u64(q, 3, amount);
	db_bind_blob(q, 4, sig.c.b, sizeof(sig.c.b));
	db_bind_blob(q, 5, sig.e.b, sizeof(sig.e.b));
	db_bind_blob(q, 6, sig.s.b, sizeof(sig.s.b));
	(void)db_run(q);
	return sig;
}

void mintbook_sign_all(struct mintcore *m, const struct mintreq *r, struct buf *answer)
{
	buf_add_c(answer, "{\"signatures\":[");
	for (size_t i = 0; i < r->nout; i++) {
		const struct mintreq_output *o = &r->out[i];
		struct mintsign_sig sig =
			mintbook_sign(m, o->set, o->amount, &o->blinded);

		if (i)
			buf_add_char(answer, ',');
		mintsign_write(answer, &sig);
	}
	buf_add_c(answer, "]}");
}

static bool is_blank_of_a_melt(struct mintcore *m, const struct ecpoint *blinded)
{
	struct dbq *q = db_query(m->db, "SELECT 1 FROM blanks WHERE blinded = ?1");
	bool found;

	db_bind_blob(q, 1, blinded->b, sizeof(blinded->b));
	found = db_row(q);
	db_done(q);
	return found;
}

bool mintbook_outputs_are_new(struct mintcore *m, const struct mintreq *r,
			      struct mintno *no)
{
	struct mintsign_sig sig;

	for (size_t i = 0; i < r->nout; i++) {
		if (mintbook_find(&sig, m, &r->out[i].blinded))
			return mintcore_no(no, NO_SIGNED,
					   "outputs have already been signed before");
		if (is_blank_of_a_melt(m, &r->out[i].blinded))
			return mintcore_no(no, NO_OUTPUT_PENDING, "outputs are pending");
	}
	return true;
}

/* ---- change of a melt */

void mintbook_keep_blanks(struct mintcore *m, const struct mintreq *r, struct str melt)
{
	for (size_t i = 0; i < r->nout; i++) {
		struct dbq *q =
			db_query(m->db, "INSERT INTO blanks (melt, place, blinded, "
					"keyset) VALUES (?1, ?2, ?3, ?4)");

		db_bind_text(q, 1, melt);
		db_bind_u64(q, 2, i);
		db_bind_blob(q, 3, r->out[i].blinded.b, sizeof(r->out[i].blinded.b));
		db_bind_text(q, 4, str_of(r->out[i].set->pub.id.c));
		(void)db_run(q);
	}
}

void mintbook_drop_blanks(struct mintcore *m, struct str melt)
{
	struct dbq *q = db_query(m->db, "DELETE FROM blanks WHERE melt = ?1");

	db_bind_text(q, 1, melt);
	(void)db_run(q);
}

/* The largest amount of the set that is at most this; 0: none. */
static uint64_t part_of(const struct mintkeys_set *set, uint64_t rest)
{
	for (size_t i = set->pub.n; i-- > 0;)
		if (set->pub.amounts[i] <= rest)
			return set->pub.amounts[i];
	return 0;
}

void mintbook_use_blanks(struct mintcore *m, struct str melt, uint64_t change,
			 struct buf *list, uint64_t *kept)
{
	struct dbq *q = db_query(m->db, "SELECT blinded, keyset FROM blanks WHERE "
					"melt = ?1 ORDER BY place");
	uint64_t rest = change;

	db_bind_text(q, 1, melt);
	buf_add_char(list, '[');
	while (db_row(q)) {
		const struct mintkeys_set *set = mintkeys_find(m, db_col_text(q, 1));
		struct mintsign_sig sig;
		struct ecpoint blinded;
		uint64_t part;

		INVARIANT(set);
		part = part_of(set, rest);
		if (part == 0)
			continue;
		db_col_blob(q, 0, blinded.b, sizeof(blinded.b));
		sig = mintbook_sign(m, set, part, &blinded);
		if (rest != change)
			buf_add_char(list, ',');
		mintsign_write(list, &sig);
		rest -= part;
	}
	buf_add_char(list, ']');
	mintbook_drop_blanks(m, melt);
	*kept = rest;
}

void mintbook_earn(struct mintcore *m, const char *what, uint64_t amount)
{
	struct dbq *q =
		db_query(m->db, "INSERT INTO earned (what, amount) VALUES (?1, ?2) "
				"ON CONFLICT (what) DO UPDATE SET "
				"amount = amount + excluded.amount");

	db_bind_text(q, 1, str_of(what));
	db_bind_u64(q, 2, amount);
	(void)db_run(q);
}
