/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "bridge/owninfo.h"

#include "lib/base/caps.h"
#include "lib/proto/jsonx.h"

#include <string.h>

static const char cors[] = "Access-Control-Allow-Origin: *\r\n"
			   "Access-Control-Allow-Headers: *\r\n"
			   "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n";
static const char cors_upgrade[] = "Access-Control-Allow-Origin: *\r\n"
				   "Upgrade: websocket\r\n";

static void add_text(struct buf *out, const char *key, const char *text)
{
	if (!text || !text[0])
		return; /* NIP-11: leave out what has no value */
	jsonx_add_key(out, key);
	jsonx_add_string(out, str_of(text));
	buf_add_char(out, ',');
}

static void write_description(struct buf *out, const struct owninfo *info)
{
	buf_add_char(out, '{');
	add_text(out, "name", info->name);
	add_text(out, "description", info->description);
	if (info->worker)
		add_text(out, "pubkey", id32_hex(info->worker).c);
	add_text(out, "software", PACKAGE_NAME);
	add_text(out, "version", PACKAGE_VERSION);
	buf_add_c(out, "\"supported_nips\":[1,9,11,40,70],\"limitation\":{");
	buf_addf(out,
		 "\"max_message_length\":%d,\"max_subscriptions\":%d,"
		 "\"max_subid_length\":%d,\"max_limit\":%d,\"default_limit\":%d,"
		 "\"max_event_tags\":%d,\"created_at_upper_limit\":%d,"
		 "\"auth_required\":false,\"payment_required\":false,"
		 "\"restricted_writes\":true}}",
		 CAP_OWN_FRAME, CAP_OWN_SUBS, CAP_SUBID_BYTES, CAP_OWN_LIMIT,
		 CAP_OWN_LIMIT, CAP_OWN_TAGS, CAP_AHEAD_S);
}

void owninfo_answer(struct ownserver_reply *reply, const struct ownserver_request *req,
		    const struct owninfo *info)
{
	if (strcmp(req->path, "/") != 0)
		return; /* 404 */
	reply->headers = cors;
	if (req->method == OWNSERVER_OPTIONS) {
		reply->status = 204;
	} else if (req->method == OWNSERVER_OTHER) {
		reply->status = 405;
	} else if (strstr(req->accept, "application/nostr+json")) {
		reply->status = 200;
		reply->type = "application/nostr+json";
		write_description(&reply->body, info);
	} else {
		reply->status = 426;
		reply->headers = cors_upgrade;
		buf_add_c(&reply->body, "This is a Nostr relay: use a Nostr client.\n");
	}
}

unsigned int owninfo_upgrade(const struct ownserver_request *req)
{
	return strcmp(req->path, "/") == 0 ? 0 : 404;
}
