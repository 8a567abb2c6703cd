/* SPDX-License-Identifier: MIT */
/* Every message of every table goes through the same mill. */
#include "config.h"

#include "lib/ipc/ipcmsg.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipcapi.h"
#include "lib/ipc/ipcbridge.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"
#include "lib/proto/jsonx.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const struct ipc_type *types;
	size_t n;
	size_t error_type;
} tables[] = {
	{"ipckey", ipckey_types, IPCKEY_TYPES, IPCKEY_ERROR},
	{"ipcbridge", ipcbridge_types, IPCBRIDGE_TYPES, IPCBRIDGE_ERROR},
	{"ipcrun", ipcrun_types, IPCRUN_TYPES, IPCRUN_ERROR},
	{"ipcintake", ipcintake_types, IPCINTAKE_TYPES, IPCINTAKE_ERROR},
	{"ipcapi", ipcapi_types, IPCAPI_TYPES, IPCAPI_ERROR},
};

typedef void (*each_fn)(size_t table, size_t type);

static void for_each_message(each_fn fn)
{
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t].n; i++)
			fn(t, i);
}

/* ---- samples */

static uint64_t most(const struct ipc_field *f)
{
	return f->max ? f->max : CAP_CREATED_AT;
}

/* Text of n bytes that needs escapes. */
static char *sample_text(uint64_t n)
{
	static const char unit[] = "q\" b\\ n\n u\x01 \xc3\xa9.";
	char *text = mem_zalloc((size_t)n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = 'x';
	if (n >= sizeof(unit) - 1)
		memcpy(text, unit, sizeof(unit) - 1);
	return text;
}

static void fill_field(void *body, const struct ipc_field *f)
{
	void *at = (char *)body + f->offset;
	struct ipc_texts *texts = at;

	switch (f->kind) {
	case IPC_U64:
		*(uint64_t *)at = most(f);
		return;
	case IPC_BOOL:
		*(bool *)at = true;
		return;
	case IPC_TEXT:
		*(char **)at = sample_text(most(f) < 64 ? most(f) : 64);
		return;
	case IPC_TEXTS:
		ipc_texts_add(texts, STR_LIT("one"));
		ipc_texts_add(texts, STR_LIT(""));
		ipc_texts_add(texts, STR_LIT("\"\n\xf0\x9f\x92\xa9"));
		return;
	case IPC_ID32:
		memset(at, 0xab, sizeof(struct id32));
		return;
	case IPC_SIG:
		memset(at, 0xcd, sizeof(struct ipc_sig));
		return;
	}
}

static struct ipcmsg sample(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];
	struct ipcmsg m = {type, 42, mem_zalloc(desc->size), desc};

	for (size_t i = 0; i < desc->nfields; i++)
		fill_field(m.body, &desc->fields[i]);
	return m;
}

static json_t *sample_json(size_t table, size_t type)
{
	auto_ipcmsg struct ipcmsg m = sample(table, type);
	auto_buf struct buf text = BUF_INIT(CAP_IPC_BODY);
	json_t *obj = NULL;

	ipcmsg_encode(&text, m.desc, m.n, m.body);
	assert_int_equal(
		jsonx_load(&obj, buf_str(&text), CAP_IPC_BODY, JSONX_UINTS, NULL),
		LERR_OK);
	return obj;
}

/* Is obj refused, and does the message name the field? */
static void assert_refused(size_t table, const json_t *obj, const char *field)
{
	char *text = json_dumps(obj, JSON_COMPACT);
	struct ipcmsg m = {0};
	struct lerr err = {0};

	if (ipcmsg_decode(&m, tables[table].types, tables[table].n, str_of(text), &err) !=
	    LERR_INPUT)
		fail_msg("%s takes %.200s", tables[table].name, text);
	assert_null(m.body);
	if (field)
		assert_has(err.msg, field);
	free(text);
}

/* ---- properties */

