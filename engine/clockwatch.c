/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/clockwatch.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <inttypes.h>

enum { JUMP_MS = 60000, STEADY_MS = 60000 };

struct clockwatch {
	bool started;
	bool frozen;
	int64_t offset_ms; /* wall minus monotonic, when last believed */
	uint64_t steady_since_ms;
};

struct clockwatch *clockwatch_new(void)
{
	return mem_zalloc(sizeof(struct clockwatch));
}

void clockwatch_free(struct clockwatch *w)
{
	mem_free(w);
}

bool clockwatch_is_frozen(const struct clockwatch *w)
{
	return w->frozen;
}

bool clockwatch_look(struct clockwatch *w, uint64_t wall_ms, uint64_t mono_ms)
{
	int64_t offset = (int64_t)wall_ms - (int64_t)mono_ms;
	int64_t moved = offset - w->offset_ms;

	if (!w->started) {
		w->started = true;
		w->offset_ms = offset;
		return false;
	}
	if (moved > JUMP_MS || moved < -JUMP_MS) {
		log_event(LOG_WARN, "clock.jumped", "by_s=%" PRId64, moved / 1000);
		w->frozen = true;
		w->offset_ms = offset;
		w->steady_since_ms = mono_ms;
		return false;
	}
	/* slow corrections are followed, so that they never add up to a jump */
	w->offset_ms = offset;
	if (!w->frozen || mono_ms - w->steady_since_ms < STEADY_MS)
		return false;
	w->frozen = false;
	log_event(LOG_INFO, "clock.steady", "%s", "");
	return true;
}
