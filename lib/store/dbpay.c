/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/store/dbpay.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"

#include <string.h>

#define COLUMNS                                                                     \
	" op, kind, state, mint, job, total_in, fee, keyset, path, request IS NOT " \
	"NULL, "                                                                    \
	"heard, attempts, made_at, sent_at, moved_at, text "

static const char *const kind_names[DBPAY_KINDS] = {
	[DBPAY_CLAIM] = "claim",     [DBPAY_CHANGE] = "change", [DBPAY_EXPORT] = "export",
	[DBPAY_MELT] = "melt",       [DBPAY_TIDY] = "tidy",     [DBPAY_IMPORT] = "import",
	[DBPAY_RECLAIM] = "reclaim", [DBPAY_MINT] = "mint",
};

const char *dbpay_kind_name(enum dbpay_kind kind)
{
	return kind > 0 && kind < DBPAY_KINDS ? kind_names[kind] : "?";
}

static void load(struct dbq *q, struct dbpay *p)
{
	memset(p, 0, sizeof(*p));
	p->op = db_col_u64(q, 0);
	p->kind = (enum dbpay_kind)db_col_u64(q, 1);
	p->state = (enum pay_state)db_col_u64(q, 2);
	p->mint = db_col_u64(q, 3);
	p->job = db_col_u64(q, 4);
	p->total_in = db_col_u64(q, 5);
	p->fee = db_col_u64(q, 6);
	str_copy(p->keyset.c, sizeof(p->keyset.c), db_col_text(q, 7));
	str_copy(p->path, sizeof(p->path), db_col_text(q, 8));
	p->has_request = db_col_u64(q, 9) != 0;
	p->heard = db_col_u64(q, 10) != 0;
	p->attempts = db_col_u64(q, 11);
	p->made_at = db_col_u64(q, 12);
	p->sent_at = db_col_u64(q, 13);
	p->moved_at = db_col_u64(q, 14);
	str_copy(p->text, sizeof(p->text), db_col_text(q, 15));
}

static bool get(struct dbq *q, struct dbpay *out)
{
	bool found = db_row(q);

	if (found)
		load(q, out);
	db_done(q);
	return found;
}

static void run_on(struct db *d, const char *sql, uint64_t op)
{
	struct dbq *q = db_query(d, sql);

	db_bind_u64(q, 1, op);
	(void)db_run(q);
}

/* ---- one operation */

static void insert_row(struct db *d, struct dbpay *p)
{
	struct dbq *q = db_query(
		d,
		"INSERT INTO pays (kind, state, mint, job, total_in, fee, keyset, path,"
		" made_at, moved_at, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
		" ?9, ?10)");

	p->state = PAY_RESERVED;
	p->moved_at = p->made_at;
	db_bind_u64(q, 1, p->kind);
	db_bind_u64(q, 2, p->state);
	db_bind_u64(q, 3, p->mint);
	if (p->job)
		db_bind_u64(q, 4, p->job);
	db_bind_u64(q, 5, p->total_in);
	db_bind_u64(q, 6, p->fee);
	db_bind_text(q, 7, str_of(p->keyset.c));
	db_bind_text(q, 8, str_of(p->path));
	db_bind_u64(q, 9, p->made_at);
	db_bind_text(q, 10, str_of(p->text));
	(void)db_run(q);
	p->op = db_last_rowid(d);
}

static void insert_input(struct db *d, uint64_t op, size_t at, const struct ecpoint *y)
{
	struct dbq *q = db_query(d, "INSERT INTO pay_inputs (op, at, y, live)"
				    " VALUES (?1, ?2, ?3, 1)");

	db_bind_u64(q, 1, op);
	db_bind_u64(q, 2, at);
	db_bind_blob(q, 3, y->b, sizeof(y->b));
	if (!db_run_unique(q))
		panic("an input is in two operations");
}

