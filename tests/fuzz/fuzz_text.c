/* SPDX-License-Identifier: MIT */
/* UTF-8, words, numbers, hex and log text. */
#include "config.h"

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/base/id32.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_utf8(struct str s, size_t max)
{
	size_t n = utf8_cut(s, max);

	INVARIANT(n <= max && n <= s.n);
	if (!utf8_valid(s))
		return;
	INVARIANT(utf8_valid((struct str){s.p, n}));
	INVARIANT(utf8_valid((struct str){s.p + n, s.n - n}));
	/* not cut shorter than needed */
	INVARIANT(n == s.n || n + 4 > max);
}

/* Words with separators between them are the text again, but for one at the end. */
static void check_words(struct str s, char sep)
{
	auto_buf struct buf all = BUF_INIT(s.n + 1);
	struct str rest = s;
	struct str word;
	size_t n = 0;

	while (str_next(&rest, sep, &word)) {
		INVARIANT(!word.n || !memchr(word.p, sep, word.n));
		if (n++)
			buf_add_char(&all, sep);
		buf_add_str(&all, word);
	}
	if (s.n && s.p[s.n - 1] == sep)
		buf_add_char(&all, sep);
	INVARIANT(str_eq(buf_str(&all), s));
}

static void check_number(struct str s)
{
	auto_buf struct buf text = BUF_INIT(30);
	uint64_t v;

	if (!str_to_u64(s, UINT64_MAX, &v))
		return;
	while (s.n > 1 && s.p[0] == '0')
		s = (struct str){s.p + 1, s.n - 1};
	buf_add_u64(&text, v);
	INVARIANT(str_eq(buf_str(&text), s));
	INVARIANT(v == 0 || !str_to_u64(s, v - 1, &v));
}

static void check_hex(struct str s)
{
	char *text = mem_zalloc(2 * s.n + 1);
	uint8_t *back = mem_zalloc(s.n);
	struct id32 id;

	hex_encode(text, (const uint8_t *)s.p, s.n);
	INVARIANT(hex_decode(back, s.n, str_of(text)));
	INVARIANT(s.n == 0 || memcmp(back, s.p, s.n) == 0);
	if (id32_parse(&id, s))
		INVARIANT(str_eq_c(s, id32_hex(&id).c));
	mem_free(text);
	mem_free(back);
}

static void check_log(struct str s)
{
	struct logtxt text = log_text(s);

	for (const char *p = text.c; *p; p++)
		INVARIANT(*p >= 0x20 && *p < 0x7f);
	INVARIANT(strlen(text.c) >= 2 && strlen(text.c) < sizeof(text.c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode = fuzz_mode(&data, &size);
	struct str s = fuzz_text(data, size);
	struct str trimmed = str_trim(s);

	check_utf8(s, mode);
	check_words(s, (char)mode);
	check_number(s);
	check_hex(s);
	check_log(s);
	INVARIANT(trimmed.n <= s.n && str_eq(str_trim(trimmed), trimmed));
	return 0;
}
