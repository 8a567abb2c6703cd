# SPDX-License-Identifier: MIT
# The parts of loomctl that do no I/O, and secret key files.

if HAVE_CMOCKA
loom_unit_ctl = \
	tests/unit/t_adread \
	tests/unit/t_args \
	tests/unit/t_changeread \
	tests/unit/t_jobcheck \
	tests/unit/t_jobmake \
	tests/unit/t_jobview \
	tests/unit/t_keyfile \
	tests/unit/t_out \
	tests/unit/t_pursedb
check_PROGRAMS += $(loom_unit_ctl)
TESTS += $(loom_unit_ctl)

unit_ctl = ctl/libctl.a $(unit_proto)
madetoken = tests/unit/madetoken.c tests/unit/madetoken.h

tests_unit_t_adread_LDADD = $(unit_ctl)
tests_unit_t_args_LDADD = $(unit_ctl)
tests_unit_t_changeread_SOURCES = tests/unit/t_changeread.c $(madetoken)
tests_unit_t_changeread_LDADD = $(unit_ctl)
tests_unit_t_jobcheck_SOURCES = tests/unit/t_jobcheck.c $(madetoken)
tests_unit_t_jobcheck_LDADD = $(unit_ctl)
tests_unit_t_jobmake_LDADD = $(unit_ctl)
tests_unit_t_jobview_LDADD = $(unit_ctl)
tests_unit_t_keyfile_LDADD = $(unit_ctl)
tests_unit_t_out_LDADD = $(unit_ctl)
tests_unit_t_pursedb_SOURCES = tests/unit/t_pursedb.c $(madetoken)
tests_unit_t_pursedb_LDADD = ctl/libpurse.a $(unit_store_libs)
endif
