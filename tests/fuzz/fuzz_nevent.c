/* SPDX-License-Identifier: MIT */
/* An event that was read is written so that it reads the same, with the same id. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/nevent.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void assert_same(const struct nevent *a, const struct nevent *b)
{
	INVARIANT(id32_eq(&a->id, &b->id) && id32_eq(&a->pubkey, &b->pubkey));
	INVARIANT(memcmp(a->sig, b->sig, sizeof(a->sig)) == 0);
	INVARIANT(a->created_at == b->created_at && a->kind == b->kind);
	INVARIANT(str_eq(a->content, b->content) && a->ntags == b->ntags);
	for (size_t i = 0; i < a->ntags; i++) {
		INVARIANT(a->tags[i].n == b->tags[i].n);
		for (size_t k = 0; k < a->tags[i].n; k++)
			INVARIANT(str_eq(a->tags[i].v[k], b->tags[i].v[k]));
	}
}

static void look_at_tags(const struct nevent *ev)
{
	struct str v = {NULL, 0};
	struct id32 id;

	if (nevent_tag(ev, "p", &v))
		INVARIANT(nevent_count_tags(ev, "p") > 0);
	if (nevent_tag_id32(ev, "p", &id))
		INVARIANT(nevent_has_tag(ev, "p", str_of(id32_hex(&id).c)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_nevent struct nevent *ev = NULL;
	auto_nevent struct nevent *back = NULL;
	auto_buf struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	struct id32 first;
	struct id32 second;
	enum lerr_code rc;

	if (nevent_parse(&ev, fuzz_text(data, size), NULL)) {
		INVARIANT(!ev);
		return 0;
	}
	look_at_tags(ev);
	/* never longer than what came in: it passes the same limits again */
	nevent_write(&text, ev);
	INVARIANT(text.n <= size);
	rc = nevent_parse(&back, buf_str(&text), NULL);
	INVARIANT(rc == LERR_OK);
	assert_same(ev, back);
	first = nevent_hash(ev);
	second = nevent_hash(back);
	INVARIANT(id32_eq(&first, &second));
	rc = nevent_check_id(ev, NULL);
	INVARIANT((rc == LERR_OK) == id32_eq(&first, &ev->id));
	return 0;
}
