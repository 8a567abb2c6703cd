/* SPDX-License-Identifier: MIT */
/*
 * How loom-runner starts. It begins as root with all capabilities and ends poor; the
 * order is the point: what needs root's rights over other people's folders comes first,
 * then the mount namespace without key and ledger, then the capabilities. After
 * startup_run() nothing of this can be had back.
 */
#include "config.h"

#include "runner/startup.h"

#include "lib/base/clock.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/proc.h"
#include "lib/base/unixsock.h"
#include "runner/cgroup.h"
#include "runner/etcdir.h"
#include "runner/hide.h"
#include "runner/policy.h"
#include "runner/privs.h"
#include "runner/sbfilter.h"
#include "runner/sbnet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUP_NAME_BYTES = 32, HIDE_RETRY_MS = 1000, ADMIN_MODE = 0711 };

/* ---- before anything is given up */

/* loom-shim and loom-init lie beside us. */
static enum lerr_code find_programs(struct startup *st, struct plan *p, struct lerr *err)
{
	char self[CAP_RUN_PATH - 16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0 || n == (ssize_t)sizeof(self) - 1)
		return lerr_set(err, LERR_TEMP, errno, "/proc/self/exe");
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return lerr_set(err, LERR_TEMP, 0, "/proc/self/exe");
	*slash = '\0';
	(void)snprintf(st->shim, sizeof(st->shim), "%s/loom-shim", self);
	(void)snprintf(p->init, sizeof(p->init), "%s/loom-init", self);
	if (access(st->shim, X_OK) != 0 || access(p->init, X_OK) != 0)
		return lerr_set(err, LERR_GONE, errno, "loom-shim, loom-init in %.80s",
				self);
	return LERR_OK;
}

static enum lerr_code find_engine(struct startup *st, struct lerr *err)
{
	gid_t gid;

	st->engine_uid = geteuid();
	if (!st->engine)
		return LERR_OK;
	return proc_find_user(&st->engine_uid, &gid, st->engine, err);
}

static enum lerr_code make_folders(const struct startup *st, struct runner *r,
				   struct lerr *err)
{
	const char *run = conf_text(st->conf, CONF_RUN_DIR);
	auto_free char *spool = conf_run_path(st->conf, "spool");
	auto_free char *admin = conf_run_path(st->conf, "admin");
	struct stat info;
	enum lerr_code rc = LERR_OK;

	(void)umask(022);
	/* whoever comes first makes it; its mode is not ours to change */
	if (stat(run, &info) != 0)
		rc = fdio_make_folder(run, 0755, err);
	if (!rc && st->root)
		rc = etcdir_check_way(run, err);
	/* made here so that it can be hidden: loom-engine takes it as it is */
	if (!rc && st->root)
		rc = fdio_make_folder(admin, ADMIN_MODE, err);
	if (!rc)
		rc = spool_open(&r->spool, spool, err);
	if (!rc)
		rc = etcdir_make(r->plan.sandbox, r->plan.outbound != 0, err);
	return rc;
}

/* ---- giving up */

struct nothing {
	char path[CAP_RUN_PATH + 16];
};

static struct nothing nothing_of(const struct runner *r)
{
	struct nothing n;

	(void)snprintf(n.path, sizeof(n.path), "%s/nothing", r->plan.sandbox);
	return n;
}

/* On the first start the engine may not have made it yet: then it is hidden as soon as
 * it is there. */
static enum lerr_code hide_state(struct startup *st, const struct runner *r,
				 struct lerr *err)
{
	enum lerr_code rc = hide_path(str_of(conf_text(st->conf, CONF_STATE_DIR)),
				      nothing_of(r).path, err);

	st->unhidden = rc == LERR_GONE;
	return rc == LERR_GONE ? LERR_OK : rc;
}

static enum lerr_code hide_all(struct startup *st, const struct runner *r,
			       struct lerr *err)
{
	const char *key = conf_text(st->conf, CONF_NOSTR_PRIVATE_KEY_FILE);
	auto_free char *admin = conf_run_path(st->conf, "admin");
	struct nothing n = nothing_of(r);
	struct str more = str_of(st->hide);
	struct str path;
	enum lerr_code rc = hide_enter(err);

	if (!rc)
		rc = hide_state(st, r, err);
	/* the operator's till, where loom-engine serves root */
	if (!rc)
		rc = hide_path(str_of(admin), n.path, err);
	/* a key that is not there is somewhere else, and not our business */
	if (!rc && key[0] && access(key, F_OK) == 0)
		rc = hide_path(str_of(key), n.path, err);
	while (!rc && str_next(&more, ':', &path))
		rc = hide_path(path, n.path, err);
	return rc;
}

static enum lerr_code become_poor(struct startup *st, const struct runner *r,
				  struct lerr *err)
{
	enum lerr_code rc = st->root ? hide_all(st, r, err) : LERR_OK;

