/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/deliver.h"

#include "lib/base/backoff.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/jsonx.h"

enum {
	TIMEOUT_MS = 15000,
	AGAIN_MS = 50,
	AGAIN_MOST_MS = 5000,
	STRIKES_MOST = 5, /* of one event, while others get through: then it goes */
	ITEM_OVERHEAD = 512 + CAP_URL_BYTES,
};

static const char url[] = "http://localhost/internal/events";

struct entry {
	struct entry *next;
	struct entry *prev;
	struct deliver_item item;
	uint64_t number;
	uint64_t not_before_ms;
	unsigned int delays;   /* verdicts "later" */
	unsigned int strikes;  /* failures of its own */
	uint64_t failed_after; /* successes when it last failed */
};

struct deliver {
	uv_timer_t timer;
	struct httpc *http;
	const char *socket_path;
	const struct deliver_ops *ops;
	void *ctx;
	struct entry *first; /* oldest */
	struct entry *last;
	size_t count;
	size_t bytes;
	bool was_full;
	uint64_t last_number;
	uint64_t request; /* under way, 0: none */
	struct entry *batch[CAP_BATCH_EVENTS];
	size_t nbatch;
	size_t width; /* most events of the next batch */
	uint64_t successes;
	bool failing;
	struct backoff backoff;
	uint64_t hold_until_ms;
};

/* ---- the queue */

static size_t size_of(const struct deliver_item *i)
{
	return i->json.n + ITEM_OVERHEAD;
}

static void append(struct deliver *d, struct entry *e)
{
	e->next = NULL;
	e->prev = d->last;
	if (d->last)
		d->last->next = e;
	else
		d->first = e;
	d->last = e;
}

static void unlink_entry(struct deliver *d, struct entry *e)
{
	if (e->prev)
		e->prev->next = e->next;
	else
		d->first = e->next;
	if (e->next)
		e->next->prev = e->prev;
	else
		d->last = e->prev;
}

static void free_entry(struct entry *e)
{
	buf_free(&e->item.json);
	mem_free(e);
}

size_t deliver_count(const struct deliver *d)
{
	return d->count;
}

bool deliver_has_room(const struct deliver *d)
{
	return d->count < CAP_INBOX_EVENTS && d->bytes < CAP_INBOX_BYTES;
}

static bool is_half_empty(const struct deliver *d)
{
	return d->count <= CAP_INBOX_EVENTS / 2 && d->bytes <= CAP_INBOX_BYTES / 2;
}

static void settle(struct deliver *d, struct entry *e, enum verdict v)
{
	log_event(LOG_INFO, "bridge.delivered", "job=%s verdict=%s",
		  id32_short(&e->item.id).c, verdicts_word(v));
	unlink_entry(d, e);
	d->count--;
	d->bytes -= size_of(&e->item);
	d->ops->on_settled(d->ctx, &e->item, v);
	free_entry(e);
}

static void tell_room(struct deliver *d)
{
	if (!d->was_full || !is_half_empty(d))
		return;
	d->was_full = false;
	d->ops->on_room(d->ctx);
}

/* ---- answers */

static void postpone(struct entry *e)
{
	uint64_t ceiling = AGAIN_MS;

	for (unsigned int i = 0; i < e->delays && ceiling < AGAIN_MOST_MS; i++)
		ceiling *= 2;
	if (ceiling > AGAIN_MOST_MS)
		ceiling = AGAIN_MOST_MS;
	e->delays++;
	e->not_before_ms = clock_mono_ms() + ceiling / 2 + rng_below(ceiling / 2 + 1);
}

static void take_verdicts(struct deliver *d, const struct verdicts *v)
{
	for (size_t i = 0; i < d->nbatch; i++) {
		struct entry *e = d->batch[i];

		if (v->of[i].verdict == VERDICT_REFUSED)
			log_event(LOG_WARN, "bridge.refused", "job=%s why=%s",
				  id32_short(&e->item.id).c,
				  log_text(str_of(v->of[i].text)).c);
		if (v->of[i].verdict == VERDICT_LATER)
			postpone(e);
		else
			settle(d, e, v->of[i].verdict);
	}
}

static void succeeded(struct deliver *d, const struct verdicts *v)
{
	if (d->failing)
		log_event(LOG_INFO, "deliver.works", "waiting=%zu", d->count);
	d->failing = false;
	d->successes++;
	d->hold_until_ms = 0;
	backoff_reset(&d->backoff);
	if (d->width < CAP_BATCH_EVENTS)
		d->width *= 2;
	take_verdicts(d, v);
}

/* A single event failed. Is it to blame? Only if others got through since the last time. */
static void strike(struct deliver *d, struct entry *e)
{
	if (e->strikes == 0 || e->failed_after != d->successes)
		e->strikes++;
	e->failed_after = d->successes;
	if (e->strikes >= STRIKES_MOST) {
		log_event(LOG_WARN, "deliver.poison", "job=%s strikes=%u",
			  id32_short(&e->item.id).c, e->strikes);
		settle(d, e, VERDICT_REFUSED);
		return;
	}
	postpone(e);
	/* others first */
	unlink_entry(d, e);
	append(d, e);
}

