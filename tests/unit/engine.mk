# SPDX-License-Identifier: MIT
# Tests of the job rules, the store and the engine's parts.

if HAVE_CMOCKA
loom_unit_engine = \
	tests/unit/t_access \
	tests/unit/t_advert \
	tests/unit/t_budget \
	tests/unit/t_change \
	tests/unit/t_claim \
	tests/unit/t_clockwatch \
	tests/unit/t_db \
	tests/unit/t_dbids \
	tests/unit/t_dbjob \
	tests/unit/t_dbmoney \
	tests/unit/t_dbout \
	tests/unit/t_docs \
	tests/unit/t_engconf \
	tests/unit/t_engout \
	tests/unit/t_epoch \
	tests/unit/t_epochrule \
	tests/unit/t_jobfsm \
	tests/unit/t_jobmsg \
	tests/unit/t_jobspec \
	tests/unit/t_keylink \
	tests/unit/t_mints \
	tests/unit/t_outcome \
	tests/unit/t_output \
	tests/unit/t_paycheck \
	tests/unit/t_payfsm \
	tests/unit/t_purse \
	tests/unit/t_queue \
	tests/unit/t_restore \
	tests/unit/t_runsync \
	tests/unit/t_till \
	tests/unit/t_turn \
	tests/unit/t_waits \
	tests/unit/t_wallet
check_PROGRAMS += $(loom_unit_engine)
TESTS += $(loom_unit_engine)
EXTRA_DIST += tests/golden/jobfsm.txt tests/golden/payfsm.txt

unit_proto_libs = tests/libunit.a lib/libproto.a lib/libbase.a $(CMOCKA_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) -lpthread
unit_store_libs = tests/libunit.a lib/libstore.a lib/libproto.a lib/libbase.a \
	$(CMOCKA_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) -lpthread

tests_unit_t_access_SOURCES = tests/unit/t_access.c engine/access.c
tests_unit_t_access_LDADD = $(unit_proto_libs)
tests_unit_t_advert_LDADD = $(unit_proto_libs)
tests_unit_t_budget_SOURCES = tests/unit/t_budget.c engine/budget.c
tests_unit_t_budget_LDADD = $(unit_proto_libs)
tests_unit_t_clockwatch_SOURCES = tests/unit/t_clockwatch.c engine/clockwatch.c
tests_unit_t_clockwatch_LDADD = $(unit_proto_libs)
tests_unit_t_db_LDADD = $(unit_store_libs)
tests_unit_t_dbids_LDADD = $(unit_store_libs)
tests_unit_t_dbjob_LDADD = $(unit_store_libs)
tests_unit_t_dbmoney_LDADD = $(unit_store_libs)
tests_unit_t_dbout_LDADD = $(unit_store_libs)
tests_unit_t_docs_LDADD = tests/libunit.a lib/libipc.a lib/libproto.a lib/libbase.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread
tests_unit_t_engconf_LDADD = $(unit_base)
tests_unit_t_engout_SOURCES = tests/unit/t_engout.c engine/outbox.c engine/turn.c
tests_unit_t_engout_LDADD = tests/libunit.a lib/libstore.a lib/libipc.a lib/libproto.a \
	lib/libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) \
	$(CRYPTO_LIBS) $(UV_LIBS) -lpthread
tests_unit_t_epoch_SOURCES = tests/unit/t_epoch.c engine/epoch.c engine/epochjobs.c \
	engine/epochrule.c engine/jobs.c engine/turn.c
tests_unit_t_epoch_LDADD = tests/libpeers.a tests/libunit.a lib/libstore.a lib/libipc.a \
	lib/libproto.a lib/libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) $(JANSSON_LIBS) \
	$(SECP_LIBS) $(CRYPTO_LIBS) $(UV_LIBS) -lpthread
tests_unit_t_epochrule_SOURCES = tests/unit/t_epochrule.c engine/epochrule.c
tests_unit_t_epochrule_LDADD = $(unit_proto_libs)
tests_unit_t_jobfsm_LDADD = $(unit_proto_libs)
tests_unit_t_jobmsg_LDADD = $(unit_proto_libs)
tests_unit_t_jobspec_LDADD = $(unit_proto_libs)
tests_unit_t_keylink_SOURCES = tests/unit/t_keylink.c engine/keylink.c engine/waits.c
tests_unit_t_keylink_LDADD = tests/libunit.a tests/libkeyd.a lib/libnet.a lib/libipc.a \
	lib/libproto.a lib/libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(SECP_LIBS) \
	$(CRYPTO_LIBS) $(UV_LIBS) $(SECCOMP_LIBS) -lpthread
tests_unit_t_outcome_LDADD = $(unit_proto_libs)
tests_unit_t_output_SOURCES = tests/unit/t_output.c engine/output.c
tests_unit_t_output_LDADD = $(unit_proto_libs)
tests_unit_t_payfsm_LDADD = $(unit_proto_libs)
tests_unit_t_queue_SOURCES = tests/unit/t_queue.c engine/queue.c engine/jobs.c
tests_unit_t_queue_LDADD = $(unit_store_libs)
tests_unit_t_runsync_SOURCES = tests/unit/t_runsync.c engine/runsync.c
tests_unit_t_runsync_LDADD = $(unit_store_libs)

# The money with made-up surroundings (tests/unit/till.h) instead of mintcall.c.
check_LIBRARIES += tests/libtill.a
tests_libtill_a_SOURCES = \
	tests/unit/owner.c tests/unit/owner.h \
	tests/unit/payer.c tests/unit/payer.h \
	tests/unit/till.c tests/unit/till.h \
	tests/unit/tillpeers.c \
	engine/access.c engine/admit.c engine/budget.c engine/doc.c engine/jobs.c \
	engine/turn.c \
	engine/money/change.c engine/money/claim.c engine/money/claimreq.c \
	engine/money/export.c engine/money/give.c engine/money/import.c \
	engine/money/kinds.c engine/money/lane.c engine/money/melt.c \
	engine/money/meltrecon.c engine/money/mints.c engine/money/money.c \
	engine/money/paycheck.c engine/money/payop.c engine/money/claimant.c engine/money/purse.c \
	engine/money/recon.c engine/money/restore.c engine/money/seedkeep.c \
	engine/money/sweep.c engine/money/tidy.c engine/money/tokwatch.c
tests_libtill_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
unit_till = tests/libtill.a tests/libkeyd.a tests/libmint.a tests/libunit.a lib/libstore.a \
	lib/libipc.a lib/libproto.a lib/libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) \
	$(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS) $(UV_LIBS) -lpthread

tests_unit_t_restore_LDADD = $(unit_till)
tests_unit_t_change_LDADD = $(unit_till)
tests_unit_t_claim_LDADD = $(unit_till)
tests_unit_t_mints_LDADD = $(unit_till)
tests_unit_t_paycheck_LDADD = $(unit_till)
tests_unit_t_purse_LDADD = $(unit_till)
tests_unit_t_till_LDADD = $(unit_till)
tests_unit_t_wallet_LDADD = $(unit_till)
tests_unit_t_turn_SOURCES = tests/unit/t_turn.c engine/turn.c
tests_unit_t_turn_LDADD = $(unit_store_libs) $(UV_LIBS)
tests_unit_t_waits_SOURCES = tests/unit/t_waits.c engine/waits.c
tests_unit_t_waits_LDADD = $(unit_proto_libs)
endif
