/* SPDX-License-Identifier: MIT */
/* api.sock: questions that loom-fcgi carries, with the credential of who asks. */
#ifndef LOOM_ENGINE_API_H
#define LOOM_ENGINE_API_H

#include "lib/base/attr.h"
#include "lib/base/lerr.h"

#include <sys/types.h>

struct api;
struct engine;

MUST_USE enum lerr_code api_open(struct api **out, struct engine *e, uid_t web_uid,
				 struct lerr *err);
void api_free(struct api *a);

#endif
