/* SPDX-License-Identifier: MIT */
/* The requests of runner.sock, as a table for the server. */
#ifndef LOOM_RUNNER_VERBS_H
#define LOOM_RUNNER_VERBS_H

#include "runner/runner.h"

/* ctx of each is the struct runner. */
extern const server_verb verbs_table[IPCRUN_TYPES];

#endif
