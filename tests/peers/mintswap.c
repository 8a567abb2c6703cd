/* SPDX-License-Identifier: MIT */
/* NUT-03 at the test mint. */
#include "config.h"

#include "tests/peers/mintbook.h"
#include "tests/peers/mintroutes.h"

/* nutshell that was killed between two of its transactions. */
static bool leave_pending(struct mintcore *m, const struct mintcall *call,
			  const struct mintreq *r, struct mintno *no)
{
	struct mintquote_id holder = mintquote_new_id();
	struct dbq *q;

	mintbook_take(m, r, MINTBOOK_PENDING, str_of(holder.c));
	q = db_query(m->db, "INSERT INTO stuck (holder, body) VALUES (?1, ?2)");
	db_bind_text(q, 1, str_of(holder.c));
	db_bind_text(q, 2, call->body);
	(void)db_run(q);
	m->commit = true;
	return mintcore_no(no, NO_PENDING, "proofs are pending");
}

bool mintswap_swap(struct mintcore *m, const struct mintcall *call, struct buf *answer,
		   struct mintno *no)
{
	auto_mintreq struct mintreq r = {.nin = 0};
	uint64_t want;

	if (!mintreq_read_inputs(&r, m, call->json, no) ||
	    !mintbook_inputs_are_free(m, &r, no) ||
	    !mintreq_read_outputs(&r, m, call->json, MINTREQ_FULL, no) ||
	    !mintreq_may_spend(&r, (struct str){"", 0}, no) ||
	    !mintbook_outputs_are_new(m, &r, no))
		return false;
	want = r.sum_in;
	if (!amount_sub(&want, r.fee) || want != r.sum_out)
		return mintcore_no(
			no, NO_BALANCE,
			"inputs (%llu) - fees (%llu) vs outputs (%llu) are not "
			"balanced",
			(unsigned long long)r.sum_in, (unsigned long long)r.fee,
			(unsigned long long)r.sum_out);
	if (m->twist == MINTCORE_PENDING)
		return leave_pending(m, call, &r, no);
	mintbook_take(m, &r, MINTBOOK_SPENT, (struct str){"", 0});
	mintbook_earn(m, "fees", r.fee);
	mintbook_sign_all(m, &r, answer);
	return true;
}

/* The oldest of those; false: there is none. */
static bool take_stuck(struct mintcore *m, struct buf *holder, struct buf *body)
{
	struct dbq *q = db_query(m->db, "SELECT holder, body FROM stuck ORDER BY rowid "
					"LIMIT 1");
	bool found = db_row(q);

	if (found) {
		buf_add_str(holder, db_col_text(q, 0));
		buf_add_str(body, db_col_text(q, 1));
	}
	db_done(q);
	if (!found)
		return false;
	q = db_query(m->db, "DELETE FROM stuck WHERE holder = ?1");
	db_bind_text(q, 1, buf_str(holder));
	(void)db_run(q);
	return true;
}

size_t mintcore_release(struct mintcore *m, bool done)
{
	for (size_t n = 0;; n++) {
		auto_buf struct buf holder = BUF_INIT(64);
		auto_buf struct buf body = BUF_INIT(4 * 1024 * 1024);
		auto_buf struct buf answer = BUF_INIT(4 * 1024 * 1024);

		db_begin(m->db);
		if (!take_stuck(m, &holder, &body)) {
			db_rollback(m->db);
			return n;
		}
		mintbook_end(m, buf_str(&holder), false);
		db_commit(m->db);
		if (done)
			(void)mintcore_handle(m, STR_LIT("POST"), STR_LIT("/v1/swap"),
					      buf_str(&body), &answer);
	}
}
