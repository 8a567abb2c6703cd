/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libFuzzer in normal builds: the target gets every file of its corpus
 * (or those on the command line, to look at one), each is a line of TAP. What breaks a
 * property ends the process, and the plan is then not fulfilled.
 */
#include "config.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/mem.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int play(const char *path)
{
	/* exactly as large as the input, so that a sanitizer sees the byte behind it */
	auto_buf struct buf text = BUF_INIT(CAP_IPC_BODY);
	struct lerr err = {0};
	uint8_t *exact;

	if (fdio_read_file(AT_FDCWD, path, &text, &err)) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	exact = mem_zalloc(text.n);
	if (text.n)
		memcpy(exact, text.p, text.n);
	(void)LLVMFuzzerTestOneInput(exact, text.n);
	mem_free(exact);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int play_folder(const char *folder)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_input, alphasort);
	int rc = 0;

	if (n <= 0) {
		printf("1..0 # SKIP no corpus in %s\n", folder);
		return 0;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		auto_buf struct buf path = BUF_INIT(4096);

		buf_addf(&path, "%s/%s", folder, entries[i]->d_name);
		rc = rc ? rc : play(path.p);
		if (!rc)
			printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		(void)fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int main(int argc, char **argv)
{
	auto_buf struct buf folder = BUF_INIT(4096);
	const char *source = getenv("LOOM_SRCDIR");
	const char *name = strrchr(argv[0], '/');

	for (int i = 1; i < argc; i++)
		if (play(argv[i]))
			return 1;
	if (argc > 1)
		return 0;
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	buf_addf(&folder, "%s/tests/fuzz/corpus/%s", source ? source : ".", name);
	return play_folder(folder.p);
}
