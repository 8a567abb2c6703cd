/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/p2pk.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/nsign.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define KEY1 "02" FACT_PUB1
#define KEY2 "02" FACT_PUB2
#define KEY1_ODD "03" FACT_PUB1
#define NONCE "\"nonce\":\"00\""
#define LOCK(data, tags) \
	"[\"P2PK\",{" NONCE ",\"data\":\"" data "\",\"tags\":[" tags "]}]"

static struct p2pk parse(const char *secret)
{
	struct p2pk lock;
	struct lerr err = {0};

	if (p2pk_parse(&lock, str_of(secret), &err) != P2PK_LOCK)
		fail_msg("%s: %s", secret, err.msg);
	return lock;
}

static struct ecpoint point_of(const char *x)
{
	struct id32 id = unit_id(x);

	return ecpoint_from_x(&id);
}

/* ---- reading */

static void a_bare_lock_needs_one_signature_for_ever(void **state)
{
	struct p2pk lock = parse("[\"P2PK\",{\"data\":\"" KEY1 "\", " NONCE "}]");
	struct ecpoint key = point_of(FACT_PUB1);

	(void)state;
	assert_int_equal(lock.nmain, 1);
	assert_int_equal(lock.nrefund, 0);
	assert_int_equal(lock.n_sigs, 1);
	assert_false(lock.has_locktime || lock.sig_all);
	assert_int_equal(p2pk_find(&lock, &key), 0);
	key.b[0] = 3;
	assert_int_equal(p2pk_find(&lock, &key), 0);
	key = point_of(FACT_PUB2);
	assert_true(p2pk_find(&lock, &key) == SIZE_MAX);
}

static void every_tag_is_read(void **state)
{
	struct p2pk lock = parse(LOCK(
		KEY1, "[\"sigflag\",\"SIG_ALL\"],[\"x\",\"y\",\"\"],[\"n_sigs\",\"2\"],"
		      "[\"pubkeys\",\"" KEY2 "\"],[\"locktime\",\"1790000000\"],"
		      "[\"refund\",\"" KEY2 "\",\"" KEY1 "\"],"
		      "[\"n_sigs_refund\",\"2\"]"));
	struct ecpoint second = point_of(FACT_PUB2);

	(void)state;
	assert_int_equal(lock.nmain, 2);
	assert_int_equal(lock.nrefund, 2);
	assert_int_equal(lock.n_sigs, 2);
	assert_int_equal(lock.n_sigs_refund, 2);
	assert_true(lock.sig_all && lock.has_locktime);
	assert_int_equal(lock.locktime, 1790000000);
	assert_int_equal(p2pk_find(&lock, &second), 1);
	/* the slots of NUT-28: data, pubkeys, refund */
	assert_true(ecpoint_eq(&lock.keys[2], &second));
	lock = parse(LOCK(KEY1, "[\"refund\",\"" KEY2 "\"]"));
	assert_true(p2pk_find(&lock, &second) == SIZE_MAX);
}

static void what_is_no_list_of_kind_and_object_is_plain(void **state)
{
	static const char *const plain[] = {
		"",
		"407915bc212be61a77e3e6d2aeb4c727980bda51cd06a6afc29e2861768a7837",
		"[\"P2PK\"]",
		"[\"P2PK\",\"x\"]",
		"[\"P2PK\",{},1]",
		"[1,{}]",
		"{\"P2PK\":{}}",
		"[\"P2PK\",{}] x",
		"\"P2PK\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct p2pk lock;

		assert_int_equal(p2pk_parse(&lock, str_of(plain[i]), NULL), P2PK_PLAIN);
	}
}

static void other_kinds_are_named(void **state)
{
	struct lerr err = {0};
	struct p2pk lock;

	(void)state;
	assert_int_equal(p2pk_parse(&lock, STR_LIT("[\"HTLC\",{}]"), &err), P2PK_OTHER);
	assert_has(err.msg, "\"HTLC\"");
	assert_int_equal(p2pk_parse(&lock, STR_LIT("[\"p2pk\",{\"data\":1}]"), &err),
			 P2PK_OTHER);
	assert_int_equal(p2pk_parse(&lock, STR_LIT("[\"\",{}]"), &err), P2PK_OTHER);
}

