/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/signed.h"

#include "lib/base/caps.h"
#include "lib/base/panic.h"
#include "lib/proto/nsign.h"

#include <stdarg.h>

static struct nsign_key secret(unsigned int n)
{
	struct nsign_key key = {{0}};

	key.b[30] = (uint8_t)(n >> 8);
	key.b[31] = (uint8_t)n;
	return key;
}

struct id32 signed_key(unsigned int n)
{
	struct nsign_key key = secret(n);
	struct id32 pubkey;

	if (nsign_pubkey(&pubkey, &key, NULL))
		panic("no key %u", n);
	return pubkey;
}

struct nevent *signed_event(unsigned int n, uint64_t created_at, uint32_t kind,
			    const char *content, ...)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct nsign_key key = secret(n);
	struct id32 pubkey = signed_key(n);
	struct nevent *ev;
	uint8_t sig[64];
	const char *name;
	va_list ap;

	va_start(ap, content);
	while ((name = va_arg(ap, const char *)) != NULL)
		ntags_add_c(tags, name, va_arg(ap, const char *), NULL);
	va_end(ap);
	ev = nevent_make(&pubkey, created_at, kind, tags, str_of(content));
	nsign_sign(sig, &key, &ev->id);
	nevent_set_sig(ev, sig);
	return ev;
}

char *signed_json(const struct nevent *ev)
{
	struct buf b = BUF_INIT(CAP_EVENT_BYTES);

	nevent_write(&b, ev);
	return buf_take(&b);
}
