/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/mints.h"

#include "engine/engine.h"
#include "engine/money/mintcall.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/store/dbmint.h"
#include "lib/store/dbproof.h"

#include <inttypes.h>
#include <string.h>

enum {
	ASK_EVERY_MS = 3600000,
	ASK_AGAIN_MS = 15000, /* after one that failed */
	ASK_REFUSED_MS = 600000,
	UNKNOWN_AFTER_MS = 600000,
	AGEING_S = 7 * 86400,
	EXPIRY_MARGIN_S = 86400, /* coins must outlive a job and a slow operator */
};

struct mints {
	struct money *m;
	struct mint **v;
	size_t n;
	void (*refreshed)(struct money *m, struct mint *mint);
};

#define UNIT STR_LIT("sat")

/* ---- the list */

static void load_keysets(struct mints *s, struct mint *mint)
{
	mem_free(mint->keysets);
	mint->keysets = mem_array(CAP_KEYSETS, sizeof(*mint->keysets));
	mint->n = dbmint_keysets(s->m->e->db, mint->number, mint->keysets, CAP_KEYSETS);
	mint->keysets =
		mem_resize(mint->keysets, mint->n ? mint->n : 1, sizeof(*mint->keysets));
}

static struct mint *add(struct mints *s, uint64_t number, struct str url,
			struct str spelled, bool accepted)
{
	struct mint *mint = mem_zalloc(sizeof(*mint));

	mint->number = number;
	mint->url = str_dup(url);
	mint->spelled = str_dup(spelled);
	mint->accepted = accepted;
	load_keysets(s, mint);
	s->v = mem_resize(s->v, s->n + 1, sizeof(struct mint *));
	s->v[s->n++] = mint;
	return mint;
}

/* Coins of a mint that is no longer accepted are still ours, and still to be spent. */
static void add_former(void *ctx, uint64_t number, struct str url)
{
	struct mints *s = ctx;

	if (!mints_get(s, number))
		(void)add(s, number, url, url, false);
}

enum lerr_code mints_check_conf(const struct conf *c, struct lerr *err)
{
	struct str rest = conf_list(c, CONF_CASHU_MINT_URL);
	auto_buf struct buf all = BUF_INIT(CAP_MINTS * (CAP_URL_BYTES + 2));
	struct str word;

	while (conf_list_next(&rest, &word)) {
		auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
		struct lerr why = {0};

		if (mintmsg_url(&url, word, &why))
			return conf_refuse(c, CONF_CASHU_MINT_URL, err, "%s", why.msg);
		buf_add_char(&url, '\n');
		if (buf_over(&url))
			return conf_refuse(c, CONF_CASHU_MINT_URL, err, "too long");
		buf_add(&all, "", 0);
		if (strstr(all.p, url.p))
			return conf_refuse(c, CONF_CASHU_MINT_URL, err,
					   "a mint is there twice");
		buf_add_str(&all, buf_str(&url));
	}
	return LERR_OK;
}

static void add_accepted(struct mints *s)
{
	struct str rest = conf_list(s->m->e->conf, CONF_CASHU_MINT_URL);
	struct str word;

	while (conf_list_next(&rest, &word)) {
		auto_buf struct buf url = BUF_INIT(CAP_URL_BYTES);
		struct lerr err = {0};

		if (mintmsg_url(&url, word, &err))
			continue; /* mints_check_conf() has refused to start */
		(void)add(s, dbmint_number(s->m->e->db, buf_str(&url)), buf_str(&url),
			  word, true);
	}
}

struct mints *mints_new(struct money *m)
{
	struct mints *s = mem_zalloc(sizeof(*s));

	s->m = m;
	turn_enter(m->e->turn);
	add_accepted(s);
	dbmint_each(m->e->db, add_former, s);
	turn_leave(m->e->turn, true);
	return s;
}

void mints_free(struct mints *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		mem_free(s->v[i]->url);
		mem_free(s->v[i]->spelled);
		mem_free(s->v[i]->keysets);
		mem_free(s->v[i]);
	}
	mem_free(s->v);
	mem_free(s);
}

void mints_on_refreshed(struct mints *s,
			void (*refreshed)(struct money *m, struct mint *mint))
{
	s->refreshed = refreshed;
}

size_t mints_count(const struct mints *s)
{
	return s->n;
}

struct mint *mints_at(struct mints *s, size_t i)
{
	return s->v[i];
}

struct mint *mints_get(struct mints *s, uint64_t number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->number == number)
			return s->v[i];
	return NULL;
}

struct mint *mints_find(struct mints *s, struct str url)
{
	auto_buf struct buf plain = BUF_INIT(CAP_URL_BYTES);
	struct lerr err = {0};

	if (url.n > CAP_URL_BYTES || mintmsg_url(&plain, url, &err))
		return NULL;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->accepted && str_eq_c(buf_str(&plain), s->v[i]->url))
			return s->v[i];
	return NULL;
}

