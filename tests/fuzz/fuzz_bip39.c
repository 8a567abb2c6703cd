/* SPDX-License-Identifier: MIT */
/* Words; and entropy that is written as words. What was read is written in one spelling,
 * which reads as the same. */
#include "config.h"

#include "lib/base/panic.h"
#include "lib/proto/bip39.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void there_and_back(const uint8_t *entropy, size_t n)
{
	auto_buf struct buf words = BUF_INIT(512);
	uint8_t back[BIP39_ENTROPY_MAX];
	size_t got = 0;
	enum lerr_code rc;

	bip39_write(&words, entropy, n);
	rc = bip39_read(back, &got, buf_str(&words), NULL);
	INVARIANT(rc == LERR_OK && got == n && memcmp(back, entropy, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t entropy[BIP39_ENTROPY_MAX] = {0};
	uint8_t mode = fuzz_mode(&data, &size);
	size_t n = 99;

	if (mode & 1) {
		n = BIP39_ENTROPY + 4 * (size_t)(mode / 2 % 5);
		if (size)
			memcpy(entropy, data, size < n ? size : n);
		there_and_back(entropy, n);
	} else if (bip39_read(entropy, &n, fuzz_text(data, size), NULL)) {
		INVARIANT(n == 99);
	} else {
		there_and_back(entropy, n);
	}
	return 0;
}
