# SPDX-License-Identifier: MIT
# All but main.c is an archive: the tests link it too.
pkglibexec_PROGRAMS += bridge/loom-bridge
noinst_LIBRARIES += bridge/libbridge.a

bridge_libbridge_a_SOURCES = \
	bridge/bridge.c bridge/bridge.h \
	bridge/bridgedb.c bridge/bridgedb.h \
	bridge/bucket.c bridge/bucket.h \
	bridge/control.c bridge/control.h \
	bridge/deliver.c bridge/deliver.h \
	bridge/flows.c bridge/flows.h \
	bridge/idlru.c bridge/idlru.h \
	bridge/inbox.c bridge/inbox.h \
	bridge/keylink.c bridge/keylink.h \
	bridge/look.c bridge/look.h \
	bridge/owngate.c bridge/owngate.h \
	bridge/owninfo.c bridge/owninfo.h \
	bridge/ownrelay.c bridge/ownrelay.h \
	bridge/ownsub.c bridge/ownsub.h \
	bridge/plain.c bridge/plain.h \
	bridge/relayauth.c bridge/relayauth.h \
	bridge/relayconn.c bridge/relayconn.h \
	bridge/relaylist.c bridge/relaylist.h \
	bridge/relaypool.c bridge/relaypool.h \
	bridge/relayscan.c bridge/relayscan.h \
	bridge/relaystore.c bridge/relaystore.h \
	bridge/resume.c bridge/resume.h \
	bridge/sender.c bridge/sender.h \
	bridge/sub.c bridge/sub.h \
	bridge/turn.c bridge/turn.h \
	bridge/verdicts.c bridge/verdicts.h \
	bridge/ownserver.c bridge/ownserver.h

bridge_libs = bridge/libbridge.a lib/libnet.a lib/libstore.a lib/libipc.a \
	lib/libproto.a lib/libbase.a $(LWS_LIBS) $(CURL_LIBS) $(UV_LIBS) $(SQLITE_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)

bridge_loom_bridge_SOURCES = bridge/main.c
bridge_loom_bridge_LDADD = $(bridge_libs)
