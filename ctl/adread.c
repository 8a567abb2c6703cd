/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl/adread.h"

#include "lib/base/attr.h"
#include "lib/base/caps.h"
#include "lib/proto/amount.h"
#include "lib/proto/jsonx.h"

enum { DECIMALS = 9 };

static uint64_t tag_number(const struct nevent *ev, const char *name)
{
	struct str text = {NULL, 0};
	uint64_t v = ADREAD_NO_NUMBER;

	if (nevent_tag(ev, name, &text))
		(void)str_to_u64(text, INT64_MAX, &v);
	return v;
}

static bool has_loom_tag(const struct nevent *ev)
{
	static const char *const names[] = {"price", "max_duration", "min_duration", "S",
					    "A"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (nevent_count_tags(ev, names[i]))
			return true;
	return false;
}

bool adread_parse(struct adread *out, const struct nevent *ev)
{
	*out = (struct adread){
		.ev = ev,
		.max_jobs = ADREAD_NO_NUMBER,
		.queue_depth = ADREAD_NO_NUMBER,
		.min_s = tag_number(ev, "min_duration"),
		.max_s = tag_number(ev, "max_duration"),
		.free_s = tag_number(ev, "freelist_timeout"),
	};
	if (ev->kind != NKIND_WORKER || !has_loom_tag(ev) ||
	    jsonx_load(&out->content, ev->content, CAP_EVENT_BYTES, JSONX_ANY_NUMBERS,
		       NULL) != LERR_OK ||
	    !jsonx_get_str(out->content, "name", &out->name) || out->name.n == 0)
		return false;
	(void)jsonx_get_str(out->content, "description", &out->description);
	(void)jsonx_get_u64(out->content, "max_concurrent_jobs", &out->max_jobs);
	(void)jsonx_get_u64(out->content, "current_queue_depth", &out->queue_depth);
	(void)nevent_tag(ev, "A", &out->arch);
	return true;
}

void adread_wipe(struct adread *ad)
{
	jsonx_free_ptr(&ad->content);
	ad->content = NULL;
}

/* ---- tags that come again */

static const struct ntag *next_tag(const struct adread *ad, size_t *at, const char *name)
{
	while (*at < ad->ev->ntags) {
		const struct ntag *tag = &ad->ev->tags[(*at)++];

		if (tag->n > 1 && str_eq_c(tag->v[0], name))
			return tag;
	}
	return NULL;
}

static struct str element(const struct ntag *tag, size_t i)
{
	return i < tag->n ? tag->v[i] : (struct str){"", 0};
}

bool adread_next_price(const struct adread *ad, size_t *at, struct adread_price *out)
{
	const struct ntag *tag = next_tag(ad, at, "price");

	if (!tag)
		return false;
	*out = (struct adread_price){element(tag, 1), element(tag, 2), element(tag, 3),
				     element(tag, 4)};
	return true;
}

bool adread_cost(uint64_t *sat, struct str rate, uint64_t seconds)
{
	struct str whole;
	struct str part;
	uint64_t scale = 1;
	uint64_t cost;
	uint64_t v;

	if (rate.n == 0 || rate.p[0] == '.' || !str_next(&rate, '.', &whole) ||
	    !str_to_u64(whole, AMOUNT_MAX, &cost) || rate.n > DECIMALS)
		return false;
	part = rate;
	for (size_t i = 0; i < part.n; i++)
		scale *= 10;
	if (part.n && (!str_to_u64(part, scale, &v) || !amount_mul(&cost, scale) ||
		       !amount_add(&cost, v)))
		return false;
	if (!amount_mul(&cost, seconds) || cost == 0)
		return false;
	*sat = cost / scale + (cost % scale > 0);
	return true;
}

bool adread_next_software(const struct adread *ad, size_t *at,
			  struct adread_software *out)
{
	const struct ntag *tag = next_tag(ad, at, "S");

	if (!tag)
		return false;
	*out = (struct adread_software){element(tag, 1), element(tag, 2),
					element(tag, 3)};
	return true;
}

bool adread_is_newer(const struct nevent *a, const struct nevent *b)
{
	if (a->created_at != b->created_at)
		return a->created_at > b->created_at;
	return id32_cmp(&a->id, &b->id) < 0;
}
