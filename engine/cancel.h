/* SPDX-License-Identifier: MIT */
/* Cancellations (kind 5102). */
#ifndef LOOM_ENGINE_CANCEL_H
#define LOOM_ENGINE_CANCEL_H

#include "engine/admit.h"
#include "lib/proto/nevent.h"

struct engine;

/* A verified 5102. Honoured only from the author of the 5100; before that one came it is
 * remembered for a day; after the end it does nothing. In the present transaction. */
enum admit_verdict cancel_request(struct engine *e, const struct nevent *ev);

#endif
