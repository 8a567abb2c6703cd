/* SPDX-License-Identifier: MIT */
/*
 * libcurl says which sockets it wants watched and when it wants to be called; libuv
 * watches and calls. A request ends in finish_done() alone, which runs from the loop.
 */
#include "config.h"

#include "lib/net/httpc.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/netaddr.h"
#include "lib/base/panic.h"

#include <curl/curl.h>

#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 10000, IDLE_CONNECTIONS = 16 };

enum barrier {
	BARRIER_NONE,
	BARRIER_PLAIN,
	BARRIER_PUBLIC,
};

struct call {
	struct call *next;
	struct httpc *owner;
	uint64_t id;
	CURL *easy;
	struct curl_slist *headers;
	struct buf request;
	struct buf answer;
	bool plain; /* http:// over TCP: this machine alone */
	bool public_only;
	bool is_unix;
	enum barrier barrier; /* the last address was not dialled for that */
	httpc_done *done;
	void *ctx;
	char why[CURL_ERROR_SIZE];
};

/* A socket that libcurl wants watched. */
struct watch {
	uv_poll_t poll;
	struct httpc *owner;
	curl_socket_t fd;
};

struct httpc {
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
	char *ca_file;
	struct call *calls;
	size_t ncalls;
	uint64_t last_id;
};

static void must(CURLcode rc)
{
	if (rc != CURLE_OK)
		panic("curl: %s", curl_easy_strerror(rc));
}

static void must_multi(CURLMcode rc)
{
	if (rc != CURLM_OK)
		panic("curl: %s", curl_multi_strerror(rc));
}

/* ---- the end of a request */

static void unlink_call(struct call *c)
{
	struct call **at = &c->owner->calls;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->owner->ncalls--;
}

static void free_call(struct call *c)
{
	must_multi(curl_multi_remove_handle(c->owner->multi, c->easy));
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	buf_free(&c->request);
	buf_free(&c->answer);
	mem_free(c);
}

static enum httpc_fault fault_of(const struct call *c, CURLcode rc)
{
	/* libcurl's own list of codes: those that mean something to a caller */
	switch ((int)rc) {
	case CURLE_OK:
		return HTTPC_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return HTTPC_NO_ROUTE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return HTTPC_CERT;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTPC_TIMEOUT;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return buf_over(&c->answer) || rc == CURLE_FILESIZE_EXCEEDED
			       ? HTTPC_TOO_LARGE
			       : HTTPC_BROKEN;
	}
	return HTTPC_BROKEN;
}

static const char *why_of(const struct call *c, CURLcode rc)
{
	/* after one that was not dialled, another may have been */
	if (rc == CURLE_COULDNT_CONNECT && c->barrier == BARRIER_PLAIN)
		return "http:// goes to this machine alone";
	if (rc == CURLE_COULDNT_CONNECT && c->barrier == BARRIER_PUBLIC)
		return "a private or local address";
	if (rc == CURLE_COULDNT_CONNECT && c->is_unix)
		return "nobody listens on the socket"; /* curl would name the URL's host */
	return c->why[0] ? c->why : curl_easy_strerror(rc);
}

static void finish(struct call *c, CURLcode rc)
{
	struct httpc_answer a = {.fault = fault_of(c, rc), .handle = c->easy};
	long status = 0;

	unlink_call(c);
	if (rc == CURLE_OK) {
		must(curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status));
		a.status = (unsigned int)status;
		a.body = buf_str(&c->answer);
	} else {
		a.why = why_of(c, rc);
	}
	c->done(c->ctx, c->id, &a);
	free_call(c);
}

static void finish_done(struct httpc *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct call *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		must(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c));
		finish(c, m->data.result);
	}
}

/* ---- libcurl's sockets and its timer */

static void act(struct httpc *h, curl_socket_t fd, int events)
{
	int running;

	must_multi(curl_multi_socket_action(h->multi, fd, events, &running));
	finish_done(h);
}

static void on_ready(uv_poll_t *p, int status, int events)
{
	struct watch *w = p->data;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0;

	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	act(w->owner, w->fd, flags);
}

