/* SPDX-License-Identifier: MIT */
/* events.json: signed events with every escape, other spellings of some, broken ones. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/proto/hash.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"
#include "tests/vectors/vec.h"

#include <stdlib.h>

static struct nevent *parse_good(struct str text)
{
	struct nevent *ev = NULL;
	struct lerr err = {0};

	if (nevent_parse(&ev, text, &err) || nevent_verify(ev, &err))
		fail_msg("%s", err.msg);
	return ev;
}

static void is_valid(const json_t *v)
{
	char *text = json_dumps(json_object_get(v, "event"), JSON_COMPACT);
	auto_nevent struct nevent *ev = parse_good(str_of(text));
	auto_nevent struct nevent *again = NULL;
	auto_buf struct buf out = BUF_INIT(CAP_EVENT_BYTES);
	struct str preimage = vec_str(v, "serialized_utf8_hex");
	uint8_t *bytes = mem_zalloc(preimage.n / 2);
	struct id32 id;

	/* the preimage that the file gives has the id that we compute */
	assert_true(hex_decode(bytes, preimage.n / 2, preimage));
	id = hash_sha256(bytes, preimage.n / 2);
	assert_true(id32_eq(&id, &ev->id));
	id = nevent_hash(ev);
	assert_true(id32_eq(&id, &ev->id));
	/* what we write is the same event */
	nevent_write(&out, ev);
	again = parse_good(buf_str(&out));
	assert_true(id32_eq(&again->id, &ev->id));
	mem_free(bytes);
	free(text);
}

static void is_of_its_key(const json_t *v)
{
	struct nsign_key auto_key key = {{0}};
	struct id32 pub;
	const json_t *event = json_object_get(v, "event");

	assert_int_equal(nsign_parse(&key, vec_str(v, "seckey"), NULL), LERR_OK);
	assert_int_equal(nsign_pubkey(&pub, &key, NULL), LERR_OK);
	assert_string_equal(id32_hex(&pub).c, vec_text(event, "pubkey"));
}

static void valid(const json_t *v)
{
	is_valid(v);
	is_of_its_key(v);
}

static void other_spelling(const json_t *v)
{
	auto_nevent struct nevent *ev = parse_good(vec_str(v, "json"));

	assert_string_equal(id32_hex(&ev->id).c, vec_text(v, "id"));
}

static void assert_refused(struct str text)
{
	auto_nevent struct nevent *ev = NULL;

	if (nevent_parse(&ev, text, NULL) == LERR_OK &&
	    nevent_verify(ev, NULL) == LERR_OK)
		fail_msg("taken");
}

static void invalid(const json_t *v)
{
	assert_refused(vec_str(v, "json"));
}

static void invalid_bytes(const json_t *v)
{
	struct str hex = vec_str(v, "json_hex");
	char *bytes = mem_zalloc(hex.n / 2 + 1);

	assert_true(hex_decode((uint8_t *)bytes, hex.n / 2, hex));
	assert_refused((struct str){bytes, hex.n / 2});
	mem_free(bytes);
}

int main(void)
{
	json_t *file = vec_load("events.json");
	int rc;

	vec_add_all("valid", json_object_get(file, "valid"), valid);
	vec_add_all("spelling", json_object_get(file, "wire_variants"), other_spelling);
	vec_add_all("invalid", json_object_get(file, "invalid"), invalid);
	vec_add_all("bytes", json_object_get(file, "invalid_bytes"), invalid_bytes);
	rc = vec_run(71 + 7 + 37 + 5);
	json_decref(file);
	return rc;
}
