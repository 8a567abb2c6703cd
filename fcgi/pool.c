/* SPDX-License-Identifier: MIT */
/*
 * Threads and connections, called by main.c. A request never moves between threads, and
 * a thread never holds two. All signals are blocked here: main alone waits for them.
 * Must never keep a connection for a second request (see fcgiio.c).
 */
#include "config.h"

#include "fcgi/pool.h"

#include "fcgi/engine.h"
#include "fcgi/fcgiio.h"
#include "fcgi/route.h"

#include "lib/base/caps.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	/* nginx sends a request in one go: a peer that stalls so long is none */
	PEER_TIMEOUT_S = 5,
	ACCEPT_PAUSE_MS = 100,
};

struct worker {
	pthread_t thread;
	int fd; /* its connection while it has one, else -1; under the lock */
};

static struct {
	struct worker workers[CAP_HTTP_THREADS];
	size_t nworkers;
	int listen_fd;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	size_t running; /* under the lock */
	bool stopping;  /* under the lock */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_stopping(void)
{
	bool stopping;

	(void)pthread_mutex_lock(&pool.lock);
	stopping = pool.stopping;
	(void)pthread_mutex_unlock(&pool.lock);
	return stopping;
}

/* Let pool_stop() find the connection; false when it has been called already. */
static bool show_fd(struct worker *me, int fd)
{
	bool ok;

	(void)pthread_mutex_lock(&pool.lock);
	ok = !pool.stopping;
	me->fd = ok ? fd : -1;
	(void)pthread_mutex_unlock(&pool.lock);
	return ok;
}

/* libfcgi has closed it already: the number may be another thread's by now, and that one
 * is shut down for it at worst, when everything is shut down. */
static void hide_fd(struct worker *me)
{
	(void)pthread_mutex_lock(&pool.lock);
	me->fd = -1;
	(void)pthread_mutex_unlock(&pool.lock);
}

static void limit_time(int fd)
{
	struct timeval t = {.tv_sec = PEER_TIMEOUT_S};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) != 0)
		log_event(LOG_WARN, "http.no_timeout", "errno=%d", errno);
}

/* -1 when no more will come. */
static int next_connection(void)
{
	while (!is_stopping()) {
		int fd = accept4(pool.listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0) {
			limit_time(fd);
			return fd;
		}
		/* EINVAL: pool_stop() has shut it; the others pass, or with patience */
		if (errno == EINTR || errno == ECONNABORTED || errno == EINVAL)
			continue;
		log_event(LOG_WARN, "http.accept_failed", "errno=%d", errno);
		(void)poll(NULL, 0, ACCEPT_PAUSE_MS);
	}
	return -1;
}

static void serve(struct fcgiio *io)
{
	uint64_t start = clock_mono_ms();
	struct httpreq_source src = fcgiio_source(io);
	struct httpreq req;
	struct httpres res;

	route_serve(&req, &res, &src);
	log_event(LOG_DEBUG, "http.answered", "rid=%.8s status=%u ms=%u",
		  req.id[0] ? req.id : "-", res.status,
		  (unsigned int)(clock_mono_ms() - start));
	fcgiio_end(io, &req, &res);
	httpres_free(&res);
	httpreq_wipe(&req);
}

static void *run(void *arg)
{
	struct worker *me = arg;
	struct fcgiio *io = fcgiio_new();
	int fd;

	while ((fd = next_connection()) >= 0) {
		if (!show_fd(me, fd)) {
			(void)close(fd);
			break;
		}
		if (fcgiio_begin(io, fd))
			serve(io);
		hide_fd(me);
	}
	fcgiio_free(io);
	engine_hang_up();
	(void)pthread_mutex_lock(&pool.lock);
	pool.running--;
	(void)pthread_cond_signal(&pool.ended);
	(void)pthread_mutex_unlock(&pool.lock);
	return NULL;
}

static void init_ended(void)
{
	pthread_condattr_t attr;

	INVARIANT(pthread_condattr_init(&attr) == 0);
	INVARIANT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	INVARIANT(pthread_cond_init(&pool.ended, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
}

enum lerr_code pool_start(int listen_fd, struct lerr *err)
{
	pool.listen_fd = listen_fd;
	init_ended();
	for (size_t i = 0; i < CAP_HTTP_THREADS; i++) {
		struct worker *w = &pool.workers[i];
		int error;

		w->fd = -1;
		(void)pthread_mutex_lock(&pool.lock);
		pool.running++;
		(void)pthread_mutex_unlock(&pool.lock);
		error = pthread_create(&w->thread, NULL, run, w);
		if (error)
			return lerr_set(err, LERR_TEMP, error, "start a thread");
		pool.nworkers++;
	}
	return LERR_OK;
}

/* Under the lock, which is free meanwhile. */
static bool wait_ended(unsigned int wait_ms)
{
	uint64_t until_ms = clock_mono_ms() + wait_ms;
	struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
				 .tv_nsec = (long)(until_ms % 1000) * 1000000};

	while (pool.running)
		if (pthread_cond_timedwait(&pool.ended, &pool.lock, &until) == ETIMEDOUT)
			break;
	return pool.running == 0;
}

bool pool_stop(unsigned int wait_ms)
{
	bool all;

	(void)pthread_mutex_lock(&pool.lock);
	pool.stopping = true;
	(void)shutdown(pool.listen_fd, SHUT_RD);
	for (size_t i = 0; i < pool.nworkers; i++)
		if (pool.workers[i].fd >= 0)
			(void)shutdown(pool.workers[i].fd, SHUT_RD);
	all = wait_ended(wait_ms);
	(void)pthread_mutex_unlock(&pool.lock);
	for (size_t i = 0; all && i < pool.nworkers; i++)
		(void)pthread_join(pool.workers[i].thread, NULL);
	return all;
}
