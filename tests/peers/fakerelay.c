/* SPDX-License-Identifier: MIT */
/*
 * A relay on loopback that misbehaves on demand: fakerelay [PORT | CERT KEY]. It says its
 * port ("ready PORT"), then what clients do: open, req SUB, published ID, authed, closed.
 * As it starts it has one subscription a connection, sends it everything and forgets what
 * is published; "set open 1" makes it a relay that anybody can use. Lines on stdin:
 *
 *	event JSON	keep it, and send it to every subscription, whatever its filter
 *	raw TEXT	send this frame to every connection
 *	big N		send a frame of N bytes
 *	drop		end every connection without a close frame
 *	set NAME TEXT	noeose, nook, twice, dropevent, silent: 1 or 0; auth: demand it;
 *			deny: refuse it; ok TEXT: OK false with it; closed TEXT: the
 *			answer to REQ; http N: the answer to upgrades; open 1: keep what
 *			is published (every version of it) and obey filters
 */
#include "config.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/net/lwsloop.h"
#include "lib/net/wsqueue.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nframe.h"

#include <libwebsockets.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { ROOM = 4 * 1024 * 1024, CLIENTS = 64, SUBS = 8, EVENTS = 4096 };

static const char challenge[] = "fake-challenge";

enum setting {
	NOEOSE,
	NOOK,
	TWICE,
	DROPEVENT,
	SILENT,
	AUTH,
	DENY,
	OK,
	CLOSED,
	HTTP,
	OPEN,
	SETTINGS
};

static const char *const names[SETTINGS] = {"noeose", "nook", "twice", "dropevent",
					    "silent", "auth", "deny",  "ok",
					    "closed", "http", "open"};
static char settings[SETTINGS][256];

struct sub {
	char id[CAP_SUBID_BYTES + 1]; /* empty: free */
	struct nfilter **filters;
	size_t n;
};

struct client {
	struct lws *wsi;
	struct wsqueue out;
	struct buf in;
	struct sub subs[SUBS];
	bool authed;
	bool drop;
};

static struct client clients[CLIENTS];
static struct {
	char *json;
	struct nevent *event; /* NULL: it is none */
} events[EVENTS];
static size_t nevents;
static struct lwsloop *lws;

static bool is_set(enum setting s)
{
	return settings[s][0] && strcmp(settings[s], "0") != 0;
}

static struct client *find(const struct lws *wsi)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].wsi == wsi)
			return &clients[i];
	return NULL;
}

static void say(struct client *c, struct str text)
{
	wsqueue_add(&c->out, text);
	lws_callback_on_writable(c->wsi);
}

static void say_c(struct client *c, const char *text)
{
	say(c, str_of(text));
}

/* ---- subscriptions and events */

static struct sub *find_sub(struct client *c, struct str id)
{
	for (size_t i = 0; i < SUBS; i++)
		if (str_eq_c(id, c->subs[i].id))
			return &c->subs[i];
	return NULL;
}

static void drop_sub(struct client *c, struct str id)
{
	struct sub *s = find_sub(c, id);

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		nfilter_free(s->filters[i]);
	mem_free(s->filters);
	*s = (struct sub){.n = 0};
}

/* Takes the filters of the frame. NULL: it has too many subscriptions. */
static struct sub *add_sub(struct client *c, struct nframe *f)
{
	struct sub *s;

	drop_sub(c, f->sub);
	s = find_sub(c, STR_LIT(""));
	if (!s)
		return NULL;
	str_copy(s->id, sizeof(s->id), f->sub);
	s->filters = f->filters;
	s->n = f->nfilters;
	f->filters = NULL;
	f->nfilters = 0;
	return s;
}

static bool is_asked_for(const struct sub *s, const struct nevent *ev)
{
	for (size_t i = 0; ev && i < s->n; i++)
		if (nfilter_matches(s->filters[i], ev))
			return true;
	return !is_set(OPEN);
}

static void send_event(struct client *c, const struct sub *s, size_t event)
{
	auto_buf struct buf b = BUF_INIT(ROOM);

	if (!is_asked_for(s, events[event].event))
		return;
	nframe_write_sub_event(&b, str_of(s->id), str_of(events[event].json));
	say(c, buf_str(&b));
	if (is_set(TWICE))
		say(c, buf_str(&b));
}

static void push(struct client *c, size_t event)
{
	for (size_t i = 0; i < SUBS; i++)
		if (c->subs[i].id[0])
			send_event(c, &c->subs[i], event);
}

/* Takes the text. */
static void keep_and_push(char *json)
{
	if (nevents == EVENTS) {
		mem_free(json);
		return;
	}
	events[nevents].json = json;
	if (nevent_parse(&events[nevents].event, str_of(json), NULL))
		events[nevents].event = NULL;
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].wsi)
			push(&clients[i], nevents);
	nevents++;
}

