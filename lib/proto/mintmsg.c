/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/mintmsg.h"

#include "lib/base/caps.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/outset.h"

#include <string.h>

/* ---- requests */

static void add_str(struct buf *out, const char *key, struct str value)
{
	jsonx_add_key(out, key);
	jsonx_add_string(out, value);
}

static void add_u64(struct buf *out, const char *key, uint64_t value)
{
	jsonx_add_key(out, key);
	buf_add_u64(out, value);
}

/* Amount, id, secret, C, witness and nothing else: with the r of a DLEQ the mint could
 * tell who got the coin from whom. */
static void add_input(struct buf *out, const struct mintmsg_input *in)
{
	buf_add_char(out, '{');
	add_u64(out, "amount", in->proof->amount);
	buf_add_char(out, ',');
	add_str(out, "id", str_of(in->proof->id.c));
	buf_add_char(out, ',');
	add_str(out, "secret", str_of(in->proof->secret));
	buf_add_char(out, ',');
	add_str(out, "C", str_of(ecpoint_hex(&in->proof->c).c));
	if (in->witness && in->witness[0]) {
		/* JSON in a string (NUT-11) */
		buf_add_char(out, ',');
		add_str(out, "witness", str_of(in->witness));
	}
	buf_add_char(out, '}');
}

static void add_inputs(struct buf *out, const struct mintmsg_input *inputs, size_t n)
{
	buf_add_c(out, "\"inputs\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(out, ',');
		add_input(out, &inputs[i]);
	}
	buf_add_char(out, ']');
}

static void add_outputs(struct buf *out, const struct outset *s)
{
	buf_add_c(out, "\"outputs\":[");
	for (size_t i = 0; i < s->n; i++) {
		buf_add_c(out, i ? ",{" : "{");
		add_u64(out, "amount", s->v[i].amount);
		buf_add_char(out, ',');
		add_str(out, "id", str_of(s->id.c));
		buf_add_char(out, ',');
		add_str(out, "B_", str_of(ecpoint_hex(&s->v[i].blinded).c));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void mintmsg_swap(struct buf *out, const struct mintmsg_input *inputs, size_t n,
		  const struct outset *outputs)
{
	buf_add_char(out, '{');
	add_inputs(out, inputs, n);
	buf_add_char(out, ',');
	add_outputs(out, outputs);
	buf_add_char(out, '}');
}

void mintmsg_melt(struct buf *out, struct str quote, const struct mintmsg_input *inputs,
		  size_t n, const struct outset *blanks)
{
	buf_add_char(out, '{');
	add_str(out, "quote", quote);
	buf_add_char(out, ',');
	add_inputs(out, inputs, n);
	if (blanks && blanks->n) {
		buf_add_char(out, ',');
		add_outputs(out, blanks);
	}
	buf_add_c(out, ",\"prefer_async\":true}");
}

void mintmsg_mint(struct buf *out, struct str quote, const struct outset *outputs,
		  struct str signature)
{
	buf_add_char(out, '{');
	add_str(out, "quote", quote);
	buf_add_char(out, ',');
	add_outputs(out, outputs);
	if (signature.n) {
		buf_add_char(out, ',');
		add_str(out, "signature", signature);
	}
	buf_add_char(out, '}');
}

void mintmsg_restore(struct buf *out, const struct outset *outputs)
{
	buf_add_char(out, '{');
	add_outputs(out, outputs);
	buf_add_char(out, '}');
}

void mintmsg_checkstate(struct buf *out, const struct ecpoint *ys, size_t n)
{
	buf_add_c(out, "{\"Ys\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(out, ',');
		jsonx_add_string(out, str_of(ecpoint_hex(&ys[i]).c));
	}
	buf_add_c(out, "]}");
}

void mintmsg_mint_quote(struct buf *out, uint64_t amount, struct str unit,
			struct str pubkey)
{
	buf_add_char(out, '{');
	add_u64(out, "amount", amount);
	buf_add_char(out, ',');
	add_str(out, "unit", unit);
	if (pubkey.n) {
		buf_add_char(out, ',');
		add_str(out, "pubkey", pubkey);
	}
	buf_add_char(out, '}');
}

void mintmsg_melt_quote(struct buf *out, struct str invoice, struct str unit)
{
	buf_add_char(out, '{');
	add_str(out, "request", invoice);
	buf_add_char(out, ',');
	add_str(out, "unit", unit);
	buf_add_char(out, '}');
}

struct id32 mintmsg_quote_message(struct str quote, const struct outset *outputs)
{
	struct hash_state *h = hash_new();

	hash_add(h, quote.p, quote.n);
	for (size_t i = 0; i < outputs->n; i++) {
		struct ecpointhex hex = ecpoint_hex(&outputs->v[i].blinded);

		hash_add(h, hex.c, strlen(hex.c));
	}
	return hash_done(h);
}

/* ---- addresses */

struct place {
	bool is_http;
	struct str host; /* with the brackets of an IPv6 address */
	uint64_t port;   /* 0: the one of the scheme */
	struct str path; /* empty, or from its slash on */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool all_are(struct str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(others, s.p[i])))
			return false;
	return true;
}

static struct str from(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

static bool take_scheme(struct str *rest, bool *is_http)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);
		size_t same = 0;

		while (same < n && same < rest->n &&
		       lower(rest->p[same]) == schemes[i][same])
			same++;
		if (same < n)
			continue;
		*is_http = i == 1;
		*rest = from(*rest, n);
		return true;
	}
	return false;
}

