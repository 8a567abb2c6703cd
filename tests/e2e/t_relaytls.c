/* SPDX-License-Identifier: MIT */
/* Relays behind TLS: only a good certificate is good enough, and the reason is said. */
#include "config.h"

#include "tests/e2e/world.h"

#include "tests/peers/certs.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/net/httpc.h"

#include <stdio.h>
#include <string.h>

struct pki {
	char *authority;
	char *cert;
	char *key;
	struct certs *ca;
	char more[512];
};

static void make_pki(struct pki *p, struct world *w, const char *name, long valid_s)
{
	p->authority = world_path(w, "ca.pem");
	p->cert = world_path(w, "cert.pem");
	p->key = world_path(w, "key.pem");
	p->ca = certs_new(p->authority);
	certs_issue(p->ca, name, valid_s, p->cert, p->key);
	(void)snprintf(p->more, sizeof(p->more), "CA_FILE=%s\n", p->authority);
}

static void free_pki(struct pki *p)
{
	certs_free(p->ca);
	mem_free(p->authority);
	mem_free(p->cert);
	mem_free(p->key);
}

static void expect_refusal(struct world *w, const char *reason)
{
	char why[CAP_REASON_BYTES + 1];

	world_dial(w);
	world_expect_state(w, w->urls[0], "waiting", why, sizeof(why));
	/* the first `waiting` may be from before the first try */
	if (!why[0])
		world_expect_state(w, w->urls[0], "waiting", why, sizeof(why));
	assert_has(why, "certificate refused: ");
	assert_has(why, reason);
	assert_int_equal(rig_count(w->relays[0], "req inbox"), 0);
}

static void a_good_certificate_of_our_own_authority_is_enough(void **state)
{
	struct world *w = *state;
	auto_nevent struct nevent *job = world_job("x", 5);
	struct pki p;

	make_pki(&p, w, "localhost", 3600);
	world_start_relay(w, 0, p.cert, p.key);
	world_start_bridge(w, 1, p.more);
	(void)rig_wait(w->relays[0], "req inbox");
	world_push(w, 0, "event", job);
	world_delivered(w, job);
	world_dial(w);
	world_publish(w, 1, job, w->urls[0]);
	world_expect_receipt(w, 1, "ok", "");
	free_pki(&p);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
	struct world *w = *state;
	struct pki p;

	make_pki(&p, w, "relay.example", 3600);
	world_start_relay(w, 0, p.cert, p.key);
	world_start_bridge(w, 1, p.more);
	expect_refusal(w, "ostname mismatch");
	free_pki(&p);
}

static void an_expired_certificate_is_refused(void **state)
{
	struct world *w = *state;
	struct pki p;

	make_pki(&p, w, "localhost", -60);
	world_start_relay(w, 0, p.cert, p.key);
	world_start_bridge(w, 1, p.more);
	expect_refusal(w, "expired");
	free_pki(&p);
}

static void an_unknown_authority_is_refused(void **state)
{
	struct world *w = *state;
	struct pki p;

	make_pki(&p, w, "localhost", 3600);
	world_start_relay(w, 0, p.cert, p.key);
	world_start_bridge(w, 1, "");
	expect_refusal(w, "issuer certificate");
	free_pki(&p);
}

static void a_server_without_tls_is_no_relay(void **state)
{
	struct world *w = *state;
	auto_buf struct buf url = BUF_INIT(256);

	world_start_relay(w, 0, NULL, NULL);
	buf_addf(&url, "wss://localhost%s", strrchr(w->urls[0], ':'));
	mem_free(w->urls[0]);
	w->urls[0] = buf_take(&url);
	world_start_bridge(w, 1, "");
	assert_has(rig_wait(w->bridge, "ev=relay.down"), "handshake failed");
	assert_int_equal(rig_count(w->relays[0], "req inbox"), 0);
}

static void a_file_without_authorities_stops_the_start(void **state)
{
	struct world *w = *state;
	auto_free char *program = rig_program("bridge/loom-bridge");
	auto_free char *conf = world_path(w, "conf");
	const char *const argv[] = {program, "--config", conf, NULL};
	auto_buf struct buf b = BUF_INIT(4096);
	void *folder = w->folder;
	struct rig *r;

	buf_addf(&b, "STATE_DIR=%s/state\nRUN_DIR=%s/run\nCA_FILE=%s\n", w->folder,
		 w->folder, conf);
	unit_write(&folder, "conf", b.p, 0600);
	r = rig_start("bridge", argv);
	(void)rig_wait(r, "no certificates in it");
	assert_int_equal(rig_end(r), 1);
}

/* ---- the HTTP client, against the same server */

struct asked {
	uv_loop_t *loop;
	enum httpc_fault fault;
	unsigned int status;
	char why[256];
	bool done;
};

static void on_done(void *ctx, uint64_t id, const struct httpc_answer *a)
{
	struct asked *q = ctx;

	(void)id;
	q->fault = a->fault;
	q->status = a->status;
	str_copy(q->why, sizeof(q->why), str_of(a->why));
	q->done = true;
	uv_stop(q->loop);
}

static struct asked ask(const char *url, const char *ca_file)
{
	uv_loop_t loop;
	struct httpc *h = NULL;
	struct asked q = {.loop = &loop};
	struct httpc_request req = {
		.method = "GET", .url = url, .timeout_ms = 20000, .max_answer = 65536};
	uint64_t id;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(httpc_new(&h, &loop, ca_file, NULL), LERR_OK);
	assert_int_equal(httpc_start(h, &id, &req, on_done, &q, NULL), LERR_OK);
	assert_false(q.done);
	/* done stops it */
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(q.done);
	httpc_close(h);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	return q;
}

/* The relay's address as a web page's. */
static void web_url(char out[256], struct world *w, const char *scheme)
{
	(void)snprintf(out, 256, "%s://localhost%s/", scheme, strrchr(w->urls[0], ':'));
}

static void the_http_client_checks_certificates_too(void **state)
{
	struct world *w = *state;
	struct pki p;
	struct asked q;
	char url[256];

	make_pki(&p, w, "localhost", 3600);
	world_start_relay(w, 0, p.cert, p.key);
	web_url(url, w, "https");
	q = ask(url, p.authority);
	assert_int_equal(q.fault, HTTPC_OK);
	assert_true(q.status >= 200);
	q = ask(url, NULL);
	assert_int_equal(q.fault, HTTPC_CERT);
	assert_has(q.why, "issuer certificate");
	rig_stop(w->relays[0]);
	certs_issue(p.ca, "relay.example", 3600, p.cert, p.key);
	world_start_relay(w, 0, p.cert, p.key);
	web_url(url, w, "https");
	q = ask(url, p.authority);
	assert_int_equal(q.fault, HTTPC_CERT);
	free_pki(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_make, world_remove)
		T(a_good_certificate_of_our_own_authority_is_enough),
		T(a_certificate_for_another_name_is_refused),
		T(an_expired_certificate_is_refused),
		T(an_unknown_authority_is_refused),
		T(a_server_without_tls_is_no_relay),
		T(a_file_without_authorities_stops_the_start),
		T(the_http_client_checks_certificates_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
