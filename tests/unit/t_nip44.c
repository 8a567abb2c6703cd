/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nip44.h"

#include "lib/base/b64.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/nsign.h"
#include "tests/unit/facts.h"
#include "tests/unit/long44.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct nip44_key key;
static struct id32 nonce;

static int make(void **state)
{
	struct id32 id = unit_id(FACT_CONVERSATION);

	(void)state;
	memcpy(key.b, id.b, sizeof(key.b));
	nonce = unit_id(FACT_NONCE);
	return 0;
}

static void both_sides_derive_the_same_key(void **state)
{
	static const char *const ends[2][2] = {{FACT_KEY1, FACT_PUB2},
					       {FACT_KEY2, FACT_PUB1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct nsign_key auto_key secret = {{0}};
		struct nip44_key auto_nip44_key derived = {{0}};
		struct id32 peer = unit_id(ends[i][1]);
		struct id32 want = unit_id(FACT_SHARED);
		uint8_t x[32];

		assert_int_equal(nsign_parse(&secret, str_of(ends[i][0]), NULL), LERR_OK);
		assert_int_equal(nsign_ecdh_x(x, &secret, &peer, NULL), LERR_OK);
		assert_memory_equal(x, want.b, 32);
		nip44_derive(&derived, x);
		assert_memory_equal(derived.b, key.b, 32);
	}
}

static void a_known_payload_is_written_and_read(void **state)
{
	auto_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	auto_secret_buf struct buf plain = BUF_INIT(CAP_NIP44_PAYLOAD);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(
		nip44_encrypt(&payload, &key, nonce.b, STR_LIT("open sesame"), &err),
		LERR_OK);
	assert_buf(payload, FACT_PAYLOAD);
	assert_int_equal(nip44_decrypt(&plain, &key, STR_LIT(FACT_PAYLOAD), &err),
			 LERR_OK);
	assert_buf(plain, "open sesame");
}

static void what_is_broken_behind_a_right_mac_is_refused(void **state)
{
	static const struct {
		const char *payload;
		const char *why;
	} bad[] = {
		{FACT_PAYLOAD_NUL_LENGTH, "padding"},
		{FACT_PAYLOAD_LONG_FORM_SMALL, "padding"},
		{FACT_PAYLOAD_PADDED_TOO_FAR, "padding"},
		{FACT_PAYLOAD_LENGTH_TOO_LARGE, "padding"},
		{FACT_PAYLOAD_NOT_UTF8, "UTF-8"},
		{FACT_PAYLOAD_VERSION_3, "version 3"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);
		struct lerr err = {0};

		buf_add_c(&out, "before");
		assert_int_equal(nip44_decrypt(&out, &key, str_of(bad[i].payload), &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].why);
		assert_buf(out, "before");
	}
}

static void the_mac_covers_padding_so_its_bytes_may_be_any(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);

	(void)state;
	assert_int_equal(
		nip44_decrypt(&out, &key, STR_LIT(FACT_PAYLOAD_ODD_PADDING), NULL),
		LERR_OK);
	assert_buf(out, "open sesame");
}

static void every_altered_byte_is_noticed(void **state)
{
	auto_buf struct buf raw = BUF_INIT(1000);

	(void)state;
	assert_true(b64_decode(&raw, STR_LIT(FACT_PAYLOAD), B64_STD));
	for (size_t i = 0; i < raw.n; i++) {
		auto_buf struct buf text = BUF_INIT(1000);
		auto_buf struct buf out = BUF_INIT(1000);

		raw.p[i] ^= 0x40;
		b64_encode(&text, raw.p, raw.n, B64_STD);
		raw.p[i] ^= 0x40;
		/* the first byte is the version */
		assert_int_equal(nip44_decrypt(&out, &key, buf_str(&text), NULL),
				 i == 0 ? LERR_INPUT : LERR_DENIED);
		assert_int_equal(out.n, 0);
	}
}

static void another_key_is_denied(void **state)
{
	auto_buf struct buf out = BUF_INIT(1000);
	struct nip44_key other = key;
	struct lerr err = {0};

	(void)state;
	other.b[0] ^= 1;
	assert_int_equal(nip44_decrypt(&out, &other, STR_LIT(FACT_PAYLOAD), &err),
			 LERR_DENIED);
	assert_has(err.msg, "MAC");
}

