/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/blobs.h"

#include "engine/engine.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "lib/base/utf8.h"
#include "lib/proto/hash.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* nginx reads them as another user; STATE_DIR itself lets nobody list it */
enum { FOLDER_MODE = 0711, FILE_MODE = 0644 };

enum lerr_code blobs_open(struct engine *e, struct lerr *err)
{
	auto_free char *path = conf_state_path(e->conf, "blobs");

	return fdio_make_folder(path, FOLDER_MODE, err);
}

static bool is_there(const char *path, uint64_t bytes)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == bytes;
}

enum lerr_code blobs_put(struct engine *e, struct dbblob *out, struct str data,
			 struct lerr *err)
{
	struct dbblob b = {.sha256 = hash_sha256(data.p, data.n), .bytes = data.n};
	struct id32hex hex = id32_hex(&b.sha256);
	const char *state = conf_text(e->conf, CONF_STATE_DIR);
	char path[PATH_MAX];
	enum lerr_code rc;

	if (snprintf(path, sizeof(path), "%s/blobs/%.2s", state, hex.c) >=
	    (int)sizeof(path))
		return lerr_set(err, LERR_LIMIT, 0, "STATE_DIR is too long");
	rc = fdio_make_folder(path, FOLDER_MODE, err);
	if (rc)
		return rc;
	(void)snprintf(path, sizeof(path), "%s/blobs/%.2s/%s", state, hex.c, hex.c + 2);
	if (!is_there(path, b.bytes)) {
		rc = fdio_write_file(AT_FDCWD, path, FILE_MODE, data, FDIO_DURABLE, err);
		if (rc)
			return rc;
	}
	str_copy(b.type, sizeof(b.type),
		 utf8_valid(data) ? STR_LIT("text/plain; charset=utf-8")
				  : STR_LIT("application/octet-stream"));
	dbblob_put(e->db, &b, clock_wall_ms());
	*out = b;
	return LERR_OK;
}
