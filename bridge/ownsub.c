/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/ownsub.h"

#include "bridge/relayscan.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/nframe.h"

#include <string.h>

enum {
	ROWS_A_STEP = 256, /* of one scan */
	STEPS_A_TURN = 8,  /* of all scans, before the sockets are looked at again */
	QUEUE_ENOUGH =
		256 * 1024, /* bytes waiting for a client: read on when they went */
};

struct sub {
	struct sub *next; /* of the client, oldest first */
	struct str id;    /* owned */
	struct nfilter **filters;
	size_t nfilters;
	size_t values;
	uint64_t upto;
	bool stored_done; /* EOSE was sent */
};

struct client {
	struct client *next;
	uint64_t id;
	struct sub *subs;
	size_t nsubs;
	struct relayscan *scan; /* of the first subscription that is not done */
	struct sub *scanned;    /* that subscription */
	bool blocked;           /* it does not read: wait for ownsub_drained() */
};

struct ownsub {
	uv_idle_t idle; /* active while there is something to scan */
	struct relaystore *store;
	const struct ownsub_ops *ops;
	void *ctx;
	struct client *clients;
	struct client *turn; /* whose scan goes on next */
	size_t nsubs;
	size_t nfilters;
	size_t nvalues;
	size_t nscans;
};

/* ---- clients and their subscriptions */

static struct client *find_client(const struct ownsub *o, uint64_t id)
{
	struct client *c = o->clients;

	while (c && c->id != id)
		c = c->next;
	return c;
}

static struct client *get_client(struct ownsub *o, uint64_t id)
{
	struct client *c = find_client(o, id);

	if (c)
		return c;
	c = mem_zalloc(sizeof(*c));
	c->id = id;
	c->next = o->clients;
	o->clients = c;
	return c;
}

static void stop_scan(struct ownsub *o, struct client *c)
{
	if (!c->scan)
		return;
	relayscan_free(c->scan);
	c->scan = NULL;
	c->scanned = NULL;
	o->nscans--;
}

static void free_filters(struct nfilter **filters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nfilter_free(filters[i]);
	mem_free(filters);
}

static void free_sub(struct ownsub *o, struct client *c, struct sub *s)
{
	if (c->scanned == s)
		stop_scan(o, c);
	o->nsubs--;
	o->nfilters -= s->nfilters;
	o->nvalues -= s->values;
	c->nsubs--;
	free_filters(s->filters, s->nfilters);
	mem_free((char *)(uintptr_t)s->id.p);
	mem_free(s);
}

static void drop_sub(struct ownsub *o, struct client *c, struct str id)
{
	struct sub **at = &c->subs;

	while (*at && !str_eq((*at)->id, id))
		at = &(*at)->next;
	if (*at) {
		struct sub *s = *at;

		*at = s->next;
		free_sub(o, c, s);
	}
}

void ownsub_drop(struct ownsub *o, uint64_t client, struct str sub)
{
	struct client *c = find_client(o, client);

	if (c)
		drop_sub(o, c, sub);
}

void ownsub_gone(struct ownsub *o, uint64_t client)
{
	struct client **at = &o->clients;
	struct client *c;

	while (*at && (*at)->id != client)
		at = &(*at)->next;
	c = *at;
	if (!c)
		return;
	*at = c->next;
	if (o->turn == c)
		o->turn = c->next;
	while (c->subs) {
		struct sub *s = c->subs;

		c->subs = s->next;
		free_sub(o, c, s);
	}
	mem_free(c);
}

size_t ownsub_count(const struct ownsub *o)
{
	return o->nsubs;
}

/* ---- stored events */

/* Where a scan's events go. */
struct target {
	struct ownsub *o;
	struct client *c;
	struct sub *s;
};

static bool send_stored(void *ctx, struct str json)
{
	struct target *t = ctx;
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	nframe_write_sub_event(&frame, t->s->id, json);
	t->o->ops->send(t->o->ctx, t->c->id, buf_str(&frame));
	t->c->blocked = t->o->ops->queued(t->o->ctx, t->c->id) > QUEUE_ENOUGH;
	return !t->c->blocked;
}

static void end_stored(struct ownsub *o, struct client *c, struct sub *s)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	s->stored_done = true;
	stop_scan(o, c);
	nframe_write_eose(&frame, s->id);
	o->ops->send(o->ctx, c->id, buf_str(&frame));
}

static struct sub *first_to_scan(const struct client *c)
{
	struct sub *s = c->subs;

	while (s && s->stored_done)
		s = s->next;
	return s;
}

static bool is_ready(const struct ownsub *o, const struct client *c)
{
	return !c->blocked && first_to_scan(c) && (c->scan || o->nscans < CAP_OWN_SCANS);
}

