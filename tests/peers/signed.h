/* SPDX-License-Identifier: MIT */
/* Signed events for tests, by keys that are small numbers. */
#ifndef LOOM_TESTS_PEERS_SIGNED_H
#define LOOM_TESTS_PEERS_SIGNED_H

#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/proto/nevent.h"

#include <stdint.h>

/* The public key of secret key n. */
struct id32 signed_key(unsigned int n);
/* An event by that key; tags as pairs of C strings, NULL at the end. Free it. */
struct nevent *signed_event(unsigned int n, uint64_t created_at, uint32_t kind,
			    const char *content, ...) __attribute__((sentinel));
/* Its JSON as a C string, owned by the caller. */
char *signed_json(const struct nevent *ev);

#endif
