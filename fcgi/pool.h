/* SPDX-License-Identifier: MIT */
/*
 * The request threads: each takes a connection from the listening socket, serves the
 * one request on it and takes the next. More requests wait in the socket's backlog.
 */
#ifndef LOOM_FCGI_POOL_H
#define LOOM_FCGI_POOL_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdbool.h>

/* Start the threads. listen_fd is borrowed until pool_stop() has returned. */
MUST_USE enum lerr_code pool_start(int listen_fd, struct lerr *err);

/*
 * Take nothing more in and end the threads: those that read get an end of file, those
 * that answer may finish. False when one was still waiting for the engine after
 * wait_ms; it goes on running and the process must leave by _exit().
 */
MUST_USE bool pool_stop(unsigned int wait_ms);

#endif
