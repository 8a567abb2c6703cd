# SPDX-License-Identifier: MIT
# loomctl against a relay that can lie. Not in check_PROGRAMS: those are run as tests.
noinst_PROGRAMS += tests/peers/fakeloom
tests_peers_fakeloom_SOURCES = \
	tests/peers/fakeloom.c \
	tests/peers/fakeworker.c tests/peers/fakeworker.h \
	tests/peers/wspeer.c tests/peers/wspeer.h
tests_peers_fakeloom_LDADD = lib/libproto.a lib/libbase.a $(JANSSON_LIBS) $(SECP_LIBS) \
	$(CRYPTO_LIBS) -lpthread

loom_ctl_tests = tests/ctl/crash.t tests/ctl/docs.t tests/ctl/fetch.t tests/ctl/follow.t tests/ctl/key.t \
	tests/ctl/pay.t tests/ctl/prepare.t tests/ctl/relay.t tests/ctl/submit.t tests/ctl/wallet.t
TESTS += $(loom_ctl_tests)
EXTRA_DIST += tests/ctl/lib.sh $(loom_ctl_tests)
