/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void panic(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;
	int m;

	/* No log module here: it might be what is broken. */
	n = snprintf(line, sizeof(line), "<2>ev=panic why=\"");
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 3, fmt, ap);
	va_end(ap);
	n += m < (int)sizeof(line) - n - 3 ? m : (int)sizeof(line) - n - 4;
	line[n++] = '"';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		abort();
	abort();
}
