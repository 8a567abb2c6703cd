# SPDX-License-Identifier: MIT
# Every case of the vector files is one test; without its file a program is one skip.

if HAVE_CMOCKA
check_LIBRARIES += tests/libvec.a
tests_libvec_a_SOURCES = tests/vectors/vec.c tests/vectors/vec.h
tests_libvec_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

loom_vectors = \
	tests/vectors/v_bip340 \
	tests/vectors/v_cashu \
	tests/vectors/v_cashutok \
	tests/vectors/v_events \
	tests/vectors/v_loom \
	tests/vectors/v_mint \
	tests/vectors/v_nip19 \
	tests/vectors/v_nip44 \
	tests/vectors/v_nip44extra \
	tests/vectors/v_p2psign
check_PROGRAMS += $(loom_vectors)
TESTS += $(loom_vectors)

vec_libs = tests/libvec.a $(unit_proto)

tests_vectors_v_bip340_LDADD = $(vec_libs)
tests_vectors_v_cashu_LDADD = $(vec_libs)
tests_vectors_v_cashutok_LDADD = $(vec_libs)
tests_vectors_v_events_LDADD = $(vec_libs)
tests_vectors_v_loom_LDADD = $(vec_libs)
tests_vectors_v_mint_LDADD = tests/libmint.a $(vec_libs)
tests_vectors_v_nip19_LDADD = $(vec_libs)
tests_vectors_v_nip44_LDADD = $(vec_libs)
tests_vectors_v_nip44extra_LDADD = $(vec_libs)
tests_vectors_v_p2psign_LDADD = tests/libkeyd.a lib/libipc.a $(vec_libs) $(SECCOMP_LIBS)
endif
