/* SPDX-License-Identifier: MIT */
/*
 * Pure writing from what the engine knows. Public documents hold nothing that the
 * worker's own events do not tell anybody.
 */
#include "config.h"

#include "engine/apidoc.h"

#include "engine/apipay.h"
#include "engine/bridgelink.h"
#include "engine/clockwatch.h"
#include "engine/doc.h"
#include "engine/engine.h"
#include "engine/jobs.h"
#include "engine/queue.h"
#include "engine/runs.h"
#include "engine/software.h"
#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/proto/nip19.h"
#include "lib/proto/outcome.h"
#include "lib/store/dbjob.h"
#include "lib/store/dbmeta.h"
#include "lib/store/dbout.h"

#include <inttypes.h>

/* ---- status */

static void add_counters(struct buf *out, const struct engine *e)
{
	doc_key(out, "jobs");
	buf_add_char(out, '{');
	for (size_t i = 0; i < OUTCOME_CLASSES; i++) {
		const char *name = outcome_class_name((enum outcome_class)i);

		doc_u64(out, name, dbmeta_counter(e->db, name));
	}
	buf_add_char(out, '}');
}

static void add_relays(struct buf *out, const struct engine *e)
{
	size_t n;
	const struct bridgelink_relay *relays = bridgelink_relays(e->bridge, &n);

	doc_key(out, "relays");
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		doc_comma(out);
		buf_add_char(out, '{');
		doc_c(out, "url", relays[i].url);
		doc_c(out, "state", relays[i].state[0] ? relays[i].state : "unknown");
		doc_c(out, "why", relays[i].why);
		doc_u64(out, "since_at", relays[i].since_s);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

static void add_software(struct buf *out, const struct engine *e)
{
	size_t n;
	const struct advert_software *list = software_list(e->software, &n);

	doc_key(out, "software");
	buf_add_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		doc_comma(out);
		buf_add_char(out, '{');
		doc_text(out, "name", list[i].name);
		doc_text(out, "version", list[i].version);
		doc_text(out, "path", list[i].path);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

static void add_backend(struct buf *out, const struct engine *e)
{
	const struct ipcrun_probe_is *b = runs_backend(e->runs);

	doc_key(out, "backend");
	buf_add_char(out, '{');
	doc_c(out, "name", b ? b->backend : conf_text(e->conf, CONF_BACKEND));
	doc_bool(out, "usable", b && b->usable);
	doc_c(out, "isolation", b ? b->isolation : "unknown");
	doc_c(out, "limits", b ? b->limits : "unknown");
	doc_c(out, "network", b ? b->network : "unknown");
	doc_c(out, "why", b ? b->why : "the runner does not answer");
	buf_add_char(out, '}');
}

static bool is_accepting(const struct engine *e)
{
	const struct ipcrun_probe_is *b = runs_backend(e->runs);

	return e->has_worker && b && b->usable && queue_has_room(e);
}

void apidoc_status(struct buf *out, const struct engine *e)
{
	auto_buf struct buf npub = BUF_INIT(128);

	buf_add_char(out, '{');
	doc_c(out, "name", conf_text(e->conf, CONF_WORKER_NAME));
	if (e->has_worker) {
		nip19_add_npub(&npub, &e->worker);
		doc_text(out, "npub", buf_str(&npub));
		doc_id(out, "pubkey", &e->worker);
	}
	doc_c(out, "version", PACKAGE_VERSION);
	doc_bool(out, "accepting", is_accepting(e));
	doc_bool(out, "clock_frozen", clockwatch_is_frozen(e->clock));
	doc_u64(out, "slots", runs_slots(e->runs));
	doc_u64(out, "running", e->counts[JOB_PREPARING] + e->counts[JOB_RUNNING]);
	doc_u64(out, "queued", e->counts[JOB_QUEUED] + e->counts[JOB_RECEIVED]);
	doc_u64(out, "reporting", e->counts[JOB_REPORTING]);
	doc_u64(out, "outbox_open", dbout_count_open(e->db));
	doc_u64(out, "started_at", e->started_at_s);
	add_counters(out, e);
	add_relays(out, e);
	add_software(out, e);
	add_backend(out, e);
	apipay_price(out, e);
	doc_u64(out, "now_at", clock_wall_s());
	buf_add_char(out, '}');
}

/* ---- jobs */

static void add_blob(struct buf *out, const char *key, const struct dbjob_blob *b,
		     const struct engine *e)
{
	const char *base = conf_text(e->conf, CONF_BLOB_URL);

	doc_key(out, key);
	if (!b->has) {
		buf_add_c(out, "null");
		return;
	}
	buf_add_char(out, '{');
	doc_id(out, "sha256", &b->sha256);
	doc_u64(out, "bytes", b->bytes);
	if (base[0]) {
		doc_key(out, "url");
		buf_addf(out, "\"%s/%s\"", base, id32_hex(&b->sha256).c);
	}
	buf_add_char(out, '}');
}

static void add_job(struct buf *out, const struct engine *e, bool full,
		    const struct dbjob *j)
{
	enum outcome outcome;

	doc_id(out, "id", &j->id);
	doc_c(out, "state", jobfsm_state_name(j->state));
	doc_key(out, "outcome");
	if (outcome_find(&outcome, str_of(j->reason)))
		buf_addf(out, "\"%s\"", outcome_class_name(outcome_table[outcome].class));
	else
		buf_add_c(out, "null");
	doc_c(out, "reason", j->reason);
	if (full) {
		doc_id(out, "customer", &j->customer);
		doc_c(out, "error", j->error);
		apipay_payment(out, e, j->seq);
	}
	doc_u64(out, "created_at", j->created_at_s);
	doc_time(out, "received_at", j->received_at);
	doc_time(out, "started_at", j->started_at);
	doc_time(out, "ended_at", j->ended_at);
	doc_u64(out, "limit_s", j->limit_s);
	doc_u64(out, "duration_s", jobs_duration_s(j));
	doc_u64(out, "exit_code", j->exit_code);
	add_blob(out, "stdout", &j->out, e);
	add_blob(out, "stderr", &j->err, e);
}

struct page {
	struct buf *out;
	const struct engine *e;
	bool full;
	uint64_t left;
	uint64_t last_seq;
	bool more;
	struct apipay_rows pays; /* of one job, in the full view */
};

static void add_row(void *ctx, const struct dbjob *j)
{
	struct page *p = ctx;

	if (p->left == 0) {
		p->more = true;
		return;
	}
	p->left--;
	p->last_seq = j->seq;
	doc_comma(p->out);
	buf_add_char(p->out, '{');
	add_job(p->out, p->e, p->full, j);
	buf_add_char(p->out, '}');
}

/* Cursors are opaque outside: base64url of the seq of the last row. */
static bool read_cursor(struct str cursor, uint64_t *below)
{
	auto_buf struct buf text = BUF_INIT(32);

	*below = 0;
	return cursor.n == 0 || (b64_decode(&text, cursor, B64_URL) &&
				 str_to_u64(buf_str(&text), INT64_MAX, below));
}

static void add_cursor(struct buf *out, uint64_t seq)
{
	auto_buf struct buf text = BUF_INIT(32);

	buf_add_u64(&text, seq);
	buf_add_char(out, '"');
	b64_encode(out, text.p, text.n, B64_URL);
	buf_add_char(out, '"');
}

static bool read_filter(struct str word, enum dbjob_filter *filter, enum job_state *state)
{
	*state = JOB_NONE;
	*filter = word.n == 0 ? DBJOB_ALL : DBJOB_OPEN;
	if (word.n == 0 || str_eq_c(word, "open"))
		return true;
	*filter = DBJOB_STATE;
	return jobfsm_find_state(state, word);
}

enum lerr_code apidoc_jobs(struct buf *out, const struct engine *e, bool full,
			   struct str state, uint64_t limit, struct str cursor,
			   struct lerr *err)
{
	struct page p = {.out = out, .e = e, .full = full, .left = limit};
	enum dbjob_filter filter;
	enum job_state which;
	uint64_t below;

	if (!read_filter(state, &filter, &which))
		return lerr_set(err, LERR_INPUT, 0,
				"state: want open, done or a state of a job");
	if (limit == 0 || limit > CAP_HTTP_PAGE)
		return lerr_set(err, LERR_INPUT, 0, "limit: want 1 to %d", CAP_HTTP_PAGE);
	if (!read_cursor(cursor, &below))
		return lerr_set(err, LERR_INPUT, 0, "cursor: not one of ours");
	buf_add_c(out, "{\"items\":[");
	dbjob_page(e->db, filter, which, below, limit + 1, add_row, &p);
	buf_add_c(out, "],\"next_cursor\":");
	if (p.more)
		add_cursor(out, p.last_seq);
	else
		buf_add_c(out, "null");
	buf_add_char(out, '}');
	return LERR_OK;
}

/* ---- one job */

static void add_log_row(void *ctx, const struct dbjob_log *row)
{
	struct page *p = ctx;

	/* what happened at a mint comes first: the job follows from it */
	apipay_add_rows(p->out, &p->pays, row->at + 1);
	doc_comma(p->out);
	buf_add_char(p->out, '{');
	doc_u64(p->out, "at_ms", row->at);
	doc_c(p->out, "from", jobfsm_state_name(row->old));
	doc_c(p->out, "to", jobfsm_state_name(row->next));
	doc_text(p->out, "event", row->event);
	if (p->full)
		doc_text(p->out, "text", row->text);
	buf_add_char(p->out, '}');
}

static void add_send(void *ctx, struct str relay, struct str verdict, struct str text,
		     uint64_t at)
{
	struct buf *out = ctx;

	doc_comma(out);
	buf_add_char(out, '{');
	doc_text(out, "relay", relay);
	doc_text(out, "verdict", verdict);
	doc_text(out, "text", text);
	doc_u64(out, "at_ms", at);
	buf_add_char(out, '}');
}

static void add_result(struct buf *out, const struct engine *e, const struct dbjob *j)
{
	auto_dbout struct dbout row = {0};

	doc_key(out, "result");
	if (!dbout_get_of_job(e->db, &row, j->seq, NKIND_RESULT)) {
		buf_add_c(out, "null");
		return;
	}
	buf_add_char(out, '{');
	doc_id(out, "event_id", &row.event_id);
	doc_key(out, "receipts");
	buf_add_char(out, '[');
	dbout_each_send(e->db, row.seq, add_send, out);
	buf_add_c(out, "]}");
}

enum lerr_code apidoc_job(struct buf *out, const struct engine *e, bool full,
			  const struct id32 *id, struct lerr *err)
{
	struct page p = {.out = out, .e = e, .full = full};
	struct dbjob j;

	if (!dbjob_get(e->db, &j, id))
		return lerr_set(err, LERR_GONE, 0, "no job of that id");
	buf_add_char(out, '{');
	add_job(out, e, full, &j);
	doc_u64(out, "attempts", j.attempts);
	doc_u64(out, "cpu_us", j.cpu_us);
	doc_u64(out, "mem_peak_bytes", j.mem_peak_bytes);
	doc_u64(out, "stdout_total_bytes", j.stdout_total);
	doc_u64(out, "stderr_total_bytes", j.stderr_total);
	doc_open(out, "timeline", '[');
	if (full)
		apipay_load_rows(&p.pays, e, j.seq);
	dbjob_each_log(e->db, j.seq, add_log_row, &p);
	apipay_add_rows(out, &p.pays, UINT64_MAX);
	apipay_wipe_rows(&p.pays);
	doc_close(out, ']');
	add_result(out, e, &j);
	buf_add_char(out, '}');
	return LERR_OK;
}
