/* SPDX-License-Identifier: MIT */
/* A filter that was read is written so that it reads and matches the same. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/jsonx.h"
#include "lib/proto/nfilter.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static struct nfilter *parse(struct str text)
{
	auto_json json_t *obj = NULL;
	struct nfilter *f = NULL;

	if (jsonx_load(&obj, text, CAP_FRAME_BYTES, JSONX_UINTS, NULL) ||
	    nfilter_from_json(&f, obj, NULL))
		INVARIANT(!f);
	return f;
}

static struct nevent *sample_event(void)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct id32 id = {{0}};

	ntags_add_c(tags, "p", id32_hex(&id).c, NULL);
	ntags_add_c(tags, "t", "a", NULL);
	return nevent_make(&id, 1000, 1, tags, STR_LIT(""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nevent *ev;
	auto_buf struct buf first = BUF_INIT(CAP_FRAME_BYTES);
	auto_buf struct buf second = BUF_INIT(CAP_FRAME_BYTES);
	struct nfilter *f = parse(fuzz_text(data, size));
	struct nfilter *back;

	if (!f)
		return 0;
	if (!ev)
		ev = sample_event();
	nfilter_write(&first, f);
	back = parse(buf_str(&first));
	INVARIANT(back);
	nfilter_write(&second, back);
	INVARIANT(str_eq(buf_str(&first), buf_str(&second)));
	INVARIANT(nfilter_matches(f, ev) == nfilter_matches(back, ev));
	{
		struct nfilter_index *x = nfilter_index_new(ev);

		INVARIANT(nfilter_finds(f, x) == nfilter_matches(f, ev));
		nfilter_index_free(x);
	}
	nfilter_free(f);
	nfilter_free(back);
	return 0;
}