static bool is_kept(const struct id32 *id)
{
	for (size_t i = 0; i < nevents; i++)
		if (events[i].event && id32_eq(&events[i].event->id, id))
			return true;
	return false;
}

/* ---- frames */

static void send_ok(struct client *c, const struct id32 *id, bool accepted,
		    const char *text)
{
	auto_buf struct buf b = BUF_INIT(ROOM);

	nframe_write_ok(&b, id, accepted, str_of(text));
	say(c, buf_str(&b));
}

static void on_req(struct client *c, struct nframe *f)
{
	auto_buf struct buf b = BUF_INIT(ROOM);
	struct sub *s;

	printf("req %.*s since %llu\n", STR_ARG(f->sub),
	       (unsigned long long)(f->nfilters ? f->filters[0]->since : 0));
	s = add_sub(c, f);
	if (!s)
		nframe_write_closed(&b, f->sub, STR_LIT("error: too many"));
	else if (is_set(AUTH) && !c->authed)
		nframe_write_closed(&b, f->sub, STR_LIT("auth-required: who are you?"));
	else if (is_set(CLOSED))
		nframe_write_closed(&b, f->sub, str_of(settings[CLOSED]));
	if (b.n) {
		drop_sub(c, f->sub);
		say(c, buf_str(&b));
		return;
	}
	for (size_t i = 0; i < nevents; i++)
		send_event(c, s, i);
	if (is_set(NOEOSE))
		return;
	nframe_write_eose(&b, f->sub);
	say(c, buf_str(&b));
}

/* What an open relay does with an event; false: it is refused. */
static bool take(const struct nevent *ev)
{
	struct buf b = BUF_INIT(CAP_EVENT_BYTES);

	if (nevent_verify(ev, NULL))
		return false;
	if (is_kept(&ev->id))
		return true;
	nevent_write(&b, ev);
	keep_and_push(buf_take(&b));
	return true;
}

static void on_event(struct client *c, const struct nframe *f)
{
	printf("published %s\n", id32_hex(&f->event->id).c);
	if (is_set(DROPEVENT))
		c->drop = true;
	else if (is_set(AUTH) && !c->authed)
		send_ok(c, &f->event->id, false, "auth-required: who are you?");
	else if (is_set(OPEN) && !take(f->event))
		send_ok(c, &f->event->id, false, "invalid: signature");
	else if (!is_set(NOOK))
		send_ok(c, &f->event->id, !is_set(OK), settings[OK]);
	lws_callback_on_writable(c->wsi);
}

static void on_auth(struct client *c, const struct nframe *f)
{
	bool good = nevent_verify(f->event, NULL) == LERR_OK &&
		    f->event->kind == NKIND_AUTH &&
		    nevent_has_tag(f->event, "challenge", str_of(challenge));

	printf("authed %s %s\n", id32_hex(&f->event->pubkey).c, good ? "good" : "bad");
	c->authed = good && !is_set(DENY);
	send_ok(c, &f->event->id, c->authed, c->authed ? "" : "restricted: not you");
}

static void on_text(struct client *c)
{
	struct nframe f;
	struct nframe_fault fault;

	if (nframe_parse(&f, &fault, NFRAME_FROM_CLIENT, buf_str(&c->in), ROOM, NULL))
		printf("odd frame\n");
	else if (f.type == NFRAME_C_REQ)
		on_req(c, &f);
	else if (f.type == NFRAME_C_CLOSE)
		drop_sub(c, f.sub);
	else if (f.type == NFRAME_C_EVENT)
		on_event(c, &f);
	else if (f.type == NFRAME_C_AUTH)
		on_auth(c, &f);
	nframe_wipe(&f);
	buf_reset(&c->in);
}

/* ---- libwebsockets */

static void on_open(struct lws *wsi)
{
	struct client *c = find(NULL);
	auto_buf struct buf b = BUF_INIT(4096);

	if (!c)
		return;
	*c = (struct client){.wsi = wsi};
	wsqueue_init(&c->out);
	buf_init(&c->in, ROOM);
	printf("open\n");
	if (is_set(AUTH)) {
		nframe_write_challenge(&b, str_of(challenge));
		say(c, buf_str(&b));
	}
}

static void on_close(struct client *c)
{
	printf("closed\n");
	for (size_t i = 0; i < SUBS; i++)
		drop_sub(c, str_of(c->subs[i].id));
	wsqueue_wipe(&c->out);
	buf_free(&c->in);
	*c = (struct client){.wsi = NULL};
}

