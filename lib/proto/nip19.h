/* SPDX-License-Identifier: MIT */
/* NIP-19: npub, nsec, note, nprofile, nevent, naddr. For people, never on the wire. */
#ifndef LOOM_LIB_PROTO_NIP19_H
#define LOOM_LIB_PROTO_NIP19_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/id32.h"
#include "lib/base/lerr.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nip19_type {
	NIP19_NPUB,
	NIP19_NSEC,
	NIP19_NOTE,
	NIP19_NPROFILE,
	NIP19_NEVENT,
	NIP19_NADDR,
};

#define NIP19_RELAYS 16

/* Text lives in the struct: nip19_wipe() frees (and overwrites) it. */
struct nip19 {
	enum nip19_type type;
	struct id32 id; /* npub, nsec, note, nprofile: key; nevent: event id */
	bool has_author;
	struct id32 author; /* nevent (optional), naddr */
	bool has_kind;
	uint32_t kind;
	struct str d;                    /* naddr, may be empty */
	struct str relays[NIP19_RELAYS]; /* more are skipped */
	size_t nrelays;
	struct buf text;
};

/* An optional "nostr:" in front is taken off. Unknown TLV types are skipped. */
MUST_USE enum lerr_code nip19_parse(struct nip19 *out, struct str text, struct lerr *err);
void nip19_wipe(struct nip19 *n);

/* A public key as people write it: npub1... or 64 lower-case hex digits, on the curve. */
MUST_USE enum lerr_code nip19_parse_pubkey(struct id32 *out, struct str text,
					   struct lerr *err);
/* Append npub1... */
void nip19_add_npub(struct buf *out, const struct id32 *pubkey);
/* Append any of the six types; relays, author, kind and d as the type has them. */
void nip19_add(struct buf *out, const struct nip19 *n);

#endif
