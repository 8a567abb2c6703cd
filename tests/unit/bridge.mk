# SPDX-License-Identifier: MIT
# Tests of the bridge's parts and of the network clients.

if HAVE_CMOCKA
loom_unit_bridge = \
	tests/unit/t_backoff \
	tests/unit/t_bucket \
	tests/unit/t_httpc \
	tests/unit/t_idlru \
	tests/unit/t_nreply \
	tests/unit/t_owngate \
	tests/unit/t_relayconn \
	tests/unit/t_relaystore \
	tests/unit/t_resume \
	tests/unit/t_sender \
	tests/unit/t_sub \
	tests/unit/t_verdicts \
	tests/unit/t_wsc \
	tests/unit/t_wsurl
check_PROGRAMS += $(loom_unit_bridge)
TESTS += $(loom_unit_bridge)

unit_bridge = tests/libunit.a $(bridge_libs) $(CMOCKA_LIBS) -lpthread

tests_unit_t_backoff_LDADD = $(unit_bridge)
tests_unit_t_bucket_LDADD = $(unit_bridge)
tests_unit_t_httpc_LDADD = $(unit_bridge)
tests_unit_t_idlru_LDADD = $(unit_bridge)
tests_unit_t_nreply_LDADD = $(unit_bridge)
tests_unit_t_owngate_LDADD = $(unit_bridge)
tests_unit_t_relayconn_LDADD = $(unit_bridge)
tests_unit_t_relaystore_LDADD = $(unit_bridge)
tests_unit_t_resume_LDADD = $(unit_bridge)
tests_unit_t_sender_LDADD = $(unit_bridge)
tests_unit_t_sub_LDADD = $(unit_bridge)
tests_unit_t_verdicts_LDADD = $(unit_bridge)
tests_unit_t_wsc_LDADD = $(unit_bridge)
tests_unit_t_wsurl_LDADD = $(unit_bridge)
endif
