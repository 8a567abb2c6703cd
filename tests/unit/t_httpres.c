/* SPDX-License-Identifier: MIT */
/* httpres.c: the wire form of answers and problem documents. */
#include "config.h"

#include "fcgi/httpres.h"

#include "lib/proto/jsonx.h"

#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

static void an_answer_has_one_wire_form(void **state)
{
	auto_buf struct buf out = BUF_INIT(4096);
	struct httpres res;

	(void)state;
	httpres_init(&res, "");
	res.type = "application/json";
	buf_add_c(&res.body, "{}");
	httpres_cache_public(&res);
	httpres_write_head(&out, &res, true);
	assert_buf(out, "Status: 200 OK\r\n"
			"Content-Type: application/json\r\n"
			"Content-Length: 2\r\n"
			"Cache-Control: public, max-age=1\r\n"
			"\r\n");
	httpres_free(&res);
}

static void without_nginx_the_headers_that_protect_are_added(void **state)
{
	auto_buf struct buf out = BUF_INIT(4096);
	struct httpres res;

	(void)state;
	httpres_init(&res, "");
	res.status = 304;
	httpres_write_head(&out, &res, false);
	assert_has(out.p, "Status: 304 Not Modified\r\n");
	assert_has(out.p, "X-Content-Type-Options: nosniff\r\n");
	assert_has(out.p, "Content-Security-Policy: default-src 'none'");
	assert_null(strstr(out.p, "Content-Length"));
	assert_true(str_ends(buf_str(&out), "\r\n\r\n"));
	httpres_free(&res);
}

static void every_problem_is_json_with_its_status(void **state)
{
	(void)state;
	for (int i = 0; i < HTTPRES_PROBLEMS; i++) {
		auto_buf struct buf out = BUF_INIT(4096);
		auto_json json_t *doc = NULL;
		struct httpres res;
		struct str type;
		uint64_t status;

		httpres_init(&res, "0123abcd");
		httpres_problem(&res, (enum httpres_problem)i,
				"With \"quotes\" \\ and so on.");
		assert_int_equal(
			jsonx_load(&doc, buf_str(&res.body), 4096, JSONX_UINTS, NULL),
			LERR_OK);
		assert_true(jsonx_get_u64(doc, "status", &status));
		assert_int_equal(status, res.status);
		assert_int_equal(res.status, httpres_problem_types[i].status);
		assert_true(jsonx_get_str(doc, "type", &type));
		assert_true(str_starts(type, "/problems/"));
		assert_true(str_ends(type, httpres_problem_types[i].slug));
		assert_true(jsonx_get_str(doc, "instance", &type));
		assert_str(type, "0123abcd");
		assert_true(jsonx_get_str(doc, "detail", &type));
		assert_str(type, "With \"quotes\" \\ and so on.");
		assert_non_null(json_object_get(doc, "title"));
		/* has a phrase, else this panics */
		httpres_write_head(&out, &res, true);
		assert_has(out.p, "Content-Type: application/problem+json\r\n");
		assert_has(out.p, "Cache-Control: no-store\r\n");
		httpres_free(&res);
	}
}

static void a_problem_takes_the_place_of_what_was_there(void **state)
{
	auto_buf struct buf out = BUF_INIT(4096);
	struct httpres res;

	(void)state;
	httpres_init(&res, "");
	res.type = "text/html";
	buf_add_c(&res.body, "half a page");
	httpres_header(&res, "ETag", "\"x\"");
	httpres_problem_at(&res, HTTPRES_VALIDATION, "No.", "/events/0");
	httpres_write_head(&out, &res, true);
	assert_null(strstr(out.p, "ETag"));
	assert_buf(res.body,
		   "{\"type\":\"/problems/validation\",\"status\":422,"
		   "\"title\":\"The body does not fit\",\"detail\":\"No.\","
		   "\"errors\":[{\"pointer\":\"/events/0\",\"detail\":\"No.\"}]}\n");
	httpres_free(&res);
}

static void codes_become_problems(void **state)
{
	static const struct {
		enum lerr_code code;
		unsigned int status;
	} all[] = {{LERR_INPUT, 400},  {LERR_LIMIT, 413}, {LERR_STATE, 409},
		   {LERR_DENIED, 401}, {LERR_TEMP, 503},  {LERR_GONE, 404}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct httpres res;

		httpres_init(&res, "");
		httpres_error(&res, all[i].code, NULL);
		assert_int_equal(res.status, all[i].status);
		httpres_free(&res);
	}
}

static void add_bad_header(void *arg)
{
	struct httpres res;

	httpres_init(&res, "");
	httpres_header(&res, "Link", "%s", (const char *)arg);
	httpres_free(&res);
}

static void a_line_break_in_a_header_is_our_bug(void **state)
{
	char cr[] = "a\rb";
	char lf[] = "a\nSet-Cookie: x";
	char good[] = "a b";

	(void)state;
	assert_true(unit_panics(add_bad_header, cr));
	assert_true(unit_panics(add_bad_header, lf));
	assert_false(unit_panics(add_bad_header, good));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_one_wire_form),
		cmocka_unit_test(without_nginx_the_headers_that_protect_are_added),
		cmocka_unit_test(every_problem_is_json_with_its_status),
		cmocka_unit_test(a_problem_takes_the_place_of_what_was_there),
		cmocka_unit_test(codes_become_problems),
		cmocka_unit_test(a_line_break_in_a_header_is_our_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