struct mint *mints_first(struct mints *s)
{
	return s->n && s->v[0]->accepted ? s->v[0] : NULL;
}

/* ---- health */

const char *mints_health_name(enum mints_health h)
{
	switch (h) {
	case MINTS_UNKNOWN:
		return "unknown";
	case MINTS_UP:
		return "up";
	case MINTS_DEGRADED:
		return "degraded";
	}
	return "?";
}

void mints_heard(struct mint *mint, bool well)
{
	enum mints_health before = mints_health(mint);
	enum mints_health now;

	if (well) {
		mint->ok_ms = clock_mono_ms();
		mint->ok_at_s = clock_wall_s();
		mint->fail_ms = 0;
	} else {
		mint->fail_ms = clock_mono_ms();
	}
	now = mints_health(mint);
	if (now != before)
		log_event(now == MINTS_UP ? LOG_INFO : LOG_WARN, "mint.health",
			  "mint=%s is=%s", mint->url, mints_health_name(now));
}

enum mints_health mints_health(const struct mint *mint)
{
	if (!mint->ok_ms)
		return MINTS_UNKNOWN;
	if (!mint->fail_ms)
		return MINTS_UP;
	return clock_mono_ms() - mint->ok_ms > UNKNOWN_AFTER_MS ? MINTS_UNKNOWN
								: MINTS_DEGRADED;
}

/* ---- keysets */

const struct keyset *mints_keyset(const struct mint *mint, const struct keyset_id *id)
{
	return keyset_find(mint->keysets, mint->n, id);
}

const struct keyset *mints_output_keyset(const struct mint *mint)
{
	return keyset_for_outputs(mint->keysets, mint->n,
				  clock_wall_s() + EXPIRY_MARGIN_S);
}

bool mints_is_ageing(const struct keyset *k)
{
	return !k->active ||
	       (k->final_expiry && k->final_expiry <= clock_wall_s() + AGEING_S);
}

bool mints_is_full(struct mints *s, const struct mint *mint)
{
	uint64_t most = conf_uint(s->m->e->conf, CONF_MINT_EXPOSURE_MAX);

	return most && dbproof_unspent(s->m->e->db, mint->number).amount >= most;
}

/* ---- asking: info, then keysets, then the keys of each that is new */

static void ended(struct mints *s, struct mint *mint, enum mints_word word,
		  const char *why)
{
	const struct keyset *now;

	mint->asking = false;
	mint->asked_ms = clock_mono_ms();
	load_keysets(s, mint);
	now = mints_output_keyset(mint);
	if (word == MINTS_ADMITTED && !now) {
		word = MINTS_REFUSED;
		why = "it has no active keyset for sat of a version that we know";
	}
	if (mint->has_ppk && now && now->ppk != mint->ppk)
		log_event(LOG_WARN, "mint.fee", "mint=%s was=%" PRIu64 " is=%" PRIu64,
			  mint->url, mint->ppk, now->ppk);
	mint->has_ppk = mint->has_ppk || now;
	mint->ppk = now ? now->ppk : mint->ppk;
	if (word != mint->word && word == MINTS_REFUSED)
		log_event(LOG_WARN, "mint.refused", "mint=%s why=%s", mint->url,
			  log_text(str_of(why)).c);
	if (word != mint->word && word == MINTS_ADMITTED)
		log_event(LOG_INFO, "mint.admitted", "mint=%s ppk=%" PRIu64, mint->url,
			  now->ppk);
	mint->word = word;
	str_copy(mint->why, sizeof(mint->why), str_of(why));
	if (s->refreshed)
		s->refreshed(s->m, mint);
}

/* No answer, or one that says nothing: what we know of it stays. */
static void failed(struct mints *s, struct mint *mint, const char *why)
{
	mints_heard(mint, false);
	log_event(LOG_WARN, "mint.no_answer", "mint=%s why=%s", mint->url,
		  log_text(str_of(why)).c);
	ended(s, mint, mint->word, mint->why);
}

static void ask_next_keys(struct mints *s, struct mint *mint);

static void on_keys(struct money *m, uint64_t number, const struct mintcall_answer *a)
{
	struct mint *mint = mints_get(m->mints, number);
	struct lerr err = {0};

	for (size_t i = 0; i < mint->n; i++) {
		struct keyset *k = &mint->keysets[i];

		if (k->n)
			continue;
		if (a->word != MINTCALL_OK && a->word != MINTCALL_REFUSED) {
			failed(m->mints, mint, a->why);
			return;
		}
		turn_enter(m->e->turn);
		if (a->word == MINTCALL_REFUSED || mintread_keys(k, a->body, &err) ||
		    keyset_check_id(k, &err) || !dbmint_put_keyset(m->e->db, number, k)) {
			log_event(LOG_WARN, "mint.keyset", "mint=%s keyset=%s why=%s",
				  mint->url, k->id.c, log_text(str_of(err.msg)).c);
			k->n = 0;
			/* not asked for again in this round */
			*k = mint->keysets[--mint->n];
		}
		turn_leave(m->e->turn, true);
		break;
	}
	ask_next_keys(m->mints, mint);
}

