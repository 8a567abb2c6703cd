/* SPDX-License-Identifier: MIT */
/*
 * All that a Loom customer meets, in one process on 127.0.0.1: a relay, a worker behind
 * it, and a server for outputs:
 *
 *	fakeloom --worker-key FILE [--answer NAME] [--fault NAME] [--dir FOLDER]
 *	         [--mint URL] [--change TOKEN]
 *
 * It says "ready URL" on stdout and ends with its stdin. Requests to the worker are
 * answered at once with the events of fakeworker.c; files of FOLDER are served over HTTP
 * at the same port. A fault by name makes it lie, refuse, fall silent or break off.
 */
#include "config.h"

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nframe.h"
#include "tests/peers/fakeworker.h"
#include "tests/peers/wspeer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS = 512, FORGED = 40 };

enum fault {
	FAULT_NONE,
	FAULT_FORGED_SIG,   /* events of the worker with another signature */
	FAULT_FORGED_ID,    /* ... with changed content below the old id */
	FAULT_OTHER_AUTHOR, /* the same words by another key */
	FAULT_OTHER_JOB,    /* about another job, to every subscription */
	FAULT_FLOOD,        /* many forged events before the good ones */
	FAULT_OVERSIZED,    /* a frame above every limit before the good ones */
	FAULT_GARBAGE,      /* things that are no frames of a relay, then the good ones */
	FAULT_DIE_BEFORE_OK, /* breaks off once when an event comes */
	FAULT_DIE_IN_MIDDLE, /* breaks off once after the first event of the worker */
	FAULT_AUTH,          /* auth-required for everything */
	FAULT_AUTH_REFUSED,  /* ... and then takes nobody */
	FAULT_BLOCKED,       /* OK false, blocked */
	FAULT_RATE_LIMITED,  /* OK false once, then true */
	FAULT_DUPLICATE,     /* OK false, duplicate */
	FAULT_SILENT,        /* answers nothing at all */
	FAULT_NO_EOSE,
	FAULT_CLOSED_ONCE, /* CLOSED with an error for the first REQ */
	FAULT_NOTICE,      /* notices with control characters */
	FAULT_HTTP_503,    /* no WebSocket at all */
	FAULT_COUNT
};

static const char *const fault_names[FAULT_COUNT] = {
	[FAULT_NONE] = "none",
	[FAULT_FORGED_SIG] = "forged-sig",
	[FAULT_FORGED_ID] = "forged-id",
	[FAULT_OTHER_AUTHOR] = "other-author",
	[FAULT_OTHER_JOB] = "other-job",
	[FAULT_FLOOD] = "flood",
	[FAULT_OVERSIZED] = "oversized",
	[FAULT_GARBAGE] = "garbage",
	[FAULT_DIE_BEFORE_OK] = "die-before-ok",
	[FAULT_DIE_IN_MIDDLE] = "die-in-middle",
	[FAULT_AUTH] = "auth",
	[FAULT_AUTH_REFUSED] = "auth-refused",
	[FAULT_BLOCKED] = "blocked",
	[FAULT_RATE_LIMITED] = "rate-limited",
	[FAULT_DUPLICATE] = "duplicate",
	[FAULT_SILENT] = "silent",
	[FAULT_NO_EOSE] = "no-eose",
	[FAULT_CLOSED_ONCE] = "closed-once",
	[FAULT_NOTICE] = "notice",
	[FAULT_HTTP_503] = "http-503",
};

struct client {
	char sub[CAP_SUBID_BYTES + 1]; /* empty: none; the last REQ alone counts */
	struct nfilter **filters;
	size_t nfilters;
	char challenge[33];
	bool authed;
};

struct relay {
	struct wspeer *peer;
	struct fakeworker worker;
	struct id32 worker_id;
	struct nsign_key key;
	struct nsign_key other_key;
	const char *answer;
	enum fault fault;
	bool fault_done; /* of those that come once */
	char url[64];
	char http[64];
	struct nevent *events[EVENTS]; /* oldest first */
	size_t nevents;
	struct client clients[WSPEER_CONNS];
};

/* ---- sending */

static void send_buf(struct relay *r, size_t conn, const struct buf *frame)
{
	wspeer_send(r->peer, conn, buf_str(frame));
}

static void send_event(struct relay *r, size_t conn, const struct nevent *ev)
{
	auto_buf struct buf text = BUF_INIT(2 * CAP_EVENT_BYTES);
	auto_buf struct buf frame = BUF_INIT(2 * CAP_EVENT_BYTES + 256);

	nevent_write(&text, ev);
	nframe_write_sub_event(&frame, str_of(r->clients[conn].sub), buf_str(&text));
	send_buf(r, conn, &frame);
}

