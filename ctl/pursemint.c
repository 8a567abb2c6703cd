/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/pursemint.h"

#include "ctl/out.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/store/db.h"
#include "lib/store/dbmint.h"

#include <stdio.h>
#include <string.h>

enum { EXPIRY_MARGIN_S = 86400 };

#define UNIT STR_LIT("sat")

void pursemint_wipe(struct pursemint *m)
{
	mem_free(m->url);
	mem_free(m->keysets);
	*m = (struct pursemint){.number = 0};
}

/* ---- those that are there */

struct search {
	struct str url;
	uint64_t number;
	uint64_t above;
};

static void match_url(void *ctx, uint64_t number, struct str url)
{
	struct search *s = ctx;

	if (str_eq(url, s->url))
		s->number = number;
}

static void match_next(void *ctx, uint64_t number, struct str url)
{
	struct search *s = ctx;

	(void)url;
	if (number > s->above && (s->number == 0 || number < s->number))
		s->number = number;
}

uint64_t pursemint_next(struct purse *p, uint64_t above)
{
	struct search s = {.above = above};

	dbmint_each(p->d, match_next, &s);
	return s.number;
}

void pursemint_url(struct purse *p, struct buf *out, uint64_t number)
{
	if (!dbmint_url(p->d, number, out))
		panic("a mint of the purse is gone");
}

enum lerr_code pursemint_find(struct purse *p, struct pursemint *out, struct str url,
			      struct lerr *err)
{
	auto_buf struct buf plain = BUF_INIT(CAP_URL_BYTES);
	struct search s = {.number = 0};
	enum lerr_code rc = mintmsg_url(&plain, url, err);

	if (rc)
		return lerr_wrap(err, LERR_INPUT, "mint %s", out_said(url).c);
	s.url = buf_str(&plain);
	dbmint_each(p->d, match_url, &s);
	if (s.number == 0)
		return lerr_set(err, LERR_GONE, 0, "the purse has never used the mint %s",
				plain.p);
	*out = (struct pursemint){.number = s.number, .url = str_dup(buf_str(&plain))};
	return LERR_OK;
}

const struct keyset *pursemint_keyset(const struct pursemint *m,
				      const struct keyset_id *id)
{
	return keyset_find(m->keysets, m->n, id);
}

const struct keyset *pursemint_output_keyset(const struct pursemint *m)
{
	return keyset_for_outputs(m->keysets, m->n, clock_wall_s() + EXPIRY_MARGIN_S);
}

/* ---- asking */

static enum lerr_code ask_info(struct purse *p, struct pursemint *m, struct lerr *err)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	const char *lacks;
	enum lerr_code rc =
		mintlink_get(p->link, &a, m->url, "/v1/info", STR_LIT(""), err);

	if (!rc)
		rc = mintread_info(&m->info, buf_str(&a.body), UNIT, err);
	if (rc)
		return rc == LERR_INPUT ? lerr_wrap(err, LERR_DENIED, "%s", m->url) : rc;
	lacks = mintread_info_lacks(&m->info);
	if (lacks)
		return lerr_set(err, LERR_DENIED, 0, "%s cannot be used: %s", m->url,
				lacks);
	return LERR_OK;
}

static void put(struct purse *p, const struct pursemint *m, const struct keyset *k)
{
	db_begin(p->d);
	if (!dbmint_put_keyset(p->d, m->number, k))
		out_remark("%s: keyset %s belongs to another mint, and is not used",
			   m->url, k->id.c);
	db_commit(p->d);
}

/* The keys of a keyset whose keys we do not have; its id must follow from them. */
static enum lerr_code ask_keys(struct purse *p, const struct pursemint *m,
			       struct keyset *k, struct lerr *err)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	struct lerr why = {0};
	char path[128];
	enum lerr_code rc;

	(void)snprintf(path, sizeof(path), "/v1/keys/%s", k->id.c);
	rc = mintlink_get(p->link, &a, m->url, path, STR_LIT(""), err);
	if (rc)
		return rc;
	if (mintread_keys(k, buf_str(&a.body), &why) || keyset_check_id(k, &why))
		out_remark("%s: keyset %s is not used: %s", m->url, k->id.c, why.msg);
	else
		put(p, m, k);
	return LERR_OK;
}

static enum lerr_code take_listed(struct purse *p, const struct pursemint *m,
				  const struct keyset *told, struct lerr *err)
{
	struct keyset have;
	struct keyset k = *told;
	uint64_t owner = 0;

	if (!dbmint_get_keyset(p->d, &have, &owner, &k.id) || owner != m->number ||
	    have.n == 0)
		return ask_keys(p, m, &k, err);
	k.n = have.n;
	memcpy(k.amounts, have.amounts, sizeof(k.amounts));
	memcpy(k.keys, have.keys, sizeof(k.keys));
	/* an 01 id commits to the fee */
	if (keyset_check_id(&k, NULL) == LERR_OK)
		put(p, m, &k);
	return LERR_OK;
}

static enum lerr_code ask_keysets(struct purse *p, struct pursemint *m, struct lerr *err)
{
	auto_answer struct mintlink_answer a = {.word = MINTLINK_OK};
	auto_free struct keyset *list = mem_array(CAP_KEYSETS, sizeof(*list));
	size_t n = 0;
	enum lerr_code rc =
		mintlink_get(p->link, &a, m->url, "/v1/keysets", STR_LIT(""), err);

	if (rc)
		return rc;
	if (mintread_keysets(list, CAP_KEYSETS, &n, buf_str(&a.body), UNIT, err))
		return lerr_wrap(err, LERR_DENIED, "%s", m->url);
	for (size_t i = 0; !rc && i < n; i++)
		rc = take_listed(p, m, &list[i], err);
	return rc;
}

static void load(struct purse *p, struct pursemint *m)
{
	m->keysets = mem_array(CAP_KEYSETS, sizeof(*m->keysets));
	m->n = dbmint_keysets(p->d, m->number, m->keysets, CAP_KEYSETS);
}

enum lerr_code pursemint_ask(struct purse *p, struct pursemint *out, struct str url,
			     struct lerr *err)
{
	auto_mint struct pursemint m = {.number = 0};
	auto_buf struct buf plain = BUF_INIT(CAP_URL_BYTES);
	enum lerr_code rc = mintmsg_url(&plain, url, err);

	if (rc)
		return lerr_wrap(err, LERR_INPUT, "mint %s", out_said(url).c);
	m.url = str_dup(buf_str(&plain));
	rc = ask_info(p, &m, err);
	if (rc)
		return rc;
	db_begin(p->d);
	m.number = dbmint_number(p->d, str_of(m.url));
	db_commit(p->d);
	rc = ask_keysets(p, &m, err);
	if (rc)
		return rc;
	load(p, &m);
	if (!pursemint_output_keyset(&m))
		return lerr_set(err, LERR_DENIED, 0,
				"%s cannot be used: it has no active keyset for sat of a "
				"version that we know",
				m.url);
	*out = m;
	m = (struct pursemint){.number = 0};
	return LERR_OK;
}
