/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/output.h"

#include "lib/base/caps.h"

#include <inttypes.h>
#include <stdio.h>

void output_compose(struct buf *out, struct str head, struct str tail, uint64_t total)
{
	char mark[128];
	size_t room;

	if (total <= head.n) {
		buf_add_str(out, head);
		return;
	}
	(void)snprintf(mark, sizeof(mark),
		       "\n[loom: of %" PRIu64 " bytes, the middle is left out here]\n",
		       total);
	room = CAP_BLOB_BYTES - tail.n - str_of(mark).n;
	buf_add(out, head.p, head.n < room ? head.n : room);
	buf_add_c(out, mark);
	buf_add_str(out, tail);
}
