# SPDX-License-Identifier: MIT
# loom-runner, one loom-shim for each job, and loom-init inside the sandbox. What the
# first two share, or a test wants alone, lies in an archive; loom-init shares nothing but
# initmsg.h.

pkglibexec_PROGRAMS += runner/loom-runner runner/loom-shim runner/loom-init
noinst_LIBRARIES += runner/librunner.a

runner_librunner_a_SOURCES = \
	runner/backend.c runner/backend.h \
	runner/capture.c runner/capture.h \
	runner/cgdetect.c runner/cgdetect.h \
	runner/cgfile.c runner/cgfile.h \
	runner/cgfind.c runner/cgfind.h \
	runner/cgroup.c runner/cgroup.h \
	runner/initmsg.h \
	runner/jobs.c runner/jobs.h \
	runner/plan.c runner/plan.h \
	runner/policy.c runner/policy.h \
	runner/privs.c runner/privs.h \
	runner/procs.c runner/procs.h \
	runner/reason.c runner/reason.h \
	runner/record.c runner/record.h \
	runner/ring.c runner/ring.h \
	runner/sbargv.c runner/sbargv.h \
	runner/sbfilter.c runner/sbfilter.h \
	runner/sblimit.c runner/sblimit.h \
	runner/sbmount.c runner/sbmount.h \
	runner/sbnet.c runner/sbnet.h \
	runner/sbroute.c runner/sbroute.h \
	runner/sbspawn.c runner/sbspawn.h \
	runner/shellbe.c \
	runner/shimproc.c runner/shimproc.h \
	runner/slots.c runner/slots.h \
	runner/spool.c runner/spool.h \
	runner/words.c runner/words.h

runner_loom_runner_SOURCES = \
	runner/ending.c runner/ending.h \
	runner/endjobs.c runner/endjobs.h \
	runner/etcdir.c runner/etcdir.h \
	runner/hide.c runner/hide.h \
	runner/janitor.c runner/janitor.h \
	runner/main.c \
	runner/probe.c runner/probe.h \
	runner/recover.c runner/recover.h \
	runner/runner.h \
	runner/server.c runner/server.h \
	runner/start.c runner/start.h \
	runner/startup.c runner/startup.h \
	runner/sweep.c runner/sweep.h \
	runner/verbs.c runner/verbs.h
runner_loom_runner_LDADD = runner/librunner.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

# No JSON, no libcrypto: a waiting shim is to cost little memory.
runner_loom_shim_SOURCES = \
	runner/shim.c \
	runner/shimjob.c runner/shimjob.h \
	runner/shimreport.c runner/shimreport.h
runner_loom_shim_LDADD = runner/librunner.a lib/libipc.a lib/libbase.a

# Started for every sandbox, inside of it: static, and never with a sanitizer.
runner_loom_init_SOURCES = runner/init.c runner/initmsg.h
if SANITIZERS
runner_loom_init_CFLAGS = -std=c11 $(LOOM_WARN)
runner_loom_init_LDFLAGS = -static
else
runner_loom_init_CFLAGS = $(AM_CFLAGS)
runner_loom_init_LDFLAGS = -static-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
endif
