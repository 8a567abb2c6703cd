/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/wscev.h"

#include "lib/base/str.h"
#include "lib/net/wscconn.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <stdio.h>

#define KEEP_RX_BYTES (64 * 1024)

static void opened(struct wscconn *c)
{
	struct wsc *w = c->owner;

	c->stage = WSCCONN_OPEN;
	c->end.was_open = true;
	wscconn_heard(c);
	wscconn_timer(c, w->limits.ping_ms);
	if (w->ops->on_open)
		w->ops->on_open(w->ctx, c->id);
}

/* Not by an error from this callback: libwebsockets would say goodbye first, go on
 * reading meanwhile, and write behind the end of its buffer, which it empties only after
 * a callback that returned 0 (seen with 4.1.6). */
static void refuse_frame(struct wscconn *c)
{
	wscconn_end(c, WSC_TOO_MUCH, "a message above %zu bytes",
		    c->owner->limits.frame_bytes);
	wscconn_kill(c);
}

/* A piece of a message; more may follow. */
static int received(struct wscconn *c, const char *in, size_t n)
{
	struct wsc *w = c->owner;
	bool whole = lws_is_final_fragment(c->wsi) &&
		     lws_remaining_packet_payload(c->wsi) == 0;
	uint64_t id = c->id;

	wscconn_heard(c);
	if (c->stage != WSCCONN_OPEN)
		return 0;
	buf_add(&c->rx, in, n);
	if (buf_over(&c->rx))
		refuse_frame(c);
	if (!whole || c->stage != WSCCONN_OPEN)
		return 0;
	w->ops->on_text(w->ctx, id, buf_str(&c->rx));
	/* it may have been closed meanwhile, but a wsi inside its callback lives */
	if (c->rx.room > KEEP_RX_BYTES)
		buf_free(&c->rx);
	else
		buf_reset(&c->rx);
	return 0;
}

static int write_ping(struct wscconn *c)
{
	unsigned char empty[LWS_PRE + 1] = {0};

	c->ping_due = false;
	if (lws_write(c->wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) < 0)
		return -1;
	return 0;
}

/* One frame a turn (libwebsockets would buffer a second one itself). */
static int writeable(struct wscconn *c)
{
	int rc = 0;

	if (c->ping_due)
		rc = write_ping(c);
	else if (!wsqueue_is_empty(&c->out))
		rc = wsqueue_write(&c->out, c->wsi) ? 0 : -1;
	else if (c->stage == WSCCONN_CLOSING) {
		c->stage = WSCCONN_DEAD;
		lwsloop_goodbye(c->wsi, c->close_code);
		return 0;
	}
	if (rc == 0 &&
	    (c->ping_due || !wsqueue_is_empty(&c->out) || c->stage == WSCCONN_CLOSING))
		lws_callback_on_writable(c->wsi);
	return rc;
}

/* The peer's close frame: two bytes of code, then its words. */
static void peer_closes(struct wscconn *c, const char *in, size_t n)
{
	int words = n > 2 ? (int)(n - 2 < 100 ? n - 2 : 100) : 0;

	if (n >= 2)
		c->end.code =
			(unsigned int)((unsigned char)in[0] << 8) | (unsigned char)in[1];
	wscconn_end(c, WSC_LOST, "closed by the peer: %u %.*s", c->end.code, words,
		    words ? in + 2 : "");
}

static void note_answer(struct wscconn *c)
{
	char text[16];
	uint64_t seconds = 0;

	c->end.http = lws_http_client_http_response(c->wsi);
	if (lws_hdr_copy(c->wsi, text, sizeof(text), WSI_TOKEN_HTTP_RETRY_AFTER) > 0 &&
	    str_to_u64(str_of(text), 86400, &seconds))
		c->end.retry_after_s = (unsigned int)seconds;
	if (c->end.http != 101)
		wscconn_end(c, WSC_HTTP, "HTTP status %u instead of a WebSocket",
			    c->end.http);
}

static void connect_failed(struct wscconn *c, const char *in, size_t n)
{
	int words = in ? (int)(n < 100 ? n : 100) : 0;

	if (c->tcp_up && words)
		wscconn_end(c, WSC_LOST, "handshake failed: %.*s", words, in);
	else if (c->tcp_up)
		wscconn_end(c, WSC_LOST, "handshake failed");
}

/* OpenSSL looks at one certificate of the chain. */
static void cert_checked(struct wscconn *c, X509_STORE_CTX *x, bool good)
{
	if (!good)
		wscconn_end(c, WSC_CERT, "certificate refused: %s",
			    X509_verify_cert_error_string(X509_STORE_CTX_get_error(x)));
}

static int add_headers(char **p, size_t room)
{
	int n = snprintf(*p, room, "User-Agent: %s/%s\r\n", PACKAGE_NAME,
			 PACKAGE_VERSION);

	if (n < 0 || (size_t)n >= room)
		return -1;
	*p += n;
	return 0;
}

/* libwebsockets has let go of it. */
static void forgotten(struct wscconn *c)
{
	if (c->inside_connect)
		return;
	c->wsi = NULL;
	/* not from inside libwebsockets: the owner may do anything in on_close */
	c->stage = c->end.was_open || c->end.why[0] ? WSCCONN_DEAD : WSCCONN_DIALING;
	wscconn_timer(c, 0);
}

/* clang-format off */
static int on_lws_event(struct wscconn *c, enum lws_callback_reasons reason, void *user,
			void *in, size_t n)
{
	/* libwebsockets' own list of reasons: most are none of ours */
	switch ((int)reason) {
	case LWS_CALLBACK_WSI_CREATE:			c->tcp_up = true;		break;
	case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
							cert_checked(c, user, n != 0);	break;
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return add_headers(in, n);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:	note_answer(c);			break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:	connect_failed(c, in, n);	break;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:		opened(c);			break;
	case LWS_CALLBACK_CLIENT_RECEIVE:		return received(c, in, n);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:		wscconn_heard(c);			break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:		return writeable(c);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:	peer_closes(c, in, n);		break;
	case LWS_CALLBACK_CLIENT_CLOSED:		c->stage = WSCCONN_DEAD;		break;
	case LWS_CALLBACK_WSI_DESTROY:			forgotten(c);			break;
	}
	return 0;
}
/* clang-format on */

int wscev_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user,
		   void *in, size_t n)
{
	struct lws_vhost *vhost = wsi ? lws_get_vhost(wsi) : NULL;
	struct wsc *w = vhost ? lws_get_vhost_user(vhost) : NULL;
	struct wscconn *c = NULL;

	/* of the end of the context itself we may hear after wsc_free() */
	if (!w || reason == LWS_CALLBACK_PROTOCOL_DESTROY)
		return 0;
	if (reason == LWS_CALLBACK_WSI_DESTROY)
		lwsloop_forget(w->lws, wsi);
	c = wscconn_find(w, (uint64_t)(uintptr_t)lws_get_opaque_user_data(wsi));
	if (!c)
		return 0;
	if (c->inside_connect)
		c->wsi = wsi;
	return on_lws_event(c, reason, user, in, n);
}
