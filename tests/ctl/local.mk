# SPDX-License-Identifier: MIT
# loomctl against a relay that can lie. Not in check_PROGRAMS: those are run as tests.
noinst_PROGRAMS += tests/peers/fakeloom
tests_peers_fakeloom_SOURCES = \
	tests/peers/fakeloom.c \
	tests/peers/fakeworker.c tests/peers/fakeworker.h \
	tests/peers/wspeer.c tests/peers/wspeer.h
tests_peers_fakeloom_LDADD = lib/libproto.a lib/libbase.a $(JANSSON_LIBS) $(SECP_LIBS) \
	$(CRYPTO_LIBS) -lpthread
