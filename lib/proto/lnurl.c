/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/lnurl.h"

#include "lib/base/log.h"
#include "lib/base/netaddr.h"
#include "lib/proto/bech32.h"
#include "lib/proto/hash.h"
#include "lib/proto/jsonx.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

enum { HOST_MAX = 253, LABEL_MAX = 63, NAME_MAX_CHARS = 64 };

/* ---- text */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_any_case(struct str s, const char *word)
{
	size_t n = strlen(word);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s.p[i]) != word[i])
			return false;
	return true;
}

static struct str skip(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

/* Index of the first of these characters, s.n when there is none. */
static size_t find_any(struct str s, const char *set)
{
	size_t i = 0;

	while (i < s.n && !strchr(set, s.p[i]))
		i++;
	return i;
}

static struct str skip_scheme(struct str s)
{
	return starts_any_case(s, "lightning:") ? skip(s, strlen("lightning:")) : s;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* ---- hosts */

/* "host", "host:port", "[v6]:port" */
struct place {
	struct str host;
	struct str port;
	bool is_ipv6;
};

static enum lerr_code cut_place(struct place *out, struct str a, struct lerr *err)
{
	struct place p = {.is_ipv6 = a.n && a.p[0] == '['};
	size_t bracket = p.is_ipv6 ? 1 : 0;
	size_t end = find_any(a, p.is_ipv6 ? "]" : ":");

	if (p.is_ipv6 && end == a.n)
		return lerr_set(err, LERR_INPUT, 0, "']' is missing");
	p.host = (struct str){a.p + bracket, end - bracket};
	a = skip(a, end + bracket);
	if (a.n && a.p[0] != ':')
		return lerr_set(err, LERR_INPUT, 0, "want :PORT behind the host");
	if (a.n) {
		uint64_t port;

		p.port = skip(a, 1);
		if (!str_to_u64(p.port, UINT16_MAX, &port) || port == 0)
			return lerr_set(err, LERR_INPUT, 0, "not a port number");
	}
	*out = p;
	return LERR_OK;
}

static bool is_label(struct str s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_word_char(lower(s.p[i])) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

static bool is_host_name(struct str s)
{
	struct str label;

	if (s.n == 0 || s.n > HOST_MAX || s.p[s.n - 1] == '.')
		return false;
	while (str_next(&s, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

static bool ends_with_onion(struct str s)
{
	static const char word[] = "onion";
	size_t n = sizeof(word) - 1;

	if (s.n < n || !starts_any_case(skip(s, s.n - n), word))
		return false;
	return s.n == n || s.p[s.n - n - 1] == '.';
}

/* Not what a name resolves to: what it says. */
static bool is_local_host(const struct place *p)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char text[INET6_ADDRSTRLEN];

	if (p->host.n == 9 && starts_any_case(p->host, "localhost"))
		return true;
	if (p->host.n >= sizeof(text))
		return false;
	str_copy(text, sizeof(text), p->host);
	if (p->is_ipv6)
		return inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 &&
		       netaddr_is_loopback((const struct sockaddr *)&v6);
	return inet_pton(AF_INET, text, &v4.sin_addr) == 1 &&
	       netaddr_is_loopback((const struct sockaddr *)&v4);
}

static bool is_ipv6(struct str host)
{
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];

	if (host.n >= sizeof(text))
		return false;
	str_copy(text, sizeof(text), host);
	return inet_pton(AF_INET6, text, &v6) == 1;
}

static enum lerr_code check_place(const struct place *p, struct lerr *err)
{
	if (p->is_ipv6 && !is_ipv6(p->host))
		return lerr_set(err, LERR_INPUT, 0, "not an IPv6 address");
	if (!p->is_ipv6 && !is_host_name(p->host))
		return lerr_set(err, LERR_INPUT, 0, "not a host name");
	if (!p->is_ipv6 && ends_with_onion(p->host))
		return lerr_set(err, LERR_INPUT, 0, "an onion cannot be reached");
	return LERR_OK;
}

/* ---- URLs */

static bool is_url_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}#", s.p[i]))
			return false;
	return true;
}

static enum lerr_code set_url(struct lnurl_url *out, const char *scheme, struct str rest,
			      bool is_local, struct lerr *err)
{
	auto_buf struct buf b = BUF_INIT(CAP_LNURL_URL);

	buf_add_c(&b, scheme);
	buf_add_str(&b, rest);
	if (buf_over(&b))
		return lerr_set(err, LERR_LIMIT, 0, "URL above %d bytes", CAP_LNURL_URL);
	str_copy(out->text, sizeof(out->text), buf_str(&b));
	out->is_local = is_local;
	return LERR_OK;
}

static enum lerr_code take_url(struct lnurl_url *out, struct str url, struct lerr *err)
{
	bool tls = starts_any_case(url, "https://");
	struct place p;
	struct str rest;
	struct str authority;
	bool is_local;
	enum lerr_code rc;

	if (!tls && !starts_any_case(url, "http://"))
		return lerr_set(err, LERR_INPUT, 0, "want an https:// URL");
	if (!is_url_text(url))
		return lerr_set(err, LERR_INPUT, 0, "a character that no URL holds");
	rest = skip(url, tls ? 8 : 7);
	authority = (struct str){rest.p, find_any(rest, "/?")};
	if (memchr(authority.p, '@', authority.n))
		return lerr_set(err, LERR_INPUT, 0, "a user name in a URL");
	rc = cut_place(&p, authority, err);
	if (!rc)
		rc = check_place(&p, err);
	if (rc)
		return rc;
	is_local = is_local_host(&p);
	if (!tls && !is_local)
		return lerr_set(err, LERR_INPUT, 0, "http:// goes to this machine alone");
	return set_url(out, tls ? "https://" : "http://", rest, is_local, err);
}

/* ---- addresses */

static bool is_name(struct str s)
{
	bool has_word = false; /* "." and ".." would lead elsewhere */

	for (size_t i = 0; i < s.n; i++) {
		if (!is_word_char(s.p[i]) && !strchr("-_.+", s.p[i]))
			return false;
		has_word = has_word || s.p[i] != '.';
	}
	return has_word && s.n <= NAME_MAX_CHARS;
}

static enum lerr_code take_address(struct lnurl_url *out, struct str name,
				   struct str domain, struct lerr *err)
{
	auto_buf struct buf rest = BUF_INIT(CAP_LNURL_URL);
	struct place p;
	bool is_local;
	enum lerr_code rc;

	if (!is_name(name))
		return lerr_set(err, LERR_INPUT, 0,
				"before the @ want a-z, 0-9, - _ . + in lower case");
	rc = cut_place(&p, domain, err);
	if (!rc && p.is_ipv6)
		rc = lerr_set(err, LERR_INPUT, 0, "behind the @ want a host name");
	if (!rc)
		rc = check_place(&p, err);
	if (rc)
		return rc;
	is_local = is_local_host(&p);
	for (size_t i = 0; i < domain.n; i++)
		buf_add_char(&rest, lower(domain.p[i]));
	buf_add_c(&rest, "/.well-known/lnurlp/");
	buf_add_str(&rest, name);
	return set_url(out, is_local ? "http://" : "https://", buf_str(&rest), is_local,
		       err);
}

static enum lerr_code take_code(struct lnurl_url *out, struct str text, struct lerr *err)
{
	auto_buf struct buf url = BUF_INIT(CAP_BECH32_CHARS);
	struct bech32_hrp hrp;
	enum lerr_code rc = bech32_decode(&hrp, &url, text, err);

	if (rc)
		return rc;
	if (strcmp(hrp.c, "lnurl") != 0)
		return lerr_set(err, LERR_INPUT, 0, "not an lnurl1... code");
	return take_url(out, buf_str(&url), err);
}

enum lerr_code lnurl_address(struct lnurl_url *out, struct str text, struct lerr *err)
{
	size_t at;

	text = skip_scheme(str_trim(text));
	if (text.n > CAP_BECH32_CHARS)
		return lerr_set(err, LERR_LIMIT, 0, "too long for a Lightning address");
	if (str_has_nul(text)) /* it ends the sets of find_any() */
		return lerr_set(err, LERR_INPUT, 0, "a NUL byte in an address");
	if (starts_any_case(text, "lnurl1"))
		return take_code(out, text, err);
	at = find_any(text, "@");
	if (at == text.n)
		return lerr_set(err, LERR_INPUT, 0,
				"want a Lightning address (name@domain) or lnurl1...");
	return take_address(out, (struct str){text.p, at}, skip(text, at + 1), err);
}

/* ---- answers */

/* An object that is not {"status":"ERROR"}. */
static enum lerr_code load(struct json_t **out, struct str body, struct lerr *err)
{
	auto_json struct json_t *obj = NULL;
	struct str status;
	struct str reason;
	enum lerr_code rc =
		jsonx_load(&obj, body, CAP_LNURL_ANSWER, JSONX_ANY_NUMBERS, err);

	if (rc)
		return rc;
	/* the case differs from server to server */
	if (jsonx_get_str(obj, "status", &status) && status.n == 5 &&
	    starts_any_case(status, "error")) {
		if (!jsonx_get_str(obj, "reason", &reason))
			reason = str_of("no reason given");
		return lerr_set(err, LERR_DENIED, 0, "it says %s", log_text(reason).c);
	}
	*out = obj;
	obj = NULL;
	return LERR_OK;
}

static enum lerr_code want(struct lerr *err, const char *what)
{
	return lerr_set(err, LERR_INPUT, 0, "its answer has no %s", what);
}

enum lerr_code lnurl_read_pay(struct lnurl_pay *out, const struct lnurl_url *from,
			      struct str body, struct lerr *err)
{
	auto_json struct json_t *obj = NULL;
	struct lnurl_pay pay = {.comment_max = 0};
	struct str text;
	enum lerr_code rc = load(&obj, body, err);

	if (rc)
		return rc;
	if (!jsonx_get_str(obj, "tag", &text) || !str_eq_c(text, "payRequest"))
		return lerr_set(err, LERR_INPUT, 0, "it is not for payments to it");
	if (!jsonx_get_u64(obj, "minSendable", &pay.min_msat) ||
	    !jsonx_get_u64(obj, "maxSendable", &pay.max_msat) ||
	    pay.min_msat > pay.max_msat)
		return want(err, "minSendable and maxSendable");
	if (!jsonx_get_str(obj, "metadata", &text))
		return want(err, "metadata");
	pay.metadata_hash = hash_sha256(text.p, text.n);
	(void)jsonx_get_u64(obj, "commentAllowed", &pay.comment_max);
	if (!jsonx_get_str(obj, "callback", &text))
		return want(err, "callback");
	rc = take_url(&pay.callback, text, err);
	if (rc)
		return lerr_wrap(err, rc, "callback");
	if (pay.callback.is_local && !from->is_local)
		return lerr_set(err, LERR_INPUT, 0, "callback: leads to this machine");
	*out = pay;
	return LERR_OK;
}

enum lerr_code lnurl_callback(struct lnurl_url *out, const struct lnurl_pay *pay,
			      uint64_t msat, struct lerr *err)
{
	auto_buf struct buf b = BUF_INIT(CAP_LNURL_URL);
	struct str url = str_of(pay->callback.text);
	bool has_query = memchr(url.p, '?', url.n) != NULL;

	if (msat < pay->min_msat || msat > pay->max_msat)
		return lerr_set(err, LERR_LIMIT, 0,
				"it takes %" PRIu64 " to %" PRIu64 " msat at a time",
				pay->min_msat, pay->max_msat);
	buf_add_str(&b, url);
	if (!has_query)
		buf_add_char(&b, '?');
	else if (!str_ends(url, "?") && !str_ends(url, "&"))
		buf_add_char(&b, '&');
	buf_addf(&b, "amount=%" PRIu64, msat);
	if (buf_over(&b))
		return lerr_set(err, LERR_INPUT, 0, "callback: URL too long");
	str_copy(out->text, sizeof(out->text), buf_str(&b));
	out->is_local = pay->callback.is_local;
	return LERR_OK;
}

static enum lerr_code check_invoice(const struct bolt11 *b, const struct lnurl_pay *pay,
				    uint64_t msat, struct lerr *err)
{
	if (!b->has_amount || b->amount_msat != msat)
		return lerr_set(err, LERR_INPUT, 0,
				"its invoice is over %" PRIu64 " msat, not over %" PRIu64,
				b->has_amount ? b->amount_msat : 0, msat);
	if (b->has_description_hash &&
	    !id32_eq(&b->description_hash, &pay->metadata_hash))
		return lerr_set(err, LERR_INPUT, 0, "its invoice is for something else");
	return LERR_OK;
}

enum lerr_code lnurl_read_invoice(struct buf *text, struct bolt11 *invoice,
				  const struct lnurl_pay *pay, uint64_t msat,
				  struct str body, struct lerr *err)
{
	auto_json struct json_t *obj = NULL;
	struct bolt11 b;
	struct str pr;
	enum lerr_code rc = load(&obj, body, err);

	if (rc)
		return rc;
	if (!jsonx_get_str(obj, "pr", &pr))
		return want(err, "pr");
	pr = skip_scheme(pr);
	rc = bolt11_parse(&b, pr, err);
	if (rc)
		return lerr_wrap(err, rc, "its invoice");
	rc = check_invoice(&b, pay, msat, err);
	if (rc)
		return rc;
	buf_add_str(text, pr);
	*invoice = b;
	return LERR_OK;
}