/* Status and a header, and no WebSocket. */
static int refuse(struct lws *wsi, const char *status)
{
	char text[LWS_PRE + 512];
	int n = snprintf(text + LWS_PRE, 512,
			 "HTTP/1.1 %s x\r\nRetry-After: 90\r\nContent-Length: 0\r\n"
			 "Connection: close\r\n\r\n",
			 status);

	(void)lws_write(wsi, (unsigned char *)text + LWS_PRE, (size_t)n,
			LWS_WRITE_HTTP_HEADERS);
	return -1;
}

static int on_writeable(struct client *c)
{
	if (c->drop)
		return -1;
	if (wsqueue_is_empty(&c->out) || is_set(SILENT))
		return 0;
	if (!wsqueue_write(&c->out, c->wsi))
		return -1;
	lws_callback_on_writable(c->wsi);
	return 0;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		  size_t n)
{
	struct client *c = find(wsi);

	(void)user;
	if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE && is_set(HTTP))
		return refuse(wsi, settings[HTTP]);
	if (reason == LWS_CALLBACK_HTTP)
		return refuse(wsi, "426");
	if (reason == LWS_CALLBACK_ESTABLISHED)
		on_open(wsi);
	if (!c)
		return 0;
	if (reason == LWS_CALLBACK_CLOSED)
		on_close(c);
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return on_writeable(c);
	if (reason == LWS_CALLBACK_RECEIVE) {
		buf_add(&c->in, in, n);
		if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi))
			on_text(c);
	}
	return 0;
}

/* ---- commands */

static void each(void (*fn)(struct client *c, const char *arg), const char *arg)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].wsi)
			fn(&clients[i], arg);
}

static void drop(struct client *c, const char *arg)
{
	(void)arg;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static void send_big(struct client *c, const char *arg)
{
	auto_buf struct buf b = BUF_INIT(ROOM);
	uint64_t n = 0;

	(void)str_to_u64(str_of(arg), ROOM - 100, &n);
	buf_add_c(&b, "[\"NOTICE\",\"");
	while (b.n < n)
		buf_add_char(&b, 'x');
	buf_add_c(&b, "\"]");
	say(c, buf_str(&b));
}

static void set(const char *arg)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(arg, names[i], n) == 0 && (arg[n] == ' ' || !arg[n]))
			str_copy(settings[i], sizeof(settings[i]),
				 str_of(arg[n] ? arg + n + 1 : ""));
	}
}

static void command(const char *line)
{
	if (strncmp(line, "event ", 6) == 0) {
		keep_and_push(mem_strdup(line + 6));
	} else if (strncmp(line, "raw ", 4) == 0) {
		each(say_c, line + 4);
	} else if (strncmp(line, "big ", 4) == 0) {
		each(send_big, line + 4);
	} else if (strcmp(line, "drop") == 0) {
		each(drop, NULL);
	} else if (strncmp(line, "set ", 4) == 0) {
		set(line + 4);
	}
	lwsloop_kick(lws);
	printf("done\n");
}

static struct buf input = BUF_INIT(ROOM);

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	(void)h;
	*b = uv_buf_init(buf_space(&input, hint), (unsigned int)hint);
}

static void on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	char *end;

	(void)b;
	if (n < 0) {
		uv_stop(s->loop);
		return;
	}
	buf_grew(&input, (size_t)n);
	while (input.n && (end = strchr(input.p, '\n')) != NULL) {
		*end = '\0';
		command(input.p);
		buf_eat(&input, (size_t)(end - input.p) + 1);
	}
}

int main(int argc, char **argv)
{
	static const struct lws_protocols protocols[] = {
		{.name = "fake", .callback = on_lws, .rx_buffer_size = 65536},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {
		.port = 0,
		.iface = "127.0.0.1",
		.protocols = protocols,
		.vhost_name = "fake",
		.alpn = "http/1.1",
		.http_proxy_address = LWSLOOP_NO_PROXY,
	};
	struct lws_vhost *vhost;
	uv_pipe_t in;

	uint64_t port = 0;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !str_to_u64(str_of(argv[1]), UINT16_MAX, &port))
		return 2;
	info.port = (int)port;
	if (argc == 3) {
		info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = argv[1];
		info.ssl_private_key_filepath = argv[2];
	}
	if (lwsloop_new(&lws, uv_default_loop(), NULL))
		return 1;
	vhost = lws_create_vhost(lwsloop_context(lws), &info);
	if (!vhost)
		return 1;
	(void)uv_pipe_init(uv_default_loop(), &in, 0);
	(void)uv_pipe_open(&in, 0);
	(void)uv_read_start((uv_stream_t *)&in, on_alloc, on_input);
	printf("ready %d\n", lws_get_vhost_listen_port(vhost));
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	return 0;
}
