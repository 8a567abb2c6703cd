/* SPDX-License-Identifier: MIT */
/*
 * What stands between a job and the machine, as options of bubblewrap 0.8. Pure: called
 * by loom-shim, tested and fuzzed without a sandbox. docs/sandbox.md says what each
 * option is for. Never put a word of a job, or anything secret, in front of "--".
 */
#include "config.h"

#include "runner/sbargv.h"

#include "lib/base/mem.h"

#include <stdio.h>
#include <string.h>

/* Every namespace but the network's: the shim has entered the slot's own one already. */
static const char *const isolation[] = {
	"--unshare-user",
	"--unshare-pid",
	"--unshare-ipc",
	"--unshare-uts",
	"--unshare-cgroup-try",
	"--disable-userns",
	"--uid",
	"1000",
	"--gid",
	"1000",
	"--hostname",
	"job",
	"--die-with-parent",
	"--new-session",
	/* loom-init is the first process: it reaps, and reports the true wait status */
	"--as-pid-1",
	"--clearenv",
};

/* /usr alone; the rest of the system is not there at all. */
static const char *const system_files[] = {
	"--ro-bind", "/usr",      "/usr",      "--symlink", "usr/bin",
	"/bin",      "--symlink", "usr/sbin",  "/sbin",     "--symlink",
	"usr/lib",   "/lib",      "--symlink", "usr/lib64", "/lib64",
};

static const char *const live_files[] = {
	"--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
	"--ro-bind-try", "/etc/ld.so.cache",  "/etc/ld.so.cache",
};

static const char *const outbound_files[] = {
	"--ro-bind-try",
	"/etc/ssl/certs",
	"/etc/ssl/certs",
};

/* /dev and / last: until they are read-only, mount points can be made in them. */
static const char *const closing[] = {
	"--symlink",    SBARGV_HOME, "/tmp",    "--remount-ro", "/dev",
	"--remount-ro", "/",         "--chdir", SBARGV_HOME,
};

static void add(struct sbargv *a, const char *word)
{
	/* with its NUL: that is what separates words */
	buf_add(&a->options, word, strlen(word) + 1);
}

static void add_all(struct sbargv *a, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(a, words[i]);
}

static void add_mount(struct sbargv *a, const char *option, const char *from,
		      const char *to)
{
	add(a, option);
	add(a, from);
	add(a, to);
}

static void add_number(struct sbargv *a, const char *option, int number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", number);
	add(a, option);
	add(a, text);
}

static void add_options(struct sbargv *a, const struct sbargv_in *in)
{
	auto_free char *job = NULL;
	auto_free char *shm = NULL;
	struct buf path = BUF_INIT(SBARGV_OPTIONS_MAX);

	buf_addf(&path, "%s/job", in->files);
	job = buf_take(&path);
	buf_addf(&path, "%s/shm", in->files);
	shm = buf_take(&path);
	add_all(a, isolation, ARRAY_LEN(isolation));
	add_all(a, system_files, ARRAY_LEN(system_files));
	add_mount(a, "--ro-bind", in->etc, "/etc");
	add_all(a, live_files, ARRAY_LEN(live_files));
	if (in->outbound)
		add_all(a, outbound_files, ARRAY_LEN(outbound_files));
	add_mount(a, "--ro-bind", in->init, SBARGV_INIT);
	add(a, "--proc");
	add(a, "/proc");
	add(a, "--dev");
	add(a, "/dev");
	add_mount(a, "--bind", job, SBARGV_HOME);
	/* the same tmpfs, so the same limits on bytes and inodes */
	add_mount(a, "--bind", shm, "/dev/shm");
	add_all(a, closing, ARRAY_LEN(closing));
	add_number(a, "--seccomp", in->filter_fd);
}

static void add_command(struct sbargv *a, const struct sbargv_in *in)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", in->args_fd);
	a->argv = mem_array(in->ncommand + 5, sizeof(*a->argv));
	a->argv[a->argc++] = mem_strdup("bwrap");
	a->argv[a->argc++] = mem_strdup("--args");
	a->argv[a->argc++] = mem_strdup(number);
	a->argv[a->argc++] = mem_strdup("--");
	for (size_t i = 0; i < in->ncommand; i++)
		a->argv[a->argc++] = str_dup(in->command[i]);
}

static enum lerr_code check(const struct sbargv_in *in, struct lerr *err)
{
	const char *const paths[] = {in->etc, in->init, in->files};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (!paths[i] || paths[i][0] != '/')
			return lerr_set(err, LERR_INPUT, 0, "not an absolute path");
	if (in->ncommand == 0)
		return lerr_set(err, LERR_INPUT, 0, "no command");
	if (in->ncommand > SBARGV_WORDS_MAX)
		return lerr_set(err, LERR_LIMIT, 0, "%zu words", in->ncommand);
	for (size_t i = 0; i < in->ncommand; i++)
		if (str_has_nul(in->command[i]))
			return lerr_set(err, LERR_INPUT, 0, "NUL in word %zu", i);
	return LERR_OK;
}

enum lerr_code sbargv_build(struct sbargv *out, const struct sbargv_in *in,
			    struct lerr *err)
{
	struct sbargv a = {.argv = NULL};
	enum lerr_code rc = check(in, err);

	if (rc)
		return rc;
	if (strlen(in->files) + strlen(in->etc) + strlen(in->init) >
	    SBARGV_OPTIONS_MAX / 4)
		return lerr_set(err, LERR_LIMIT, 0, "paths too long");
	buf_init(&a.options, SBARGV_OPTIONS_MAX);
	add_options(&a, in);
	add_command(&a, in);
	*out = a;
	return LERR_OK;
}

void sbargv_wipe(struct sbargv *a)
{
	for (size_t i = 0; i < a->argc; i++)
		mem_free(a->argv[i]);
	mem_free(a->argv);
	buf_free(&a->options);
	a->argv = NULL;
	a->argc = 0;
}
