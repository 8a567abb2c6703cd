/* SPDX-License-Identifier: MIT */
/*
 * Giving up capabilities, for loom-runner and loom-shim. docs/sandbox.md tells why each
 * one in these lists is kept; add none without a line there.
 */
#include "config.h"

#include "runner/privs.h"

#include "lib/base/attr.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NO_CAP = -1, CAPS_MAX = 12 };

#define OF_RUNNER                                                       \
	CAP_SYS_ADMIN,           /* namespaces, mounts */               \
		CAP_NET_ADMIN,   /* loopback and routes of sandboxes */ \
		CAP_SETUID,      /* become the job's user */            \
		CAP_SETGID,      /* the same */                         \
		CAP_KILL,        /* end its processes */                \
		CAP_SYS_RESOURCE /* fix a job's out-of-memory score */

static const int kept[][CAPS_MAX] = {
	[PRIVS_OF_RUNNER] = {OF_RUNNER, NO_CAP},
	/* slirp4netns locks itself in: the first lets it drop all but the second */
	[PRIVS_OF_RUNNER_WITH_NETWORK] = {OF_RUNNER, CAP_SETPCAP, CAP_NET_BIND_SERVICE,
					  NO_CAP},
	[PRIVS_OF_WAITING_SHIM] = {CAP_SETUID, CAP_SETGID, CAP_KILL, NO_CAP},
	/* remove folders from the roots of control groups, which are not writable */
	[PRIVS_OF_JANITOR] = {CAP_DAC_OVERRIDE, NO_CAP},
};

static bool is_kept(enum privs_set set, int cap)
{
	for (size_t i = 0; i < CAPS_MAX && kept[set][i] != NO_CAP; i++)
		if (kept[set][i] == cap)
			return true;
	return false;
}

/* Only where an exec as root may follow: it is an exec that could bring them back. */
static enum lerr_code shrink_bounding(enum privs_set set, bool root, struct lerr *err)
{
	if (!root || (set != PRIVS_OF_RUNNER && set != PRIVS_OF_RUNNER_WITH_NETWORK))
		return LERR_OK;
	/* past the last capability of this kernel the answer is EINVAL */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!is_kept(set, cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return lerr_set(err, LERR_TEMP, errno, "PR_CAPBSET_DROP %d", cap);
	return LERR_OK;
}

static enum lerr_code set_caps(enum privs_set set, bool root, struct lerr *err)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) != 0)
		return lerr_set(err, LERR_TEMP, errno, "capget");
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t mask = 0;

		for (unsigned int bit = 0; root && bit < 32; bit++)
			if (is_kept(set, (int)(i * 32 + bit)))
				mask |= 1U << bit;
		data[i].permitted &= mask;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data) != 0)
		return lerr_set(err, LERR_TEMP, errno, "capset");
	return LERR_OK;
}

enum lerr_code privs_keep(enum privs_set set, struct lerr *err)
{
	bool root = geteuid() == 0;
	enum lerr_code rc = shrink_bounding(set, root, err);

	if (!rc)
		rc = set_caps(set, root, err);
	if (!rc && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		rc = lerr_set(err, LERR_TEMP, errno, "PR_SET_NO_NEW_PRIVS");
	return rc;
}
