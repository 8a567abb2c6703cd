/* SPDX-License-Identifier: MIT */
/*
 * A customer's view of some relays (NIP-01, NIP-42): one subscription and one event to
 * publish, on all of them at once. A relay that is lost is dialled again with back-off,
 * asked again and sent the event again, for as long as the client lives.
 *
 * Nothing a relay sends is believed: an event reaches on_event only when it answers the
 * live subscription, matches its filters, and its id and signature are right. A relay
 * that keeps sending other things is given up.
 *
 * Relays are numbered in the order in which they were added. Callbacks come from the
 * loop, never from inside a call.
 */
#ifndef LOOM_CTL_NCLIENT_H
#define LOOM_CTL_NCLIENT_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum nclient_end {
	NCLIENT_STORED,  /* all that it has stored was sent (EOSE) */
	NCLIENT_REFUSED, /* it will not answer, or not now (CLOSED) */
	NCLIENT_AWAY,    /* it cannot be reached (yet) */
};

enum nclient_reply {
	NCLIENT_TAKEN,     /* it has the event */
	NCLIENT_NOT_TAKEN, /* it will not take it */
	NCLIENT_NOT_NOW,   /* it refused this time, and is asked again */
};

struct nclient_ops {
	/* live: after this relay's NCLIENT_STORED. The event is gone afterwards. */
	void (*on_event)(void *ctx, size_t relay, const struct nevent *ev, bool live);
	/* Once a relay and subscription, whatever comes later. A relay that is known to
	 * be away counts as ended from the start and is not told again. */
	void (*on_end)(void *ctx, size_t relay, enum nclient_end end);
	/* What a relay says to the event; the first two are final. */
	void (*on_reply)(void *ctx, size_t relay, enum nclient_reply reply,
			 struct str said);
};

struct nclient;

/* ca_file may be NULL. LERR_INPUT: no certificates in it. */
MUST_USE enum lerr_code nclient_new(struct nclient **out, uv_loop_t *loop,
				    const char *ca_file, struct lerr *err);
/* Who is called back from now on. */
void nclient_listen(struct nclient *c, const struct nclient_ops *ops, void *ctx);
/* Add a relay and dial it. One that is there already is not added twice. LERR_INPUT: no
 * URL of a relay. LERR_LIMIT: CAP_RELAYS. */
MUST_USE enum lerr_code nclient_add(struct nclient *c, struct str url, struct lerr *err);
size_t nclient_count(const struct nclient *c);
/* In the spelling of wsurl.h. */
const char *nclient_url(const struct nclient *c, size_t relay);
/* Are all of them ws://, so on this machine? */
bool nclient_is_local(const struct nclient *c);

/* The key that answers a relay that wants authentication (NIP-42); copied. */
void nclient_set_key(struct nclient *c, const struct nsign_key *key);
/* Ask all relays, in place of what was asked before. filters is a JSON array of filters,
 * made by us. */
void nclient_ask(struct nclient *c, struct str filters);
/* Have relays said their nclient_end about what is asked? */
bool nclient_all_ended(const struct nclient *c);
/* Publish an event, in place of the one before. */
void nclient_publish(struct nclient *c, const struct nevent *ev);
/* Send it nowhere from now on. */
void nclient_unpublish(struct nclient *c);
/* Has it left for any relay? Then somebody may have read it, whatever was answered. */
bool nclient_was_sent(const struct nclient *c);

/* The end, in this order, the loop running in between: say goodbye to all relays; when
 * none is busy any more (or not in time), close; when the loop has run dry, free. */
void nclient_shut(struct nclient *c);
/* Connections that have not ended yet. */
size_t nclient_busy(const struct nclient *c);
void nclient_close(struct nclient *c);
void nclient_free(struct nclient *c);

#endif
