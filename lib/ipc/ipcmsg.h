/* SPDX-License-Identifier: MIT */
/*
 * Messages as tables: a message is a C struct, and a table of its fields drives encode,
 * decode, free and docs/ipc.md. On the wire it is a JSON object
 *
 *	{"t":"sign","n":7,"kind":5101,...}
 *
 * t names the type, n is the number that an answer repeats (0 for a notice). A missing
 * field, an unknown one, a wrong type or one over its limit is refused: both ends are
 * ours and of one version.
 */
#ifndef LOOM_LIB_IPC_IPCMSG_H
#define LOOM_LIB_IPC_IPCMSG_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stddef.h>
#include <stdint.h>

enum ipc_kind {
	IPC_U64,   /* uint64_t, at most max (0: 2^53 - 1) */
	IPC_BOOL,  /* bool */
	IPC_TEXT,  /* char *, UTF-8 without NUL, at most max bytes; NULL encodes as "" */
	IPC_TEXTS, /* struct ipc_texts, at most max of them */
	IPC_ID32,  /* struct id32 */
	IPC_SIG,   /* struct ipc_sig */
};

struct ipc_texts {
	char **v;
	size_t n;
};

struct ipc_sig {
	uint8_t b[64];
};

struct ipc_field {
	const char *name;
	enum ipc_kind kind;
	size_t offset;
	uint64_t max;
	const char *help; /* for docs/ipc.md */
};

struct ipc_type {
	const char *name;
	const char *from; /* who sends it: "engine", "keyd" ... */
	const char *help;
	size_t size;
	const struct ipc_field *fields;
	size_t nfields;
	size_t nfds; /* descriptors beside it, at most */
};

/* A message that was read. body is of the struct that table[type] describes. */
struct ipcmsg {
	size_t type;
	uint64_t n;
	void *body;
	const struct ipc_type *desc;
};

/* Append the JSON of one message. Text that is not UTF-8 panics: it was ours to check. */
void ipcmsg_encode(struct buf *out, const struct ipc_type *type, uint64_t n,
		   const void *body);
/* LERR_INPUT with what is wrong. Then *out is untouched, else ipcmsg_wipe() it. */
MUST_USE enum lerr_code ipcmsg_decode(struct ipcmsg *out, const struct ipc_type *table,
				      size_t ntypes, struct str json, struct lerr *err);
/* Free, overwriting all text: some of it is secret. */
void ipcmsg_wipe(struct ipcmsg *m);
#define auto_ipcmsg __attribute__((cleanup(ipcmsg_wipe)))

/* Text lists that we build. */
void ipc_texts_add(struct ipc_texts *t, struct str s);
void ipc_texts_wipe(struct ipc_texts *t);

/* Append the Markdown of a table, for docs/ipc.md. */
void ipcmsg_write_docs(struct buf *out, const struct ipc_type *table, size_t ntypes);

/* Rows of a table: #define MSG ipckey_sign, then FIELD(kind, IPC_U64, ...) for its
 * members; FIELDS(ipckey_sign) is what an ipc_type says of ipckey_sign_fields. */
/* clang-format off */
#define FIELD(name, kind, max, help) {#name, kind, offsetof(struct MSG, name), max, help}
#define FIELDS(of) sizeof(struct of), of##_fields, ARRAY_LEN(of##_fields)
/* clang-format on */

/* The answer to a request that was not fulfilled: of every protocol, in the same place
 * of every table. code is a word of lerr_name(). */
struct ipc_error {
	char *code;
	char *text;
};
extern const struct ipc_field ipc_error_fields[2];
#define IPC_ERROR_TYPE(sender)                                           \
	{                                                                \
		"error", sender, "The request was refused or failed.",   \
			sizeof(struct ipc_error), ipc_error_fields, 2, 0 \
	}
/* Back to a code and a message. */
enum lerr_code ipc_error_read(const struct ipc_error *e, struct lerr *err);

#endif
