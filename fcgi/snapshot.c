/* SPDX-License-Identifier: MIT */
/*
 * Status without asking: called by every request for /api/v1/status, /readyz and the
 * page. One thread at a time refreshes. The others wait for it while the engine is
 * known to answer (milliseconds), and take the old document at once when it is not: a
 * hung engine costs one thread, never all.
 */
#include "config.h"

#include "fcgi/snapshot.h"

#include "fcgi/engine.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/ipc/ipcapi.h"

#include <pthread.h>

enum { FRESH_MS = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t refreshed = PTHREAD_COND_INITIALIZER;

static struct buf text = BUF_INIT(CAP_HTTP_ANSWER); /* empty until the first answer */
static uint64_t made_ms;                            /* when text was asked for */
static uint64_t tried_ms;                           /* when the last attempt ended */
static bool tried;
static bool failed; /* the last attempt */
static bool refreshing;

/* Under the lock: is it time to ask again? */
static bool due(uint64_t now)
{
	return !refreshing && (!tried || now - tried_ms >= FRESH_MS);
}

/* Under the lock, which is free while the engine is asked. */
static void refresh(uint64_t now)
{
	auto_buf struct buf doc = BUF_INIT(CAP_HTTP_ANSWER);
	struct ipcapi_status ask = {.token = NULL};
	enum lerr_code rc;

	refreshing = true;
	(void)pthread_mutex_unlock(&lock);
	rc = engine_document(&doc, NULL, IPCAPI_STATUS, &ask, NULL);
	(void)pthread_mutex_lock(&lock);
	refreshing = false;
	tried = true;
	tried_ms = clock_mono_ms();
	failed = rc != LERR_OK;
	if (!failed) {
		buf_reset(&text);
		buf_add_str(&text, buf_str(&doc));
		made_ms = now;
	}
	(void)pthread_cond_broadcast(&refreshed);
}

enum lerr_code snapshot_get(struct buf *out, struct snapshot *about, struct lerr *err)
{
	uint64_t now = clock_mono_ms();
	enum lerr_code rc = LERR_OK;

	(void)pthread_mutex_lock(&lock);
	if (due(now))
		refresh(now);
	while (refreshing && !failed)
		(void)pthread_cond_wait(&refreshed, &lock);
	if (text.n == 0) {
		rc = lerr_set(err, LERR_TEMP, 0, "no status yet");
	} else {
		buf_add_str(out, buf_str(&text));
		about->stale = failed;
		about->age_s = (clock_mono_ms() - made_ms) / 1000;
	}
	(void)pthread_mutex_unlock(&lock);
	return rc;
}
