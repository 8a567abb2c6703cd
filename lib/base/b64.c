/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/b64.h"

#include <stdint.h>

static const char std_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void b64_encode(struct buf *out, const void *in, size_t n, enum b64_kind kind)
{
	const char *digits = kind == B64_URL ? url_digits : std_digits;
	const uint8_t *p = in;
	char quad[4];

	for (; n >= 3; n -= 3, p += 3) {
		quad[0] = digits[p[0] >> 2];
		quad[1] = digits[(p[0] & 3) << 4 | p[1] >> 4];
		quad[2] = digits[(p[1] & 15) << 2 | p[2] >> 6];
		quad[3] = digits[p[2] & 63];
		buf_add(out, quad, 4);
	}
	if (n == 0)
		return;
	quad[0] = digits[p[0] >> 2];
	quad[1] = digits[(p[0] & 3) << 4 | (n == 2 ? p[1] >> 4 : 0)];
	quad[2] = n == 2 ? digits[(p[1] & 15) << 2] : '=';
	quad[3] = '=';
	buf_add(out, quad, kind == B64_URL ? n + 1 : 4);
}

static int digit_value(char c, enum b64_kind kind)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || (kind != B64_STD && c == '-'))
		return 62;
	if (c == '/' || (kind != B64_STD && c == '_'))
		return 63;
	return -1;
}

/* The text without its padding; false when the padding is wrong for the kind. */
static bool strip_padding(struct str *text, enum b64_kind kind)
{
	size_t pad = 0;

	while (pad < 2 && pad < text->n && text->p[text->n - 1 - pad] == '=')
		pad++;
	if ((kind == B64_STD || pad) && text->n % 4 != 0)
		return false;
	text->n -= pad;
	return text->n % 4 != 1;
}

bool b64_decode(struct buf *out, struct str text, enum b64_kind kind)
{
	uint32_t acc = 0;
	unsigned int bits = 0;
	size_t done = 0;
	char *at;

	if (!strip_padding(&text, kind))
		return false;
	at = buf_space(out, text.n * 3 / 4);
	if (!at)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		int v = digit_value(text.p[i], kind);

		if (v < 0)
			return false;
		acc = (acc << 6 | (uint32_t)v) & 0xffffffu;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			at[done++] = (char)(uint8_t)(acc >> bits);
		}
	}
	/* two spellings of one value are one too many */
	if (acc & ((1u << bits) - 1))
		return false;
	buf_grew(out, done);
	return true;
}
