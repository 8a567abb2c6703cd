/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/relaystore.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/hash.h"

#include <string.h>

struct relaystore {
	struct db *db;
	uint64_t last_seq;
	uint64_t owed;
	uint64_t evicted_to; /* up to here all that is left is the worker's, or owed */
};

/* ---- places */

static struct relaystore_pos make_pos(uint64_t created_at, const uint8_t *id,
				      uint8_t fill)
{
	struct relaystore_pos pos;
	uint64_t age = UINT64_MAX - created_at;

	for (size_t i = 0; i < 8; i++)
		pos.b[i] = (uint8_t)(age >> (56 - 8 * i));
	if (id)
		memcpy(pos.b + 8, id, 32);
	else
		memset(pos.b + 8, fill, 32);
	return pos;
}

struct relaystore_pos relaystore_pos_first(uint64_t until)
{
	return make_pos(until, NULL, 0);
}

struct relaystore_pos relaystore_pos_last(uint64_t since)
{
	return make_pos(since, NULL, 0xff);
}

static struct relaystore_pos pos_of(const struct nevent *ev)
{
	return make_pos(ev->created_at, ev->id.b, 0);
}

static uint64_t created_at(const struct relaystore_pos *pos)
{
	uint64_t age = 0;

	for (size_t i = 0; i < 8; i++)
		age = age << 8 | pos->b[i];
	return UINT64_MAX - age;
}

/* ---- start */

static uint64_t ask_number(struct db *db, const char *sql)
{
	struct dbq *q = db_query(db, sql);
	uint64_t v = db_row(q) ? db_col_u64(q, 0) : 0;

	db_done(q);
	return v;
}

static uint64_t ask_owed(struct db *db)
{
	return ask_number(db, "SELECT count(*) FROM event WHERE owed = 1");
}

struct relaystore *relaystore_new(struct db *db)
{
	struct relaystore *s = mem_zalloc(sizeof(*s));

	s->db = db;
	s->last_seq = ask_number(db, "SELECT coalesce(max(seq), 0) FROM event");
	s->owed = ask_owed(db);
	return s;
}

void relaystore_free(struct relaystore *s)
{
	mem_free(s);
}

struct db *relaystore_db(const struct relaystore *s)
{
	return s->db;
}

uint64_t relaystore_last_seq(const struct relaystore *s)
{
	return s->last_seq;
}

/* ---- tags */

static bool is_indexed(const struct ntag *t)
{
	return t->n >= 2 && t->v[0].n == 1 && t->v[1].n <= CAP_OWN_INDEXED_VALUE;
}

static void add_tag(struct relaystore *s, const struct ntag *t, const struct nevent *ev,
		    const struct relaystore_pos *pos, uint64_t seq)
{
	struct dbq *q =
		db_query(s->db, "INSERT OR IGNORE INTO tag(letter, value, pos, kind, seq)"
				" VALUES(?1, ?2, ?3, ?4, ?5)");

	db_bind_u64(q, 1, (unsigned char)t->v[0].p[0]);
	db_bind_blob(q, 2, t->v[1].p, t->v[1].n);
	db_bind_blob(q, 3, pos->b, sizeof(pos->b));
	db_bind_u64(q, 4, ev->kind);
	db_bind_u64(q, 5, seq);
	(void)db_run(q);
}

static void drop_tag(struct relaystore *s, const struct ntag *t,
		     const struct relaystore_pos *pos)
{
	struct dbq *q = db_query(
		s->db, "DELETE FROM tag WHERE letter = ?1 AND value = ?2 AND pos = ?3");

	db_bind_u64(q, 1, (unsigned char)t->v[0].p[0]);
	db_bind_blob(q, 2, t->v[1].p, t->v[1].n);
	db_bind_blob(q, 3, pos->b, sizeof(pos->b));
	(void)db_run(q);
}

/* ---- one event out */

static void drop_tags(struct relaystore *s, struct str json)
{
	auto_nevent struct nevent *ev = NULL;
	struct relaystore_pos pos;
	struct lerr err;

	if (nevent_parse(&ev, json, &err))
		panic("relay store: %s", err.msg);
	pos = pos_of(ev);
	for (size_t i = 0; i < ev->ntags; i++)
		if (is_indexed(&ev->tags[i]))
			drop_tag(s, &ev->tags[i], &pos);
}