/* The host, from which *rest goes on with a colon or a slash. */
static bool take_host(struct str *rest, struct str *host)
{
	const char *end;
	size_t n = 0;

	if (rest->n && rest->p[0] == '[') {
		end = memchr(rest->p, ']', rest->n);
		n = end ? (size_t)(end - rest->p) + 1 : 0;
		*host = (struct str){rest->p, n};
		*rest = from(*rest, n);
		return n > 2 && all_are((struct str){host->p + 1, n - 2}, ":.");
	}
	while (n < rest->n && rest->p[n] != ':' && rest->p[n] != '/')
		n++;
	*host = (struct str){rest->p, n};
	*rest = from(*rest, n);
	/* a dot at the end would be another spelling of the same name */
	return n > 0 && host->p[n - 1] != '.' && all_are(*host, "-._");
}

static bool take_port(struct str *rest, uint64_t *port)
{
	size_t n = 1;

	*port = 0;
	if (rest->n == 0 || rest->p[0] != ':')
		return true;
	while (n < rest->n && rest->p[n] != '/')
		n++;
	if (!str_to_u64((struct str){rest->p + 1, n - 1}, 65535, port) || *port == 0)
		return false;
	*rest = from(*rest, n);
	return true;
}

/* Without the slashes at its end; no . or .., which others would take out. */
static bool take_path(struct str *path)
{
	struct str rest;
	struct str word;

	while (path->n && path->p[path->n - 1] == '/')
		path->n--;
	rest = *path;
	while (str_next(&rest, '/', &word))
		if (str_eq_c(word, ".") || str_eq_c(word, ".."))
			return false;
	return all_are(*path, "/-._~!$&'()*+,;=:@");
}

/* 127.a.b.c in four decimal numbers. */
static bool is_loopback(struct str host)
{
	struct str word;
	uint64_t v;
	size_t n = 0;

	while (str_next(&host, '.', &word)) {
		if (word.n > 3 || !str_to_u64(word, 255, &v) ||
		    (word.n > 1 && word.p[0] == '0') || (n == 0 && v != 127))
			return false;
		n++;
	}
	return n == 4;
}

static bool is_here(struct str host)
{
	static const char name[] = "localhost";

	if (str_eq_c(host, "[::1]"))
		return true;
	if (host.n == strlen(name)) {
		size_t same = 0;

		while (same < host.n && lower(host.p[same]) == name[same])
			same++;
		if (same == host.n)
			return true;
	}
	return is_loopback(host);
}

static enum lerr_code bad_url(struct lerr *err, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "URL of a mint: %s", what);
}

static void add_url(struct buf *out, const struct place *p)
{
	buf_add_c(out, p->is_http ? "http://" : "https://");
	for (size_t i = 0; i < p->host.n; i++)
		buf_add_char(out, lower(p->host.p[i]));
	if (p->port && p->port != (p->is_http ? 80 : 443)) {
		buf_add_char(out, ':');
		buf_add_u64(out, p->port);
	}
	buf_add_str(out, p->path);
}

enum lerr_code mintmsg_url(struct buf *out, struct str url, struct lerr *err)
{
	struct place p = {.port = 0};

	if (url.n > CAP_URL_BYTES)
		return lerr_set(err, LERR_LIMIT, 0,
				"URL of a mint: %zu bytes, at most %d", url.n,
				CAP_URL_BYTES);
	if (!take_scheme(&url, &p.is_http))
		return bad_url(err, "it begins with neither https:// nor http://");
	if (!take_host(&url, &p.host))
		return bad_url(err, "its host is missing, or has a name in front or a "
				    "character that we do not take");
	if (!take_port(&url, &p.port) || (url.n && url.p[0] != '/'))
		return bad_url(err, "its port is none");
	p.path = url;
	if (!take_path(&p.path))
		return bad_url(err, "its path has a query, a fragment, an escape, a dot "
				    "alone or another character that we do not take");
	if (p.is_http && !is_here(p.host))
		return bad_url(err, "http without TLS is taken to this machine only");
	add_url(out, &p);
	return LERR_OK;
}
