# SPDX-License-Identifier: MIT
include tests/unit/local.mk
include tests/unit/engine.mk
include tests/vectors/local.mk
include tests/unit/web.mk
include tests/fuzz/web.mk
include tests/web/local.mk
include tests/fuzz/local.mk
