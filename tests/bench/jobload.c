/* SPDX-License-Identifier: MIT */
/*
 * A customer who sends many no-op jobs on one connection, for `make bench`:
 *
 *	jobload jobs RELAY WORKER KEYFILE RATE COUNT [FILE [TOKENS]]
 *		COUNT jobs at RATE a second (0: as fast as the connection takes them), and
 *		wait for their results. FILE gets a line for each job: id, unix time of sending
 *		in milliseconds, then microseconds until OK and until the result. Each job is
 *		paid with a line of TOKENS
 *	jobload publish RELAY WORKER KEYFILE COUNT
 *		the same as fast as can be, and wait for the OKs only
 *	jobload schnorr SECONDS
 *		bare Schnorr verifications a second on one core
 *
 * All requests are made and signed before the first is sent. What the relay refuses is
 * counted and not waited for. Status 0: every request has got its OK, and every one that
 * was accepted its result.
 */
#include "config.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/net/lwsloop.h"
#include "lib/net/wsc.h"
#include "lib/proto/keyfile.h"
#include "lib/proto/nframe.h"
#include "lib/proto/nsign.h"
#include "lib/proto/schnorr.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SILENCE_MS = 20000, /* nothing at all from the relay: no more will come */
	TICK_MS = 1,
	QUEUE_BYTES = 1024 * 1024, /* waiting in the connection before more is added */
	FILE_LINE = 128,
};

struct sent {
	struct id32 id;
	struct buf frame;
	uint64_t at_us;
	uint64_t at_ms;     /* unix time */
	uint64_t ok_us;     /* until the OK; 0: none yet */
	uint64_t result_us; /* until the result; 0: none yet */
	bool refused;
};

struct load {
	uv_loop_t loop;
	struct wsc *wsc;
	uint64_t conn;
	struct nsign_key key;
	struct id32 me;
	struct id32 worker;
	bool want_results;
	uint64_t rate;
	size_t count;
	size_t nsent;
	size_t nok; /* answered with OK, true or false */
	size_t nrefused;
	size_t ncame;
	size_t ngood;      /* of those: success */
	size_t first;      /* all before it are through */
	struct buf tokens; /* of all jobs; empty: none is paid */
	struct str tokens_left;
	struct sent *sent;
	uint64_t began_us;
	uint64_t ended_us;
	uint64_t heard_us;
	uv_timer_t timer;
};

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

/* ---- the requests */

static struct nevent *request(struct load *l)
{
	struct str payment[2] = {STR_LIT("payment"), STR_LIT("")};
	auto_ntags struct ntags *tags = ntags_new();
	struct nevent *ev;
	struct id32 salt;
	uint8_t sig[64];

	/* two runs within a second must not make the same event */
	rng_fill(salt.b, sizeof(salt.b));
	ntags_add_c(tags, "p", id32_hex(&l->worker).c, NULL);
	ntags_add_c(tags, "cmd", "true", NULL);
	ntags_add_c(tags, "salt", id32_hex(&salt).c, NULL);
	if (l->tokens.n) {
		if (!str_next(&l->tokens_left, '\n', &payment[1]))
			panic("fewer tokens than jobs");
		ntags_add(tags, payment, 2);
	}
	ev = nevent_make(&l->me, clock_wall_s(), NKIND_JOB, tags, STR_LIT(""));
	nsign_sign(sig, &l->key, &ev->id);
	nevent_set_sig(ev, sig);
	return ev;
}

static void make_requests(struct load *l)
{
	l->sent = mem_array(l->count, sizeof(*l->sent));
	for (size_t i = 0; i < l->count; i++) {
		auto_nevent struct nevent *ev = request(l);
		auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);

		nevent_write(&json, ev);
		l->sent[i].id = ev->id;
		buf_init(&l->sent[i].frame, CAP_FRAME_BYTES);
		nframe_write_event(&l->sent[i].frame, buf_str(&json));
	}
}

static void free_requests(struct load *l)
{
	for (size_t i = 0; i < l->count; i++)
		buf_free(&l->sent[i].frame);
	mem_free(l->sent);
}

/* ---- sending */

static void stop(struct load *l)
{
	l->ended_us = now_us();
	uv_stop(&l->loop);
}

static bool send_one(struct load *l)
{
	struct sent *s = &l->sent[l->nsent];

	s->at_ms = clock_wall_ms();
	s->at_us = now_us();
	if (!wsc_send(l->wsc, l->conn, buf_str(&s->frame)))
		return false;
	l->nsent++;
	return true;
}

