# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += engine/loom-engine

engine_loom_engine_SOURCES = engine/main.c $(engine_parts)
engine_parts = \
	engine/access.c engine/access.h \
	engine/admin.c engine/admin.h \
	engine/admit.c engine/admit.h \
	engine/advertise.c engine/advertise.h \
	engine/api.c engine/api.h \
	engine/apidoc.c engine/apidoc.h \
	engine/apipay.c engine/apipay.h \
	engine/blobs.c engine/blobs.h \
	engine/bridgelink.c engine/bridgelink.h \
	engine/budget.c engine/budget.h \
	engine/cancel.c engine/cancel.h \
	engine/clockwatch.c engine/clockwatch.h \
	engine/collect.c engine/collect.h \
	engine/doc.c engine/doc.h \
	engine/effects.c engine/effects.h \
	engine/engine.h \
	engine/epoch.c engine/epoch.h \
	engine/epochjobs.c engine/epochjobs.h \
	engine/epochrule.c engine/epochrule.h \
	engine/intake.c engine/intake.h \
	engine/jobs.c engine/jobs.h \
	engine/keylink.c engine/keylink.h \
	engine/money/change.c engine/money/change.h \
	engine/money/claim.c engine/money/claim.h \
	engine/money/claimant.c engine/money/claimant.h \
	engine/money/claimreq.c engine/money/claimreq.h \
	engine/money/export.c engine/money/export.h \
	engine/money/give.c engine/money/give.h \
	engine/money/import.c engine/money/import.h \
	engine/money/kinds.c engine/money/kinds.h \
	engine/money/lane.c engine/money/lane.h \
	engine/money/lnaddr.c engine/money/lnaddr.h \
	engine/money/melt.c engine/money/melt.h \
	engine/money/meltrecon.c engine/money/meltrecon.h \
	engine/money/mintcall.c engine/money/mintcall.h \
	engine/money/mints.c engine/money/mints.h \
	engine/money/money.c engine/money/money.h \
	engine/money/paycheck.c engine/money/paycheck.h \
	engine/money/payop.c engine/money/payop.h \
	engine/money/purse.c engine/money/purse.h \
	engine/money/recon.c engine/money/recon.h \
	engine/money/restore.c engine/money/restore.h \
	engine/money/seedkeep.c engine/money/seedkeep.h \
	engine/money/sweep.c engine/money/sweep.h \
	engine/money/tidy.c engine/money/tidy.h \
	engine/money/tokwatch.c engine/money/tokwatch.h \
	engine/money/walletdoc.c engine/money/walletdoc.h \
	engine/outbox.c engine/outbox.h \
	engine/output.c engine/output.h \
	engine/queue.c engine/queue.h \
	engine/report.c engine/report.h \
	engine/runline.c engine/runline.h \
	engine/runmsg.c engine/runmsg.h \
	engine/runnews.c engine/runnews.h \
	engine/runrecon.c engine/runrecon.h \
	engine/runs.c engine/runs.h \
	engine/runsync.c engine/runsync.h \
	engine/runtab.c engine/runtab.h \
	engine/software.c engine/software.h \
	engine/turn.c engine/turn.h \
	engine/waits.c engine/waits.h
engine_loom_engine_LDADD = lib/libnet.a lib/libstore.a lib/libipc.a lib/libproto.a \
	lib/libbase.a $(UV_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) \
	$(CURL_LIBS)
