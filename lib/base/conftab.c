/* SPDX-License-Identifier: MIT */
/* The table of all configuration keys, and the rules that hold between them. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/conf.h"

#include <string.h>

#define MAX_TEXT 4096

const struct conf_opt conf_table[CONF_KEY_COUNT] = {
	[CONF_NOSTR_PRIVATE_KEY] = {"NOSTR_PRIVATE_KEY", CONF_TEXT, 0, 128, "",
				    CONF_SECRET, NULL,
				    "The worker's secret key, nsec1... or 64 hex digits. "
				    "NOSTR_PRIVATE_KEY_FILE\n"
				    "is better: a file can be read-protected by itself."},
	[CONF_NOSTR_PRIVATE_KEY_FILE] =
		{"NOSTR_PRIVATE_KEY_FILE", CONF_PATH, 0, MAX_TEXT, "", 0, NULL,
		 "File with the worker's secret key, made by \"loomctl keygen\": mode "
		 "0400,\n"
		 "owned by root or by the user of loom-keyd. Use the key for Loom only."},
	[CONF_NOSTR_RELAYS] =
		{"NOSTR_RELAYS", CONF_LIST, 0, CAP_RELAYS,
		 "wss://relay.damus.io,wss://relay.nostr.band,wss://relay.primal.net,"
		 "wss://nos.lol,wss://relay.budabit.club",
		 0, NULL,
		 "Relays where the worker listens for jobs and publishes. wss:// with a "
		 "valid\n"
		 "certificate; ws:// only on loopback. May be empty when OWN_RELAY is "
		 "yes."},
	[CONF_WORKER_NAME] = {"WORKER_NAME", CONF_TEXT, 1, 64, "loom worker", 0, NULL,
			      "Name in the advertisement."},
	[CONF_WORKER_DESCRIPTION] =
		{"WORKER_DESCRIPTION", CONF_TEXT, 0, 500, "", 0, NULL,
		 "A sentence about the worker, in the advertisement."},
	[CONF_GEOHASH] = {"GEOHASH", CONF_TEXT, 0, 12, "", 0, NULL,
			  "Where the machine is, as a geohash; empty says nothing."},
	[CONF_ADVERTISED_SOFTWARE] = {"ADVERTISED_SOFTWARE", CONF_LIST, 0, CAP_SOFTWARE,
				      "bash,git,curl,jq", 0, NULL,
				      "Programs to advertise. Each is looked for inside "
				      "the sandbox and asked for\n"
				      "its version at start and on SIGHUP; one that jobs "
				      "cannot run is left out."},
	[CONF_DEFAULT_SHELL] =
		{"DEFAULT_SHELL", CONF_PATH, 1, 255, "/bin/bash", 0, NULL,
		 "Shell that runs the content of a job without cmd; also advertised."},
	[CONF_ACCESS] = {"ACCESS", CONF_CHOICE, 0, 0, "whitelist", 0, "whitelist|open",
			 "Who may send jobs: only keys of WHITELIST, FREELIST and\n"
			 "ALLOW_UNPAID_PUBKEYS, or everybody. Who runs free is another "
			 "question, see\n"
			 "FREELIST."},
	[CONF_WHITELIST] =
		{"WHITELIST", CONF_LIST, 0, CAP_LIST_KEYS, "", 0, NULL,
		 "Keys that may send jobs when ACCESS is whitelist: npub1... or 64 hex\n"
		 "digits. An empty list lets nobody in."},
	[CONF_FREELIST] = {"FREELIST", CONF_LIST, 0, CAP_LIST_KEYS, "", 0, NULL,
			   "Keys whose jobs without payment run, each for at most\n"
			   "FREELIST_TIMEOUT seconds."},
	[CONF_ALLOW_UNPAID_PUBKEYS] =
		{"ALLOW_UNPAID_PUBKEYS", CONF_LIST, 0, CAP_LIST_KEYS, "", 0, NULL,
		 "More keys like those of FREELIST (the original worker has both)."},
	[CONF_FREELIST_TIMEOUT] = {"FREELIST_TIMEOUT", CONF_UINT, 1, 604800, "900", 0,
				   NULL,
				   "Seconds that a free job may run, at most "
				   "MAX_JOB_DURATION. Some clients\n"
				   "expect 900."},
	[CONF_MAX_CONCURRENT_JOBS] = {"MAX_CONCURRENT_JOBS", CONF_UINT, 1, CAP_SLOTS, "2",
				      0, NULL, "Jobs that run side by side."},
	[CONF_QUEUE_MAX] = {"QUEUE_MAX", CONF_UINT, 0, CAP_QUEUE, "100", 0, NULL,
			    "Jobs that may wait. More are refused with the reason busy."},
	[CONF_MIN_JOB_DURATION] =
		{"MIN_JOB_DURATION", CONF_UINT, 0, 604800, "10", 0, NULL,
		 "Shortest job sold, in seconds. Above 300 some clients go elsewhere."},
	[CONF_MAX_JOB_DURATION] =
		{"MAX_JOB_DURATION", CONF_UINT, 1, 604800, "3600", 0, NULL,
		 "Longest job, in seconds. Below 1800 some clients go elsewhere."},
	[CONF_MAX_JOB_AGE] =
		{"MAX_JOB_AGE", CONF_UINT, 60, 604800, "86400", 0, NULL,
		 "Seconds after which a request found on a relay is too old to run. Jobs "
		 "sent\n"
		 "while the worker was down are run when it is back, up to this age."},
	[CONF_CASHU_MINT_URL] =
		{"CASHU_MINT_URL", CONF_LIST, 0, CAP_MINTS, "", 0, NULL,
		 "Mints whose ecash is accepted, the preferred one first: https://, or "
		 "http:// on\n"
		 "loopback. Each must support NUT-07, NUT-09 and NUT-12, and NUT-11 for "
		 "locked\n"
		 "payments. Empty: no payments, no price; only listed keys send jobs."},
	[CONF_PRICE_PER_SECOND] =
		{"PRICE_PER_SECOND", CONF_UINT, 1, 1000000, "1", 0, NULL,
		 "Price in whole sat per second, the same at all mints. A fraction "
		 "cannot be\n"
		 "told to all clients in use. Raised, the old price holds for 15 "
		 "minutes more."},
	[CONF_PRICE_UNIT] = {"PRICE_UNIT", CONF_CHOICE, 0, 0, "sat", 0, "sat",
			     "Unit of the price."},
	[CONF_MAX_PAYMENT] = {"MAX_PAYMENT", CONF_UINT, 1, 1000000000, "10000000", 0,
			      NULL,
			      "Most sat that are taken for one job. What is paid beyond "
			      "MAX_JOB_DURATION\n"
			      "comes back as change."},
	[CONF_MAX_PROOFS] = {"MAX_PROOFS", CONF_UINT, 1, CAP_TOKEN_PROOFS, "100", 0, NULL,
			     "Most proofs in one payment."},
	[CONF_REQUIRE_DLEQ] =
		{"REQUIRE_DLEQ", CONF_BOOL, 0, 0, "no", 0, NULL,
		 "Refuse tokens, and signatures of mints, without a proof of their "
		 "signature\n"
		 "(NUT-12). One that is there is always checked."},
	[CONF_CHANGE_LOCK] =
		{"CHANGE_LOCK", CONF_CHOICE, 0, 0, "auto", 0, "auto|always",
		 "Whom change is locked to. auto: to the key that the job or its payment "
		 "names\n"
		 "for it, else to nobody, because some clients cannot open a lock. "
		 "always: else\n"
		 "to the customer's Nostr key."},
	[CONF_CHANGE_MIN] = {"CHANGE_MIN", CONF_UINT, 1, 10000, "1", 0, NULL,
			     "Smallest change in sat that is handed out, counted after "
			     "the fee that\n"
			     "redeeming it costs."},
	[CONF_CHANGE_WAIT] =
		{"CHANGE_WAIT", CONF_UINT, 1, 86400, "600", 0, NULL,
		 "Seconds that a result waits for its change when the mint does not "
		 "answer. Then\n"
		 "the change is declared as owed, and handed out when the mint is back."},
	[CONF_MINT_EXPOSURE_MAX] =
		{"MINT_EXPOSURE_MAX", CONF_UINT, 0, 2100000000000000, "0", 0, NULL,
		 "Sat held at one mint above which its ecash is no longer accepted; 0 "
		 "sets no cap."},
	[CONF_WITHDRAW_FEE_PERCENT] =
		{"WITHDRAW_FEE_PERCENT", CONF_UINT, 0, 10, "2", 0, NULL,
		 "Most that Lightning may take of a withdrawal, in percent; 2 sat are "
		 "always\n"
		 "allowed."},
	[CONF_SWEEP_ADDRESS] =
		{"SWEEP_ADDRESS", CONF_TEXT, 0, 160, "", 0, NULL,
		 "Lightning address (name@domain) that earnings are sent to by "
		 "themselves."},
	[CONF_SWEEP_ABOVE] =
		{"SWEEP_ABOVE", CONF_UINT, 0, 2100000000000000, "0", 0, NULL,
		 "Earned sat at one mint above which they are sent to SWEEP_ADDRESS; 0 "
		 "never."},
	[CONF_BACKEND] = {"BACKEND", CONF_CHOICE, 0, 0, "shell", 0, "shell",
			  "What runs jobs. shell: a bubblewrap sandbox on this machine."},
	[CONF_NETWORK] = {"NETWORK", CONF_CHOICE, 0, 0, "none", 0, "none|outbound",
			  "What jobs may reach: nothing, or public addresses through "
			  "slirp4netns.\n"
			  "This machine, its local networks and cloud metadata stay out "
			  "of reach."},
	[CONF_JOB_MEMORY_MIB] =
		{"JOB_MEMORY_MIB", CONF_UINT, 16, 16777216, "1024", 0, NULL,
		 "Memory of one job, its files included (they live in memory)."},
	[CONF_JOB_PROCESSES] = {"JOB_PROCESSES", CONF_UINT, 4, 65536, "256", 0, NULL,
				"Processes and threads of one job."},
	[CONF_JOB_CPU_PERCENT] =
		{"JOB_CPU_PERCENT", CONF_UINT, 1, 102400, "100", 0, NULL,
		 "Share of processors for one job; 100 is one whole core."},
	[CONF_JOB_DISK_MIB] = {"JOB_DISK_MIB", CONF_UINT, 1, 16777216, "512", 0, NULL,
			       "Size of a job's folder, part of its memory."},
	[CONF_JOB_FILES] = {"JOB_FILES", CONF_UINT, 64, 16777216, "65536", 0, NULL,
			    "Files and folders in a job's folder."},
	[CONF_OUTPUT_KILL_MIB] =
		{"OUTPUT_KILL_MIB", CONF_UINT, 1, 65536, "64", 0, NULL,
		 "A job that writes more than this to stdout and stderr together is "
		 "ended.\n"
		 "Of each stream 1 MiB is kept: its beginning and its end."},
	[CONF_KILL_GRACE] =
		{"KILL_GRACE", CONF_UINT, 0, 10, "2", 0, NULL,
		 "Seconds between SIGTERM and SIGKILL at a time limit or cancellation."},
	[CONF_JOB_UID_FIRST] = {"JOB_UID_FIRST", CONF_UINT, 1000, 4000000000, "62000", 0,
				NULL,
				"First of MAX_CONCURRENT_JOBS user ids that belong to "
				"jobs alone, when the\n"
				"runner is root. No account may use them."},
	[CONF_REQUIRE_CGROUPS] = {"REQUIRE_CGROUPS", CONF_CHOICE, 0, 0, "auto", 0,
				  "auto|yes|no",
				  "Refuse to run jobs where memory and process limits "
				  "cannot be enforced by\n"
				  "cgroups. auto: yes when the runner is root."},
	[CONF_PUBLIC_URL] = {"PUBLIC_URL", CONF_TEXT, 0, CAP_URL_BYTES, "", 0, NULL,
			     "Address of the web pages as browsers see it, without a "
			     "slash at the end."},
	[CONF_BLOB_URL] = {"BLOB_URL", CONF_TEXT, 0, CAP_URL_BYTES, "", 0, NULL,
			   "Address under which nginx serves the outputs, without a "
			   "slash at the end.\n"
			   "Its own host name or port: outputs are strangers' content. "
			   "Empty: results\n"
			   "carry no links to outputs."},
	[CONF_OWN_RELAY] = {"OWN_RELAY", CONF_BOOL, 0, 0, "yes", 0, NULL,
			    "Offer the built-in relay (nginx serves it at /relay): "
			    "customers reach the\n"
			    "worker without any third party."},
	[CONF_RELAY_URL] = {"RELAY_URL", CONF_TEXT, 0, CAP_URL_BYTES, "", 0, NULL,
			    "Address of the built-in relay as customers see it, "
			    "wss://HOST/relay. Empty:\n"
			    "PUBLIC_URL with ws in place of http, and /relay."},
	[CONF_RELAY_EVENTS_PER_S] =
		{"RELAY_EVENTS_PER_S", CONF_UINT, 0, 1000000, "20", 0, NULL,
		 "Events a second that one connection may publish to the built-in relay\n"
		 "(bursts of five times as many); 0 sets no limit."},
	[CONF_CA_FILE] =
		{"CA_FILE", CONF_PATH, 0, MAX_TEXT, "", 0, NULL,
		 "More certificate authorities (PEM), trusted beside the system's."},
	[CONF_ADMIN_TOKEN_SHA256] = {"ADMIN_TOKEN_SHA256", CONF_TEXT, 0, 64, "", 0, NULL,
				     "SHA-256 (64 hex digits) of the token that opens "
				     "the full view of the API.\n"
				     "Empty: no token does."},
	[CONF_STATE_DIR] =
		{"STATE_DIR", CONF_PATH, 1, MAX_TEXT, "/var/lib/loom", 0, NULL,
		 "Ledger, relay store and outputs. On a disk that keeps its promises."},
	[CONF_RUN_DIR] = {"RUN_DIR", CONF_PATH, 1, MAX_TEXT, "/run/loom", 0, NULL,
			  "Sockets and the folders of running jobs; best on tmpfs. A "
			  "path of at most 80\n"
			  "characters that every user may enter."},
	[CONF_LOG_LEVEL] = {"LOG_LEVEL", CONF_CHOICE, 0, 0, "info", 0, "warn|info|debug",
			    "How much is logged."},
	[CONF_BLOSSOM_SERVER_URL] = {"BLOSSOM_SERVER_URL", CONF_LIST, 0, 16, "",
				     CONF_NOT_BUILT, NULL,
				     "Blossom servers for outputs. This version serves "
				     "outputs itself (BLOB_URL)\n"
				     "and uploads to no other server yet."},
	[CONF_BLOSSOM_AUTH_KEY] = {"BLOSSOM_AUTH_KEY", CONF_TEXT, 0, 128, "", CONF_SECRET,
				   NULL,
				   "Another key that signs Blossom uploads (kind 24242) "
				   "in place of the worker's."},
};

/* A socket name behind it must fit into sockaddr_un. */
enum { RUN_DIR_MAX = 80 };

