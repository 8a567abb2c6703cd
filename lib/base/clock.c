/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/clock.h"

#include "lib/base/panic.h"

#include <time.h>

static int64_t wall_shift_ms;

static uint64_t read_ms(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		panic("clock_gettime(%d)", (int)id);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

uint64_t clock_wall_ms(void)
{
	return (uint64_t)((int64_t)read_ms(CLOCK_REALTIME) + wall_shift_ms);
}

uint64_t clock_wall_s(void)
{
	return clock_wall_ms() / 1000u;
}

uint64_t clock_wall_ms_ago(uint64_t ms)
{
	uint64_t now = clock_wall_ms();

	return now > ms ? now - ms : 0;
}

uint64_t clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

uint64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

void clock_shift_wall_ms(int64_t by)
{
	wall_shift_ms = by;
}
