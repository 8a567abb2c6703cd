/* SPDX-License-Identifier: MIT */
/* Invoices: as text, and as bytes that get a prefix and a right checksum here, so that
 * the fuzzer gets behind it. What is read is within its limits. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/amount.h"
#include "lib/proto/bech32.h"
#include "lib/proto/bolt11.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char *const prefixes[] = {"lnbc",   "lnbc2500u", "lnbcrt10p",
				       "lntb1m", "lntbs1n",   "lnbc20"};

static void check(const struct bolt11 *b)
{
	INVARIANT(b->network[0] && strlen(b->network) < sizeof(b->network));
	INVARIANT(b->amount_msat <= AMOUNT_MAX && b->expires_at <= AMOUNT_MAX);
	INVARIANT(b->has_amount || b->amount_msat == 0);
	INVARIANT(b->made_at < 1ULL << 35 && b->expires_at >= b->made_at);
	INVARIANT(strlen(b->description) < sizeof(b->description));
	for (const char *p = b->description; *p; p++)
		INVARIANT(*p >= 0x20 && *p <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf made = BUF_INIT(2 * CAP_IPC_BODY);
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);
	struct bolt11 invoice;
	struct lerr err = {0};
	enum lerr_code rc;

	if (mode < sizeof(prefixes) / sizeof(prefixes[0])) {
		bech32_encode(&made, prefixes[mode], data, size);
		text = buf_str(&made);
	}
	rc = bolt11_parse(&invoice, text, &err);
	if (rc == LERR_OK)
		check(&invoice);
	else
		INVARIANT(err.msg[0] && (rc == LERR_INPUT || rc == LERR_LIMIT));
	return 0;
}
