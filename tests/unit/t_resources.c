/* SPDX-License-Identifier: MIT */
/*
 * The resources with an engine that this file plays (its engine_call() and the snapshot
 * take the place of engine.c and snapshot.c): documents pass unchanged, odd ones harm
 * nothing.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"
#include "fcgi/snapshot.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcapi.h"
#include "lib/proto/jsonx.h"

#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

/* ---- the engine */

static struct {
	const char *doc; /* NULL: no answer */
	enum lerr_code code;
	bool stale;
	uint64_t age_s;
	char token[300]; /* what it was asked with */
} engine;

enum lerr_code engine_call(struct ipcmsg *answer, enum engine_door door, size_t type,
			   const void *body, size_t answer_type, struct lerr *err)
{
	(void)answer;
	(void)door;
	(void)type;
	(void)body;
	(void)answer_type;
	return lerr_set(err, engine.code, 0, "no");
}

enum lerr_code engine_document(struct buf *out, struct json_t **parsed, size_t type,
			       const void *body, struct lerr *err)
{
	const char *token = NULL;

	if (type == IPCAPI_STATUS)
		token = ((const struct ipcapi_status *)body)->token;
	else if (type == IPCAPI_JOBS)
		token = ((const struct ipcapi_jobs *)body)->token;
	else if (type == IPCAPI_JOB)
		token = ((const struct ipcapi_job *)body)->token;
	(void)snprintf(engine.token, sizeof(engine.token), "%s", token ? token : "none");
	if (!engine.doc)
		return lerr_set(err, engine.code, 0, "no");
	buf_add_c(out, engine.doc);
	return parsed ? jsonx_load(parsed, str_of(engine.doc), CAP_HTTP_ANSWER,
				   JSONX_ANY_NUMBERS, err)
		      : LERR_OK;
}

enum lerr_code snapshot_get(struct buf *out, struct snapshot *about, struct lerr *err)
{
	if (!engine.doc)
		return lerr_set(err, LERR_TEMP, 0, "no");
	about->stale = engine.stale;
	about->age_s = engine.age_s;
	buf_add_c(out, engine.doc);
	return LERR_OK;
}

/* ---- asking */

static struct httpres ask(handler_fn *handler, char *token, const char *arg)
{
	struct httpreq req = {.behind_nginx = true, .token = token, .arg = arg};
	struct httpres res;

	httpres_init(&res, "");
	handler(&req, &res);
	return res;
}

static void gives(handler_fn *handler, char *token, unsigned int status, const char *body)
{
	struct httpres res = ask(handler, token, NULL);

	assert_int_equal(res.status, status);
	assert_has(res.body.p ? res.body.p : "", body);
	httpres_free(&res);
}

static void is_exactly(handler_fn *handler, char *token, const char *body)
{
	struct httpres res = ask(handler, token, NULL);

	assert_int_equal(res.status, 200);
	assert_buf(res.body, body);
	httpres_free(&res);
}

static int reset(void **state)
{
	(void)state;
	memset(&engine, 0, sizeof(engine));
	engine.code = LERR_TEMP;
	return 0;
}

/* ---- status */

static void a_document_passes_unchanged(void **state)
{
	static const char *const docs[] = {"{}", " { \"a\" : 1.0e5 } \n",
					   "{\"z\":1,\"a\":\"\\u00e9\\/\"}",
					   "{\"accepting\":true,\"x\":[[[1]]]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
		engine.doc = docs[i];
		is_exactly(hstatus_get, NULL, docs[i]);
		is_exactly(hjobs_list, NULL, docs[i]);
	}
}

static void a_stale_document_says_so_first(void **state)
{
	static const struct {
		const char *doc;
		const char *out;
	} all[] = {
		{"{\"a\":1}", "{\"stale\":true,\"age_s\":77,\"a\":1}"},
		{"{}", "{\"stale\":true,\"age_s\":77}"},
		{" {\n } ", "{\"stale\":true,\"age_s\":77\n }"},
		{" { \"a\":{} }\n", "{\"stale\":true,\"age_s\":77, \"a\":{} }"},
	};

	(void)state;
	engine.stale = true;
	engine.age_s = 77;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		auto_json json_t *doc = NULL;

		engine.doc = all[i].doc;
		is_exactly(hstatus_get, NULL, all[i].out);
		assert_int_equal(
			jsonx_load(&doc, str_of(all[i].out), 1000, JSONX_UINTS, NULL),
			LERR_OK);
	}
}

