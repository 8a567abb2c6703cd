/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/advert.h"

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/caps.h"
#include "lib/proto/jsonx.h"

#include <inttypes.h>
#include <stdio.h>

/* uname's names and the ones that clients compare with */
static const struct {
	const char *machine;
	const char *arch;
} machines[] = {
	{"x86_64", "amd64"}, {"aarch64", "arm64"},   {"armv7l", "arm"},
	{"i686", "386"},     {"riscv64", "riscv64"}, {"ppc64le", "ppc64le"},
	{"s390x", "s390x"},
};

void advert_arch(struct buf *out, struct str machine)
{
	buf_add_c(out, "linux/");
	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		if (!str_eq_c(machine, machines[i].machine))
			continue;
		buf_add_c(out, machines[i].arch);
		return;
	}
	buf_add_str(out, machine);
}

static void add_number_tag(struct ntags *tags, const char *name, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	ntags_add_c(tags, name, text, NULL);
}

static void add_text_tag(struct ntags *tags, const char *name, struct str v)
{
	struct str pair[2] = {str_of(name), v};

	if (v.n)
		ntags_add(tags, pair, 2);
}

/* The mint twice: clients look for it at either place. */
static void add_price(struct ntags *tags, struct str mint, uint64_t rate)
{
	char text[24];
	struct str five[5] = {STR_LIT("price"), mint, STR_LIT(""), STR_LIT("sat"), mint};

	(void)snprintf(text, sizeof(text), "%" PRIu64, rate);
	five[2] = str_of(text);
	ntags_add(tags, five, 5);
}

static void add_member(struct buf *out, const char *key, struct str value)
{
	buf_add_char(out, ',');
	jsonx_add_key(out, key);
	jsonx_add_string(out, value);
}

static void write_content(struct buf *out, const struct advert *a)
{
	buf_add_c(out, "{\"name\":");
	jsonx_add_string(out, a->name);
	if (a->description.n)
		add_member(out, "description", a->description);
	buf_addf(out,
		 ",\"max_concurrent_jobs\":%" PRIu64 ",\"current_queue_depth\":%" PRIu64,
		 a->max_jobs, a->queue_depth);
	/* GRASP sends unpaid jobs only to a worker that names this feature */
	if (a->has_free_keys)
		buf_add_c(out, ",\"capabilities\":{\"features\":["
			       "\"trusted_unpaid_internal_jobs\"]}");
	add_member(out, "backend", a->backend);
	add_member(out, "isolation", a->isolation);
	buf_add_char(out, '}');
}

struct nevent *advert_make(const struct advert *a)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_buf struct buf content = BUF_INIT(CAP_OUR_EVENT_BYTES);

	for (size_t i = 0; i < a->nsoftware; i++) {
		const struct advert_software *s = &a->software[i];
		struct str four[4] = {STR_LIT("S"), s->name, s->version, s->path};

		ntags_add(tags, four, 4);
	}
	add_text_tag(tags, "A", a->arch);
	add_text_tag(tags, "default_shell", a->shell);
	for (size_t i = 0; i < a->nmints; i++)
		add_price(tags, a->mints[i], a->rate);
	add_number_tag(tags, "min_duration", a->min_s);
	add_number_tag(tags, "max_duration", a->max_s);
	if (a->has_free_keys)
		add_number_tag(tags, "freelist_timeout", a->free_s);
	add_text_tag(tags, "g", a->geohash);
	for (size_t i = 0; i < a->nrelays; i++)
		add_text_tag(tags, "relay", a->relays[i]);
	write_content(&content, a);
	return nevent_make(&a->worker, a->created_at, NKIND_WORKER, tags,
			   buf_str(&content));
}