static void insert_output(struct db *d, uint64_t op, size_t at,
			  const struct outset_one *o)
{
	struct dbq *q =
		db_query(d, "INSERT INTO pay_outputs (op, at, amount, secret, r, blinded,"
			    " customer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	db_bind_u64(q, 1, op);
	db_bind_u64(q, 2, at);
	db_bind_u64(q, 3, o->amount);
	db_bind_text(q, 4, str_of(o->secret));
	db_bind_blob(q, 5, o->r.b, sizeof(o->r.b));
	db_bind_blob(q, 6, o->blinded.b, sizeof(o->blinded.b));
	db_bind_u64(q, 7, o->for_customer);
	if (!db_run_unique(q))
		panic("an output was made twice");
}

bool dbpay_insert(struct db *d, struct dbpay *p, const struct ecpoint *ys, size_t nys,
		  const struct outset *outputs)
{
	for (size_t i = 0; i < nys; i++)
		if (dbpay_holder(d, &ys[i]))
			return false;
	insert_row(d, p);
	for (size_t i = 0; i < nys; i++)
		insert_input(d, p->op, i, &ys[i]);
	for (size_t i = 0; i < outputs->n; i++)
		insert_output(d, p->op, i, &outputs->v[i]);
	return true;
}

bool dbpay_get(struct db *d, struct dbpay *out, uint64_t op)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM pays WHERE op = ?1");

	db_bind_u64(q, 1, op);
	return get(q, out);
}

void dbpay_set_request(struct db *d, struct dbpay *p, struct str request)
{
	struct dbq *q = db_query(d, "UPDATE pays SET request = ?2 WHERE op = ?1 AND"
				    " request IS NULL");

	db_bind_u64(q, 1, p->op);
	db_bind_text(q, 2, request);
	if (db_run(q) != 1)
		panic("operation %llu has its request already",
		      (unsigned long long)p->op);
	p->has_request = true;
}

bool dbpay_get_request(struct db *d, uint64_t op, struct buf *out)
{
	struct dbq *q = db_query(
		d, "SELECT request FROM pays WHERE op = ?1 AND request IS NOT NULL");
	bool found;

	db_bind_u64(q, 1, op);
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}

void dbpay_set_sent(struct db *d, const struct dbpay *p)
{
	struct dbq *q = db_query(d, "UPDATE pays SET heard = ?2, attempts = ?3,"
				    " sent_at = ?4, text = ?5 WHERE op = ?1");

	db_bind_u64(q, 1, p->op);
	db_bind_u64(q, 2, p->heard);
	db_bind_u64(q, 3, p->attempts);
	if (p->sent_at)
		db_bind_u64(q, 4, p->sent_at);
	db_bind_text(q, 5, str_of(p->text));
	(void)db_run(q);
}

void dbpay_set_answer(struct db *d, uint64_t op, struct str answer)
{
	struct dbq *q = db_query(d, "UPDATE pays SET answer = ?2 WHERE op = ?1");

	db_bind_u64(q, 1, op);
	db_bind_text(q, 2, answer);
	(void)db_run(q);
}

/* ---- moves */

