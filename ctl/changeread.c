/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/changeread.h"

#include "ctl/jobread.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/mintmsg.h"

#include <inttypes.h>
#include <string.h>

static uint64_t or_zero(uint64_t v)
{
	return v == JOBREAD_NO_NUMBER ? 0 : v;
}

void changeread_event(struct changeread *out, const struct nevent *ev)
{
	struct jobread_money m;
	struct jobread_result r;

	jobread_money(&m, ev);
	jobread_result(&r, ev);
	*out = (struct changeread){
		.word = CHANGEREAD_BACK,
		.token = str_trim(r.change),
		.amount = or_zero(m.change_amount),
		.owed = or_zero(m.change_owed),
	};
	if (out->token.n)
		out->word = CHANGEREAD_TOKEN;
	else if (out->owed)
		out->word = CHANGEREAD_OWED;
	else if (r.success)
		out->word = CHANGEREAD_ALL;
}

static enum lerr_code check_mint(const char *said, const char *mint, struct lerr *err)
{
	auto_buf struct buf plain = BUF_INIT(CAP_URL_BYTES);

	if (strlen(said) > CAP_URL_BYTES ||
	    mintmsg_url(&plain, str_of(said), NULL) != LERR_OK ||
	    !str_eq_c(buf_str(&plain), mint))
		return lerr_set(err, LERR_INPUT, 0,
				"the change is of another mint than the payment");
	return LERR_OK;
}

enum lerr_code changeread_check(const struct changeread *c, const char *mint,
				uint64_t paid, struct lerr *err)
{
	auto_cashutok struct cashutok *t = NULL;
	enum cashutok_fault why;

	if (cashutok_parse(&t, c->token, CAP_PAY_INPUTS, &why, err))
		return lerr_wrap(err, LERR_INPUT, "the change");
	if (strcmp(t->unit, "sat") != 0)
		return lerr_set(err, LERR_INPUT, 0, "the change is not in sat");
	if (t->sum > paid)
		return lerr_set(err, LERR_INPUT, 0,
				"the change (%" PRIu64
				" sat) is more than was paid (%" PRIu64 " sat)",
				t->sum, paid);
	if (c->amount && c->amount != t->sum)
		return lerr_set(err, LERR_INPUT, 0,
				"the worker says %" PRIu64
				" sat, and the change is %" PRIu64 " sat",
				c->amount, t->sum);
	return check_mint(t->mint, mint, err);
}