static void malformed_locks_are_told_apart(void **state)
{
	static const struct {
		const char *secret;
		const char *why;
	} bad[] = {
		{"[\"P2PK\",{}]", "missing"},
		{"[\"P2PK\",{\"data\":\"" KEY1 "\"}]", "missing"},
		{"[\"P2PK\",{" NONCE "}]", "missing"},
		{"[\"P2PK\",{" NONCE ",\"data\":5}]", "missing"},
		{LOCK(FACT_PUB1, ""), "no point"},
		{LOCK("02" FACT_NONCE "00", ""), "no point"},
		{LOCK("02000000000000000000000000000000000000000000000000000000000000000"
		      "5",
		      ""),
		 "no point"},
		{"[\"P2PK\",{" NONCE ",\"data\":\"" KEY1 "\",\"tags\":{}}]", "no list"},
		{LOCK(KEY1, "5"), "no list"},
		{LOCK(KEY1, "[]"), "no list"},
		{LOCK(KEY1, "[\"locktime\",5]"), "no list of text"},
		{LOCK(KEY1, "[\"locktime\"]"), "empty value"},
		{LOCK(KEY1, "[\"locktime\",\"\"]"), "empty value"},
		{LOCK(KEY1, "[\"pubkeys\"]"), "empty value"},
		{LOCK(KEY1, "[\"locktime\",\"1\"],[\"locktime\",\"1\"]"), "twice"},
		{LOCK(KEY1, "[\"refund\",\"" KEY1 "\"],[\"refund\",\"" KEY2 "\"]"),
		 "twice"},
		{LOCK(KEY1, "[\"locktime\",\"soon\"]"), "unix time"},
		{LOCK(KEY1, "[\"locktime\",\"-5\"]"), "unix time"},
		{LOCK(KEY1, "[\"locktime\",\"1.5\"]"), "unix time"},
		{LOCK(KEY1, "[\"locktime\",\"9223372036854775808\"]"), "unix time"},
		{LOCK(KEY1, "[\"locktime\",\"1\",\"2\"]"), "unix time"},
		{LOCK(KEY1, "[\"pubkeys\",\"" KEY1 "\"]"), "key twice"},
		{LOCK(KEY1, "[\"pubkeys\",\"" KEY1_ODD "\"]"), "key twice"},
		{LOCK(KEY1, "[\"pubkeys\",\"" KEY2 "\",\"" KEY2 "\"]"), "key twice"},
		{LOCK(KEY1, "[\"refund\",\"" KEY2 "\",\"03" FACT_PUB2 "\"]"),
		 "key twice"},
		{LOCK(KEY1, "[\"pubkeys\",\"alice\"]"), "no point"},
		{LOCK(KEY1, "[\"n_sigs\",\"0\"]"), "n_sigs"},
		{LOCK(KEY1, "[\"n_sigs\",\"2\"]"), "n_sigs"},
		{LOCK(KEY1, "[\"n_sigs\",\"1\",\"1\"]"), "n_sigs"},
		{LOCK(KEY1, "[\"n_sigs_refund\",\"1\"]"), "n_sigs_refund"},
		{LOCK(KEY1, "[\"refund\",\"" KEY2 "\"],[\"n_sigs_refund\",\"2\"]"),
		 "n_sigs_refund"},
		{LOCK(KEY1, "[\"sigflag\",\"SIG_NONE\"]"), "sigflag"},
		{LOCK(KEY1, "[\"sigflag\",\"sig_all\"]"), "sigflag"},
		{LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\",\"x\"]"), "sigflag"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct p2pk lock = {.nmain = 77};
		struct lerr err = {0};

		if (p2pk_parse(&lock, str_of(bad[i].secret), &err) != P2PK_MALFORMED)
			fail_msg("%s", bad[i].secret);
		assert_has(err.msg, bad[i].why);
		assert_int_equal(lock.nmain, 77);
	}
}

