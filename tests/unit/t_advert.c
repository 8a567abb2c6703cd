/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/proto/advert.h"

#include "lib/base/buf.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/unit.h"

#include <jansson.h>

static struct advert a_worker(void)
{
	static const struct advert_software software[] = {
		{{"bash", 4}, {"5.2.15", 6}, {"/usr/bin/bash", 13}},
		{{"git", 3}, {"2.39.5", 6}, {"/usr/bin/git", 12}},
	};

	return (struct advert){.worker = unit_small_id(1),
			       .created_at = 1791400000,
			       .name = STR_LIT("a \"quoted\" name"),
			       .max_jobs = 4,
			       .queue_depth = 2,
			       .min_s = 10,
			       .max_s = 3600,
			       .software = software,
			       .nsoftware = ARRAY_LEN(software),
			       .arch = STR_LIT("linux/amd64"),
			       .shell = STR_LIT("/bin/bash"),
			       .backend = STR_LIT("shell"),
			       .isolation = STR_LIT("bubblewrap")};
}

static void content_is_one_object_with_integers(void **state)
{
	struct advert a = a_worker();
	auto_nevent struct nevent *ev = advert_make(&a);
	auto_json json_t *obj = NULL;
	struct str name;
	uint64_t n;

	(void)state;
	assert_int_equal(jsonx_load(&obj, ev->content, 4096, JSONX_UINTS, NULL), LERR_OK);
	assert_true(jsonx_get_str(obj, "name", &name));
	assert_str(name, "a \"quoted\" name");
	assert_true(jsonx_get_u64(obj, "max_concurrent_jobs", &n));
	assert_int_equal(n, 4);
	assert_true(jsonx_get_u64(obj, "current_queue_depth", &n));
	assert_int_equal(n, 2);
	assert_null(json_object_get(obj, "capabilities"));
	/* an empty description of another type would cost fields at one client */
	assert_null(json_object_get(obj, "description"));
}

static void tags_are_those_that_clients_need(void **state)
{
	struct advert a = a_worker();
	auto_nevent struct nevent *ev = advert_make(&a);
	struct str v;

	(void)state;
	assert_int_equal(ev->kind, NKIND_WORKER);
	assert_int_equal(nevent_count_tags(ev, "S"), 2);
	assert_int_equal(ev->tags[0].n, 4);
	assert_int_equal(nevent_count_tags(ev, "A"), 1);
	assert_true(nevent_tag(ev, "A", &v));
	assert_str(v, "linux/amd64");
	assert_true(nevent_tag(ev, "min_duration", &v));
	assert_str(v, "10");
	assert_true(nevent_tag(ev, "max_duration", &v));
	assert_str(v, "3600");
	assert_int_equal(nevent_check_id(ev, NULL), LERR_OK);
}

/* LOOM-07: a worker without a price never says 0. */
static void without_a_price_there_is_no_price_tag(void **state)
{
	struct advert a = a_worker();
	auto_nevent struct nevent *ev = advert_make(&a);

	(void)state;
	assert_int_equal(nevent_count_tags(ev, "price"), 0);
	assert_int_equal(nevent_count_tags(ev, "g"), 0);
	assert_int_equal(nevent_count_tags(ev, "freelist_timeout"), 0);
}

static void free_keys_are_announced(void **state)
{
	struct advert a = a_worker();
	auto_nevent struct nevent *ev = NULL;
	struct str v;

	(void)state;
	a.has_free_keys = true;
	a.free_s = 900;
	a.geohash = STR_LIT("u4pruy");
	ev = advert_make(&a);
	assert_has(ev->content.p, "trusted_unpaid_internal_jobs");
	assert_true(nevent_tag(ev, "freelist_timeout", &v));
	assert_str(v, "900");
	assert_true(nevent_tag(ev, "g", &v));
	assert_str(v, "u4pruy");
}

static void machines_have_the_names_that_clients_compare(void **state)
{
	auto_buf struct buf out = BUF_INIT(64);

	(void)state;
	advert_arch(&out, STR_LIT("x86_64"));
	assert_buf(out, "linux/amd64");
	buf_reset(&out);
	advert_arch(&out, STR_LIT("aarch64"));
	assert_buf(out, "linux/arm64");
	buf_reset(&out);
	advert_arch(&out, STR_LIT("mips"));
	assert_buf(out, "linux/mips");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_is_one_object_with_integers),
		cmocka_unit_test(tags_are_those_that_clients_need),
		cmocka_unit_test(without_a_price_there_is_no_price_tag),
		cmocka_unit_test(free_keys_are_announced),
		cmocka_unit_test(machines_have_the_names_that_clients_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