static void failed(struct deliver *d, const struct httpc_answer *a, const char *why)
{
	d->failing = true;
	log_event(LOG_WARN, "deliver.failed", "status=%u events=%zu waiting=%zu why=%s",
		  a->status, d->nbatch, d->count, log_text(str_of(why)).c);
	d->hold_until_ms = clock_mono_ms() + backoff_next(&d->backoff);
	if (a->fault == HTTPC_NO_ROUTE)
		return; /* nobody is there: no event's fault */
	if (d->nbatch == 1)
		strike(d, d->batch[0]);
	d->width = 1;
}

static void send_next(struct deliver *d);

static void on_answer(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct deliver *d = ctx;
	struct verdicts v;
	struct lerr err = {.msg = "not 200"};

	/* counts as under way until the end: a callee may push */
	INVARIANT(id == d->request);
	if (a->fault != HTTPC_OK)
		failed(d, a, a->why);
	else if (a->status != 200 || verdicts_parse(&v, a->body, d->nbatch, &err))
		failed(d, a, err.msg);
	else
		succeeded(d, &v);
	d->nbatch = 0;
	d->request = 0;
	tell_room(d);
	send_next(d);
}

/* ---- requests */

static void write_batch(const struct deliver *d, struct buf *out)
{
	buf_add_c(out, "{\"events\":[");
	for (size_t i = 0; i < d->nbatch; i++) {
		const struct deliver_item *item = &d->batch[i]->item;

		buf_add_c(out, i ? ",{\"relay\":" : "{\"relay\":");
		jsonx_add_string(out, str_of(item->relay));
		buf_add_c(out, ",\"event\":");
		buf_add_str(out, buf_str(&item->json));
		buf_add_char(out, '}');
	}
	buf_add_c(out, "]}");
}

/* Fill the batch with what may go now; *wait_ms is when the first of the rest may. */
static void gather(struct deliver *d, uint64_t *wait_ms)
{
	uint64_t now = clock_mono_ms();
	size_t bytes = 0;

	d->nbatch = 0;
	*wait_ms = UINT64_MAX;
	for (struct entry *e = d->first; e && d->nbatch < d->width; e = e->next) {
		if (e->not_before_ms > now) {
			if (e->not_before_ms - now < *wait_ms)
				*wait_ms = e->not_before_ms - now;
			continue;
		}
		bytes += size_of(&e->item);
		if (bytes > CAP_BATCH_BYTES)
			break;
		d->batch[d->nbatch++] = e;
	}
}

static void start(struct deliver *d)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	auto_buf struct buf body = BUF_INIT(CAP_BATCH_BYTES);
	struct httpc_request req = {.method = "POST",
				    .url = url,
				    .unix_path = d->socket_path,
				    .headers = headers,
				    .timeout_ms = TIMEOUT_MS,
				    .max_answer = CAP_HTTP_ANSWER};
	struct lerr err;

	write_batch(d, &body);
	req.body = buf_str(&body);
	if (httpc_start(d->http, &d->request, &req, on_answer, d, &err))
		panic("deliver: %s", err.msg);
}

static void on_timer(uv_timer_t *t)
{
	send_next(t->data);
}

static void send_next(struct deliver *d)
{
	uint64_t now = clock_mono_ms();
	uint64_t wait_ms;

	if (d->request || !d->first)
		return;
	if (d->hold_until_ms > now) {
		(void)uv_timer_start(&d->timer, on_timer, d->hold_until_ms - now, 0);
		return;
	}
	gather(d, &wait_ms);
	if (d->nbatch)
		start(d);
	else if (wait_ms != UINT64_MAX)
		(void)uv_timer_start(&d->timer, on_timer, wait_ms, 0);
}

uint64_t deliver_push(struct deliver *d, struct deliver_item *item)
{
	struct entry *e = mem_zalloc(sizeof(*e));

	e->item = *item;
	buf_init(&item->json, item->json.cap);
	e->number = ++d->last_number;
	append(d, e);
	d->count++;
	d->bytes += size_of(&e->item);
	if (!deliver_has_room(d))
		d->was_full = true;
	send_next(d);
	return e->number;
}

void deliver_seen(struct deliver *d, uint64_t number, size_t relay)
{
	/* numbers rise, but events that failed alone stand at the end */
	for (struct entry *e = d->first; e; e = e->next)
		if (e->number == number)
			e->item.relays |= 1ULL << relay;
}

/* ---- start and end */

struct deliver *deliver_new(uv_loop_t *loop, struct httpc *http, const char *socket_path,
			    const struct deliver_ops *ops, void *ctx)
{
	struct deliver *d = mem_zalloc(sizeof(*d));

	d->http = http;
	d->socket_path = socket_path;
	d->ops = ops;
	d->ctx = ctx;
	d->width = CAP_BATCH_EVENTS;
	backoff_init(&d->backoff, AGAIN_MS, AGAIN_MOST_MS);
	if (uv_timer_init(loop, &d->timer) != 0)
		panic("uv_timer_init");
	d->timer.data = d;
	return d;
}

static void on_closed(uv_handle_t *h)
{
	struct deliver *d = h->data;

	while (d->first) {
		struct entry *e = d->first;

		d->first = e->next;
		free_entry(e);
	}
	mem_free(d);
}

void deliver_close(struct deliver *d)
{
	if (!d)
		return;
	if (d->request)
		httpc_cancel(d->http, d->request);
	uv_close((uv_handle_t *)&d->timer, on_closed);
}