static void what_is_no_payload_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"#",
		"#" FACT_PAYLOAD,
		"?",
		"AgAA",
		FACT_PAYLOAD "=",
		FACT_PAYLOAD "AAA",
		FACT_PAYLOAD " ",
	};
	char cut[] = FACT_PAYLOAD;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_buf struct buf out = BUF_INIT(1000);

		assert_int_equal(nip44_decrypt(&out, &key, str_of(bad[i]), NULL),
				 LERR_INPUT);
	}
	for (size_t n = 0; n < sizeof(cut) - 1; n++) {
		auto_buf struct buf out = BUF_INIT(1000);

		assert_int_not_equal(
			nip44_decrypt(&out, &key, (struct str){cut, n}, NULL), LERR_OK);
	}
}

static void the_cap_of_the_reader_holds(void **state)
{
	auto_buf struct buf out = BUF_INIT(10);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(nip44_decrypt(&out, &key, STR_LIT(FACT_PAYLOAD), &err),
			 LERR_LIMIT);
	assert_int_equal(out.n, 0);
	assert_false(buf_over(&out));
}

static void nothing_too_much_and_broken_text_are_not_encrypted(void **state)
{
	auto_buf struct buf out = BUF_INIT(CAP_NIP44_PAYLOAD);
	char *big = mem_zalloc(CAP_NIP44_PLAIN + 1);

	(void)state;
	memset(big, 'a', CAP_NIP44_PLAIN + 1);
	assert_int_equal(nip44_encrypt(&out, &key, nonce.b, STR_LIT(""), NULL),
			 LERR_LIMIT);
	assert_int_equal(nip44_encrypt(&out, &key, nonce.b,
				       (struct str){big, CAP_NIP44_PLAIN + 1}, NULL),
			 LERR_LIMIT);
	assert_int_equal(nip44_encrypt(&out, &key, nonce.b, STR_LIT("\xff"), NULL),
			 LERR_INPUT);
	assert_int_equal(out.n, 0);
	mem_free(big);
}

static void check_length(size_t n, size_t payload_chars, const char *sha256)
{
	auto_buf struct buf payload = BUF_INIT(200000);
	auto_buf struct buf plain = BUF_INIT(200000);
	auto_free char *text = mem_zalloc(n + 1);
	struct id32 want = unit_id(sha256);
	struct id32 got;
	enum lerr_code rc;

	memset(text, 'a', n);
	if (n <= CAP_NIP44_PLAIN)
		assert_int_equal(nip44_encrypt(&payload, &key, nonce.b,
					       (struct str){text, n}, NULL),
				 LERR_OK);
	else
		long44_payload(&payload, &key, nonce.b, n);
	assert_int_equal(payload.n, payload_chars);
	got = hash_sha256(payload.p, payload.n);
	assert_memory_equal(got.b, want.b, 32);
	rc = nip44_decrypt(&plain, &key, buf_str(&payload), NULL);
	assert_int_equal(rc, payload_chars > CAP_NIP44_PAYLOAD ? LERR_LIMIT : LERR_OK);
	if (!rc)
		assert_true(str_eq(buf_str(&plain), (struct str){text, n}));
}

static void lengths_up_to_the_cap_go_both_ways_in_both_forms(void **state)
{
	static const struct {
		size_t n;
		size_t payload_chars;
		const char *sha256;
	} cases[] = {FACT_LONG_PAYLOADS};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_length(cases[i].n, cases[i].payload_chars, cases[i].sha256);
}

static void padded_lengths_grow_in_steps(void **state)
{
	static const uint64_t pairs[][2] = {
		{1, 32},
		{31, 32},
		{32, 32},
		{33, 64},
		{64, 64},
		{65, 96},
		{256, 256},
		{257, 320},
		{384, 384},
		{385, 448},
		{512, 512},
		{513, 640},
		{1000, 1024},
		{1025, 1280},
		{65535, 65536},
		{65536, 65536},
		{65537, 81920},
		{98305, 114688},
		{1048576, 1048576},
		{1048577, 1310720},
		{4294967295u, 4294967296u},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_int_equal(nip44_padded_len(pairs[i][0]), pairs[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_derive_the_same_key),
		cmocka_unit_test(a_known_payload_is_written_and_read),
		cmocka_unit_test(what_is_broken_behind_a_right_mac_is_refused),
		cmocka_unit_test(the_mac_covers_padding_so_its_bytes_may_be_any),
		cmocka_unit_test(every_altered_byte_is_noticed),
		cmocka_unit_test(another_key_is_denied),
		cmocka_unit_test(what_is_no_payload_is_refused),
		cmocka_unit_test(the_cap_of_the_reader_holds),
		cmocka_unit_test(nothing_too_much_and_broken_text_are_not_encrypted),
		cmocka_unit_test(lengths_up_to_the_cap_go_both_ways_in_both_forms),
		cmocka_unit_test(padded_lengths_grow_in_steps),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
