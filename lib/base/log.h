/* SPDX-License-Identifier: MIT */
/*
 * One line per event on stderr: a priority for journald, the time, the program, the
 * name of the event and key=value fields. docs/logs.md lists every event name; a test
 * compares that list with the code.
 *
 *	<6>t=2026-11-22T15:04:05.123Z p=engine ev=job.queued job=3fa91234 by=accept reason=-
 *
 * Ids are shortened to 8 hex digits (id32_short), so that one job can be followed
 * through all processes with grep. Text from strangers goes through log_text(). Never:
 * tokens, proofs, keys, Authorization headers, output of jobs, whole events.
 */
#ifndef LOOM_LIB_BASE_LOG_H
#define LOOM_LIB_BASE_LOG_H

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/base/str.h"

#include <stdbool.h>

enum log_level {
	LOG_BROKEN, /* a bug: tests fail when it appears */
	LOG_WARN,   /* the operator should look */
	LOG_INFO,   /* state changes */
	LOG_DEBUG,
};

/* prog is a literal: "engine". Before this call everything up to info is written. */
void log_open(const char *prog, enum log_level most);
/* "warn", "info", "debug" */
bool log_parse_level(enum log_level *out, struct str word);

/* Write one event. ev is a literal; fmt gives "key=value key=value", or "". Warnings
 * above 50 a second (others: 1000) of one event are counted and told once. */
void log_event(enum log_level level, const char *ev, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Foreign text in quotes, escaped and cut at CAP_LOG_TEXT bytes: log_text(s).c */
struct logtxt {
	char c[CAP_LOG_TEXT * 4 + 8];
};
struct logtxt log_text(struct str s);

#endif
