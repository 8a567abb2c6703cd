/* SPDX-License-Identifier: MIT */
/* httpreq.c: what is taken from a web server, and everything that is refused. */
#include "config.h"

#include "fcgi/httpreq.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* A request as "NAME=value" strings and a body that comes in pieces. */
struct fake {
	const char *params[16];
	const char *body;
	size_t piece;
};

static const char *fake_param(void *ctx, const char *name)
{
	const struct fake *f = ctx;
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(f->params) && f->params[i]; i++)
		if (strncmp(f->params[i], name, n) == 0 && f->params[i][n] == '=')
			return f->params[i] + n + 1;
	return NULL;
}

static size_t fake_read(void *ctx, char *out, size_t n)
{
	struct fake *f = ctx;
	size_t left = f->body ? strlen(f->body) : 0;

	if (f->piece && n > f->piece)
		n = f->piece;
	if (n > left)
		n = left;
	memcpy(out, f->body, n);
	f->body += n;
	return n;
}

static struct httpreq_source source_of(struct fake *f)
{
	return (struct httpreq_source){
		.param = fake_param, .read = fake_read, .ctx = f, .behind_nginx = true};
}

static enum lerr_code head(struct httpreq *req, struct fake f)
{
	struct httpreq_source src = source_of(&f);
	struct lerr err = {0};
	enum lerr_code rc = httpreq_head(req, &src, &err);

	/* what a client may see is text of ours, never an errno */
	assert_int_equal(err.os_errno, 0);
	assert_true((rc == LERR_OK) == (err.msg[0] == '\0'));
	return rc;
}

#define REQUEST(...) ((struct fake){.params = {__VA_ARGS__}})
#define GET(...) REQUEST("REQUEST_METHOD=GET", "DOCUMENT_URI=/x", __VA_ARGS__)

static void expect(enum lerr_code want, struct fake f)
{
	struct httpreq req;
	enum lerr_code rc = head(&req, f);

	if (rc != want)
		print_message("want %u, got %u for %s %s\n", want, rc, f.params[1],
			      f.params[2] ? f.params[2] : "");
	assert_int_equal(rc, want);
	httpreq_wipe(&req);
}

static void a_whole_request_is_read(void **state)
{
	struct httpreq req;

	(void)state;
	assert_int_equal(
		head(&req, REQUEST("REQUEST_METHOD=POST", "DOCUMENT_URI=/a/b.c",
				   "QUERY_STRING=state=done&cursor=%41b%2Dc+d",
				   "CONTENT_LENGTH=17",
				   "HTTP_AUTHORIZATION=bEARER abc.DEF-_~+/=",
				   "HTTP_IF_NONE_MATCH=\"x\"",
				   "REQUEST_ID=0123456789abcdef", "LOOM_INTERNAL=1")),
		LERR_OK);
	assert_int_equal(req.method, HTTPREQ_POST);
	assert_string_equal(req.path, "/a/b.c");
	assert_int_equal(req.nquery, 2);
	assert_string_equal(httpreq_query(&req, "state"), "done");
	assert_string_equal(httpreq_query(&req, "cursor"), "Ab-c d");
	assert_null(httpreq_query(&req, "limit"));
	assert_int_equal(req.length, 17);
	assert_string_equal(req.token, "abc.DEF-_~+/=");
	assert_string_equal(req.none_match, "\"x\"");
	assert_string_equal(req.id, "0123456789abcdef");
	assert_true(req.internal);
	httpreq_wipe(&req);
}

static void method_and_path_are_enough(void **state)
{
	struct httpreq req;

	(void)state;
	assert_int_equal(head(&req, REQUEST("REQUEST_METHOD=GET", "DOCUMENT_URI=/")),
			 LERR_OK);
	assert_int_equal(req.method, HTTPREQ_GET);
	assert_int_equal(req.nquery, 0);
	assert_int_equal(req.length, 0);
	assert_null(req.token);
	assert_null(req.none_match);
	assert_string_equal(req.id, "");
	assert_false(req.internal);
	httpreq_wipe(&req);
}

