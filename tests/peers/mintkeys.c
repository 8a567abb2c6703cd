/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintkeys.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/hash.h"
#include "tests/peers/mintpriv.h"

#include <string.h>

static struct ecscalar secret_of(const struct id32 *seed, uint64_t number,
				 uint64_t amount)
{
	struct ecscalar k;

	for (unsigned int attempt = 0;; attempt++) {
		auto_buf struct buf text = BUF_INIT(128);

		buf_addf(&text, "keyset %llu key %llu try %u", (unsigned long long)number,
			 (unsigned long long)amount, attempt);
		hash_hmac(k.b, seed->b, sizeof(seed->b), text.p, text.n);
		if (ecpoint_is_scalar(&k))
			return k;
	}
}

static struct mintkeys_set *make(const struct id32 *seed, uint64_t number,
				 const struct mintcore_keyset *how)
{
	struct mintkeys_set *s = mem_zalloc(sizeof(*s));
	struct keyset *p = &s->pub;

	INVARIANT(how->nkeys >= 1 && how->nkeys <= KEYSET_KEYS && how->version <= 1);
	str_copy(p->unit, sizeof(p->unit), STR_LIT("sat"));
	p->ppk = how->ppk;
	p->final_expiry = how->final_expiry;
	p->n = how->nkeys;
	for (size_t i = 0; i < p->n; i++) {
		p->amounts[i] = (uint64_t)1 << i;
		s->secret[i] = secret_of(seed, number, p->amounts[i]);
		INVARIANT(ecpoint_base(&p->keys[i], &s->secret[i]));
	}
	p->id = how->version ? keyset_id_v2(p) : keyset_id_v1(p);
	return s;
}

void mintkeys_free(struct mintkeys *k)
{
	for (size_t i = 0; i < k->n; i++)
		mem_free(k->v[i]);
	k->n = 0;
}

static void load_seed(struct mintcore *m)
{
	struct id32 seed;
	struct dbq *q = db_query(m->db, "SELECT value FROM meta WHERE name = 'seed'");

	if (db_row(q)) {
		db_col_blob(q, 0, m->keys.seed.b, sizeof(seed.b));
		db_done(q);
		return;
	}
	if (m->o.seed)
		seed = hash_sha256(m->o.seed, strlen(m->o.seed));
	else
		rng_fill(seed.b, sizeof(seed.b));
	m->keys.seed = seed;
	q = db_query(m->db, "INSERT INTO meta (name, value) VALUES ('seed', ?1)");
	db_bind_id32(q, 1, &m->keys.seed);
	(void)db_run(q);
}

static void take(struct mintkeys *k, struct mintkeys_set *s)
{
	if (k->n == MINTKEYS_MOST)
		panic("the mint has %d keysets", MINTKEYS_MOST);
	k->v[k->n++] = s;
}

void mintkeys_load(struct mintcore *m)
{
	struct dbq *q;

	load_seed(m);
	q = db_query(m->db, "SELECT number, version, ppk, final_expiry, nkeys, active, "
			    "made_expiry FROM keysets ORDER BY number");
	while (db_row(q)) {
		struct mintcore_keyset how = {.version = (unsigned int)db_col_u64(q, 1),
					      .ppk = db_col_u64(q, 2),
					      .final_expiry = db_col_u64(q, 6),
					      .nkeys = (unsigned int)db_col_u64(q, 4)};
		struct mintkeys_set *s = make(&m->keys.seed, db_col_u64(q, 0), &how);

		s->pub.final_expiry = db_col_u64(q, 3);
		s->pub.active = db_col_u64(q, 5) != 0;
		take(&m->keys, s);
	}
	if (m->keys.n == 0)
		(void)mintkeys_add(m, &m->o.keyset);
}

