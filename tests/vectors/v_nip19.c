/* SPDX-License-Identifier: MIT */
/* nip19.json: texts with what is in them, and texts that must be refused. */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/proto/nip19.h"
#include "tests/vectors/vec.h"

#include <string.h>

static const char *const types[] = {"npub",     "nsec",   "note",
				    "nprofile", "nevent", "naddr"};

static struct nip19 parse_good(struct str text)
{
	struct nip19 n = {0};
	struct lerr err = {0};

	if (nip19_parse(&n, text, &err))
		fail_msg("%s", err.msg);
	return n;
}

static void assert_id(const struct id32 *id, const json_t *data, const char *key)
{
	assert_string_equal(id32_hex(id).c, vec_text(data, key));
}

static void assert_relays(const struct nip19 *n, const json_t *list)
{
	assert_int_equal(n->nrelays, json_array_size(list));
	for (size_t i = 0; i < n->nrelays; i++)
		assert_str(n->relays[i], json_string_value(json_array_get(list, i)));
}

static void assert_entries(const struct nip19 *n, const json_t *data)
{
	assert_relays(n, json_object_get(data, "relays"));
	assert_int_equal(n->has_kind, json_object_get(data, "kind") != NULL);
	if (n->has_kind)
		assert_int_equal(n->kind, vec_number(data, "kind"));
	if (n->type == NIP19_NPROFILE)
		assert_id(&n->id, data, "pubkey");
	if (n->type == NIP19_NEVENT) {
		assert_id(&n->id, data, "id");
		assert_int_equal(n->has_author, json_object_get(data, "author") != NULL);
		if (n->has_author)
			assert_id(&n->author, data, "author");
	}
	if (n->type == NIP19_NADDR) {
		assert_str(n->d, vec_text(data, "identifier"));
		assert_id(&n->author, data, "pubkey");
	}
}

static void assert_data(const struct nip19 *n, const json_t *v)
{
	const json_t *data = json_object_get(v, "data");

	assert_string_equal(types[n->type], vec_text(v, "type"));
	if (json_is_string(data))
		assert_string_equal(id32_hex(&n->id).c, json_string_value(data));
	else
		assert_entries(n, data);
}

static void valid(const json_t *v)
{
	struct nip19 n = parse_good(vec_str(v, "bech32"));
	auto_buf struct buf text = BUF_INIT(10000);
	struct nip19 again;

	assert_data(&n, v);
	/* what we write has the same in it; bare ids have one spelling */
	nip19_add(&text, &n);
	again = parse_good(buf_str(&text));
	assert_data(&again, v);
	if (n.type <= NIP19_NOTE && vec_text(v, "bech32")[0] == 'n')
		assert_buf(text, vec_text(v, "bech32"));
	nip19_wipe(&n);
	nip19_wipe(&again);
}

static void invalid(const json_t *v)
{
	struct str text = vec_str(v, "bech32");
	struct nip19 n = {0};
	/* what NIP-21 puts in front we take off ourselves */
	bool is_uri = str_starts(text, "nostr:");

	assert_int_equal(nip19_parse(&n, text, NULL) == LERR_OK, is_uri);
	if (is_uri)
		nip19_wipe(&n);
}

int main(void)
{
	json_t *file = vec_load("nip19.json");
	int rc;

	vec_add_all("valid", json_object_get(file, "valid"), valid);
	vec_add_all("invalid", json_object_get(file, "invalid"), invalid);
	rc = vec_run(20 + 21);
	json_decref(file);
	return rc;
}
