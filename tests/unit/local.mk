# SPDX-License-Identifier: MIT
# One program a module, one group of tests a program (cmocka 1.1.5 prints a plan for each
# group). Names of tests are sentences.

if HAVE_CMOCKA
check_LIBRARIES += tests/libunit.a
tests_libunit_a_SOURCES = \
	tests/unit/facts.h \
	tests/unit/long44.c tests/unit/long44.h \
	tests/unit/unit.c tests/unit/unit.h
tests_libunit_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

unit_base = tests/libunit.a lib/libbase.a $(CMOCKA_LIBS) -lpthread
unit_proto = lib/libproto.a $(unit_base) $(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)
unit_ipc = lib/libipc.a $(unit_proto)

loom_unit_base = \
	tests/unit/t_b64 \
	tests/unit/t_buf \
	tests/unit/t_cli \
	tests/unit/t_conf \
	tests/unit/t_fdio \
	tests/unit/t_id32 \
	tests/unit/t_lerr \
	tests/unit/t_log \
	tests/unit/t_mem \
	tests/unit/t_netaddr \
	tests/unit/t_proc \
	tests/unit/t_str \
	tests/unit/t_utf8
check_PROGRAMS += $(loom_unit_base)
TESTS += $(loom_unit_base)

tests_unit_t_b64_LDADD = $(unit_base)
tests_unit_t_buf_LDADD = $(unit_base)
tests_unit_t_cli_LDADD = $(unit_base)
tests_unit_t_conf_LDADD = $(unit_base)
tests_unit_t_fdio_LDADD = $(unit_base)
tests_unit_t_id32_LDADD = $(unit_base)
tests_unit_t_lerr_LDADD = $(unit_base)
tests_unit_t_log_LDADD = $(unit_base)
tests_unit_t_mem_LDADD = $(unit_base)
tests_unit_t_netaddr_LDADD = $(unit_base)
tests_unit_t_proc_LDADD = $(unit_base)
tests_unit_t_str_LDADD = $(unit_base)
tests_unit_t_utf8_LDADD = $(unit_base)

loom_unit_proto = \
	tests/unit/t_amount \
	tests/unit/t_bdhke \
	tests/unit/t_bech32 \
	tests/unit/t_bip39 \
	tests/unit/t_bolt11 \
	tests/unit/t_cashutok \
	tests/unit/t_cbor \
	tests/unit/t_coins \
	tests/unit/t_ecpoint \
	tests/unit/t_hash \
	tests/unit/t_jsonx \
	tests/unit/t_lnurl \
	tests/unit/t_keyset \
	tests/unit/t_mintmsg \
	tests/unit/t_mintread \
	tests/unit/t_nevent \
	tests/unit/t_nfilter \
	tests/unit/t_nframe \
	tests/unit/t_nip19 \
	tests/unit/t_nip44 \
	tests/unit/t_nsign \
	tests/unit/t_nut13 \
	tests/unit/t_outset \
	tests/unit/t_p2pk
check_PROGRAMS += $(loom_unit_proto)
TESTS += $(loom_unit_proto)

tests_unit_t_amount_LDADD = $(unit_proto)
tests_unit_t_bdhke_LDADD = $(unit_proto)
tests_unit_t_bech32_LDADD = $(unit_proto)
tests_unit_t_bip39_LDADD = $(unit_proto)
tests_unit_t_bolt11_LDADD = $(unit_proto)
tests_unit_t_cashutok_LDADD = $(unit_proto)
tests_unit_t_cbor_LDADD = $(unit_proto)
tests_unit_t_coins_LDADD = $(unit_proto)
tests_unit_t_ecpoint_LDADD = $(unit_proto)
tests_unit_t_hash_LDADD = $(unit_proto)
tests_unit_t_jsonx_LDADD = $(unit_proto)
tests_unit_t_lnurl_LDADD = $(unit_proto)
tests_unit_t_keyset_LDADD = $(unit_proto)
tests_unit_t_mintmsg_LDADD = $(unit_proto)
tests_unit_t_mintread_LDADD = $(unit_proto)
tests_unit_t_nevent_LDADD = $(unit_proto)
tests_unit_t_nfilter_LDADD = $(unit_proto)
tests_unit_t_nframe_LDADD = $(unit_proto)
tests_unit_t_nip19_LDADD = $(unit_proto)
tests_unit_t_nip44_LDADD = $(unit_proto)
tests_unit_t_nsign_LDADD = $(unit_proto)
tests_unit_t_nut13_LDADD = $(unit_proto)
tests_unit_t_outset_LDADD = $(unit_proto)
tests_unit_t_p2pk_LDADD = $(unit_proto)

loom_unit_ipc = \
	tests/unit/t_ipccall \
	tests/unit/t_ipcconn \
	tests/unit/t_ipcmsg \
	tests/unit/t_ipcsock
check_PROGRAMS += $(loom_unit_ipc)
TESTS += $(loom_unit_ipc)

tests_unit_t_ipccall_LDADD = $(unit_ipc)
tests_unit_t_ipcconn_LDADD = $(unit_ipc)
tests_unit_t_ipcmsg_LDADD = $(unit_ipc)
tests_unit_t_ipcsock_LDADD = $(unit_ipc)

loom_unit_net = tests/unit/t_ipcuv
check_PROGRAMS += $(loom_unit_net)
TESTS += $(loom_unit_net)

tests_unit_t_ipcuv_LDADD = lib/libnet.a $(unit_ipc) $(UV_LIBS)
endif
