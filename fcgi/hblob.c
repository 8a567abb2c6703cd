/* SPDX-License-Identifier: MIT */
/*
 * GET /HASH[.EXT] on the blob origin (Blossom BUD-01): ask the engine whether there is
 * such a blob, then let nginx send the file; no byte of it passes through here. Blobs
 * are strangers' content: a type that a browser would run is never said. CORS and the
 * sandbox headers are nginx's (nginx/snippets/headers-blob.conf), on errors too.
 */
#include "config.h"

#include "fcgi/engine.h"
#include "fcgi/handlers.h"

#include "lib/base/id32.h"
#include "lib/base/str.h"
#include "lib/ipc/ipcapi.h"

#include <string.h>
#include <strings.h>

enum { DIGITS = 64, EXTENSION_MAX = 16 };

/* ".txt", ".tar.gz": it means nothing (BUD-01), but it is not free text either. */
static bool is_extension(const char *s)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789.";
	size_t n = strlen(s);

	return n == 0 ||
	       (s[0] == '.' && n >= 2 && n <= EXTENSION_MAX + 1 && strspn(s, chars) == n);
}

/* type/subtype, maybe with parameters, that can stand in a header. */
static bool is_media_type(const char *type)
{
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789!#$&^_.+-";
	static const char params[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789!#$&^_.+-; =";
	size_t main_type = strspn(type, token);
	const char *sub = type + main_type + 1;
	size_t sub_type;

	if (main_type == 0 || type[main_type] != '/')
		return false;
	sub_type = strspn(sub, token);
	return sub_type > 0 && (sub[sub_type] == '\0' || sub[sub_type] == ';') &&
	       sub[sub_type + strspn(sub + sub_type, params)] == '\0';
}

/* What a browser may be told: the stored type, unless it could run or style a page. */
static const char *safe_type(const char *type)
{
	static const char *const active[] = {
		"html",    "svg",      "xml",       "javascript",     "ecmascript",
		"jscript", "text/css", "multipart", "x-mixed-replace"};

	if (!is_media_type(type))
		return "application/octet-stream";
	for (size_t i = 0; i < ARRAY_LEN(active); i++)
		if (strcasestr(type, active[i]))
			return "text/plain; charset=utf-8";
	return type;
}

/* Does If-None-Match name this blob? */
static bool is_known(const char *none_match, const char *hash)
{
	struct str rest = str_of(none_match);
	struct str tag;

	while (str_next(&rest, ',', &tag)) {
		tag = str_trim(tag);
		if (str_eq_c(tag, "*"))
			return true;
		if (str_starts(tag, "W/"))
			tag = (struct str){tag.p + 2, tag.n - 2};
		if (tag.n == DIGITS + 2 && tag.p[0] == '"' && tag.p[DIGITS + 1] == '"' &&
		    memcmp(tag.p + 1, hash, DIGITS) == 0)
			return true;
	}
	return false;
}

static void send(struct httpres *res, const struct id32 *sha256, const char *type,
		 const char *none_match)
{
	struct id32hex hex = id32_hex(sha256);

	if (is_known(none_match, hex.c)) {
		res->status = 304;
		httpres_header(res, "ETag", "\"%s\"", hex.c);
		return;
	}
	/* the length is the file's, and nginx knows it */
	httpres_header(res, "Content-Type", "%s", safe_type(type));
	httpres_header(res, "X-Accel-Redirect", "/_blobs/%.2s/%s", hex.c, hex.c + 2);
}

void hblob_get(const struct httpreq *req, struct httpres *res)
{
	auto_ipcmsg struct ipcmsg m = {0};
	struct ipcapi_blob ask;
	enum lerr_code rc;

	if (!id32_parse(&ask.sha256, (struct str){req->arg, DIGITS})) {
		httpres_problem(res, HTTPRES_BAD_PARAMETER,
				"The hash is 64 lower-case hex digits.");
		return;
	}
	if (!is_extension(req->arg + DIGITS)) {
		httpres_problem(res, HTTPRES_NOT_FOUND, NULL);
		return;
	}
	rc = engine_call(&m, ENGINE_API, IPCAPI_BLOB, &ask, IPCAPI_BLOB_IS, NULL);
	if (rc) {
		httpres_error(res, rc, NULL);
		return;
	}
	send(res, &ask.sha256, ((const struct ipcapi_blob_is *)m.body)->type,
	     req->none_match);
}