static void ask_next_keys(struct mints *s, struct mint *mint)
{
	char path[128];

	for (size_t i = 0; i < mint->n; i++) {
		if (mint->keysets[i].n)
			continue;
		(void)snprintf(path, sizeof(path), "/v1/keys/%s", mint->keysets[i].id.c);
		if (!mintcall_start(s->m, mint->url, path, STR_LIT(""), on_keys,
				    mint->number))
			failed(s, mint, "too many requests are under way");
		return;
	}
	mints_heard(mint, true);
	ended(s, mint, MINTS_ADMITTED, "");
}

/* What the mint says of a keyset that we have keys of; an 01 id commits to the fee. */
static bool take_listed(struct money *m, struct mint *mint, const struct keyset *told)
{
	struct keyset k = *told;
	const struct keyset *have = mints_keyset(mint, &k.id);
	struct lerr err = {0};

	if (have) {
		k.n = have->n;
		memcpy(k.amounts, have->amounts, sizeof(k.amounts));
		memcpy(k.keys, have->keys, sizeof(k.keys));
		if (keyset_check_id(&k, &err))
			return false;
	}
	/* a new one is stored with its keys, which prove that the id is its own */
	return !have || dbmint_put_keyset(m->e->db, mint->number, &k);
}

/* Without keys, until they have come. */
static void add_unknown(struct mint *mint, const struct keyset *told)
{
	for (size_t i = 0; i < mint->n; i++)
		if (keyset_id_eq(&mint->keysets[i].id, &told->id))
			return;
	mint->keysets = mem_resize(mint->keysets, mint->n + 1, sizeof(*mint->keysets));
	mint->keysets[mint->n++] = *told;
}

static void on_keysets(struct money *m, uint64_t number, const struct mintcall_answer *a)
{
	struct mint *mint = mints_get(m->mints, number);
	auto_free struct keyset *list = mem_array(CAP_KEYSETS, sizeof(*list));
	struct lerr err = {0};
	size_t n = 0;

	if (a->word != MINTCALL_OK) {
		failed(m->mints, mint, a->why);
		return;
	}
	if (mintread_keysets(list, CAP_KEYSETS, &n, a->body, UNIT, &err)) {
		failed(m->mints, mint, err.msg);
		return;
	}
	turn_enter(m->e->turn);
	for (size_t i = 0; i < n; i++)
		if (!take_listed(m, mint, &list[i]))
			log_event(LOG_WARN, "mint.keyset", "mint=%s keyset=%s why=%s",
				  mint->url, list[i].id.c,
				  log_text(STR_LIT("its id is not its own")).c);
	turn_leave(m->e->turn, true);
	load_keysets(m->mints, mint);
	for (size_t i = 0; i < n; i++)
		add_unknown(mint, &list[i]);
	ask_next_keys(m->mints, mint);
}

static void on_info(struct money *m, uint64_t number, const struct mintcall_answer *a)
{
	struct mint *mint = mints_get(m->mints, number);
	struct mintread_info info = {0};
	struct lerr err = {0};
	const char *missing;

	if (a->word != MINTCALL_OK) {
		failed(m->mints, mint, a->why);
		return;
	}
	if (mintread_info(&info, a->body, UNIT, &err)) {
		failed(m->mints, mint, err.msg);
		return;
	}
	mint->info = info;
	missing = mintread_info_lacks(&info);
	if (missing) {
		mints_heard(mint, true);
		ended(m->mints, mint, MINTS_REFUSED, missing);
	} else if (!mintcall_start(m, mint->url, "/v1/keysets", STR_LIT(""), on_keysets,
				   number)) {
		failed(m->mints, mint, "too many requests are under way");
	}
}

void mints_ask(struct mints *s, struct mint *mint)
{
	if (mint->asking)
		return;
	mint->asking = mintcall_start(s->m, mint->url, "/v1/info", STR_LIT(""), on_info,
				      mint->number);
}

static uint64_t ask_after(const struct mint *mint)
{
	if (mint->fail_ms || mint->word == MINTS_NOT_ASKED)
		return crash_hurry(ASK_AGAIN_MS);
	return crash_hurry(mint->word == MINTS_REFUSED ? ASK_REFUSED_MS : ASK_EVERY_MS);
}

void mints_tick(struct mints *s)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < s->n; i++) {
		struct mint *mint = s->v[i];

		if (mint->asked_ms == 0 || now - mint->asked_ms >= ask_after(mint))
			mints_ask(s, mint);
	}
}
