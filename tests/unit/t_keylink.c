/* SPDX-License-Identifier: MIT */
/* The engine's line to loom-keyd, answered by loom-keyd's own table of requests. */
#include "config.h"

#include "engine/keylink.h"

#include "engine/engine.h"
#include "keyd/dispatch.h"
#include "lib/base/conf.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/hash.h"
#include "lib/proto/schnorr.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#define SECRET(key, tags) \
	"[\"P2PK\",{\"nonce\":\"n\",\"data\":\"" key "\",\"tags\":[" tags "]}]"
#define MINE "02" FACT_PUB1
#define OTHER "02" FACT_PUB2
#define POINT1 "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define POINT2 "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"

struct rig {
	uv_loop_t loop;
	struct engine e;
	struct conf *conf;
	struct keyring *keys;
	struct ipcuv *server;
	unsigned int up;
	/* the last answer */
	unsigned int answers;
	uint64_t ref;
	size_t n;
	uint8_t sigs[2][64];
	enum lerr_code code;
	char why[LERR_MSG_MAX];
};

static struct rig *rig;
static void *folder;

/* ---- loom-keyd */

static void on_request(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct rig *r = ctx;
	struct dispatch_answer a;
	struct lerr err = {0};
	unsigned int may = DISPATCH_PUBKEY | DISPATCH_OPEN | DISPATCH_P2PK;

	(void)fds;
	switch (dispatch_run(&a, r->keys, may, m, 1790000000, &err)) {
	case DISPATCH_ANSWERED:
		(void)ipcuv_send(r->server, peer, a.type, m->n, &a.body, NULL, 0);
		dispatch_wipe(&a);
		return;
	case DISPATCH_REFUSED:
		(void)ipcuv_send_error(r->server, peer, m->n, err.code, err.msg);
		return;
	case DISPATCH_ILLEGAL:
		fail_msg("%s", err.msg);
	}
}

static const struct ipcuv_protocol protocol = {"keyd", ipckey_types, IPCKEY_TYPES,
					       IPCKEY_ERROR};
static const struct ipcuv_ops server_ops = {NULL, on_request, NULL};

/* ---- the engine */

static void on_up(struct engine *e)
{
	assert_true(e->has_worker);
	rig->up++;
}

static void on_p2pk(struct engine *e, uint64_t ref, const struct ipckey_p2pk_signed *s,
		    const struct lerr *err)
{
	assert_ptr_equal(e, &rig->e);
	rig->answers++;
	rig->ref = ref;
	rig->n = 0;
	if (err) {
		assert_null(s);
		rig->code = err->code;
		str_copy(rig->why, sizeof(rig->why), str_of(err->msg));
		return;
	}
	rig->n = s->signatures.n;
	for (size_t i = 0; i < rig->n && i < ARRAY_LEN(rig->sigs); i++)
		assert_true(hex_decode(rig->sigs[i], 64, str_of(s->signatures.v[i])));
}

static void on_opened(struct engine *e, uint64_t ref, const struct ipckey_opened *opened,
		      const struct lerr *err)
{
	(void)e;
	assert_null(opened);
	assert_non_null(err);
	rig->answers++;
	rig->ref = ref;
}

static const struct keylink_ops with = {on_up, NULL, NULL, on_p2pk};
static const struct keylink_ops without = {on_up, NULL, on_opened, NULL};

