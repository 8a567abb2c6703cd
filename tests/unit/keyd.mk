# SPDX-License-Identifier: MIT
# Tests of loom-keyd: its parts, and the program itself.

if HAVE_CMOCKA
check_LIBRARIES += tests/libkeyd.a
tests_libkeyd_a_SOURCES = $(keyd_parts)

loom_unit_keyd = \
	tests/unit/t_keyd \
	tests/unit/t_keydsandbox \
	tests/unit/t_keyring \
	tests/unit/t_p2psign \
	tests/unit/t_signev \
	tests/unit/t_unwrap
check_PROGRAMS += $(loom_unit_keyd)
TESTS += $(loom_unit_keyd)

unit_keyd = tests/libkeyd.a $(unit_ipc) $(SECCOMP_LIBS)

tests_unit_t_keyd_LDADD = $(unit_ipc)
tests_unit_t_keydsandbox_LDADD = $(unit_keyd)
tests_unit_t_keyring_LDADD = $(unit_keyd)
tests_unit_t_p2psign_LDADD = $(unit_keyd)
tests_unit_t_signev_LDADD = $(unit_keyd)
tests_unit_t_unwrap_LDADD = $(unit_keyd)
endif