static void add_log(struct db *d, const struct dbpay *p, enum pay_state next,
		    uint64_t now, enum pay_event event, struct str text)
{
	struct dbq *q = db_query(d, "INSERT INTO pay_log (op, at, old, new, event, text)"
				    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	db_bind_u64(q, 1, p->op);
	db_bind_u64(q, 2, now);
	db_bind_u64(q, 3, p->state);
	db_bind_u64(q, 4, next);
	db_bind_text(q, 5, str_of(payfsm_event_name(event)));
	db_bind_text(q, 6, text);
	(void)db_run(q);
}

bool dbpay_move(struct db *d, struct dbpay *p, enum pay_state next, uint64_t now,
		enum pay_event event, struct str text)
{
	struct dbq *q = db_query(d, "UPDATE pays SET state = ?3, moved_at = ?4"
				    " WHERE op = ?1 AND state = ?2");

	db_bind_u64(q, 1, p->op);
	db_bind_u64(q, 2, p->state);
	db_bind_u64(q, 3, next);
	db_bind_u64(q, 4, now);
	if (db_run(q) != 1)
		return false;
	/* an operation that waits is asked about again and again: one row tells it */
	if (next != p->state || event == PEV_SUBMIT)
		add_log(d, p, next, now, event, text);
	p->state = next;
	p->moved_at = now;
	return true;
}

void dbpay_release(struct db *d, uint64_t op)
{
	run_on(d, "UPDATE pay_inputs SET live = 0 WHERE op = ?1", op);
}

bool dbpay_hold_again(struct db *d, uint64_t op)
{
	struct dbq *q = db_query(d, "UPDATE pay_inputs SET live = 1 WHERE op = ?1");

	db_bind_u64(q, 1, op);
	return db_run_unique(q);
}

/* ---- its coins */

size_t dbpay_inputs(struct db *d, uint64_t op, struct ecpoint **ys)
{
	struct dbq *q = db_query(d, "SELECT y FROM pay_inputs WHERE op = ?1 ORDER BY at");
	struct ecpoint *list = NULL;
	size_t n = 0;

	db_bind_u64(q, 1, op);
	while (db_row(q)) {
		list = mem_resize(list, n + 1, sizeof(*list));
		db_col_blob(q, 0, list[n++].b, sizeof(list->b));
	}
	*ys = list;
	return n;
}

uint64_t dbpay_holder(struct db *d, const struct ecpoint *y)
{
	struct dbq *q =
		db_query(d, "SELECT op FROM pay_inputs WHERE y = ?1 AND live = 1");
	uint64_t op = 0;

	db_bind_blob(q, 1, y->b, sizeof(y->b));
	if (db_row(q))
		op = db_col_u64(q, 0);
	db_done(q);
	return op;
}

void dbpay_outputs(struct db *d, uint64_t op, struct outset *out)
{
	struct dbq *q = db_query(d, "SELECT amount, secret, r, customer, blinded FROM"
				    " pay_outputs WHERE op = ?1 ORDER BY at");
	struct ecpoint blinded;
	struct ecscalar r;

	db_bind_u64(q, 1, op);
	while (db_row(q)) {
		db_col_blob(q, 2, r.b, sizeof(r.b));
		db_col_blob(q, 4, blinded.b, sizeof(blinded.b));
		outset_add_stored(out, db_col_u64(q, 0), db_col_text(q, 1), &r, &blinded,
				  db_col_u64(q, 3) != 0);
	}
	mem_wipe(&r, sizeof(r));
}

bool dbpay_is_output(struct db *d, const struct ecpoint *blinded)
{
	struct dbq *q = db_query(d, "SELECT 1 FROM pay_outputs WHERE blinded = ?1");
	bool found;

	db_bind_blob(q, 1, blinded->b, sizeof(blinded->b));
	found = db_row(q);
	db_done(q);
	return found;
}

/* ---- lists */

bool dbpay_next_open(struct db *d, struct dbpay *out, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM pays WHERE state IN (1, 2, 6)"
				    " AND op > ?1 ORDER BY op LIMIT 1");

	db_bind_u64(q, 1, above);
	return get(q, out);
}

bool dbpay_next_late(struct db *d, struct dbpay *out, uint64_t since, uint64_t above)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS
				    "FROM pays WHERE state IN (4, 5) AND heard = 1 AND"
				    " moved_at >= ?1 AND op > ?2 ORDER BY op LIMIT 1");

	db_bind_u64(q, 1, since);
	db_bind_u64(q, 2, above);
	return get(q, out);
}

bool dbpay_of_job(struct db *d, struct dbpay *out, uint64_t job, enum dbpay_kind kind)
{
	struct dbq *q = db_query(d, "SELECT" COLUMNS "FROM pays WHERE job = ?1 AND"
				    " kind = ?2 ORDER BY op DESC LIMIT 1");

	db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, kind);
	return get(q, out);
}

uint64_t dbpay_count_of_job(struct db *d, uint64_t job, enum dbpay_kind kind)
{
	struct dbq *q =
		db_query(d, "SELECT count(*) FROM pays WHERE job = ?1 AND kind = ?2");
	uint64_t n = 0;

	db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, kind);
	if (db_row(q))
		n = db_col_u64(q, 0);
	db_done(q);
	return n;
}

void dbpay_page(struct db *d, bool open, uint64_t below, uint64_t limit,
		void (*each)(void *ctx, const struct dbpay *p), void *ctx)
{
	struct dbq *q =
		open ? db_query(d, "SELECT" COLUMNS "FROM pays WHERE state IN (1, 2, 6)"
				   " AND op < ?1 ORDER BY op DESC LIMIT ?2")
		     : db_query(d, "SELECT" COLUMNS "FROM pays WHERE op < ?1"
				   " ORDER BY op DESC LIMIT ?2");
	struct dbpay p;

	db_bind_u64(q, 1, below ? below : INT64_MAX);
	db_bind_u64(q, 2, limit);
	while (db_row(q)) {
		load(q, &p);
		each(ctx, &p);
	}
}

