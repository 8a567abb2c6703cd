/* SPDX-License-Identifier: MIT */
/* Help for people: the list of verbs, one verb, and the man page, from the verb table. */
#ifndef LOOM_CTL_HELP_H
#define LOOM_CTL_HELP_H

#include "ctl/verb.h"
#include "lib/base/buf.h"

#include <stddef.h>

/* Append the overview. */
void help_write_all(struct buf *out, const struct verb *const *verbs, size_t n);
/* Append everything about one verb. */
void help_write_verb(struct buf *out, const struct verb *v);
/* Append the man page loomctl(1) in man(7) macros. */
void help_write_man(struct buf *out, const struct verb *const *verbs, size_t n);

#endif
