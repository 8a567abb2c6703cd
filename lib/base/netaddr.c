/* SPDX-License-Identifier: MIT */
/* Forgetting a range here opens the operator's local network to strangers. */
#include "config.h"

#include "lib/base/netaddr.h"

#include "lib/base/attr.h"
#include "lib/base/panic.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum kind {
	LOCAL,   /* may lead somewhere */
	SELF,    /* this machine */
	NOWHERE, /* documentation: no network has them, examples do */
};

/* clang-format off */
static const struct {
	const char *net;
	unsigned char bits;
	enum kind kind;
} ranges4[] = {
	{"0.0.0.0", 8, LOCAL},       /* this network */
	{"10.0.0.0", 8, LOCAL},      /* private; slirp4netns' 10.0.2.0/24 is more specific */
	{"100.64.0.0", 10, LOCAL},   /* carriers' shared space */
	{"127.0.0.0", 8, SELF},
	{"169.254.0.0", 16, LOCAL},  /* link-local: cloud metadata */
	{"172.16.0.0", 12, LOCAL},   /* private: Docker */
	{"192.0.0.0", 24, LOCAL},    /* protocol assignments */
	{"192.0.2.0", 24, NOWHERE},
	{"192.88.99.0", 24, NOWHERE}, /* 6to4 relays, given up */
	{"192.168.0.0", 16, LOCAL},  /* private */
	{"198.18.0.0", 15, LOCAL},   /* benchmarks */
	{"198.51.100.0", 24, NOWHERE},
	{"203.0.113.0", 24, NOWHERE},
	{"224.0.0.0", 4, LOCAL},     /* multicast */
	{"240.0.0.0", 4, LOCAL},     /* reserved, broadcast */
};

/* Inside 2000::/3; all else is not public anyway. */
static const struct {
	const char *net;
	unsigned char bits;
} ranges6[] = {
	{"2001::", 23},     /* protocol assignments: Teredo, benchmarks, ORCHID */
	{"2001:db8::", 32}, /* documentation */
	{"3fff::", 20},     /* documentation */
};

/* IPv6 that carries an IPv4 address, and where in it. */
static const struct {
	const char *net;
	unsigned char bits;
	unsigned char at;
} carriers[] = {
	{"::ffff:0:0", 96, 12},  /* mapped: the kernel dials IPv4 */
	{"64:ff9b::", 96, 12},   /* NAT64 */
	{"2002::", 16, 2},       /* 6to4 */
};
/* clang-format on */

static bool has_prefix(const uint8_t *a, const uint8_t *net, unsigned int bits)
{
	unsigned int whole = bits / 8;
	unsigned int rest = bits % 8;

	if (memcmp(a, net, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ net[whole]) >> (8 - rest) == 0;
}

static bool is_in4(const uint8_t a[4], size_t i)
{
	uint8_t net[4];

	INVARIANT(inet_pton(AF_INET, ranges4[i].net, net) == 1);
	return has_prefix(a, net, ranges4[i].bits);
}

static bool is_in6(const uint8_t a[16], const char *text, unsigned int bits)
{
	uint8_t net[16];

	INVARIANT(inet_pton(AF_INET6, text, net) == 1);
	return has_prefix(a, net, bits);
}

static bool is_public4(const uint8_t a[4])
{
	for (size_t i = 0; i < ARRAY_LEN(ranges4); i++)
		if (is_in4(a, i))
			return false;
	return true;
}

static bool is_public6(const uint8_t a[16])
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++)
		if (is_in6(a, carriers[i].net, carriers[i].bits))
			return is_public4(a + carriers[i].at);
	for (size_t i = 0; i < ARRAY_LEN(ranges6); i++)
		if (is_in6(a, ranges6[i].net, ranges6[i].bits))
			return false;
	return is_in6(a, "2000::", 3);
}

/* The bytes of the address; false for another family. */
static bool take4(uint8_t out[4], const struct sockaddr *a)
{
	struct sockaddr_in in;

	if (a->sa_family != AF_INET)
		return false;
	memcpy(&in, a, sizeof(in));
	memcpy(out, &in.sin_addr, 4);
	return true;
}

static bool take6(uint8_t out[16], const struct sockaddr *a)
{
	struct sockaddr_in6 in;

	if (a->sa_family != AF_INET6)
		return false;
	memcpy(&in, a, sizeof(in));
	memcpy(out, &in.sin6_addr, 16);
	return true;
}

bool netaddr_is_loopback(const struct sockaddr *a)
{
	uint8_t v4[4];
	uint8_t v6[16];

	if (take4(v4, a))
		return v4[0] == IN_LOOPBACKNET;
	if (!take6(v6, a))
		return false;
	return is_in6(v6, "::1", 128) || is_in6(v6, "::ffff:127.0.0.0", 104);
}

bool netaddr_is_public(const struct sockaddr *a)
{
	uint8_t v4[4];
	uint8_t v6[16];

	if (take4(v4, a))
		return is_public4(v4);
	return take6(v6, a) && is_public6(v6);
}

bool netaddr_local_range(size_t nth, struct in_addr *net, unsigned char *bits)
{
	for (size_t i = 0; i < ARRAY_LEN(ranges4); i++) {
		if (ranges4[i].kind != LOCAL || nth-- > 0)
			continue;
		INVARIANT(inet_pton(AF_INET, ranges4[i].net, net) == 1);
		*bits = ranges4[i].bits;
		return true;
	}
	return false;
}
