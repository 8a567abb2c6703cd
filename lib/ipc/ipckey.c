/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipckey.h"

#include "lib/base/caps.h"

#define MSG ipckey_pubkey_is
static const struct ipc_field ipckey_pubkey_is_fields[] = {
	FIELD(pubkey, IPC_ID32, 0, "the worker's public key"),
	FIELD(upload_pubkey, IPC_ID32, 0,
	      "key that signs kind 24242: BLOSSOM_AUTH_KEY when set, else the same"),
};
#undef MSG
#define MSG ipckey_sign
static const struct ipc_field ipckey_sign_fields[] = {
	FIELD(kind, IPC_U64, 65535, "one that this socket may sign"),
	FIELD(created_at, IPC_U64, 0, "at most 10 minutes ahead, at most 7 days back"),
	FIELD(tags, IPC_TEXT, CAP_OUR_EVENT_BYTES, "JSON array of tags"),
	FIELD(content, IPC_TEXT, CAP_OUR_EVENT_BYTES, "content of the event"),
};
#undef MSG
#define MSG ipckey_signed
static const struct ipc_field ipckey_signed_fields[] = {
	FIELD(id, IPC_ID32, 0, "id that loom-keyd computed"),
	FIELD(sig, IPC_SIG, 0, "its signature"),
};
#undef MSG
#define MSG ipckey_open
static const struct ipc_field ipckey_open_fields[] = {
	FIELD(event, IPC_TEXT, CAP_EVENT_BYTES,
	      "a whole kind 5100 addressed to the worker"),
};
#undef MSG
#define MSG ipckey_opened
static const struct ipc_field ipckey_opened_fields[] = {
	FIELD(names, IPC_TEXTS, CAP_JOB_SECRETS, "names of its secret tags, in order"),
	FIELD(values, IPC_TEXTS, CAP_JOB_SECRETS, "their plaintexts"),
};
#undef MSG
#define MSG ipckey_auth
static const struct ipc_field ipckey_auth_fields[] = {
	FIELD(relay, IPC_TEXT, CAP_URL_BYTES, "URL that was dialled"),
	FIELD(challenge, IPC_TEXT, CAP_CHALLENGE_BYTES, "of that relay (NIP-42)"),
};
#undef MSG
#define MSG ipckey_authed
static const struct ipc_field ipckey_authed_fields[] = {
	FIELD(event, IPC_TEXT, CAP_EVENT_BYTES, "signed kind 22242"),
};
#undef MSG
#define MSG ipckey_p2pk
static const struct ipc_field ipckey_p2pk_fields[] = {
	FIELD(secrets, IPC_TEXTS, CAP_TOKEN_PROOFS,
	      "secret of each input, as it stands in the token"),
	FIELD(ephemerals, IPC_TEXTS, CAP_TOKEN_PROOFS,
	      "for each: 66 hex of its E when its keys are blinded (NUT-28), else empty"),
};
#undef MSG
#define MSG ipckey_p2pk_all
static const struct ipc_field ipckey_p2pk_all_fields[] = {
	FIELD(secrets, IPC_TEXTS, CAP_TOKEN_PROOFS,
	      "secrets of all inputs of the request: of one kind, data and tags"),
	FIELD(cs, IPC_TEXTS, CAP_TOKEN_PROOFS, "their C, 66 hex"),
	FIELD(ephemerals, IPC_TEXTS, CAP_TOKEN_PROOFS, "as in `p2pk`"),
	FIELD(outputs, IPC_TEXTS, CAP_TOKEN_PROOFS,
	      "outputs of the request in its order: AMOUNT:B_, decimal and 66 hex"),
	FIELD(quote, IPC_TEXT, IPCKEY_QUOTE_BYTES,
	      "id of the quote of a melt; empty for a swap"),
};
#undef MSG
#define MSG ipckey_p2pk_signed
static const struct ipc_field ipckey_p2pk_signed_fields[] = {
	FIELD(signatures, IPC_TEXTS, CAP_TOKEN_PROOFS,
	      "128 hex: for `p2pk` one for each secret, for `p2pk_all` one"),
};
#undef MSG

const struct ipc_type ipckey_types[IPCKEY_TYPES] = {
	[IPCKEY_PUBKEY] = {"pubkey", "engine, bridge", "Which keys are these?", 1, NULL,
			   0, 0},
	[IPCKEY_PUBKEY_IS] = {"pubkey_is", "keyd", "Answer to `pubkey`.",
			      FIELDS(ipckey_pubkey_is), 0},
	[IPCKEY_SIGN] =
		{"sign", "engine",
		 "Sign an event of these fields. The tags must have the form that the "
		 "kind demands (a 5101 exactly one e and one p, and so on).",
		 FIELDS(ipckey_sign), 0},
	[IPCKEY_SIGNED] = {"signed", "keyd", "Answer to `sign`.", FIELDS(ipckey_signed),
			   0},
	[IPCKEY_OPEN] = {"open", "engine",
			 "Decrypt the secret tags of a job request. loom-keyd checks id, "
			 "signature, kind and p itself before it decrypts.",
			 FIELDS(ipckey_open), 0},
	[IPCKEY_OPENED] = {"opened", "keyd", "Answer to `open`. Secret.",
			   FIELDS(ipckey_opened), 0},
	[IPCKEY_AUTH] = {"auth", "bridge",
			 "Make an answer to a relay's challenge (NIP-42).",
			 FIELDS(ipckey_auth), 0},
	[IPCKEY_AUTHED] = {"authed", "keyd", "Answer to `auth`.", FIELDS(ipckey_authed),
			   0},
	[IPCKEY_P2PK] =
		{"p2pk", "engine",
		 "Sign inputs that are locked to the worker (NUT-11, SIG_INPUTS). "
		 "loom-keyd reads each secret itself and signs all or none.",
		 FIELDS(ipckey_p2pk), 0},
	[IPCKEY_P2PK_ALL] = {"p2pk_all", "engine",
			     "Sign a whole request whose inputs are locked to the worker "
			     "with SIG_ALL.",
			     FIELDS(ipckey_p2pk_all), 0},
	[IPCKEY_P2PK_SIGNED] = {"p2pk_signed", "keyd", "Answer to `p2pk` and `p2pk_all`.",
				FIELDS(ipckey_p2pk_signed), 0},
	[IPCKEY_ERROR] = IPC_ERROR_TYPE("keyd"),
};