static void send_ok(struct relay *r, size_t conn, const struct id32 *id, bool accepted,
		    const char *text)
{
	auto_buf struct buf frame = BUF_INIT(1024);

	nframe_write_ok(&frame, id, accepted, str_of(text));
	send_buf(r, conn, &frame);
}

static void send_closed(struct relay *r, size_t conn, struct str sub, const char *text)
{
	auto_buf struct buf frame = BUF_INIT(1024);

	nframe_write_closed(&frame, sub, str_of(text));
	send_buf(r, conn, &frame);
}

/* ---- lies */

static struct nevent *rewritten(const struct relay *r, const struct nevent *ev,
				const struct nsign_key *key, const char *job)
{
	auto_ntags struct ntags *tags = ntags_new();

	(void)r;
	for (size_t i = 0; i < ev->ntags; i++) {
		const struct ntag *t = &ev->tags[i];

		if (job && (str_eq_c(t->v[0], "e") || str_eq_c(t->v[0], "d")))
			ntags_add_c(tags, t->v[0].p[0] == 'e' ? "e" : "d", job, NULL);
		else
			ntags_add(tags, t->v, t->n);
	}
	return fakeworker_sign(key, ev->kind, ev->created_at, tags, ev->content);
}

static void send_forged_sig(struct relay *r, size_t conn, const struct nevent *ev)
{
	struct nevent *copy = nevent_copy(ev);

	copy->sig[5] ^= 1;
	send_event(r, conn, copy);
	nevent_free(copy);
}

static void send_forged_id(struct relay *r, size_t conn, const struct nevent *ev)
{
	struct nevent *copy = nevent_copy(ev);

	copy->created_at++;
	send_event(r, conn, copy);
	nevent_free(copy);
}

static void send_oversized(struct relay *r, size_t conn)
{
	auto_buf struct buf frame = BUF_INIT(4UL * CAP_FRAME_BYTES);

	buf_add_c(&frame, "[\"NOTICE\",\"");
	while (frame.n < 2 * CAP_FRAME_BYTES)
		buf_add_c(&frame, "xxxxxxxxxxxxxxxx");
	buf_add_c(&frame, "\"]");
	send_buf(r, conn, &frame);
}

static void send_garbage(struct relay *r, size_t conn)
{
	static const char *const frames[] = {"",
					     "hello",
					     "{}",
					     "[]",
					     "[1]",
					     "[\"EVENT\"]",
					     "[\"OK\",\"x\",true,\"\"]",
					     "[\"EOSE\",7]",
					     "[\"EVENT\",\"ctl1\",{\"id\":7}]",
					     "[\"WHAT\",1]"};

	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		wspeer_send(r->peer, conn, str_of(frames[i]));
}

/* An event as this relay gives it out. False: and nothing after it. */
static bool give(struct relay *r, size_t conn, const struct nevent *ev)
{
	static const char other_job[] =
		"00000000000000000000000000000000000000000000000000000000000000ff";
	struct nevent *lie = NULL;

	if (!id32_eq(&ev->pubkey, &r->worker_id)) {
		send_event(r, conn, ev);
		return true;
	}
	if (r->fault == FAULT_FORGED_SIG) {
		send_forged_sig(r, conn, ev);
		return true;
	}
	if (r->fault == FAULT_FORGED_ID) {
		send_forged_id(r, conn, ev);
		return true;
	}
	if (r->fault == FAULT_OTHER_AUTHOR)
		lie = rewritten(r, ev, &r->other_key, NULL);
	else if (r->fault == FAULT_OTHER_JOB)
		lie = rewritten(r, ev, &r->key, other_job);
	else if (r->fault == FAULT_FLOOD)
		for (size_t i = 0; i < FORGED; i++)
			send_forged_sig(r, conn, ev);
	send_event(r, conn, lie ? lie : ev);
	nevent_free(lie);
	if (r->fault != FAULT_DIE_IN_MIDDLE || r->fault_done)
		return true;
	r->fault_done = true;
	wspeer_drop(r->peer, conn);
	r->clients[conn].sub[0] = '\0';
	return false;
}

static void give_before(struct relay *r, size_t conn)
{
	if (r->fault == FAULT_OVERSIZED && !r->fault_done) {
		r->fault_done = true;
		send_oversized(r, conn);
	} else if (r->fault == FAULT_GARBAGE) {
		send_garbage(r, conn);
	} else if (r->fault == FAULT_NOTICE) {
		wspeer_send(r->peer, conn,
			    STR_LIT("[\"NOTICE\",\"\\u001b]0;owned\\u0007 "
				    "\xc2\x9b"
				    "31m\"]"));
	}
}

/* ---- events */

static bool matches(const struct client *c, const struct nevent *ev)
{
	for (size_t i = 0; c->sub[0] && i < c->nfilters; i++)
		if (nfilter_matches(c->filters[i], ev))
			return true;
	return false;
}