static enum lerr_code check_url(const struct conf *c, enum conf_key key, const char *a,
				const char *b, struct lerr *err)
{
	struct str url = str_of(conf_text(c, key));

	if (url.n == 0)
		return LERR_OK;
	if (!str_starts(url, a) && !str_starts(url, b))
		return conf_refuse(c, key, err, "want %s... or %s...", a, b);
	if (url.p[url.n - 1] == '/')
		return conf_refuse(c, key, err, "without a slash at the end, please");
	for (size_t i = 0; i < url.n; i++)
		if (strchr(" \"<>\\^`{|}#?@", url.p[i]))
			return conf_refuse(c, key, err, "no '%c' in it, please",
					   url.p[i]);
	return LERR_OK;
}

static enum lerr_code check_urls(const struct conf *c, struct lerr *err)
{
	enum lerr_code rc = check_url(c, CONF_PUBLIC_URL, "https://", "http://", err);

	if (!rc)
		rc = check_url(c, CONF_BLOB_URL, "https://", "http://", err);
	if (!rc)
		rc = check_url(c, CONF_RELAY_URL, "wss://", "ws://", err);
	if (rc)
		return rc;
	if (conf_text(c, CONF_BLOB_URL)[0] &&
	    strcmp(conf_text(c, CONF_BLOB_URL), conf_text(c, CONF_PUBLIC_URL)) == 0)
		return conf_refuse(
			c, CONF_BLOB_URL, err,
			"outputs are strangers' content: they need another host "
			"name or port than PUBLIC_URL");
	return LERR_OK;
}

