/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/money/seedkeep.h"

#include "engine/engine.h"
#include "engine/money/mints.h"
#include "engine/money/money.h"
#include "engine/turn.h"
#include "lib/base/hex.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/rng.h"
#include "lib/proto/bip39.h"
#include "lib/store/dbbook.h"
#include "lib/store/dbmeta.h"

#define META "wallet.entropy"

static void store(struct money *m, const uint8_t *entropy, size_t n)
{
	char hex[2 * BIP39_ENTROPY_MAX + 1];

	hex_encode(hex, entropy, n);
	dbmeta_set(m->e->db, META, str_of(hex));
	mem_wipe(hex, sizeof(hex));
}

static bool load(struct money *m, uint8_t entropy[BIP39_ENTROPY_MAX], size_t *n)
{
	auto_secret_buf struct buf hex = BUF_INIT(2 * BIP39_ENTROPY_MAX);

	if (!dbmeta_get(m->e->db, META, &hex))
		return false;
	*n = hex.n / 2;
	if (*n < BIP39_ENTROPY || !hex_decode(entropy, *n, buf_str(&hex)))
		panic("the wallet's seed in the ledger cannot be read");
	return true;
}

void seedkeep_load(struct money *m)
{
	uint8_t entropy[BIP39_ENTROPY_MAX];
	size_t n = BIP39_ENTROPY;

	if (!load(m, entropy, &n)) {
		rng_fill(entropy, BIP39_ENTROPY);
		n = BIP39_ENTROPY;
		turn_enter(m->e->turn);
		store(m, entropy, n);
		turn_leave(m->e->turn, true);
	}
	bip39_seed(&m->seed, entropy, n);
	mem_wipe(entropy, sizeof(entropy));
}

void seedkeep_words(struct money *m, struct buf *out)
{
	uint8_t entropy[BIP39_ENTROPY_MAX];
	size_t n = 0;

	if (load(m, entropy, &n))
		bip39_write(out, entropy, n);
	mem_wipe(entropy, sizeof(entropy));
}

static bool has_history(struct money *m)
{
	uint64_t in;
	uint64_t out;

	for (size_t i = 0; i < mints_count(m->mints); i++) {
		uint64_t mint = mints_at(m->mints, i)->number;

		dbbook_sums(m->e->db, mint, DBBOOK_EARNED, &in, &out);
		if (in)
			return true;
		dbbook_sums(m->e->db, mint, DBBOOK_JOBS, &in, &out);
		if (in)
			return true;
	}
	return false;
}

enum lerr_code seedkeep_set(struct money *m, struct str words, struct lerr *err)
{
	uint8_t entropy[BIP39_ENTROPY_MAX];
	size_t n;
	enum lerr_code rc = bip39_read(entropy, &n, words, err);

	if (!rc && has_history(m))
		rc = lerr_set(err, LERR_STATE, 0,
			      "this ledger has had money of another seed: restore into a "
			      "new one");
	if (!rc) {
		store(m, entropy, n);
		bip39_seed(&m->seed, entropy, n);
	}
	mem_wipe(entropy, sizeof(entropy));
	return rc;
}
