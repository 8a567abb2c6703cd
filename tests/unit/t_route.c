/* SPDX-License-Identifier: MIT */
/* route.c: what exists, from where it can be reached, and what the router refuses. */
#include "config.h"

#include "fcgi/route.h"

#include "lib/base/mem.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BIG "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

enum from { CGI, NGINX, INSIDE };

static const struct route *find(const char *path, enum from from, const char **arg)
{
	struct httpreq req = {.behind_nginx = from != CGI, .internal = from == INSIDE};
	char *copy = mem_strdup(path);
	const struct route *r;

	req.path = copy;
	r = route_find(&req);
	if (arg)
		*arg = req.arg ? path + (req.arg - copy) : NULL;
	mem_free(copy);
	return r;
}

static void every_resource_has_its_path(void **state)
{
	static const struct {
		const char *path;
		handler_fn *handler;
	} all[] = {
		{"/api/v1/status", hstatus_get},
		{"/api/v1/jobs", hjobs_list},
		{"/api/v1/jobs/" ID, hjobs_one},
		{"/api/v1/jobs/x", hjobs_one},
		{"/healthz", hhealth_alive},
		{"/readyz", hhealth_ready},
		{"/fragments/summary", hpage_summary},
		{"/fragments/jobs", hpage_jobs},
		{"/" ID, hblob_get},
		{"/" ID ".txt", hblob_get},
		{"/" BIG, hblob_get},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct route *r = find(all[i].path, NGINX, NULL);

		assert_non_null(r);
		assert_true(r->handler == all[i].handler);
	}
}

static void what_is_not_in_the_table_does_not_exist(void **state)
{
	static const char *const paths[] = {
		"/",
		"/api",
		"/api/v1",
		"/api/v1/",
		"/api/v1/statu",
		"/api/v1/statuss",
		"/api/v1/status/",
		"/API/v1/status",
		"/api/v1/jobs/",
		("/api/v1/jobs/" ID "/"),
		("/api/v1/jobs/" ID "/logs"),
		"/x/api/v1/status",
		"/healthz/x",
		"/fragments",
		"/fragments/",
		("/" ID "/x"),
		("/" ID "0"),
		("/" ID "x"),
		("/x" ID),
		"/internal/events",
		"/internal",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_null(find(paths[i], NGINX, NULL));
}

static void the_variable_part_is_handed_over(void **state)
{
	const char *arg;

	(void)state;
	assert_non_null(find("/api/v1/jobs/" ID, NGINX, &arg));
	assert_string_equal(arg, ID);
	assert_non_null(find("/" ID ".tar.gz", NGINX, &arg));
	assert_string_equal(arg, ID ".tar.gz");
	assert_non_null(find("/api/v1/jobs", NGINX, &arg));
	assert_null(arg);
}

static void the_internal_part_is_for_the_internal_listener(void **state)
{
	const struct route *r = find("/internal/events", INSIDE, NULL);

	(void)state;
	assert_non_null(r);
	assert_true(r->handler == hinternal_post);
	assert_int_equal(r->body_max, CAP_HTTP_INTERNAL_BODY);
	assert_null(find("/internal/events", NGINX, NULL));
	assert_null(find("/internal/events", CGI, NULL));
}

static void plain_cgi_has_no_files_and_no_fragments(void **state)
{
	(void)state;
	assert_null(find("/" ID, CGI, NULL));
	assert_null(find("/fragments/jobs", CGI, NULL));
	assert_non_null(find("/api/v1/status", CGI, NULL));
}

/* ---- a request through the router; healthz asks nobody */

struct params {
	const char *method;
	const char *path;
	const char *query;
	const char *length;
};

static const char *param(void *ctx, const char *name)
{
	const struct params *p = ctx;

	if (strcmp(name, "REQUEST_METHOD") == 0)
		return p->method;
	if (strcmp(name, "DOCUMENT_URI") == 0)
		return p->path;
	if (strcmp(name, "QUERY_STRING") == 0)
		return p->query;
	if (strcmp(name, "CONTENT_LENGTH") == 0)
		return p->length;
	if (strcmp(name, "REQUEST_ID") == 0)
		return "abcdef";
	return NULL;
}

static size_t no_body(void *ctx, char *out, size_t n)
{
	(void)ctx;
	(void)out;
	(void)n;
	return 0;
}

static void serves(struct params p, unsigned int status, const char *part)
{
	struct httpreq_source src = {param, no_body, &p, true};
	auto_buf struct buf all = BUF_INIT(65536);
	struct httpreq req;
	struct httpres res;

	route_serve(&req, &res, &src);
	assert_int_equal(res.status, status);
	httpres_write_head(&all, &res, true);
	buf_add_str(&all, buf_str(&res.body));
	assert_has(all.p, part);
	httpres_free(&res);
	httpreq_wipe(&req);
}

static void the_router_checks_the_columns_of_the_table(void **state)
{
	(void)state;
	serves((struct params){"GET", "/healthz", "", ""}, 200, "ok\n");
	serves((struct params){"HEAD", "/healthz", "", "0"}, 200,
	       "Content-Length: 3\r\n");
	serves((struct params){"POST", "/healthz", "", "0"}, 405, "Allow: GET, HEAD\r\n");
	serves((struct params){"get", "/healthz", "", ""}, 405, "Allow: GET, HEAD\r\n");
	serves((struct params){"GET", "/healthz", "x=1", ""}, 400,
	       "/problems/bad-parameter");
	serves((struct params){"GET", "/healthz", "", "1"}, 413, "/problems/too-large");
	serves((struct params){"GET", "/healthz", "", "x"}, 400, "/problems/bad-request");
	serves((struct params){"GET", "/none", "", ""}, 404, "/problems/not-found");
	serves((struct params){"GET", "/../healthz", "", ""}, 400,
	       "/problems/bad-request");
	serves((struct params){"POST", "/internal/events", "", "0"}, 404,
	       "\"instance\":\"abcdef\"");
	serves((struct params){NULL, NULL, NULL, NULL}, 400, "/problems/bad-request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resource_has_its_path),
		cmocka_unit_test(what_is_not_in_the_table_does_not_exist),
		cmocka_unit_test(the_variable_part_is_handed_over),
		cmocka_unit_test(the_internal_part_is_for_the_internal_listener),
		cmocka_unit_test(plain_cgi_has_no_files_and_no_fragments),
		cmocka_unit_test(the_router_checks_the_columns_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
