/* SPDX-License-Identifier: MIT */
/*
 * Records between loom-runner and loom-shim: tables only. Nothing secret may be added
 * here; arguments, environment and stdin of a job travel as descriptors.
 */
#include "config.h"

#include "runner/plan.h"

#define REC plan
#define PLACE(name, i)                                                                 \
	{"cg_" name "_version", RECORD_UINT, offsetof(struct plan, places[i].version), \
	 sizeof(uint64_t)},                                                            \
	{                                                                              \
		"cg_" name, RECORD_TEXT, offsetof(struct plan, places[i].folder),      \
			CAP_RUN_PATH                                                   \
	}

static const struct record_field plan_fields[] = {
	RECORD_T(backend),
	RECORD_T(slot),
	RECORD_U(root),
	RECORD_U(uid),
	RECORD_U(outbound),
	RECORD_U(netns),
	RECORD_U(memory_bytes),
	RECORD_U(processes),
	RECORD_U(cpu_percent),
	RECORD_U(disk_bytes),
	RECORD_U(files),
	RECORD_U(output_kill_bytes),
	RECORD_U(grace_ms),
	RECORD_U(log_level),
	RECORD_T(sandbox),
	RECORD_T(init),
	PLACE("memory", PLAN_MEMORY),
	PLACE("pids", PLAN_PIDS),
	PLACE("cpu", PLAN_CPU),
	PLACE("usage", PLAN_USAGE),
	PLACE("kill", PLAN_KILL),
};
#undef REC

#define REC plan_job
static const struct record_field job_fields[] = {
	RECORD_T(job),   RECORD_U(nargs),       RECORD_U(nenv),
	RECORD_U(bytes), RECORD_U(stdin_bytes), RECORD_U(limit_ms),
};
#undef REC

#define REC plan_note
static const struct record_field note_fields[] = {
	RECORD_T(kind),
	RECORD_U(value),
	RECORD_T(text),
};
#undef REC

void plan_write(struct buf *out, const struct plan *p)
{
	record_write(out, plan_fields, ARRAY_LEN(plan_fields), p);
}

enum lerr_code plan_parse(struct plan *out, struct str text, struct lerr *err)
{
	return record_parse(out, plan_fields, ARRAY_LEN(plan_fields), text, err);
}

void plan_write_job(struct buf *out, const struct plan_job *j)
{
	record_write(out, job_fields, ARRAY_LEN(job_fields), j);
}

enum lerr_code plan_parse_job(struct plan_job *out, struct str text, struct lerr *err)
{
	return record_parse(out, job_fields, ARRAY_LEN(job_fields), text, err);
}

void plan_write_note(struct buf *out, const struct plan_note *n)
{
	record_write(out, note_fields, ARRAY_LEN(note_fields), n);
}

enum lerr_code plan_parse_note(struct plan_note *out, struct str text, struct lerr *err)
{
	return record_parse(out, note_fields, ARRAY_LEN(note_fields), text, err);
}
