#!/bin/bash
# SPDX-License-Identifier: MIT
# Hostile jobs with a runner that is not root: no user ids of their own, an own user
# namespace for the mounts. Run by root it becomes nobody.
set -u

# shellcheck source=tests/hostile/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/hostile/rows.sh
. "$(dirname "$0")/rows.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root to become nobody"
[ -z "$(ps -o pid= -U 65534)" ] || skip_all "nobody runs something already"
setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur true 2>/dev/null ||
	skip_all "no user namespaces for everybody here"
setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$runner" ||
	skip_all "nobody may not enter $build"

j_honest() {
	has "$probe" '^usable=1$'
	has "$probe" '^limits=weak$'
	has "$probe" "^isolation=.*the runner's own user id$"
	has "$probe" '^network=none$'
}

setup "${limits_conf[@]}" NETWORK=outbound
chown -R 65534:65534 "$dir"
runner_as=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
runner_options=()
start_runner || exit 1
take_baseline
row "it says what it is" j_honest
common_rows
finish