static bool replaces(const struct nevent *ev, const struct nevent *old)
{
	struct str d = {NULL, 0};
	struct str old_d = {NULL, 0};

	if (old->kind != ev->kind || !id32_eq(&old->pubkey, &ev->pubkey))
		return false;
	(void)nevent_tag(ev, "d", &d);
	(void)nevent_tag(old, "d", &old_d);
	return nevent_is_replaceable(ev->kind) ||
	       (nevent_is_addressable(ev->kind) && str_eq(d, old_d));
}

/* Store it and give it to whoever asked. The relay owns it. */
static void publish(struct relay *r, struct nevent *ev)
{
	for (size_t i = 0; i < r->nevents; i++) {
		if (!replaces(ev, r->events[i]))
			continue;
		nevent_free(r->events[i]);
		memmove(&r->events[i], &r->events[i + 1],
			(--r->nevents - i) * sizeof(struct nevent *));
		break;
	}
	INVARIANT(r->nevents < EVENTS);
	r->events[r->nevents++] = ev;
	for (size_t i = 0; i < WSPEER_CONNS; i++)
		if (matches(&r->clients[i], ev))
			(void)give(r, i, ev);
}

static const struct nevent *find(const struct relay *r, const struct id32 *id)
{
	for (size_t i = 0; i < r->nevents; i++)
		if (id32_eq(&r->events[i]->id, id))
			return r->events[i];
	return NULL;
}

static void work(struct relay *r, const struct nevent *ev)
{
	struct nevent *events[FAKEWORKER_EVENTS];
	const struct nevent *request;
	struct id32 job;
	size_t n = 0;

	if (ev->kind == NKIND_JOB)
		n = fakeworker_answer(&r->worker, r->answer, ev, events);
	if (ev->kind == NKIND_CANCEL && nevent_tag_id32(ev, "e", &job)) {
		request = find(r, &job);
		if (request && id32_eq(&request->pubkey, &ev->pubkey))
			n = fakeworker_cancelled(&r->worker, request, events);
	}
	for (size_t i = 0; i < n; i++)
		publish(r, events[i]);
}

/* What is wrong with an event for this relay, or NULL. */
static const char *refusal(struct relay *r, size_t conn)
{
	bool once = r->fault_done;

	if ((r->fault == FAULT_AUTH || r->fault == FAULT_AUTH_REFUSED) &&
	    !r->clients[conn].authed)
		return "auth-required: who are you?";
	if (r->fault == FAULT_BLOCKED)
		return "blocked: not \x1b[1myou";
	if (r->fault == FAULT_DUPLICATE)
		return "duplicate: have it";
	if (r->fault != FAULT_RATE_LIMITED || once)
		return NULL;
	r->fault_done = true;
	return "rate-limited: slow down";
}

static void take_event(struct relay *r, size_t conn, struct nframe *f)
{
	const char *no = refusal(r, conn);
	struct lerr err = {0};
	struct nevent *ev;

	if (r->fault == FAULT_DIE_BEFORE_OK && !r->fault_done) {
		r->fault_done = true;
		wspeer_drop(r->peer, conn);
		r->clients[conn].sub[0] = '\0';
		return;
	}
	if (nevent_verify(f->event, &err))
		no = "invalid: it is forged";
	send_ok(r, conn, &f->event->id, !no, no ? no : "");
	if (no || find(r, &f->event->id))
		return;
	ev = nevent_copy(f->event);
	publish(r, ev);
	work(r, ev);
}

/* ---- subscriptions */

static void forget_sub(struct client *c)
{
	for (size_t i = 0; i < c->nfilters; i++)
		nfilter_free(c->filters[i]);
	mem_free(c->filters);
	c->filters = NULL;
	c->nfilters = 0;
	c->sub[0] = '\0';
}

static void answer_req(struct relay *r, size_t conn)
{
	auto_buf struct buf eose = BUF_INIT(256);
	struct client *c = &r->clients[conn];

	give_before(r, conn);
	for (size_t i = r->nevents; i > 0; i--)
		if (matches(c, r->events[i - 1]) && !give(r, conn, r->events[i - 1]))
			return;
	if (r->fault == FAULT_NO_EOSE)
		return;
	nframe_write_eose(&eose, str_of(c->sub));
	send_buf(r, conn, &eose);
}

static void take_req(struct relay *r, size_t conn, struct nframe *f)
{
	struct client *c = &r->clients[conn];

	if ((r->fault == FAULT_AUTH || r->fault == FAULT_AUTH_REFUSED) && !c->authed) {
		send_closed(r, conn, f->sub, "auth-required: who are you?");
		return;
	}
	if (r->fault == FAULT_CLOSED_ONCE && !r->fault_done) {
		r->fault_done = true;
		send_closed(r, conn, f->sub, "error: not today");
		return;
	}
	forget_sub(c);
	str_copy(c->sub, sizeof(c->sub), f->sub);
	c->filters = f->filters;
	c->nfilters = f->nfilters;
	f->filters = NULL;
	f->nfilters = 0;
	answer_req(r, conn);
}

