/* SPDX-License-Identifier: MIT */
/*
 * Which of ADVERTISED_SOFTWARE jobs can really run, and in which version: asked inside
 * the sandbox, as a job would, at start and on SIGHUP.
 */
#ifndef LOOM_ENGINE_SOFTWARE_H
#define LOOM_ENGINE_SOFTWARE_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"
#include "lib/proto/advert.h"

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct engine;
struct software;

/* The words of ADVERTISED_SOFTWARE must be names of programs. */
MUST_USE enum lerr_code software_check(const struct conf *c, struct lerr *err);

/* on_known: the list is new; outside of any transaction. */
struct software *software_new(struct engine *e, void (*on_known)(struct engine *e));
void software_free(struct software *s);

/* Ask (again) as soon as a slot is free. */
void software_probe(struct software *s);
/* Once a second: probe when one is wanted. */
void software_tick(struct software *s);
/* Has it been asked at least once? */
bool software_is_known(const struct software *s);
const struct advert_software *software_list(const struct software *s, size_t *n);

#endif
