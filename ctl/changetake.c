/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/changetake.h"

#include "ctl/changeread.h"
#include "ctl/outrec.h"
#include "ctl/pursedb.h"
#include "ctl/pursemint.h"
#include "ctl/pursetake.h"
#include "ctl/verb.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/store/db.h"

#include <inttypes.h>

static void set(struct purse *p, struct pursejob *j, enum pursejob_state state)
{
	j->state = state;
	db_begin(p->d);
	if (state == PURSEJOB_CLOSED)
		pursedb_set_redeemed(p->d, j->token);
	pursejob_set(p->d, j);
	db_commit(p->d);
}

static int say(const struct pursejob *j, const struct lerr *err)
{
	out_remark("job %s: %s", id32_short(&j->id).c, err->msg);
	return purse_status(err);
}

/* What was written beside the coins. */
static int reload(struct purse *p, struct pursejob *j)
{
	return pursejob_get_seq(p->d, j, j->seq) ? VERB_OK : VERB_LOCAL;
}

/* ---- change */

/* Somebody else was faster, or it is no change of this payment: nothing more will come. */
static int not_taken(struct purse *p, struct pursejob *j, const struct lerr *err)
{
	if (err->code == LERR_GONE || err->code == LERR_INPUT)
		set(p, j, PURSEJOB_CLOSED);
	return say(j, err);
}

static int take_token(struct purse *p, struct pursejob *j, const struct changeread *c)
{
	const struct pursetake_rules rules = {.mint = j->mint, .job = j->seq};
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct pursetake_sum sum;
	struct lerr err = {0};
	enum lerr_code rc;

	pursemint_url(p, &url, j->mint);
	rc = changeread_check(c, url.p, j->paid, &err);
	if (!rc)
		rc = pursetake_token(p, &sum, c->token, &rules, &err);
	return rc ? not_taken(p, j, &err) : reload(p, j);
}

/* ---- the payment itself */

/* It was spent: by the worker, who has used all of it. */
static int used_up(struct purse *p, struct pursejob *j)
{
	set(p, j, PURSEJOB_CLOSED);
	return VERB_OK;
}

int changetake_back(struct purse *p, struct pursejob *j)
{
	struct pursetake_sum sum;
	struct lerr err = {0};
	bool spent = false;
	enum lerr_code rc = pursetake_look(p, &spent, j->token, &err);

	if (rc)
		return say(j, &err);
	if (spent)
		return used_up(p, j);
	if (j->locktime_s && clock_wall_s() <= j->locktime_s) {
		out_remark("job %s: the payment is locked to the worker until %s",
			   id32_short(&j->id).c, out_day(j->locktime_s).c);
		return VERB_LATE;
	}
	rc = pursetake_back(p, &sum, j->token, &err);
	if (rc == LERR_GONE)
		return used_up(p, j);
	return rc ? say(j, &err) : reload(p, j);
}

int changetake_event(struct purse *p, struct pursejob *j, const struct nevent *ev)
{
	struct changeread c;

	changeread_event(&c, ev);
	switch (c.word) {
	case CHANGEREAD_TOKEN:
		return take_token(p, j, &c);
	case CHANGEREAD_OWED:
		j->owed = c.owed;
		set(p, j, PURSEJOB_OWED);
		return VERB_OK;
	case CHANGEREAD_ALL:
		set(p, j, PURSEJOB_CLOSED);
		return VERB_OK;
	case CHANGEREAD_BACK:
		return changetake_back(p, j);
	}
	return VERB_OK;
}

/* ---- told */

static const char *words_of(const struct pursejob *j)
{
	switch (j->state) {
	case PURSEJOB_MADE:
		return "it may have been sent or not";
	case PURSEJOB_SENT:
		return "no result yet";
	case PURSEJOB_OWED:
		return "change is owed, and comes later";
	case PURSEJOB_CLOSED:
		return "closed";
	case PURSEJOB_BACK:
		return "the payment came back";
	}
	return "?";
}

void changetake_print(struct purse *p, const struct pursejob *j, enum out_form form)
{
	auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
	struct outrec r;

	if (form == OUT_NOTHING)
		return;
	if (form == OUT_TEXT) {
		out_line("job %s: paid %" PRIu64 " sat, change %" PRIu64
			 ", spent %" PRIu64 " (%s)",
			 id32_short(&j->id).c, j->paid, j->change, j->paid - j->change,
			 words_of(j));
		return;
	}
	pursemint_url(p, &url, j->mint);
	outrec_open(&r, "change");
	outrec_id(&r, "job", &j->id);
	outrec_str(&r, "mint", buf_str(&url));
	outrec_str(&r, "state", str_of(pursejob_state_name(j->state)));
	outrec_uint(&r, "paid", j->paid);
	outrec_uint(&r, "change", j->change);
	outrec_uint(&r, "spent", j->paid - j->change);
	if (j->owed)
		outrec_uint(&r, "owed", j->owed);
	outrec_done(&r);
}

void changetake_after(const struct args *a, char *const *envp, const struct nevent *ev,
		      const struct id32 *job, enum out_form form)
{
	auto_purse struct purse *p = NULL;
	struct pursejob j;

	if (purse_open(&p, a, envp) || !pursejob_get(p->d, &j, job))
		return;
	if (changetake_event(p, &j, ev))
		out_remark("loomctl change %s tries again", id32_hex(job).c);
	changetake_print(p, &j, form);
}