static void drop_event(struct relaystore *s, uint64_t seq)
{
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	struct dbq *q =
		db_query(s->db, "DELETE FROM event WHERE seq = ?1 RETURNING json, owed");
	bool owed = false;

	db_begin(s->db);
	db_bind_u64(q, 1, seq);
	if (db_row(q)) {
		buf_add_str(&json, db_col_text(q, 0));
		owed = db_col_u64(q, 1) != 0;
	}
	db_done(q); /* the row was deleted before it was returned */
	if (json.n == 0)
		return;
	drop_tags(s, buf_str(&json));
	if (owed)
		s->owed--;
}

/* ---- NIP-01: one version of an address */

/* Names all versions of a replaceable event; false when ev is not of such a kind. */
static bool address_of(struct id32 *out, const struct nevent *ev)
{
	auto_buf struct buf b = BUF_INIT(CAP_EVENT_BYTES + 128);
	struct str d = {"", 0};

	if (nevent_is_addressable(ev->kind))
		(void)nevent_tag(ev, "d", &d);
	else if (!nevent_is_replaceable(ev->kind))
		return false;
	buf_addf(&b, "%u:%s:", ev->kind, id32_hex(&ev->pubkey).c);
	buf_add_str(&b, d);
	*out = hash_sha256(b.p, buf_str(&b).n);
	return true;
}

/* The version that is stored; false when there is none. */
static bool find_address(struct relaystore *s, struct relaystore_row *out,
			 const struct id32 *address)
{
	struct dbq *q =
		db_query(s->db, "SELECT seq, kind, pos FROM event WHERE address = ?1");
	bool found;

	db_bind_id32(q, 1, address);
	found = db_row(q);
	if (found) {
		out->seq = db_col_u64(q, 0);
		out->kind = (uint32_t)db_col_u64(q, 1);
		db_col_blob(q, 2, out->pos.b, sizeof(out->pos.b));
		db_done(q);
	}
	return found;
}

/* Make room for ev, unless a newer version is there. In the order of places the newest
 * and, of the same second, the lowest id comes first: that one stays. */
static bool replace(struct relaystore *s, const struct nevent *ev,
		    const struct id32 *address)
{
	struct relaystore_row old;
	struct relaystore_pos pos = pos_of(ev);

	if (!find_address(s, &old, address))
		return true;
	if (memcmp(old.pos.b, pos.b, sizeof(pos.b)) < 0)
		return false;
	drop_event(s, old.seq);
	return true;
}

/* ---- NIP-09 */

/* Is there a kind 5 of ev's author, with this tag, not before `since`? */
static bool is_named_by_deletion(struct relaystore *s, const struct nevent *ev,
				 char letter, struct str value, uint64_t since)
{
	struct relaystore_pos last = relaystore_pos_last(since);
	struct dbq *q =
		db_query(s->db, "SELECT 1 FROM tag JOIN event USING(seq)"
				" WHERE letter = ?1 AND value = ?2 AND tag.pos <= ?3"
				" AND tag.kind = 5 AND pubkey = ?4 LIMIT 1");
	bool found;

	db_bind_u64(q, 1, (unsigned char)letter);
	db_bind_blob(q, 2, value.p, value.n);
	db_bind_blob(q, 3, last.b, sizeof(last.b));
	db_bind_id32(q, 4, &ev->pubkey);
	found = db_row(q);
	db_done(q);
	return found;
}

static bool was_deleted(struct relaystore *s, const struct nevent *ev)
{
	auto_buf struct buf a = BUF_INIT(CAP_EVENT_BYTES + 128);
	struct id32hex id = id32_hex(&ev->id);
	struct str d = {"", 0};

	if (ev->kind == NKIND_DELETION)
		return false;
	if (is_named_by_deletion(s, ev, 'e', str_of(id.c), 0))
		return true;
	if (!nevent_is_addressable(ev->kind) && !nevent_is_replaceable(ev->kind))
		return false;
	if (nevent_is_addressable(ev->kind))
		(void)nevent_tag(ev, "d", &d);
	buf_addf(&a, "%u:%s:", ev->kind, id32_hex(&ev->pubkey).c);
	buf_add_str(&a, d);
	return is_named_by_deletion(s, ev, 'a', buf_str(&a), ev->created_at);
}

