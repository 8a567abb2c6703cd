/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/relaylist.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <string.h>

static bool is_listed(const struct relaylist *l, const char *url)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->of[i].text, url) == 0)
			return true;
	return l->has_own && strcmp(l->own, url) == 0;
}

static enum lerr_code add(struct relaylist *l, const struct conf *c, struct str word,
			  struct lerr *err)
{
	struct lerr why = {0};
	struct wsurl *url = &l->of[l->n];

	if (wsurl_parse(url, word, &why))
		return conf_refuse(c, CONF_NOSTR_RELAYS, err, "%s: %s",
				   conf_quote(word).c, why.msg);
	if (is_listed(l, url->text))
		log_event(LOG_INFO, "conf.same_relay", "relay=%s", url->text);
	else
		l->n++;
	return LERR_OK;
}

static enum lerr_code name_own(struct relaylist *l, const struct conf *c,
			       struct lerr *err)
{
	auto_buf struct buf text = BUF_INIT(CAP_URL_BYTES);
	struct str given = str_of(conf_text(c, CONF_RELAY_URL));
	struct str web = str_of(conf_text(c, CONF_PUBLIC_URL));
	struct lerr why = {0};
	struct wsurl url;

	if (given.n == 0 && web.n == 0) {
		str_copy(l->own, sizeof(l->own), STR_LIT("own"));
		return LERR_OK;
	}
	if (given.n) {
		buf_add_str(&text, given);
	} else {
		/* http://... and https://...: conf_check() has looked */
		buf_add_c(&text, "ws");
		buf_add(&text, web.p + strlen("http"), web.n - strlen("http"));
		buf_add_c(&text, "/relay");
	}
	if (buf_over(&text))
		return conf_refuse(c, CONF_PUBLIC_URL, err, "too long");
	if (wsurl_parse(&url, buf_str(&text), &why))
		return conf_refuse(c, given.n ? CONF_RELAY_URL : CONF_PUBLIC_URL, err,
				   "%s", why.msg);
	str_copy(l->own, sizeof(l->own), str_of(url.text));
	return LERR_OK;
}

enum lerr_code relaylist_read(struct relaylist *out, const struct conf *c,
			      struct lerr *err)
{
	auto_free struct relaylist *l = mem_zalloc(sizeof(*l));
	struct str rest = conf_list(c, CONF_NOSTR_RELAYS);
	struct str word;
	enum lerr_code rc = LERR_OK;

	l->has_own = conf_bool(c, CONF_OWN_RELAY);
	if (l->has_own)
		rc = name_own(l, c, err);
	while (!rc && conf_list_next(&rest, &word))
		rc = add(l, c, word, err);
	if (!rc)
		*out = *l;
	return rc;
}
