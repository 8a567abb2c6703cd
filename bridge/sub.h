/* SPDX-License-Identifier: MIT */
/*
 * The worker's inbox on each relay: one subscription to jobs and cancellations that name
 * it, opened when the relay is up, opened again when the relay closes it, always from the
 * resume point.
 */
#ifndef LOOM_BRIDGE_SUB_H
#define LOOM_BRIDGE_SUB_H

#include "bridge/relayauth.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct sub;

struct sub_ops {
	bool (*send)(void *ctx, size_t relay, struct str frame);
	/* Unix time to read from. */
	uint64_t (*since)(void *ctx, size_t relay);
	/* As relayauth_want(). */
	enum relayauth_wish (*want_auth)(void *ctx, size_t relay);
	/* The relay will not let us read (why), or does again (why.p NULL). */
	void (*unusable)(void *ctx, size_t relay, struct str why);
};

/* urls are borrowed, for the log. */
struct sub *sub_new(uv_loop_t *loop, const char *const *urls, size_t nrelays,
		    const struct sub_ops *ops, void *ctx);
/* Memory goes when the loop has run. NULL is fine. */
void sub_close(struct sub *s);

/* Whose inbox it is; needed before sub_up(). */
void sub_set_worker(struct sub *s, const struct id32 *worker);
void sub_up(struct sub *s, size_t relay);
void sub_down(struct sub *s, size_t relay);
void sub_eose(struct sub *s, size_t relay, struct str id);
void sub_closed(struct sub *s, size_t relay, struct str id, struct str text);
/* Where the inbox is open, read it again from what `since` says now. */
void sub_again(struct sub *s);
void sub_auth_done(struct sub *s, size_t relay, bool accepted, const char *why);

enum sub_match {
	SUB_MATCH,
	SUB_UNKNOWN, /* we have no such subscription there: no honest relay sends it */
	SUB_FOREIGN, /* of another kind, or for somebody else: the same */
	SUB_OLD,     /* before `since`: some relays do not look at it */
};
/* Does the event belong to what we asked for? */
enum sub_match sub_check(const struct sub *s, size_t relay, struct str id,
			 const struct nevent *ev);

#endif
