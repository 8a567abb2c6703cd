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

# The mint: its core for tests in the same process, and the program that serves it. Not
# in check_PROGRAMS: the demo uses it too.
noinst_LIBRARIES += tests/libmint.a
tests_libmint_a_SOURCES = \
	tests/peers/mintbend.c tests/peers/mintbend.h \
	tests/peers/mintbook.c tests/peers/mintbook.h \
	tests/peers/mintcore.c tests/peers/mintcore.h \
	tests/peers/mintfault.c tests/peers/mintfault.h \
	tests/peers/mintinv.c tests/peers/mintinv.h \
	tests/peers/mintkeys.c tests/peers/mintkeys.h \
	tests/peers/mintlook.c \
	tests/peers/mintmelt.c \
	tests/peers/mintpriv.h \
	tests/peers/mintquote.c \
	tests/peers/mintreq.c tests/peers/mintreq.h \
	tests/peers/mintroutes.h \
	tests/peers/mintsign.c tests/peers/mintsign.h \
	tests/peers/mintswap.c

mint_libs = tests/libmint.a lib/libstore.a lib/libproto.a lib/libbase.a $(SQLITE_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)

# A wallet for tests, and as a command.
noinst_LIBRARIES += tests/libpurse.a
tests_libpurse_a_SOURCES = tests/peers/purse.c tests/peers/purse.h

noinst_PROGRAMS += tests/peers/coins
tests_peers_coins_SOURCES = tests/peers/coins.c
tests_peers_coins_LDADD = tests/libpurse.a lib/libproto.a lib/libbase.a $(CURL_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)

if HAVE_MHD
noinst_PROGRAMS += tests/peers/mintd
tests_peers_mintd_SOURCES = tests/peers/mintd.c tests/peers/mintctl.c tests/peers/mintctl.h
tests_peers_mintd_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
tests_peers_mintd_LDADD = $(mint_libs) $(MHD_LIBS)
endif

if HAVE_CMOCKA
check_LIBRARIES += tests/libmintworld.a
tests_libmintworld_a_SOURCES = tests/unit/mintworld.c tests/unit/mintworld.h
tests_libmintworld_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

loom_unit_mint = tests/unit/t_mint tests/unit/t_mintfault tests/unit/t_mintmelt
check_PROGRAMS += $(loom_unit_mint)
TESTS += $(loom_unit_mint)

unit_mint = tests/libmintworld.a tests/libpurse.a tests/libunit.a $(mint_libs) \
	$(CMOCKA_LIBS) -lpthread
tests_unit_t_mint_LDADD = $(unit_mint)
tests_unit_t_mintfault_LDADD = $(unit_mint)
tests_unit_t_mintmelt_LDADD = $(unit_mint)
endif

EXTRA_DIST += tests/peers/mint.sh tests/peers/mint.t tests/peers/mintd.t \
	tests/peers/operator.sh \
	tests/peers/payer.sh \
	tests/peers/real/cdk.t \
	tests/peers/real/install \
	tests/peers/real/lossy.mjs \
	tests/peers/real/nutshell.t \
	tests/peers/real/nutshell.txt \
	tests/peers/real/real.sh \
	tests/peers/cashu/mint.mjs \
	tests/peers/cashu/package.json \
	tests/peers/cashu/package-lock.json \
	tests/peers/cashu/wallet.mjs
