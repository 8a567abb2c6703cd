/* SPDX-License-Identifier: MIT */
/*
 * Programs under test and their peers: started with pipes, their output read line by
 * line, ended by their own pid. Waiting is for a line, with a deadline; when it passes,
 * the test fails and shows what was said.
 */
#ifndef LOOM_TESTS_PEERS_RIG_H
#define LOOM_TESTS_PEERS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rig;

/* Start argv (NULL at the end); stdout and stderr are read together. name is for what
 * is shown. */
struct rig *rig_start(const char *name, const char *const *argv);
/* BUILD/path of a program of ours, owned by the caller. */
char *rig_program(const char *path);
/* Wait for a line with this in it, behind the last one that was waited for. Borrowed
 * until the next call for the same program. */
const char *rig_wait(struct rig *r, const char *text);
/* How many lines so far have this in them. */
size_t rig_count(struct rig *r, const char *text);
/* Wait until that many lines have it. */
void rig_wait_count(struct rig *r, const char *text, size_t n);
/* A line to its stdin. */
void rig_say(struct rig *r, const char *line);
pid_t rig_pid(const struct rig *r);
void rig_signal(struct rig *r, int number);
/* Wait for its end, and forget it; its exit status, or 256 + signal. */
int rig_end(struct rig *r);
/* Close its stdin, then as above; for peers. NULL is fine. */
void rig_stop(struct rig *r);
/* SIGKILL, then as above. NULL is fine. */
void rig_kill(struct rig *r);

#endif
