/* SPDX-License-Identifier: MIT */
/*
 * Each filter is driven by the list that promises the fewest rows: ids, then #e and other
 * tags, then authors (with kinds), then #p (here nearly everything has the same one),
 * then kinds, else time. Each value of that list is a cursor over its index in the order
 * of places; a heap merges the cursors of all filters, so that the answer is in order
 * however many values were asked for. What the index does not decide, nfilter_finds()
 * does.
 */
#include "config.h"

#include "bridge/relayscan.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <string.h>

enum {
	PAGE_MOST = 64,                 /* rows fetched by one query */
	PAGE_BUDGET = 1024,             /* rows that all cursors hold together, roughly */
	PAIRS_MOST = CAP_FILTER_VALUES, /* authors times kinds */
	ROW_BYTES = 512,                /* of an event that is read: as dear as one row */
};

struct cursor {
	struct relaystore_key key;
	size_t filter; /* index of its filter */
	struct relaystore_row *page;
	size_t n;
	size_t at;
	bool last_page;
};

struct side {
	const struct nfilter *f;
	uint64_t left;               /* events that it may still find */
	struct relaystore_pos after; /* where its cursors begin */
	struct relaystore_pos last;
	struct relaystore_pos found; /* last event that it counted */
	bool exact;                  /* the driving list decides all but time */
};

struct relayscan {
	struct relaystore *store;
	struct side *sides;
	size_t nsides;
	struct cursor *cursors;
	size_t ncursors;
	size_t page;                 /* rows of one page */
	struct relaystore_row *rows; /* all pages */
	uint32_t *heap;              /* cursors with a row, smallest place first */
	size_t nheap;
	size_t primed; /* cursors that have been asked for their first page */
	uint64_t upto;
};

/* ---- which list drives a filter */

enum driver { BY_IDS, BY_TAG, BY_PAIRS, BY_AUTHORS, BY_KINDS, BY_TIME };

struct plan {
	enum driver driver;
	const struct nfilter_tag *tag;
	size_t ncursors;
};

/* The shortest list; #p only when `with_p`. */
static const struct nfilter_tag *best_tag(const struct nfilter *f, bool with_p)
{
	const struct nfilter_tag *best = NULL;

	for (size_t i = 0; i < f->ntags; i++) {
		const struct nfilter_tag *t = &f->tags[i];

		if ((t->letter == 'p') != with_p)
			continue;
		if (!best || t->n < best->n)
			best = t;
	}
	return best;
}

static struct plan plan_authors(const struct nfilter *f)
{
	if (f->has_kinds && f->nauthors * f->nkinds <= PAIRS_MOST)
		return (struct plan){.driver = BY_PAIRS,
				     .ncursors = f->nauthors * f->nkinds};
	return (struct plan){.driver = BY_AUTHORS, .ncursors = f->nauthors};
}

static struct plan plan_tag(const struct nfilter_tag *tag)
{
	return (struct plan){.driver = BY_TAG, .tag = tag, .ncursors = tag->n};
}

static struct plan make_plan(const struct nfilter *f)
{
	const struct nfilter_tag *tag = best_tag(f, false);

	if (f->has_ids)
		return (struct plan){.driver = BY_IDS, .ncursors = f->nids};
	if (tag)
		return plan_tag(tag);
	if (f->has_authors)
		return plan_authors(f);
	tag = best_tag(f, true);
	if (tag)
		return plan_tag(tag);
	if (f->has_kinds)
		return (struct plan){.driver = BY_KINDS, .ncursors = f->nkinds};
	return (struct plan){.driver = BY_TIME, .ncursors = 1};
}

static bool is_exact(const struct nfilter *f, const struct plan *p)
{
	size_t tags = f->ntags - (p->driver == BY_TAG ? 1 : 0);
	bool authors = f->has_authors && p->driver != BY_PAIRS && p->driver != BY_AUTHORS;
	bool kinds = f->has_kinds && p->driver != BY_PAIRS && p->driver != BY_KINDS;
	bool ids = f->has_ids && p->driver != BY_IDS;

	return tags == 0 && !authors && !kinds && !ids;
}