/* Points 1G to 12G. */
static void add_point(struct buf *out, uint8_t k)
{
	struct ecscalar scalar = {{0}};
	struct ecpoint p;

	scalar.b[31] = k;
	assert_true(ecpoint_base(&p, &scalar));
	buf_add_c(out, ecpoint_hex(&p).c);
}

static void eleven_keys_are_read_and_twelve_are_not(void **state)
{
	(void)state;
	for (uint8_t n = P2PK_KEYS; n <= P2PK_KEYS + 1; n++) {
		auto_buf struct buf secret = BUF_INIT(CAP_CASHU_SECRET);
		struct lerr err = {0};
		struct p2pk lock;
		enum p2pk_kind kind;

		buf_add_c(&secret, "[\"P2PK\",{" NONCE ",\"data\":\"");
		add_point(&secret, 1);
		buf_add_c(&secret, "\",\"tags\":[[\"pubkeys\"");
		for (uint8_t k = 2; k <= n; k++) {
			buf_add_c(&secret, ",\"");
			add_point(&secret, k);
			buf_add_char(&secret, '"');
		}
		buf_add_c(&secret, "]]}]");
		kind = p2pk_parse(&lock, buf_str(&secret), &err);
		assert_int_equal(kind, n == P2PK_KEYS ? P2PK_LOCK : P2PK_MALFORMED);
		if (kind == P2PK_LOCK)
			assert_int_equal(lock.nmain, P2PK_KEYS);
		else
			assert_has(err.msg, "too many");
	}
}

static void the_condition_is_data_and_tags_and_not_the_nonce(void **state)
{
	struct p2pk a = parse(LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\"]"));
	struct p2pk b = parse("[\"P2PK\", {\"tags\":[[\"sigflag\",\"SIG_ALL\"]],"
			      "\"data\":\"" KEY1 "\",\"nonce\":\"11\"}]");
	static const char *const others[] = {
		LOCK(KEY2, "[\"sigflag\",\"SIG_ALL\"]"),
		LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\"],[\"a\",\"b\"]"),
		LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\"],[\"ab\"]"),
		LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\"],[\"a\"],[\"b\"]"),
		LOCK(KEY1, "[\"ab\"],[\"sigflag\",\"SIG_ALL\"]"),
		LOCK(KEY1, ""),
	};

	(void)state;
	assert_true(id32_eq(&a.condition, &b.condition));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		b = parse(others[i]);
		assert_false(id32_eq(&a.condition, &b.condition));
		for (size_t k = 0; k < i; k++) {
			a = parse(others[k]);
			assert_false(id32_eq(&a.condition, &b.condition));
		}
		a = parse(LOCK(KEY1, "[\"sigflag\",\"SIG_ALL\"]"));
	}
}

/* ---- signing and spending */

static void sign(uint8_t sig[64], const char *key, const struct id32 *msg)
{
	struct nsign_key auto_key k = {{0}};

	assert_int_equal(nsign_parse(&k, str_of(key), NULL), LERR_OK);
	nsign_sign(sig, &k, msg);
}

static void add_signature(struct buf *out, const char *key, const struct id32 *msg)
{
	uint8_t sig[64];
	char hex[129];

	sign(sig, key, msg);
	hex_encode(hex, sig, sizeof(sig));
	if (out->n)
		buf_add_char(out, ',');
	buf_addf(out, "\"%s\"", hex);
}

/* May it be spent at now with signatures of these keys? */
static bool spends(const char *secret, uint64_t now, const char *key1, const char *key2,
		   struct p2pk_signers *found)
{
	auto_buf struct buf list = BUF_INIT(1000);
	auto_buf struct buf witness = BUF_INIT(1000);
	struct p2pk lock = parse(secret);
	struct id32 msg = p2pk_message(str_of(secret));

