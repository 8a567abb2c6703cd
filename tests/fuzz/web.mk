# SPDX-License-Identifier: MIT
# Fuzz target of what loom-fcgi reads from strangers.
EXTRA_DIST += tests/fuzz/corpus/httpreq
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_httpreq
tests_fuzz_fuzz_httpreq_SOURCES = tests/fuzz/fuzz_httpreq.c
tests_fuzz_fuzz_httpreq_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_httpreq_LDADD = fcgi/libweb.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
endif