static struct relaystore_key key_of(const struct nfilter *f, const struct plan *p,
				    size_t i)
{
	switch (p->driver) {
	case BY_IDS:
		return (struct relaystore_key){.by = RELAYSTORE_BY_ID, .id = f->ids[i]};
	case BY_TAG:
		return (struct relaystore_key){.by = RELAYSTORE_BY_TAG,
					       .letter = p->tag->letter,
					       .value = p->tag->values[i]};
	case BY_PAIRS:
		return (struct relaystore_key){.by = RELAYSTORE_BY_AUTHOR_KIND,
					       .id = f->authors[i / f->nkinds],
					       .kind = f->kinds[i % f->nkinds]};
	case BY_AUTHORS:
		return (struct relaystore_key){.by = RELAYSTORE_BY_AUTHOR,
					       .id = f->authors[i]};
	case BY_KINDS:
		return (struct relaystore_key){.by = RELAYSTORE_BY_KIND,
					       .kind = f->kinds[i]};
	case BY_TIME:
		break;
	}
	return (struct relaystore_key){.by = RELAYSTORE_BY_TIME};
}

/* ---- start */

static void side_init(struct side *s, const struct nfilter *f, const struct plan *p,
		      uint64_t max)
{
	s->f = f;
	s->left = f->limit < max ? f->limit : max;
	s->after = relaystore_pos_first(f->until);
	s->last = relaystore_pos_last(f->since);
	s->exact = is_exact(f, p);
}

static void add_cursors(struct relayscan *r, size_t side, const struct plan *p)
{
	const struct nfilter *f = r->sides[side].f;

	for (size_t i = 0; i < p->ncursors; i++) {
		struct cursor *c = &r->cursors[r->ncursors++];

		c->key = key_of(f, p, i);
		c->filter = side;
	}
}

static size_t page_for(size_t ncursors)
{
	size_t n = ncursors ? PAGE_BUDGET / ncursors : 1;

	if (n > PAGE_MOST)
		return PAGE_MOST;
	return n ? n : 1;
}

struct relayscan *relayscan_new(struct relaystore *s, struct nfilter *const *filters,
				size_t n, uint64_t upto, uint64_t max)
{
	struct relayscan *r = mem_zalloc(sizeof(*r));
	struct plan plans[CAP_FILTERS];
	size_t total = 0;

	INVARIANT(n <= CAP_FILTERS);
	r->store = s;
	r->upto = upto;
	r->nsides = n;
	r->sides = mem_array(n, sizeof(*r->sides));
	for (size_t i = 0; i < n; i++) {
		plans[i] = make_plan(filters[i]);
		side_init(&r->sides[i], filters[i], &plans[i], max);
		if (r->sides[i].left == 0 || filters[i]->since > filters[i]->until)
			plans[i].ncursors = 0;
		total += plans[i].ncursors;
	}
	r->cursors = mem_array(total, sizeof(*r->cursors));
	for (size_t i = 0; i < n; i++)
		add_cursors(r, i, &plans[i]);
	r->page = page_for(total);
	r->rows = mem_array(total * r->page, sizeof(*r->rows));
	for (size_t i = 0; i < total; i++)
		r->cursors[i].page = r->rows + i * r->page;
	r->heap = mem_array(total, sizeof(*r->heap));
	return r;
}

void relayscan_free(struct relayscan *r)
{
	if (!r)
		return;
	mem_free(r->sides);
	mem_free(r->cursors);
	mem_free(r->rows);
	mem_free(r->heap);
	mem_free(r);
}

/* ---- the heap */

static const struct relaystore_row *row_of(const struct relayscan *r, uint32_t cursor)
{
	const struct cursor *c = &r->cursors[cursor];

	return &c->page[c->at];
}

static bool is_before(const struct relayscan *r, uint32_t a, uint32_t b)
{
	return memcmp(row_of(r, a)->pos.b, row_of(r, b)->pos.b, RELAYSTORE_POS) < 0;
}

static void swap(struct relayscan *r, size_t a, size_t b)
{
	uint32_t t = r->heap[a];

	r->heap[a] = r->heap[b];
	r->heap[b] = t;
}

