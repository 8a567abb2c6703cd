# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += keyd/loom-keyd

keyd_loom_keyd_SOURCES = keyd/main.c $(keyd_parts)
keyd_parts = \
	keyd/dispatch.c keyd/dispatch.h \
	keyd/keyring.c keyd/keyring.h \
	keyd/p2psign.c keyd/p2psign.h \
	keyd/sandbox.c keyd/sandbox.h \
	keyd/server.c keyd/server.h \
	keyd/signev.c keyd/signev.h \
	keyd/unwrap.c keyd/unwrap.h
keyd_loom_keyd_LDADD = lib/libipc.a lib/libproto.a lib/libbase.a $(SECCOMP_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) -lpthread
