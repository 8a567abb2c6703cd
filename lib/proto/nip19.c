/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/nip19.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "lib/proto/bech32.h"
#include "lib/proto/nevent.h"
#include "lib/proto/schnorr.h"

#include <string.h>

enum {
	TLV_SPECIAL = 0,
	TLV_RELAY = 1,
	TLV_AUTHOR = 2,
	TLV_KIND = 3,
	TLV_VALUE_MAX = 255,
};

static const char *const prefixes[] = {
	[NIP19_NPUB] = "npub",         [NIP19_NSEC] = "nsec",     [NIP19_NOTE] = "note",
	[NIP19_NPROFILE] = "nprofile", [NIP19_NEVENT] = "nevent", [NIP19_NADDR] = "naddr",
};

static bool is_bare(enum nip19_type type)
{
	return type == NIP19_NPUB || type == NIP19_NSEC || type == NIP19_NOTE;
}

static bool find_type(enum nip19_type *out, const char *hrp)
{
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strcmp(prefixes[i], hrp) != 0)
			continue;
		*out = (enum nip19_type)i;
		return true;
	}
	return false;
}

/* ---- reading */

static bool take_id(struct id32 *out, struct str v)
{
	if (v.n != sizeof(out->b))
		return false;
	memcpy(out->b, v.p, v.n);
	return true;
}

static bool take_kind(uint32_t *out, struct str v)
{
	const uint8_t *b = (const uint8_t *)v.p;
	uint32_t kind;

	if (v.n != 4)
		return false;
	kind = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	if (kind > NKIND_MAX)
		return false;
	*out = kind;
	return true;
}

/* Of repeated entries the first counts; relays are many. */
static bool take_tlv(struct nip19 *n, bool *has_special, uint8_t type, struct str v)
{
	switch (type) {
	case TLV_SPECIAL:
		if (*has_special)
			return true;
		*has_special = true;
		n->d = v;
		return n->type == NIP19_NADDR ? utf8_valid(v) : take_id(&n->id, v);
	case TLV_RELAY:
		if (utf8_valid(v) && n->nrelays < NIP19_RELAYS)
			n->relays[n->nrelays++] = v;
		return true;
	case TLV_AUTHOR:
		if (n->has_author)
			return true;
		return n->has_author = take_id(&n->author, v);
	case TLV_KIND:
		if (n->has_kind)
			return true;
		return n->has_kind = take_kind(&n->kind, v);
	default:
		return true;
	}
}

static enum lerr_code parse_tlvs(struct nip19 *n, struct lerr *err)
{
	struct str rest = buf_str(&n->text);
	const char *name = prefixes[n->type];
	bool has_special = false;

	while (rest.n) {
		size_t len = rest.n > 1 ? (uint8_t)rest.p[1] : 0;
		uint8_t type = (uint8_t)rest.p[0];

		if (rest.n < 2 + len)
			return lerr_set(err, LERR_INPUT, 0, "%s: entry is cut off", name);
		if (!take_tlv(n, &has_special, type, (struct str){rest.p + 2, len}))
			return lerr_set(err, LERR_INPUT, 0,
					"%s: entry of type %u has a wrong value", name,
					type);
		rest = (struct str){rest.p + 2 + len, rest.n - 2 - len};
	}
	if (!has_special)
		return lerr_set(err, LERR_INPUT, 0, "%s: its subject is missing", name);
	if (n->type == NIP19_NADDR && !(n->has_author && n->has_kind))
		return lerr_set(err, LERR_INPUT, 0, "naddr: author or kind is missing");
	if (n->type != NIP19_NADDR)
		n->d = (struct str){NULL, 0};
	return LERR_OK;
}

static enum lerr_code parse(struct nip19 *n, struct str text, struct lerr *err)
{
	struct bech32_hrp hrp;
	enum lerr_code rc = bech32_decode(&hrp, &n->text, text, err);

