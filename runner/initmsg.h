/* SPDX-License-Identifier: MIT */
/*
 * Between loom-shim and loom-init, the first process inside the sandbox: datagrams on a
 * socket pair, fixed structs (both ends are built from this file). loom-init inherits
 * its end as descriptor INITMSG_FD; the job does not.
 *
 * The sandbox is built before there is a job. loom-init says READY and waits; RUN brings
 * the arguments and the environment in a memfd, so no word of a job is ever on the
 * command line of bubblewrap or in its environment.
 */
#ifndef LOOM_RUNNER_INITMSG_H
#define LOOM_RUNNER_INITMSG_H

#include <stdint.h>

#define INITMSG_FD 3
#define INITMSG_LIMITS 16

enum initmsg_order_kind {
	INITMSG_RUN = 1, /* memfd beside it */
	INITMSG_TERM,    /* SIGTERM to everything in the sandbox */
	INITMSG_KILL,    /* SIGKILL to everything but init */
};

struct initmsg_limit {
	int32_t resource; /* RLIMIT_... */
	uint32_t unused;
	uint64_t soft;
	uint64_t hard;
};

struct initmsg_order {
	uint32_t kind;
	uint32_t nargs;
	uint32_t nenv;
	uint32_t nlimits;
	uint64_t bytes; /* of the memfd: nargs, then nenv NUL-terminated strings */
	struct initmsg_limit limits[INITMSG_LIMITS];
};

enum initmsg_news_kind {
	INITMSG_READY = 1, /* the sandbox is built */
	INITMSG_STARTED,   /* exec happened, at boot_ns */
	INITMSG_REFUSED,   /* it did not: value is errno, exists: the file was there */
	INITMSG_EXITED,    /* the main process ended: value is its wait status */
	INITMSG_EMPTY,     /* nothing is left in the sandbox; init ends */
};

struct initmsg_news {
	uint32_t kind;
	int32_t value;
	uint32_t exists;
	uint32_t unused;
	uint64_t boot_ns;   /* CLOCK_BOOTTIME */
	uint64_t cpu_us;    /* EMPTY: of all processes that were waited for */
	uint64_t rss_bytes; /* EMPTY: of the largest of them */
};

#endif
