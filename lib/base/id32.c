/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/id32.h"

#include "lib/base/hex.h"

#include <string.h>

bool id32_parse(struct id32 *out, struct str hex)
{
	struct id32 id;

	if (!hex_decode(id.b, sizeof(id.b), hex))
		return false;
	*out = id;
	return true;
}

struct id32hex id32_hex(const struct id32 *id)
{
	struct id32hex out;

	hex_encode(out.c, id->b, sizeof(id->b));
	return out;
}

struct id32hex id32_short(const struct id32 *id)
{
	struct id32hex out = {{0}};

	hex_encode(out.c, id->b, 4);
	return out;
}

bool id32_eq(const struct id32 *a, const struct id32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

int id32_cmp(const struct id32 *a, const struct id32 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool id32_is_zero(const struct id32 *a)
{
	static const struct id32 zero;

	return id32_eq(a, &zero);
}
