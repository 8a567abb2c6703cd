# SPDX-License-Identifier: MIT
# written by loomctl config --example (tests/ctl/docs.t compares)
dist_pkgdata_DATA = etc/loom.conf.example
