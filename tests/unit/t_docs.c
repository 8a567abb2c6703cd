/* SPDX-License-Identifier: MIT */
/* Documentation that is written from tables says what the tables say. With the argument
 * "print" it prints those parts, to be put into the files. */
#include "config.h"

#include "lib/base/fdio.h"
#include "lib/ipc/ipcadmin.h"
#include "lib/ipc/ipcapi.h"
#include "lib/ipc/ipcbridge.h"
#include "lib/ipc/ipckey.h"
#include "lib/ipc/ipcrun.h"
#include "lib/proto/outcome.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOC_MAX = 1 << 20 };

static const struct {
	const char *title;
	const struct ipc_type *table;
	size_t n;
} protocols[] = {
	{"keyd-engine.sock, keyd-bridge.sock", ipckey_types, IPCKEY_TYPES},
	{"bridge-ctl.sock", ipcbridge_types, IPCBRIDGE_TYPES},
	{"runner.sock", ipcrun_types, IPCRUN_TYPES},
	{"intake.sock", ipcintake_types, IPCINTAKE_TYPES},
	{"api.sock", ipcapi_types, IPCAPI_TYPES},
	{"admin.sock", ipcadmin_types, IPCADMIN_TYPES},
};

static void write_protocol(struct buf *out, size_t i)
{
	buf_addf(out, "## %s\n\n", protocols[i].title);
	ipcmsg_write_docs(out, protocols[i].table, protocols[i].n);
}

static void load(struct buf *out, const char *name)
{
	auto_buf struct buf path = BUF_INIT(4096);
	struct lerr err = {0};

	buf_addf(&path, "%s/docs/%s", getenv("LOOM_SRCDIR"), name);
	if (fdio_read_file(AT_FDCWD, path.p, out, &err))
		fail_msg("%s", err.msg);
}

static void ipc_md_has_every_message(void **state)
{
	auto_buf struct buf doc = BUF_INIT(DOC_MAX);

	(void)state;
	load(&doc, "ipc.md");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		auto_buf struct buf want = BUF_INIT(DOC_MAX);

		write_protocol(&want, i);
		if (!strstr(doc.p, want.p))
			fail_msg(
				"docs/ipc.md, %s: not what the table says (run this test "
				"with \"print\")",
				protocols[i].title);
	}
}

static void outcomes_md_has_the_table(void **state)
{
	auto_buf struct buf doc = BUF_INIT(DOC_MAX);
	auto_buf struct buf want = BUF_INIT(DOC_MAX);

	(void)state;
	load(&doc, "outcomes.md");
	outcome_write_docs(&want);
	if (!strstr(doc.p, want.p))
		fail_msg("docs/outcomes.md: not what the table says (run this test with "
			 "\"print\")");
}

static int print(void)
{
	auto_buf struct buf out = BUF_INIT(DOC_MAX);

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		write_protocol(&out, i);
	buf_add_c(&out, "-----\n");
	outcome_write_docs(&out);
	return fputs(out.p, stdout) < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipc_md_has_every_message),
		cmocka_unit_test(outcomes_md_has_the_table),
	};

	if (argc > 1 && strcmp(argv[1], "print") == 0)
		return print();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