static void methods_are_told_apart(void **state)
{
	static const struct {
		const char *param;
		enum httpreq_method method;
	} methods[] = {
		{"REQUEST_METHOD=GET", HTTPREQ_GET},
		{"REQUEST_METHOD=HEAD", HTTPREQ_HEAD},
		{"REQUEST_METHOD=POST", HTTPREQ_POST},
		{"REQUEST_METHOD=get", HTTPREQ_OTHER},
		{"REQUEST_METHOD=GETS", HTTPREQ_OTHER},
		{"REQUEST_METHOD=DELETE", HTTPREQ_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct httpreq req;

		assert_int_equal(head(&req, REQUEST(methods[i].param, "DOCUMENT_URI=/x")),
				 LERR_OK);
		assert_int_equal(req.method, methods[i].method);
		httpreq_wipe(&req);
	}
	expect(LERR_INPUT, REQUEST("DOCUMENT_URI=/x"));
	expect(LERR_INPUT, REQUEST("REQUEST_METHOD=", "DOCUMENT_URI=/x"));
}

static void only_paths_in_normal_form_are_taken(void **state)
{
	static const char *const good[] = {"/",      "/a",
					   "/a/",    "/a/b",
					   "/...",   "/a..b",
					   "/.a",    "/a:b@c!$&'()*+,;=",
					   "/a~b_-", "/.well-known/x"};
	static const char *const bad[] = {
		"",      "a",       "a/b",    "//",        "//a",      "/a//b",
		"/a//",  "/.",      "/..",    "/./a",      "/../a",    "/a/..",
		"/a/.",  "/a/../b", "/a%2e",  "/%61",      "/a\\b",    "/a b",
		"/a\tb", "/a\nb",   "/a\x7f", "/\xc3\xa4", "/a?b",     "/a#b",
		"/a\"b", "/<a>",    "/a|b",   "*",         "http://x/"};
	char param[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		(void)snprintf(param, sizeof(param), "DOCUMENT_URI=%s", good[i]);
		expect(LERR_OK, REQUEST("REQUEST_METHOD=GET", param));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(param, sizeof(param), "DOCUMENT_URI=%s", bad[i]);
		expect(LERR_INPUT, REQUEST("REQUEST_METHOD=GET", param));
	}
	expect(LERR_INPUT, REQUEST("REQUEST_METHOD=GET"));
	(void)snprintf(param, sizeof(param), "DOCUMENT_URI=/%0*d", CAP_HTTP_PATH - 1, 0);
	expect(LERR_OK, REQUEST("REQUEST_METHOD=GET", param));
	(void)snprintf(param, sizeof(param), "DOCUMENT_URI=/%0*d", CAP_HTTP_PATH, 0);
	expect(LERR_INPUT, REQUEST("REQUEST_METHOD=GET", param));
}

static void queries_are_read_strictly(void **state)
{
	static const char *const good[] = {
		"",         "a=",  "a=1",   "a=1&b=2", "a=%20", "a=+",
		"a=%C3%A9", "a==", "a=b=c", "a=%26",   "a=%3d", "a_b=1"};
	static const char *const bad[] = {
		"a",     "=",        "=1",    "a=1&",        "&a=1",    "a=1&&b=2",
		"&",     "a=%",      "a=%1",  "a=%zz",       "a=%g0",   "a=%00",
		"a=%0a", "a=%1F",    "a=%7f", "a=\x7f",      "a=\x01",  "a=\xc3\xa9",
		"a=%c3", "a=%c3%28", "a=%ff", "a=%ed%a0%80", "a=1&a=2", "A=1",
		"a1=1",  "a-b=1",    "%61=1", "a=b c"};
	char param[CAP_HTTP_QUERY + 64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		(void)snprintf(param, sizeof(param), "QUERY_STRING=%s", good[i]);
		expect(LERR_OK, GET(param));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(param, sizeof(param), "QUERY_STRING=%s", bad[i]);
		expect(LERR_INPUT, GET(param));
	}
	(void)snprintf(param, sizeof(param), "QUERY_STRING=a=%0*d", CAP_HTTP_QUERY - 2,
		       0);
	expect(LERR_OK, GET(param));
	(void)snprintf(param, sizeof(param), "QUERY_STRING=a=%0*d", CAP_HTTP_QUERY - 1,
		       0);
	expect(LERR_INPUT, GET(param));
	expect(LERR_OK, GET("QUERY_STRING=a=&b=&c=&d=&e=&f=&g=&h="));
	expect(LERR_INPUT, GET("QUERY_STRING=a=&b=&c=&d=&e=&f=&g=&h=&i="));
}

static void query_names_are_compared_whole(void **state)
{
	struct httpreq req;
	struct lerr err;

	(void)state;
	assert_int_equal(head(&req, GET("QUERY_STRING=limit=1&state=x")), LERR_OK);
	assert_int_equal(httpreq_check_query(&req, "state,limit,cursor", &err), LERR_OK);
	assert_int_equal(httpreq_check_query(&req, "state,limits", &err), LERR_INPUT);
	assert_int_equal(httpreq_check_query(&req, "state,lim", &err), LERR_INPUT);
	assert_int_equal(httpreq_check_query(&req, "", &err), LERR_INPUT);
	httpreq_wipe(&req);
	assert_int_equal(head(&req, GET("X=")), LERR_OK);
	assert_int_equal(httpreq_check_query(&req, "", &err), LERR_OK);
	httpreq_wipe(&req);
}

static void only_bearer_tokens_are_taken(void **state)
{
	static const char *const bad[] = {"Bearer",          "Bearer ",
					  "Bearer  a",       "Bearer a b",
					  "Bearer a,b",      "Bearer a\x01",
					  "Bearer \xc3\xa9", "Basic YTpi",
					  "Bearera",         "a",
					  "Nostr abc",       " Bearer a"};
	char param[512];

	(void)state;
	expect(LERR_OK, GET("HTTP_AUTHORIZATION="));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(param, sizeof(param), "HTTP_AUTHORIZATION=%s", bad[i]);
		expect(LERR_DENIED, GET(param));
	}
	(void)snprintf(param, sizeof(param), "HTTP_AUTHORIZATION=Bearer %0*d",
		       CAP_HTTP_TOKEN, 0);
	expect(LERR_OK, GET(param));
	(void)snprintf(param, sizeof(param), "HTTP_AUTHORIZATION=Bearer %0*d",
		       CAP_HTTP_TOKEN + 1, 0);
	expect(LERR_DENIED, GET(param));
}

