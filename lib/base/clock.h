/* SPDX-License-Identifier: MIT */
/* The only file that asks the kernel for the time. */
#ifndef LOOM_LIB_BASE_CLOCK_H
#define LOOM_LIB_BASE_CLOCK_H

#include <stdint.h>

/* Wall time, for what is signed or shown: seconds and milliseconds since 1970. */
uint64_t clock_wall_s(void);
uint64_t clock_wall_ms(void);
/* Wall time that many milliseconds ago; 0 when the clock is younger than that. */
uint64_t clock_wall_ms_ago(uint64_t ms);
/* Monotonic milliseconds, for deadlines inside one process. */
uint64_t clock_mono_ms(void);
/* Monotonic milliseconds that count suspend too and are the same for every process
 * since boot: for deadlines that are written down. */
uint64_t clock_boot_ms(void);

/* The door for tests: shift what clock_wall_* say by so much. */
void clock_shift_wall_ms(int64_t by);

#endif
