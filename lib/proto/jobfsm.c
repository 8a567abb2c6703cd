/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/jobfsm.h"

#include "lib/base/attr.h"
#include "lib/base/panic.h"

#include <assert.h>

static_assert(JOB_RECEIVED == 1 && JOB_CLAIMING == 2 && JOB_QUEUED == 3 &&
		      JOB_PREPARING == 4 && JOB_RUNNING == 5 && JOB_COLLECTING == 6 &&
		      JOB_SETTLING == 7 && JOB_REPORTING == 8 && JOB_DONE == 9,
	      "stored in jobs.state: append, never renumber");

/* clang-format off */
static const struct job_step steps[JOB_STATES][JEV_COUNT] = {
	[JOB_RECEIVED] = {
		[JEV_REFUSE]    = {JOB_REPORTING,  JFX_REPORT},
		[JEV_ACCEPT]    = {JOB_QUEUED,     JFX_QUEUE},
		[JEV_PAY]       = {JOB_CLAIMING,   JFX_CLAIM},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_CLAIMING] = {
		[JEV_CLAIMED]   = {JOB_QUEUED,     JFX_QUEUE},
		[JEV_UNPAID]    = {JOB_REPORTING,  JFX_REPORT},
		[JEV_GIVE_BACK] = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_QUEUED] = {
		[JEV_START]     = {JOB_PREPARING,  JFX_START},
		[JEV_DROP]      = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_FAULT]     = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_PREPARING] = {
		[JEV_VOID]      = {JOB_QUEUED,     JFX_QUEUE},
		[JEV_RUNNING]   = {JOB_RUNNING,    JFX_ANNOUNCE},
		[JEV_ENDED]     = {JOB_COLLECTING, JFX_COLLECT},
		[JEV_DROP]      = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_FAULT]     = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_RUNNING] = {
		[JEV_ENDED]     = {JOB_COLLECTING, JFX_COLLECT},
		[JEV_FAULT]     = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_COLLECTING] = {
		[JEV_COLLECTED] = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_FAULT]     = {JOB_SETTLING,   JFX_SETTLE},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_SETTLING] = {
		[JEV_SETTLED]   = {JOB_REPORTING,  JFX_REPORT},
		[JEV_ANSWERED]  = {JOB_DONE,       JFX_CLOSE},
	},
	[JOB_REPORTING] = {
		[JEV_REPORTED]  = {JOB_DONE,       JFX_CLOSE},
	},
};
/* clang-format on */

static const struct {
	const char *name;
	enum job_effect resume;
} states[JOB_STATES] = {
	[JOB_NONE] = {"none", JFX_NONE},
	[JOB_RECEIVED] = {"received", JFX_ADMIT},
	[JOB_CLAIMING] = {"claiming", JFX_CLAIM},
	[JOB_QUEUED] = {"queued", JFX_QUEUE},
	/* the runner knows more about these two: it is asked when its socket is up */
	[JOB_PREPARING] = {"preparing", JFX_NONE},
	[JOB_RUNNING] = {"running", JFX_NONE},
	[JOB_COLLECTING] = {"collecting", JFX_COLLECT},
	[JOB_SETTLING] = {"settling", JFX_SETTLE},
	[JOB_REPORTING] = {"reporting", JFX_REPORT},
	[JOB_DONE] = {"done", JFX_NONE},
};

static const char *const event_names[JEV_COUNT] = {
	[JEV_REFUSE] = "refuse",
	[JEV_ACCEPT] = "accept",
	[JEV_PAY] = "pay",
	[JEV_CLAIMED] = "claimed",
	[JEV_UNPAID] = "unpaid",
	[JEV_GIVE_BACK] = "give_back",
	[JEV_START] = "start",
	[JEV_VOID] = "void",
	[JEV_RUNNING] = "running",
	[JEV_ENDED] = "ended",
	[JEV_DROP] = "drop",
	[JEV_FAULT] = "fault",
	[JEV_COLLECTED] = "collected",
	[JEV_SETTLED] = "settled",
	[JEV_REPORTED] = "reported",
	[JEV_ANSWERED] = "answered",
};

static const char *const effect_names[] = {
	[JFX_NONE] = "-",          [JFX_ADMIT] = "admit",   [JFX_CLAIM] = "claim",
	[JFX_QUEUE] = "queue",     [JFX_START] = "start",   [JFX_ANNOUNCE] = "announce",
	[JFX_COLLECT] = "collect", [JFX_SETTLE] = "settle", [JFX_REPORT] = "report",
	[JFX_CLOSE] = "close",
};

struct job_step jobfsm_step(enum job_state state, enum job_event event)
{
	INVARIANT(state < JOB_STATES && event < JEV_COUNT);
	return steps[state][event];
}

enum job_effect jobfsm_resume(enum job_state state)
{
	INVARIANT(state < JOB_STATES);
	return states[state].resume;
}

const char *jobfsm_state_name(enum job_state state)
{
	return state < JOB_STATES ? states[state].name : "?";
}

bool jobfsm_find_state(enum job_state *out, struct str name)
{
	for (size_t i = JOB_RECEIVED; i < JOB_STATES; i++) {
		if (!str_eq_c(name, states[i].name))
			continue;
		*out = (enum job_state)i;
		return true;
	}
	return false;
}

const char *jobfsm_event_name(enum job_event event)
{
	return event < JEV_COUNT ? event_names[event] : "?";
}

const char *jobfsm_effect_name(enum job_effect effect)
{
	return (size_t)effect < ARRAY_LEN(effect_names) ? effect_names[effect] : "?";
}

bool jobfsm_holds_slot(enum job_state state)
{
	return state == JOB_PREPARING || state == JOB_RUNNING;
}

void jobfsm_print(struct buf *out)
{
	for (size_t s = JOB_RECEIVED; s < JOB_STATES; s++) {
		for (size_t e = 0; e < JEV_COUNT; e++) {
			struct job_step step = steps[s][e];

			if (step.next == JOB_NONE)
				continue;
			buf_addf(out, "%-10s  %-10s  %-10s  %s\n", states[s].name,
				 event_names[e], states[step.next].name,
				 effect_names[step.effect]);
		}
	}
}
