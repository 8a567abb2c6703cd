# SPDX-License-Identifier: MIT
# Everything but main() is an archive, so that tests and fuzzers link single files.
noinst_LIBRARIES += fcgi/libweb.a
fcgi_libweb_a_SOURCES = \
	fcgi/engine.c fcgi/engine.h \
	fcgi/fcgiio.c fcgi/fcgiio.h \
	fcgi/handlers.h \
	fcgi/hblob.c \
	fcgi/hhealth.c \
	fcgi/hinternal.c \
	fcgi/hjobs.c \
	fcgi/hpage.c \
	fcgi/hstatus.c \
	fcgi/html.c fcgi/html.h \
	fcgi/httpreq.c fcgi/httpreq.h \
	fcgi/httpres.c fcgi/httpres.h \
	fcgi/lockdown.c fcgi/lockdown.h \
	fcgi/pool.c fcgi/pool.h \
	fcgi/route.c fcgi/route.h \
	fcgi/snapshot.c fcgi/snapshot.h \
	fcgi/view.c fcgi/view.h

pkglibexec_PROGRAMS += fcgi/loom-fcgi
fcgi_loom_fcgi_SOURCES = fcgi/main.c
fcgi_loom_fcgi_LDADD = fcgi/libweb.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(FCGI_LIBS) $(SECCOMP_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
