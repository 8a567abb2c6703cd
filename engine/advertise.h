/* SPDX-License-Identifier: MIT */
/*
 * When the advertisement (kind 10100) goes out: every two minutes, and when the worker
 * becomes full or stops being full; never two within 20 seconds otherwise, because one
 * client pins the one it has chosen. Its content is the truth of the moment.
 */
#ifndef LOOM_ENGINE_ADVERTISE_H
#define LOOM_ENGINE_ADVERTISE_H

#include <stdint.h>

struct advertise;
struct engine;

struct advertise *advertise_new(struct engine *e);
void advertise_free(struct advertise *a);
/* Once a second, and when something has changed. */
void advertise_look(struct advertise *a);

#endif