static void goes_there_and_back(size_t table, size_t type)
{
	auto_ipcmsg struct ipcmsg m = sample(table, type);
	auto_buf struct buf first = BUF_INIT(CAP_IPC_BODY);
	auto_buf struct buf second = BUF_INIT(CAP_IPC_BODY);
	struct ipcmsg back = {0};
	struct lerr err = {0};

	ipcmsg_encode(&first, m.desc, m.n, m.body);
	if (ipcmsg_decode(&back, tables[table].types, tables[table].n, buf_str(&first),
			  &err))
		fail_msg("%s %s: %s", tables[table].name, m.desc->name, err.msg);
	assert_int_equal(back.type, type);
	assert_int_equal(back.n, 42);
	assert_ptr_equal(back.desc, m.desc);
	ipcmsg_encode(&second, back.desc, back.n, back.body);
	assert_buf(second, first.p);
	ipcmsg_wipe(&back);
	assert_null(back.body);
	ipcmsg_wipe(&back);
}

static void misses_a_field(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	for (size_t i = 0; i < desc->nfields; i++) {
		auto_json json_t *obj = sample_json(table, type);

		(void)json_object_del(obj, desc->fields[i].name);
		assert_refused(table, obj, desc->name);
		/* another field in its place does not help */
		(void)json_object_set_new(obj, "zzz", json_integer(1));
		assert_refused(table, obj, desc->fields[i].name);
	}
}

static void has_an_unknown_field(size_t table, size_t type)
{
	auto_json json_t *obj = sample_json(table, type);

	(void)json_object_set_new(obj, "zzz", json_integer(1));
	assert_refused(table, obj, tables[table].types[type].name);
}

static bool is_json_of(enum ipc_kind kind, const json_t *v)
{
	switch (kind) {
	case IPC_U64:
		return json_is_integer(v);
	case IPC_BOOL:
		return json_is_boolean(v);
	case IPC_TEXT:
	case IPC_ID32:
	case IPC_SIG:
		return json_is_string(v);
	case IPC_TEXTS:
		return json_is_array(v);
	}
	return false;
}

static void has_a_wrong_type(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	for (size_t i = 0; i < desc->nfields; i++) {
		json_t *wrong[] = {json_integer(1),    json_true(),  json_null(),
				   json_string("abc"), json_array(), json_object()};

		for (size_t k = 0; k < ARRAY_LEN(wrong); k++) {
			auto_json json_t *obj = sample_json(table, type);
			const struct ipc_field *f = &desc->fields[i];

			(void)json_object_set_new(obj, f->name, wrong[k]);
			/* "abc" is a wrong id, too */
			if (f->kind == IPC_ID32 || f->kind == IPC_SIG ||
			    !is_json_of(f->kind, wrong[k]))
				assert_refused(table, obj, f->name);
		}
	}
}

static json_t *over_the_limit(const struct ipc_field *f)
{
	json_t *list;
	char *text;
	json_t *v;

	if (f->kind == IPC_U64)
		return json_integer((json_int_t)most(f) + 1);
	if (f->kind == IPC_TEXTS) {
		list = json_array();
		for (uint64_t i = 0; i <= f->max; i++)
			(void)json_array_append_new(list, json_string(""));
		return list;
	}
	/* larger ones do not fit a message at all */
	if (f->kind != IPC_TEXT || most(f) >= CAP_IPC_BODY)
		return NULL;
	text = sample_text(most(f) + 1);
	v = json_string(text);
	mem_free(text);
	return v;
}

static void goes_over_a_limit(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	for (size_t i = 0; i < desc->nfields; i++) {
		auto_json json_t *obj = sample_json(table, type);
		json_t *v = over_the_limit(&desc->fields[i]);

		if (!v)
			continue;
		(void)json_object_set_new(obj, desc->fields[i].name, v);
		assert_refused(table, obj, desc->fields[i].name);
	}
}