static void delete_by_id(struct relaystore *s, const struct nevent *by, struct str hex)
{
	struct id32 id;
	struct dbq *q;
	uint64_t seq = 0;

	if (!id32_parse(&id, hex))
		return;
	q = db_query(s->db, "SELECT seq FROM event"
			    " WHERE id = ?1 AND pubkey = ?2 AND kind <> 5");
	db_bind_id32(q, 1, &id);
	db_bind_id32(q, 2, &by->pubkey);
	if (db_row(q))
		seq = db_col_u64(q, 0);
	db_done(q);
	if (seq)
		drop_event(s, seq);
}

/* text is KIND:PUBKEY:D, the very text that addresses are hashed from */
static void delete_by_address(struct relaystore *s, const struct nevent *by,
			      struct str text)
{
	struct id32 address = hash_sha256(text.p, text.n);
	struct str rest = text;
	struct str kind;
	struct str author;
	struct id32 key;
	struct relaystore_row row;

	if (!str_next(&rest, ':', &kind) || !str_next(&rest, ':', &author) ||
	    !id32_parse(&key, author) || !id32_eq(&key, &by->pubkey))
		return;
	if (find_address(s, &row, &address) && created_at(&row.pos) <= by->created_at)
		drop_event(s, row.seq);
}

static void apply_deletion(struct relaystore *s, const struct nevent *by)
{
	for (size_t i = 0; i < by->ntags; i++) {
		const struct ntag *t = &by->tags[i];

		if (t->n < 2)
			continue;
		if (str_eq_c(t->v[0], "e"))
			delete_by_id(s, by, t->v[1]);
		else if (str_eq_c(t->v[0], "a"))
			delete_by_address(s, by, t->v[1]);
	}
}

/* ---- one event in */

/* NIP-40: digits that fit; anything else counts as absent. */
static bool get_expiry(uint64_t *out, const struct nevent *ev)
{
	struct str text;

	return nevent_tag(ev, "expiration", &text) && str_to_u64(text, INT64_MAX, out);
}

static bool is_stored(struct relaystore *s, const struct id32 *id)
{
	uint32_t kind;

	return relaystore_kind(s, &kind, id);
}

