/* SPDX-License-Identifier: MIT */
/* Certificates for tests: an authority, and what it signs. Files are PEM. */
#ifndef LOOM_TESTS_PEERS_CERTS_H
#define LOOM_TESTS_PEERS_CERTS_H

struct certs;

/* A new authority; its certificate is written to path. */
struct certs *certs_new(const char *path);
void certs_free(struct certs *c);
/* A certificate for this DNS name, valid from an hour ago until valid_s seconds from now
 * (may be negative), with its key. */
void certs_issue(struct certs *c, const char *name, long valid_s, const char *cert_path,
		 const char *key_path);

#endif
