# SPDX-License-Identifier: MIT
bridge_parts = \
	bridge/backoff.c bridge/backoff.h \
	bridge/bridgedb.c bridge/bridgedb.h \
	bridge/bucket.c bridge/bucket.h \
	bridge/idlru.c bridge/idlru.h \
	bridge/relayscan.c bridge/relayscan.h \
	bridge/relaystore.c bridge/relaystore.h \
	bridge/reply.c bridge/reply.h \
	bridge/resume.c bridge/resume.h \
	bridge/verdicts.c bridge/verdicts.h
check_LIBRARIES += bridge/libbridge.a
bridge_libbridge_a_SOURCES = $(bridge_parts)