static void insert(struct relaystore *s, const struct nevent *ev, struct str json,
		   const struct id32 *address, bool owed)
{
	struct relaystore_pos pos = pos_of(ev);
	uint64_t seq = ++s->last_seq;
	uint64_t expires;
	struct dbq *q = db_query(
		s->db, "INSERT INTO event(seq, id, pos, pubkey, kind, expires, address,"
		       " owed, json) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

	db_bind_u64(q, 1, seq);
	db_bind_id32(q, 2, &ev->id);
	db_bind_blob(q, 3, pos.b, sizeof(pos.b));
	db_bind_id32(q, 4, &ev->pubkey);
	db_bind_u64(q, 5, ev->kind);
	if (get_expiry(&expires, ev))
		db_bind_u64(q, 6, expires);
	if (address)
		db_bind_id32(q, 7, address);
	db_bind_u64(q, 8, owed);
	db_bind_blob(q, 9, json.p, json.n);
	(void)db_run(q);
	for (size_t i = 0; i < ev->ntags; i++)
		if (is_indexed(&ev->tags[i]))
			add_tag(s, &ev->tags[i], ev, &pos, seq);
	if (owed)
		s->owed++;
}

enum relaystore_put relaystore_put(struct relaystore *s, uint64_t *seq,
				   const struct nevent *ev, struct str json, bool owed,
				   uint64_t now_s)
{
	struct id32 address;
	uint64_t expires;
	bool has_address = address_of(&address, ev);

	INVARIANT(!nevent_is_ephemeral(ev->kind));
	if (get_expiry(&expires, ev) && expires <= now_s)
		return RELAYSTORE_EXPIRED;
	if (is_stored(s, &ev->id))
		return RELAYSTORE_DUPLICATE;
	if (was_deleted(s, ev))
		return RELAYSTORE_DELETED;
	db_begin(s->db);
	if (has_address && !replace(s, ev, &address))
		return RELAYSTORE_OLDER;
	insert(s, ev, json, has_address ? &address : NULL, owed);
	if (ev->kind == NKIND_DELETION)
		apply_deletion(s, ev);
	*seq = s->last_seq;
	return RELAYSTORE_STORED;
}

/* ---- questions */

bool relaystore_kind(struct relaystore *s, uint32_t *kind, const struct id32 *id)
{
	struct dbq *q = db_query(s->db, "SELECT kind FROM event WHERE id = ?1");
	bool found;

	db_bind_id32(q, 1, id);
	found = db_row(q);
	if (found)
		*kind = (uint32_t)db_col_u64(q, 0);
	db_done(q);
	return found;
}

bool relaystore_knows_author(struct relaystore *s, const struct id32 *pubkey)
{
	struct dbq *q = db_query(s->db, "SELECT 1 FROM event WHERE pubkey = ?1 LIMIT 1");
	bool found;

	db_bind_id32(q, 1, pubkey);
	found = db_row(q);
	db_done(q);
	return found;
}

uint64_t relaystore_count(struct relaystore *s)
{
	return ask_number(s->db, "SELECT count(*) FROM event");
}

/* ---- owed */

bool relaystore_next_owed(struct relaystore *s, struct relaystore_owed *out,
			  uint64_t after)
{
	struct dbq *q = db_query(s->db, "SELECT seq, id, pos, json FROM event"
					" WHERE owed = 1 AND seq > ?1"
					" ORDER BY seq LIMIT 1");
	struct relaystore_pos pos;
	bool found;

	db_bind_u64(q, 1, after);
	found = db_row(q);
	if (found) {
		struct str json = db_col_text(q, 3);

		db_col_blob(q, 2, pos.b, sizeof(pos.b));
		*out = (struct relaystore_owed){.seq = db_col_u64(q, 0),
						.id = db_col_id32(q, 1),
						.created_at = created_at(&pos),
						.json = str_dup(json),
						.n = json.n};
	}
	db_done(q);
	return found;
}

void relaystore_settle(struct relaystore *s, uint64_t seq)
{
	struct dbq *q =
		db_query(s->db, "UPDATE event SET owed = 0 WHERE seq = ?1 AND owed = 1");

	db_begin(s->db);
	db_bind_u64(q, 1, seq);
	s->owed -= db_run(q);
}

void relaystore_owe_again(struct relaystore *s, uint64_t since)
{
	static const uint32_t kinds[] = {NKIND_JOB, NKIND_CANCEL};
	struct relaystore_pos last = relaystore_pos_last(since);

	db_begin(s->db);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct dbq *q =
			db_query(s->db, "UPDATE event SET owed = 1 WHERE kind = ?1"
					" AND pos <= ?2 AND owed = 0");

		db_bind_u64(q, 1, kinds[i]);
		db_bind_blob(q, 2, last.b, sizeof(last.b));
		s->owed += db_run(q);
	}
}

uint64_t relaystore_count_owed(const struct relaystore *s)
{
	return s->owed;
}

/* ---- care */

enum { SEQS_AT_ONCE = 64 };

/* Delete what the query lists (its first column is seq; it has its own limit). *last
 * becomes the last of them; it may be NULL. */
static size_t drop_listed(struct relaystore *s, struct dbq *q, uint64_t *last)
{
	uint64_t seqs[SEQS_AT_ONCE];
	size_t n = 0;

	while (n < SEQS_AT_ONCE && db_row(q))
		seqs[n++] = db_col_u64(q, 0);
	db_done(q);
	for (size_t i = 0; i < n; i++)
		drop_event(s, seqs[i]);
	if (n && last)
		*last = seqs[n - 1];
	return n;
}

static uint64_t at_once(size_t max)
{
	return max < SEQS_AT_ONCE ? max : SEQS_AT_ONCE;
}

size_t relaystore_sweep(struct relaystore *s, uint64_t now_s, size_t max)
{
	struct dbq *q = db_query(s->db, "SELECT seq FROM event"
					" WHERE expires <= ?1 AND expires IS NOT NULL"
					" LIMIT ?2");

	db_bind_u64(q, 1, now_s);
	db_bind_u64(q, 2, at_once(max));
	return drop_listed(s, q, NULL);
}

uint64_t relaystore_bytes(struct relaystore *s)
{
	uint64_t pages = ask_number(s->db, "PRAGMA page_count");
	uint64_t unused = ask_number(s->db, "PRAGMA freelist_count");

	return (pages - unused) * ask_number(s->db, "PRAGMA page_size");
}

static size_t evict_strangers(struct relaystore *s, const struct id32 *worker, size_t max)
{
	struct dbq *q = db_query(s->db, "SELECT seq FROM event"
					" WHERE owed = 0 AND pubkey <> ?1 AND seq > ?2"
					" ORDER BY seq LIMIT ?3");

	db_bind_id32(q, 1, worker);
	db_bind_u64(q, 2, s->evicted_to);
	db_bind_u64(q, 3, at_once(max));
	return drop_listed(s, q, &s->evicted_to);
}

