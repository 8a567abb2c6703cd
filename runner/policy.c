/* SPDX-License-Identifier: MIT */
/*
 * The operator's limits for jobs, from the root-owned configuration. Called by main() of
 * loom-runner at its start; nothing that the engine sends changes any of it.
 */
#include "config.h"

#include "runner/policy.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define MIB (1024ULL * 1024)

enum lerr_code policy_check(const struct conf *c, struct lerr *err)
{
	struct str run = str_of(conf_text(c, CONF_RUN_DIR));
	auto_free char *inside = conf_state_path(c, "");

	/* RUN_DIR would be covered together with STATE_DIR */
	if (str_starts(run, inside) || str_eq_c(run, conf_text(c, CONF_STATE_DIR)))
		return conf_refuse(c, CONF_RUN_DIR, err, "not inside STATE_DIR, please");
	if (conf_uint(c, CONF_JOB_UID_FIRST) + conf_uint(c, CONF_MAX_CONCURRENT_JOBS) >
	    UINT32_MAX)
		return conf_refuse(c, CONF_JOB_UID_FIRST, err,
				   "no room for that many user ids");
	return LERR_OK;
}

enum lerr_code policy_check_users(const struct conf *c, struct lerr *err)
{
	uint64_t first = conf_uint(c, CONF_JOB_UID_FIRST);
	uint64_t n = conf_uint(c, CONF_MAX_CONCURRENT_JOBS);

	for (uint64_t uid = first; uid < first + n; uid++) {
		const struct passwd *pw = getpwuid((uid_t)uid);

		/* all processes of that user are killed when a job is cleaned up */
		if (pw)
			return conf_refuse(c, CONF_JOB_UID_FIRST, err,
					   "user id %llu belongs to '%.32s'",
					   (unsigned long long)uid, pw->pw_name);
		/* a job's group has its user's number */
		if (getgrgid((gid_t)uid))
			return conf_refuse(c, CONF_JOB_UID_FIRST, err,
					   "group id %llu belongs to a group",
					   (unsigned long long)uid);
	}
	return LERR_OK;
}

bool policy_requires_groups(const struct conf *c, bool root)
{
	const char *word = conf_text(c, CONF_REQUIRE_CGROUPS);

	return strcmp(word, "yes") == 0 || (strcmp(word, "auto") == 0 && root);
}

enum lerr_code policy_fill(struct plan *out, const struct conf *c, bool root,
			   struct lerr *err)
{
	auto_free char *sandbox = conf_run_path(c, "sandbox");
	enum log_level level = LOG_INFO;
	struct plan p = {
		.root = root,
		.outbound = strcmp(conf_text(c, CONF_NETWORK), "outbound") == 0,
		.memory_bytes = conf_uint(c, CONF_JOB_MEMORY_MIB) * MIB,
		.processes = conf_uint(c, CONF_JOB_PROCESSES),
		.cpu_percent = conf_uint(c, CONF_JOB_CPU_PERCENT),
		.disk_bytes = conf_uint(c, CONF_JOB_DISK_MIB) * MIB,
		.files = conf_uint(c, CONF_JOB_FILES),
		.output_kill_bytes = conf_uint(c, CONF_OUTPUT_KILL_MIB) * MIB,
		.grace_ms = conf_uint(c, CONF_KILL_GRACE) * 1000u,
	};

	(void)log_parse_level(&level, str_of(conf_text(c, CONF_LOG_LEVEL)));
	p.log_level = level;
	if (strlen(sandbox) >= sizeof(p.sandbox))
		return lerr_set(err, LERR_LIMIT, 0, "RUN_DIR is too long");
	(void)snprintf(p.sandbox, sizeof(p.sandbox), "%s", sandbox);
	(void)snprintf(p.backend, sizeof(p.backend), "%s", conf_text(c, CONF_BACKEND));
	*out = p;
	return LERR_OK;
}
