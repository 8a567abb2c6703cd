/* SPDX-License-Identifier: MIT */
/* What stands around the money in tests: mints, loom-keyd, and parts that are not linked. */
#include "config.h"

#include "tests/unit/till.h"

#include "engine/epoch.h"
#include "engine/keylink.h"
#include "engine/money/claim.h"
#include "engine/money/lnaddr.h"
#include "engine/money/mintcall.h"
#include "engine/outbox.h"
#include "engine/queue.h"
#include "engine/report.h"
#include "engine/turn.h"
#include "keyd/p2psign.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/net/httpc.h"
#include "tests/peers/mintbend.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <string.h>

static struct till *till;

void till_meet(struct till *t)
{
	till = t;
}

/* ---- what is not linked */

enum lerr_code httpc_new(struct httpc **out, uv_loop_t *loop, const char *ca_file,
			 struct lerr *err)
{
	(void)loop;
	(void)ca_file;
	(void)err;
	*out = NULL;
	return LERR_OK;
}

enum lerr_code lnaddr_invoice(struct money *m, struct str address, uint64_t amount,
			      lnaddr_done *done, void *ctx, struct lerr *err)
{
	(void)m;
	(void)address;
	(void)amount;
	(void)done;
	(void)ctx;
	return lerr_set(err, LERR_LIMIT, 0, "nobody pays out here");
}

void httpc_close(struct httpc *h)
{
	(void)h;
}

void outbox_repeat(struct outbox *o, uint64_t job)
{
	(void)o;
	(void)job;
	till->repeats++;
}

bool queue_has_room(const struct engine *e)
{
	(void)e;
	return true;
}

bool epoch_holds(struct epoch *ep, const struct dbjob *j)
{
	(void)ep;
	(void)j;
	return false;
}

bool keylink_open(struct keylink *k, uint64_t ref, struct str request)
{
	(void)k;
	(void)ref;
	(void)request;
	return false;
}

void report_change(struct report *r, struct dbjob *j)
{
	(void)r;
	(void)j;
	till->late_changes++;
}

/* ---- loom-keyd */

struct till_signed {
	struct ipckey_p2pk_signed body;
	bool is_good;
	struct lerr err;
};

static void give_signed(void *ctx, uint64_t job)
{
	struct till_signed *s = ctx;

	claim_signed(till->e.money, job, s->is_good ? &s->body : NULL,
		     s->is_good ? NULL : &s->err);
	ipc_texts_wipe(&s->body.signatures);
	mem_free(s);
}

static void add_inputs(struct ipc_texts *secrets, struct ipc_texts *ephemerals,
		       const struct cashuproof *proofs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ecpointhex e = {""};

		if (proofs[i].has_ephemeral)
			e = ecpoint_hex(&proofs[i].ephemeral);
		ipc_texts_add(secrets, str_of(proofs[i].secret));
		ipc_texts_add(ephemerals, str_of(e.c));
	}
}

bool keylink_p2pk(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		  size_t n)
{
	struct till_signed *s;
	struct ipckey_p2pk req = {.secrets = {NULL, 0}};

	(void)k;
	if (till->keyd_is_away)
		return false;
	s = mem_zalloc(sizeof(*s));
	add_inputs(&req.secrets, &req.ephemerals, proofs, n);
	s->is_good = p2psign_inputs(&s->body, till->keys, &req, &s->err) == LERR_OK;
	ipc_texts_wipe(&req.secrets);
	ipc_texts_wipe(&req.ephemerals);
	turn_after(till->e.turn, give_signed, s, ref);
	return true;
}

bool keylink_p2pk_all(struct keylink *k, uint64_t ref, const struct cashuproof *proofs,
		      size_t n, const struct p2pk_output *outputs, size_t noutputs,
		      struct str quote)
{
	struct till_signed *s;
	struct ipckey_p2pk_all req = {.quote = str_dup(quote)};

	(void)k;
	s = mem_zalloc(sizeof(*s));
	add_inputs(&req.secrets, &req.ephemerals, proofs, n);
	for (size_t i = 0; i < n; i++)
		ipc_texts_add(&req.cs, str_of(ecpoint_hex(&proofs[i].c).c));
	for (size_t i = 0; i < noutputs; i++) {
		auto_buf struct buf text = BUF_INIT(100);

		buf_addf(&text, "%" PRIu64 ":%s", outputs[i].amount,
			 ecpoint_hex(&outputs[i].blinded).c);
		ipc_texts_add(&req.outputs, buf_str(&text));
	}
	s->is_good = p2psign_all(&s->body, till->keys, &req, &s->err) == LERR_OK;
	ipc_texts_wipe(&req.secrets);
	ipc_texts_wipe(&req.ephemerals);
	ipc_texts_wipe(&req.cs);
	ipc_texts_wipe(&req.outputs);
	mem_free(req.quote);
	turn_after(till->e.turn, give_signed, s, ref);
	return true;
}

