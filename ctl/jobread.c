/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobread.h"

static struct str text(const struct nevent *ev, const char *name)
{
	struct str v = {NULL, 0};

	(void)nevent_tag(ev, name, &v);
	return v;
}

static uint64_t number(const struct nevent *ev, const char *name)
{
	uint64_t v = JOBREAD_NO_NUMBER;

	(void)str_to_u64(text(ev, name), INT64_MAX, &v);
	return v;
}

void jobread_status(struct jobread_status *out, const struct nevent *ev)
{
	*out = (struct jobread_status){
		.status = text(ev, "status"),
		.queue_position = number(ev, "queue_position"),
		.elapsed_s = number(ev, "elapsed_sec"),
	};
}

void jobread_result(struct jobread_result *out, const struct nevent *ev)
{
	*out = (struct jobread_result){
		.success = str_eq_c(text(ev, "success"), "true"),
		.exit_code = text(ev, "exit_code"),
		.duration_s = number(ev, "duration"),
		.stdout_url = text(ev, "stdout"),
		.stderr_url = text(ev, "stderr"),
		.change = text(ev, "change"),
		.error = text(ev, "error"),
		.reason = text(ev, "reason"),
	};
}

void jobread_money(struct jobread_money *out, const struct nevent *ev)
{
	*out = (struct jobread_money){
		.paid = number(ev, "paid"),
		.charged = number(ev, "charged"),
		.mint_fees = number(ev, "mint_fees"),
		.change_amount = number(ev, "change_amount"),
		.change_owed = number(ev, "change_owed"),
	};
}

bool jobread_exit_code(int64_t *out, const struct jobread_result *r)
{
	bool negative = str_starts(r->exit_code, "-");
	struct str digits = r->exit_code;
	uint64_t v;

	if (negative)
		digits = (struct str){digits.p + 1, digits.n - 1};
	if (!str_to_u64(digits, INT64_MAX, &v))
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

int jobread_exit_status(const struct jobread_result *r)
{
	int64_t code;

	if (r->success)
		return 0;
	return jobread_exit_code(&code, r) && code > 0 && code <= 255 ? (int)code : 1;
}
