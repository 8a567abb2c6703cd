/* SPDX-License-Identifier: MIT */
/*
 * Which addresses are closed to jobs with network, and closing them with rtnetlink.
 * Called by loom-shim while the sandbox is built. The documentation ranges go nowhere
 * anyway.
 */
#include "config.h"

#include "runner/sbroute.h"

#include "lib/base/fdio.h"
#include "lib/base/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static enum lerr_code add(struct sbroute_list *l, struct in_addr to, unsigned char bits,
			  struct lerr *err)
{
	if (l->n == SBROUTE_MAX)
		return lerr_set(err, LERR_LIMIT, 0,
				"this machine has more than %d addresses", SBROUTE_MAX);
	l->v[l->n].to = to;
	l->v[l->n].bits = bits;
	l->n++;
	return LERR_OK;
}

enum lerr_code sbroute_find(struct sbroute_list *out, struct lerr *err)
{
	struct sbroute_list l = {.n = 0};
	struct ifaddrs *all = NULL;
	struct in_addr net;
	unsigned char bits;
	enum lerr_code rc = LERR_OK;

	for (size_t i = 0; !rc && netaddr_local_range(i, &net, &bits); i++)
		rc = add(&l, net, bits, err);
	if (!rc && getifaddrs(&all) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "own addresses");
	for (const struct ifaddrs *a = all; !rc && a; a = a->ifa_next) {
		struct sockaddr_in sin;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&sin, a->ifa_addr, sizeof(sin));
		/* 127.0.0.1 in the sandbox is the job's own */
		if ((ntohl(sin.sin_addr.s_addr) >> 24) != IN_LOOPBACKNET)
			rc = add(&l, sin.sin_addr, 32, err);
	}
	if (all)
		freeifaddrs(all);
	if (!rc)
		*out = l;
	return rc;
}

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr attr;
	struct in_addr to;
};

static enum lerr_code read_answer(int fd, struct lerr *err)
{
	union {
		struct nlmsghdr head;
		char room[1024];
	} answer;
	struct nlmsgerr result;
	ssize_t n = recv(fd, &answer, sizeof(answer), 0);

	if (n < (ssize_t)NLMSG_LENGTH(sizeof(result)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return lerr_set(err, LERR_TEMP, errno, "route: no answer");
	memcpy(&result, NLMSG_DATA(&answer.head), sizeof(result));
	if (result.error != 0 && result.error != -EEXIST)
		return lerr_set(err, LERR_TEMP, -result.error, "route");
	return LERR_OK;
}

static enum lerr_code close_one(int fd, struct in_addr to, unsigned char bits,
				struct lerr *err)
{
	struct request r = {
		.head = {.nlmsg_len = sizeof(r),
			 .nlmsg_type = RTM_NEWROUTE,
			 .nlmsg_flags =
				 NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK},
		.route = {.rtm_family = AF_INET,
			  .rtm_dst_len = bits,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_STATIC,
			  .rtm_type = RTN_UNREACHABLE},
		.attr = {.rta_len = RTA_LENGTH(sizeof(to)), .rta_type = RTA_DST},
		.to = to,
	};

	if (send(fd, &r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return lerr_set(err, LERR_TEMP, errno, "route: send");
	return read_answer(fd, err);
}

enum lerr_code sbroute_close(const struct sbroute_list *list, struct lerr *err)
{
	auto_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	enum lerr_code rc = LERR_OK;

	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "rtnetlink");
	for (size_t i = 0; !rc && i < list->n; i++)
		rc = close_one(fd, list->v[i].to, list->v[i].bits, err);
	return rc;
}
