/* SPDX-License-Identifier: MIT */
/*
 * ~ loom-fcgi: HTTP for the gateway, behind nginx (FastCGI on RUN_DIR/fcgi.sock) or,
 * without the internal part, as a plain CGI program. It faces strangers and therefore
 * holds nothing: no key, no ledger, no session; it carries questions to loom-engine and
 * answers back. The only thing kept is the last public status (snapshot.c).
 *
 * It must never open the ledger or the network, fork, or judge or log a credential.
 * next: route.c
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/fcgiio.h"
#include "fcgi/handlers.h"
#include "fcgi/lockdown.h"
#include "fcgi/pool.h"
#include "fcgi/route.h"

#include "lib/base/cli.h"
#include "lib/base/fdio.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"
#include "lib/base/unixsock.h"

#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* longer than a question to the engine (engine.c), so that those end in good order */
enum { STOP_MS = 2500 };

static const char *user;
static const char *web_group;
static const char *source = "fastcgi";

static const struct cli_option options[] = {
	{"user", "USER", "become this user when the socket is bound", &user},
	{"web-group", "GROUP", "group that may connect to fcgi.sock: nginx's",
	 &web_group},
	{"source", "HOW", "fastcgi (the default), or cgi: one request, then end",
	 &source},
};

static const struct cli cli = {
	.prog = "fcgi",
	.purpose = "web pages and API behind nginx",
	.options = options,
	.noptions = ARRAY_LEN(options),
};

static void open_engine(const struct conf *conf)
{
	auto_free char *api = conf_run_path(conf, "api.sock");
	auto_free char *intake = conf_run_path(conf, "intake.sock");

	engine_open(api, intake);
}

/* ---- plain CGI */

static enum lerr_code serve_once(char **envp, struct lerr *err)
{
	struct httpreq_source src = fcgiio_cgi_source(envp);
	struct httpreq req;
	struct httpres res;
	enum lerr_code rc = lockdown_enter(err);

	if (rc)
		return rc;
	route_serve(&req, &res, &src);
	rc = fcgiio_cgi_end(&req, &res, err);
	httpres_free(&res);
	httpreq_wipe(&req);
	engine_hang_up();
	return rc;
}

/* ---- FastCGI */

/* Before libfcgi sees them: it would catch SIGTERM and do nothing about it. Threads
 * inherit the mask. */
static void block_signals(sigset_t *set)
{
	INVARIANT(sigemptyset(set) == 0);
	INVARIANT(sigaddset(set, SIGTERM) == 0);
	INVARIANT(sigaddset(set, SIGINT) == 0);
	INVARIANT(pthread_sigmask(SIG_BLOCK, set, NULL) == 0);
}

/*
 * Whoever may connect speaks FastCGI to us, LOOM_INTERNAL included, and can end us
 * (libfcgi 2.4.2 does not survive two parameter lengths that overflow): the group must be
 * nginx's and nobody else's.
 */
static enum lerr_code bind_and_drop(int *listen_fd, const char *path, struct lerr *err)
{
	struct unixsock_owner owner = {(uid_t)-1, (gid_t)-1, 0660};
	uid_t uid = 0;
	gid_t gid = 0;
	enum lerr_code rc = LERR_OK;

	if (web_group)
		rc = proc_find_group(&owner.gid, web_group, err);
	if (!rc && user)
		rc = proc_find_user(&uid, &gid, user, err);
	if (!rc)
		rc = unixsock_check_free(path, SOCK_STREAM, err);
	if (!rc)
		rc = unixsock_listen(listen_fd, path, SOCK_STREAM, &owner, err);
	if (!rc && user)
		rc = proc_drop_to(uid, gid, err);
	/* changing users has made the process readable for its new one again */
	return rc ? rc : proc_hide_memory(err);
}

static enum lerr_code start(int *listen_fd, const char *path, struct lerr *err)
{
	enum lerr_code rc = fcgiio_init(err);

	if (!rc)
		rc = bind_and_drop(listen_fd, path, err);
	if (!rc)
		rc = pool_start(*listen_fd, err);
	return rc ? rc : lockdown_enter(err);
}

/* Until a signal ends it. */
static enum lerr_code serve_all(const struct conf *conf, struct lerr *err)
{
	auto_free char *path = conf_run_path(conf, "fcgi.sock");
	auto_fd int fd = -1;
	sigset_t set;
	bool ended;
	int sig = 0;
	enum lerr_code rc;

	block_signals(&set);
	rc = start(&fd, path, err);
	if (rc) {
		if (fd >= 0)
			(void)unlink(path);
		return rc;
	}
	log_event(LOG_INFO, "fcgi.ready", "threads=%d", CAP_HTTP_THREADS);
	(void)sigwait(&set, &sig);
	ended = pool_stop(STOP_MS);
	(void)unlink(path);
	log_event(LOG_INFO, "fcgi.stopped", "signal=%d waited_for_all=%s", sig,
		  ended ? "yes" : "no");
	/* a thread still waits for the engine: nothing may be torn down under it */
	if (!ended)
		_exit(0);
	return LERR_OK;
}

static enum lerr_code serve(const struct conf *conf, char **envp, struct lerr *err)
{
	enum lerr_code rc = proc_hide_memory(err);

	if (rc)
		return rc;
	open_engine(conf);
	hpage_set_blob_url(conf_text(conf, CONF_BLOB_URL));
	/* jansson's hash seed reads a file, and once for all threads */
	json_object_seed(0);
	if (strcmp(source, "cgi") == 0)
		return serve_once(envp, err);
	if (strcmp(source, "fastcgi") == 0)
		return serve_all(conf, err);
	return lerr_set(err, LERR_INPUT, 0, "--source is fastcgi or cgi");
}

int main(int argc, char **argv, char **envp)
{
	struct conf *conf = NULL;
	struct lerr err = {0};
	enum lerr_code rc;
	int status;

	proc_close_from(STDERR_FILENO + 1);
	status = cli_start(&conf, &cli, argc, argv, envp);
	if (status >= 0)
		return status;
	rc = serve(conf, envp, &err);
	if (rc)
		(void)fprintf(stderr, "loom-fcgi: %s\n", err.msg);
	conf_free(conf);
	return rc ? 1 : 0;
}