const struct mintkeys_set *mintkeys_add(struct mintcore *m,
					const struct mintcore_keyset *how)
{
	uint64_t number = m->keys.n;
	struct mintkeys_set *s = make(&m->keys.seed, number, how);
	struct dbq *q;

	for (size_t i = 0; i < m->keys.n; i++)
		m->keys.v[i]->pub.active = false;
	(void)db_run(db_query(m->db, "UPDATE keysets SET active = 0"));
	s->pub.active = true;
	q = db_query(
		m->db,
		"INSERT INTO keysets (number, id, version, ppk, final_expiry, "
		"made_expiry, nkeys, active) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 1)");
	db_bind_u64(q, 1, number);
	db_bind_text(q, 2, str_of(s->pub.id.c));
	db_bind_u64(q, 3, how->version);
	db_bind_u64(q, 4, how->ppk);
	db_bind_u64(q, 5, how->final_expiry);
	db_bind_u64(q, 6, how->nkeys);
	(void)db_run(q);
	take(&m->keys, s);
	return s;
}

bool mintkeys_expire(struct mintcore *m, struct str id, uint64_t final_expiry)
{
	for (size_t i = 0; i < m->keys.n; i++) {
		struct dbq *q;

		if (!str_eq_c(id, m->keys.v[i]->pub.id.c))
			continue;
		m->keys.v[i]->pub.final_expiry = final_expiry;
		q = db_query(m->db,
			     "UPDATE keysets SET final_expiry = ?1 WHERE number = ?2");
		db_bind_u64(q, 1, final_expiry);
		db_bind_u64(q, 2, i);
		(void)db_run(q);
		return true;
	}
	return false;
}

const struct mintkeys_set *mintkeys_find(const struct mintcore *m, struct str id)
{
	for (size_t i = 0; i < m->keys.n; i++)
		if (str_eq_c(id, m->keys.v[i]->pub.id.c))
			return m->keys.v[i];
	return NULL;
}

size_t mintkeys_place(const struct mintkeys_set *s, uint64_t amount)
{
	for (size_t i = 0; i < s->pub.n; i++)
		if (s->pub.amounts[i] == amount)
			return i;
	return SIZE_MAX;
}

bool mintkeys_is_expired(const struct mintkeys_set *s)
{
	return s->pub.final_expiry != 0 && clock_wall_s() > s->pub.final_expiry;
}

/* ---- answers */

static void write_head(struct buf *out, const struct keyset *k)
{
	buf_addf(out,
		 "{\"id\":\"%s\",\"unit\":\"%s\",\"active\":%s,\"input_fee_ppk\":%llu,",
		 k->id.c, k->unit, k->active ? "true" : "false",
		 (unsigned long long)k->ppk);
	if (k->final_expiry)
		buf_addf(out, "\"final_expiry\":%llu",
			 (unsigned long long)k->final_expiry);
	else
		buf_add_c(out, "\"final_expiry\":null");
}

static void write_keys(struct buf *out, const struct keyset *k)
{
	write_head(out, k);
	buf_add_c(out, ",\"keys\":{");
	for (size_t i = 0; i < k->n; i++)
		buf_addf(out, "%s\"%llu\":\"%s\"", i ? "," : "",
			 (unsigned long long)k->amounts[i], ecpoint_hex(&k->keys[i]).c);
	buf_add_c(out, "}}");
}

void mintkeys_write_active(struct buf *out, const struct mintcore *m)
{
	bool first = true;

	buf_add_c(out, "{\"keysets\":[");
	for (size_t i = 0; i < m->keys.n; i++) {
		if (!m->keys.v[i]->pub.active)
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		write_keys(out, &m->keys.v[i]->pub);
	}
	buf_add_c(out, "]}");
}

void mintkeys_write_one(struct buf *out, const struct mintkeys_set *s)
{
	buf_add_c(out, "{\"keysets\":[");
	write_keys(out, &s->pub);
	buf_add_c(out, "]}");
}

void mintkeys_write_list(struct buf *out, const struct mintcore *m)
{
	buf_add_c(out, "{\"keysets\":[");
	for (size_t i = 0; i < m->keys.n; i++) {
		if (i)
			buf_add_char(out, ',');
		write_head(out, &m->keys.v[i]->pub);
		buf_add_char(out, '}');
	}
	buf_add_c(out, "]}");
}
