/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/vectors/vec.h"

#include "lib/base/fdio.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 4 * 1024 * 1024,
	LARGE_DIGITS = 19,
};

struct vec_case {
	vec_fn fn;
	const json_t *v;
};

static struct CMUnitTest *tests;
static size_t ntests;
static size_t ran;
static size_t wanted;

static char *path_of(const char *file)
{
	struct buf b = BUF_INIT(4096);
	const char *folder = getenv("LOOM_VECTORS");
	const char *source = getenv("LOOM_SRCDIR");

	if (folder)
		buf_addf(&b, "%s/%s", folder, file);
	else
		buf_addf(&b, "%s/../shared/vectors/%s", source ? source : ".", file);
	return buf_take(&b);
}

void vec_read(struct buf *out, const char *file)
{
	char *path = path_of(file);
	struct lerr err = {0};
	enum lerr_code rc = fdio_read_file(AT_FDCWD, path, out, &err);

	mem_free(path);
	if (rc == LERR_OK)
		return;
	if (rc == LERR_GONE) {
		printf("1..0 # SKIP %s is not here (LOOM_VECTORS names its folder)\n",
		       file);
		exit(0);
	}
	printf("Bail out! %s\n", err.msg);
	exit(1);
}

/* Copy JSON text; a whole number of 19 digits or more gets quotes around it. */
static void quote_large_numbers(struct buf *out, struct str in)
{
	bool quoted = false;

	for (size_t i = 0; i < in.n;) {
		size_t n = 0;

		while (!quoted && i + n < in.n && in.p[i + n] >= '0' &&
		       in.p[i + n] <= '9')
			n++;
		if (in.p[i] == '"')
			quoted = !quoted;
		else if (quoted && in.p[i] == '\\')
			n = 2;
		buf_add_c(out, !quoted && n >= LARGE_DIGITS ? "\"" : "");
		buf_add(out, in.p + i, n ? n : 1);
		buf_add_c(out, !quoted && n >= LARGE_DIGITS ? "\"" : "");
		i += n ? n : 1;
	}
}

json_t *vec_load(const char *file)
{
	struct buf raw = BUF_INIT(FILE_MAX);
	struct buf text = BUF_INIT(FILE_MAX);
	json_error_t why;
	json_t *v;

	vec_read(&raw, file);
	quote_large_numbers(&text, buf_str(&raw));
	buf_free(&raw);
	v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	buf_free(&text);
	if (!v) {
		printf("Bail out! %s: %s\n", file, why.text);
		exit(1);
	}
	return v;
}

static void run_case(void **state)
{
	const struct vec_case *c = *state;

	ran++;
	c->fn(c->v);
}

static void as_many_cases_ran_as_the_file_has(void **state)
{
	(void)state;
	assert_int_equal(ran, wanted);
}

static char *name_of(const char *group, const json_t *v, size_t place)
{
	struct buf b = BUF_INIT(4096);
	const char *name = json_string_value(json_object_get(v, "name"));

	if (!name)
		name = json_string_value(json_object_get(v, "note"));
	if (!name)
		name = json_string_value(json_object_get(v, "why"));
	buf_addf(&b, "%s %zu: %s", group, place, name ? name : "");
	/* a # would be a directive of TAP */
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '#' || b.p[i] == '\n')
			b.p[i] = '?';
	return buf_take(&b);
}

static void add_test(char *name, CMUnitTestFunction fn, struct vec_case *c)
{
	tests = mem_resize(tests, ntests + 1, sizeof(*tests));
	tests[ntests++] = (struct CMUnitTest){name, fn, NULL, NULL, c};
}

void vec_add_all(const char *group, const json_t *list, vec_fn fn)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct vec_case *c = mem_zalloc(sizeof(*c));

		*c = (struct vec_case){fn, json_array_get(list, i)};
		add_test(name_of(group, c->v, i), run_case, c);
	}
}

int vec_run(size_t want)
{
	int rc;

	wanted = want;
	add_test(mem_strdup("as many cases ran as the file has"),
		 as_many_cases_ran_as_the_file_has, NULL);
	rc = _cmocka_run_group_tests("vectors", tests, ntests, NULL, NULL);
	for (size_t i = 0; i < ntests; i++) {
		char *name;

		memcpy(&name, &tests[i].name, sizeof(name));
		mem_free(name);
		mem_free(tests[i].initial_state);
	}
	mem_free(tests);
	return rc;
}

const char *vec_text(const json_t *v, const char *key)
{
	const char *text = json_string_value(json_object_get(v, key));

	if (!text)
		fail_msg("the case has no text %s", key);
	return text;
}

struct str vec_str(const json_t *v, const char *key)
{
	const json_t *text = json_object_get(v, key);

	(void)vec_text(v, key);
	return (struct str){json_string_value(text), json_string_length(text)};
}

size_t vec_number(const json_t *v, const char *key)
{
	const json_t *n = json_object_get(v, key);

	if (!json_is_integer(n))
		fail_msg("the case has no number %s", key);
	return (size_t)json_integer_value(n);
}

uint64_t vec_u64(const json_t *n)
{
	uint64_t v = 0;

	if (json_is_integer(n))
		return (uint64_t)json_integer_value(n);
	if (!str_to_u64(str_of(json_string_value(n)), UINT64_MAX, &v))
		fail_msg("no number");
	return v;
}

void vec_bytes(uint8_t *out, size_t n, const json_t *v, const char *key)
{
	if (!hex_decode(out, n, vec_str(v, key)))
		fail_msg("%s is not %zu bytes", key, n);
}

void vec_assert_sha256(struct str text, const char *hex)
{
	struct id32 want = unit_id(hex);
	struct id32 got = hash_sha256(text.p, text.n);

	assert_memory_equal(got.b, want.b, sizeof(want.b));
}
