/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/utf8.h"

#include <stdint.h>

/* Length that the first byte announces, 0 when no character begins with it. */
static size_t announced_len(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if ((first & 0xf0) == 0xe0)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* May this byte be the second one? The range is narrower behind four first bytes, which
 * keeps out overlong forms, surrogates and what is above U+10FFFF. */
static bool is_second(uint8_t first, uint8_t second)
{
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

/* Bytes of the character that starts at p, 0 when it is none. */
static size_t char_len(const uint8_t *p, size_t n)
{
	size_t len = announced_len(p[0]);

	if (len < 2)
		return len;
	if (n < len || !is_second(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t utf8_first(struct str s)
{
	return s.n ? char_len((const uint8_t *)s.p, s.n) : 0;
}

bool utf8_valid(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t len = char_len(p + i, s.n - i);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

size_t utf8_cut(struct str s, size_t max)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t n = s.n < max ? s.n : max;

	if (n == s.n)
		return n;
	while (n > 0 && (p[n] & 0xc0) == 0x80)
		n--;
	return n;
}
