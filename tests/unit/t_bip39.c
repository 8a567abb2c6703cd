/* SPDX-License-Identifier: MIT */
/* Sentences of the published vectors of BIP-39; the seeds without a passphrase are from
 * an implementation in another language. */
#include "config.h"

#include "lib/proto/bip39.h"

#include "lib/base/hex.h"
#include "lib/proto/bip39words.h"
#include "lib/proto/hash.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ABOUT                                                                      \
	"abandon abandon abandon abandon abandon abandon abandon abandon abandon " \
	"abandon "                                                                 \
	"abandon about"

static const struct {
	const char *entropy;
	const char *words;
	const char *seed;
} facts[] = {
	{"00000000000000000000000000000000", ABOUT,
	 "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
	 "9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4"},
	{"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
	 "legal winner thank year wave sausage worth useful legal winner thank yellow",
	 "878386efb78845b3355bd15ea4d39ef97d179cb712b77d5c12b6be415fffeffe"
	 "5f377ba02bf3f8544ab800b955e51fbff09828f682052a20faa6addbbddfb096"},
	{"ffffffffffffffffffffffffffffffffffffffff",
	 "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrist",
	 "dfa02329d9697ea79645c43ea7434b7ccca68465fdb09f765138ba565a2f652f"
	 "1230a4e978bb16ef5ef68bbeb007013ed93f645f90376709f18a1b7ef3196433"},
	{"808080808080808080808080808080808080808080808080",
	 "letter advice cage absurd amount doctor acoustic avoid letter advice cage "
	 "absurd "
	 "amount doctor acoustic avoid letter always",
	 "04d5f77103510c41d610f7f5fb3f0badc77c377090815cee808ea5d2f264fdfa"
	 "bf7c7ded4be6d4c6d7cdb021ba4c777b0b7e57ca8aa6de15aeb9905dba674d66"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
	 "abandon amount liar amount expire adjust cage candy arch gather drum bullet "
	 "absurd math era live bid rhythm alien crouch saddle",
	 "7ab9c1dd402609b43e6e672bc5f760705becf3b7e85678ae8318bd651042c11f"
	 "5f6a65971157f861af25f624117443ce4ce6260c6592a9b091b260b850d5033d"},
	{"f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
	 "void come effort suffer camp survey warrior heavy shoot primary clutch crush "
	 "open amazing screen patrol group space point ten exist slush involve unfold",
	 "b873212f885ccffbf4692afcb84bc2e55886de2dfa07d90f5c3c239abc31c0a6"
	 "ce047e30fd8bf6a281e71389aa82d73df74c7bbfb3b06b4639a5cee775cccd3c"},
};

static void the_list_is_the_one_of_the_standard(void **state)
{
	auto_buf struct buf all = BUF_INIT(32768);
	struct id32 h;

	(void)state;
	for (size_t i = 0; i < BIP39WORDS; i++) {
		buf_add_c(&all, bip39words_english[i]);
		buf_add_char(&all, '\n');
		/* it is searched by halves */
		assert_true(i == 0 ||
			    strcmp(bip39words_english[i - 1], bip39words_english[i]) < 0);
	}
	h = hash_sha256(all.p, buf_str(&all).n);
	assert_string_equal(
		id32_hex(&h).c,
		"2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
}

static void entropy_becomes_words_and_a_seed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		auto_buf struct buf words = BUF_INIT(512);
		uint8_t entropy[BIP39_ENTROPY_MAX];
		size_t n = strlen(facts[i].entropy) / 2;
		struct nut13_seed seed;
		char hex[129];

		assert_true(hex_decode(entropy, n, str_of(facts[i].entropy)));
		bip39_write(&words, entropy, n);
		assert_buf(words, facts[i].words);
		bip39_seed(&seed, entropy, n);
		hex_encode(hex, seed.b, sizeof(seed.b));
		assert_string_equal(hex, facts[i].seed);
	}
}