static void heap_add(struct relayscan *r, uint32_t cursor)
{
	size_t at = r->nheap++;

	r->heap[at] = cursor;
	while (at > 0 && is_before(r, r->heap[at], r->heap[(at - 1) / 2])) {
		swap(r, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

/* The first one has changed, or has been put in from the end. */
static void heap_settle(struct relayscan *r)
{
	size_t at = 0;

	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < r->nheap &&
			    is_before(r, r->heap[child], r->heap[least]))
				least = child;
		if (least == at)
			return;
		swap(r, at, least);
		at = least;
	}
}

/* ---- cursors */

/* The next page; false when the cursor is at its end. */
static bool fetch(struct relayscan *r, struct cursor *c)
{
	const struct side *s = &r->sides[c->filter];
	struct relaystore_pos after = c->n ? c->page[c->n - 1].pos : s->after;

	if (c->last_page || s->left == 0)
		return false;
	c->n = relaystore_rows(r->store, c->page, r->page, &c->key, &after, &s->last);
	c->at = 0;
	c->last_page = c->n < r->page || c->key.by == RELAYSTORE_BY_ID;
	return c->n > 0;
}

/* Drop the row at the top of the heap and put the cursor's next one in its place. */
static void advance_top(struct relayscan *r)
{
	struct cursor *c = &r->cursors[r->heap[0]];

	c->at++;
	if (c->at >= c->n && !fetch(r, c))
		r->heap[0] = r->heap[--r->nheap];
	heap_settle(r);
}

/* ---- events */

static bool kind_fits(const struct nfilter *f, uint32_t kind)
{
	for (size_t i = 0; i < f->nkinds; i++)
		if (f->kinds[i] == kind)
			return true;
	return !f->has_kinds;
}

/* An event that several cursors may have come to. */
struct candidate {
	uint64_t seq;
	struct relaystore_pos pos;
	struct buf json;
	struct nevent *ev;          /* read when a filter wants to look at it */
	struct nfilter_index *tags; /* of ev */
	bool gone;                  /* expired, or deleted since */
	bool wanted;
};

static bool load(struct relayscan *r, struct candidate *e, uint64_t now_s)
{
	if (!e->gone && e->json.n == 0)
		e->gone = !relaystore_json(r->store, &e->json, e->seq, now_s);
	return !e->gone;
}

static bool fits(struct relayscan *r, struct candidate *e, const struct side *s,
		 uint64_t now_s)
{
	struct lerr err;

	if (!load(r, e, now_s))
		return false;
	if (s->exact)
		return true;
	if (!e->ev) {
		if (nevent_parse(&e->ev, buf_str(&e->json), &err))
			panic("relay store: %s", err.msg);
		e->tags = nfilter_index_new(e->ev);
	}
	return nfilter_finds(s->f, e->tags);
}

/* Let the filter of the cursor at the top look at the event there. */
static void consider(struct relayscan *r, struct candidate *e, uint64_t now_s)
{
	const struct cursor *c = &r->cursors[r->heap[0]];
	struct side *s = &r->sides[c->filter];

	if (s->left == 0 || e->seq > r->upto ||
	    memcmp(s->found.b, e->pos.b, RELAYSTORE_POS) == 0 ||
	    !kind_fits(s->f, c->page[c->at].kind) || !fits(r, e, s, now_s))
		return;
	s->found = e->pos;
	s->left--;
	e->wanted = true;
}

/* The event at the top, with all cursors that stand there. Returns how many did. */
static size_t take_top(struct relayscan *r, struct candidate *e, uint64_t now_s)
{
	size_t rows = 0;

	e->seq = row_of(r, r->heap[0])->seq;
	e->pos = row_of(r, r->heap[0])->pos;
	while (r->nheap &&
	       memcmp(row_of(r, r->heap[0])->pos.b, e->pos.b, RELAYSTORE_POS) == 0) {
		consider(r, e, now_s);
		advance_top(r);
		rows++;
	}
	return rows;
}

/* First pages; the number of cursors that were asked. */
static size_t prime(struct relayscan *r, size_t most)
{
	size_t n = 0;

	while (r->primed < r->ncursors && n < most) {
		struct cursor *c = &r->cursors[r->primed];

		if (fetch(r, c))
			heap_add(r, (uint32_t)r->primed);
		r->primed++;
		n++;
	}
	return n;
}

bool relayscan_step(struct relayscan *r, size_t rows, uint64_t now_s,
		    relayscan_found *found, void *ctx)
{
	size_t seen = prime(r, rows);

	while (seen < rows && r->nheap) {
		struct candidate e = {.json = BUF_INIT(CAP_EVENT_BYTES)};
		bool room = true;

		seen += take_top(r, &e, now_s);
		if (e.ev)
			seen += e.json.n / ROW_BYTES;
		if (e.wanted)
			room = found(ctx, buf_str(&e.json));
		nfilter_index_free(e.tags);
		nevent_free(e.ev);
		buf_free(&e.json);
		if (!room)
			break;
	}
	return r->nheap > 0 || r->primed < r->ncursors;
}
