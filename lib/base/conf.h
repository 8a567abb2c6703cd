/* SPDX-License-Identifier: MIT */
/*
 * The configuration: one file of KEY=value lines, then environment variables of the
 * same names. The table in conftab.c is the only list of keys: it makes the parser, the
 * example file and docs/config.md.
 *
 * Every value remembers where it came from. An unknown key, a key given twice, a value
 * of the wrong kind or out of range, or a dangerous combination stops the start with
 * file, line and what is allowed. Secrets are for the start step alone ("loomctl
 * prepare"): every other program refuses a configuration that holds one.
 */
#ifndef LOOM_LIB_BASE_CONF_H
#define LOOM_LIB_BASE_CONF_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of the example file. */
enum conf_key {
	CONF_NOSTR_PRIVATE_KEY,
	CONF_NOSTR_PRIVATE_KEY_FILE,
	CONF_NOSTR_RELAYS,
	CONF_WORKER_NAME,
	CONF_WORKER_DESCRIPTION,
	CONF_GEOHASH,
	CONF_ADVERTISED_SOFTWARE,
	CONF_DEFAULT_SHELL,
	CONF_ACCESS,
	CONF_WHITELIST,
	CONF_FREELIST,
	CONF_ALLOW_UNPAID_PUBKEYS,
	CONF_FREELIST_TIMEOUT,
	CONF_MAX_CONCURRENT_JOBS,
	CONF_QUEUE_MAX,
	CONF_MIN_JOB_DURATION,
	CONF_MAX_JOB_DURATION,
	CONF_MAX_JOB_AGE,
	CONF_CASHU_MINT_URL,
	CONF_PRICE_PER_SECOND,
	CONF_PRICE_UNIT,
	CONF_MAX_PAYMENT,
	CONF_MAX_PROOFS,
	CONF_REQUIRE_DLEQ,
	CONF_CHANGE_LOCK,
	CONF_CHANGE_MIN,
	CONF_CHANGE_WAIT,
	CONF_MINT_EXPOSURE_MAX,
	CONF_WITHDRAW_FEE_PERCENT,
	CONF_SWEEP_ADDRESS,
	CONF_SWEEP_ABOVE,
	CONF_BACKEND,
	CONF_NETWORK,
	CONF_JOB_MEMORY_MIB,
	CONF_JOB_PROCESSES,
	CONF_JOB_CPU_PERCENT,
	CONF_JOB_DISK_MIB,
	CONF_JOB_FILES,
	CONF_OUTPUT_KILL_MIB,
	CONF_KILL_GRACE,
	CONF_JOB_UID_FIRST,
	CONF_REQUIRE_CGROUPS,
	CONF_PUBLIC_URL,
	CONF_BLOB_URL,
	CONF_OWN_RELAY,
	CONF_RELAY_URL,
	CONF_RELAY_EVENTS_PER_S,
	CONF_CA_FILE,
	CONF_ADMIN_TOKEN_SHA256,
	CONF_STATE_DIR,
	CONF_RUN_DIR,
	CONF_LOG_LEVEL,
	CONF_BLOSSOM_SERVER_URL,
	CONF_BLOSSOM_AUTH_KEY,
	CONF_KEY_COUNT
};

enum conf_kind {
	CONF_TEXT,   /* no control characters; min and max are its length in bytes */
	CONF_UINT,   /* digits, min..max */
	CONF_BOOL,   /* yes or no (true, false, 1, 0, on, off) */
	CONF_CHOICE, /* one of the words in choices, separated by | */
	CONF_LIST,   /* words separated by commas; min and max are their number */
	CONF_PATH,   /* an absolute path, or empty */
};

enum conf_flag {
	CONF_SECRET = 1,    /* for the start step only, never shown */
	CONF_NOT_BUILT = 2, /* known from other workers; a value only earns a warning */
};

struct conf_opt {
	const char *name;
	enum conf_kind kind;
	uint64_t min;
	uint64_t max;
	const char *def;
	unsigned int flags;
	const char *choices;
	const char *help; /* may hold line breaks; no line above 80 columns */
};

extern const struct conf_opt conf_table[CONF_KEY_COUNT];

struct conf;

/* A configuration with all defaults. */
struct conf *conf_new(void);
void conf_free(struct conf *c);

enum conf_secrets {
	CONF_REFUSE_SECRETS, /* every program but the start step */
	CONF_TAKE_SECRETS,
};

/* Read KEY=value lines: # comments, blanks around both sides, quotes around a value.
 * LERR_INPUT with file and line when something is wrong. */
MUST_USE enum lerr_code conf_read_file(struct conf *c, const char *path,
				       enum conf_secrets secrets, struct lerr *err);
MUST_USE enum lerr_code conf_read_text(struct conf *c, struct str text, const char *name,
				       enum conf_secrets secrets, struct lerr *err);
/* Take those of our keys that are in envp ("KEY=value" strings, NULL at the end). */
MUST_USE enum lerr_code conf_read_env(struct conf *c, char *const *envp,
				      enum conf_secrets secrets, struct lerr *err);
/* Combinations that would be dangerous or senseless. */
MUST_USE enum lerr_code conf_check(const struct conf *c, struct lerr *err);
/* All of the above in order: what main() of every program calls. */
MUST_USE enum lerr_code conf_load(struct conf **out, const char *path, char *const *envp,
				  enum conf_secrets secrets, struct lerr *err);

const char *conf_text(const struct conf *c, enum conf_key key);
uint64_t conf_uint(const struct conf *c, enum conf_key key);
bool conf_bool(const struct conf *c, enum conf_key key);
/* Was it given (file or environment), or is it the default? */
bool conf_given(const struct conf *c, enum conf_key key);
/* Walk a CONF_LIST: start with *rest = conf_list(...), words come trimmed, none empty. */
struct str conf_list(const struct conf *c, enum conf_key key);
bool conf_list_next(struct str *rest, struct str *word);
/* "FILE:LINE", "environment" or "default": for messages. */
const char *conf_where(const struct conf *c, enum conf_key key);
/* A wrong value as a message may quote it, as conf_quote(text).c: its first 60 bytes; the
 * first 5 and "..." when a key, a token or a password may be in it. Messages end in the
 * journal, and a key is easily put behind the wrong name. */
struct conf_quoted {
	char c[64];
};
struct conf_quoted conf_quote(struct str text);
/* Say that a value is refused: LERR_INPUT and "WHERE: NAME: text". */
enum lerr_code conf_refuse(const struct conf *c, enum conf_key key, struct lerr *err,
			   const char *fmt, ...) PRINTF_LIKE(4, 5);

/* STATE_DIR/name and RUN_DIR/name as C strings owned by the caller. */
char *conf_state_path(const struct conf *c, const char *name);
char *conf_run_path(const struct conf *c, const char *name);

/* The example file, and docs/config.md, from the table. */
void conf_write_example(struct buf *out);
void conf_write_docs(struct buf *out);
/* Everything that is set, without secrets, readable by conf_read_file(). */
void conf_write_public(struct buf *out, const struct conf *c);
/* Every effective value with its origin, for people. */
void conf_write_effective(struct buf *out, const struct conf *c);

#endif
