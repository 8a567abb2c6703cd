/* SPDX-License-Identifier: MIT */
/*
 * POST /internal/events: loom-bridge hands over events that it took from relays, through
 * nginx's internal listener. Each event is written compactly and passed on; the engine
 * verifies it again and gives each its own verdict. 200 means: what is "stored" is on
 * disk. A failure means that nothing is known; the bridge sends the batch again, which
 * does no harm.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"

#include "lib/base/caps.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcapi.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>

/* A batch goes on in pieces that fit one message each: there the events are strings,
 * escaped once more, at most twice as long (and URLs six times, if they are mad). */
enum { PIECE_BYTES = CAP_IPC_BODY / 2 - CAP_URL_BYTES * CAP_BATCH_EVENTS * 4 };

struct batch {
	const json_t *events; /* of the request, checked */
	size_t at;            /* the first that has not gone yet */
	struct buf *out;      /* the answer */
};

/* ---- the request */

static const char *wrong_entry(const json_t *entry)
{
	struct str relay;

	if (json_object_size(entry) != 2 || !jsonx_get_str(entry, "relay", &relay) ||
	    !json_is_object(json_object_get(entry, "event")))
		return "An entry is {\"relay\":URL,\"event\":{...}}.";
	if (relay.n > CAP_URL_BYTES || str_has_nul(relay))
		return "The relay's URL is too long.";
	return NULL;
}

/* NULL, or what is wrong; *pointer then says where. */
static const char *wrong_batch(const json_t *doc, const char **pointer)
{
	const json_t *events = json_object_get(doc, "events");

	*pointer = "";
	if (json_object_size(doc) != 1 || !json_is_array(events))
		return "The body is {\"events\":[...]}.";
	*pointer = "/events";
	if (json_array_size(events) > CAP_BATCH_EVENTS)
		return "Too many events in one batch.";
	for (size_t i = 0; i < json_array_size(events); i++) {
		const char *wrong = wrong_entry(json_array_get(events, i));

		if (wrong)
			return wrong;
	}
	return NULL;
}

/* ---- a piece of it */

static int add_bytes(const char *p, size_t n, void *out)
{
	buf_add(out, p, n);
	return 0;
}

/* Append one event; false when it alone is over the cap of an event. */
static bool write_event(struct buf *out, const json_t *event)
{
	buf_reset(out);
	(void)json_dump_callback(event, add_bytes, out, JSON_COMPACT);
	return !buf_over(out);
}

/* Fill a message with as many events as fit. An event over CAP_EVENT_BYTES goes as an
 * empty text, which the engine refuses like any other that is no event. */
static void fill(struct batch *b, struct ipcintake_events *piece)
{
	size_t bytes = 0;

	while (b->at < json_array_size(b->events)) {
		auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);
		const json_t *entry = json_array_get(b->events, b->at);
		struct str relay = {NULL, 0};

		if (!write_event(&text, json_object_get(entry, "event")))
			buf_reset(&text);
		if (bytes && bytes + text.n > PIECE_BYTES)
			return;
		bytes += text.n;
		(void)jsonx_get_str(entry, "relay", &relay);
		ipc_texts_add(&piece->events, buf_str(&text));
		ipc_texts_add(&piece->relays, relay);
		b->at++;
	}
}

static void add_verdicts(struct buf *out, const struct ipcintake_verdicts *v)
{
	for (size_t i = 0; i < v->verdicts.n; i++) {
		if (out->p[out->n - 1] != '[')
			buf_add_char(out, ',');
		buf_add_c(out, "{\"verdict\":");
		jsonx_add_string(out, str_of(v->verdicts.v[i]));
		buf_add_c(out, ",\"text\":");
		jsonx_add_string(out, str_of(v->texts.v[i]));
		buf_add_char(out, '}');
	}
}

static enum lerr_code pass_on(struct batch *b, struct lerr *err)
{
	struct ipcintake_events piece = {0};
	auto_ipcmsg struct ipcmsg m = {0};
	const struct ipcintake_verdicts *v;
	enum lerr_code rc;
	size_t n;

	fill(b, &piece);
	n = piece.events.n;
	rc = engine_call(&m, ENGINE_INTAKE, IPCINTAKE_EVENTS, &piece, IPCINTAKE_VERDICTS,
			 err);
	ipc_texts_wipe(&piece.events);
	ipc_texts_wipe(&piece.relays);
	if (rc)
		return rc;
	v = m.body;
	if (v->verdicts.n != n || v->texts.n != n)
		return lerr_set(err, LERR_TEMP, 0,
				"verdicts for another number of events");
	add_verdicts(b->out, v);
	return LERR_OK;
}

/* ---- the whole */

static enum lerr_code pass_all(struct batch *b, struct lerr *err)
{
	enum lerr_code rc = LERR_OK;

	buf_add_c(b->out, "{\"verdicts\":[");
	while (!rc && b->at < json_array_size(b->events))
		rc = pass_on(b, err);
	buf_add_c(b->out, "]}\n");
	return rc;
}

void hinternal_post(const struct httpreq *req, struct httpres *res)
{
	auto_json json_t *doc = NULL;
	struct batch batch = {.out = &res->body};
	const char *pointer;
	const char *wrong;
	enum lerr_code rc = jsonx_load(&doc, buf_str(&req->body), CAP_HTTP_INTERNAL_BODY,
				       JSONX_ANY_NUMBERS, NULL);

	if (rc) {
		httpres_problem(res, HTTPRES_BAD_REQUEST, "The body is not JSON.");
		return;
	}
	wrong = wrong_batch(doc, &pointer);
	if (wrong) {
		httpres_problem_at(res, HTTPRES_VALIDATION, wrong, pointer);
		return;
	}
	batch.events = json_object_get(doc, "events");
	rc = pass_all(&batch, NULL);
	if (rc) {
		httpres_error(res, rc, NULL);
		return;
	}
	res->type = "application/json";
	httpres_cache_never(res);
}
