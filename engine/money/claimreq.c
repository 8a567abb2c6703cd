/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/claimreq.h"

#include "engine/engine.h"
#include "engine/keylink.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/money/payop.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/dbjob.h"

struct nevent *claimreq_event(struct money *m, uint64_t job)
{
	auto_buf struct buf raw = BUF_INIT(CAP_EVENT_BYTES);
	struct nevent *ev = NULL;
	struct lerr err = {0};

	if (!dbjob_get_request(m->e->db, job, &raw) ||
	    nevent_parse(&ev, buf_str(&raw), &err))
		return NULL;
	return ev;
}

struct cashutok *claimreq_read(struct money *m, const struct nevent *ev, uint64_t most,
			       struct paycheck *check)
{
	struct cashutok *t = NULL;
	enum cashutok_fault why = CASHUTOK_BAD;
	struct lerr err = {0};
	struct str text = STR_LIT("");

	(void)m;
	(void)nevent_tag(ev, "payment", &text);
	if (cashutok_parse(&t, text, most, &why, &err)) {
		paycheck_unreadable(check, why, &err);
		return NULL;
	}
	return t;
}

void claimreq_check(struct money *m, struct cashutok *t, const struct mint *mint,
		    bool again, bool lenient, struct paycheck *check)
{
	const struct conf *c = m->e->conf;
	struct paycheck_rules rules = {
		.max_sum = lenient ? AMOUNT_MAX : conf_uint(c, CONF_MAX_PAYMENT),
		.need_dleq = !lenient && conf_bool(c, CONF_REQUIRE_DLEQ),
		.was_checked = again,
		.worker = m->e->worker,
		.now_s = clock_wall_s()};

	paycheck_token(check, t, mint, &rules);
}

static void set_request(struct money *m, struct dbpay *p, const struct cashutok *t,
			const char *const *witness, const struct outset *outputs)
{
	auto_secret_buf struct buf request = BUF_INIT(CAP_MINT_REQUEST);
	auto_free struct mintmsg_input *inputs = mem_array(t->n, sizeof(*inputs));

	for (size_t i = 0; i < t->n; i++) {
		inputs[i].proof = &t->proofs[i];
		inputs[i].witness = witness ? witness[i] : NULL;
	}
	mintmsg_swap(&request, inputs, t->n, outputs);
	payop_set_request(m, p, buf_str(&request));
}

void claimreq_set_plain(struct money *m, struct dbpay *p, const struct cashutok *t,
			const struct outset *outputs)
{
	set_request(m, p, t, NULL, outputs);
}

/* ---- locked ones */

/* The token again, as it was checked; NULL: the job or its request is gone, or the token
 * would be refused by now. */
static struct cashutok *read_again(struct money *m, uint64_t job, uint64_t mint,
				   struct paycheck *check)
{
	auto_nevent struct nevent *ev = claimreq_event(m, job);
	struct cashutok *t = ev ? claimreq_read(m, ev, CAP_TOKEN_PROOFS, check) : NULL;

	if (t)
		claimreq_check(m, t, mints_get(m->mints, mint), true, true, check);
	if (t && check->word == PAYCHECK_GOOD)
		return t;
	cashutok_free(t);
	return NULL;
}

static bool ask_all(struct money *m, const struct dbpay *p, const struct cashutok *t)
{
	auto_outset struct outset outputs = {.n = 0};
	auto_free struct p2pk_output *list = NULL;

	outset_init(&outputs, &p->keyset);
	dbpay_outputs(m->e->db, p->op, &outputs);
	list = mem_array(outputs.n, sizeof(*list));
	for (size_t i = 0; i < outputs.n; i++)
		list[i] = (struct p2pk_output){outputs.v[i].amount, outputs.v[i].blinded};
	return keylink_p2pk_all(m->e->keys, p->job, t->proofs, t->n, list, outputs.n,
				STR_LIT(""));
}

bool claimreq_ask_keyd(struct money *m, uint64_t job)
{
	struct paycheck check = {0};
	auto_cashutok struct cashutok *t = NULL;
	struct dbpay p;

	if (!dbpay_of_job(m->e->db, &p, job, DBPAY_CLAIM) || p.state != PAY_RESERVED ||
	    p.has_request)
		return false;
	t = read_again(m, job, p.mint, &check);
	if (!t)
		return false; /* the deadline of unsent claims ends it */
	return check.sig_all ? ask_all(m, &p, t)
			     : keylink_p2pk(m->e->keys, job, t->proofs, t->n);
}

static char *witness_of(const char *hex)
{
	auto_buf struct buf out = BUF_INIT(CAP_CASHU_WITNESS);
	uint8_t sig[64];

	if (!hex_decode(sig, sizeof(sig), str_of(hex)))
		return NULL;
	p2pk_add_witness(&out, sig);
	return buf_take(&out);
}

bool claimreq_set_signed(struct money *m, struct dbpay *p,
			 const struct ipckey_p2pk_signed *s)
{
	struct paycheck check = {0};
	auto_cashutok struct cashutok *t = read_again(m, p->job, p->mint, &check);
	auto_outset struct outset outputs = {.n = 0};
	auto_free char **witness = NULL;
	bool good;

	outset_init(&outputs, &p->keyset);
	good = t && s->signatures.n == (check.sig_all ? 1 : t->n);
	if (!good)
		return false;
	dbpay_outputs(m->e->db, p->op, &outputs);
	witness = mem_array(t->n, sizeof(*witness));
	/* of SIG_ALL the first input carries the one signature */
	for (size_t i = 0; i < s->signatures.n; i++) {
		witness[i] = witness_of(s->signatures.v[i]);
		good = good && witness[i];
	}
	if (good)
		set_request(m, p, t, (const char *const *)witness, &outputs);
	for (size_t i = 0; i < t->n; i++)
		mem_free(witness[i]);
	return good;
}
