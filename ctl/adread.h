/* SPDX-License-Identifier: MIT */
/*
 * A worker's advertisement (kind 10100), read leniently. Kind 10100 is used by others
 * too, so an advertisement is one only with its Loom parts: a JSON object with a name,
 * and a tag of Loom's. Text borrows from the event and from what adread_parse() loaded.
 */
#ifndef LOOM_CTL_ADREAD_H
#define LOOM_CTL_ADREAD_H

#include "lib/base/str.h"
#include "lib/proto/nevent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

#define ADREAD_NO_NUMBER UINT64_MAX

struct adread {
	const struct nevent *ev;
	struct json_t *content; /* owns name and description */
	struct str name;
	struct str description;
	uint64_t max_jobs; /* or ADREAD_NO_NUMBER, as the others */
	uint64_t queue_depth;
	uint64_t min_s;
	uint64_t max_s;
	uint64_t free_s;
	struct str arch;
};

/* False when it is none. adread_wipe() afterwards, also then. */
bool adread_parse(struct adread *out, const struct nevent *ev);
void adread_wipe(struct adread *ad);

/* Walk the tags "price" (mint, rate, unit, mint again) and "S" (name, version, path):
 * start with *at = 0; missing elements are empty. Some workers have the mint's address in
 * the last place only. */
struct adread_price {
	struct str mint;
	struct str rate;
	struct str unit;
	struct str also_mint;
};
bool adread_next_price(const struct adread *ad, size_t *at, struct adread_price *out);
/* What so many seconds cost at a rate: sat per second, up to nine decimals, rounded up.
 * False: no rate, 0, or more than money can be. */
bool adread_cost(uint64_t *sat, struct str rate, uint64_t seconds);
struct adread_software {
	struct str name;
	struct str version;
	struct str path;
};
bool adread_next_software(const struct adread *ad, size_t *at,
			  struct adread_software *out);

/* Is a newer than b, of the same worker? Ties go to the lower id (NIP-01). */
bool adread_is_newer(const struct nevent *a, const struct nevent *b);

#endif
