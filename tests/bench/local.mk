# SPDX-License-Identifier: MIT
# Measurements, for `make bench`. Nothing here passes or fails.

noinst_PROGRAMS += tests/bench/jobload
tests_bench_jobload_SOURCES = tests/bench/jobload.c
tests_bench_jobload_LDADD = lib/libnet.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(LWS_LIBS) $(UV_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)

EXTRA_DIST += tests/bench/all tests/bench/web.sh

bench: all tests/peers/fake-engine$(EXEEXT) tests/peers/httpload$(EXEEXT)
	@LOOM_SRCDIR='$(abs_top_srcdir)' LOOM_BUILDDIR='$(abs_top_builddir)' \
		$(top_srcdir)/tests/bench/all