static void a_length_is_digits_and_nothing_else(void **state)
{
	static const char *const bad[] = {"-1",
					  "+1",
					  "0x1",
					  "1e3",
					  " 1",
					  "1 ",
					  "1,1",
					  "1.0",
					  "18446744073709551616",
					  "9223372036854775808",
					  "\xb2"};
	char param[64];
	struct httpreq req;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(param, sizeof(param), "CONTENT_LENGTH=%s", bad[i]);
		expect(LERR_INPUT, GET(param));
	}
	assert_int_equal(head(&req, GET("CONTENT_LENGTH=9223372036854775807")), LERR_OK);
	assert_int_equal(req.length, INT64_MAX);
	httpreq_wipe(&req);
	expect(LERR_OK, GET("CONTENT_LENGTH="));
}

static void a_request_id_that_nginx_would_not_make_is_dropped(void **state)
{
	static const char *const bad[] = {"0123456789ABCDEF", "12 34", "a\"b", "g",
					  "00000000000000000000000000000000f"};
	char param[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct httpreq req;

		(void)snprintf(param, sizeof(param), "REQUEST_ID=%s", bad[i]);
		assert_int_equal(head(&req, GET(param)), LERR_OK);
		assert_string_equal(req.id, "");
		httpreq_wipe(&req);
	}
}

