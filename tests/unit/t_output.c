/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/output.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "tests/unit/unit.h"

#include <string.h>

static void what_fits_is_untouched(void **state)
{
	auto_free char *head = mem_zalloc(CAP_BLOB_BYTES);
	auto_buf struct buf out = BUF_INIT(CAP_BLOB_BYTES);

	(void)state;
	memset(head, 'x', CAP_BLOB_BYTES);
	output_compose(&out, (struct str){head, CAP_BLOB_BYTES}, STR_LIT(""),
		       CAP_BLOB_BYTES);
	assert_false(buf_over(&out));
	assert_int_equal(out.n, CAP_BLOB_BYTES);
	assert_memory_equal(out.p, head, CAP_BLOB_BYTES);
	buf_reset(&out);
	output_compose(&out, STR_LIT(""), STR_LIT(""), 0);
	assert_int_equal(out.n, 0);
}

/* One byte too many: beginning, a line that says so, and the end; never over the cap. */
static void what_does_not_fit_keeps_both_ends(void **state)
{
	auto_free char *head = mem_zalloc(CAP_BLOB_BYTES);
	auto_free char *tail = mem_zalloc(CAP_OUT_TAIL);
	auto_buf struct buf out = BUF_INIT(CAP_BLOB_BYTES);
	char *mark;

	(void)state;
	memset(head, 'h', CAP_BLOB_BYTES);
	memset(tail, 't', CAP_OUT_TAIL);
	output_compose(&out, (struct str){head, CAP_BLOB_BYTES},
		       (struct str){tail, CAP_OUT_TAIL}, CAP_BLOB_BYTES + 1);
	assert_false(buf_over(&out));
	assert_int_equal(out.n, CAP_BLOB_BYTES);
	mark = strstr(out.p, "\n[loom: of 1048577 bytes, the middle is left out here]\n");
	assert_non_null(mark);
	assert_int_equal(out.p[0], 'h');
	assert_int_equal(mark[-1], 'h');
	assert_memory_equal(out.p + out.n - CAP_OUT_TAIL, tail, CAP_OUT_TAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_untouched),
		cmocka_unit_test(what_does_not_fit_keeps_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
