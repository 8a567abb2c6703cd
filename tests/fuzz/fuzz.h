/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one function; libFuzzer calls it with bytes of its making
 * (configure --enable-fuzz, with clang), replay.c with every file of
 * tests/fuzz/corpus/NAME. A broken property panics.
 */
#ifndef LOOM_TESTS_FUZZ_FUZZ_H
#define LOOM_TESTS_FUZZ_FUZZ_H

#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Most targets take their mode from the first byte. */
static inline uint8_t fuzz_mode(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	(*size)--;
	return *(*data)++;
}

static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
	return (struct str){(const char *)data, size};
}

#endif
