/* SPDX-License-Identifier: MIT */
/*
 * The argument list of bubblewrap: words of the command stand behind "--", unchanged and
 * nowhere else; no word holds a NUL; options do not depend on the command.
 *
 * Input: one byte of switches, then words separated by 0x01.
 */
#include "config.h"

#include "lib/base/panic.h"
#include "runner/sbargv.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MAX_WORDS = 600 };

/* NUL-terminated words of the options. */
static size_t count_words(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\0';
	return n;
}

static void check(const struct sbargv *a, const struct sbargv_in *in)
{
	INVARIANT(a->argc == in->ncommand + 4);
	INVARIANT(a->argv[a->argc] == NULL);
	INVARIANT(strcmp(a->argv[0], "bwrap") == 0);
	INVARIANT(strcmp(a->argv[1], "--args") == 0);
	INVARIANT(strcmp(a->argv[3], "--") == 0);
	for (size_t i = 0; i < in->ncommand; i++)
		INVARIANT(str_eq(str_of(a->argv[4 + i]), in->command[i]));
	INVARIANT(a->options.n > 0 && a->options.p[a->options.n - 1] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str nothing[] = {{"x", 1}};
	static struct str words[MAX_WORDS];
	uint8_t mode = fuzz_mode(&data, &size);
	struct str rest = fuzz_text(data, size);
	struct sbargv_in in = {.etc = "/run/loom/sandbox/etc",
			       .init = "/run/loom/sandbox/init",
			       .files = "/run/loom/sandbox/mnt",
			       .outbound = mode & 1,
			       .filter_fd = 5,
			       .args_fd = mode & 2 ? 4 : 1000,
			       .command = words};
	struct sbargv a;
	struct sbargv plain;

	while (in.ncommand < MAX_WORDS && str_next(&rest, 1, &words[in.ncommand]))
		in.ncommand++;
	if (sbargv_build(&a, &in, NULL))
		return 0;
	check(&a, &in);
	in.command = nothing;
	in.ncommand = 1;
	INVARIANT(!sbargv_build(&plain, &in, NULL));
	INVARIANT(str_eq(buf_str(&a.options), buf_str(&plain.options)));
	INVARIANT(count_words(&a.options) > 40);
	sbargv_wipe(&a);
	sbargv_wipe(&plain);
	return 0;
}
