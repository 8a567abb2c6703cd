/* SPDX-License-Identifier: MIT */
/*
 * Cashu tokens for shell tests:
 *
 *	coins mint URL AMOUNT [--lock PUBKEY] [--locktime T] [--refund PUBKEY]
 *		[--sig-all] [--v3] [--short] [--no-dleq] [--parts 1,1,2]
 *	                                 -> a token
 *	coins redeem URL TOKEN [--key SECKEY] [--only N]
 *	                                 -> the amount that was left of it
 *	coins swap URL TOKEN [--key SECKEY] [...as mint]   -> a new token
 *	coins state URL TOKEN            -> a line "AMOUNT UNSPENT|PENDING|SPENT" each
 *	coins show TOKEN                 -> what is in it, JSON
 *
 * TOKEN may be -, for stdin. Keys are hex: points of 66 digits (64: an x coordinate),
 * secret keys of 64. --only redeems the first N coins. What the mint refuses is said on
 * stderr as "refused: CODE DETAIL (HTTP STATUS)", exit status 1; 2: the command line.
 */
#include "config.h"

#include "tests/peers/purse.h"

#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/p2pk.h"

#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

enum { PARTS_MAX = CAP_TOKEN_PROOFS };

struct given {
	const char *words[3]; /* verb and what follows it */
	size_t nwords;
	const char *lock;
	const char *refund;
	const char *key;
	const char *parts;
	uint64_t locktime;
	uint64_t only;
	bool sig_all;
	bool v3;
	bool short_ids;
	bool no_dleq;
};

static int fail(const struct lerr *err)
{
	(void)fprintf(stderr, "%s\n", err->msg);
	return 1;
}

static int usage(const char *why)
{
	(void)fprintf(stderr, "coins: %s\n", why);
	return 2;
}

/* ---- HTTP */

static size_t take_bytes(char *p, size_t size, size_t n, void *ctx)
{
	buf_add(ctx, p, size * n);
	return size * n;
}

static unsigned int send_http(void *ctx, const char *method, const char *path,
			      struct str body, struct buf *answer)
{
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	char url[1024];
	long status = 0;

	if (!curl || snprintf(url, sizeof(url), "%s%s", (const char *)ctx, path) >=
			     (int)sizeof(url))
		return 0;
	headers = curl_slist_append(headers, "Content-Type: application/json");
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (str_eq_c(str_of(method), "POST")) {
		(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.n);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.p);
	}
	if (curl_easy_perform(curl) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return (unsigned int)status;
}

/* ---- what was given */

/* A point, or an x coordinate. */
static bool read_key(struct ecpoint *out, const char *hex)
{
	struct id32 x;

	if (id32_parse(&x, str_of(hex))) {
		*out = ecpoint_from_x(&x);
		return ecpoint_is_valid(out);
	}
	return ecpoint_parse(out, str_of(hex));
}

static bool read_parts(uint64_t parts[PARTS_MAX], size_t *n, const char *text)
{
	struct str rest = str_of(text);
	struct str word;

	for (*n = 0; str_next(&rest, ',', &word); (*n)++)
		if (*n == PARTS_MAX || !str_to_u64(word, AMOUNT_MAX, &parts[*n]))
			return false;
	return true;
}

struct lock_keys {
	struct ecpoint key;
	struct ecpoint refund;
};

static bool read_lock(struct purse_lock *lock, struct lock_keys *keys,
		      const struct given *g)
{
	*lock = (struct purse_lock){.locktime = g->locktime, .sig_all = g->sig_all};
	if (g->lock) {
		if (!read_key(&keys->key, g->lock))
			return false;
		lock->key = &keys->key;
	}
	if (g->refund) {
		if (!read_key(&keys->refund, g->refund))
			return false;
		lock->refund = &keys->refund;
	}
	return true;
}

static enum lerr_code read_token(struct cashutok **out, const char *word,
				 struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_TOKEN_BYTES + 2);
	enum cashutok_fault why;
	enum lerr_code rc = LERR_OK;

	if (str_eq_c(str_of(word), "-"))
		rc = fdio_read_rest(STDIN_FILENO, &text, err);
	else
		buf_add_c(&text, word);
	if (rc || buf_over(&text))
		return rc ? rc : lerr_set(err, LERR_LIMIT, 0, "the token is too long");
	return cashutok_parse(out, str_trim(text.n ? buf_str(&text) : str_of("")),
			      CAP_TOKEN_PROOFS, &why, err);
}

