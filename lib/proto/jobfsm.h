/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a job: const data, [state][event] -> next state and effect. An
 * empty cell is a refusal. One function moves a job (engine/jobs.c: compare-and-set in
 * SQL, a row of job_log, the effect), nothing else writes jobs.state.
 *
 * Numbers are stored in the ledger: append, never renumber. tests/golden/jobfsm.txt is
 * the picture; a unit test walks every cell.
 */
#ifndef LOOM_LIB_PROTO_JOBFSM_H
#define LOOM_LIB_PROTO_JOBFSM_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>

enum job_state {
	JOB_NONE,     /* never stored */
	JOB_RECEIVED, /* stored, not yet judged (a secret or a list is being looked at) */
	JOB_CLAIMING, /* its payment is being claimed at the mint */
	JOB_QUEUED,   /* accepted, waits for a slot */
	JOB_PREPARING,  /* given to the runner, exec has not happened; never billed */
	JOB_RUNNING,    /* exec happened */
	JOB_COLLECTING, /* nothing of it is alive; outputs are being taken over */
	JOB_SETTLING,   /* the change is being made */
	JOB_REPORTING,  /* the 5101 is being signed and handed to a relay */
	JOB_DONE,
	JOB_STATES
};

enum job_event {
	JEV_REFUSE,    /* admission says no */
	JEV_ACCEPT,    /* it runs free */
	JEV_PAY,       /* its payment is worth claiming */
	JEV_CLAIMED,   /* the mint gave us the money */
	JEV_UNPAID,    /* it did not: nothing was taken */
	JEV_GIVE_BACK, /* claimed, but must not run: all of it goes back */
	JEV_START,     /* handed to the runner */
	JEV_VOID,      /* the runner has proof that it never started */
	JEV_RUNNING,   /* exec */
	JEV_ENDED,     /* nothing of it is alive */
	JEV_DROP,      /* cancelled or expired before it started */
	JEV_FAULT,     /* our side failed */
	JEV_COLLECTED, /* outputs are safe */
	JEV_SETTLED,   /* change is made, or none is due */
	JEV_REPORTED,  /* a relay has the 5101 */
	JEV_ANSWERED,  /* a 5101 of ours exists that this ledger does not know */
	JEV_COUNT
};

/* What follows from a move. Effects are repeatable: after a crash the one of the present
 * state is simply run again. */
enum job_effect {
	JFX_NONE,
	JFX_ADMIT,    /* judge the request */
	JFX_CLAIM,    /* open the payment operation */
	JFX_QUEUE,    /* publish the first status, look for a slot */
	JFX_START,    /* ask the runner */
	JFX_ANNOUNCE, /* publish running */
	JFX_COLLECT,  /* take the outputs over */
	JFX_SETTLE,   /* compute and make the change */
	JFX_REPORT,   /* write the 5101 and the last 30100 */
	JFX_CLOSE,    /* forget it at the runner, count it */
};

struct job_step {
	enum job_state next; /* JOB_NONE: refused */
	enum job_effect effect;
};

/* The cell; next is JOB_NONE when that event cannot happen in that state. */
struct job_step jobfsm_step(enum job_state state, enum job_event event);

/* What is to be done again for a job found in that state at start-up. */
enum job_effect jobfsm_resume(enum job_state state);

const char *jobfsm_state_name(enum job_state state);
bool jobfsm_find_state(enum job_state *out, struct str name);
const char *jobfsm_event_name(enum job_event event);
const char *jobfsm_effect_name(enum job_effect effect);
/* Slots and queue: does a job in this state hold a slot? wait for one? */
bool jobfsm_holds_slot(enum job_state state);

/* The picture of tests/golden/jobfsm.txt. */
void jobfsm_print(struct buf *out);

#endif
