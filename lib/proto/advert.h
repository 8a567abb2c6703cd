/* SPDX-License-Identifier: MIT */
/*
 * The worker's advertisement (kind 10100) in the one form that all Loom clients accept:
 * content is one JSON object with integers, tags as METIQ, GRASP, BAHIA and the budabit
 * clients read them. A worker that takes no payment carries no price tag at all.
 */
#ifndef LOOM_LIB_PROTO_ADVERT_H
#define LOOM_LIB_PROTO_ADVERT_H

#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct advert_software {
	struct str name; /* lower-case */
	struct str version;
	struct str path;
};

struct advert {
	struct id32 worker;
	uint64_t created_at;
	struct str name;
	struct str description; /* empty: none */
	uint64_t max_jobs;
	uint64_t queue_depth; /* queued and running */
	uint64_t min_s;
	uint64_t max_s;
	const struct advert_software *software;
	size_t nsoftware;
	struct str arch; /* "linux/amd64" */
	struct str shell;
	struct str geohash; /* empty: none */
	const struct str *relays;
	size_t nrelays;
	const struct str *mints; /* one price tag each; the preferred one first */
	size_t nmints;
	uint64_t rate;      /* sat per second, with a mint at least 1 */
	bool has_free_keys; /* some keys run free */
	uint64_t free_s;
	struct str backend;
	struct str isolation; /* in words, as the runner says */
};

struct nevent *advert_make(const struct advert *a);

/* "linux/amd64" for uname's "x86_64", and so on; unknown machines keep their name. */
void advert_arch(struct buf *out, struct str machine);

#endif
