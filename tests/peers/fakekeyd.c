/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for loom-keyd on keyd-bridge.sock: fakekeyd SOCKET SECRET. It answers
 * `pubkey` and `auth` (NIP-42) and says each on stdout; it ends with its stdin.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ipc/ipckey.h"
#include "lib/net/ipcuv.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nsign.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct peer {
	struct ipcuv *server;
	struct nsign_key key;
	struct id32 pubkey;
};

static const struct ipcuv_protocol protocol = {"keyd", ipckey_types, IPCKEY_TYPES,
					       IPCKEY_ERROR};

static void answer_auth(struct peer *p, uint64_t to, uint64_t n,
			const struct ipckey_auth *req)
{
	auto_ntags struct ntags *tags = ntags_new();
	auto_nevent struct nevent *ev = NULL;
	auto_buf struct buf json = BUF_INIT(CAP_EVENT_BYTES);
	struct ipckey_authed body;
	uint8_t sig[64];

	ntags_add_c(tags, "relay", req->relay, NULL);
	ntags_add_c(tags, "challenge", req->challenge, NULL);
	ev = nevent_make(&p->pubkey, clock_wall_s(), NKIND_AUTH, tags, STR_LIT(""));
	nsign_sign(sig, &p->key, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&json, ev);
	body.event = json.p;
	printf("auth %s %s\n", req->relay, req->challenge);
	(void)ipcuv_send(p->server, to, IPCKEY_AUTHED, n, &body, NULL, 0);
}

static void on_message(void *ctx, uint64_t peer, const struct ipcmsg *m,
		       struct ipcsock_fds *fds)
{
	struct peer *p = ctx;

	(void)fds;
	if (m->type == IPCKEY_PUBKEY) {
		struct ipckey_pubkey_is body = {.pubkey = p->pubkey,
						.upload_pubkey = p->pubkey};

		printf("pubkey\n");
		(void)ipcuv_send(p->server, peer, IPCKEY_PUBKEY_IS, m->n, &body, NULL, 0);
	} else if (m->type == IPCKEY_AUTH) {
		answer_auth(p, peer, m->n, m->body);
	} else {
		printf("odd %s\n", m->desc->name);
		(void)ipcuv_send_error(p->server, peer, m->n, LERR_DENIED,
				       "not for the bridge");
	}
}

static const struct ipcuv_ops ops = {NULL, on_message, NULL};

static void on_stdin(uv_poll_t *h, int status, int events)
{
	char c;

	(void)status;
	(void)events;
	if (read(STDIN_FILENO, &c, 1) <= 0)
		uv_stop(h->loop);
}

int main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();
	struct peer p = {.server = NULL};
	struct lerr err = {0};
	uv_poll_t in;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3 || nsign_parse(&p.key, str_of(argv[2]), &err) ||
	    nsign_pubkey(&p.pubkey, &p.key, &err) ||
	    ipcuv_serve(&p.server, loop, argv[1], geteuid(), &protocol, &ops, &p, &err)) {
		(void)fprintf(stderr, "fakekeyd: %s\n", err.msg);
		return 1;
	}
	(void)uv_poll_init(loop, &in, STDIN_FILENO);
	(void)uv_poll_start(&in, UV_READABLE, on_stdin);
	printf("ready %s\n", id32_hex(&p.pubkey).c);
	(void)uv_run(loop, UV_RUN_DEFAULT);
	ipcuv_close(p.server);
	uv_close((uv_handle_t *)&in, NULL);
	(void)uv_run(loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(loop);
	return 0;
}
