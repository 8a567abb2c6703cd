/* SPDX-License-Identifier: MIT */
/*
 * The one way to ask the engine: a blocking call with a deadline, on a connection of
 * the calling thread.
 *
 * A hung engine must not take all request threads with it. After a call that got no
 * answer in time only one thread at a time asks again; the others are told LERR_TEMP at
 * once, until an answer comes.
 */
#ifndef LOOM_FCGI_ENGINE_H
#define LOOM_FCGI_ENGINE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcmsg.h"

#include <stddef.h>

struct json_t; /* <jansson.h> */

enum engine_door {
	ENGINE_API,    /* api.sock: questions (ipcapi_types) */
	ENGINE_INTAKE, /* intake.sock: events (ipcintake_types) */
	ENGINE_DOORS
};

/* Remember the socket paths (copied). Once, before any thread calls. */
void engine_open(const char *api_path, const char *intake_path);
/* Hang up what the calling thread has open. */
void engine_hang_up(void);

/*
 * Ask; type and body as in the door's table, answer_type is the only answer that is
 * taken. LERR_OK: *answer is to be wiped by the caller. LERR_TEMP: no answer, or one
 * that makes no sense; it was logged. Other codes: the engine's own refusal.
 */
MUST_USE enum lerr_code engine_call(struct ipcmsg *answer, enum engine_door door,
				    size_t type, const void *body, size_t answer_type,
				    struct lerr *err);
/* Ask api.sock for a document and append it to out, as it was written: one JSON object,
 * checked. parsed, unless NULL, gets a new reference to it (auto_json). */
MUST_USE enum lerr_code engine_document(struct buf *out, struct json_t **parsed,
					size_t type, const void *body, struct lerr *err);

#endif
