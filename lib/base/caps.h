/* SPDX-License-Identifier: MIT */
/*
 * Every cap of the program, in one place. What is reached says so: in an answer to
 * whoever reached it, or in the log. Sizes are bytes unless the name tells otherwise.
 *
 * Sizes shrink on the way in, so that nothing can be accepted by one part and be too
 * large for the next: relay frame >= HTTP body of one event >= IPC frame >= ledger.
 */
#ifndef LOOM_LIB_BASE_CAPS_H
#define LOOM_LIB_BASE_CAPS_H

/* clang-format off */

/* ---- Nostr, from strangers */
#define CAP_EVENT_BYTES (256 * 1024)		/* one event as JSON text */
#define CAP_FRAME_BYTES (CAP_EVENT_BYTES + 1024) /* ["EVENT","sub",{...}] from a relay */
#define CAP_EVENT_TAGS 2000
#define CAP_EVENT_TAG_ITEMS 4096		/* strings of all tags together, names included */
#define CAP_JSON_DEPTH 8
#define CAP_CREATED_AT ((1ULL << 53) - 1)	/* above it JavaScript peers lose digits */
#define CAP_SUBID_BYTES 64
#define CAP_REASON_BYTES 512			/* text of OK, CLOSED, NOTICE that is kept */
#define CAP_CHALLENGE_BYTES 1024		/* NIP-42 */
#define CAP_FILTERS 16				/* of one REQ */
#define CAP_FILTER_VALUES 1000			/* of all lists of one filter together */
#define CAP_BECH32_CHARS 5000			/* NIP-19 */
#define CAP_NIP44_PLAIN 65535			/* what we encrypt; 6-byte form is read too */
#define CAP_NIP44_PAYLOAD (128 * 1024)		/* base64 characters that we decrypt */
#define CAP_URL_BYTES 512

/* ---- job request (kind 5100) */
#define CAP_JOB_ARGS 128
#define CAP_JOB_ARG_BYTES (128 * 1024 - 1)	/* the kernel's MAX_ARG_STRLEN, less the NUL */
#define CAP_JOB_ENV 256
#define CAP_JOB_SECRETS 64
#define CAP_JOB_NAME_BYTES 256			/* of a variable */
#define CAP_JOB_ARGV_TOTAL (1536 * 1024)	/* arguments and environment together */

/* ---- job messages (30100, 5101) and the advertisement (10100) */
#define CAP_OUR_EVENT_BYTES (32 * 1024)
#define CAP_ERROR_TEXT 200

/* ---- Cashu */
#define CAP_TOKEN_BYTES (64 * 1024)
#define CAP_TOKEN_PROOFS 1000			/* upper bound of MAX_PROOFS; mints take no more */
#define CAP_CASHU_SECRET 1024
#define CAP_CASHU_WITNESS 1024
#define CAP_CBOR_DEPTH 8
#define CAP_MINTS 16				/* of CASHU_MINT_URL */
#define CAP_KEYSETS 64				/* of one mint, in our unit */
#define CAP_MINT_ANSWER (1024 * 1024)
#define CAP_MINT_REQUEST (1024 * 1024)
#define CAP_INVOICE_BYTES 4096			/* BOLT-11 */
#define CAP_LNURL_URL 2048
#define CAP_LNURL_ANSWER (256 * 1024)		/* metadata may hold a picture */
#define CAP_PAY_INPUTS 250			/* of one request that we make */

/* ---- IPC */
#define CAP_IPC_INLINE (64 * 1024)		/* one datagram; anything larger is a memfd */
#define CAP_IPC_BODY (4 * 1024 * 1024)		/* JSON in a memfd */
#define CAP_IPC_FDS 8
#define CAP_IPC_QUEUE 1024			/* frames that wait for a slow peer */
#define CAP_IPC_QUEUE_BYTES (32 * 1024 * 1024)	/* of those frames together */
#define CAP_IPC_CLIENTS 64			/* connections to one socket */
#define CAP_KEYD_CLIENTS 8			/* connections to one socket of loom-keyd */

/* ---- bridge */
#define CAP_RELAYS 64				/* configured */
#define CAP_BATCH_EVENTS 256			/* of one POST /internal/events */
#define CAP_BATCH_BYTES (3 * 1024 * 1024)
#define CAP_INBOX_EVENTS 2048			/* taken from relays, not yet delivered */
#define CAP_INBOX_BYTES (16 * 1024 * 1024)
#define CAP_SEEN_IDS 65536			/* verified ids remembered for deduplication */
#define CAP_RELAY_VERIFY_PER_S 200		/* signatures of one relay, sustained */
#define CAP_RELAY_VIOLATIONS 16			/* then the connection is dropped */
#define CAP_RESUME_OVERLAP_S (15 * 60)		/* read again after a reconnect */
#define CAP_BACKLOG_S (72 * 3600)		/* how far back relays are read at most */
#define CAP_AHEAD_S (15 * 60)			/* created_at in the future: ignored beyond */
#define CAP_SENDER_EVENTS 4096			/* handed over by the engine, not yet settled */
#define CAP_SENDER_PER_S 2			/* to one relay, at first; less when it says so */
#define CAP_SENDER_BURST 10
#define CAP_RELAY_OUT_BYTES (4 * 1024 * 1024)
#define CAP_LOOKS 4				/* questions of the engine to relays under way */
#define CAP_LOOK_IDS 100			/* jobs that one of them is about */
#define CAP_LOOK_EVENTS 200			/* of one answer; signatures of one relay checked for it */
#define CAP_LOOK_BYTES (1024 * 1024)		/* of those events; twice that as text in JSON < CAP_IPC_BODY */

