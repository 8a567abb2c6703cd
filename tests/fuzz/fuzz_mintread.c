/* SPDX-License-Identifier: MIT */
/* Answers of mints: the first byte says which one is expected. What is read keeps the
 * promises of the header. */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/proto/mintread.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define SAT STR_LIT("sat")

enum { MOST = 8 };

static void check_text(const char *text, size_t room)
{
	INVARIANT(strlen(text) < room);
	for (; *text; text++)
		INVARIANT(*text >= 0x20 && *text <= 0x7e);
}

static bool is_full(const struct keyset_id *id)
{
	enum keyset_kind kind = keyset_id_kind(str_of(id->c));

	return kind == KEYSET_V1 || kind == KEYSET_V2;
}

static void check_signatures(const struct mintmsg_signature *s, size_t n)
{
	INVARIANT(n <= CAP_TOKEN_PROOFS);
	for (size_t i = 0; i < n; i++) {
		INVARIANT(s[i].amount <= AMOUNT_MAX && is_full(&s[i].id));
		INVARIANT(ecpoint_is_valid(&s[i].c) && !s[i].dleq.has_r);
	}
}

static void read_refusal(struct str body)
{
	struct mintread_refusal r;

	mintread_refusal(&r, body);
	check_text(r.detail, sizeof(r.detail));
}

static void read_info(struct str body)
{
	struct mintread_info info;

	if (mintread_info(&info, body, SAT, NULL))
		return;
	check_text(info.name, sizeof(info.name));
	check_text(info.version, sizeof(info.version));
	INVARIANT(info.melt_bolt11 || (info.melt_min == 0 && info.melt_max == 0));
}

static void read_keysets(struct str body)
{
	struct keyset k[MOST];
	size_t n;

	if (mintread_keysets(k, MOST, &n, body, SAT, NULL))
		return;
	INVARIANT(n <= MOST);
	for (size_t i = 0; i < n; i++) {
		INVARIANT(is_full(&k[i].id) && strcmp(k[i].unit, "sat") == 0);
		INVARIANT(k[i].ppk <= KEYSET_PPK_MAX && k[i].n == 0);
		for (size_t j = 0; j < i; j++)
			INVARIANT(strncmp(k[i].id.c, k[j].id.c, 16) != 0);
	}
}

static void read_keys(struct str body)
{
	struct keyset k = {.id = {"00b365994885c32b"}, .unit = "sat"};
	struct keyset_id id;

	if (mintread_keys(&k, body, NULL))
		return;
	id = keyset_id_v1(&k);
	INVARIANT(keyset_id_eq(&id, &k.id) && k.n > 0 && k.n <= KEYSET_KEYS);
}

static void read_signatures(struct str body)
{
	struct mintmsg_signature *auto_free s = NULL;
	size_t n = 0;

	if (mintread_signatures(&s, &n, body, NULL) == LERR_OK)
		check_signatures(s, n);
	else
		INVARIANT(!s);
}

static void read_restored(struct str body)
{
	struct mintread_restored r = {.n = 0};

	if (mintread_restored(&r, body, NULL))
		return;
	check_signatures(r.signatures, r.n);
	for (size_t i = 0; i < r.n; i++)
		INVARIANT(ecpoint_is_valid(&r.blinded[i]));
	mintread_free_restored(&r);
}

/* Of the proofs 1G and 2G. */
static void read_states(struct str body)
{
	enum mintread_state states[2];
	struct ecpoint ys[2];

	for (uint8_t i = 0; i < 2; i++) {
		struct ecscalar k = {{0}};
		bool ok;

		k.b[31] = (uint8_t)(i + 1);
		ok = ecpoint_base(&ys[i], &k);
		INVARIANT(ok);
	}
	if (mintread_states(states, ys, 2, body, NULL) == LERR_OK)
		INVARIANT(states[0] <= MINTREAD_SPENT && states[1] <= MINTREAD_SPENT);
}

static void read_quote(struct str body)
{
	struct mintread_quote q;

	if (mintread_quote(&q, body, SAT, NULL))
		return;
	check_text(q.id, sizeof(q.id));
	check_text(q.preimage, sizeof(q.preimage));
	INVARIANT(q.id[0] && !strpbrk(q.id, "/.?#%"));
	INVARIANT(!q.request || strlen(q.request) <= CAP_INVOICE_BYTES);
	check_signatures(q.change, q.nchange);
	mintread_free_quote(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct str body) = {
		read_refusal,    read_info,     read_keysets, read_keys,
		read_signatures, read_restored, read_states,  read_quote,
	};
	uint8_t mode = fuzz_mode(&data, &size);

	readers[mode % (sizeof(readers) / sizeof(readers[0]))](fuzz_text(data, size));
	return 0;
}
