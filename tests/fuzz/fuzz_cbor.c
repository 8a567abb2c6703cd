/* SPDX-License-Identifier: MIT */
/*
 * CBOR: walking item by item and skipping whole items agree about what is read and where
 * it ends, and never claim more than the bytes that are there. What is walked is written
 * again and walks the same.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/cbor.h"
#include "tests/fuzz/fuzz.h"

/* The kinds that we write; another one ends the copy. */
static bool copy(struct buf *out, const struct cbor_item *item)
{
	switch (item->type) {
	case CBOR_UINT:
		cbor_add_uint(out, item->u);
		return true;
	case CBOR_BYTES:
		cbor_add_bytes(out, item->s.p, item->s.n);
		return true;
	case CBOR_TEXT:
		cbor_add_text(out, item->s);
		return true;
	case CBOR_ARRAY:
		cbor_add_array(out, item->count);
		return true;
	case CBOR_MAP:
		cbor_add_map(out, item->count);
		return true;
	case CBOR_NULL:
	case CBOR_OTHER:
		break;
	}
	return false;
}

/* One whole item: how many items are in it; 0 when it is refused. */
static size_t walk(struct cbor *c, struct buf *again, bool *all_copied)
{
	size_t n = 0;

	do {
		struct cbor_item item;

		if (!cbor_next(c, &item))
			return 0;
		n++;
		INVARIANT(c->p <= c->end && c->depth <= CAP_CBOR_DEPTH);
		INVARIANT(item.count <= (size_t)(c->end - c->p));
		*all_copied = *all_copied && copy(again, &item);
	} while (c->depth);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf again = BUF_INIT(2 * size + 16);
	struct cbor walked;
	struct cbor skipped;
	bool all_copied = true;
	bool is_skipped;
	size_t n;

	cbor_open(&walked, fuzz_text(data, size));
	cbor_open(&skipped, fuzz_text(data, size));
	n = walk(&walked, &again, &all_copied);
	is_skipped = cbor_skip(&skipped);
	INVARIANT(is_skipped == (n > 0));
	if (n == 0)
		return 0;
	INVARIANT(walked.p == skipped.p && skipped.depth == 0 && n <= size);
	if (all_copied) {
		auto_buf struct buf third = BUF_INIT(2 * size + 16);

		INVARIANT(again.n <= (size_t)(walked.p - data));
		cbor_open(&walked, buf_str(&again));
		n -= walk(&walked, &third, &all_copied);
		INVARIANT(n == 0 && cbor_at_end(&walked) &&
			  str_eq(buf_str(&third), buf_str(&again)));
	}
	return 0;
}
