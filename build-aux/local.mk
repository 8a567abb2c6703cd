# SPDX-License-Identifier: MIT
EXTRA_DIST += build-aux/build build-aux/check-source build-aux/need build-aux/packages \
	tests/run
