/* SPDX-License-Identifier: MIT */
/*
 * One array of entries, linked twice: by hash (chains start in heads[]) and by age. Ids
 * are hashes already, but of events that a stranger makes: heads are chosen with a key
 * of our own, so that nobody can fill one chain.
 */
#include "config.h"

#include "bridge/idlru.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"

#include <string.h>

#define NONE UINT32_MAX

struct entry {
	struct id32 id;
	uint64_t value;
	uint32_t chain; /* next of the same head, or next free */
	uint32_t older;
	uint32_t younger;
};

struct idlru {
	struct entry *entries;
	uint32_t *heads;
	size_t max;
	size_t count;
	uint32_t mask;
	uint32_t fresh; /* entries from here on were never used */
	uint32_t free;  /* chain of entries that were dropped */
	uint32_t oldest;
	uint32_t youngest;
	uint64_t key[2];
};

struct idlru *idlru_new(size_t max)
{
	struct idlru *l = mem_zalloc(sizeof(*l));
	uint32_t heads = 1;

	INVARIANT(max > 0 && max < NONE / 2);
	while (heads < max)
		heads *= 2;
	l->max = max;
	l->mask = heads - 1;
	l->entries = mem_array(max, sizeof(*l->entries));
	l->heads = mem_array(heads, sizeof(*l->heads));
	memset(l->heads, 0xff, heads * sizeof(*l->heads));
	l->free = l->oldest = l->youngest = NONE;
	rng_fill(l->key, sizeof(l->key));
	return l;
}

void idlru_free(struct idlru *l)
{
	if (!l)
		return;
	mem_free(l->entries);
	mem_free(l->heads);
	mem_free(l);
}

static uint32_t *head_of(const struct idlru *l, const struct id32 *id)
{
	uint64_t word[4];
	uint64_t h = l->key[0];

	memcpy(word, id->b, sizeof(word));
	for (size_t i = 0; i < 4; i++) {
		h = (h ^ word[i]) * (l->key[1] | 1);
		h ^= h >> 29;
	}
	return &l->heads[h & l->mask];
}

static uint32_t find(const struct idlru *l, const struct id32 *id)
{
	uint32_t at = *head_of(l, id);

	while (at != NONE && !id32_eq(&l->entries[at].id, id))
		at = l->entries[at].chain;
	return at;
}

static void age_unlink(struct idlru *l, uint32_t at)
{
	struct entry *e = &l->entries[at];

	if (e->older != NONE)
		l->entries[e->older].younger = e->younger;
	else
		l->oldest = e->younger;
	if (e->younger != NONE)
		l->entries[e->younger].older = e->older;
	else
		l->youngest = e->older;
}

static void age_link(struct idlru *l, uint32_t at)
{
	struct entry *e = &l->entries[at];

	e->younger = NONE;
	e->older = l->youngest;
	if (l->youngest != NONE)
		l->entries[l->youngest].younger = at;
	else
		l->oldest = at;
	l->youngest = at;
}

static void remove_at(struct idlru *l, uint32_t at)
{
	uint32_t *link = head_of(l, &l->entries[at].id);

	while (*link != at)
		link = &l->entries[*link].chain;
	*link = l->entries[at].chain;
	age_unlink(l, at);
	l->entries[at].chain = l->free;
	l->free = at;
	l->count--;
}

static uint32_t take_entry(struct idlru *l)
{
	uint32_t at;

	if (l->count == l->max)
		remove_at(l, l->oldest);
	if (l->free == NONE)
		return l->fresh++;
	at = l->free;
	l->free = l->entries[at].chain;
	return at;
}

bool idlru_get(struct idlru *l, const struct id32 *id, uint64_t *value)
{
	uint32_t at = find(l, id);

	if (at == NONE)
		return false;
	age_unlink(l, at);
	age_link(l, at);
	if (value)
		*value = l->entries[at].value;
	return true;
}

void idlru_put(struct idlru *l, const struct id32 *id, uint64_t value)
{
	uint32_t at = find(l, id);
	uint32_t *head;

	if (at != NONE) {
		l->entries[at].value = value;
		return;
	}
	at = take_entry(l);
	head = head_of(l, id);
	l->entries[at].id = *id;
	l->entries[at].value = value;
	l->entries[at].chain = *head;
	*head = at;
	age_link(l, at);
	l->count++;
}

void idlru_drop(struct idlru *l, const struct id32 *id)
{
	uint32_t at = find(l, id);

	if (at != NONE)
		remove_at(l, at);
}

size_t idlru_count(const struct idlru *l)
{
	return l->count;
}
