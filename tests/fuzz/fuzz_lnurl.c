/* SPDX-License-Identifier: MIT */
/*
 * Lightning addresses, LNURL codes and the answers of their servers. Whatever comes out is
 * a URL that may be asked: https, or this machine when that was written by hand.
 */
#include "config.h"

#include "lib/base/panic.h"
#include "lib/proto/bech32.h"
#include "lib/proto/lnurl.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MSAT = 21000 };

static void check_url(const struct lnurl_url *u)
{
	struct str text = str_of(u->text);

	INVARIANT(text.n <= CAP_LNURL_URL);
	INVARIANT(str_starts(text, "https://") ||
		  (str_starts(text, "http://") && u->is_local));
	for (size_t i = 0; i < text.n; i++)
		INVARIANT(text.p[i] > ' ' && text.p[i] < 0x7f);
}

static void check_address(struct str text)
{
	struct lnurl_url u;
	struct lerr err = {0};

	if (lnurl_address(&u, text, &err))
		INVARIANT(err.msg[0] != '\0');
	else
		check_url(&u);
}

static void check_pay(struct str body)
{
	static const struct lnurl_url from = {.text = "https://pay.example/"};
	struct lnurl_pay pay;
	struct lnurl_url u;

	if (lnurl_read_pay(&pay, &from, body, NULL))
		return;
	check_url(&pay.callback);
	INVARIANT(!pay.callback.is_local && pay.min_msat <= pay.max_msat);
	if (!lnurl_callback(&u, &pay, pay.min_msat, NULL)) {
		check_url(&u);
		INVARIANT(strstr(u.text, "amount="));
	}
}

static void check_invoice(struct str body)
{
	static const struct lnurl_pay pay = {.max_msat = MSAT};
	auto_buf struct buf text = BUF_INIT(CAP_INVOICE_BYTES);
	struct bolt11 b;

	if (lnurl_read_invoice(&text, &b, &pay, MSAT, body, NULL)) {
		INVARIANT(text.n == 0);
		return;
	}
	INVARIANT(!buf_over(&text) && b.has_amount && b.amount_msat == MSAT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf code = BUF_INIT(4 * CAP_IPC_BODY);
	uint8_t mode = fuzz_mode(&data, &size);
	struct str text = fuzz_text(data, size);

	if (mode == 'a') {
		check_address(text);
	} else if (mode == 'c') {
		bech32_encode(&code, "lnurl", data, size);
		check_address(buf_str(&code));
	} else if (mode == 'p') {
		check_pay(text);
	} else {
		check_invoice(text);
	}
	return 0;
}
