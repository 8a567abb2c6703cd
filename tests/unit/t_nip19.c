/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nip19.h"

#include "lib/base/caps.h"
#include "lib/proto/bech32.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

/* What n becomes as text, and again as a struct. */
static void there_and_back(struct nip19 *back, const struct nip19 *n)
{
	auto_buf struct buf text = BUF_INIT(10000);
	struct lerr err = {0};

	nip19_add(&text, n);
	if (nip19_parse(back, buf_str(&text), &err))
		fail_msg("%s: %s", text.p, err.msg);
	assert_int_equal(back->type, n->type);
}

/* bech32 of raw bytes under a prefix. */
static enum lerr_code parse_raw(const char *hrp, const char *bytes, size_t n,
				struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(10000);
	struct nip19 out = {0};
	enum lerr_code rc;

	bech32_encode(&text, hrp, bytes, n);
	rc = nip19_parse(&out, buf_str(&text), err);
	if (!rc)
		nip19_wipe(&out);
	return rc;
}

static void bare_ids_go_both_ways(void **state)
{
	static const enum nip19_type types[] = {NIP19_NPUB, NIP19_NSEC, NIP19_NOTE};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct nip19 n = {.type = types[i], .id = unit_id(FACT_PUB1)};
		struct nip19 back;

		there_and_back(&back, &n);
		assert_true(id32_eq(&back.id, &n.id));
		nip19_wipe(&back);
		assert_true(id32_is_zero(&back.id));
	}
}

static void entries_go_both_ways(void **state)
{
	struct nip19 n = {.type = NIP19_NADDR,
			  .has_author = true,
			  .author = unit_id(FACT_PUB2),
			  .has_kind = true,
			  .kind = 30100,
			  .d = STR_LIT("job \xc3\xa9"),
			  .relays = {STR_LIT("wss://a"), STR_LIT("wss://b")},
			  .nrelays = 2};
	struct nip19 back;

	(void)state;
	there_and_back(&back, &n);
	assert_str(back.d, "job \xc3\xa9");
	assert_int_equal(back.kind, 30100);
	assert_true(id32_eq(&back.author, &n.author));
	assert_int_equal(back.nrelays, 2);
	assert_str(back.relays[1], "wss://b");
	nip19_wipe(&back);
	n.type = NIP19_NEVENT;
	n.id = unit_id(FACT_PUB1);
	n.has_author = false;
	there_and_back(&back, &n);
	assert_true(id32_eq(&back.id, &n.id));
	assert_false(back.has_author);
	assert_int_equal(back.d.n, 0);
	nip19_wipe(&back);
	n.type = NIP19_NPROFILE;
	n.has_kind = false;
	n.nrelays = 0;
	there_and_back(&back, &n);
	assert_true(id32_eq(&back.id, &n.id));
	nip19_wipe(&back);
}

static void an_address_may_have_an_empty_d_and_one_of_255_bytes(void **state)
{
	char d[255];
	struct nip19 n = {.type = NIP19_NADDR, .has_author = true, .has_kind = true};
	struct nip19 back;

	(void)state;
	there_and_back(&back, &n);
	assert_int_equal(back.d.n, 0);
	nip19_wipe(&back);
	memset(d, 'x', sizeof(d));
	n.d = (struct str){d, sizeof(d)};
	there_and_back(&back, &n);
	assert_true(str_eq(back.d, n.d));
	nip19_wipe(&back);
}

static void add_long_d(void *arg)
{
	auto_buf struct buf text = BUF_INIT(10000);

	nip19_add(&text, arg);
}

static void a_d_of_256_bytes_cannot_be_written(void **state)
{
	char d[256];
	struct nip19 n = {.type = NIP19_NADDR, .d = {d, sizeof(d)}};

	(void)state;
	memset(d, 'x', sizeof(d));
	assert_true(unit_panics(add_long_d, &n));
}

static void a_uri_is_read_without_its_scheme(void **state)
{
	auto_buf struct buf text = BUF_INIT(200);
	struct id32 want = unit_id(FACT_PUB1);
	struct id32 got;

	(void)state;
	buf_add_c(&text, "nostr:");
	nip19_add_npub(&text, &want);
	assert_int_equal(nip19_parse_pubkey(&got, buf_str(&text), NULL), LERR_OK);
	assert_true(id32_eq(&got, &want));
}