/* ---- own relay */
#define CAP_OWN_FRAME 131072
#define CAP_OWN_EVENT 98304
#define CAP_OWN_TAGS 2000
#define CAP_OWN_TAG_VALUE 131072		/* a job's argument may be long */
#define CAP_OWN_INDEXED_VALUE 255
#define CAP_OWN_SUBS 32				/* of one connection */
#define CAP_OWN_LIMIT 500			/* stored events of one filter */
#define CAP_OWN_OUT_BYTES (4 * 1024 * 1024)	/* waiting for one reader, then it is dropped */
#define CAP_OWN_CONNECTIONS 512
#define CAP_OWN_PER_ADDRESS 32
#define CAP_OWN_BAD_FRAMES 10
#define CAP_OWN_ALL_OUT_BYTES (64 * 1024 * 1024) /* waiting for all readers together */
#define CAP_OWN_REQS_PER_S 50			/* of one connection, bursts of four times that */
#define CAP_OWN_FILTERS 20000			/* of all subscriptions together */
#define CAP_OWN_VALUES 200000			/* of all lists of all their filters */
#define CAP_OWN_SCANS 32			/* stored answers being read at a time */
#define CAP_OWN_OWED 10000			/* events that the engine has not judged */
#define CAP_OWN_STORE_BYTES (1024ULL * 1024 * 1024) /* of the file; then the oldest go */
#define CAP_OWN_DISK_RESERVE (64ULL * 1024 * 1024) /* left free on its disk */
#define CAP_OWN_EPHEMERAL_AGE_S 300

/* ---- HTTP */
#define CAP_HTTP_THREADS 4			/* requests at one time; more wait in the backlog */
#define CAP_HTTP_PATH 256
#define CAP_HTTP_QUERY 1024			/* as it was sent */
#define CAP_HTTP_QUERY_PAIRS 8
#define CAP_HTTP_TOKEN 256			/* bearer token */
#define CAP_HTTP_CURSOR 64
#define CAP_HTTP_HEADERS 1024			/* that we add to one answer */
#define CAP_HTTP_BODY 16384			/* of an API call */
#define CAP_HTTP_INTERNAL_BODY (4 * 1024 * 1024)
#define CAP_HTTP_ANSWER (4 * 1024 * 1024)
#define CAP_HTTP_PAGE 100			/* rows of one list */
#define CAP_HTTP_REQUESTS 256			/* that one program has under way */

/* ---- engine */
#define CAP_QUEUE 200000			/* upper bound of QUEUE_MAX */
#define CAP_QUEUED_MS 86400000ULL		/* a job waits for a slot; then it is answered */
#define CAP_SLOTS 256				/* upper bound of MAX_CONCURRENT_JOBS */
#define CAP_LIST_KEYS 10000			/* of WHITELIST, FREELIST, ALLOW_UNPAID_PUBKEYS */
#define CAP_SOFTWARE 64				/* advertised programs */
#define CAP_START_ATTEMPTS 3			/* of one job, before it is a fault */
#define CAP_BLOB_BYTES (1024 * 1024)		/* one output, after cutting (GRASP's limit) */
#define CAP_PUBLISH_IN_FLIGHT 640		/* at the bridge without a receipt, all relays; < CAP_IPC_QUEUE */
#define CAP_REMEMBERED_IDS 1000000		/* ignored requests; the same of early cancellations */
#define CAP_NEVER_RAN 20000			/* refused jobs and the like; older ones become ids */
#define CAP_REFUSALS_PER_MIN 10			/* answers to one key */
#define CAP_REFUSALS_UNKNOWN_PER_MIN 120	/* answers to all keys we do not know */
#define CAP_PAYMENTS_PER_MIN 60			/* of one such key, that were not claimed (yet) */
#define CAP_PAYMENTS_UNKNOWN_PER_MIN 600	/* of all of them */
#define CAP_ADMIN_PAGE 1000			/* rows of one answer of admin.sock */
#define CAP_ADMIN_DOCUMENT (1024 * 1024)
#define CAP_ADMIN_WAITERS 64			/* requests that wait for the end of an operation */

/* ---- runner and shim */
#define CAP_OUT_TAIL (64 * 1024)		/* end of an output kept beside its head */
#define CAP_STATUS_BYTES 4096			/* the shim's exit record */
#define CAP_RECORD_BYTES 16384			/* any record between runner and shim */
#define CAP_RUN_PATH 512			/* a path in such a record */
#define CAP_SPOOL_JOBS 4096			/* entries of the spool, ended ones included */
#define CAP_WARM_SLOTS 32			/* sandboxes that wait for a job */
#define CAP_WARM_AGE_MS (10 * 60 * 1000)	/* then a waiting sandbox is built anew */
#define CAP_JOB_FILE_BYTES (1ULL << 30)		/* one file of a job, unless its folder is larger */
#define CAP_JOB_OPEN_FILES 1024			/* of one process of a job */

/* ---- loomctl */
#define CAP_CTL_LINE (8 * CAP_EVENT_BYTES)	/* one printed record: an event, all escaped */
#define CAP_CTL_ANSWERS 4096			/* events kept of one question to relays */
#define CAP_CTL_FETCH (64 * 1024 * 1024)	/* a downloaded output */
#define CAP_CTL_REMARKS 3			/* of one kind about one relay */
#define CAP_CTL_TEXT 8192			/* one line for people */

/* ---- files */
#define CAP_CONF_FILE (256 * 1024)
#define CAP_CONF_LINE 65536
#define CAP_KEY_FILE 512
#define CAP_LOG_TEXT 80				/* of a stranger, in one field */

/* clang-format on */

#endif
