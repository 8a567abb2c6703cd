/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcapi.h"

#include "lib/base/caps.h"

#define MSG ipcintake_events
static const struct ipc_field ipcintake_events_fields[] = {
	FIELD(events, IPC_TEXTS, CAP_BATCH_EVENTS, "events as JSON text"),
	FIELD(relays, IPC_TEXTS, CAP_BATCH_EVENTS, "relay that each came from"),
};
#undef MSG
#define MSG ipcintake_verdicts
static const struct ipc_field ipcintake_verdicts_fields[] = {
	FIELD(verdicts, IPC_TEXTS, CAP_BATCH_EVENTS,
	      "one an event: stored, duplicate, ignored (not for us), refused (never "
	      "acceptable) or later (send it again)"),
	FIELD(texts, IPC_TEXTS, CAP_BATCH_EVENTS, "why, may be empty"),
};
#undef MSG
#define MSG ipcapi_status
static const struct ipc_field ipcapi_status_fields[] = {
	FIELD(token, IPC_TEXT, 256, "bearer token, or empty; secret"),
};
#undef MSG
#define MSG ipcapi_jobs
static const struct ipc_field ipcapi_jobs_fields[] = {
	FIELD(token, IPC_TEXT, 256, "bearer token, or empty; secret"),
	FIELD(state, IPC_TEXT, 16,
	      "open, done, a state of the job table, or empty for all"),
	FIELD(limit, IPC_U64, CAP_HTTP_PAGE, "rows"),
	FIELD(cursor, IPC_TEXT, 64, "next_cursor of the page before, or empty"),
};
#undef MSG
#define MSG ipcapi_job
static const struct ipc_field ipcapi_job_fields[] = {
	FIELD(token, IPC_TEXT, 256, "bearer token, or empty; secret"),
	FIELD(job, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcapi_document
static const struct ipc_field ipcapi_document_fields[] = {
	FIELD(body, IPC_TEXT, CAP_HTTP_ANSWER, "JSON, handed to the client as it is"),
};
#undef MSG
#define MSG ipcapi_blob
static const struct ipc_field ipcapi_blob_fields[] = {
	FIELD(sha256, IPC_ID32, 0, "which"),
};
#undef MSG
#define MSG ipcapi_blob_is
static const struct ipc_field ipcapi_blob_is_fields[] = {
	FIELD(bytes, IPC_U64, 0, "its size"),
	FIELD(type, IPC_TEXT, 128, "its media type"),
};
#undef MSG

const struct ipc_type ipcintake_types[IPCINTAKE_TYPES] = {
	[IPCINTAKE_EVENTS] =
		{"events", "fcgi",
		 "Events from relays. The answer comes when what was stored is on "
		 "disk.",
		 FIELDS(ipcintake_events), 0},
	[IPCINTAKE_VERDICTS] = {"verdicts", "engine",
				"Answer to `events`, in their order.",
				FIELDS(ipcintake_verdicts), 0},
	[IPCINTAKE_ERROR] = IPC_ERROR_TYPE("engine"),
};

const struct ipc_type ipcapi_types[IPCAPI_TYPES] = {
	[IPCAPI_STATUS] = {"status", "fcgi", "The overview.", FIELDS(ipcapi_status), 0},
	[IPCAPI_JOBS] = {"jobs", "fcgi", "A page of jobs, newest first.",
			 FIELDS(ipcapi_jobs), 0},
	[IPCAPI_JOB] = {"job", "fcgi", "One job with its timeline.", FIELDS(ipcapi_job),
			0},
	[IPCAPI_DOCUMENT] = {"document", "engine",
			     "Answer to `status`, `jobs` and `job`.",
			     FIELDS(ipcapi_document), 0},
	[IPCAPI_BLOB] = {"blob", "fcgi", "Is there such a blob?", FIELDS(ipcapi_blob), 0},
	[IPCAPI_BLOB_IS] = {"blob_is", "engine", "Answer to `blob`.",
			    FIELDS(ipcapi_blob_is), 0},
	[IPCAPI_ERROR] = IPC_ERROR_TYPE("engine"),
};
