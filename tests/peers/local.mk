# SPDX-License-Identifier: MIT
# What stands around a program under test: peers as programs, and how to start them.

if HAVE_CMOCKA
check_LIBRARIES += tests/libpeers.a
tests_libpeers_a_SOURCES = \
	tests/peers/certs.c tests/peers/certs.h \
	tests/peers/rig.c tests/peers/rig.h \
	tests/peers/signed.c tests/peers/signed.h \
	tests/peers/wsraw.c tests/peers/wsraw.h
tests_libpeers_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

peer_libs = lib/libnet.a lib/libipc.a lib/libproto.a lib/libbase.a $(UV_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/peers/fakeinternal tests/peers/fakekeyd tests/peers/fakerelay \
	tests/peers/signjob
tests_peers_fakeinternal_LDADD = $(peer_libs)
tests_peers_fakekeyd_LDADD = $(peer_libs)
tests_peers_fakerelay_LDADD = $(peer_libs) $(LWS_LIBS)
tests_peers_signjob_LDADD = ctl/libctl.a $(peer_libs)
endif
