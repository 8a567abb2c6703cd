/* SPDX-License-Identifier: MIT */
/* What decodes is encoded to the same text (in the strict kind) or bytes. */
#include "config.h"

#include "lib/base/b64.h"
#include "lib/base/panic.h"
#include "tests/fuzz/fuzz.h"

static void decode_encode(struct str text, enum b64_kind kind)
{
	auto_buf struct buf bytes = BUF_INIT(text.n);
	auto_buf struct buf back = BUF_INIT(2 * text.n + 4);
	auto_buf struct buf again = BUF_INIT(text.n);

	if (!b64_decode(&bytes, text, kind)) {
		INVARIANT(bytes.n == 0);
		return;
	}
	b64_encode(&back, bytes.p, bytes.n, kind);
	if (kind == B64_STD)
		INVARIANT(str_eq(buf_str(&back), text));
	INVARIANT(b64_decode(&again, buf_str(&back), kind));
	INVARIANT(str_eq(buf_str(&again), buf_str(&bytes)));
}

static void encode_decode(struct str bytes, enum b64_kind kind)
{
	auto_buf struct buf text = BUF_INIT(2 * bytes.n + 4);
	auto_buf struct buf back = BUF_INIT(bytes.n);

	b64_encode(&text, bytes.p, bytes.n, kind);
	INVARIANT(b64_decode(&back, buf_str(&text), kind));
	INVARIANT(str_eq(buf_str(&back), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum b64_kind kinds[] = {B64_STD, B64_ANY, B64_URL};
	enum b64_kind kind = kinds[fuzz_mode(&data, &size) % 3];

	decode_encode(fuzz_text(data, size), kind);
	encode_decode(fuzz_text(data, size), kind);
	return 0;
}