static void words_become_entropy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		uint8_t entropy[BIP39_ENTROPY_MAX];
		char hex[65];
		size_t n = 0;

		assert_int_equal(bip39_read(entropy, &n, str_of(facts[i].words), NULL),
				 LERR_OK);
		hex_encode(hex, entropy, n);
		assert_string_equal(hex, facts[i].entropy);
	}
}

static void case_and_blanks_do_not_matter(void **state)
{
	uint8_t entropy[BIP39_ENTROPY_MAX];
	uint8_t want[16];
	size_t n = 0;

	(void)state;
	memset(want, 0x7f, sizeof(want));
	assert_int_equal(
		bip39_read(entropy, &n,
			   STR_LIT("\n Legal WINNER thank\tyear  wave\r\nsausage "
				   "worth useful legal winner thank yelloW  "),
			   NULL),
		LERR_OK);
	assert_int_equal(n, sizeof(want));
	assert_memory_equal(entropy, want, sizeof(want));
}

static void other_words_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} bad[] = {
		{"", "0 words"},
		{"abandon abandon abandon", "3 words"},
		{"abandon abandon abandon abandon abandon abandon abandon abandon "
		 "abandon "
		 "abandon abandon",
		 "11 words"},
		{ABOUT " about", "13 words"},
		{ABOUT " " ABOUT " about", "more than 24"},
		/* the last word has the checksum */
		{"abandon abandon abandon abandon abandon abandon abandon abandon "
		 "abandon "
		 "abandon abandon abandon",
		 "fit together"},
		{"legal winner thank year wave sausage worth useful legal winner thank "
		 "zoo",
		 "fit together"},
		{"legal winner thank yeer wave sausage worth useful legal winner thank "
		 "yellow",
		 "word 4 is"},
		{"abando " ABOUT, "word 1 is"},
		{"abstracts " ABOUT, "word 1 is"},
		{"abstractabstract " ABOUT, "word 1 is"},
		{"zzz " ABOUT, "word 1 is"},
		{"a " ABOUT, "word 1 is"},
	};
	uint8_t entropy[BIP39_ENTROPY_MAX] = {7};
	size_t n = 9;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lerr err;

		assert_int_equal(bip39_read(entropy, &n, str_of(bad[i].text), &err),
				 LERR_INPUT);
		assert_has(err.msg, bad[i].says);
	}
	assert_int_equal(n, 9);
	assert_int_equal(entropy[0], 7);
}

static void a_nul_does_not_end_the_words(void **state)
{
	static const char *const bad[] = {
		ABOUT " \0",
		ABOUT "\0xx",
	};
	uint8_t entropy[BIP39_ENTROPY_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(bip39_read(entropy, &n,
					    (struct str){bad[i], sizeof(ABOUT) - 1 + 2},
					    NULL),
				 LERR_INPUT);
}

/* All places of the checksum: one bit of the entropy changed, the words are others. */
static void every_bit_is_in_the_words(void **state)
{
	uint8_t entropy[BIP39_ENTROPY_MAX] = {0};
	uint8_t back[BIP39_ENTROPY_MAX];

	(void)state;
	for (size_t n = BIP39_ENTROPY; n <= BIP39_ENTROPY_MAX; n += 4) {
		for (size_t i = 0; i < 8 * n; i++) {
			auto_buf struct buf words = BUF_INIT(512);
			size_t got = 0;

			entropy[i / 8] = (uint8_t)(1U << i % 8);
			bip39_write(&words, entropy, n);
			assert_int_equal(bip39_read(back, &got, buf_str(&words), NULL),
					 LERR_OK);
			assert_int_equal(got, n);
			assert_memory_equal(back, entropy, n);
			entropy[i / 8] = 0;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_the_one_of_the_standard),
		cmocka_unit_test(entropy_becomes_words_and_a_seed),
		cmocka_unit_test(words_become_entropy),
		cmocka_unit_test(case_and_blanks_do_not_matter),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(a_nul_does_not_end_the_words),
		cmocka_unit_test(every_bit_is_in_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
