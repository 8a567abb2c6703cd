/* SPDX-License-Identifier: MIT */
/* The same for every table of messages: decode(encode(decode(x))) is decode(x). */
#ifndef LOOM_TESTS_FUZZ_IPCFUZZ_H
#define LOOM_TESTS_FUZZ_IPCFUZZ_H

#include "lib/ipc/ipcmsg.h"

void ipcfuzz_one(const struct ipc_type *table, size_t ntypes, const uint8_t *data,
		 size_t size);

#endif
