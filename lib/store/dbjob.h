/* SPDX-License-Identifier: MIT */
/*
 * Jobs, their requests and their log. A job is named by its id (event id of the 5100)
 * outside and by its seq (order of arrival) between tables. dbjob_move() is the only
 * statement that changes jobs.state.
 */
#ifndef LOOM_LIB_STORE_DBJOB_H
#define LOOM_LIB_STORE_DBJOB_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/proto/jobfsm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;

/* One output of a job as it was stored. */
struct dbjob_blob {
	bool has;
	struct id32 sha256;
	uint64_t bytes;
};

/* Times in unix milliseconds, 0 when not yet. */
struct dbjob {
	uint64_t seq;
	struct id32 id;
	struct id32 customer;
	enum job_state state;
	char reason[24]; /* code of outcome_table, or "" */
	char error[256]; /* more exact words, or "" */
	uint64_t created_at_s;
	uint64_t received_at;
	uint64_t started_at; /* exec */
	uint64_t ended_at;
	uint64_t moved_at;
	uint64_t limit_s;
	uint64_t attempts;
	char spool[33]; /* of the runner that it was given to, or "" */
	uint64_t cancel_at;
	uint64_t exit_code;
	uint64_t wall_ms;
	uint64_t cpu_us;
	uint64_t mem_peak_bytes;
	uint64_t stdout_total; /* written by the job, kept or not */
	uint64_t stderr_total;
	struct dbjob_blob out;
	struct dbjob_blob err;
	char status[16]; /* word of the last 30100, or "" */
	uint64_t status_at_s;
	uint64_t resent_at;
};

/* Store a new job (id, customer, state, created_at_s, received_at, moved_at, limit_s)
 * and fill j->seq. False when the id is there already. */
bool dbjob_insert(struct db *d, struct dbjob *j);
bool dbjob_get(struct db *d, struct dbjob *out, const struct id32 *id);
bool dbjob_get_seq(struct db *d, struct dbjob *out, uint64_t seq);

/* Compare-and-set from j->state to next, with a row of job_log; j follows. False when
 * the stored state was another one. */
bool dbjob_move(struct db *d, struct dbjob *j, enum job_state next, uint64_t now,
		enum job_event event, struct str text);

/* Write these members of *j back. */
void dbjob_set_reason(struct db *d, const struct dbjob *j); /* reason, error */
void dbjob_set_run(struct db *d, const struct dbjob *j);    /* attempts, spool, limit_s */
void dbjob_set_started(struct db *d, const struct dbjob *j); /* started_at */
void dbjob_set_ended(struct db *d, const struct dbjob *j); /* usage, exit code, outputs */
void dbjob_set_status(struct db *d, const struct dbjob *j); /* status, status_at_s */
void dbjob_set_cancel(struct db *d, const struct dbjob *j); /* cancel_at */
void dbjob_set_resent(struct db *d, const struct dbjob *j); /* resent_at */

/* First job in that state with a seq above `above`; false when there is none. */
bool dbjob_first(struct db *d, struct dbjob *out, enum job_state state, uint64_t above);
uint64_t dbjob_count(struct db *d, enum job_state state);
/* Jobs in that state that arrived before seq. */
uint64_t dbjob_count_before(struct db *d, enum job_state state, uint64_t seq);

enum dbjob_filter {
	DBJOB_ALL,
	DBJOB_OPEN,
	DBJOB_STATE, /* the one given */
};
/* Call each with at most limit jobs below seq `below` (0: from the newest), newest
 * first. */
void dbjob_page(struct db *d, enum dbjob_filter filter, enum job_state state,
		uint64_t below, uint64_t limit,
		void (*each)(void *ctx, const struct dbjob *j), void *ctx);

/* ---- the request of an open job */
void dbjob_put_request(struct db *d, uint64_t seq, struct str raw);
bool dbjob_get_request(struct db *d, uint64_t seq, struct buf *out);
void dbjob_drop_request(struct db *d, uint64_t seq);
void dbjob_add_relay(struct db *d, uint64_t seq, struct str relay);
void dbjob_each_relay(struct db *d, uint64_t seq,
		      void (*each)(void *ctx, struct str relay), void *ctx);

/* ---- the timeline */
struct dbjob_log {
	uint64_t at;
	enum job_state old;
	enum job_state next;
	struct str event;
	struct str text;
};
void dbjob_each_log(struct db *d, uint64_t seq,
		    void (*each)(void *ctx, const struct dbjob_log *row), void *ctx);
/* A remark in the timeline that moves nothing. */
void dbjob_note(struct db *d, const struct dbjob *j, uint64_t now, const char *event,
		struct str text);

#endif
