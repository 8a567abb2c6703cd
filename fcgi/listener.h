/* SPDX-License-Identifier: MIT */
/* The Unix socket that nginx connects to (FastCGI is a stream). */
#ifndef LOOM_FCGI_LISTENER_H
#define LOOM_FCGI_LISTENER_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

/*
 * Bind and listen at path, mode 0660 from the first instant. group, a name or a number,
 * gets the socket; NULL leaves it with our own. A socket that was left behind is
 * replaced, one that is being served is not (LERR_STATE). The path is to be unlinked by
 * the caller at the end.
 */
MUST_USE enum lerr_code listener_open(int *out_fd, const char *path, const char *group,
				      struct lerr *err);

#endif
