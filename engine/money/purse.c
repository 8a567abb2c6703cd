/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/purse.h"

#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/coins.h"
#include "lib/proto/mintmsg.h"
#include "lib/store/dbmint.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS = 8, /* the fee depends on the coins, the coins on the fee */
};

bool purse_add_own(struct money *m, struct outset *out, uint64_t amount,
		   const struct keyset *k, bool payable)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	uint64_t counter;
	size_t n;

	if (!(payable ? keyset_split_all(k, amount, parts, &n)
		      : keyset_split(k, amount, parts, &n)))
		return false;
	counter = dbmint_take_counters(m->e->db, &k->id, n);
	for (size_t i = 0; i < n; i++)
		outset_add_derived(out, parts[i], &m->seed, &counter, false);
	return true;
}

bool purse_add_theirs(struct outset *out, uint64_t amount, const struct keyset *k,
		      const struct ecpoint *key)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	if (!keyset_split(k, amount, parts, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (key)
			outset_add_locked(out, parts[i], key, 0, NULL, true);
		else
			outset_add_random(out, parts[i], true);
	}
	return true;
}

enum lerr_code purse_fee(uint64_t *fee, const struct mint *mint, const struct dbproof *v,
			 size_t n, struct lerr *err)
{
	uint64_t ppk = 0;

	for (size_t i = 0; i < n; i++) {
		const struct keyset *k = mints_keyset(mint, &v[i].proof.id);

		if (!k)
			return lerr_set(err, LERR_STATE, 0, "keyset %s is not known",
					v[i].proof.id.c);
		ppk += k->ppk;
	}
	*fee = keyset_fee(ppk);
	return LERR_OK;
}

uint64_t purse_sum(const struct dbproof *v, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (!amount_add(&sum, v[i].proof.amount))
			panic("more money than there is");
	return sum;
}

uint64_t purse_net(uint64_t amount, const struct keyset *k, size_t parts)
{
	return amount_left(amount, keyset_fee_of(k, parts));
}

uint64_t purse_net_of(uint64_t amount, const struct keyset *k)
{
	uint64_t parts[KEYSET_PARTS_MAX];
	size_t n;

	return keyset_split(k, amount, parts, &n) ? purse_net(amount, k, n) : 0;
}

size_t purse_exact(struct dbproof_list *list, uint64_t amount)
{
	auto_free uint64_t *amounts = mem_array(list->n, sizeof(*amounts));
	auto_free bool *take = mem_array(list->n, sizeof(*take));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		amounts[i] = list->v[i].proof.amount;
	if (!coins_exact(take, amounts, list->n, amount))
		return 0;
	for (size_t i = 0; i < list->n; i++) {
		struct dbproof taken = list->v[i];

		if (!take[i])
			continue;
		list->v[i] = list->v[n];
		list->v[n++] = taken;
	}
	return n;
}

static int by_amount(const void *a, const void *b)
{
	const struct dbproof *x = a;
	const struct dbproof *y = b;

	return (x->proof.amount < y->proof.amount) - (x->proof.amount > y->proof.amount);
}

static void to_front(struct dbproof_list *list, size_t from, size_t to)
{
	struct dbproof moved = list->v[from];

	memmove(&list->v[to + 1], &list->v[to], (from - to) * sizeof(moved));
	list->v[to] = moved;
}

static size_t leave_out(struct dbproof_list *list, size_t n, size_t at)
{
	struct dbproof left = list->v[at];

	memmove(&list->v[at], &list->v[at + 1], (n - 1 - at) * sizeof(left));
	list->v[n - 1] = left;
	return n - 1;
}

/* Those that fit, largest first. Each that was passed over is larger than what is missing
 * then, so the smallest of them closes the gap, and may make others needless. */
size_t purse_at_least(struct dbproof_list *list, uint64_t amount)
{
	uint64_t left = amount;
	uint64_t over;
	size_t n = 0;

	if (list->n > 1)
		qsort(list->v, list->n, sizeof(*list->v), by_amount);
	for (size_t i = 0; i < list->n && left > 0; i++) {
		if (list->v[i].proof.amount > left)
			continue;
		left -= list->v[i].proof.amount;
		to_front(list, i, n++);
	}
	if (left == 0 || n == list->n)
		return left == 0 ? n : 0;
	to_front(list, list->n - 1, n++);
	over = list->v[n - 1].proof.amount - left;
	for (size_t i = 0; i + 1 < n;) {
		if (list->v[i].proof.amount > over) {
			i++;
			continue;
		}
		over -= list->v[i].proof.amount;
		n = leave_out(list, n, i);
	}
	return n;
}

bool purse_cover(struct dbproof_list *list, const struct mint *mint, uint64_t amount,
		 size_t *n, uint64_t *fee)
{
	uint64_t want = amount;
	struct lerr err = {0};

	*fee = 0;
	for (int round = 0; round < ROUNDS; round++) {
		*n = purse_at_least(list, want);
		if (*n == 0 || purse_fee(fee, mint, list->v, *n, &err))
			return false;
		want = amount;
		if (!amount_add(&want, *fee))
			return false;
		if (purse_sum(list->v, *n) >= want)
			return true;
	}
	return false;
}

void purse_swap_request(struct buf *out, const struct dbproof *v, size_t n,
			const struct outset *outputs)
{
	auto_free struct mintmsg_input *inputs = mem_array(n, sizeof(*inputs));

	for (size_t i = 0; i < n; i++)
		inputs[i].proof = &v[i].proof;
	mintmsg_swap(out, inputs, n, outputs);
}