static enum lerr_code check_token(const struct conf *c, struct lerr *err)
{
	struct str hash = str_of(conf_text(c, CONF_ADMIN_TOKEN_SHA256));

	if (hash.n == 0)
		return LERR_OK;
	for (size_t i = 0; i < hash.n; i++)
		if (!strchr("0123456789abcdef", hash.p[i]))
			return conf_refuse(c, CONF_ADMIN_TOKEN_SHA256, err,
					   "want lower-case hex digits");
	if (hash.n != 64)
		return conf_refuse(c, CONF_ADMIN_TOKEN_SHA256, err, "want 64 hex digits");
	return LERR_OK;
}

static enum lerr_code check_sweep(const struct conf *c, struct lerr *err)
{
	uint64_t above = conf_uint(c, CONF_SWEEP_ABOVE);
	uint64_t most = conf_uint(c, CONF_MINT_EXPOSURE_MAX);

	if (above == 0)
		return LERR_OK;
	if (!conf_text(c, CONF_SWEEP_ADDRESS)[0])
		return conf_refuse(c, CONF_SWEEP_ABOVE, err,
				   "where to? SWEEP_ADDRESS is not set");
	if (most && above >= most)
		return conf_refuse(c, CONF_SWEEP_ABOVE, err,
				   "not below MINT_EXPOSURE_MAX (%s): the mint would be "
				   "refused before it is swept",
				   conf_text(c, CONF_MINT_EXPOSURE_MAX));
	return LERR_OK;
}

