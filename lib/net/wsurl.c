/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/net/wsurl.h"

#include "lib/base/buf.h"

#include <arpa/inet.h>
#include <string.h>

enum { PORT_WS = 80, PORT_WSS = 443 };

/* What is left of the text while it is taken apart. */
struct parts {
	struct str host;
	struct str port; /* empty when it is not given */
	struct str path; /* with the query, without the fragment; may be empty */
	bool is_ipv6;
};

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

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f ||
		    strchr("\"<>\\^`{|}", s.p[i]))
			return false;
	return true;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
		    c != '-' && c != '_')
			return false;
	}
	return s.n > 0;
}

static enum lerr_code take_scheme(struct wsurl *u, struct str *rest, struct lerr *err)
{
	if (starts_any_case(*rest, "wss://"))
		u->tls = true;
	else if (!starts_any_case(*rest, "ws://"))
		return lerr_set(err, LERR_INPUT, 0, "want wss://... or ws://...");
	*rest = skip(*rest, u->tls ? 6 : 5);
	return LERR_OK;
}

/* "[::1]:80" and "name:80": cut into address and port. */
static enum lerr_code take_authority(struct parts *p, struct str a, struct lerr *err)
{
	size_t end;

	if (memchr(a.p, '@', a.n))
		return lerr_set(err, LERR_INPUT, 0, "no user name or password, please");
	p->is_ipv6 = a.n && a.p[0] == '[';
	if (p->is_ipv6) {
		end = find_any(a, "]");
		if (end == a.n)
			return lerr_set(err, LERR_INPUT, 0, "']' is missing");
		p->host = (struct str){a.p + 1, end - 1};
		a = skip(a, end + 1);
	} else {
		end = find_any(a, ":");
		p->host = (struct str){a.p, end};
		a = skip(a, end);
	}
	if (a.n && a.p[0] != ':')
		return lerr_set(err, LERR_INPUT, 0, "want :PORT behind the address");
	p->port = a.n ? skip(a, 1) : a;
	if (a.n == 1)
		return lerr_set(err, LERR_INPUT, 0, "the port is missing");
	return LERR_OK;
}

static enum lerr_code set_host(struct wsurl *u, const struct parts *p, struct lerr *err)
{
	struct in6_addr v6;

	if (p->host.n > WSURL_HOST_MAX)
		return lerr_set(err, LERR_LIMIT, 0, "host name above %d characters",
				WSURL_HOST_MAX);
	for (size_t i = 0; i < p->host.n; i++)
		u->host[i] = lower(p->host.p[i]);
	u->host[p->host.n] = '\0';
	u->is_ipv6 = p->is_ipv6;
	if (u->is_ipv6 && inet_pton(AF_INET6, u->host, &v6) != 1)
		return lerr_set(err, LERR_INPUT, 0, "not an IPv6 address");
	if (u->is_ipv6 && u->tls)
		return lerr_set(err, LERR_INPUT, 0,
				"wss:// needs a name or an IPv4 address");
	if (!u->is_ipv6 && !is_name(p->host))
		return lerr_set(err, LERR_INPUT, 0, "not a host name");
	return LERR_OK;
}

static enum lerr_code set_port(struct wsurl *u, struct str port, struct lerr *err)
{
	uint64_t v = u->tls ? PORT_WSS : PORT_WS;

	if (port.n && (!str_to_u64(port, UINT16_MAX, &v) || v == 0))
		return lerr_set(err, LERR_INPUT, 0, "not a port number");
	u->port = (uint16_t)v;
	return LERR_OK;
}

static void write_text(struct wsurl *u)
{
	auto_buf struct buf b = BUF_INIT(CAP_URL_BYTES);

	buf_add_c(&b, u->tls ? "wss://" : "ws://");
	buf_addf(&b, u->is_ipv6 ? "[%s]" : "%s", u->host);
	if (u->port != (u->tls ? PORT_WSS : PORT_WS))
		buf_addf(&b, ":%u", (unsigned int)u->port);
	if (strcmp(u->path, "/") != 0)
		buf_add_c(&b, u->path);
	/* no part is longer than it was in a text within the cap */
	memcpy(u->text, buf_str(&b).p, b.n + 1);
}

enum lerr_code wsurl_parse(struct wsurl *out, struct str text, struct lerr *err)
{
	struct wsurl u = {.tls = false};
	struct parts p = {.is_ipv6 = false};
	struct str rest = text;
	size_t end;
	enum lerr_code rc;

	/* a "/" is put in front of a query without a path */
	if (text.n >= CAP_URL_BYTES)
		return lerr_set(err, LERR_LIMIT, 0, "URL above %d bytes",
				CAP_URL_BYTES - 1);
	if (!is_plain(text))
		return lerr_set(err, LERR_INPUT, 0, "a character that no URL holds");
	rc = take_scheme(&u, &rest, err);
	if (rc)
		return rc;
	rest.n = find_any(rest, "#");
	end = find_any(rest, "/?");
	p.path = skip(rest, end);
	rc = take_authority(&p, (struct str){rest.p, end}, err);
	if (!rc)
		rc = set_host(&u, &p, err);
	if (!rc)
		rc = set_port(&u, p.port, err);
	if (rc)
		return rc;
	end = p.path.n && p.path.p[0] == '/' ? 0 : 1;
	u.path[0] = '/';
	memcpy(u.path + end, p.path.p, p.path.n);
	write_text(&u);
	*out = u;
	return LERR_OK;
}
