/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobview.h"

#include "lib/base/mem.h"

struct jobview {
	struct jobcheck_job job;
	bool has_status;
	struct id32 status_id;
	uint64_t status_at;
	bool status_last;
	struct nevent *result;
	bool said_second;
	bool said_order;
};

struct jobview *jobview_new(const struct jobcheck_job *job)
{
	struct jobview *v = mem_zalloc(sizeof(*v));

	v->job = *job;
	return v;
}

void jobview_free(struct jobview *v)
{
	if (!v)
		return;
	nevent_free(v->result);
	mem_free(v);
}

/* ---- order: LOOM-35, 38, 39, 42 */

static void check_order(struct jobview *v, struct jobcheck *c)
{
	if (v->said_order || !v->result || !v->status_last ||
	    v->status_at >= v->result->created_at)
		return;
	v->said_order = true;
	jobcheck_add(c, "LOOM-42", "the last status is dated before the result");
}

static void check_live_order(struct jobview *v, struct jobcheck *c)
{
	if (v->said_order || v->result)
		return;
	v->said_order = true;
	jobcheck_add(c, "LOOM-42", "the last status came before the result");
}

static void check_succession(struct jobview *v, struct jobcheck *c,
			     const struct nevent *ev)
{
	if (!v->has_status)
		return;
	if (ev->created_at == v->status_at)
		jobcheck_add(c, "LOOM-35", "two statuses of the same second");
	else if (v->status_last)
		jobcheck_add(c, "LOOM-38", "a status after the last one");
}

/* ---- taking */

static enum jobview_news take_status(struct jobview *v, struct jobcheck *c,
				     const struct nevent *ev, bool live)
{
	struct str word = {NULL, 0};
	bool last = false;

	if (v->has_status &&
	    (ev->created_at < v->status_at || id32_eq(&ev->id, &v->status_id)))
		return JOBVIEW_NOTHING;
	check_succession(v, c, ev);
	/* relays keep the lower id of two with one date (NIP-01) */
	if (v->has_status && ev->created_at == v->status_at &&
	    id32_cmp(&ev->id, &v->status_id) > 0)
		return JOBVIEW_NOTHING;
	(void)nevent_tag(ev, "status", &word);
	(void)jobcheck_is_status(word, &last);
	v->has_status = true;
	v->status_id = ev->id;
	v->status_at = ev->created_at;
	v->status_last = v->status_last || last;
	check_order(v, c);
	if (last && live)
		check_live_order(v, c);
	return JOBVIEW_STATUS;
}

static enum jobview_news take_result(struct jobview *v, struct jobcheck *c,
				     const struct nevent *ev)
{
	if (!v->result) {
		v->result = nevent_copy(ev);
		check_order(v, c);
		return JOBVIEW_RESULT;
	}
	if (!id32_eq(&v->result->id, &ev->id) && !v->said_second) {
		v->said_second = true;
		jobcheck_add(c, "LOOM-39", "a second result");
	}
	return JOBVIEW_NOTHING;
}

static bool is_ours(const struct jobview *v, const struct nevent *ev)
{
	struct id32hex job = id32_hex(&v->job.job);

	return id32_eq(&ev->pubkey, &v->job.worker) &&
	       nevent_has_tag(ev, "e", str_of(job.c));
}

enum jobview_news jobview_take(struct jobview *v, struct jobcheck *c,
			       const struct nevent *ev, bool live, uint64_t now)
{
	enum jobview_news news;

	if ((ev->kind != NKIND_STATUS && ev->kind != NKIND_RESULT) || !is_ours(v, ev))
		return JOBVIEW_FOREIGN;
	news = ev->kind == NKIND_STATUS ? take_status(v, c, ev, live)
					: take_result(v, c, ev);
	if (news != JOBVIEW_NOTHING)
		jobcheck_event(c, &v->job, ev, now);
	return news;
}

const struct nevent *jobview_result(const struct jobview *v)
{
	return v->result;
}

bool jobview_has_ended(const struct jobview *v)
{
	return v->status_last;
}

const struct jobcheck_job *jobview_job(const struct jobview *v)
{
	return &v->job;
}
