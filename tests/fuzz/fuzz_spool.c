/* SPDX-License-Identifier: MIT */
/*
 * Records of the spool: whatever is read can be written and read again to the same, and
 * what the runner would kill or bill by is in range.
 *
 * Input: one byte that chooses the record, then its text.
 */
#include "config.h"

#include "lib/base/panic.h"
#include "lib/base/utf8.h"
#include "runner/reason.h"
#include "runner/spool.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_holder(struct str text)
{
	auto_buf struct buf again = BUF_INIT(CAP_RECORD_BYTES);
	struct spool_holder h;
	struct spool_holder back;

	memset(&h, 0, sizeof(h));
	memset(&back, 0, sizeof(back));
	if (spool_decode_holder(&h, text, NULL))
		return;
	INVARIANT(h.shim_pid > 0 && h.shim_pid <= INT32_MAX);
	INVARIANT(h.slot[0] && !strchr(h.slot, '/'));
	spool_encode_holder(&again, &h);
	INVARIANT(!spool_decode_holder(&back, buf_str(&again), NULL));
	INVARIANT(strcmp(back.slot, h.slot) == 0 && back.uid == h.uid &&
		  back.shim_pid == h.shim_pid && back.shim_start == h.shim_start &&
		  strcmp(back.boot_id, h.boot_id) == 0);
}

static void check_verdict(struct str text)
{
	auto_buf struct buf again = BUF_INIT(CAP_RECORD_BYTES);
	struct spool_verdict v;
	struct spool_verdict back;

	memset(&v, 0, sizeof(v));
	memset(&back, 0, sizeof(back));
	if (spool_decode_verdict(&v, text, NULL))
		return;
	INVARIANT(strcmp(v.verdict, SPOOL_RUN) == 0 ||
		  strcmp(v.verdict, SPOOL_VOID) == 0);
	spool_encode_verdict(&again, &v);
	INVARIANT(!spool_decode_verdict(&back, buf_str(&again), NULL));
	INVARIANT(strcmp(back.verdict, v.verdict) == 0 && back.init_pid == v.init_pid &&
		  back.init_start == v.init_start);
}

static void check_status(struct str text)
{
	auto_buf struct buf again = BUF_INIT(CAP_RECORD_BYTES);
	struct spool_status s;
	struct spool_status back;
	enum reason r;

	if (spool_decode_status(&s, text, NULL))
		return;
	INVARIANT(reason_find(&r, str_of(s.reason)));
	INVARIANT(s.exit_code <= 255 && s.signal <= 64 && s.wall_ms <= CAP_CREATED_AT);
	INVARIANT(utf8_valid(str_of(s.text)) && utf8_valid(str_of(s.cpu_source)));
	spool_encode_status(&again, &s);
	INVARIANT(again.n <= CAP_STATUS_BYTES);
	INVARIANT(!spool_decode_status(&back, buf_str(&again), NULL));
	INVARIANT(strcmp(back.text, s.text) == 0 && back.cpu_us == s.cpu_us &&
		  back.stderr_bytes == s.stderr_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);
	char clean[64];

	if (mode % 3 == 0)
		check_holder(text);
	else if (mode % 3 == 1)
		check_verdict(text);
	else
		check_status(text);
	record_clean_text(clean, sizeof(clean), text);
	INVARIANT(utf8_valid(str_of(clean)) && !strchr(clean, '\n'));
	return 0;
}
