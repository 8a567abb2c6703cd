/* SPDX-License-Identifier: MIT */
/* loomctl config: what the configuration says, and the documents made from its table. */
#include "config.h"

#include "ctl/out.h"
#include "ctl/verb.h"
#include "lib/base/conf.h"

enum { DOCUMENT_MAX = 1024 * 1024 };

static const char docs_head[] = "# Configuration\n\n"
				"One file of KEY=value lines, read by every program; `#` "
				"starts a comment, blanks "
				"around\nboth sides do not count, quotes around a value "
				"are taken off. Environment "
				"variables of\nthe same names override the file. An "
				"unknown key, a key given twice, "
				"a value of the\nwrong kind or a dangerous combination "
				"stops the start and is named "
				"with file and line.\n\n"
				"`loomctl config --config FILE` shows every value with "
				"where it came from. This page "
				"is\nwritten by `loomctl config --docs`.\n\n";

static int print_effective(const char *path, char *const *envp)
{
	auto_buf struct buf text = BUF_INIT(DOCUMENT_MAX);
	auto_buf struct buf clean = BUF_INIT(4 * DOCUMENT_MAX);
	struct conf *c = NULL;
	struct lerr err = {0};

	if (conf_load(&c, path, envp, CONF_TAKE_SECRETS, &err)) {
		out_remark("%s", err.msg);
		return VERB_LOCAL;
	}
	conf_write_effective(&text, c);
	conf_free(c);
	out_escape_lines(&clean, buf_str(&text));
	out_bytes(buf_str(&clean));
	return VERB_OK;
}

static int run(const struct args *a, char *const *envp)
{
	auto_buf struct buf text = BUF_INIT(DOCUMENT_MAX);
	const char *path = args_text(a, "config");
	int asked = args_has(a, "example") + args_has(a, "docs") + (path != NULL);

	if (asked != 1 || args_nrest(a)) {
		out_remark("want one of --config FILE, --example and --docs");
		return VERB_USAGE;
	}
	if (path)
		return print_effective(path, envp);
	if (args_has(a, "example")) {
		conf_write_example(&text);
	} else {
		buf_add_c(&text, docs_head);
		conf_write_docs(&text);
	}
	out_bytes(buf_str(&text));
	return VERB_OK;
}

static const struct args_option options[] = {
	{.name = "config",
	 .kind = ARGS_TEXT,
	 .value = "FILE",
	 .help = "Read and check this file and the environment, print every effective "
		 "value and where it came from. Secrets are hidden."},
	{.name = "example", .kind = ARGS_FLAG, .help = "Print a file with all keys."},
	{.name = "docs",
	 .kind = ARGS_FLAG,
	 .help = "Print the reference page (Markdown)."},
	{.name = NULL},
};

const struct verb vconfig_config = {
	.name = "config",
	.synopsis = "--config FILE | --example | --docs",
	.purpose = "show and explain the configuration",
	.text = "Shows what a configuration says once file, environment and defaults are "
		"put together, or prints what is known about every key.",
	.examples = "loomctl config --config /etc/loom/loom.conf\n"
		    "loomctl config --example > loom.conf",
	.options = {{options}},
	.run = run,
};
