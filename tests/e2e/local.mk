# SPDX-License-Identifier: MIT
# Whole programs with made-up peers around them.

if HAVE_CMOCKA
loom_e2e_bridge = \
	tests/e2e/t_inbox \
	tests/e2e/t_look \
	tests/e2e/t_outbox \
	tests/e2e/t_ownrelay \
	tests/e2e/t_relaytls
check_PROGRAMS += $(loom_e2e_bridge)
TESTS += $(loom_e2e_bridge)

check_LIBRARIES += tests/libworld.a
tests_libworld_a_SOURCES = tests/e2e/world.c tests/e2e/world.h
tests_libworld_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

e2e_bridge = tests/libworld.a tests/libpeers.a tests/libunit.a lib/libipc.a \
	lib/libproto.a lib/libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) \
	$(CRYPTO_LIBS) -lpthread

tests_e2e_t_inbox_LDADD = $(e2e_bridge)
tests_e2e_t_look_LDADD = $(e2e_bridge)
tests_e2e_t_outbox_LDADD = $(e2e_bridge)
tests_e2e_t_ownrelay_LDADD = $(e2e_bridge)
tests_e2e_t_relaytls_LDADD = tests/libworld.a tests/libpeers.a lib/libnet.a $(e2e_bridge) \
	$(CURL_LIBS) $(UV_LIBS)
endif
