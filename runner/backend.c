/* SPDX-License-Identifier: MIT */
/* The table of back ends: what BACKEND may say. */
#include "config.h"

#include "runner/backend.h"

#include <string.h>

static const struct backend *const backends[] = {
	&shellbe_backend,
};

const struct backend *backend_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++)
		if (strcmp(backends[i]->name, name) == 0)
			return backends[i];
	return NULL;
}
