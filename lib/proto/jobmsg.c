/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobmsg.h"

#include "lib/base/caps.h"
#include "lib/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>

struct number {
	char c[24];
};

static struct number number(uint64_t v)
{
	struct number n;

	(void)snprintf(n.c, sizeof(n.c), "%" PRIu64, v);
	return n;
}

struct nevent *jobmsg_status(const struct jobmsg_status *s)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32hex job = id32_hex(&s->job);

	ntags_add_c(tags, "d", job.c, NULL);
	ntags_add_c(tags, "e", job.c, NULL);
	ntags_add_c(tags, "p", id32_hex(&s->customer).c, NULL);
	ntags_add_c(tags, "status", s->status, NULL);
	if (s->queue_position != JOBMSG_NO_POSITION)
		ntags_add_c(tags, "queue_position", number(s->queue_position).c, NULL);
	return nevent_make(&s->worker, s->created_at, NKIND_STATUS, tags, STR_LIT(""));
}

uint64_t jobmsg_exit_code(enum outcome outcome, uint64_t of_process)
{
	const struct outcome_row *row = &outcome_table[outcome];

	if (row->exit_code != OUTCOME_CODE_OF_PROCESS)
		return (uint64_t)row->exit_code;
	/* clients take 0 for success, whatever the success tag says */
	return of_process ? of_process : 1;
}

void jobmsg_clean_text(struct buf *out, struct str text)
{
	text = str_trim(text);
	text.n = utf8_cut(text, CAP_ERROR_TEXT);
	if (!utf8_valid(text))
		return;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
}

static void add_text_tag(struct ntags *tags, const char *name, struct str value)
{
	struct str pair[2] = {str_of(name), value};

	if (value.n)
		ntags_add(tags, pair, 2);
}

static void add_number_tag(struct ntags *tags, const char *name, uint64_t v)
{
	if (v)
		ntags_add_c(tags, name, number(v).c, "sat", NULL);
}

/* paid = charged + change + fees, as in our books. */
static void add_money(struct ntags *tags, const struct jobmsg_money *m)
{
	if (!m->paid)
		return;
	add_text_tag(tags, "change", m->token);
	add_number_tag(tags, "paid", m->face);
	add_number_tag(tags, "charged", m->earned);
	add_number_tag(tags, "mint_fees", m->fees);
	if (m->token.n)
		ntags_add_c(tags, "change_amount", number(m->change).c, "sat",
			    number(m->net).c, NULL);
	if (m->owed) {
		struct str owed[4] = {STR_LIT("change_owed"), str_of(number(m->owed).c),
				      STR_LIT("sat"), m->mint};

		ntags_add(tags, owed, 4);
	}
}

struct nevent *jobmsg_late_change(const struct jobmsg_late_change *c)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32hex job = id32_hex(&c->job);

	ntags_add_c(tags, "d", job.c, NULL);
	ntags_add_c(tags, "e", job.c, NULL);
	ntags_add_c(tags, "p", id32_hex(&c->customer).c, NULL);
	add_money(tags, &c->money);
	return nevent_make(&c->worker, c->created_at, NKIND_CHANGE, tags, STR_LIT(""));
}

struct nevent *jobmsg_result(const struct jobmsg_result *r)
{
	const struct outcome_row *row = &outcome_table[r->outcome];
	auto_ntags struct ntags *tags = ntags_new();
	auto_buf struct buf error = BUF_INIT(CAP_ERROR_TEXT);

	ntags_add_c(tags, "e", id32_hex(&r->job).c, NULL);
	ntags_add_c(tags, "p", id32_hex(&r->customer).c, NULL);
	ntags_add_c(tags, "success", row->success ? "true" : "false", NULL);
	ntags_add_c(tags, "exit_code",
		    number(jobmsg_exit_code(r->outcome, r->exit_code)).c, NULL);
	ntags_add_c(tags, "duration", number(r->duration_s).c, NULL);
	add_text_tag(tags, "stdout", r->stdout_url);
	add_text_tag(tags, "stderr", r->stderr_url);
	if (!row->success) {
		jobmsg_clean_text(&error, r->error.n ? r->error : str_of(row->text));
		add_text_tag(tags, "error", buf_str(&error));
	}
	ntags_add_c(tags, "reason", row->code, NULL);
	add_money(tags, &r->money);
	return nevent_make(&r->worker, r->created_at, NKIND_RESULT, tags, STR_LIT(""));
}