static void on_timer(uv_timer_t *t)
{
	struct load *l = t->data;
	uint64_t now = now_us();
	uint64_t due = l->rate ? (now - l->began_us) * l->rate / 1000000 + 1 : l->count;

	if (now - l->heard_us > SILENCE_MS * 1000u) {
		stop(l);
		return;
	}
	while (l->began_us && l->nsent < l->count && l->nsent < due &&
	       wsc_queued(l->wsc, l->conn) < QUEUE_BYTES)
		if (!send_one(l))
			return;
}

/* ---- what comes back */

static bool is_through(const struct load *l, const struct sent *s)
{
	return s->refused || (s->ok_us && (s->result_us || !l->want_results));
}

static struct sent *find(struct load *l, const struct id32 *id)
{
	while (l->first < l->nsent && is_through(l, &l->sent[l->first]))
		l->first++;
	for (size_t i = l->first; i < l->nsent; i++)
		if (id32_eq(&l->sent[i].id, id))
			return &l->sent[i];
	return NULL;
}

static void look_at_end(struct load *l)
{
	if (l->nok == l->count &&
	    (!l->want_results || l->ncame + l->nrefused == l->count))
		stop(l);
}

static void take_result(struct load *l, const struct nevent *ev)
{
	struct id32 job;
	struct str success;
	struct sent *s;

	if (ev->kind != NKIND_RESULT || !nevent_tag_id32(ev, "e", &job))
		return;
	s = find(l, &job);
	if (!s || s->result_us)
		return;
	s->result_us = now_us() - s->at_us;
	l->ncame++;
	l->ngood += nevent_tag(ev, "success", &success) && str_eq_c(success, "true");
}

static void take_ok(struct load *l, const struct nframe *f)
{
	struct sent *s = find(l, &f->id);

	if (!s || s->ok_us)
		return;
	s->ok_us = now_us() - s->at_us;
	l->nok++;
	if (f->accepted)
		return;
	if (l->nrefused++ == 0)
		(void)fprintf(stderr, "refused: %.*s\n", STR_ARG(f->text));
	s->refused = true;
}

static void take_frame(struct load *l, const struct nframe *f)
{
	if (f->type == NFRAME_R_EVENT)
		take_result(l, f->event);
	if (f->type == NFRAME_R_OK)
		take_ok(l, f);
	if (f->type == NFRAME_R_CLOSED || f->type == NFRAME_R_NOTICE)
		(void)fprintf(stderr, "the relay says: %.*s\n", STR_ARG(f->text));
	if (f->type == NFRAME_R_EOSE && l->began_us == 0)
		l->began_us = now_us();
	look_at_end(l);
}

static void on_open(void *ctx, uint64_t id)
{
	struct load *l = ctx;
	char req[512];

	(void)snprintf(req, sizeof(req),
		       "[\"REQ\",\"results\",{\"kinds\":[5101],\"authors\":[\"%s\"],"
		       "\"#p\":[\"%s\"],\"limit\":0}]",
		       id32_hex(&l->worker).c, id32_hex(&l->me).c);
	(void)wsc_send(l->wsc, id, str_of(req));
}

static void on_text(void *ctx, uint64_t id, struct str text)
{
	struct load *l = ctx;
	struct nframe f = {0};
	struct nframe_fault fault;

	(void)id;
	l->heard_us = now_us();
	if (nframe_parse(&f, &fault, NFRAME_FROM_RELAY, text, CAP_FRAME_BYTES, NULL) ==
	    LERR_OK)
		take_frame(l, &f);
	nframe_wipe(&f);
}

static void on_close(void *ctx, uint64_t id, const struct wsc_end *end)
{
	(void)id;
	(void)fprintf(stderr, "connection ended: %s\n", end->why);
	stop(ctx);
}

/* ---- figures */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Times of accepted requests, sorted; how many. */
static size_t times(const struct load *l, uint64_t *out, bool results)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nsent; i++) {
		const struct sent *s = &l->sent[i];
		uint64_t us = results ? s->result_us : s->ok_us;

		if (us && !s->refused)
			out[n++] = us;
	}
	qsort(out, n, sizeof(*out), compare);
	return n;
}

static void print_times(const struct load *l, const char *what, bool results)
{
	uint64_t *v = mem_array(l->count, sizeof(*v));
	size_t n = times(l, v, results);

	if (n)
		printf(" %s_p50_us=%" PRIu64 " %s_p99_us=%" PRIu64 " %s_max_us=%" PRIu64,
		       what, v[n / 2], what, v[(n * 99 - 1) / 100], what, v[n - 1]);
	mem_free(v);
}

static void report(const struct load *l)
{
	printf("sent=%zu accepted=%zu refused=%zu unanswered=%zu results=%zu success=%zu "
	       "began_ms=%" PRIu64 " wall_us=%" PRIu64,
	       l->nsent, l->nok - l->nrefused, l->nrefused, l->nsent - l->nok, l->ncame,
	       l->ngood, l->sent[0].at_ms, l->ended_us - l->began_us);
	print_times(l, "ok", false);
	if (l->want_results)
		print_times(l, "result", true);
	printf("\n");
}