size_t relaystore_evict(struct relaystore *s, const struct id32 *worker, size_t max)
{
	size_t n = evict_strangers(s, worker, max);
	struct dbq *q;

	if (n == 0 && s->evicted_to > 0) {
		/* what was owed then may be judged by now */
		s->evicted_to = 0;
		n = evict_strangers(s, worker, max);
	}
	if (n)
		return n;
	q = db_query(s->db, "SELECT seq FROM event"
			    " WHERE owed = 0 AND address IS NULL ORDER BY seq LIMIT ?1");
	db_bind_u64(q, 1, at_once(max));
	return drop_listed(s, q, NULL);
}

/* ---- reading */

static const char *const row_queries[] = {
	[RELAYSTORE_BY_TAG] =
		"SELECT seq, kind, pos FROM tag WHERE letter = ?4 AND value = ?5"
		" AND pos > ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3",
	[RELAYSTORE_BY_AUTHOR_KIND] =
		"SELECT seq, kind, pos FROM event INDEXED BY event_author_kind"
		" WHERE pubkey = ?4 AND kind = ?5"
		" AND pos > ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3",
	[RELAYSTORE_BY_AUTHOR] =
		"SELECT seq, kind, pos FROM event INDEXED BY event_author"
		" WHERE pubkey = ?4 AND pos > ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3",
	[RELAYSTORE_BY_KIND] =
		"SELECT seq, kind, pos FROM event INDEXED BY event_kind"
		" WHERE kind = ?4 AND pos > ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3",
	[RELAYSTORE_BY_ID] = "SELECT seq, kind, pos FROM event WHERE id = ?4"
			     " AND pos > ?1 AND pos <= ?2 LIMIT ?3",
	[RELAYSTORE_BY_TIME] = "SELECT seq, kind, pos FROM event INDEXED BY event_pos"
			       " WHERE pos > ?1 AND pos <= ?2 ORDER BY pos LIMIT ?3",
};

static void bind_key(struct dbq *q, const struct relaystore_key *key)
{
	switch (key->by) {
	case RELAYSTORE_BY_TAG:
		db_bind_u64(q, 4, (unsigned char)key->letter);
		db_bind_blob(q, 5, key->value.p, key->value.n);
		return;
	case RELAYSTORE_BY_AUTHOR_KIND:
		db_bind_u64(q, 5, key->kind);
		db_bind_id32(q, 4, &key->id);
		return;
	case RELAYSTORE_BY_AUTHOR:
	case RELAYSTORE_BY_ID:
		db_bind_id32(q, 4, &key->id);
		return;
	case RELAYSTORE_BY_KIND:
		db_bind_u64(q, 4, key->kind);
		return;
	case RELAYSTORE_BY_TIME:
		return;
	}
}

size_t relaystore_rows(struct relaystore *s, struct relaystore_row *rows, size_t n,
		       const struct relaystore_key *key,
		       const struct relaystore_pos *after,
		       const struct relaystore_pos *last)
{
	struct dbq *q = db_query(s->db, row_queries[key->by]);
	size_t got = 0;

	db_bind_blob(q, 1, after ? after->b : NULL, after ? sizeof(after->b) : 0);
	db_bind_blob(q, 2, last->b, sizeof(last->b));
	db_bind_u64(q, 3, n);
	bind_key(q, key);
	while (got < n && db_row(q)) {
		rows[got].seq = db_col_u64(q, 0);
		rows[got].kind = (uint32_t)db_col_u64(q, 1);
		db_col_blob(q, 2, rows[got].pos.b, sizeof(rows[got].pos.b));
		got++;
	}
	db_done(q);
	return got;
}

bool relaystore_json(struct relaystore *s, struct buf *out, uint64_t seq, uint64_t now_s)
{
	struct dbq *q = db_query(s->db, "SELECT json FROM event WHERE seq = ?1"
					" AND (expires IS NULL OR expires > ?2)");
	bool found;

	db_bind_u64(q, 1, seq);
	db_bind_u64(q, 2, now_s);
	found = db_row(q);
	if (found)
		buf_add_str(out, db_col_text(q, 0));
	db_done(q);
	return found;
}