	if (!rc)
		rc = privs_keep(r->plan.outbound ? PRIVS_OF_RUNNER_WITH_NETWORK
						 : PRIVS_OF_RUNNER,
				err);
#ifndef LOOM_SANITIZED
	/* a leak checker has to trace us */
	if (!rc)
		rc = proc_hide_memory(err);
#endif
	return rc;
}

/* ---- what works here */

/* Two runners on one machine must not share groups: named by the spool. */
static enum lerr_code find_groups(struct startup *st, struct runner *r, struct lerr *err)
{
	char name[GROUP_NAME_BYTES];

	(void)snprintf(name, sizeof(name), "loom-%.8s", r->spool.id);
	if (st->groups && strcmp(st->groups, "off") == 0)
		return LERR_OK;
	return janitor_start(&st->janitor, r->plan.places, name, r->spool.folder, err);
}

/* Without groups a root runner refuses jobs, unless the operator wants it otherwise. */
static void judge_groups(const struct startup *st, struct runner *r)
{
	if (!policy_requires_groups(st->conf, st->root) ||
	    strcmp(cgroup_word(r->plan.places), "weak") != 0)
		return;
	r->probe.state = PROBE_BAD;
	r->probe.never = true;
	(void)snprintf(r->probe.why, sizeof(r->probe.why),
		       "control groups for memory and processes do not work here, and "
		       "REQUIRE_CGROUPS is %s",
		       conf_text(st->conf, CONF_REQUIRE_CGROUPS));
	log_event(LOG_WARN, "probe.done", "usable=0 why=%s",
		  log_text(str_of(r->probe.why)).c);
}

static void find_network(const struct startup *st, struct runner *r)
{
	if (!r->plan.outbound || (st->root && sbnet_has_slirp()))
		return;
	r->plan.outbound = 0;
	(void)snprintf(r->network_why, sizeof(r->network_why),
		       "NETWORK=outbound does not work: %s",
		       st->root ? "slirp4netns is not installed" : "it needs root");
	log_event(LOG_WARN, "network.none", "why=%s", log_text(str_of(r->network_why)).c);
}

/* A core pattern with a pipe ignores the limit that jobs have on core files. */
static void look_at_cores(void)
{
	auto_buf struct buf text = BUF_INIT(256);

	if (fdio_read_file(AT_FDCWD, "/proc/sys/kernel/core_pattern", &text, NULL) ==
		    LERR_OK &&
	    str_starts(buf_str(&text), "|"))
		log_event(LOG_WARN, "host.core_pattern",
			  "why=\"crashing jobs start a program on this machine\"");
}

/* ---- signals and descriptors */

static enum lerr_code open_signals(int *out_fd, struct lerr *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
		return lerr_set(err, LERR_TEMP, errno, "sigprocmask");
	/* what a killed shim leaves becomes our child, and can be reaped */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return lerr_set(err, LERR_TEMP, errno, "subreaper");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return lerr_set(err, LERR_TEMP, errno, "signalfd");
	*out_fd = fd;
	return LERR_OK;
}

/* Four for each slot are more than the usual 1024 allow for. */
static void allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		log_event(LOG_WARN, "runner.nofile", "errno=%d", errno);
}

enum lerr_code startup_run(struct startup *st, struct runner *r, struct lerr *err)
{
	enum lerr_code rc = policy_fill(&r->plan, st->conf, st->root, err);

	r->conf = st->conf;
	r->be = backend_find(r->plan.backend);
	if (!rc && !r->be)
		rc = lerr_set(err, LERR_INPUT, 0, "no back end %s", r->plan.backend);
	if (!rc && st->root)
		rc = policy_check_users(st->conf, err);
	if (!rc)
		rc = find_programs(st, &r->plan, err);
	if (!rc)
		rc = find_engine(st, err);
	if (rc)
		return rc;
	allow_descriptors();
	find_network(st, r);
	/* two runners on one spool would end each other's jobs */
	rc = unixsock_check_free(st->socket, SOCK_SEQPACKET, err);
	if (!rc)
		rc = make_folders(st, r, err);
	if (!rc)
		rc = ipcsock_listen(&st->listen_fd, st->socket, st->engine_uid, err);
	if (!rc)
		rc = open_signals(&st->signals, err);
	/* before the capabilities go: the roots of control groups are not writable */
	if (!rc)
		rc = find_groups(st, r, err);
	if (!rc)
		rc = become_poor(st, r, err);
	if (!rc)
		rc = sbfilter_make(&st->filter_fd, err);
	if (rc)
		return rc;
	look_at_cores();
	judge_groups(st, r);
	return LERR_OK;
}

void startup_hide_late(struct startup *st, const struct runner *r, uint64_t *next_ms)
{
	struct lerr err = {0};

	if (!st->unhidden)
		return;
	if (hide_state(st, r, &err))
		log_event(LOG_WARN, "state.seen", "why=%s", log_text(str_of(err.msg)).c);
	if (st->unhidden && clock_mono_ms() + HIDE_RETRY_MS < *next_ms)
		*next_ms = clock_mono_ms() + HIDE_RETRY_MS;
}