static void write_each(const struct load *l, const char *path)
{
	auto_buf struct buf out = BUF_INIT(l->count * FILE_LINE + 1);
	struct lerr err = {0};

	for (size_t i = 0; i < l->nsent; i++) {
		const struct sent *s = &l->sent[i];

		buf_addf(&out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			 id32_hex(&s->id).c, s->at_ms, s->ok_us, s->result_us);
	}
	if (fdio_write_file(AT_FDCWD, path, 0644, buf_str(&out), FDIO_ATOMIC, &err))
		panic("%s", err.msg);
}

/* ---- start */

static void load_key(struct load *l, const char *file, const char *worker)
{
	struct lerr err = {0};

	if (keyfile_read(&l->key, file, geteuid(), &err) ||
	    nsign_pubkey(&l->me, &l->key, &err))
		panic("%s", err.msg);
	if (!id32_parse(&l->worker, str_of(worker)))
		panic("WORKER wants 64 hex digits");
}

static void connect_to(struct load *l, const char *relay)
{
	static const struct wsc_ops ops = {on_open, on_text, on_close};
	struct lwsloop *lws = NULL;
	struct wsurl url;
	struct lerr err = {0};

	if (uv_loop_init(&l->loop) || lwsloop_new(&lws, &l->loop, &err) ||
	    wsc_new(&l->wsc, lws, NULL, NULL, &ops, l, &err) ||
	    wsurl_parse(&url, str_of(relay), &err))
		panic("%s", err.msg);
	l->timer.data = l;
	if (uv_timer_init(&l->loop, &l->timer) ||
	    uv_timer_start(&l->timer, on_timer, TICK_MS, TICK_MS))
		panic("uv_timer");
	l->heard_us = now_us();
	l->conn = wsc_open(l->wsc, &url);
}

static int run(struct load *l, const char *relay, const char *each)
{
	bool whole;

	make_requests(l);
	connect_to(l, relay);
	(void)uv_run(&l->loop, UV_RUN_DEFAULT);
	report(l);
	if (each)
		write_each(l, each);
	whole = l->nok == l->count &&
		(!l->want_results || l->ncame == l->nok - l->nrefused);
	free_requests(l);
	return whole ? 0 : 1;
}

static int schnorr(uint64_t seconds)
{
	struct nsign_key key;
	struct id32 pubkey;
	struct id32 msg = {{1}};
	uint8_t sig[64];
	uint64_t from;
	uint64_t n = 0;

	nsign_generate(&key);
	if (nsign_pubkey(&pubkey, &key, NULL))
		panic("key");
	nsign_sign(sig, &key, &msg);
	from = now_us();
	while (now_us() - from < seconds * 1000000) {
		for (int i = 0; i < 100; i++)
			if (!schnorr_verify(&pubkey, sig, msg.b, sizeof(msg.b)))
				panic("verify");
		n += 100;
	}
	printf("verifications_per_s=%" PRIu64 "\n", n * 1000000 / (now_us() - from));
	return 0;
}

static uint64_t number(const char *text)
{
	uint64_t v;

	if (!str_to_u64(str_of(text), 10000000, &v))
		panic("'%s' is not a number", text);
	return v;
}

static void load_tokens(struct load *l, const char *path)
{
	struct lerr err = {0};

	buf_init(&l->tokens, 4 * 1024 * 1024);
	if (fdio_read_file(AT_FDCWD, path, &l->tokens, &err))
		panic("%s", err.msg);
	l->tokens_left = buf_str(&l->tokens);
}

int main(int argc, char **argv)
{
	struct load l = {0};
	int status;

	if (argc == 3 && strcmp(argv[1], "schnorr") == 0)
		return schnorr(number(argv[2]));
	if (argc == 6 && strcmp(argv[1], "publish") == 0) {
		l.count = number(argv[5]);
	} else if (argc >= 7 && argc <= 9 && strcmp(argv[1], "jobs") == 0) {
		l.want_results = true;
		l.rate = number(argv[5]);
		l.count = number(argv[6]);
	}
	if (l.count == 0)
		panic("usage: jobload jobs RELAY WORKER KEYFILE RATE COUNT [FILE "
		      "[TOKENS]]\n"
		      "       jobload publish RELAY WORKER KEYFILE COUNT\n"
		      "       jobload schnorr SECONDS");
	load_key(&l, argv[4], argv[3]);
	if (argc == 9)
		load_tokens(&l, argv[8]);
	status = run(&l, argv[2], argc >= 8 ? argv[7] : NULL);
	buf_wipe(&l.tokens);
	return status;
}