static void only_the_one_parameter_makes_a_request_internal(void **state)
{
	static const char *const bad[] = {"LOOM_INTERNAL=",       "LOOM_INTERNAL=0",
					  "LOOM_INTERNAL=11",     "LOOM_INTERNAL= 1",
					  "HTTP_LOOM_INTERNAL=1", "LOOM_INTERNAL=true"};
	struct fake f = GET("LOOM_INTERNAL=1");
	struct httpreq_source src = source_of(&f);
	struct httpreq req;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(head(&req, GET(bad[i])), LERR_OK);
		assert_false(req.internal);
		httpreq_wipe(&req);
	}
	src.behind_nginx = false;
	assert_int_equal(httpreq_head(&req, &src, NULL), LERR_OK);
	assert_false(req.internal);
	assert_false(req.behind_nginx);
	httpreq_wipe(&req);
}

/* ---- bodies */

static enum lerr_code body(struct httpreq *req, struct fake f, size_t cap)
{
	struct httpreq_source src = source_of(&f);

	assert_int_equal(httpreq_head(req, &src, NULL), LERR_OK);
	return httpreq_read_body(req, &src, cap, NULL);
}

static struct fake post(const char *length, const char *text, size_t piece)
{
	struct fake f = REQUEST("REQUEST_METHOD=POST", "DOCUMENT_URI=/x", length);

	f.body = text;
	f.piece = piece;
	return f;
}

static void a_body_is_read_as_far_as_announced(void **state)
{
	struct httpreq req;

	(void)state;
	for (size_t piece = 0; piece < 4; piece++) {
		assert_int_equal(body(&req, post("CONTENT_LENGTH=5", "hello", piece), 5),
				 LERR_OK);
		assert_int_equal(req.body.n, 5);
		assert_memory_equal(req.body.p, "hello", 5);
		httpreq_wipe(&req);
	}
	assert_int_equal(body(&req, post("CONTENT_LENGTH=3", "hello", 0), 5), LERR_OK);
	assert_int_equal(req.body.n, 3);
	httpreq_wipe(&req);
	assert_int_equal(body(&req, post("CONTENT_LENGTH=0", "hello", 0), 5), LERR_OK);
	assert_int_equal(req.body.n, 0);
	httpreq_wipe(&req);
}

static void bodies_that_are_too_short_or_too_long_are_refused(void **state)
{
	struct httpreq req;

	(void)state;
	assert_int_equal(body(&req, post("CONTENT_LENGTH=6", "hello", 0), 9), LERR_INPUT);
	httpreq_wipe(&req);
	assert_int_equal(body(&req, post("CONTENT_LENGTH=5", "hello", 0), 4), LERR_LIMIT);
	assert_null(req.body.p);
	httpreq_wipe(&req);
	assert_int_equal(body(&req, post("X=", "hello", 0), 5), LERR_INPUT);
	httpreq_wipe(&req);
	assert_int_equal(body(&req, post("CONTENT_LENGTH=1", "h", 0), 0), LERR_LIMIT);
	httpreq_wipe(&req);
	assert_int_equal(body(&req, post("X=", "hello", 0), 0), LERR_OK);
	httpreq_wipe(&req);
	/* memory follows what arrives, whatever was announced */
	assert_int_equal(body(&req, post("CONTENT_LENGTH=4194304", "x", 0), 4194304),
			 LERR_INPUT);
	assert_true(req.body.room < 65536);
	httpreq_wipe(&req);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_request_is_read),
		cmocka_unit_test(method_and_path_are_enough),
		cmocka_unit_test(methods_are_told_apart),
		cmocka_unit_test(only_paths_in_normal_form_are_taken),
		cmocka_unit_test(queries_are_read_strictly),
		cmocka_unit_test(query_names_are_compared_whole),
		cmocka_unit_test(only_bearer_tokens_are_taken),
		cmocka_unit_test(a_length_is_digits_and_nothing_else),
		cmocka_unit_test(a_request_id_that_nginx_would_not_make_is_dropped),
		cmocka_unit_test(only_the_one_parameter_makes_a_request_internal),
		cmocka_unit_test(a_body_is_read_as_far_as_announced),
		cmocka_unit_test(bodies_that_are_too_short_or_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