	if (key1)
		add_signature(&list, key1, &msg);
	if (key2)
		add_signature(&list, key2, &msg);
	buf_addf(&witness, "{\"signatures\":[%s]}", list.n ? list.p : "");
	return p2pk_may_spend(&lock, buf_str(&witness), &msg, now, found);
}

static void the_locktime_opens_the_refund_path_and_closes_nothing(void **state)
{
	static const char secret[] =
		LOCK(KEY1, "[\"locktime\",\"1000\"],[\"refund\",\"" KEY2 "\"]");
	struct p2pk_signers n;

	(void)state;
	assert_true(spends(secret, 1000, FACT_KEY1, NULL, &n));
	assert_int_equal(n.main, 1);
	assert_int_equal(n.refund, 0);
	assert_false(spends(secret, 1000, FACT_KEY2, NULL, &n));
	assert_int_equal(n.main, 0);
	assert_int_equal(n.refund, 1);
	assert_true(spends(secret, 1001, FACT_KEY2, NULL, NULL));
	assert_true(spends(secret, 1001, FACT_KEY1, NULL, NULL));
	assert_false(spends(secret, 1001, NULL, NULL, NULL));
}

static void a_locktime_without_refund_lets_anyone_spend(void **state)
{
	static const char secret[] = LOCK(KEY1, "[\"locktime\",\"1000\"]");

	(void)state;
	assert_false(spends(secret, 1000, NULL, NULL, NULL));
	assert_true(spends(secret, 1001, NULL, NULL, NULL));
}

static void who_signs_twice_counts_once(void **state)
{
	static const char secret[] =
		LOCK(KEY1_ODD, "[\"n_sigs\",\"2\"],[\"pubkeys\",\"" KEY2 "\"]");
	struct p2pk_signers n;

	(void)state;
	assert_false(spends(secret, 0, FACT_KEY1, FACT_KEY1, &n));
	assert_int_equal(n.main, 1);
	assert_true(spends(secret, 0, FACT_KEY2, FACT_KEY1, &n));
	assert_int_equal(n.main, 2);
}

static void a_witness_that_is_none_proves_nothing(void **state)
{
	static const char *const none[] = {"", "{}", "[]", "{\"signatures\":\"x\"}",
					   "{\"signatures\":[5,\"zz\",null]}"};
	struct p2pk lock = parse(LOCK(KEY1, ""));
	struct id32 msg = p2pk_message(STR_LIT("x"));
	struct p2pk_signers n = {9, 9};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(p2pk_may_spend(&lock, str_of(none[i]), &msg, 5, &n));
	assert_int_equal(n.main + n.refund, 0);
}

static void our_witness_is_the_one_of_the_rules(void **state)
{
	static const char secret[] = LOCK(KEY1, "");
	struct p2pk lock = parse(secret);
	struct id32 msg = p2pk_message(STR_LIT(secret));
	auto_buf struct buf witness = BUF_INIT(CAP_CASHU_WITNESS);
	uint8_t sig[64];

	(void)state;
	sign(sig, FACT_KEY1, &msg);
	p2pk_add_witness(&witness, sig);
	assert_true(str_starts(buf_str(&witness), "{\"signatures\":[\""));
	assert_true(p2pk_may_spend(&lock, buf_str(&witness), &msg, 0, NULL));
	msg.b[0] ^= 1;
	assert_false(p2pk_may_spend(&lock, buf_str(&witness), &msg, 0, NULL));
}

static void the_message_of_all_is_one_text(void **state)
{
	static const char text[] = "s0" KEY1 "s1" KEY2 "64" KEY2 "0" KEY1;
	char s0[] = "s0";
	char s1[] = "s1";
	const struct cashuproof in[2] = {{.secret = s0, .c = point_of(FACT_PUB1)},
					 {.secret = s1, .c = point_of(FACT_PUB2)}};
	const struct p2pk_output out[2] = {{64, point_of(FACT_PUB2)},
					   {0, point_of(FACT_PUB1)}};
	struct id32 want = hash_sha256(text, strlen(text));
	struct id32 got = p2pk_message_all(in, 2, out, 2, STR_LIT(""));

	(void)state;
	assert_true(id32_eq(&got, &want));
	got = p2pk_message_all(in, 2, out, 2, STR_LIT("q"));
	want = hash_sha256(STR_LIT("s0" KEY1 "s1" KEY2 "64" KEY2 "0" KEY1 "q").p,
			   strlen(text) + 1);
	assert_true(id32_eq(&got, &want));
}

