/* SPDX-License-Identifier: MIT */
/* Trust line: what relays send. It is read here, believed nowhere. */
#include "config.h"

#include "bridge/relaypool.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

enum {
	HANDSHAKES_MOST = 8,
	STAGGER_MS = 50,
	CODE_POLICY = 1008,
};

struct relay {
	const struct wsurl *url;
	struct relayconn conn;
	uint64_t id; /* of the connection, 0: none */
	unsigned int paused;
	bool told_down; /* since it was up last */
};

struct relaypool {
	struct wsc *wsc;
	const struct relaypool_ops *ops;
	void *ctx;
	struct relay *relays;
	size_t n;
	uv_timer_t timer;
	size_t handshakes;
	uint64_t next_start_ms; /* no handshake starts before */
	bool started;
	bool shut;
};

/* ---- dialling, one after the other */

/* The relay that has waited longest, NULL when none waits. */
static struct relay *next_due(struct relaypool *p)
{
	struct relay *best = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (p->relays[i].id == 0 &&
		    (!best || p->relays[i].conn.dial_at_ms < best->conn.dial_at_ms))
			best = &p->relays[i];
	return best;
}

static void on_timer(uv_timer_t *t);

/* Wake when the next relay may be dialled. */
static void plan(struct relaypool *p)
{
	const struct relay *r = next_due(p);
	uint64_t now = clock_mono_ms();
	uint64_t at;

	if (!p->started || p->shut || !r || p->handshakes >= HANDSHAKES_MOST) {
		(void)uv_timer_stop(&p->timer);
		return;
	}
	at = r->conn.dial_at_ms > p->next_start_ms ? r->conn.dial_at_ms
						   : p->next_start_ms;
	(void)uv_timer_start(&p->timer, on_timer, at > now ? at - now : 0, 0);
}

static void tell_state(struct relaypool *p, const struct relay *r)
{
	p->ops->on_state(p->ctx, (size_t)(r - p->relays));
}

static void dial(struct relaypool *p, struct relay *r)
{
	r->id = wsc_open(p->wsc, r->url);
	r->paused &= ~(unsigned int)RELAYPOOL_BUDGET;
	p->handshakes++;
	p->next_start_ms = clock_mono_ms() + STAGGER_MS;
	relayconn_dialed(&r->conn, clock_wall_s());
	tell_state(p, r);
}

static void on_timer(uv_timer_t *t)
{
	struct relaypool *p = t->data;
	struct relay *r = next_due(p);

	if (r && r->conn.dial_at_ms <= clock_mono_ms())
		dial(p, r);
	plan(p);
}

void relaypool_start(struct relaypool *p)
{
	p->started = true;
	plan(p);
}

/* ---- what the connections say */

static struct relay *find(struct relaypool *p, uint64_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->relays[i].id == id)
			return &p->relays[i];
	return NULL;
}

static void on_open(void *ctx, uint64_t id)
{
	struct relaypool *p = ctx;
	struct relay *r = find(p, id);

	INVARIANT(r);
	p->handshakes--;
	relayconn_opened(&r->conn, clock_mono_ms(), clock_wall_s());
	r->told_down = false;
	log_event(LOG_INFO, "relay.up", "relay=%s", r->url->text);
	if (r->paused)
		wsc_pause(p->wsc, id, true);
	tell_state(p, r);
	p->ops->on_up(p->ctx, (size_t)(r - p->relays));
	plan(p);
}

static void on_close(void *ctx, uint64_t id, const struct wsc_end *end)
{
	struct relaypool *p = ctx;
	struct relay *r = find(p, id);
	uint64_t now = clock_mono_ms();

	INVARIANT(r);
	r->id = 0;
	if (!end->was_open)
		p->handshakes--;
	relayconn_closed(&r->conn, end, now, clock_wall_s());
	/* one warning, not one for each try */
	log_event(r->told_down ? LOG_INFO : LOG_WARN, "relay.down",
		  "relay=%s was_up=%s why=%s again_in_s=%llu", r->url->text,
		  end->was_open ? "yes" : "no", log_text(str_of(r->conn.why)).c,
		  (unsigned long long)(r->conn.dial_at_ms - now) / 1000);
	r->told_down = true;
	if (end->was_open)
		p->ops->on_down(p->ctx, (size_t)(r - p->relays));
	tell_state(p, r);
	plan(p);
}

