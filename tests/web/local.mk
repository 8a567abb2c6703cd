# SPDX-License-Identifier: MIT
# loom-fcgi behind a real nginx, with a fake engine.
loom_web_tests = \
	tests/web/blobs.t \
	tests/web/engine.t \
	tests/web/intake.t \
	tests/web/nginx.t \
	tests/web/page.t \
	tests/web/process.t \
	tests/web/routes.t
TESTS += $(loom_web_tests)
EXTRA_DIST += $(loom_web_tests) tests/web/lib.sh

check_PROGRAMS += tests/peers/fake-engine tests/peers/fcgi-noise tests/peers/httpload
tests_peers_fake_engine_SOURCES = tests/peers/fake-engine.c
tests_peers_fake_engine_LDADD = lib/libipc.a lib/libproto.a lib/libbase.a \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
tests_peers_fcgi_noise_SOURCES = tests/peers/fcgi-noise.c
tests_peers_fcgi_noise_LDADD = lib/libbase.a -lpthread
tests_peers_httpload_SOURCES = tests/peers/httpload.c
tests_peers_httpload_LDADD = lib/libbase.a -lpthread
