# SPDX-License-Identifier: MIT
# config.md and loomctl.1 are written by loomctl (tests/ctl/docs.t compares)
dist_man_MANS = docs/loomctl.1
dist_doc_DATA = docs/config.md docs/loom.md docs/performance.md
