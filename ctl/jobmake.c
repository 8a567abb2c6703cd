/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/jobmake.h"

#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/utf8.h"
#include "lib/proto/nip44.h"

/* Tags on their way into an event. The first error stays, what follows is left out:
 * ntags_add() takes no more than the caps allow, so they are looked at here. */
struct draft {
	struct ntags *tags;
	size_t bytes;
	size_t ntags;
	size_t nwords;
	struct lerr err;
};

static enum lerr_code too_large(struct lerr *err)
{
	return lerr_set(err, LERR_LIMIT, 0,
			"the job is larger than an event may be: "
			"%d KiB, %d tags, %d words",
			CAP_EVENT_BYTES / 1024, CAP_EVENT_TAGS, CAP_EVENT_TAG_ITEMS);
}

static void put(struct draft *d, const struct str *words, size_t n)
{
	for (size_t i = 0; !d->err.code && i < n; i++) {
		if (!utf8_valid(words[i]))
			(void)lerr_set(
				&d->err, LERR_INPUT, 0,
				"a word of the tag %.*s is not UTF-8, and an event "
				"holds nothing else",
				(int)(words[0].n < 40 ? words[0].n : 40), words[0].p);
		d->bytes += words[i].n;
	}
	d->ntags++;
	d->nwords += n;
	if (!d->err.code && (d->bytes > CAP_EVENT_BYTES || d->ntags > CAP_EVENT_TAGS ||
			     d->nwords > CAP_EVENT_TAG_ITEMS))
		(void)too_large(&d->err);
	if (!d->err.code)
		ntags_add(d->tags, words, n);
}

static void put_pair(struct draft *d, const char *name, struct str value)
{
	struct str pair[2] = {str_of(name), value};

	put(d, pair, 2);
}

static void put_command(struct draft *d, const struct jobmake *m)
{
	struct str *words = mem_array(m->nargv + 1, sizeof(*words));

	words[0] = STR_LIT("args");
	for (size_t i = 1; i < m->nargv; i++)
		words[i] = m->argv[i];
	if (m->nargv > 0)
		put_pair(d, "cmd", m->argv[0]);
	if (m->nargv > 1)
		put(d, words, m->nargv);
	mem_free(words);
}

static void put_var(struct draft *d, const char *tag, struct str name, struct str value)
{
	struct str three[3] = {str_of(tag), name, value};

	put(d, three, 3);
}

static void put_secret(struct draft *d, const struct jobmake_var *v,
		       const struct nip44_key *talk)
{
	auto_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	uint8_t nonce[32];

	if (d->err.code)
		return;
	rng_fill(nonce, sizeof(nonce));
	if (nip44_encrypt(&payload, talk, nonce, v->value, &d->err) != LERR_OK)
		(void)lerr_wrap(&d->err, d->err.code, "secret %.*s",
				(int)(v->name.n < 60 ? v->name.n : 60), v->name.p);
	else
		put_var(d, "secret", v->name, buf_str(&payload));
}

static void put_secrets(struct draft *d, const struct jobmake *m,
			const struct nsign_key *key)
{
	struct nip44_key auto_nip44_key talk = {{0}};
	uint8_t x[32];

	if (m->nsecrets == 0 || d->err.code)
		return;
	if (nsign_ecdh_x(x, key, &m->worker, &d->err) != LERR_OK) {
		(void)lerr_wrap(&d->err, d->err.code, "worker");
		return;
	}
	nip44_derive(&talk, x);
	mem_wipe(x, sizeof(x));
	for (size_t i = 0; i < m->nsecrets; i++)
		put_secret(d, &m->secrets[i], &talk);
}

static struct nevent *sign(const struct id32 *author, uint64_t created_at, uint32_t kind,
			   const struct ntags *tags, struct str content,
			   const struct nsign_key *key)
{
	struct nevent *ev = nevent_make(author, created_at, kind, tags, content);
	uint8_t sig[64];

	nsign_sign(sig, key, &ev->id);
	nevent_set_sig(ev, sig);
	return ev;
}

static void put_all(struct draft *d, const struct jobmake *m, const struct nsign_key *key)
{
	put_pair(d, "p", str_of(id32_hex(&m->worker).c));
	put_command(d, m);
	for (size_t i = 0; i < m->nenv; i++)
		put_var(d, "env", m->env[i].name, m->env[i].value);
	put_secrets(d, m, key);
	if (m->payment.n)
		put_pair(d, "payment", m->payment);
	if (m->change_key.n)
		put_pair(d, "cashu_pubkey", m->change_key);
	if (m->backend.n)
		put_pair(d, "backend", m->backend);
	if (m->salt.n)
		put_pair(d, "salt", m->salt);
	for (size_t i = 0; i < m->ntags; i++)
		put(d, m->tags[i].v, m->tags[i].n);
	if (!d->err.code && !utf8_valid(m->content))
		(void)lerr_set(&d->err, LERR_INPUT, 0,
			       "the input is not UTF-8, and an event holds nothing else");
	if (!d->err.code && m->content.n > CAP_EVENT_BYTES - d->bytes)
		(void)too_large(&d->err);
}

enum lerr_code jobmake_request(struct nevent **out, const struct jobmake *m,
			       const struct nsign_key *key, struct lerr *err)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	struct draft d = {.tags = tags};
	struct id32 author;
	enum lerr_code rc = nsign_pubkey(&author, key, err);

	if (rc)
		return rc;
	put_all(&d, m, key);
	if (d.err.code)
		return lerr_set(err, d.err.code, 0, "%s", d.err.msg);
	ev = sign(&author, m->created_at, NKIND_JOB, tags, m->content, key);
	/* escapes and punctuation count too */
	nevent_write(&text, ev);
	if (buf_over(&text))
		return too_large(err);
	*out = MEM_STEAL(ev);
	return LERR_OK;
}

enum lerr_code jobmake_cancel(struct nevent **out, const struct id32 *job,
			      const struct id32 *worker, uint64_t created_at,
			      const struct nsign_key *key, struct lerr *err)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 author;
	enum lerr_code rc = nsign_pubkey(&author, key, err);

	if (rc)
		return rc;
	ntags_add_c(tags, "e", id32_hex(job).c, NULL);
	ntags_add_c(tags, "p", id32_hex(worker).c, NULL);
	*out = sign(&author, created_at, NKIND_CANCEL, tags, STR_LIT(""), key);
	return LERR_OK;
}
