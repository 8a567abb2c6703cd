# SPDX-License-Identifier: MIT
# Tests of loom-runner: units, fuzz targets, hostile jobs in real sandboxes, a benchmark.

runner_test_libs = runner/librunner.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

if HAVE_CMOCKA
loom_unit_runner = \
	tests/unit/t_capture \
	tests/unit/t_cgfind \
	tests/unit/t_policy \
	tests/unit/t_reason \
	tests/unit/t_record \
	tests/unit/t_sbargv \
	tests/unit/t_slots \
	tests/unit/t_spool \
	tests/unit/t_words
check_PROGRAMS += $(loom_unit_runner)
TESTS += $(loom_unit_runner)

unit_runner = tests/libunit.a $(runner_test_libs) $(CMOCKA_LIBS) -lpthread
tests_unit_t_capture_LDADD = $(unit_runner)
tests_unit_t_cgfind_LDADD = $(unit_runner)
tests_unit_t_policy_LDADD = $(unit_runner)
tests_unit_t_reason_LDADD = $(unit_runner)
tests_unit_t_record_LDADD = $(unit_runner)
tests_unit_t_sbargv_LDADD = $(unit_runner)
tests_unit_t_slots_LDADD = $(unit_runner)
tests_unit_t_spool_LDADD = $(unit_runner)
tests_unit_t_words_LDADD = $(unit_runner)
endif

loom_fuzz_runner = \
	tests/fuzz/fuzz_cgfind \
	tests/fuzz/fuzz_sbargv \
	tests/fuzz/fuzz_spool
check_PROGRAMS += $(loom_fuzz_runner)
if !FUZZ
TESTS += $(loom_fuzz_runner)
endif
EXTRA_DIST += tests/fuzz/corpus/cgfind tests/fuzz/corpus/sbargv tests/fuzz/corpus/spool

fuzz_runner = $(runner_test_libs) -lpthread
tests_fuzz_fuzz_cgfind_SOURCES = tests/fuzz/fuzz_cgfind.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_cgfind_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cgfind_LDADD = $(fuzz_runner)
tests_fuzz_fuzz_sbargv_SOURCES = tests/fuzz/fuzz_sbargv.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_sbargv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sbargv_LDADD = $(fuzz_runner)
tests_fuzz_fuzz_spool_SOURCES = tests/fuzz/fuzz_spool.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_spool_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_spool_LDADD = $(fuzz_runner)

# A client of runner.sock, and the hostile job: the latter never with a sanitizer, it is
# to fail in its own ways.
noinst_PROGRAMS += tests/peers/runctl tests/hostile/naughty
tests_peers_runctl_SOURCES = tests/peers/runctl.c
tests_peers_runctl_LDADD = lib/libipc.a lib/libproto.a lib/libbase.a $(JANSSON_LIBS) \
	$(CRYPTO_LIBS)
tests_hostile_naughty_SOURCES = tests/hostile/naughty.c
tests_hostile_naughty_CFLAGS = -std=c11 $(LOOM_WARN) -O1
tests_hostile_naughty_LDFLAGS = -s
tests_hostile_naughty_LDADD = -lpthread -lrt

hostile_scripts = tests/hostile/shell.t tests/hostile/weak.t tests/hostile/rootless.t \
	tests/hostile/asan.t tests/hostile/outbound.t
EXTRA_DIST += $(hostile_scripts) tests/hostile/lib.sh tests/hostile/rows.sh \
	tests/bench/sandbox tests/bench/web.sh

noinst_PROGRAMS += tests/bench/b_sandbox
tests_bench_b_sandbox_SOURCES = tests/bench/b_sandbox.c
tests_bench_b_sandbox_LDADD = $(runner_test_libs)
