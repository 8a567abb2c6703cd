/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/utf8.h"

#include <stdint.h>

/* Bytes of the character that starts at p, 0 when it is none. */
static size_t char_len(const uint8_t *p, size_t n)
{
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
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