static void on_timeout(uv_timer_t *t);

static int set_timer(CURLM *multi, long ms, void *ctx)
{
	struct httpc *h = ctx;

	(void)multi;
	if (ms < 0) {
		(void)uv_timer_stop(&h->timer);
		return 0;
	}
	/* never early: for that libcurl's clock and libuv's must agree */
	uv_update_time(h->loop);
	(void)uv_timer_start(&h->timer, on_timeout, ms ? (uint64_t)ms + 1 : 0, 0);
	return 0;
}

static void on_timeout(uv_timer_t *t)
{
	struct httpc *h = t->data;
	long ms = -1;

	act(h, CURL_SOCKET_TIMEOUT, 0);
	/* if it was early all the same, libcurl does not ask a second time */
	must_multi(curl_multi_timeout(h->multi, &ms));
	if (ms >= 0 && !uv_is_active((uv_handle_t *)&h->timer))
		(void)set_timer(h->multi, ms, h);
}

static void on_watch_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

static int set_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct httpc *h = ctx;
	struct watch *w = known;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		return 0;
	}
	if (!w) {
		w = mem_zalloc(sizeof(*w));
		w->owner = h;
		w->fd = fd;
		if (uv_poll_init_socket(h->loop, &w->poll, fd) != 0)
			panic("uv_poll_init_socket");
		w->poll.data = w;
		must_multi(curl_multi_assign(h->multi, fd, w));
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	if (uv_poll_start(&w->poll, events, on_ready) != 0)
		panic("uv_poll_start");
	return 0;
}

/* ---- one request */

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct call *c = ctx;

	buf_add(&c->answer, p, size * n);
	return buf_over(&c->answer) ? 0 : size * n;
}

/* The last look before an address is dialled: a name may resolve to anything. */
static enum barrier barrier_of(const struct call *c, const struct sockaddr *a)
{
	if (c->public_only && !netaddr_is_public(a))
		return BARRIER_PUBLIC;
	if (c->plain && a->sa_family != AF_UNIX && !netaddr_is_loopback(a))
		return BARRIER_PLAIN;
	return BARRIER_NONE;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct call *c = ctx;
	enum barrier barrier = barrier_of(c, &a->addr);

	(void)purpose;
	if (barrier) {
		c->barrier = barrier;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static enum lerr_code set_target(struct call *c, const struct httpc_request *req,
				 struct lerr *err)
{
	struct str url = str_of(req->url);

	c->plain = str_starts(url, "http://");
	if (!c->plain && !str_starts(url, "https://"))
		return lerr_set(err, LERR_INPUT, 0, "want http:// or https://");
	if (url.n > CAP_CONF_LINE)
		return lerr_set(err, LERR_LIMIT, 0, "URL too long");
	must(curl_easy_setopt(c->easy, CURLOPT_URL, req->url));
	must(curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	must(curl_easy_setopt(c->easy, CURLOPT_PROXY, ""));
	must(curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L));
	c->is_unix = req->unix_path != NULL;
	if (c->is_unix)
		must(curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, req->unix_path));
	must(curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	must(curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c));
	c->public_only = req->public_only;
	/* a connection that is open already was not looked at so */
	if (c->public_only || req->once)
		must(curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L));
	if (c->owner->ca_file) /* the folder of the system's authorities stays */
		must(curl_easy_setopt(c->easy, CURLOPT_CAINFO, c->owner->ca_file));
	return LERR_OK;
}

static void set_body(struct call *c, const struct httpc_request *req)
{
	bool post = str_eq_c(str_of(req->method), "POST");

	if (str_eq_c(str_of(req->method), "HEAD"))
		must(curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L));
	if (req->body.n == 0 && !post)
		return;
	buf_init(&c->request, req->body.n);
	buf_add_str(&c->request, req->body);
	must(curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS,
			      c->request.p ? c->request.p : ""));
	must(curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			      (curl_off_t)req->body.n));
}