/* ---- verbs */

static int print_token(const struct given *g, const char *url,
		       const struct purse_coins *coins)
{
	auto_buf struct buf text = BUF_INIT(1024 * 1024);
	struct str none = {"", 0};

	if (g->v3)
		cashutok_write_v3(&text, str_of(url), STR_LIT("sat"), none, coins->v,
				  coins->n, !g->no_dleq);
	else
		cashutok_write_v4(&text, str_of(url), STR_LIT("sat"), none, coins->v,
				  coins->n, !g->no_dleq, g->short_ids);
	(void)printf("%.*s\n", STR_ARG(buf_str(&text)));
	return 0;
}

static int do_mint(const struct given *g, struct purse *p, const char *url)
{
	auto_coins struct purse_coins coins = {.n = 0};
	static uint64_t parts[PARTS_MAX];
	struct lerr err = {0};
	struct lock_keys keys;
	struct purse_lock lock;
	uint64_t amount;
	size_t n = 0;

	if (!str_to_u64(str_of(g->words[2]), AMOUNT_MAX, &amount))
		return usage("AMOUNT must be a number");
	if (!read_lock(&lock, &keys, g) || (g->parts && !read_parts(parts, &n, g->parts)))
		return usage("a key or the parts are wrong");
	if (purse_mint(p, &coins, amount, parts, n, &lock, &err))
		return fail(&err);
	return print_token(g, url, &coins);
}

/* The coins of a token, or the first of them; they belong to the token. */
static struct purse_coins coins_of(const struct cashutok *t, const struct given *g)
{
	size_t n = g->only && g->only < t->n ? (size_t)g->only : t->n;

	return (struct purse_coins){t->proofs, n};
}

/* redeem and swap */
static int do_swap(const struct given *g, struct purse *p, const char *url)
{
	auto_coins struct purse_coins out = {.n = 0};
	auto_cashutok struct cashutok *t = NULL;
	struct nsign_key auto_key key = {{0}};
	struct purse_coins in;
	struct lerr err = {0};
	struct lock_keys keys;
	struct purse_lock lock;

	if (!read_lock(&lock, &keys, g))
		return usage("a key is wrong");
	if ((g->key && nsign_parse(&key, str_of(g->key), &err)) ||
	    read_token(&t, g->words[2], &err))
		return fail(&err);
	in = coins_of(t, g);
	if (purse_swap(p, &out, &in, g->key ? &key : NULL, &lock, &err))
		return fail(&err);
	if (str_eq_c(str_of(g->words[0]), "swap"))
		return print_token(g, url, &out);
	(void)printf("%llu\n", (unsigned long long)purse_sum(&out));
	return 0;
}

static int do_state(const struct given *g, struct purse *p, const char *url)
{
	static const char *const names[] = {[MINTREAD_UNSPENT] = "UNSPENT",
					    [MINTREAD_PENDING] = "PENDING",
					    [MINTREAD_SPENT] = "SPENT"};
	auto_cashutok struct cashutok *t = NULL;
	auto_free enum mintread_state *states = NULL;
	struct purse_coins in;
	struct lerr err = {0};

	(void)url;
	if (read_token(&t, g->words[2], &err))
		return fail(&err);
	in = coins_of(t, g);
	states = mem_array(in.n, sizeof(*states));
	if (purse_states(p, states, &in, &err))
		return fail(&err);
	for (size_t i = 0; i < in.n; i++)
		(void)printf("%llu %s\n", (unsigned long long)in.v[i].amount,
			     names[states[i]]);
	return 0;
}

static void write_lock(struct buf *out, const char *secret)
{
	struct p2pk lock;

	if (p2pk_parse(&lock, str_of(secret), NULL) != P2PK_LOCK)
		return;
	buf_addf(out, ",\"lock\":\"%s\",\"sig_all\":%s", ecpoint_hex(&lock.keys[0]).c,
		 lock.sig_all ? "true" : "false");
	if (lock.has_locktime)
		buf_addf(out, ",\"locktime\":%llu", (unsigned long long)lock.locktime);
	if (lock.nrefund)
		buf_addf(out, ",\"refund\":\"%s\"",
			 ecpoint_hex(&lock.keys[lock.nmain]).c);
}