static void a_token_goes_to_the_engine_and_no_further(void **state)
{
	char token[] = "loom_secret";
	struct httpres res;

	(void)state;
	engine.doc = "{\"full\":1}";
	res = ask(hstatus_get, token, NULL);
	assert_string_equal(engine.token, token);
	assert_has(res.headers.p, "Cache-Control: no-store");
	assert_null(strstr(res.headers.p, token));
	httpres_free(&res);
	is_exactly(hjobs_list, token, "{\"full\":1}");
	assert_string_equal(engine.token, token);
	/* the page is the same for everybody */
	gives(hpage_jobs, token, 200, "No job yet");
	assert_string_equal(engine.token, "none");
}

static void refusals_of_the_engine_are_passed_on_by_kind(void **state)
{
	char token[] = "x";

	(void)state;
	engine.code = LERR_DENIED;
	gives(hstatus_get, token, 401, "/problems/invalid-token");
	engine.code = LERR_INPUT;
	gives(hjobs_list, NULL, 400, "/problems/bad-parameter");
	engine.code = LERR_TEMP;
	gives(hstatus_get, token, 503, "/problems/worker-unavailable");
	gives(hstatus_get, NULL, 503, "/problems/worker-unavailable");
	gives(hjobs_list, NULL, 503, "/problems/worker-unavailable");
}

/* ---- readyz */

