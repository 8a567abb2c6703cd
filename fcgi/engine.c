/* SPDX-License-Identifier: MIT */
/*
 * Every question to the engine goes through engine_call(). Called by the resources
 * (h*.c) and by snapshot.c, from all request threads. The engine is on our side of the
 * trust line, but it may be dead, slow or of another version: none of that may stop or
 * crash this process. Credentials pass through here and must never be looked at.
 */
#include "config.h"

#include "fcgi/engine.h"

#include "lib/base/caps.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/ipc/ipcapi.h"
#include "lib/ipc/ipccall.h"
#include "lib/proto/jsonx.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>

static const struct {
	const char *name;
	const struct ipc_type *table;
	size_t ntypes;
	size_t error_type;
	unsigned int timeout_ms;
} doors[ENGINE_DOORS] = {
	[ENGINE_API] = {"api", ipcapi_types, IPCAPI_TYPES, IPCAPI_ERROR, 2000},
	/* a batch of events is verified and synced to disk before it is answered */
	[ENGINE_INTAKE] = {"intake", ipcintake_types, IPCINTAKE_TYPES, IPCINTAKE_ERROR,
			   10000},
};

/* What all threads know about a door. */
static struct {
	char *path;
	bool lost;    /* the last call failed: it was logged */
	bool hung;    /* the last call got no answer in time */
	bool probing; /* while hung: a thread is asking */
} shared[ENGINE_DOORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local struct ipccall *calls[ENGINE_DOORS];

void engine_open(const char *api_path, const char *intake_path)
{
	INVARIANT(!shared[ENGINE_API].path);
	shared[ENGINE_API].path = mem_strdup(api_path);
	shared[ENGINE_INTAKE].path = mem_strdup(intake_path);
}

void engine_hang_up(void)
{
	for (size_t i = 0; i < ENGINE_DOORS; i++) {
		ipccall_free(calls[i]);
		calls[i] = NULL;
	}
}

/* May this thread ask now? */
static bool enter(enum engine_door door)
{
	bool may;

	(void)pthread_mutex_lock(&lock);
	may = !shared[door].hung || !shared[door].probing;
	if (may && shared[door].hung)
		shared[door].probing = true;
	(void)pthread_mutex_unlock(&lock);
	return may;
}

/* Keep what the call has shown, and say it once when it has changed. */
static void leave(enum engine_door door, enum lerr_code rc, const struct lerr *err)
{
	bool lost = rc == LERR_TEMP;
	bool changed;

	(void)pthread_mutex_lock(&lock);
	changed = shared[door].lost != lost;
	shared[door].lost = lost;
	shared[door].hung = lost && err->os_errno == ETIMEDOUT;
	shared[door].probing = false;
	(void)pthread_mutex_unlock(&lock);
	if (changed && lost)
		log_event(LOG_WARN, "engine.lost", "door=%s why=%s", doors[door].name,
			  log_text(str_of(err->msg)).c);
	else if (changed)
		log_event(LOG_INFO, "engine.up", "door=%s", doors[door].name);
}

static enum lerr_code ask(struct ipcmsg *answer, enum engine_door door, size_t type,
			  const void *body, size_t answer_type, struct lerr *err)
{
	struct ipcmsg m;
	enum lerr_code rc;

	if (!calls[door])
		calls[door] = ipccall_new(shared[door].path, doors[door].table,
					  doors[door].ntypes, doors[door].error_type);
	rc = ipccall_do(calls[door], &m, type, body, doors[door].timeout_ms, err);
	if (rc)
		return rc;
	if (m.type != answer_type) {
		ipcmsg_wipe(&m);
		return lerr_set(err, LERR_TEMP, 0, "not the answer that was asked for");
	}
	*answer = m;
	return LERR_OK;
}

enum lerr_code engine_call(struct ipcmsg *answer, enum engine_door door, size_t type,
			   const void *body, size_t answer_type, struct lerr *err)
{
	struct lerr why = {0};
	enum lerr_code rc;

	if (!enter(door))
		return lerr_set(err, LERR_TEMP, 0, "the engine hangs");
	rc = ask(answer, door, type, body, answer_type, &why);
	leave(door, rc, &why);
	if (rc && err)
		*err = why;
	return rc;
}

enum lerr_code engine_document(struct buf *out, struct json_t **parsed, size_t type,
			       const void *body, struct lerr *err)
{
	auto_ipcmsg struct ipcmsg m = {0};
	auto_json json_t *json = NULL;
	const struct ipcapi_document *doc;
	enum lerr_code rc = engine_call(&m, ENGINE_API, type, body, IPCAPI_DOCUMENT, err);

	if (rc)
		return rc;
	doc = m.body;
	rc = jsonx_load(&json, str_of(doc->body), CAP_HTTP_ANSWER, JSONX_ANY_NUMBERS,
			err);
	if (rc || !json_is_object(json)) {
		log_event(LOG_WARN, "engine.garbage", "door=api");
		return lerr_set(err, LERR_TEMP, 0, "the document is no JSON object");
	}
	buf_add_c(out, doc->body);
	if (parsed)
		*parsed = MEM_STEAL(json);
	return LERR_OK;
}
