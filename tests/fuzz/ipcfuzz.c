/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/fuzz/ipcfuzz.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "tests/fuzz/fuzz.h"

void ipcfuzz_one(const struct ipc_type *table, size_t ntypes, const uint8_t *data,
		 size_t size)
{
	auto_buf struct buf first = BUF_INIT(CAP_IPC_BODY);
	auto_buf struct buf second = BUF_INIT(CAP_IPC_BODY);
	struct ipcmsg m = {0};
	struct ipcmsg back = {0};
	enum lerr_code rc = ipcmsg_decode(&m, table, ntypes, fuzz_text(data, size), NULL);

	if (rc) {
		INVARIANT(!m.body);
		return;
	}
	INVARIANT(m.type < ntypes && m.desc == &table[m.type]);
	ipcmsg_encode(&first, m.desc, m.n, m.body);
	rc = ipcmsg_decode(&back, table, ntypes, buf_str(&first), NULL);
	INVARIANT(rc == LERR_OK && back.type == m.type && back.n == m.n);
	ipcmsg_encode(&second, back.desc, back.n, back.body);
	INVARIANT(str_eq(buf_str(&first), buf_str(&second)));
	ipcmsg_wipe(&m);
	ipcmsg_wipe(&back);
}