static void step(struct ownsub *o, struct client *c)
{
	struct sub *s = first_to_scan(c);
	struct target t = {o, c, s};

	if (!c->scan) {
		c->scan = relayscan_new(o->store, s->filters, s->nfilters, s->upto,
					CAP_OWN_LIMIT);
		c->scanned = s;
		o->nscans++;
	}
	INVARIANT(c->scanned == s);
	if (!relayscan_step(c->scan, ROWS_A_STEP, clock_wall_s(), send_stored, &t))
		end_stored(o, c, s);
}

/* The next client that is ready, in turn; NULL when nobody is. */
static struct client *next_ready(struct ownsub *o)
{
	struct client *from = o->turn ? o->turn : o->clients;
	struct client *c = from;

	while (c && !is_ready(o, c))
		c = c->next;
	if (c)
		return c;
	for (c = o->clients; c && c != from; c = c->next)
		if (is_ready(o, c))
			return c;
	return NULL;
}

static void on_idle(uv_idle_t *h)
{
	struct ownsub *o = h->data;

	for (int i = 0; i < STEPS_A_TURN; i++) {
		struct client *c = next_ready(o);

		if (!c) {
			(void)uv_idle_stop(&o->idle);
			return;
		}
		o->turn = c->next;
		step(o, c);
	}
}

static void wake(struct ownsub *o)
{
	(void)uv_idle_start(&o->idle, on_idle);
}

void ownsub_drained(struct ownsub *o, uint64_t client)
{
	struct client *c = find_client(o, client);

	if (!c || !c->blocked)
		return;
	c->blocked = false;
	wake(o);
}

/* ---- REQ */

static size_t count_values(struct nfilter *const *filters, size_t n)
{
	size_t values = 0;

	for (size_t i = 0; i < n; i++) {
		values += filters[i]->nids + filters[i]->nauthors + filters[i]->nkinds;
		for (size_t k = 0; k < filters[i]->ntags; k++)
			values += filters[i]->tags[k].n;
	}
	return values;
}

static const char *refuse_req(const struct ownsub *o, const struct client *c, size_t n,
			      size_t values)
{
	if (c->nsubs >= CAP_OWN_SUBS)
		return "rate-limited: too many subscriptions on this connection";
	if (o->nfilters + n > CAP_OWN_FILTERS || o->nvalues + values > CAP_OWN_VALUES)
		return "rate-limited: this relay has too many subscriptions";
	return NULL;
}

const char *ownsub_req(struct ownsub *o, uint64_t client, struct str sub,
		       struct nfilter **filters, size_t n, uint64_t upto)
{
	struct client *c = get_client(o, client);
	size_t values = count_values(filters, n);
	const char *no;
	struct sub **at = &c->subs;
	struct sub *s;

	drop_sub(o, c, sub);
	no = refuse_req(o, c, n, values);
	if (no) {
		free_filters(filters, n);
		return no;
	}
	s = mem_zalloc(sizeof(*s));
	s->id = (struct str){str_dup(sub), sub.n};
	s->filters = filters;
	s->nfilters = n;
	s->values = values;
	s->upto = upto;
	while (*at)
		at = &(*at)->next;
	*at = s;
	c->nsubs++;
	o->nsubs++;
	o->nfilters += n;
	o->nvalues += values;
	wake(o);
	return NULL;
}

/* ---- live events */

static bool matches(const struct sub *s, const struct nfilter_index *x)
{
	for (size_t i = 0; i < s->nfilters; i++)
		if (nfilter_finds(s->filters[i], x))
			return true;
	return false;
}

static void send_live(struct ownsub *o, const struct client *c, const struct sub *s,
		      struct str json)
{
	auto_buf struct buf frame = BUF_INIT(CAP_FRAME_BYTES);

	nframe_write_sub_event(&frame, s->id, json);
	o->ops->send(o->ctx, c->id, buf_str(&frame));
}

void ownsub_live(struct ownsub *o, const struct nevent *ev, struct str json)
{
	struct nfilter_index *x = nfilter_index_new(ev);

	for (const struct client *c = o->clients; c; c = c->next)
		for (const struct sub *s = c->subs; s; s = s->next)
			if (matches(s, x))
				send_live(o, c, s, json);
	nfilter_index_free(x);
}

/* ---- start and end */

struct ownsub *ownsub_new(uv_loop_t *loop, struct relaystore *store,
			  const struct ownsub_ops *ops, void *ctx)
{
	struct ownsub *o = mem_zalloc(sizeof(*o));

	o->store = store;
	o->ops = ops;
	o->ctx = ctx;
	if (uv_idle_init(loop, &o->idle) != 0)
		panic("uv_idle_init");
	o->idle.data = o;
	return o;
}

static void on_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

void ownsub_close(struct ownsub *o)
{
	if (!o)
		return;
	while (o->clients)
		ownsub_gone(o, o->clients->id);
	uv_close((uv_handle_t *)&o->idle, on_closed);
}
