/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/bech32.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <stdint.h>
#include <string.h>

enum { CHECKSUM = 6, HRP_MAX = 83 };

#define BECH32_CONST 1u
#define BECH32M_CONST 0x2bc830a3u

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t polymod_step(uint32_t chk, uint32_t value)
{
	static const uint32_t generator[] = {0x3b6a57b2u, 0x26508e6du, 0x1ea119fau,
					     0x3d4233ddu, 0x2a1462b3u};
	uint32_t top = chk >> 25;

	chk = (chk & 0x1ffffffu) << 5 ^ value;
	for (unsigned int i = 0; i < 5; i++)
		if (top >> i & 1)
			chk ^= generator[i];
	return chk;
}

/* The state after the human-readable part. */
static uint32_t polymod_hrp(const char *hrp)
{
	uint32_t chk = 1;

	for (const char *p = hrp; *p; p++)
		chk = polymod_step(chk, (uint32_t)(unsigned char)*p >> 5);
	chk = polymod_step(chk, 0);
	for (const char *p = hrp; *p; p++)
		chk = polymod_step(chk, (uint32_t)(unsigned char)*p & 31);
	return chk;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- reading */

static enum lerr_code check_chars(struct str text, struct lerr *err)
{
	bool has_lower = false;
	bool has_upper = false;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 33 || c > 126)
			return lerr_set(err, LERR_INPUT, 0,
					"bech32: character 0x%02x at %zu", c, i);
		has_lower = has_lower || (c >= 'a' && c <= 'z');
		has_upper = has_upper || (c >= 'A' && c <= 'Z');
	}
	if (has_lower && has_upper)
		return lerr_set(err, LERR_INPUT, 0,
				"bech32: upper and lower case are mixed");
	return LERR_OK;
}

static enum lerr_code split(struct bech32_hrp *hrp, struct str *rest, struct str text,
			    struct lerr *err)
{
	size_t one = text.n;

	while (one > 0 && text.p[one - 1] != '1')
		one--;
	/* one is now the length of the part in front, the separator included */
	if (one < 2 || one - 1 > HRP_MAX)
		return lerr_set(err, LERR_INPUT, 0,
				"bech32: no prefix of 1 to %d characters before a '1'",
				HRP_MAX);
	if (text.n - one < CHECKSUM)
		return lerr_set(err, LERR_INPUT, 0, "bech32: too short for a checksum");
	for (size_t i = 0; i + 1 < one; i++)
		hrp->c[i] = lower(text.p[i]);
	hrp->c[one - 1] = '\0';
	*rest = (struct str){text.p + one, text.n - one};
	return LERR_OK;
}

/* Characters to their 5-bit values, checksum checked but not taken off. */
static enum lerr_code read_values(uint8_t *values, struct str text,
				  const struct bech32_hrp *hrp, struct lerr *err)
{
	uint32_t chk = polymod_hrp(hrp->c);

	for (size_t i = 0; i < text.n; i++) {
		const char *at = strchr(digits, lower(text.p[i]));

		if (!at)
			return lerr_set(err, LERR_INPUT, 0,
					"bech32: '%c' is not one of its characters",
					text.p[i]);
		values[i] = (uint8_t)(at - digits);
		chk = polymod_step(chk, values[i]);
	}
	if (chk == BECH32M_CONST)
		return lerr_set(err, LERR_INPUT, 0,
				"bech32: this is bech32m, another code");
	if (chk != BECH32_CONST)
		return lerr_set(err, LERR_INPUT, 0,
				"bech32: wrong checksum, a character is mistyped");
	return LERR_OK;
}

/* 5-bit values to bytes; what is left over must be fewer than 5 bits, all zero. */
static enum lerr_code add_bytes(struct buf *data, const uint8_t *values, size_t n,
				struct lerr *err)
{
	uint32_t acc = 0;
	unsigned int bits = 0;
	size_t done = 0;
	char *at;

	if (n * 5 % 8 >= 5 || (n && (values[n - 1] & ((1u << n * 5 % 8) - 1)) != 0))
		return lerr_set(err, LERR_INPUT, 0, "bech32: padding");
	if (buf_over(data) || n * 5 / 8 > data->cap - data->n)
		return lerr_set(err, LERR_LIMIT, 0, "bech32: %zu bytes of data",
				n * 5 / 8);
	at = buf_space(data, n * 5 / 8);
	for (size_t i = 0; i < n; i++) {
		acc = (acc << 5 | values[i]) & 0xfffu;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			at[done++] = (char)(uint8_t)(acc >> bits);
		}
	}
	buf_grew(data, done);
	return LERR_OK;
}

/* The whole of it, down to 5-bit values without the checksum. */
static enum lerr_code read_text(struct bech32_hrp *hrp, uint8_t *values, size_t *n,
				struct str text, struct lerr *err)
{
	struct str rest = {NULL, 0};
	enum lerr_code rc;

	if (text.n > CAP_BECH32_CHARS)
		return lerr_set(err, LERR_LIMIT, 0, "bech32: %zu characters, at most %d",
				text.n, CAP_BECH32_CHARS);
	rc = check_chars(text, err);
	if (!rc)
		rc = split(hrp, &rest, text, err);
	if (!rc)
		rc = read_values(values, rest, hrp, err);
	if (!rc)
		*n = rest.n - CHECKSUM;
	return rc;
}

enum lerr_code bech32_decode(struct bech32_hrp *hrp, struct buf *data, struct str text,
			     struct lerr *err)
{
	uint8_t values[CAP_BECH32_CHARS];
	struct bech32_hrp prefix = {{0}};
	size_t n = 0;
	enum lerr_code rc = read_text(&prefix, values, &n, text, err);

	if (!rc)
		rc = add_bytes(data, values, n, err);
	if (!rc)
		*hrp = prefix;
	/* it may have been an nsec */
	mem_wipe(values, sizeof(values));
	return rc;
}

enum lerr_code bech32_decode_values(struct bech32_hrp *hrp, struct buf *values,
				    struct str text, struct lerr *err)
{
	uint8_t all[CAP_BECH32_CHARS];
	struct bech32_hrp prefix = {{0}};
	size_t n = 0;
	enum lerr_code rc = read_text(&prefix, all, &n, text, err);

	if (rc)
		return rc;
	if (buf_over(values) || n > values->cap - values->n)
		return lerr_set(err, LERR_LIMIT, 0, "bech32: %zu values", n);
	buf_add(values, all, n);
	*hrp = prefix;
	return LERR_OK;
}

/* ---- writing */

static void add_value(struct buf *out, uint32_t *chk, uint32_t value)
{
	*chk = polymod_step(*chk, value);
	buf_add_char(out, digits[value]);
}

void bech32_encode(struct buf *out, const char *hrp, const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t chk = polymod_hrp(hrp);
	uint32_t acc = 0;
	unsigned int bits = 0;

	buf_add_c(out, hrp);
	buf_add_char(out, '1');
	for (size_t i = 0; i < n; i++) {
		acc = (acc << 8 | p[i]) & 0xfffu;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			add_value(out, &chk, acc >> bits & 31);
		}
	}
	if (bits)
		add_value(out, &chk, acc << (5 - bits) & 31);
	for (unsigned int i = 0; i < CHECKSUM; i++)
		chk = polymod_step(chk, 0);
	chk ^= BECH32_CONST;
	for (unsigned int i = 0; i < CHECKSUM; i++)
		buf_add_char(out, digits[chk >> 5 * (5 - i) & 31]);
}
