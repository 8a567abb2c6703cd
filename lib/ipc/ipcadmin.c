/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcadmin.h"

#include "lib/base/caps.h"

#define MSG ipcadmin_history
static const struct ipc_field ipcadmin_history_fields[] = {
	FIELD(limit, IPC_U64, CAP_ADMIN_PAGE, "rows"),
	FIELD(cursor, IPC_U64, 0, "next_cursor of the page before, or 0"),
};
#undef MSG
#define MSG ipcadmin_pays
static const struct ipc_field ipcadmin_pays_fields[] = {
	FIELD(open, IPC_BOOL, 0, "only those that are not decided"),
	FIELD(limit, IPC_U64, CAP_ADMIN_PAGE, "rows"),
	FIELD(cursor, IPC_U64, 0, "next_cursor of the page before, or 0"),
};
#undef MSG
#define MSG ipcadmin_pay
static const struct ipc_field ipcadmin_pay_fields[] = {
	FIELD(op, IPC_U64, 0, "which"),
};
#undef MSG
#define MSG ipcadmin_tokens
static const struct ipc_field ipcadmin_tokens_fields[] = {
	FIELD(limit, IPC_U64, CAP_ADMIN_PAGE, "rows"),
	FIELD(cursor, IPC_U64, 0, "next_cursor of the page before, or 0"),
};
#undef MSG
#define MSG ipcadmin_token
static const struct ipc_field ipcadmin_token_fields[] = {
	FIELD(token, IPC_U64, 0, "which"),
};
#undef MSG
#define MSG ipcadmin_export
static const struct ipc_field ipcadmin_export_fields[] = {
	FIELD(mint, IPC_TEXT, CAP_URL_BYTES, "of which mint; empty: the first that can"),
	FIELD(amount, IPC_U64, 0, "face value of the token"),
};
#undef MSG
#define MSG ipcadmin_reclaim
static const struct ipc_field ipcadmin_reclaim_fields[] = {
	FIELD(token, IPC_U64, 0, "which"),
};
#undef MSG
#define MSG ipcadmin_import
static const struct ipc_field ipcadmin_import_fields[] = {
	FIELD(token, IPC_TEXT, CAP_TOKEN_BYTES, "a Cashu token; secret"),
};
#undef MSG
#define MSG ipcadmin_withdraw
static const struct ipc_field ipcadmin_withdraw_fields[] = {
	FIELD(target, IPC_TEXT, CAP_INVOICE_BYTES,
	      "a Lightning invoice (BOLT-11), or a Lightning address"),
	FIELD(mint, IPC_TEXT, CAP_URL_BYTES,
	      "out of what is held there; empty: the most"),
	FIELD(amount, IPC_U64, 0, "sat, for an address; 0 for an invoice"),
	FIELD(has_max_fee, IPC_BOOL, 0, "else WITHDRAW_FEE_PERCENT counts"),
	FIELD(max_fee, IPC_U64, 0, "sat that routing may cost"),
};
#undef MSG
#define MSG ipcadmin_restore
static const struct ipc_field ipcadmin_restore_fields[] = {
	FIELD(words, IPC_TEXT, 512,
	      "the seed as words; empty: the one that is there; secret"),
};
#undef MSG
#define MSG ipcadmin_document
static const struct ipc_field ipcadmin_document_fields[] = {
	FIELD(body, IPC_TEXT, CAP_ADMIN_DOCUMENT, "JSON; may be secret"),
};
#undef MSG

const struct ipc_type ipcadmin_types[IPCADMIN_TYPES] = {
	[IPCADMIN_WALLET] = {"wallet", "loomctl",
			     "Balances, mints, and what is not settled.", 1, NULL, 0, 0},
	[IPCADMIN_HISTORY] = {"history", "loomctl",
			      "A page of the books, newest first: every row moves an "
			      "amount from one account to another.",
			      FIELDS(ipcadmin_history), 0},
	[IPCADMIN_PAYS] = {"pays", "loomctl",
			   "A page of operations at mints, newest first.",
			   FIELDS(ipcadmin_pays), 0},
	[IPCADMIN_PAY] = {"pay", "loomctl", "One operation with its log.",
			  FIELDS(ipcadmin_pay), 0},
	[IPCADMIN_TOKENS] = {"tokens", "loomctl",
			     "A page of the tokens that left us, newest first, without "
			     "their text.",
			     FIELDS(ipcadmin_tokens), 0},
	[IPCADMIN_TOKEN] = {"token", "loomctl", "One token with its text.",
			    FIELDS(ipcadmin_token), 0},
	[IPCADMIN_EXPORT] = {"export", "loomctl",
			     "Take earned money out as a token. Answered when it is "
			     "decided.",
			     FIELDS(ipcadmin_export), 0},
	[IPCADMIN_RECLAIM] = {"reclaim", "loomctl",
			      "Take a token back that was exported. Answered when it is "
			      "decided.",
			      FIELDS(ipcadmin_reclaim), 0},
	[IPCADMIN_IMPORT] = {"import", "loomctl",
			     "Put a token into the till. Answered when it is decided.",
			     FIELDS(ipcadmin_import), 0},
	[IPCADMIN_WITHDRAW] = {"withdraw", "loomctl",
			       "Pay an invoice, or to a Lightning address, out of what "
			       "has been earned. Answered when it is decided.",
			       FIELDS(ipcadmin_withdraw), 0},
	[IPCADMIN_SEED] = {"seed", "loomctl", "The words of the seed.", 1, NULL, 0, 0},
	[IPCADMIN_RESTORE] = {"restore", "loomctl",
			      "Look for the coins of a seed at all mints. Answered when "
			      "it has begun, as `restoring`.",
			      FIELDS(ipcadmin_restore), 0},
	[IPCADMIN_RESTORING] = {"restoring", "loomctl",
				"How far the last `restore` has come.", 1, NULL, 0, 0},
	[IPCADMIN_CHECK] = {"check", "loomctl", "Recount the books.", 1, NULL, 0, 0},
	[IPCADMIN_DOCUMENT] = {"document", "engine", "Answer to all of them.",
			       FIELDS(ipcadmin_document), 0},
	[IPCADMIN_ERROR] = IPC_ERROR_TYPE("engine"),
};