static void repeated_and_unknown_entries_are_passed_over(void **state)
{
	auto_buf struct buf raw = BUF_INIT(1000);
	auto_buf struct buf text = BUF_INIT(1000);
	struct id32 first = unit_id(FACT_PUB1);
	struct id32 second = unit_id(FACT_PUB2);
	struct nip19 n;

	(void)state;
	buf_add(&raw, "\x09\x01?", 3);
	buf_add(&raw, "\0\x20", 2);
	buf_add(&raw, first.b, 32);
	buf_add(&raw, "\0\x20", 2);
	buf_add(&raw, second.b, 32);
	buf_add(&raw, "\xff\0", 2);
	for (int i = 0; i < NIP19_RELAYS + 5; i++)
		buf_add(&raw, "\x01\x01r", 3);
	bech32_encode(&text, "nprofile", raw.p, raw.n);
	assert_int_equal(nip19_parse(&n, buf_str(&text), NULL), LERR_OK);
	assert_true(id32_eq(&n.id, &first));
	assert_int_equal(n.nrelays, NIP19_RELAYS);
	nip19_wipe(&n);
}

#define ID "0123456789abcdef0123456789abcdef"

static void broken_entries_are_refused(void **state)
{
	const struct {
		const char *hrp;
		struct str raw;
		const char *why;
	} bad[] = {
		{"npub", STR_LIT(""), "0 bytes"},
		{"npub", STR_LIT(ID "x"), "33 bytes"},
		{"nsec", STR_LIT("x"), "1 bytes"},
		{"note", STR_LIT(ID ID), "64 bytes"},
		{"nrelay", STR_LIT("\0\x01x"), "nrelay"},
		{"nprofile", STR_LIT(""), "missing"},
		{"nprofile", STR_LIT("\0"), "cut off"},
		{"nprofile", STR_LIT("\0\x20" ID "\x01"), "cut off"},
		{"nprofile", STR_LIT("\0\x20" ID "\x01\x02x"), "cut off"},
		{"nprofile", STR_LIT("\0\x1f" ID), "type 0"},
		{"nevent", STR_LIT("\0\x20" ID "\x02\x01x"), "type 2"},
		{"nevent", STR_LIT("\0\x20" ID "\x03\x03xxx"), "type 3"},
		{"nevent", STR_LIT("\0\x20" ID "\x03\x04\0\x01\0\0"), "type 3"},
		{"naddr", STR_LIT("\0\x01x\x02\x20" ID), "kind is missing"},
		{"naddr", STR_LIT("\0\x01x\x03\x04\0\0\0\x01"), "author or"},
		{"naddr", STR_LIT("\0\x01\xff\x02\x20" ID "\x03\x04\0\0\0\x01"),
		 "type 0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lerr err = {0};

		assert_int_equal(parse_raw(bad[i].hrp, bad[i].raw.p, bad[i].raw.n, &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].why);
	}
}

static void a_public_key_is_an_npub_or_hex_on_the_curve(void **state)
{
	auto_buf struct buf nsec = BUF_INIT(100);
	auto_buf struct buf off_curve = BUF_INIT(100);
	struct nip19 n = {.type = NIP19_NSEC, .id = unit_id(FACT_KEY1)};
	struct id32 five = unit_small_id(5);
	struct id32 got = unit_small_id(7);
	struct lerr err = {0};

	(void)state;
	assert_int_equal(nip19_parse_pubkey(&got, STR_LIT(FACT_PUB1), &err), LERR_OK);
	assert_true(id32_eq(&got, &(struct id32){{0}}) == false);
	got = unit_small_id(7);
	nip19_add(&nsec, &n);
	assert_int_equal(nip19_parse_pubkey(&got, buf_str(&nsec), &err), LERR_INPUT);
	assert_has(err.msg, "not nsec1");
	assert_null(strstr(err.msg, nsec.p));
	nip19_add_npub(&off_curve, &five);
	assert_int_equal(nip19_parse_pubkey(&got, buf_str(&off_curve), &err), LERR_INPUT);
	assert_has(err.msg, "curve");
	assert_int_equal(nip19_parse_pubkey(&got, str_of(id32_hex(&five).c), &err),
			 LERR_INPUT);
	assert_int_equal(nip19_parse_pubkey(&got, STR_LIT("alice"), &err), LERR_INPUT);
	assert_has(err.msg, "want npub1");
	assert_int_equal(nip19_parse_pubkey(&got, STR_LIT(""), &err), LERR_INPUT);
	assert_int_equal(got.b[31], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_ids_go_both_ways),
		cmocka_unit_test(entries_go_both_ways),
		cmocka_unit_test(an_address_may_have_an_empty_d_and_one_of_255_bytes),
		cmocka_unit_test(a_d_of_256_bytes_cannot_be_written),
		cmocka_unit_test(a_uri_is_read_without_its_scheme),
		cmocka_unit_test(repeated_and_unknown_entries_are_passed_over),
		cmocka_unit_test(broken_entries_are_refused),
		cmocka_unit_test(a_public_key_is_an_npub_or_hex_on_the_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