	if (rc)
		return rc;
	if (!find_type(&n->type, hrp.c))
		return lerr_set(err, LERR_INPUT, 0, "'%.20s' is not a prefix of NIP-19",
				hrp.c);
	if (!is_bare(n->type))
		return parse_tlvs(n, err);
	if (!take_id(&n->id, buf_str(&n->text)))
		return lerr_set(err, LERR_INPUT, 0, "%s: %zu bytes, want 32", hrp.c,
				n->text.n);
	return LERR_OK;
}

enum lerr_code nip19_parse(struct nip19 *out, struct str text, struct lerr *err)
{
	struct nip19 n = {.text = BUF_INIT(CAP_BECH32_CHARS)};
	enum lerr_code rc;

	if (str_starts(text, "nostr:"))
		text = (struct str){text.p + 6, text.n - 6};
	rc = parse(&n, text, err);
	if (rc)
		nip19_wipe(&n);
	else
		*out = n;
	return rc;
}

void nip19_wipe(struct nip19 *n)
{
	buf_wipe(&n->text);
	mem_wipe(n, sizeof(*n));
}

static enum lerr_code parse_npub(struct id32 *out, struct str text, struct lerr *err)
{
	struct nip19 n = {0};
	enum lerr_code rc = nip19_parse(&n, text, err);

	if (rc)
		return lerr_wrap(err, rc, "want npub1... or 64 lower-case hex digits");
	if (n.type == NIP19_NPUB)
		*out = n.id;
	else
		rc = lerr_set(err, LERR_INPUT, 0, "want npub1..., not %s1...",
			      prefixes[n.type]);
	nip19_wipe(&n);
	return rc;
}

enum lerr_code nip19_parse_pubkey(struct id32 *out, struct str text, struct lerr *err)
{
	struct id32 key;

	if (!id32_parse(&key, text)) {
		enum lerr_code rc = parse_npub(&key, text, err);

		if (rc)
			return rc;
	}
	if (!schnorr_is_pubkey(&key))
		return lerr_set(err, LERR_INPUT, 0,
				"a mistyped key: it is no point of the curve");
	*out = key;
	return LERR_OK;
}

/* ---- writing */

void nip19_add_npub(struct buf *out, const struct id32 *pubkey)
{
	bech32_encode(out, prefixes[NIP19_NPUB], pubkey->b, sizeof(pubkey->b));
}

static void add_tlv(struct buf *out, uint8_t type, struct str v)
{
	INVARIANT(v.n <= TLV_VALUE_MAX);
	buf_add_char(out, (char)type);
	buf_add_char(out, (char)(uint8_t)v.n);
	buf_add_str(out, v);
}

static struct str id_bytes(const struct id32 *id)
{
	return (struct str){(const char *)id->b, sizeof(id->b)};
}

static void add_tlvs(struct buf *out, const struct nip19 *n)
{
	uint8_t kind[4] = {(uint8_t)(n->kind >> 24), (uint8_t)(n->kind >> 16),
			   (uint8_t)(n->kind >> 8), (uint8_t)n->kind};

	add_tlv(out, TLV_SPECIAL, n->type == NIP19_NADDR ? n->d : id_bytes(&n->id));
	for (size_t i = 0; i < n->nrelays; i++)
		add_tlv(out, TLV_RELAY, n->relays[i]);
	if (n->has_author)
		add_tlv(out, TLV_AUTHOR, id_bytes(&n->author));
	if (n->has_kind)
		add_tlv(out, TLV_KIND, (struct str){(const char *)kind, sizeof(kind)});
}

void nip19_add(struct buf *out, const struct nip19 *n)
{
	auto_secret_buf struct buf data = BUF_INIT(CAP_BECH32_CHARS);

	if (is_bare(n->type))
		buf_add_str(&data, id_bytes(&n->id));
	else
		add_tlvs(&data, n);
	bech32_encode(out, prefixes[n->type], data.p, data.n);
}