/* NIP-42, checked as a relay must: kind, challenge and relay, each for itself. */
static void take_auth(struct relay *r, size_t conn, const struct nframe *f)
{
	struct client *c = &r->clients[conn];
	struct str challenge = {NULL, 0};
	struct str url = {NULL, 0};
	bool good = f->event->kind == NKIND_AUTH &&
		    nevent_verify(f->event, NULL) == LERR_OK &&
		    nevent_tag(f->event, "challenge", &challenge) &&
		    str_eq_c(challenge, c->challenge) &&
		    nevent_tag(f->event, "relay", &url) && str_eq_c(url, r->url);

	c->authed = good && r->fault != FAULT_AUTH_REFUSED;
	send_ok(r, conn, &f->event->id, c->authed,
		c->authed ? "" : "restricted: not you either");
}

/* ---- wspeer.h calls back */

static void on_open(void *ctx, size_t conn)
{
	auto_buf struct buf frame = BUF_INIT(256);
	struct relay *r = ctx;
	struct client *c = &r->clients[conn];
	uint8_t noise[16];

	forget_sub(c);
	c->authed = false;
	rng_fill(noise, sizeof(noise));
	hex_encode(c->challenge, noise, sizeof(noise));
	nframe_write_challenge(&frame, str_of(c->challenge));
	if (r->fault == FAULT_AUTH || r->fault == FAULT_AUTH_REFUSED)
		send_buf(r, conn, &frame);
}

static void on_close(void *ctx, size_t conn)
{
	struct relay *r = ctx;

	forget_sub(&r->clients[conn]);
}

static void on_text(void *ctx, size_t conn, struct str text)
{
	struct relay *r = ctx;
	struct nframe f = {0};
	struct nframe_fault fault = {0};
	struct lerr err = {0};

	if (r->fault == FAULT_SILENT)
		return;
	if (nframe_parse(&f, &fault, NFRAME_FROM_CLIENT, text, CAP_FRAME_BYTES, &err))
		(void)fprintf(stderr, "fakeloom: bad frame: %s\n", err.msg);
	else if (f.type == NFRAME_C_EVENT)
		take_event(r, conn, &f);
	else if (f.type == NFRAME_C_REQ)
		take_req(r, conn, &f);
	else if (f.type == NFRAME_C_AUTH)
		take_auth(r, conn, &f);
	else if (f.type == NFRAME_C_CLOSE && str_eq_c(f.sub, r->clients[conn].sub))
		forget_sub(&r->clients[conn]);
	nframe_wipe(&f);
}

static const struct wspeer_ops ops = {on_open, on_text, on_close};

/* ---- start */

static const char *option(int argc, char **argv, const char *name, const char *def)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return def;
}

static enum fault find_fault(const char *name)
{
	for (size_t i = 0; i < FAULT_COUNT; i++)
		if (strcmp(fault_names[i], name) == 0)
			return (enum fault)i;
	panic("no fault is called %s", name);
}

static void set_up(struct relay *r, int argc, char **argv)
{
	const char *key = option(argc, argv, "--worker-key", "");
	struct lerr err = {0};
	unsigned int port;

	if (keyfile_read(&r->key, key, geteuid(), &err) ||
	    nsign_pubkey(&r->worker_id, &r->key, &err))
		panic("--worker-key: %s", err.msg);
	nsign_generate(&r->other_key);
	r->answer = option(argc, argv, "--answer", "good");
	r->fault = find_fault(option(argc, argv, "--fault", "none"));
	r->peer = wspeer_new(&port, option(argc, argv, "--dir", NULL), &ops, r);
	(void)snprintf(r->url, sizeof(r->url), "ws://127.0.0.1:%u", port);
	(void)snprintf(r->http, sizeof(r->http), "http://127.0.0.1:%u/", port);
	r->worker = (struct fakeworker){
		&r->key, r->http, "made by the job\n",
		option(argc, argv, "--mint", "https://mint.example.com"),
		option(argc, argv, "--change", "")};
	if (r->fault == FAULT_HTTP_503)
		wspeer_refuse(r->peer, 503);
	publish(r, fakeworker_advert(&r->worker));
}

int main(int argc, char **argv)
{
	static struct relay r;

	set_up(&r, argc, argv);
	(void)printf("ready %s\n", r.url);
	(void)fflush(stdout);
	wspeer_run(r.peer);
	for (size_t i = 0; i < WSPEER_CONNS; i++)
		forget_sub(&r.clients[i]);
	for (size_t i = 0; i < r.nevents; i++)
		nevent_free(r.events[i]);
	wspeer_free(r.peer);
	return 0;
}
