# SPDX-License-Identifier: MIT
# The parts of loomctl that do no I/O, and secret key files.

if HAVE_CMOCKA
loom_unit_ctl = tests/unit/t_keyfile
check_PROGRAMS += $(loom_unit_ctl)
TESTS += $(loom_unit_ctl)

tests_unit_t_keyfile_LDADD = $(unit_proto)
endif
