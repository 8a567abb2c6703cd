/* SPDX-License-Identifier: MIT */
/* URLs of mints: what is taken has no part that hides where it leads, and stays as it is
 * when it is read again. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/mintmsg.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf out = BUF_INIT(CAP_URL_BYTES);
	auto_buf struct buf again = BUF_INIT(CAP_URL_BYTES);
	struct lerr err = {0};
	enum lerr_code rc = mintmsg_url(&out, fuzz_text(data, size), &err);

	if (rc) {
		INVARIANT(out.n == 0 && (rc == LERR_INPUT || rc == LERR_LIMIT));
		INVARIANT(err.msg[0]);
		return 0;
	}
	INVARIANT(out.n <= size && out.p[out.n - 1] != '/' && strlen(out.p) == out.n);
	for (size_t i = 0; i < out.n; i++)
		INVARIANT(out.p[i] > ' ' && out.p[i] < 0x7f &&
			  !strchr("%?#\\\"", out.p[i]));
	if (str_starts(buf_str(&out), "http://"))
		INVARIANT(str_starts(buf_str(&out), "http://localhost") ||
			  str_starts(buf_str(&out), "http://127.") ||
			  str_starts(buf_str(&out), "http://[::1]"));
	rc = mintmsg_url(&again, buf_str(&out), NULL);
	INVARIANT(rc == LERR_OK && str_eq(buf_str(&again), buf_str(&out)));
	return 0;
}
