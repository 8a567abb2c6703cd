/* SPDX-License-Identifier: MIT */
/*
 * What kind of IP address is this? One list for all: what jobs with network must not
 * reach (runner/sbroute.c) and what is not dialled when a stranger names it
 * (lib/net/httpc.c). After IANA's registries of special-purpose addresses.
 */
#ifndef LOOM_LIB_BASE_NETADDR_H
#define LOOM_LIB_BASE_NETADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* 127.0.0.0/8 and ::1, IPv4-mapped too. Other families are no. */
bool netaddr_is_loopback(const struct sockaddr *a);

/*
 * Somewhere in the public internet? No: this machine, private, shared, link-local,
 * multicast, reserved and documentation addresses, IPv6 that carries such an IPv4 address
 * (mapped, NAT64, 6to4), every IPv6 outside 2000::/3, and other families.
 */
bool netaddr_is_public(const struct sockaddr *a);

/* The nth IPv4 range that may be somebody's local network (neither loopback nor
 * documentation); false when there is none. */
bool netaddr_local_range(size_t nth, struct in_addr *net, unsigned char *bits);

#endif
