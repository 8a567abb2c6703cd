/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/amount.h"

static bool put(uint64_t *v, uint64_t result)
{
	if (result > AMOUNT_MAX)
		return false;
	*v = result;
	return true;
}

bool amount_add(uint64_t *v, uint64_t more)
{
	uint64_t sum;

	return !__builtin_add_overflow(*v, more, &sum) && put(v, sum);
}

bool amount_sub(uint64_t *v, uint64_t less)
{
	uint64_t rest;

	return !__builtin_sub_overflow(*v, less, &rest) && put(v, rest);
}

bool amount_mul(uint64_t *v, uint64_t times)
{
	uint64_t product;

	return !__builtin_mul_overflow(*v, times, &product) && put(v, product);
}

uint64_t amount_left(uint64_t v, uint64_t less)
{
	return v > less ? v - less : 0;
}