static void on_text(void *ctx, uint64_t id, struct str text)
{
	struct relaypool *p = ctx;
	struct relay *r = find(p, id);
	struct nframe f;
	struct nframe_fault fault;
	struct lerr err = {0};

	INVARIANT(r);
	if (r->conn.banned)
		return;
	if (nframe_parse(&f, &fault, NFRAME_FROM_RELAY, text, CAP_FRAME_BYTES, &err))
		relaypool_violation(p, (size_t)(r - p->relays), err.msg);
	else
		p->ops->on_frame(p->ctx, (size_t)(r - p->relays), &f);
	nframe_wipe(&f);
}

static const struct wsc_ops wsc_ops = {on_open, on_text, on_close};

/* ---- asked by the owner */

size_t relaypool_count(const struct relaypool *p)
{
	return p->n;
}

const char *relaypool_url(const struct relaypool *p, size_t relay)
{
	return p->relays[relay].url->text;
}

const struct relayconn *relaypool_conn(const struct relaypool *p, size_t relay)
{
	return &p->relays[relay].conn;
}

bool relaypool_is_up(const struct relaypool *p, size_t relay)
{
	const struct relay *r = &p->relays[relay];

	return r->conn.state == RELAYCONN_OPEN && !r->conn.banned;
}

bool relaypool_send(struct relaypool *p, size_t relay, struct str frame)
{
	return relaypool_is_up(p, relay) && wsc_send(p->wsc, p->relays[relay].id, frame);
}

void relaypool_pause(struct relaypool *p, size_t relay, enum relaypool_pause why,
		     bool paused)
{
	struct relay *r = &p->relays[relay];
	bool was = r->paused != 0;

	if (paused)
		r->paused |= (unsigned int)why;
	else
		r->paused &= ~(unsigned int)why;
	if (was != (r->paused != 0) && r->conn.state == RELAYCONN_OPEN)
		wsc_pause(p->wsc, r->id, paused);
}

void relaypool_useful(struct relaypool *p, size_t relay)
{
	p->relays[relay].conn.useful = true;
}

void relaypool_violation(struct relaypool *p, size_t relay, const char *what)
{
	struct relay *r = &p->relays[relay];

	log_event(LOG_INFO, "relay.violation", "relay=%s n=%u what=%s", r->url->text,
		  r->conn.violations + 1, log_text(str_of(what)).c);
	if (relayconn_violated(&r->conn))
		wsc_close(p->wsc, r->id, CODE_POLICY);
}

void relaypool_set_unusable(struct relaypool *p, size_t relay, struct str why)
{
	struct relay *r = &p->relays[relay];
	bool was = r->conn.unusable;

	relayconn_set_unusable(&r->conn, why, clock_wall_s());
	if (was == r->conn.unusable)
		return;
	if (r->conn.unusable)
		log_event(LOG_WARN, "relay.unusable", "relay=%s why=%s", r->url->text,
			  log_text(why).c);
	tell_state(p, r);
}

size_t relaypool_busy(const struct relaypool *p)
{
	return wsc_count(p->wsc);
}

/* ---- start and end */

enum lerr_code relaypool_new(struct relaypool **out, struct lwsloop *l,
			     const char *ca_file, const struct wsurl *const *urls,
			     size_t n, const struct relaypool_ops *ops, void *ctx,
			     struct lerr *err)
{
	struct relaypool *p = mem_zalloc(sizeof(*p));
	uint64_t now = clock_mono_ms();
	enum lerr_code rc;

	INVARIANT(n <= CAP_RELAYS);
	rc = wsc_new(&p->wsc, l, ca_file, NULL, &wsc_ops, p, err);
	if (rc) {
		mem_free(p);
		return rc;
	}
	p->ops = ops;
	p->ctx = ctx;
	p->n = n;
	p->relays = mem_array(n, sizeof(*p->relays));
	for (size_t i = 0; i < n; i++) {
		p->relays[i].url = urls[i];
		relayconn_init(&p->relays[i].conn, now, clock_wall_s());
	}
	if (uv_timer_init(lwsloop_uv(l), &p->timer) != 0)
		panic("uv_timer_init");
	p->timer.data = p;
	*out = p;
	return LERR_OK;
}

void relaypool_shut(struct relaypool *p)
{
	p->shut = true;
	uv_close((uv_handle_t *)&p->timer, NULL);
	wsc_shut(p->wsc);
}

void relaypool_free(struct relaypool *p)
{
	if (!p)
		return;
	wsc_free(p->wsc);
	mem_free(p->relays);
	mem_free(p);
}
