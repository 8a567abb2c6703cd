#!/bin/bash
# SPDX-License-Identifier: MIT
# Hostile jobs without control groups, as on a machine that has none: rlimits, the pid
# namespace and the slot's user id are all there is.
set -u

# shellcheck source=tests/hostile/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/hostile/rows.sh
. "$(dirname "$0")/rows.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root; rootless.t does not"

j_refused() {
	is usable "$(sed -n 's/^usable=//p' <<<"$probe")" 0
	has "$probe" '^limits=weak$'
	has "$probe" '^why=control groups .* REQUIRE_CGROUPS is auto$'
	ctl start "$(new_id)" -- true >"$dir/second"
	has "$(cat "$dir/second")" '^error=temp$'
}

j_honest() {
	has "$probe" '^usable=1$'
	has "$probe" '^limits=weak$'
	is groups "$(groups_of_runner)" ""
}

setup "${limits_conf[@]}"
runner_options=(--cgroups off)
start_runner "${runner_options[@]}" || exit 1
take_baseline
row "a root runner refuses jobs without control groups" j_refused
stop_runner
echo REQUIRE_CGROUPS=no >>"$dir/conf"
start_runner "${runner_options[@]}" || exit 1
row "REQUIRE_CGROUPS=no runs them, and says that limits are weak" j_honest
common_rows
finish
