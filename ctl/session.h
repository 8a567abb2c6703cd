/* SPDX-License-Identifier: MIT */
/*
 * What verbs that talk to relays share: their options (--relay, --ca-file), the loop, the
 * relays, a limit of time. A verb asks something, runs the session, and its listener says
 * when it is done. Publishing, and questions that end by themselves, are one call.
 */
#ifndef LOOM_CTL_SESSION_H
#define LOOM_CTL_SESSION_H

#include "ctl/args.h"
#include "ctl/nclient.h"
#include "ctl/out.h"
#include "lib/base/attr.h"
#include "lib/base/id32.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --relay URL, --ca-file FILE */
extern const struct args_option session_options[];

struct session;

/* Dial the relays of --relay, else of LOOM_RELAYS. Returns 0, or the exit status having
 * said what is wrong. */
MUST_USE int session_open(struct session **out, const struct args *a, char *const *envp);
/* The same, with relays (blanks between) for the case that neither names one. */
MUST_USE int session_open_at(struct session **out, const struct args *a,
			     char *const *envp, struct str relays);
void session_close_ptr(struct session **s);
#define auto_session __attribute__((cleanup(session_close_ptr)))
/* Did one not end in time (a name lookup hangs)? Then the process must leave without
 * waiting for libuv's threads. */
bool session_is_stuck(void);

struct nclient *session_client(struct session *s);

/* Who hears events and the end of what is stored, from now on; either may be NULL. */
struct session_listener {
	void (*on_event)(void *ctx, const struct nevent *ev, bool live);
	void (*on_end)(void *ctx, enum nclient_end end);
	void *ctx;
};
void session_listen(struct session *s, const struct session_listener *l);

/* Run until session_done() is called, at most ms milliseconds (0: no limit). False when
 * the time was up. */
bool session_run(struct session *s, uint64_t ms);
void session_done(struct session *s);

/* ---- questions */

struct session_answers {
	struct nevent **ev; /* verified, each id once */
	size_t n;           /* more than CAP_CTL_ANSWERS are left out, and that is said */
};

enum session_until {
	SESSION_ALL,   /* every relay has sent all that it has, or is away */
	SESSION_FIRST, /* one event is enough */
};

/*
 * Ask all relays and collect what they answer, for at most ms. False when not one relay
 * answered (which was said). Free with session_forget(), also after false.
 */
MUST_USE bool session_ask(struct session *s, struct session_answers *out,
			  struct str filters, enum session_until until, uint64_t ms);
void session_forget(struct session_answers *a);

/* Find the job request of that id, within ms. Returns 0 with a *out that the caller owns,
 * VERB_NOTHING when no relay has it, VERB_RELAYS when none answered (which was said). */
MUST_USE int session_find_job(struct session *s, struct nevent **out,
			      const struct id32 *job, uint64_t ms);

/* ---- publishing */

/*
 * Publish on all relays and print what each answers: until all have answered, or a moment
 * after the first has taken it or the listener was done, at most ms. Events go to the
 * listener meanwhile. True when at least one relay has taken it.
 */
MUST_USE bool session_publish(struct session *s, const struct nevent *ev,
			      enum out_form form, uint64_t ms);

#endif