static int build(void **state)
{
	auto_buf struct buf text = BUF_INIT(4096);
	auto_free char *path = NULL;
	struct rig *r = mem_zalloc(sizeof(*r));
	struct nsign_key key;

	(void)state;
	rig = r;
	r->conf = conf_new();
	if (unit_folder_make(&folder) || uv_loop_init(&r->loop))
		return -1;
	buf_addf(&text, "RUN_DIR=%s\n", (const char *)folder);
	path = unit_path(&folder, "keyd-engine.sock");
	if (conf_read_text(r->conf, buf_str(&text), "test", CONF_REFUSE_SECRETS, NULL) ||
	    keyring_new(&r->keys, NULL) || nsign_parse(&key, STR_LIT(FACT_KEY1), NULL) ||
	    keyring_set(&r->keys->worker, &key, NULL) ||
	    ipcuv_serve(&r->server, &r->loop, path, getuid(), &protocol, &server_ops, r,
			NULL))
		return -1;
	r->e.loop = &r->loop;
	r->e.conf = r->conf;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keylink_free(rig->e.keys);
	ipcuv_close(rig->server);
	assert_int_equal(uv_run(&rig->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	keyring_free(rig->keys);
	conf_free(rig->conf);
	mem_free(rig);
	return unit_folder_remove(&folder);
}

static void start(const struct keylink_ops *ops)
{
	rig->e.keys = keylink_new(&rig->e, ops);
	assert_false(keylink_p2pk(rig->e.keys, 1, NULL, 0));
	while (rig->up == 0)
		(void)uv_run(&rig->loop, UV_RUN_ONCE);
}

static void wait_answer(unsigned int count)
{
	while (rig->answers < count)
		(void)uv_run(&rig->loop, UV_RUN_ONCE);
}

static struct cashuproof proof(const char *secret, const char *c)
{
	struct cashuproof p = {.secret = mem_strdup(secret)};

	assert_true(ecpoint_parse(&p.c, str_of(c)));
	return p;
}

static void assert_by_worker(const uint8_t sig[64], const char *text)
{
	struct id32 worker = unit_id(FACT_PUB1);
	struct id32 msg = hash_sha256(text, strlen(text));

	assert_true(schnorr_verify(&worker, sig, msg.b, sizeof(msg.b)));
}

static void locks_are_signed_in_their_order(void **state)
{
	static const char first[] = SECRET(MINE, "");
	static const char second[] = SECRET("03" FACT_PUB1, "");
	struct cashuproof p[2] = {proof(first, POINT1), proof(second, POINT2)};

	(void)state;
	start(&with);
	assert_true(keylink_p2pk(rig->e.keys, 77, p, 2));
	wait_answer(1);
	assert_int_equal(rig->ref, 77);
	assert_int_equal(rig->n, 2);
	assert_by_worker(rig->sigs[0], first);
	assert_by_worker(rig->sigs[1], second);
	mem_free(p[0].secret);
	mem_free(p[1].secret);
}

static void a_lock_to_others_comes_back_as_an_error(void **state)
{
	struct cashuproof p = proof(SECRET(OTHER, ""), POINT1);

	(void)state;
	start(&with);
	assert_true(keylink_p2pk(rig->e.keys, 8, &p, 1));
	wait_answer(1);
	assert_int_equal(rig->ref, 8);
	assert_int_equal(rig->code, LERR_DENIED);
	assert_has(rig->why, "other keys");
	mem_free(p.secret);
}

static void a_whole_request_is_signed(void **state)
{
	static const char secret[] = SECRET(MINE, "[\"sigflag\",\"SIG_ALL\"]");
	struct cashuproof p[2] = {proof(secret, POINT1), proof(secret, POINT2)};
	struct p2pk_output outputs[2] = {{.amount = 8, .blinded = p[1].c},
					 {.amount = 64, .blinded = p[0].c}};
	auto_buf struct buf text = BUF_INIT(5000);

	(void)state;
	buf_addf(&text, "%s" POINT1 "%s" POINT2 "8" POINT2 "64" POINT1, secret, secret);
	start(&with);
	assert_true(keylink_p2pk_all(rig->e.keys, 9, p, 2, outputs, 2, STR_LIT("")));
	wait_answer(1);
	assert_int_equal(rig->n, 1);
	assert_by_worker(rig->sigs[0], text.p);
	buf_add_c(&text, "quote");
	assert_true(
		keylink_p2pk_all(rig->e.keys, 10, p, 2, outputs, 2, STR_LIT("quote")));
	wait_answer(2);
	assert_int_equal(rig->ref, 10);
	assert_by_worker(rig->sigs[0], text.p);
	mem_free(p[0].secret);
	mem_free(p[1].secret);
}

static void blinded_locks_go_with_their_ephemeral_key(void **state)
{
	struct cashuproof p = proof(SECRET(OTHER, ""), POINT1);

	(void)state;
	start(&with);
	p.has_ephemeral = true;
	p.ephemeral = p.c;
	assert_true(keylink_p2pk(rig->e.keys, 1, &p, 1));
	wait_answer(1);
	/* it was tried with the key */
	assert_has(rig->why, "blinded");
	mem_free(p.secret);
}

/* Answers come in order: behind the second, one that we hear of. */
static void without_a_callback_answers_are_dropped(void **state)
{
	struct cashuproof good = proof(SECRET(MINE, ""), POINT1);
	struct cashuproof bad = proof(SECRET(OTHER, ""), POINT1);

	(void)state;
	start(&without);
	assert_true(keylink_p2pk(rig->e.keys, 1, &good, 1));
	assert_true(keylink_p2pk(rig->e.keys, 2, &bad, 1));
	assert_true(keylink_open(rig->e.keys, 3, STR_LIT("{}")));
	wait_answer(1);
	assert_int_equal(rig->ref, 3);
	mem_free(good.secret);
	mem_free(bad.secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
		T(locks_are_signed_in_their_order),
		T(a_lock_to_others_comes_back_as_an_error),
		T(a_whole_request_is_signed),
		T(blinded_locks_go_with_their_ephemeral_key),
		T(without_a_callback_answers_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
