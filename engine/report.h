/* SPDX-License-Identifier: MIT */
/*
 * What the world is told about a job: 30100 while it goes, 5101 and a last 30100 at its
 * end. A status that would be overtaken within a second is skipped, but never the first
 * one and never the last.
 */
#ifndef LOOM_ENGINE_REPORT_H
#define LOOM_ENGINE_REPORT_H

struct dbjob;
struct engine;
struct report;

struct report *report_new(struct engine *e);
void report_free(struct report *r);

/* The job stands in the queue, or has just left it for a slot. */
void report_queued(struct report *r, struct dbjob *j);
void report_running(struct report *r, struct dbjob *j);
/* Write result and last status from what the job's row says, and count the end. */
void report_end(struct report *r, struct dbjob *j);
/* The change that its result declared as owed is there. */
void report_change(struct report *r, struct dbjob *j);

#endif
