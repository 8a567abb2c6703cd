#!/bin/bash
# SPDX-License-Identifier: MIT
# The rows of shell.t once more, with runner and shim from the sanitizer build.
set -u

build=${LOOM_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}/build/asan
if [ ! -x "$build/runner/loom-runner" ]; then
	echo "1..0 # SKIP no sanitizer build in $build"
	exit 0
fi
LOOM_BUILDDIR=$build exec "$(dirname "$0")/shell.t"
