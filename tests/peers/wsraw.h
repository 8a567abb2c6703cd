/* SPDX-License-Identifier: MIT */
/* A blocking WebSocket client on a Unix socket, written out by hand: it can also say what
 * no library would. Failures fail the test. */
#ifndef LOOM_TESTS_PEERS_WSRAW_H
#define LOOM_TESTS_PEERS_WSRAW_H

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct wsraw {
	int fd;
	struct buf in;
};

/* Connect and upgrade; headers are more lines (with CR LF), or "". */
void wsraw_open(struct wsraw *w, const char *path, const char *headers);
/* The same, but return the status of the answer (101: it is open). */
unsigned int wsraw_try(struct wsraw *w, const char *path, const char *uri,
		       const char *headers);
void wsraw_close(struct wsraw *w);
/* One frame; opcode 1 is text, 2 binary, 8 close, 9 ping. */
void wsraw_send_frame(struct wsraw *w, unsigned int opcode, struct str payload);
void wsraw_send(struct wsraw *w, const char *text);
/* Bytes as they are; false when the peer has closed. */
bool wsraw_send_bytes(struct wsraw *w, const void *p, size_t n);
/* The next text or close frame ("close CODE"); pings are answered. False at the end of
 * the connection. text is a C string too. */
bool wsraw_recv(struct wsraw *w, struct buf *text);
/* The next frame must be this text. */
void wsraw_expect(struct wsraw *w, const char *text);
/* Read frames until one starts with this; it stands in text. */
void wsraw_find(struct wsraw *w, struct buf *text, const char *start);
/* A whole HTTP request that is no upgrade; the answer, headers and all. */
void wsraw_http(const char *path, const char *request, struct buf *answer);

#endif