/* ---- writing */

static void what_we_lock_reads_as_it_was_meant(void **state)
{
	struct ecpoint key = point_of(FACT_PUB1);
	struct ecpoint refund = point_of(FACT_PUB2);
	auto_buf struct buf a = BUF_INIT(CAP_CASHU_SECRET);
	auto_buf struct buf b = BUF_INIT(CAP_CASHU_SECRET);
	struct p2pk lock;

	(void)state;
	p2pk_write_secret(&a, &key, 0, NULL);
	p2pk_write_secret(&b, &key, 0, NULL);
	assert_false(str_eq(buf_str(&a), buf_str(&b)));
	lock = parse(a.p);
	assert_true(ecpoint_eq(&lock.keys[0], &key));
	assert_false(lock.has_locktime);
	assert_int_equal(lock.nmain + lock.nrefund, 1);
	buf_reset(&a);
	p2pk_write_secret(&a, &key, 1790000000, &refund);
	lock = parse(a.p);
	assert_int_equal(lock.locktime, 1790000000);
	assert_int_equal(lock.nrefund, 1);
	assert_true(ecpoint_eq(&lock.keys[1], &refund));
}

static void write_without_refund(void *arg)
{
	auto_buf struct buf out = BUF_INIT(CAP_CASHU_SECRET);

	p2pk_write_secret(&out, arg, 5, NULL);
}

static void a_locktime_without_refund_is_not_written(void **state)
{
	struct ecpoint key = point_of(FACT_PUB1);

	(void)state;
	assert_true(unit_panics(write_without_refund, &key));
}

static void a_blinded_key_is_the_key_and_its_factor(void **state)
{
	struct id32 x = unit_id(FACT_SHARED);
	struct ecpoint key = point_of(FACT_PUB1);
	struct ecscalar r[P2PK_KEYS];
	struct ecpoint blinded;
	struct ecpoint back;
	struct ecpoint rg;

	(void)state;
	for (size_t i = 0; i < P2PK_KEYS; i++) {
		assert_true(p2pk_blind_factor(&r[i], x.b, i));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&r[k], &r[i], sizeof(r[i]));
	}
	assert_true(ecpoint_add_base(&blinded, &key, &r[3]));
	assert_true(ecpoint_base(&rg, &r[3]));
	assert_true(ecpoint_sub(&back, &blinded, &rg));
	assert_true(ecpoint_eq(&back, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_lock_needs_one_signature_for_ever),
		cmocka_unit_test(every_tag_is_read),
		cmocka_unit_test(what_is_no_list_of_kind_and_object_is_plain),
		cmocka_unit_test(other_kinds_are_named),
		cmocka_unit_test(malformed_locks_are_told_apart),
		cmocka_unit_test(eleven_keys_are_read_and_twelve_are_not),
		cmocka_unit_test(the_condition_is_data_and_tags_and_not_the_nonce),
		cmocka_unit_test(the_locktime_opens_the_refund_path_and_closes_nothing),
		cmocka_unit_test(a_locktime_without_refund_lets_anyone_spend),
		cmocka_unit_test(who_signs_twice_counts_once),
		cmocka_unit_test(a_witness_that_is_none_proves_nothing),
		cmocka_unit_test(our_witness_is_the_one_of_the_rules),
		cmocka_unit_test(the_message_of_all_is_one_text),
		cmocka_unit_test(what_we_lock_reads_as_it_was_meant),
		cmocka_unit_test(a_locktime_without_refund_is_not_written),
		cmocka_unit_test(a_blinded_key_is_the_key_and_its_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