static void add_header(struct call *c, const char *line)
{
	struct curl_slist *list = curl_slist_append(c->headers, line);

	if (!list)
		panic("curl_slist_append");
	c->headers = list;
}

static void set_headers(struct call *c, const struct httpc_request *req)
{
	for (const char *const *at = req->headers; at && *at; at++)
		add_header(c, *at);
	/* no round trip before a large body: our peers take it or close */
	add_header(c, "Expect:");
	must(curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers));
	must(curl_easy_setopt(c->easy, CURLOPT_USERAGENT,
			      PACKAGE_NAME "/" PACKAGE_VERSION));
}

static void set_rest(struct call *c, const struct httpc_request *req)
{
	INVARIANT(req->timeout_ms > 0);
	buf_init(&c->answer, req->max_answer);
	must(curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, req->method));
	must(curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)req->timeout_ms));
	must(curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS));
	must(curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L));
	must(curl_easy_setopt(c->easy, CURLOPT_MAXFILESIZE_LARGE,
			      (curl_off_t)req->max_answer));
	must(curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body));
	must(curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c));
	must(curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why));
	must(curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c));
}

enum lerr_code httpc_start(struct httpc *h, uint64_t *id, const struct httpc_request *req,
			   httpc_done *done, void *ctx, struct lerr *err)
{
	struct call *c;
	enum lerr_code rc;

	if (h->ncalls >= CAP_HTTP_REQUESTS)
		return lerr_set(err, LERR_LIMIT, 0, "%d requests are under way",
				CAP_HTTP_REQUESTS);
	c = mem_zalloc(sizeof(*c));
	c->owner = h;
	c->done = done;
	c->ctx = ctx;
	c->easy = curl_easy_init();
	if (!c->easy)
		panic("curl_easy_init");
	rc = set_target(c, req, err);
	if (rc) {
		curl_easy_cleanup(c->easy);
		mem_free(c);
		return rc;
	}
	set_rest(c, req);
	set_body(c, req);
	set_headers(c, req);
	c->id = ++h->last_id;
	c->next = h->calls;
	h->calls = c;
	h->ncalls++;
	*id = c->id;
	/* asks for its timer at once: everything else happens from there */
	must_multi(curl_multi_add_handle(h->multi, c->easy));
	return LERR_OK;
}

void httpc_cancel(struct httpc *h, uint64_t id)
{
	struct call *c = h->calls;

	while (c && c->id != id)
		c = c->next;
	if (!c)
		return;
	unlink_call(c);
	free_call(c);
}

struct str httpc_header(const struct httpc_answer *a, const char *name)
{
	struct curl_header *found = NULL;

	if (curl_easy_header(a->handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return (struct str){"", 0};
	return str_of(found->value);
}

/* ---- start and end */

enum lerr_code httpc_new(struct httpc **out, uv_loop_t *loop, const char *ca_file,
			 struct lerr *err)
{
	struct httpc *h;

	if (ca_file && ca_file[0] && access(ca_file, R_OK) != 0)
		return lerr_set(err, LERR_INPUT, 0, "%.100s cannot be read", ca_file);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return lerr_set(err, LERR_TEMP, 0, "curl cannot be used");
	h = mem_zalloc(sizeof(*h));
	h->loop = loop;
	h->ca_file = ca_file && ca_file[0] ? mem_strdup(ca_file) : NULL;
	if (uv_timer_init(loop, &h->timer) != 0)
		panic("uv_timer_init");
	h->timer.data = h;
	h->multi = curl_multi_init();
	if (!h->multi)
		panic("curl_multi_init");
	must_multi(curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_watch));
	must_multi(curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h));
	must_multi(curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer));
	must_multi(curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h));
	must_multi(curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
				     (long)IDLE_CONNECTIONS));
	*out = h;
	return LERR_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct httpc *h = handle->data;

	mem_free(h->ca_file);
	mem_free(h);
}

void httpc_close(struct httpc *h)
{
	if (!h)
		return;
	while (h->calls)
		httpc_cancel(h, h->calls->id);
	must_multi(curl_multi_cleanup(h->multi));
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}
