/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/ipc/ipcapi.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ipcfuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ipcfuzz_one(ipcapi_types, IPCAPI_TYPES, data, size);
	return 0;
}
