/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcrun.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ipcfuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ipcfuzz_one(ipcrun_types, IPCRUN_TYPES, data, size);
	return 0;
}
