# SPDX-License-Identifier: MIT
# loomctl: a verb (or a family of them) a file, main.c the table. The parts without I/O
# are an archive of their own, for the unit tests.
noinst_LIBRARIES += ctl/libctl.a
ctl_libctl_a_SOURCES = \
	ctl/adread.c ctl/adread.h \
	ctl/args.c ctl/args.h \
	ctl/changeread.c ctl/changeread.h \
	ctl/help.c ctl/help.h \
	ctl/jobcheck.c ctl/jobcheck.h \
	ctl/jobmake.c ctl/jobmake.h \
	ctl/jobread.c ctl/jobread.h \
	ctl/jobview.c ctl/jobview.h \
	ctl/out.c ctl/out.h \
	ctl/outrec.c ctl/outrec.h

# The file of a customer's purse, without the mints.
noinst_LIBRARIES += ctl/libpurse.a
ctl_libpurse_a_SOURCES = \
	ctl/pursedb.c ctl/pursedb.h \
	ctl/pursejob.c ctl/pursejob.h \
	ctl/pursequote.c ctl/pursequote.h

bin_PROGRAMS += ctl/loomctl
ctl_loomctl_SOURCES = \
	ctl/changetake.c ctl/changetake.h \
	ctl/follow.c ctl/follow.h \
	ctl/given.c ctl/given.h \
	ctl/jobref.c ctl/jobref.h \
	ctl/jobsend.c ctl/jobsend.h \
	ctl/main.c \
	ctl/mintlink.c ctl/mintlink.h \
	ctl/nclient.c ctl/nclient.h \
	ctl/nlink.c ctl/nlink.h \
	ctl/pay.c ctl/pay.h \
	ctl/purse.c ctl/purse.h \
	ctl/pursecoin.c ctl/pursecoin.h \
	ctl/purseissue.c ctl/purseissue.h \
	ctl/pursemint.c ctl/pursemint.h \
	ctl/purserun.c ctl/purserun.h \
	ctl/pursesettle.c ctl/pursesettle.h \
	ctl/pursetake.c ctl/pursetake.h \
	ctl/session.c ctl/session.h \
	ctl/till.c ctl/till.h \
	ctl/vcancel.c \
	ctl/vchange.c \
	ctl/vconfig.c \
	ctl/verb.h \
	ctl/vevents.c \
	ctl/vfetch.c \
	ctl/vfollow.c \
	ctl/vkey.c \
	ctl/vmint.c \
	ctl/vprepare.c \
	ctl/vsubmit.c \
	ctl/vtill.c \
	ctl/vtillmove.c \
	ctl/vtillseed.c \
	ctl/vtoken.c \
	ctl/vwallet.c \
	ctl/vworkers.c
ctl_loomctl_LDADD = ctl/libctl.a ctl/libpurse.a lib/libnet.a lib/libipc.a lib/libstore.a \
	lib/libproto.a lib/libbase.a $(SQLITE_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) $(CURL_LIBS) $(LWS_LIBS) $(UV_LIBS) \
	-lpthread
