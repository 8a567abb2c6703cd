/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/access.h"

#include "lib/base/conf.h"
#include "lib/base/mem.h"
#include "lib/proto/nip19.h"

#include <stdlib.h>
#include <string.h>

struct keyset {
	struct id32 *v;
	size_t n;
};

struct access {
	bool open;
	bool has_price;
	struct keyset white;
	struct keyset free;
};

static int by_bytes(const void *a, const void *b)
{
	return id32_cmp(a, b);
}

static bool has(const struct keyset *s, const struct id32 *key)
{
	return s->n && bsearch(key, s->v, s->n, sizeof(*s->v), by_bytes) != NULL;
}

static enum lerr_code add_list(struct keyset *s, const struct conf *c, enum conf_key name,
			       struct lerr *err)
{
	struct str rest = conf_list(c, name);
	struct str word;

	while (conf_list_next(&rest, &word)) {
		struct lerr why = {0};
		struct id32 key;

		if (nip19_parse_pubkey(&key, word, &why))
			return conf_refuse(c, name, err, "'%s': %.100s",
					   conf_quote(word).c, why.msg);
		s->v = mem_resize(s->v, s->n + 1, sizeof(*s->v));
		s->v[s->n++] = key;
	}
	return LERR_OK;
}

static void sort(struct keyset *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_bytes);
}

enum lerr_code access_new(struct access **out, const struct conf *c, struct lerr *err)
{
	struct access *a = mem_zalloc(sizeof(*a));
	enum lerr_code rc;

	a->open = strcmp(conf_text(c, CONF_ACCESS), "open") == 0;
	a->has_price = conf_list(c, CONF_CASHU_MINT_URL).n > 0;
	rc = add_list(&a->white, c, CONF_WHITELIST, err);
	if (!rc)
		rc = add_list(&a->free, c, CONF_FREELIST, err);
	if (!rc)
		rc = add_list(&a->free, c, CONF_ALLOW_UNPAID_PUBKEYS, err);
	if (rc) {
		access_free(a);
		return rc;
	}
	sort(&a->white);
	sort(&a->free);
	*out = a;
	return LERR_OK;
}

void access_free(struct access *a)
{
	if (!a)
		return;
	mem_free(a->white.v);
	mem_free(a->free.v);
	mem_free(a);
}

struct access_verdict access_check(const struct access *a, const struct id32 *key)
{
	bool white = has(&a->white, key);
	bool on_free = has(&a->free, key);

	/* A worker without a mint has no price, and the whitelist is the list of those it
	 * works for. With a price it is the list of those who may send jobs. */
	if (on_free || white)
		return (struct access_verdict){.allowed = true,
					       .free = on_free || !a->has_price,
					       .known = true,
					       .why = "listed"};
	if (a->open)
		return (struct access_verdict){.allowed = true,
					       .why = "not listed: must pay"};
	return (struct access_verdict){.why = "not on the whitelist"};
}

bool access_has_free_keys(const struct access *a)
{
	return a->free.n || (a->white.n && !a->has_price);
}
