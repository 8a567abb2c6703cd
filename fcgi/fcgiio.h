/* SPDX-License-Identifier: MIT */
/*
 * The two ways that a request can come in: FastCGI from nginx (libfcgi), many times, or
 * plain CGI, once, from environment and standard input. Both give an httpreq_source and
 * take an answer. libfcgi's own CGI mode does not work with FCGX_Accept_r.
 */
#ifndef LOOM_FCGI_FCGIIO_H
#define LOOM_FCGI_FCGIIO_H

#include "fcgi/httpreq.h"
#include "fcgi/httpres.h"

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <stdbool.h>

/* Prepare libfcgi. Once, before any thread; signals that end the process must be blocked
 * already, because libfcgi takes over those that are at their default. */
MUST_USE enum lerr_code fcgiio_init(struct lerr *err);

/* One connection at a time of a request thread. */
struct fcgiio;
struct fcgiio *fcgiio_new(void);
void fcgiio_free(struct fcgiio *io);
/* Read the parameters of a request from a fresh connection, which it takes. False when
 * the peer sent none: the connection is closed then. */
bool fcgiio_begin(struct fcgiio *io, int fd);
/* The request that was begun. */
struct httpreq_source fcgiio_source(struct fcgiio *io);
/* Send the answer (head alone to a HEAD), end the request, close the connection. */
void fcgiio_end(struct fcgiio *io, const struct httpreq *req, const struct httpres *res);

/* Plain CGI (RFC 3875): the request of this process. envp is borrowed. Servers turn some
 * queries into arguments (4.4): the program is started by a script that passes none on. */
struct httpreq_source fcgiio_cgi_source(char **envp);
/* Write the answer to standard output. */
MUST_USE enum lerr_code fcgiio_cgi_end(const struct httpreq *req,
				       const struct httpres *res, struct lerr *err);

#endif
