/* SPDX-License-Identifier: MIT */
/*
 * Trust line: inside it, this is what all the rest protects. Copies that libraries make
 * while they sign live on the stack and are wiped there; the page here is the only lasting
 * place of a secret. Never: a second lasting copy, printing, swapping, dumping.
 */
#include "config.h"

#include "keyd/keyring.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

_Static_assert(sizeof(struct keyring) <= PAGE, "one page holds all");

enum lerr_code keyring_new(struct keyring **out, struct lerr *err)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return lerr_set(err, LERR_TEMP, errno, "mmap");
	if (mlock(page, PAGE) != 0)
		log_event(LOG_WARN, "key.not_locked", "why=%s",
			  log_text(str_of(strerror(errno))).c);
	if (madvise(page, PAGE, MADV_DONTDUMP) != 0 ||
	    madvise(page, PAGE, MADV_DONTFORK) != 0) {
		int error = errno;

		(void)munmap(page, PAGE);
		return lerr_set(err, LERR_TEMP, error, "madvise");
	}
	*out = page;
	return LERR_OK;
}

void keyring_free(struct keyring *keys)
{
	if (!keys)
		return;
	mem_wipe(keys, sizeof(*keys));
	(void)munmap(keys, PAGE);
}

enum lerr_code keyring_set(struct keyring_pair *pair, const struct nsign_key *secret,
			   struct lerr *err)
{
	struct id32 pubkey;
	enum lerr_code rc = nsign_pubkey(&pubkey, secret, err);

	if (rc)
		return rc;
	pair->secret = *secret;
	pair->pubkey = pubkey;
	return LERR_OK;
}
