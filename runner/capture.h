/* SPDX-License-Identifier: MIT */
/*
 * One output stream of a job: read from a pipe, its first CAP_BLOB_BYTES kept in a file
 * of the spool entry as they come, its last CAP_OUT_TAIL in memory. Everything is
 * counted. The reader never stalls, so a job never waits for us longer than one turn.
 */
#ifndef LOOM_RUNNER_CAPTURE_H
#define LOOM_RUNNER_CAPTURE_H

#include "runner/ring.h"

#include <stdbool.h>
#include <stdint.h>

/* Owned by the shim, one for stdout and one for stderr. */
struct capture {
	int pipe;         /* -1 after end of file; owned */
	int folder;       /* spool entry, -1: bytes go to the ring alone; borrowed */
	const char *head; /* file names in it */
	const char *tail;
	const char *job;  /* for the log; borrowed */
	int head_fd;      /* -1 until the first byte; owned */
	bool head_closed; /* full, or the disk is */
	uint64_t head_bytes;
	uint64_t total;
	struct ring ring;
};

/* Takes pipe, which must not block. */
void capture_init(struct capture *c, int pipe, const char *head, const char *tail);
void capture_free(struct capture *c);
/* From now on the bytes belong to a job (id in hex, borrowed); what was read before is forgotten. */
void capture_begin(struct capture *c, int folder, const char *job);
/* Read what is there, at most 4 pieces of 64 KiB. False when nothing was left. */
bool capture_read(struct capture *c);
/* When every writer is gone: read the rest, and write the tail file if the head does not
 * hold everything. A full disk loses the tail, never more. */
void capture_finish(struct capture *c);
/* What the ring holds, as one line of clean text. */
void capture_text(const struct capture *c, char *out, size_t size);

#endif
