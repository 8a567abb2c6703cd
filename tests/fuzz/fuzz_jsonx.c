/* SPDX-License-Identifier: MIT */
/* Our reader and jansson's own see the same in the same text, and what is written is
 * read back. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "lib/proto/jsonx.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static void compare_readers(struct str text, enum jsonx_numbers numbers)
{
	auto_json json_t *ours = NULL;
	auto_json json_t *theirs = json_loadb(
		text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
		NULL);
	struct lerr err = {0};
	enum lerr_code rc = jsonx_load(&ours, text, CAP_EVENT_BYTES, numbers, &err);

	if (rc == LERR_OK)
		INVARIANT(theirs && json_equal(ours, theirs));
	else
		INVARIANT(!ours && err.msg[0] != '\0');
	/* with any numbers allowed, only depth makes us stricter; and raw NUL bytes, which
	 * jansson passes over where blanks may be */
	if (rc == LERR_INPUT && numbers == JSONX_ANY_NUMBERS && !str_has_nul(text))
		INVARIANT(!theirs);
}

static void write_and_read(struct str text)
{
	auto_buf struct buf json = BUF_INIT(6 * text.n + 2);
	auto_json json_t *back = NULL;
	enum lerr_code rc;

	jsonx_add_string(&json, text);
	rc = jsonx_load(&back, buf_str(&json), json.n, JSONX_UINTS, NULL);
	INVARIANT(rc == LERR_OK && json_is_string(back));
	INVARIANT(str_eq((struct str){json_string_value(back), json_string_length(back)},
			 text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);

	compare_readers(text, mode & 1 ? JSONX_UINTS : JSONX_ANY_NUMBERS);
	if (utf8_valid(text))
		write_and_read(text);
	return 0;
}
