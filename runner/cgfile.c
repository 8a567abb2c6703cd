/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing below the folders that cgdetect.c found. All names are ours; no
 * link is followed.
 */
#include "config.h"

#include "runner/cgfile.h"

#include "lib/base/fdio.h"
#include "lib/base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 };

struct cgfile_path cgfile_path(const struct plan_place *at, const char *slot,
			       const char *file)
{
	struct cgfile_path p;
	int n = snprintf(p.c, sizeof(p.c), "%s/%s%s%s", at->folder, slot,
			 file[0] ? "/" : "", file);

	if (n < 0 || n >= (int)sizeof(p.c))
		p.c[0] = '\0';
	return p;
}

bool cgfile_write_at(const char *path, const char *text)
{
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool cgfile_write(const struct plan_place *at, const char *slot, const char *file,
		  const char *text)
{
	return cgfile_write_at(cgfile_path(at, slot, file).c, text);
}

bool cgfile_write_u64(const struct plan_place *at, const char *slot, const char *file,
		      uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return cgfile_write(at, slot, file, text);
}

bool cgfile_read_at(struct buf *out, const char *path)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && fdio_read_rest(fd, out, NULL) == LERR_OK;
}

bool cgfile_read_u64(uint64_t *out, const struct plan_place *at, const char *slot,
		     const char *file)
{
	auto_buf struct buf text = BUF_INIT(64);

	return cgfile_read_at(&text, cgfile_path(at, slot, file).c) &&
	       str_to_u64(str_trim(buf_str(&text)), UINT64_MAX, out);
}

bool cgfile_read_key(uint64_t *out, const struct plan_place *at, const char *slot,
		     const char *file, const char *key)
{
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	struct str rest;
	struct str line;

	if (!cgfile_read_at(&text, cgfile_path(at, slot, file).c))
		return false;
	rest = buf_str(&text);
	while (str_next(&rest, '\n', &line)) {
		struct str word;

		if (str_next(&line, ' ', &word) && str_eq_c(word, key))
			return str_to_u64(line, UINT64_MAX, out);
	}
	return false;
}