static void readiness_follows_the_document(void **state)
{
	static const struct {
		const char *doc;
		bool stale;
		uint64_t age_s;
		unsigned int status;
		const char *part;
	} all[] = {
		{"{\"accepting\":true,\"relays\":[{\"state\":\"up\"}],"
		 "\"backend\":{\"usable\":true}}",
		 false, 0, 200, "{\"status\":\"pass\","},
		{"{\"accepting\":false,\"relays\":[{\"state\":\"up\"}],"
		 "\"backend\":{\"usable\":true}}",
		 false, 0, 200, "{\"status\":\"warn\","},
		{"{\"accepting\":true,\"relays\":[{\"state\":\"up\"},{\"state\":"
		 "\"waiting\"}],"
		 "\"backend\":{\"usable\":true}}",
		 false, 0, 200, "\"relays\":{\"status\":\"warn\""},
		{"{\"accepting\":true,\"relays\":[{\"state\":\"waiting\"}],"
		 "\"backend\":{\"usable\":true}}",
		 false, 0, 503, "\"relays\":{\"status\":\"fail\""},
		{"{\"accepting\":true,\"relays\":[],\"backend\":{\"usable\":true}}",
		 false, 0, 503, "\"relays\":{\"status\":\"fail\""},
		{"{\"accepting\":true,\"relays\":[{\"state\":\"up\"}],"
		 "\"backend\":{\"usable\":false}}",
		 false, 0, 503, "\"backend\":{\"status\":\"fail\""},
		{"{\"accepting\":true,\"relays\":[{\"state\":\"up\"}],"
		 "\"backend\":{\"usable\":true}}",
		 true, 9, 200, "\"worker\":{\"status\":\"warn\""},
		{"{\"accepting\":true,\"relays\":[{\"state\":\"up\"}],"
		 "\"backend\":{\"usable\":true}}",
		 true, 10, 503, "\"worker\":{\"status\":\"fail\""},
		{"{}", false, 0, 200,
		 "\"relays\":{\"status\":\"warn\",\"detail\":\"unknown\"}"},
		{NULL, false, 0, 503, "\"worker\":{\"status\":\"fail\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		engine.doc = all[i].doc;
		engine.stale = all[i].stale;
		engine.age_s = all[i].age_s;
		gives(hhealth_ready, NULL, all[i].status, all[i].part);
	}
}

static void health_needs_nobody(void **state)
{
	(void)state;
	is_exactly(hhealth_alive, NULL, "ok\n");
}

/* ---- the page */

static void odd_documents_harm_no_page(void **state)
{
	static const char *const docs[] = {
		"{}",
		"{\"relays\":null,\"software\":1,\"backend\":[],\"jobs\":\"x\",\"items\":"
		"{}}",
		"{\"relays\":[null,1,\"x\",[],{}],\"software\":[null,{}],"
		"\"items\":[null,1,[],{},{\"id\":1,\"stdout\":1,\"exit_code\":\"x\"}]}",
		"{\"started_at\":5,\"now_at\":1,\"slots\":-1,\"running\":1.5}",
		"{\"jobs\":{\"failed\":9223372036854775807,\"timeout\":"
		"9223372036854775807,"
		"\"fault\":9223372036854775807}}",
		"{\"items\":[{\"outcome\":\"\",\"state\":\"\",\"received_at\":0}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
		engine.doc = docs[i];
		gives(hpage_summary, NULL, 200, "id=\"h-relays\"");
		gives(hpage_jobs, NULL, 200, "id=\"h-jobs\"");
	}
	engine.doc = NULL;
	gives(hpage_summary, NULL, 200, "The worker does not answer.");
	gives(hpage_jobs, NULL, 200, "not available");
}

static void unknown_is_shown_as_unknown(void **state)
{
	(void)state;
	engine.doc = "{}";
	gives(hpage_summary, NULL, 200,
	      "It is unknown whether jobs are accepted. ? of ?");
	gives(hpage_summary, NULL, 200, "<dt>Name</dt><dd>unknown</dd>");
	gives(hpage_summary, NULL, 200, "<dt>Up for</dt><dd>unknown</dd>");
	engine.doc = "{\"items\":[{}]}";
	gives(hpage_jobs, NULL, 200, "<bdi>unknown</bdi>");
}

static void a_job_that_has_not_ended_has_no_exit_code(void **state)
{
	(void)state;
	engine.doc = "{\"items\":[{\"state\":\"queued\",\"outcome\":null,\"exit_code\":0,"
		     "\"duration_s\":0}]}";
	gives(hpage_jobs, NULL, 200,
	      "<td data-l=\"Took\">–</td><td data-l=\"Exit code\">–</td>");
	engine.doc = "{\"items\":[{\"state\":\"done\",\"outcome\":\"completed\","
		     "\"exit_code\":0,\"duration_s\":0}]}";
	gives(hpage_jobs, NULL, 200,
	      "<td data-l=\"Took\">0 s</td><td data-l=\"Exit code\">0</td>");
}

/* ---- one job, one blob: what is no id asks nobody */

static void ids_are_checked_before_the_engine_is_asked(void **state)
{
	static const char *const bad[] = {
		"", "x", "0123",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};

	(void)state;
	engine.doc = "{}";
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct httpres res = ask(hjobs_one, NULL, bad[i]);

		assert_int_equal(res.status, 400);
		httpres_free(&res);
	}
	assert_string_equal(engine.token, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_document_passes_unchanged, reset),
		cmocka_unit_test_setup(a_stale_document_says_so_first, reset),
		cmocka_unit_test_setup(a_token_goes_to_the_engine_and_no_further, reset),
		cmocka_unit_test_setup(refusals_of_the_engine_are_passed_on_by_kind,
				       reset),
		cmocka_unit_test_setup(readiness_follows_the_document, reset),
		cmocka_unit_test_setup(health_needs_nobody, reset),
		cmocka_unit_test_setup(odd_documents_harm_no_page, reset),
		cmocka_unit_test_setup(unknown_is_shown_as_unknown, reset),
		cmocka_unit_test_setup(a_job_that_has_not_ended_has_no_exit_code, reset),
		cmocka_unit_test_setup(ids_are_checked_before_the_engine_is_asked, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
