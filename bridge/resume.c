/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/resume.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

struct point {
	const char *url;
	uint64_t at; /* 0: nothing noted */
	bool dirty;
};

struct resume {
	struct db *db;
	struct point *points;
	size_t n;
};

static uint64_t load(struct db *db, const char *url)
{
	struct dbq *q = db_query(db, "SELECT created_at FROM resume WHERE relay = ?1");
	uint64_t at = 0;

	db_bind_text(q, 1, str_of(url));
	if (db_row(q))
		at = db_col_u64(q, 0);
	db_done(q);
	return at;
}

struct resume *resume_new(struct db *db, const char *const *urls, size_t n)
{
	struct resume *r = mem_zalloc(sizeof(*r));

	r->db = db;
	r->n = n;
	r->points = mem_array(n, sizeof(*r->points));
	for (size_t i = 0; i < n; i++)
		r->points[i] = (struct point){.url = urls[i], .at = load(db, urls[i])};
	return r;
}

void resume_free(struct resume *r)
{
	if (!r)
		return;
	mem_free(r->points);
	mem_free(r);
}

void resume_note(struct resume *r, size_t relay, uint64_t created_at, uint64_t now_s)
{
	struct point *p = &r->points[relay];
	uint64_t at = created_at < now_s ? created_at : now_s;

	INVARIANT(relay < r->n);
	if (at <= p->at)
		return;
	p->at = at;
	p->dirty = true;
}

uint64_t resume_since(const struct resume *r, size_t relay, uint64_t now_s,
		      uint64_t first_s)
{
	const struct point *p = &r->points[relay];
	uint64_t at = p->at < now_s ? p->at : now_s; /* the clock may have gone back */
	uint64_t oldest = now_s > CAP_BACKLOG_S ? now_s - CAP_BACKLOG_S : 0;
	uint64_t since;

	INVARIANT(relay < r->n);
	if (at == 0)
		since = now_s > first_s ? now_s - first_s : 0;
	else
		since = at > CAP_RESUME_OVERLAP_S ? at - CAP_RESUME_OVERLAP_S : 0;
	return since > oldest ? since : oldest;
}

void resume_forget(struct resume *r)
{
	for (size_t i = 0; i < r->n; i++) {
		r->points[i].at = 0;
		r->points[i].dirty = true;
	}
}

bool resume_is_dirty(const struct resume *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->points[i].dirty)
			return true;
	return false;
}

void resume_write(struct resume *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct point *p = &r->points[i];
		struct dbq *q;

		if (!p->dirty)
			continue;
		db_begin(r->db);
		q = db_query(r->db, "INSERT OR REPLACE INTO resume(relay, created_at)"
				    " VALUES(?1, ?2)");
		db_bind_text(q, 1, str_of(p->url));
		db_bind_u64(q, 2, p->at);
		(void)db_run(q);
		p->dirty = false;
	}
}