static int do_show(const struct given *g)
{
	auto_buf struct buf out = BUF_INIT(4 * 1024 * 1024);
	auto_cashutok struct cashutok *t = NULL;
	struct lerr err = {0};

	if (read_token(&t, g->words[1], &err))
		return fail(&err);
	buf_add_c(&out, "{\"mint\":");
	jsonx_add_string(&out, str_of(t->mint));
	buf_add_c(&out, ",\"unit\":");
	jsonx_add_string(&out, str_of(t->unit));
	buf_addf(&out, ",\"sum\":%llu,\"proofs\":[", (unsigned long long)t->sum);
	for (size_t i = 0; i < t->n; i++) {
		const struct cashuproof *p = &t->proofs[i];

		buf_addf(&out,
			 "%s{\"amount\":%llu,\"id\":\"%s\",\"secret\":", i ? "," : "",
			 (unsigned long long)p->amount, p->id.c);
		jsonx_add_string(&out, str_of(p->secret));
		buf_addf(&out, ",\"dleq\":%s", p->has_dleq ? "true" : "false");
		write_lock(&out, p->secret);
		buf_add_char(&out, '}');
	}
	buf_add_c(&out, "]}");
	(void)printf("%.*s\n", STR_ARG(buf_str(&out)));
	return 0;
}

/* ---- command line */

static bool set_number(uint64_t *out, const char *text)
{
	return text && str_to_u64(str_of(text), AMOUNT_MAX, out);
}

/* An option; *used: its value too. */
static bool set_option(struct given *g, const char *name, const char *value, bool *used)
{
	const struct {
		const char *name;
		bool *flag;
		const char **text;
		uint64_t *number;
	} known[] = {
		{"--lock", NULL, &g->lock, NULL},
		{"--refund", NULL, &g->refund, NULL},
		{"--key", NULL, &g->key, NULL},
		{"--parts", NULL, &g->parts, NULL},
		{"--locktime", NULL, NULL, &g->locktime},
		{"--only", NULL, NULL, &g->only},
		{"--sig-all", &g->sig_all, NULL, NULL},
		{"--v3", &g->v3, NULL, NULL},
		{"--short", &g->short_ids, NULL, NULL},
		{"--no-dleq", &g->no_dleq, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_eq_c(str_of(name), known[i].name))
			continue;
		*used = known[i].flag == NULL;
		if (known[i].flag)
			*known[i].flag = true;
		if (known[i].text)
			*known[i].text = value;
		if (known[i].number)
			return set_number(known[i].number, value);
		return known[i].flag || value;
	}
	return false;
}

static bool read_arguments(struct given *g, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bool used = false;

		if (!str_starts(str_of(argv[i]), "--")) {
			if (g->nwords == ARRAY_LEN(g->words))
				return false;
			g->words[g->nwords++] = argv[i];
			continue;
		}
		if (!set_option(g, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used))
			return false;
		i += used;
	}
	return g->nwords > 0;
}

static const struct {
	const char *name;
	int (*fn)(const struct given *g, struct purse *p, const char *url);
} verbs[] = {
	{"mint", do_mint},
	{"redeem", do_swap},
	{"swap", do_swap},
	{"state", do_state},
};

static int with_mint(const struct given *g)
{
	char *url = g->nwords == 3 ? mem_strdup(g->words[1]) : NULL;
	struct purse *p = NULL;
	struct lerr err = {0};
	int rc = -1;

	for (size_t i = 0; url && i < ARRAY_LEN(verbs); i++) {
		if (!str_eq_c(str_of(g->words[0]), verbs[i].name))
			continue;
		rc = purse_new(&p, send_http, url, &err) ? fail(&err)
							 : verbs[i].fn(g, p, url);
		break;
	}
	purse_free(p);
	mem_free(url);
	return rc < 0 ? usage("want mint, redeem, swap or state, URL, and one word") : rc;
}

int main(int argc, char **argv)
{
	struct given g = {.nwords = 0};

	if (!read_arguments(&g, argc, argv))
		return usage("not understood");
	if (g.nwords == 2 && str_eq_c(str_of(g.words[0]), "show"))
		return do_show(&g);
	return with_mint(&g);
}
