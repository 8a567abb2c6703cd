/* SPDX-License-Identifier: MIT */
/*
 * Secrets, and witnesses: what stands behind a newline, where the mode asks for one. A
 * lock keeps the promises of the header; nobody spends one without a signature before
 * its time.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/p2pk.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_path(const struct ecpoint *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		INVARIANT(ecpoint_is_valid(&keys[i]));
		for (size_t k = 0; k < i; k++)
			INVARIANT(!ecpoint_same_x(&keys[i], &keys[k]));
	}
}

static void check_lock(const struct p2pk *lock)
{
	INVARIANT(lock->nmain > 0 && lock->nmain + lock->nrefund <= P2PK_KEYS);
	INVARIANT(lock->n_sigs > 0 && lock->n_sigs <= lock->nmain);
	INVARIANT(lock->n_sigs_refund > 0);
	INVARIANT(lock->nrefund == 0 || lock->n_sigs_refund <= lock->nrefund);
	check_path(lock->keys, lock->nmain);
	check_path(lock->keys + lock->nmain, lock->nrefund);
	for (size_t i = 0; i < lock->nmain; i++)
		INVARIANT(p2pk_find(lock, &lock->keys[i]) == i);
}

static void check_witness(const struct p2pk *lock, struct str witness,
			  const struct id32 *msg)
{
	struct p2pk_signers n;
	bool early = p2pk_may_spend(lock, witness, msg, 0, &n);
	bool late = p2pk_may_spend(lock, witness, msg, UINT64_MAX, NULL);

	INVARIANT(n.main <= lock->nmain && n.refund <= lock->nrefund);
	INVARIANT(early == (n.main >= lock->n_sigs));
	INVARIANT(late || !early);
	if (lock->has_locktime && lock->nrefund == 0)
		INVARIANT(late);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mode = fuzz_mode(&data, &size);
	struct str secret = fuzz_text(data, size);
	struct str witness = {"", 0};
	const char *end = size && mode & 1 ? memchr(data, '\n', size) : NULL;
	struct p2pk lock = {.nmain = 99};
	struct lerr err = {0};
	struct id32 msg;
	enum p2pk_kind kind;

	if (end) {
		secret.n = (size_t)(end - secret.p);
		witness = (struct str){end + 1, size - secret.n - 1};
	}
	kind = p2pk_parse(&lock, secret, &err);
	if (kind != P2PK_LOCK) {
		INVARIANT(lock.nmain == 99 && (kind == P2PK_PLAIN || err.msg[0]));
		return 0;
	}
	msg = p2pk_message(secret);
	check_lock(&lock);
	check_witness(&lock, witness, &msg);
	return 0;
}
