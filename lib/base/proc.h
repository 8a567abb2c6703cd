/* SPDX-License-Identifier: MIT */
/* What a process does to itself, and how it knows another one again. */
#ifndef LOOM_LIB_BASE_PROC_H
#define LOOM_LIB_BASE_PROC_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdint.h>
#include <sys/types.h>

/* Kernel start time of a process (field 22 of /proc/PID/stat): with the pid it names a
 * process for as long as the machine is up. LERR_GONE when there is none. */
MUST_USE enum lerr_code proc_start_ticks(uint64_t *out, pid_t pid, struct lerr *err);

struct proc_boot {
	char id[37]; /* /proc/sys/kernel/random/boot_id */
};
MUST_USE enum lerr_code proc_boot_id(struct proc_boot *out, struct lerr *err);

/* Close every descriptor >= lowest. */
void proc_close_from(int lowest);

/* Become uid and gid for good, without supplementary groups; then try to get root
 * back and panic when that works. */
MUST_USE enum lerr_code proc_drop_to(uid_t uid, gid_t gid, struct lerr *err);

/* No core file, no ptrace by the same user. */
MUST_USE enum lerr_code proc_hide_memory(struct lerr *err);

/* uid and gid of a user by name, or by number ("1000" takes gid 1000). */
MUST_USE enum lerr_code proc_find_user(uid_t *uid, gid_t *gid, const char *name,
				       struct lerr *err);

/* gid of a group by name, or by number. */
MUST_USE enum lerr_code proc_find_group(gid_t *gid, const char *name, struct lerr *err);

/* Writing to a closed pipe or socket is an error code, not a signal. */
void proc_ignore_sigpipe(void);

#endif
