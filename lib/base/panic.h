/* SPDX-License-Identifier: MIT */
/*
 * Dying on purpose. State is on disk before anything leaves a process, so the safe
 * answer to "this cannot be" is to stop and be started again.
 */
#ifndef LOOM_LIB_BASE_PANIC_H
#define LOOM_LIB_BASE_PANIC_H

#include "lib/base/attr.h"

/* One line at level "broken" on stderr, then abort(). */
NORETURN void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Always compiled in; no side effects inside. */
#define INVARIANT(x)                                                                  \
	do {                                                                          \
		if (!(x))                                                             \
			panic("%s:%d: invariant failed: %s", __FILE__, __LINE__, #x); \
	} while (0)

#endif
