/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcbridge.h"

#include "lib/base/caps.h"

#define MSG ipcbridge_ready
static const struct ipc_field ipcbridge_ready_fields[] = {
	FIELD(relays, IPC_TEXTS, CAP_RELAYS + 1,
	      "URLs it can publish to; the own relay under its public URL"),
};
#undef MSG
#define MSG ipcbridge_relay
static const struct ipc_field ipcbridge_relay_fields[] = {
	FIELD(url, IPC_TEXT, CAP_URL_BYTES, "which"),
	FIELD(state, IPC_TEXT, 16,
	      "up, connecting, waiting (for the next try) or unusable"),
	FIELD(why, IPC_TEXT, CAP_REASON_BYTES, "last error, or empty"),
	FIELD(since, IPC_U64, 0, "unix time of the change"),
};
#undef MSG
#define MSG ipcbridge_publish
static const struct ipc_field ipcbridge_publish_fields[] = {
	FIELD(seq, IPC_U64, 0, "row of the engine's outbox"),
	FIELD(event, IPC_TEXT, CAP_EVENT_BYTES, "signed event, sent as these very bytes"),
	FIELD(relays, IPC_TEXTS, CAP_RELAYS + 1, "where to"),
};
#undef MSG
#define MSG ipcbridge_receipt
static const struct ipc_field ipcbridge_receipt_fields[] = {
	FIELD(seq, IPC_U64, 0, "of `publish`"),
	FIELD(relay, IPC_TEXT, CAP_URL_BYTES, "whose verdict this is"),
	FIELD(verdict, IPC_TEXT, 16,
	      "ok (stored, or had it), refused (will never take these bytes) or later "
	      "(try "
	      "again in a while)"),
	FIELD(text, IPC_TEXT, CAP_REASON_BYTES, "the relay's words"),
};
#undef MSG
#define MSG ipcbridge_withdraw
static const struct ipc_field ipcbridge_withdraw_fields[] = {
	FIELD(seq, IPC_U64, 0, "of `publish`"),
};
#undef MSG
#define MSG ipcbridge_look
static const struct ipc_field ipcbridge_look_fields[] = {
	FIELD(kind, IPC_U64, 65535, "of the events"),
	FIELD(author, IPC_ID32, 0, "who signed them"),
	FIELD(ids, IPC_TEXTS, CAP_LOOK_IDS,
	      "64 hex each: events that name one of these in an e tag; none: all"),
	FIELD(since, IPC_U64, 0, "unix time: none that was made before"),
};
#undef MSG
#define MSG ipcbridge_found
static const struct ipc_field ipcbridge_found_fields[] = {
	FIELD(events, IPC_TEXTS, CAP_LOOK_EVENTS,
	      "signed events, verified, each once; versions that different relays have "
	      "of "
	      "one are all there"),
	FIELD(asked, IPC_TEXTS, CAP_RELAYS + 1, "URLs of the relays that were asked"),
	FIELD(answered, IPC_TEXTS, CAP_RELAYS + 1,
	      "those of them that have told all they have"),
};
#undef MSG

const struct ipc_type ipcbridge_types[IPCBRIDGE_TYPES] = {
	[IPCBRIDGE_READY] = {"ready", "bridge", "First message on every connection.",
			     FIELDS(ipcbridge_ready), 0},
	[IPCBRIDGE_RELAY] =
		{"relay", "bridge",
		 "State of a relay: after `ready` for each, then at every change.",
		 FIELDS(ipcbridge_relay), 0},
	[IPCBRIDGE_PUBLISH] =
		{"publish", "engine",
		 "Send an event to relays. Repeated with more relays it adds "
		 "them; a relay that has it already is asked again.",
		 FIELDS(ipcbridge_publish), 0},
	[IPCBRIDGE_RECEIPT] =
		{"receipt", "bridge",
		 "What one relay said. While a relay cannot be reached there is "
		 "none: the bridge sends when the relay is back.",
		 FIELDS(ipcbridge_receipt), 0},
	[IPCBRIDGE_WITHDRAW] =
		{"withdraw", "engine",
		 "Do not send it any more where it has not been sent yet (a newer "
		 "status has overtaken it, or the outbox gave up).",
		 FIELDS(ipcbridge_withdraw), 0},
	[IPCBRIDGE_LOOK] =
		{"look", "engine",
		 "Which events of ours does the world have? Asked are all relays that "
		 "are "
		 "connected, those that are being dialled as soon as they are, and the "
		 "store of the own relay.",
		 FIELDS(ipcbridge_look), 0},
	[IPCBRIDGE_FOUND] =
		{"found", "bridge",
		 "Answer to `look`, when every relay that was asked has told all it has, "
		 "after five seconds at the latest.",
		 FIELDS(ipcbridge_found), 0},
	[IPCBRIDGE_REREAD] =
		{"reread", "engine",
		 "The ledger has forgotten requests: read all relays again, the own one "
		 "too, as far back as MAX_JOB_AGE.",
		 1, NULL, 0, 0},
	[IPCBRIDGE_ERROR] = IPC_ERROR_TYPE("bridge"),
};