void dbpay_each_log(struct db *d, uint64_t op,
		    void (*each)(void *ctx, const struct dbpay_log *row), void *ctx)
{
	struct dbq *q = db_query(d, "SELECT at, old, new, event, text FROM pay_log"
				    " WHERE op = ?1 ORDER BY seq");
	struct dbpay_log row;

	db_bind_u64(q, 1, op);
	while (db_row(q)) {
		row = (struct dbpay_log){.at = db_col_u64(q, 0),
					 .old = (enum pay_state)db_col_u64(q, 1),
					 .next = (enum pay_state)db_col_u64(q, 2),
					 .event = db_col_text(q, 3),
					 .text = db_col_text(q, 4)};
		each(ctx, &row);
	}
}

void dbpay_each_log_of_job(struct db *d, uint64_t job, uint64_t most,
			   void (*each)(void *ctx, const struct dbpay *p,
					const struct dbpay_log *row),
			   void *ctx)
{
	struct dbq *q = db_query(
		d, "SELECT l.at, l.old, l.new, l.event, l.text, p.op, p.kind FROM pays AS"
		   " p JOIN pay_log AS l ON l.op = p.op WHERE p.job = ?1"
		   " ORDER BY l.at, l.seq LIMIT ?2");

	db_bind_u64(q, 1, job);
	db_bind_u64(q, 2, most);
	while (db_row(q)) {
		struct dbpay p = {.op = db_col_u64(q, 5),
				  .kind = (enum dbpay_kind)db_col_u64(q, 6)};
		struct dbpay_log row = {.at = db_col_u64(q, 0),
					.old = (enum pay_state)db_col_u64(q, 1),
					.next = (enum pay_state)db_col_u64(q, 2),
					.event = db_col_text(q, 3),
					.text = db_col_text(q, 4)};

		each(ctx, &p, &row);
	}
}

/* ---- melts */

void dbpay_wipe_melt(struct dbpay_melt *m)
{
	mem_free(m->invoice);
	m->invoice = NULL;
}

void dbpay_put_melt(struct db *d, const struct dbpay_melt *m)
{
	struct dbq *q =
		db_query(d, "INSERT INTO melts (op, quote, invoice, payment_hash, amount,"
			    " fee_reserve, target) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	db_bind_u64(q, 1, m->op);
	db_bind_text(q, 2, str_of(m->quote));
	db_bind_text(q, 3, str_of(m->invoice));
	db_bind_id32(q, 4, &m->payment_hash);
	db_bind_u64(q, 5, m->amount);
	db_bind_u64(q, 6, m->fee_reserve);
	db_bind_text(q, 7, str_of(m->target));
	(void)db_run(q);
}

bool dbpay_get_melt(struct db *d, struct dbpay_melt *out, uint64_t op)
{
	struct dbq *q = db_query(d, "SELECT quote, invoice, payment_hash, amount,"
				    " fee_reserve, paid_fee, preimage, target FROM melts"
				    " WHERE op = ?1");
	bool found;

	db_bind_u64(q, 1, op);
	found = db_row(q);
	if (found) {
		memset(out, 0, sizeof(*out));
		out->op = op;
		str_copy(out->quote, sizeof(out->quote), db_col_text(q, 0));
		out->invoice = str_dup(db_col_text(q, 1));
		out->payment_hash = db_col_id32(q, 2);
		out->amount = db_col_u64(q, 3);
		out->fee_reserve = db_col_u64(q, 4);
		out->is_paid = !db_col_is_null(q, 5);
		out->paid_fee = db_col_u64(q, 5);
		str_copy(out->preimage, sizeof(out->preimage), db_col_text(q, 6));
		str_copy(out->target, sizeof(out->target), db_col_text(q, 7));
	}
	db_done(q);
	return found;
}

void dbpay_set_melt_paid(struct db *d, const struct dbpay_melt *m)
{
	struct dbq *q = db_query(d, "UPDATE melts SET paid_fee = ?2, preimage = ?3"
				    " WHERE op = ?1");

	db_bind_u64(q, 1, m->op);
	db_bind_u64(q, 2, m->paid_fee);
	db_bind_text(q, 3, str_of(m->preimage));
	(void)db_run(q);
}

uint64_t dbpay_melt_of_hash(struct db *d, const struct id32 *hash)
{
	struct dbq *q = db_query(
		d, "SELECT op FROM melts JOIN pays USING (op) WHERE payment_hash = ?1 AND"
		   " state != 4 ORDER BY op DESC LIMIT 1");
	uint64_t op = 0;

	db_bind_id32(q, 1, hash);
	if (db_row(q))
		op = db_col_u64(q, 0);
	db_done(q);
	return op;
}
