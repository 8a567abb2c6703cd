/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/madetoken.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/cashutok.h"
#include "lib/proto/p2pk.h"
#include "tests/unit/unit.h"

#include <string.h>

struct ecpoint madetoken_key(uint8_t k)
{
	struct ecscalar scalar = {{0}};
	struct ecpoint p;

	scalar.b[31] = k;
	assert_true(ecpoint_base(&p, &scalar));
	return p;
}

static char *secret_of(size_t i, const struct ecpoint *lock)
{
	struct buf secret = BUF_INIT(CAP_CASHU_SECRET);

	if (lock)
		p2pk_write_secret(&secret, lock, 0, NULL);
	else
		buf_addf(&secret, "%064zu", i);
	return buf_take(&secret);
}

void madetoken_write(struct buf *out, const char *mint, const uint64_t *amounts, size_t n,
		     const struct ecpoint *lock)
{
	struct cashuproof *proofs = mem_array(n, sizeof(*proofs));

	for (size_t i = 0; i < n; i++) {
		proofs[i].amount = amounts[i];
		str_copy(proofs[i].id.c, sizeof(proofs[i].id.c),
			 STR_LIT("00b365994885c32b"));
		proofs[i].secret = secret_of(i, lock);
		proofs[i].c = madetoken_key(7);
	}
	cashutok_write(out, str_of(mint), STR_LIT("sat"), proofs, n, false);
	for (size_t i = 0; i < n; i++)
		cashutok_wipe_proof(&proofs[i]);
	mem_free(proofs);
}
