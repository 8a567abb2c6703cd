/* SPDX-License-Identifier: MIT */
/*
 * The two decisions of a worker that may have an old ledger, or may not be alone with its
 * key, with nothing around them: may it go on, and may a job of earlier times be acted
 * on. engine/epoch.h asks.
 */
#ifndef LOOM_ENGINE_EPOCHRULE_H
#define LOOM_ENGINE_EPOCHRULE_H

#include <stdbool.h>
#include <stdint.h>

/* An advertisement is made every two minutes: of who makes one now, the newest is never
 * older than this, whatever clocks and relays do. */
#define EPOCHRULE_FRESH_S 600

/* An advertisement (10100) of our key that relays have, and ourselves. */
struct epochrule_advert {
	bool is_ours;         /* this ledger has written it */
	uint64_t created_at;  /* unix time */
	uint64_t known_until; /* what was made up to then was seen by this ledger */
	uint64_t now;
	bool may_take_over; /* the operator says that the other one ends */
	bool running;       /* jobs are acted on already */
};

/* Of several advertisements the last of these words counts. */
enum epochrule_verdict {
	EPOCHRULE_GO_ON,
	EPOCHRULE_TELL,      /* the one that we took over from has not ended yet */
	EPOCHRULE_NEW_EPOCH, /* this ledger does not know all that its key has signed */
	EPOCHRULE_ANEW,      /* the same, too late: the process has to begin anew */
	EPOCHRULE_STOP,      /* another worker lives with our key */
};
enum epochrule_verdict epochrule_advert(const struct epochrule_advert *a);

/* Relays were asked for our own answer to a job of earlier times, and had none. */
struct epochrule_job {
	bool brought_answered; /* one that the request came from has told all it has */
	bool brought_listed;   /* one of those is a relay of ours at all */
	bool others_listed;    /* we have relays besides our own one */
	bool others_answered;  /* one of those has told all it has */
	bool own_answered;
	bool waited_long; /* for the one that the request came from */
};
/* Is that enough to say that there is no answer? */
bool epochrule_job(const struct epochrule_job *j);

#endif
