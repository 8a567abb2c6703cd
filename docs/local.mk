# SPDX-License-Identifier: MIT
# config.md and loomctl.1 are written by loomctl (tests/ctl/docs.t compares)
dist_man_MANS = docs/loomctl.1
dist_doc_DATA = docs/architecture.md docs/config.md docs/ipc.md docs/logs.md docs/loom.md docs/money.md \
	docs/operating.md docs/outcomes.md docs/performance.md docs/sandbox.md \
	docs/threat-model.md
