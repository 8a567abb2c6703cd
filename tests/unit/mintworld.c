/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/mintworld.h"

#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"

/* A dropped connection is no answer. */
static unsigned int send_to_mint(void *ctx, const char *method, const char *path,
				 struct str body, struct buf *answer)
{
	struct mintworld *w = ctx;

	buf_free(&w->last.body);
	buf_init(&w->last.body, 4 * 1024 * 1024);
	mintfault_handle(w->f, str_of(method), str_of(path), body, &w->last);
	if (w->last.how == MINTFAULT_DROP || w->last.how == MINTFAULT_DIE)
		return 0;
	if (w->last.body.n)
		buf_add_str(answer, buf_str(&w->last.body));
	return w->last.status;
}

void mintworld_open(struct mintworld *w, const char *path,
		    const struct mintcore_options *o)
{
	struct lerr err = {0};

	if (mintcore_open(&w->m, path, o, &err))
		fail_msg("%s", err.msg);
	w->f = mintfault_new(w->m);
	buf_init(&w->last.body, 4 * 1024 * 1024);
	if (purse_new(&w->p, send_to_mint, w, &err))
		fail_msg("%s", err.msg);
}

void mintworld_close(struct mintworld *w)
{
	purse_free(w->p);
	mintfault_free(w->f);
	mintcore_close(w->m);
	buf_free(&w->last.body);
}

struct mintcore_options mintworld_options(void)
{
	struct mintcore_options o = mintcore_defaults();

	o.seed = "a unit test";
	return o;
}

int mintworld_make(void **state)
{
	struct mintcore_options o = mintworld_options();
	struct mintworld *w = mem_zalloc(sizeof(*w));

	mintworld_open(w, ":memory:", &o);
	*state = w;
	return 0;
}

int mintworld_end(void **state)
{
	struct mintworld *w = *state;

	mintworld_close(w);
	mem_free(w);
	return 0;
}

/* ---- what tests do over and over */

void mintworld_is_balanced(struct mintworld *w)
{
	struct mintcore_sums s = mintcore_sums(w->m);

	assert_int_equal(s.minted,
			 s.issued - s.redeemed + s.melted + s.ln_fees + s.fees + s.kept);
}

struct purse_coins mintworld_get(struct mintworld *w, uint64_t amount,
				 const struct purse_lock *lock)
{
	struct purse_coins c = {.n = 0};
	struct lerr err = {0};

	if (purse_mint(w->p, &c, amount, NULL, 0, lock, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(purse_sum(&c), amount);
	return c;
}

struct purse_coins mintworld_swap(struct mintworld *w, const struct purse_coins *in,
				  const struct nsign_key *key)
{
	struct purse_coins c = {.n = 0};
	struct lerr err = {0};

	if (purse_swap(w->p, &c, in, key, NULL, &err))
		fail_msg("%s", err.msg);
	return c;
}

void mintworld_is_refused(struct mintworld *w, const struct purse_coins *in,
			  const struct nsign_key *key, uint64_t code)
{
	struct purse_coins c = {.n = 0};

	assert_int_equal(purse_swap(w->p, &c, in, key, NULL, NULL), LERR_INPUT);
	assert_int_equal(w->p->status, 400);
	assert_int_equal(w->p->refusal.code, code);
}

void mintworld_all_are(struct mintworld *w, const struct purse_coins *c,
		       enum mintread_state want)
{
	auto_free enum mintread_state *states = mem_array(c->n, sizeof(*states));

	assert_int_equal(purse_states(w->p, states, c, NULL), LERR_OK);
	for (size_t i = 0; i < c->n; i++)
		assert_int_equal(states[i], want);
}

json_t *mintworld_post(struct mintworld *w, const char *path, struct str body)
{
	auto_buf struct buf answer = BUF_INIT(CAP_MINT_ANSWER);
	json_t *v;

	if (purse_call(w->p, "POST", path, body, &answer, NULL) == LERR_TEMP)
		return NULL;
	v = json_loadb(answer.p, answer.n, 0, NULL);
	assert_non_null(v);
	return v;
}

struct str mintworld_quote(const json_t *answer)
{
	struct str id;

	assert_true(jsonx_get_str(answer, "quote", &id));
	return id;
}

void mintworld_fault(struct mintworld *w, const char *name, const char *path)
{
	struct mintfault_order o = {
		.name = str_of(name), .path = str_of(path), .times = 1};

	assert_true(mintfault_add(w->f, &o));
}
