# SPDX-License-Identifier: MIT
# Fuzz targets. In normal builds each replays its corpus as one test; with
# --enable-fuzz (and clang) each is a libFuzzer program, run by hand:
#	tests/fuzz/fuzz_nevent -max_total_time=60 FOLDER tests/fuzz/corpus/nevent

loom_fuzz = \
	tests/fuzz/fuzz_b64 \
	tests/fuzz/fuzz_bech32 \
	tests/fuzz/fuzz_bip39 \
	tests/fuzz/fuzz_bolt11 \
	tests/fuzz/fuzz_cashutok \
	tests/fuzz/fuzz_cbor \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_httpreq \
	tests/fuzz/fuzz_ipcapi \
	tests/fuzz/fuzz_ipcbridge \
	tests/fuzz/fuzz_ipcintake \
	tests/fuzz/fuzz_ipckey \
	tests/fuzz/fuzz_ipcrun \
	tests/fuzz/fuzz_jsonx \
	tests/fuzz/fuzz_keydreq \
	tests/fuzz/fuzz_lnurl \
	tests/fuzz/fuzz_keyset \
	tests/fuzz/fuzz_mintread \
	tests/fuzz/fuzz_minturl \
	tests/fuzz/fuzz_nevent \
	tests/fuzz/fuzz_nfilter \
	tests/fuzz/fuzz_nframe \
	tests/fuzz/fuzz_nip44 \
	tests/fuzz/fuzz_p2pk \
	tests/fuzz/fuzz_text
check_PROGRAMS += $(loom_fuzz)
EXTRA_DIST += tests/fuzz/corpus

if FUZZ
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
TESTS += $(loom_fuzz)
endif

fuzz_base = lib/libbase.a -lpthread
fuzz_proto = lib/libproto.a $(fuzz_base) $(JANSSON_LIBS) $(SECP_LIBS) $(CRYPTO_LIBS)
fuzz_ipc = lib/libipc.a $(fuzz_proto)

tests_fuzz_fuzz_b64_SOURCES = tests/fuzz/fuzz_b64.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_b64_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_b64_LDADD = $(fuzz_base)
tests_fuzz_fuzz_bech32_SOURCES = tests/fuzz/fuzz_bech32.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_bech32_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_bech32_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_bip39_SOURCES = tests/fuzz/fuzz_bip39.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_bip39_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_bip39_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_bolt11_SOURCES = tests/fuzz/fuzz_bolt11.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_bolt11_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_bolt11_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_cashutok_SOURCES = tests/fuzz/fuzz_cashutok.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_cashutok_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cashutok_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_cbor_SOURCES = tests/fuzz/fuzz_cbor.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_cbor_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cbor_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_conf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_conf_LDADD = $(fuzz_base)
tests_fuzz_fuzz_httpreq_SOURCES = tests/fuzz/fuzz_httpreq.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_httpreq_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_httpreq_LDADD = fcgi/libweb.a $(fuzz_ipc)
tests_fuzz_fuzz_ipcapi_SOURCES = tests/fuzz/fuzz_ipcapi.c tests/fuzz/fuzz.h \
	tests/fuzz/ipcfuzz.c tests/fuzz/ipcfuzz.h $(fuzz_main)
tests_fuzz_fuzz_ipcapi_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipcapi_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_ipcbridge_SOURCES = tests/fuzz/fuzz_ipcbridge.c tests/fuzz/fuzz.h \
	tests/fuzz/ipcfuzz.c tests/fuzz/ipcfuzz.h $(fuzz_main)
tests_fuzz_fuzz_ipcbridge_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipcbridge_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_ipcintake_SOURCES = tests/fuzz/fuzz_ipcintake.c tests/fuzz/fuzz.h \
	tests/fuzz/ipcfuzz.c tests/fuzz/ipcfuzz.h $(fuzz_main)
tests_fuzz_fuzz_ipcintake_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipcintake_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_ipckey_SOURCES = tests/fuzz/fuzz_ipckey.c tests/fuzz/fuzz.h \
	tests/fuzz/ipcfuzz.c tests/fuzz/ipcfuzz.h $(fuzz_main)
tests_fuzz_fuzz_ipckey_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipckey_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_ipcrun_SOURCES = tests/fuzz/fuzz_ipcrun.c tests/fuzz/fuzz.h \
	tests/fuzz/ipcfuzz.c tests/fuzz/ipcfuzz.h $(fuzz_main)
tests_fuzz_fuzz_ipcrun_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipcrun_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_jsonx_SOURCES = tests/fuzz/fuzz_jsonx.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_jsonx_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_jsonx_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_keydreq_SOURCES = tests/fuzz/fuzz_keydreq.c tests/fuzz/fuzz.h \
	keyd/dispatch.c keyd/keyring.c keyd/p2psign.c keyd/signev.c keyd/unwrap.c $(fuzz_main)
tests_fuzz_fuzz_keydreq_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_keydreq_LDADD = $(fuzz_ipc)
tests_fuzz_fuzz_keyset_SOURCES = tests/fuzz/fuzz_keyset.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_keyset_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_keyset_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_mintread_SOURCES = tests/fuzz/fuzz_mintread.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_mintread_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mintread_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_minturl_SOURCES = tests/fuzz/fuzz_minturl.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_minturl_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_minturl_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_lnurl_SOURCES = tests/fuzz/fuzz_lnurl.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_lnurl_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_lnurl_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_nevent_SOURCES = tests/fuzz/fuzz_nevent.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_nevent_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_nevent_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_nfilter_SOURCES = tests/fuzz/fuzz_nfilter.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_nfilter_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_nfilter_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_nframe_SOURCES = tests/fuzz/fuzz_nframe.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_nframe_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_nframe_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_nip44_SOURCES = tests/fuzz/fuzz_nip44.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_nip44_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_nip44_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_p2pk_SOURCES = tests/fuzz/fuzz_p2pk.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_p2pk_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_p2pk_LDADD = $(fuzz_proto)
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz_text.c tests/fuzz/fuzz.h $(fuzz_main)
tests_fuzz_fuzz_text_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_text_LDADD = $(fuzz_base)
