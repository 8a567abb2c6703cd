/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/log.h"

#include "lib/base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, EVENTS_TRACKED = 64 };

/* How often an event was written in the present second. */
struct tally {
	const char *ev;
	uint64_t second;
	unsigned int written;
	unsigned int dropped;
};

static const char *program = "?";
static enum log_level most_level = LOG_INFO;
static struct tally tallies[EVENTS_TRACKED];
/* loom-fcgi logs from several threads */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Lines of one event in a second: transitions of a busy worker must all fit. */
static const unsigned int per_second[] = {
	[LOG_BROKEN] = 1000,
	[LOG_WARN] = 50,
	[LOG_INFO] = 1000,
	[LOG_DEBUG] = 1000,
};

static const int priorities[] = {
	[LOG_BROKEN] = 2,
	[LOG_WARN] = 4,
	[LOG_INFO] = 6,
	[LOG_DEBUG] = 7,
};

void log_open(const char *prog, enum log_level most)
{
	program = prog;
	most_level = most;
}

bool log_parse_level(enum log_level *out, struct str word)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {{"warn", LOG_WARN}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_eq_c(word, words[i].word))
			continue;
		*out = words[i].level;
		return true;
	}
	return false;
}

static void write_line(enum log_level level, const char *ev, const char *fields)
{
	char line[LINE_MAX_BYTES];
	char stamp[32];
	uint64_t now = clock_wall_ms();
	time_t sec = (time_t)(now / 1000u);
	struct tm tm;
	int n;

	if (!gmtime_r(&sec, &tm) ||
	    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		stamp[0] = '\0';
	n = snprintf(line, sizeof(line) - 1, "<%d>t=%s.%03uZ p=%s ev=%s%s%s",
		     priorities[level], stamp, (unsigned int)(now % 1000u), program, ev,
		     fields[0] ? " " : "", fields);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	/* a line break inside would let a value start a line of its own */
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = '?';
	line[n++] = '\n';
	/* one write: lines of several threads do not mix; nobody to tell when it fails */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

/* The tally of this event, or of another one that has been quiet. */
static struct tally *tally_of(const char *ev, uint64_t second)
{
	struct tally *quiet = NULL;

	for (size_t i = 0; i < EVENTS_TRACKED; i++) {
		if (tallies[i].ev && strcmp(tallies[i].ev, ev) == 0)
			return &tallies[i];
		if (!quiet && (!tallies[i].ev ||
			       (tallies[i].second < second && tallies[i].dropped == 0)))
			quiet = &tallies[i];
	}
	if (quiet)
		*quiet = (struct tally){.ev = ev, .second = second};
	return quiet;
}

/* May this line be written? Tells first about lines that were not. */
static bool within_rate(enum log_level level, const char *ev)
{
	uint64_t second = clock_mono_ms() / 1000u;
	struct tally *t = tally_of(ev, second);
	char fields[96];

	if (!t || level == LOG_BROKEN)
		return true;
	if (t->second != second) {
		if (t->dropped) {
			(void)snprintf(fields, sizeof(fields), "of=%s n=%u", t->ev,
				       t->dropped);
			write_line(LOG_WARN, "log.dropped", fields);
		}
		t->second = second;
		t->written = 0;
		t->dropped = 0;
	}
	if (t->written < per_second[level]) {
		t->written++;
		return true;
	}
	t->dropped++;
	return false;
}

void log_event(enum log_level level, const char *ev, const char *fmt, ...)
{
	char fields[LINE_MAX_BYTES];
	va_list ap;

	if (level > most_level)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(fields, sizeof(fields), fmt, ap);
	va_end(ap);
	(void)pthread_mutex_lock(&lock);
	if (within_rate(level, ev))
		write_line(level, ev, fields);
	(void)pthread_mutex_unlock(&lock);
}

struct logtxt log_text(struct str s)
{
	struct logtxt out;
	size_t n = 0;
	size_t take = s.n < CAP_LOG_TEXT ? s.n : CAP_LOG_TEXT;

	out.c[n++] = '"';
	for (size_t i = 0; i < take; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
			out.c[n++] = (char)c;
		else
			n += (size_t)snprintf(out.c + n, sizeof(out.c) - n, "\\x%02x", c);
	}
	if (take < s.n) {
		memcpy(out.c + n, "...", 3);
		n += 3;
	}
	out.c[n++] = '"';
	out.c[n] = '\0';
	return out;
}
