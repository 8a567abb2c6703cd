/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a payment operation (claim, change, export, melt): the same form
 * as jobfsm.h. What is needed to recover is journalled in RESERVED; nothing is sent to a
 * mint before SUBMITTED is committed; a call whose answer was lost is asked about, never
 * repeated blindly (NUT-07, NUT-09).
 */
#ifndef LOOM_LIB_PROTO_PAYFSM_H
#define LOOM_LIB_PROTO_PAYFSM_H

#include "lib/base/buf.h"

enum pay_state {
	PAY_NONE,      /* never stored */
	PAY_RESERVED,  /* inputs held, outputs and request bytes on disk */
	PAY_SUBMITTED, /* may have reached the mint */
	PAY_SETTLED, /* verified signatures stored (melt: inputs spent, change stored) */
	PAY_REFUSED, /* provably nothing happened: inputs are free again */
	PAY_DOUBLE_SPENT, /* the inputs were spent, and by all we know not by us */
	PAY_ATTENTION, /* contradictory answers: a person must look; nothing is freed */
	PAY_STATES
};

enum pay_event {
	PEV_SUBMIT,  /* about to send */
	PEV_DROP,    /* given up before anything was sent */
	PEV_SIGNED,  /* complete and verified answer, or restored (NUT-09) */
	PEV_UNCLEAR, /* no answer, or one that says nothing certain */
	PEV_PENDING, /* the mint says that it is on its way */
	PEV_UNSPENT, /* inputs unspent and the request provably not in flight */
	PEV_SPENT,   /* inputs spent, restore has nothing of ours */
	PEV_ODD,     /* an answer that fails verification, part of a set, ... */
	PEV_COUNT
};

enum pay_effect {
	PFX_NONE,
	PFX_SEND,      /* POST the stored bytes */
	PFX_RECONCILE, /* restore, then check state, with back-off */
	PFX_CREDIT,    /* new proofs in, inputs spent, books */
	PFX_RELEASE,   /* inputs are free again */
	PFX_WRITE_OFF, /* inputs are gone */
	PFX_ALARM,     /* tell the operator; keep asking */
};

struct pay_step {
	enum pay_state next; /* PAY_NONE: refused */
	enum pay_effect effect;
};

struct pay_step payfsm_step(enum pay_state state, enum pay_event event);
enum pay_effect payfsm_resume(enum pay_state state);
const char *payfsm_state_name(enum pay_state state);
const char *payfsm_event_name(enum pay_event event);
/* The picture of tests/golden/payfsm.txt. */
void payfsm_print(struct buf *out);

#endif
