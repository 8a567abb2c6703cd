/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bip39.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/bip39words.h"
#include "lib/proto/hash.h"

#include <string.h>

enum {
	WORD_BITS = 11,
	WORDS_MAX = 24,
	TEXT_MAX = WORDS_MAX * BIP39WORDS_ROOM,
	ROUNDS = 2048,
};

static bool is_entropy(size_t n)
{
	return n >= BIP39_ENTROPY && n <= BIP39_ENTROPY_MAX && n % 4 == 0;
}

/* Behind the entropy comes a bit of its SHA-256 for every 32 of its own: never more than
 * one byte. */
struct bits {
	uint8_t b[BIP39_ENTROPY_MAX + 1];
};

static uint8_t checksum(const uint8_t *entropy, size_t n)
{
	struct id32 h = hash_sha256(entropy, n);
	uint8_t first = h.b[0];

	mem_wipe(&h, sizeof(h));
	return first;
}

static unsigned int get_bit(const struct bits *bits, size_t i)
{
	return (unsigned int)bits->b[i / 8] >> (7 - i % 8) & 1U;
}

void bip39_write(struct buf *out, const uint8_t *entropy, size_t n)
{
	struct bits bits;

	INVARIANT(is_entropy(n));
	memcpy(bits.b, entropy, n);
	bits.b[n] = checksum(entropy, n);
	for (size_t i = 0; i < n / 4 * 33; i += WORD_BITS) {
		unsigned int word = 0;

		for (size_t j = 0; j < WORD_BITS; j++)
			word = word << 1 | get_bit(&bits, i + j);
		buf_add_c(out, i ? " " : "");
		buf_add_c(out, bip39words_english[word]);
	}
	mem_wipe(&bits, sizeof(bits));
}

/* ---- reading */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word in lower case; empty at the end. One that is too long for the list, or
 * has a NUL, becomes one that is not in it. */
static void next_word(char word[BIP39WORDS_ROOM], struct str *rest)
{
	size_t n = 0;

	while (rest->n && is_blank(*rest->p))
		*rest = (struct str){rest->p + 1, rest->n - 1};
	for (; rest->n && !is_blank(*rest->p);
	     *rest = (struct str){rest->p + 1, rest->n - 1}) {
		char c = *rest->p ? *rest->p : '-';

		if (n == BIP39WORDS_ROOM - 1)
			word[0] = '-';
		else
			word[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	word[n] = '\0';
}

/* The number of a word; BIP39WORDS when it has none. */
static size_t find(const char *word)
{
	size_t low = 0;
	size_t high = BIP39WORDS;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(word, bip39words_english[middle]);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return BIP39WORDS;
}

static void put_word(struct bits *bits, size_t place, size_t word)
{
	for (size_t j = 0; j < WORD_BITS; j++) {
		size_t i = place * WORD_BITS + j;
		size_t bit = word >> (WORD_BITS - 1 - j) & 1U;

		bits->b[i / 8] = (uint8_t)(bits->b[i / 8] | bit << (7 - i % 8));
	}
}

/* Errors name the place of a word, never the word: it may be right but for a letter. */
static enum lerr_code read_words(struct bits *bits, size_t *n, struct str rest,
				 struct lerr *err)
{
	char word[BIP39WORDS_ROOM];
	enum lerr_code rc = LERR_OK;

	memset(bits, 0, sizeof(*bits));
	*n = 0;
	for (next_word(word, &rest); !rc && word[0]; next_word(word, &rest)) {
		size_t number = find(word);

		if (*n == WORDS_MAX)
			rc = lerr_set(err, LERR_INPUT, 0, "more than %d words",
				      WORDS_MAX);
		else if (number == BIP39WORDS)
			rc = lerr_set(err, LERR_INPUT, 0,
				      "word %zu is not in the list of BIP-39", *n + 1);
		else
			put_word(bits, (*n)++, number);
	}
	mem_wipe(word, sizeof(word));
	return rc;
}

static enum lerr_code check(const struct bits *bits, size_t words, struct lerr *err)
{
	size_t n = words / 3 * 4;
	unsigned int unused = 8 - (unsigned int)words / 3;

	if (words % 3 != 0 || !is_entropy(n))
		return lerr_set(err, LERR_INPUT, 0,
				"%zu words, want 12, 15, 18, 21 or 24", words);
	if (bits->b[n] >> unused != checksum(bits->b, n) >> unused)
		return lerr_set(err, LERR_INPUT, 0,
				"the words do not fit together (checksum of BIP-39)");
	return LERR_OK;
}

enum lerr_code bip39_read(uint8_t entropy[BIP39_ENTROPY_MAX], size_t *n, struct str words,
			  struct lerr *err)
{
	struct bits bits;
	size_t count;
	enum lerr_code rc = read_words(&bits, &count, words, err);

	if (!rc)
		rc = check(&bits, count, err);
	if (!rc) {
		*n = count / 3 * 4;
		memcpy(entropy, bits.b, *n);
	}
	mem_wipe(&bits, sizeof(bits));
	return rc;
}

void bip39_seed(struct nut13_seed *out, const uint8_t *entropy, size_t n)
{
	auto_secret_buf struct buf words = BUF_INIT(TEXT_MAX);

	bip39_write(&words, entropy, n);
	hash_pbkdf2_512(out->b, sizeof(out->b), buf_str(&words), STR_LIT("mnemonic"),
			ROUNDS);
}
