/* SPDX-License-Identifier: MIT */
/*
 * A worker that only says things: events about a job, good ones and ones that break a
 * rule, by the name of the answer. Pure; fakeloom.c publishes them.
 */
#ifndef LOOM_TESTS_PEERS_FAKEWORKER_H
#define LOOM_TESTS_PEERS_FAKEWORKER_H

#include "lib/base/id32.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"

#include <stdbool.h>
#include <stddef.h>

enum { FAKEWORKER_EVENTS = 8 };

struct fakeworker {
	const struct nsign_key *key;
	const char *url;    /* in front of the hash of an output: "http://127.0.0.1:1/" */
	const char *out;    /* what stdout holds */
	const char *mint;   /* of its price */
	const char *change; /* a token, for the answers that give change; "" for none */
};

/* Its advertisement. The caller owns it. */
struct nevent *fakeworker_advert(const struct fakeworker *w);
/* The events that answer a request (or its cancellation), in the order of sending; the
 * caller owns them. Returns how many; an unknown name panics. */
size_t fakeworker_answer(const struct fakeworker *w, const char *answer,
			 const struct nevent *request,
			 struct nevent *out[FAKEWORKER_EVENTS]);
/* Those that answer a cancellation of that request. */
size_t fakeworker_cancelled(const struct fakeworker *w, const struct nevent *request,
			    struct nevent *out[FAKEWORKER_EVENTS]);

/* A signed event of any kind. */
struct nevent *fakeworker_sign(const struct nsign_key *key, uint32_t kind,
			       uint64_t created_at, const struct ntags *tags,
			       struct str content);

#endif