/* Text of exactly the limit. */
static void reaches_a_limit(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	for (size_t i = 0; i < desc->nfields; i++) {
		auto_json json_t *obj = sample_json(table, type);
		const struct ipc_field *f = &desc->fields[i];
		struct ipcmsg m;
		char *text;
		char *wire;

		if (f->kind != IPC_TEXT || most(f) >= CAP_IPC_BODY)
			continue;
		text = sample_text(most(f));
		(void)json_object_set_new(obj, f->name, json_string(text));
		wire = json_dumps(obj, JSON_COMPACT);
		assert_int_equal(ipcmsg_decode(&m, tables[table].types, tables[table].n,
					       str_of(wire), NULL),
				 LERR_OK);
		ipcmsg_wipe(&m);
		mem_free(text);
		free(wire);
	}
}

static void has_a_nul(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	for (size_t i = 0; i < desc->nfields; i++) {
		auto_json json_t *obj = sample_json(table, type);
		const struct ipc_field *f = &desc->fields[i];
		json_t *nul = json_stringn("a\0b", 3);

		if (f->kind == IPC_TEXTS) {
			json_t *list = json_array();

			(void)json_array_append_new(list, nul);
			nul = list;
		} else if (f->kind != IPC_TEXT) {
			json_decref(nul);
			continue;
		}
		(void)json_object_set_new(obj, f->name, nul);
		assert_refused(table, obj, f->name);
	}
}

static void is_described(size_t table, size_t type)
{
	const struct ipc_type *desc = &tables[table].types[type];

	assert_true(desc->name && desc->name[0]);
	assert_true(desc->from && desc->from[0]);
	assert_true(desc->help && desc->help[0]);
	assert_true(desc->nfds <= CAP_IPC_FDS);
	for (size_t i = 0; i < desc->nfields; i++) {
		assert_true(desc->fields[i].help && desc->fields[i].help[0]);
		assert_true(desc->fields[i].offset < desc->size);
		assert_string_not_equal(desc->fields[i].name, "t");
		assert_string_not_equal(desc->fields[i].name, "n");
	}
	for (size_t k = 0; k < type; k++)
		assert_string_not_equal(desc->name, tables[table].types[k].name);
}

/* ---- tests */

static void every_message_goes_there_and_back(void **state)
{
	(void)state;
	for_each_message(goes_there_and_back);
}

static void a_missing_field_is_refused(void **state)
{
	(void)state;
	for_each_message(misses_a_field);
}

static void an_unknown_field_is_refused(void **state)
{
	(void)state;
	for_each_message(has_an_unknown_field);
}

static void a_wrongly_typed_field_is_refused(void **state)
{
	(void)state;
	for_each_message(has_a_wrong_type);
}

static void a_field_over_its_limit_is_refused(void **state)
{
	(void)state;
	for_each_message(goes_over_a_limit);
}

static void text_at_its_limit_is_taken(void **state)
{
	(void)state;
	for_each_message(reaches_a_limit);
}

static void a_nul_in_a_text_is_refused(void **state)
{
	(void)state;
	for_each_message(has_a_nul);
}

static void every_message_and_field_is_described_once(void **state)
{
	(void)state;
	for_each_message(is_described);
}

static void what_is_no_message_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"7",
		"{\"t\":\"pubkey\"}",
		"{\"n\":1}",
		"{\"t\":\"no_such\",\"n\":1}",
		"{\"t\":7,\"n\":1}",
		"{\"t\":\"pubkey\",\"n\":\"1\"}",
		"{\"t\":\"pubkey\",\"n\":-1}",
		"{\"t\":\"pubkey\",\"n\":1.0}",
		"{\"t\":\"pubkey\",\"n\":1}x",
		"{\"t\":\"pubkey\",\"t\":\"pubkey\",\"n\":1}",
		"{\"t\":\"pubkey\\u0000\",\"n\":1}",
		"{\"t\":\"pubkey\",\"n\":1,\"x\":[[[[[[[[[1]]]]]]]]]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ipcmsg m = {0};

		if (ipcmsg_decode(&m, ipckey_types, IPCKEY_TYPES, str_of(bad[i]), NULL) ==
		    LERR_OK)
			fail_msg("taken: %s", bad[i]);
		assert_null(m.body);
	}
}