/* ---- mints */

struct till_call {
	struct till_call *next;
	struct till_mint *mint;
	char *path;
	struct buf body;
	mintcall_done *done;
	uint64_t arg;
};

static enum mintcall_word word_of(const struct mintfault_answer *a)
{
	if (a->how == MINTFAULT_DROP || a->how == MINTFAULT_CUT)
		return MINTCALL_UNCLEAR;
	switch (a->status) {
	case 200:
		return MINTCALL_OK;
	case 400:
	case 413:
	case 422:
		return MINTCALL_REFUSED;
	case 429:
		return MINTCALL_BUSY;
	default:
		return MINTCALL_UNCLEAR;
	}
}

/* Questions about tokens that were handed out go beside these. */
static bool is_money(const char *path)
{
	return strcmp(path, "/v1/swap") == 0 || strcmp(path, "/v1/restore") == 0;
}

static void answer(struct till_call *c)
{
	struct mintfault_answer a = {.body = BUF_INIT(CAP_MINT_ANSWER)};
	struct mintcall_answer out = {.word = MINTCALL_UNHEARD, .why = "nobody answers"};
	const char *method = c->body.n ? "POST" : "GET";

	if (c->mint->info && strcmp(c->path, "/v1/info") == 0) {
		a.status = 200;
		buf_add_c(&a.body, c->mint->info);
		out.word = MINTCALL_OK;
	} else if (!c->mint->is_down) {
		mintfault_handle(c->mint->faults, str_of(method), str_of(c->path),
				 c->body.n ? buf_str(&c->body) : STR_LIT(""), &a);
		out.word = word_of(&a);
		if (till->without_dleq)
			(void)mintbend_no_dleq(&a.body);
	}
	out.status = a.status;
	out.body = a.body.n ? buf_str(&a.body) : STR_LIT("");
	if (out.word == MINTCALL_REFUSED)
		mintread_refusal(&out.refusal, out.body);
	if (is_money(c->path))
		c->mint->in_flight--;
	c->done(till->e.money, c->arg, &out);
	buf_free(&a.body);
	buf_free(&c->body);
	mem_free(c->path);
	mem_free(c);
}

/* Those that wait now, the newest first: no order is promised between mints. */
static void answer_all(void)
{
	struct till_call *list = till->calls;

	if (till->hold_answers)
		return;
	till->calls = NULL;
	while (list) {
		struct till_call *c = list;

		list = c->next;
		answer(c);
	}
}

static void answer_behind_turn(void *ctx, uint64_t arg)
{
	(void)ctx;
	(void)arg;
	answer_all();
}

static void on_post(uv_timer_t *t)
{
	(void)t;
	answer_all();
}

static struct till_mint *mint_at(const char *url)
{
	for (size_t i = 0; i < till->nmints; i++)
		if (strcmp(till->mints[i].url, url) == 0)
			return &till->mints[i];
	fail_msg("%s is asked, which is no mint of ours", url);
	return NULL;
}

bool mintcall_start(struct money *m, const char *mint_url, const char *path,
		    struct str body, mintcall_done *done, uint64_t arg)
{
	struct till_call *c = mem_zalloc(sizeof(*c));

	(void)m;
	c->mint = mint_at(mint_url);
	c->path = mem_strdup(path);
	buf_init(&c->body, CAP_MINT_REQUEST);
	buf_add_str(&c->body, body);
	c->done = done;
	c->arg = arg;
	c->next = till->calls;
	till->calls = c;
	if (is_money(path) && ++c->mint->in_flight > c->mint->most_in_flight)
		c->mint->most_in_flight = c->mint->in_flight;
	if (till->keep_log)
		buf_addf(&c->mint->log, "%s %s\n", body.n ? "POST" : "GET", path);
	if (rng_below(2))
		(void)uv_timer_start(&till->post, on_post, 0, 0);
	else
		turn_after_once(till->e.turn, answer_behind_turn, till, 0);
	return true;
}

size_t till_count(struct till *t, size_t mint, const char *request)
{
	struct str rest =
		t->mints[mint].log.n ? buf_str(&t->mints[mint].log) : STR_LIT("");
	struct str line;
	size_t n = 0;

	while (str_next(&rest, '\n', &line))
		n += str_starts(line, request);
	return n;
}

void till_release(struct till *t)
{
	t->hold_answers = false;
	(void)uv_timer_start(&t->post, on_post, 0, 0);
}

void till_answer_rest(struct till *t)
{
	t->hold_answers = false;
	while (t->calls)
		answer_all();
}
