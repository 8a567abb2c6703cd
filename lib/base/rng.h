/* SPDX-License-Identifier: MIT */
/* Random bytes from the kernel; there is no fallback, failure panics. */
#ifndef LOOM_LIB_BASE_RNG_H
#define LOOM_LIB_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

void rng_fill(void *out, size_t n);
/* Evenly spread in 0 .. below - 1; below > 0. For jitter, not for keys. */
uint64_t rng_below(uint64_t below);

#endif