enum lerr_code conf_check(const struct conf *c, struct lerr *err)
{
	enum lerr_code rc = check_urls(c, err);

	if (!rc)
		rc = check_token(c, err);
	if (!rc)
		rc = check_sweep(c, err);
	if (rc)
		return rc;
	if (conf_uint(c, CONF_MIN_JOB_DURATION) > conf_uint(c, CONF_MAX_JOB_DURATION))
		return conf_refuse(c, CONF_MIN_JOB_DURATION, err,
				   "above MAX_JOB_DURATION (%s)",
				   conf_text(c, CONF_MAX_JOB_DURATION));
	if (conf_uint(c, CONF_JOB_DISK_MIB) > conf_uint(c, CONF_JOB_MEMORY_MIB))
		return conf_refuse(c, CONF_JOB_DISK_MIB, err,
				   "a job's files live in its memory: at most "
				   "JOB_MEMORY_MIB (%s)",
				   conf_text(c, CONF_JOB_MEMORY_MIB));
	if (strlen(conf_text(c, CONF_RUN_DIR)) > RUN_DIR_MAX)
		return conf_refuse(c, CONF_RUN_DIR, err, "at most %d characters",
				   RUN_DIR_MAX);
	if (!conf_bool(c, CONF_OWN_RELAY) && conf_list(c, CONF_NOSTR_RELAYS).n == 0)
		return conf_refuse(c, CONF_NOSTR_RELAYS, err,
				   "no relay at all: give some, or OWN_RELAY=yes");
	return LERR_OK;
}
