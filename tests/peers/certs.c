/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/certs.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdio.h>

struct certs {
	X509 *cert;
	EVP_PKEY *key;
	long serial;
};

static void must(int good)
{
	if (!good)
		panic("openssl");
}

static X509 *draft(EVP_PKEY *key, const char *name, long serial, long valid_s)
{
	X509 *x = X509_new();
	X509_NAME *subject;

	must(x != NULL && X509_set_version(x, 2));
	must(ASN1_INTEGER_set(X509_get_serialNumber(x), serial));
	must(X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL);
	must(X509_gmtime_adj(X509_getm_notAfter(x), valid_s) != NULL);
	must(X509_set_pubkey(x, key));
	subject = X509_get_subject_name(x);
	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
					(const unsigned char *)name, -1, -1, 0));
	return x;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e != NULL && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static void write_cert(X509 *x, const char *path)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && PEM_write_X509(f, x) && fclose(f) == 0);
}

static void write_key(EVP_PKEY *key, const char *path)
{
	FILE *f = fopen(path, "w");

	must(f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) &&
	     fclose(f) == 0);
}

struct certs *certs_new(const char *path)
{
	struct certs *c = mem_zalloc(sizeof(*c));

	c->key = EVP_EC_gen("P-256");
	must(c->key != NULL);
	c->cert = draft(c->key, "test authority", ++c->serial, 3600);
	must(X509_set_issuer_name(c->cert, X509_get_subject_name(c->cert)));
	extend(c->cert, c->cert, NID_basic_constraints, "critical,CA:TRUE");
	extend(c->cert, c->cert, NID_key_usage, "critical,keyCertSign");
	extend(c->cert, c->cert, NID_subject_key_identifier, "hash");
	must(X509_sign(c->cert, c->key, EVP_sha256()));
	write_cert(c->cert, path);
	return c;
}

void certs_free(struct certs *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	mem_free(c);
}

void certs_issue(struct certs *c, const char *name, long valid_s, const char *cert_path,
		 const char *key_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = draft(key, name, ++c->serial, valid_s);
	char san[256];

	(void)snprintf(san, sizeof(san), "DNS:%s", name);
	must(X509_set_issuer_name(x, X509_get_subject_name(c->cert)));
	extend(x, c->cert, NID_subject_alt_name, san);
	must(X509_sign(x, c->key, EVP_sha256()));
	write_cert(x, cert_path);
	write_key(key, key_path);
	X509_free(x);
	EVP_PKEY_free(key);
}
