/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/lerr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum lerr_code lerr_set(struct lerr *err, enum lerr_code code, int os_errno,
			const char *fmt, ...)
{
	va_list ap;
	size_t used;

	if (!err)
		return code;
	err->code = code;
	err->os_errno = os_errno;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	if (os_errno != 0)
		(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s",
			       strerror(os_errno));
	return code;
}

enum lerr_code lerr_wrap(struct lerr *err, enum lerr_code code, const char *fmt, ...)
{
	char old[LERR_MSG_MAX];
	va_list ap;
	size_t used;

	if (!err)
		return code;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	(void)snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", old);
	return code;
}

const char *lerr_name(enum lerr_code code)
{
	switch (code) {
	case LERR_OK:
		return "ok";
	case LERR_INPUT:
		return "input";
	case LERR_LIMIT:
		return "limit";
	case LERR_STATE:
		return "state";
	case LERR_DENIED:
		return "denied";
	case LERR_TEMP:
		return "temp";
	case LERR_GONE:
		return "gone";
	case LERR_CODE_COUNT:
		break;
	}
	return "?";
}
