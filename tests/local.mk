# SPDX-License-Identifier: MIT
include tests/unit/local.mk
include tests/unit/engine.mk
include tests/unit/keyd.mk
include tests/unit/bridge.mk
include tests/unit/ctl.mk
include tests/peers/local.mk
include tests/e2e/local.mk
include tests/vectors/local.mk
include tests/unit/web.mk
include tests/web/local.mk
include tests/ctl/local.mk
include tests/runner.mk
include tests/bench/local.mk
include tests/fuzz/local.mk

EXTRA_DIST += tests/crash/run tests/crash/crash.t tests/crash/lib.sh tests/crash/books.sql \
	tests/crash/flows.sh tests/crash/points.sh tests/crash/faults.sh \
	tests/crash/customers.sh tests/crash/disk.sh

EXTRA_DIST += tests/e2e/lib.sh \
	tests/e2e/01-fresh.t \
	tests/e2e/02-jobs.t \
	tests/e2e/03-queue.t \
	tests/e2e/04-relays.t \
	tests/e2e/05-away.t \
	tests/e2e/06-kill.t \
	tests/e2e/07-strangers.t \
	tests/e2e/08-stored.t \
	tests/e2e/09-demo.t \
	tests/e2e/10-client.t \
	tests/e2e/11-users.t \
	tests/e2e/12-burst.t \
	tests/e2e/13-keyd.t \
	tests/e2e/14-spool.t \
	tests/e2e/16-epoch.t \
	tests/e2e/20-payments.t \
	tests/e2e/21-withdraw.t \
	tests/e2e/19-cashu-ts.t \
	tests/e2e/17-paid.t \
	tests/e2e/18-till.t \
	tests/e2e/17-paid.t \
	tests/e2e/client/client.mjs \
	tests/e2e/client/package.json \
	tests/e2e/client/package-lock.json