static void upper_case_hex_is_refused(void **state)
{
	auto_json json_t *obj = sample_json(0, IPCKEY_SIGNED);

	(void)state;
	(void)json_object_set_new(obj, "id",
				  json_string("ABABABABABABABABABABABABABABABABABABABABA"
					      "BABABABABABABABABABABAB"));
	assert_refused(0, obj, "id");
}

static void null_text_travels_as_empty(void **state)
{
	struct ipckey_auth auth = {NULL, NULL};
	auto_buf struct buf text = BUF_INIT(1000);

	(void)state;
	ipcmsg_encode(&text, &ipckey_types[IPCKEY_AUTH], 1, &auth);
	assert_buf(text, "{\"t\":\"auth\",\"n\":1,\"relay\":\"\",\"challenge\":\"\"}");
}

static void encode_broken_text(void *arg)
{
	struct ipckey_auth auth = {(char[]){"\xff"}, NULL};

	ipcmsg_encode(arg, &ipckey_types[IPCKEY_AUTH], 1, &auth);
}

static void sending_text_that_is_not_utf8_is_our_own_bug(void **state)
{
	auto_buf struct buf text = BUF_INIT(1000);

	(void)state;
	assert_true(unit_panics(encode_broken_text, &text));
}

static void errors_come_back_as_code_and_text(void **state)
{
	struct lerr err = {0};

	(void)state;
	for (int code = LERR_INPUT; code < LERR_CODE_COUNT; code++) {
		char name[16];
		struct ipc_error e = {name, (char[]){"why"}};

		(void)snprintf(name, sizeof(name), "%s", lerr_name((enum lerr_code)code));
		assert_int_equal(ipc_error_read(&e, &err), code);
		assert_string_equal(err.msg, "why");
	}
	assert_int_equal(
		ipc_error_read(&(struct ipc_error){(char[]){"odd"}, (char[]){"why"}},
			       &err),
		LERR_TEMP);
}

static void every_table_ends_with_the_same_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		const struct ipc_type *e = &tables[i].types[tables[i].error_type];

		assert_string_equal(e->name, "error");
		assert_ptr_equal(e->fields, ipc_error_fields);
	}
}

static void the_docs_list_every_message_and_field(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		auto_buf struct buf out = BUF_INIT(CAP_IPC_BODY);

		ipcmsg_write_docs(&out, tables[t].types, tables[t].n);
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct ipc_type *desc = &tables[t].types[i];
			char head[80];

			(void)snprintf(head, sizeof(head), "### `%s` (from", desc->name);
			assert_has(out.p, head);
			for (size_t k = 0; k < desc->nfields; k++)
				assert_has(out.p, desc->fields[k].help);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_goes_there_and_back),
		cmocka_unit_test(a_missing_field_is_refused),
		cmocka_unit_test(an_unknown_field_is_refused),
		cmocka_unit_test(a_wrongly_typed_field_is_refused),
		cmocka_unit_test(a_field_over_its_limit_is_refused),
		cmocka_unit_test(text_at_its_limit_is_taken),
		cmocka_unit_test(a_nul_in_a_text_is_refused),
		cmocka_unit_test(every_message_and_field_is_described_once),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(upper_case_hex_is_refused),
		cmocka_unit_test(null_text_travels_as_empty),
		cmocka_unit_test(sending_text_that_is_not_utf8_is_our_own_bug),
		cmocka_unit_test(errors_come_back_as_code_and_text),
		cmocka_unit_test(every_table_ends_with_the_same_error),
		cmocka_unit_test(the_docs_list_every_message_and_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
