/* SPDX-License-Identifier: MIT */
/*
 * bech32 and NIP-19: as text, and as bytes that get a right checksum here, so that the
 * fuzzer gets behind it. What decodes is encoded to the same text.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/bech32.h"
#include "lib/proto/nip19.h"
#include "lib/proto/nsign.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char *const prefixes[] = {"npub",   "nsec",  "note", "nprofile",
				       "nevent", "naddr", "x"};

static void check_bech32(struct str text)
{
	auto_buf struct buf data = BUF_INIT(CAP_BECH32_CHARS);
	auto_buf struct buf back = BUF_INIT(CAP_BECH32_CHARS);
	struct bech32_hrp hrp;

	if (bech32_decode(&hrp, &data, text, NULL)) {
		INVARIANT(data.n == 0);
		return;
	}
	bech32_encode(&back, hrp.c, data.p, data.n);
	INVARIANT(back.n == text.n);
	for (size_t i = 0; i < text.n; i++)
		INVARIANT(back.p[i] == text.p[i] || back.p[i] == text.p[i] - 'A' + 'a');
}

static void check_nip19(struct str text)
{
	auto_buf struct buf first = BUF_INIT(2 * CAP_BECH32_CHARS);
	auto_buf struct buf second = BUF_INIT(2 * CAP_BECH32_CHARS);
	struct nip19 n;
	struct nip19 back;
	enum lerr_code rc;

	if (nip19_parse(&n, text, NULL))
		return;
	nip19_add(&first, &n);
	rc = nip19_parse(&back, buf_str(&first), NULL);
	INVARIANT(rc == LERR_OK && back.type == n.type);
	INVARIANT(id32_eq(&back.id, &n.id) && str_eq(back.d, n.d));
	INVARIANT(back.nrelays == n.nrelays && back.kind == n.kind);
	nip19_add(&second, &back);
	INVARIANT(str_eq(buf_str(&first), buf_str(&second)));
	nip19_wipe(&n);
	nip19_wipe(&back);
}

static void check_keys(struct str text)
{
	struct id32 pub;
	struct nsign_key auto_key key = {{0}};
	struct lerr err = {0};

	if (nip19_parse_pubkey(&pub, text, &err))
		INVARIANT(err.code == LERR_INPUT || err.code == LERR_LIMIT);
	if (nsign_parse(&key, text, &err))
		INVARIANT(err.code == LERR_INPUT || err.code == LERR_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf made = BUF_INIT(2 * CAP_IPC_BODY);
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);

	if (mode < sizeof(prefixes) / sizeof(prefixes[0])) {
		bech32_encode(&made, prefixes[mode], data, size);
		text = buf_str(&made);
	}
	check_bech32(text);
	check_nip19(text);
	check_keys(text);
	return 0;
}
