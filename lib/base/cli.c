/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/cli.h"

#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/proc.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

/* What the command line asked for. */
struct wanted {
	const char *config;
	bool check_only;
	bool version;
	bool help;
};

static void print_help(const struct cli *cli)
{
	printf("loom-%s: %s\n\n"
	       "usage: loom-%s --config FILE [OPTION ...]\n\n"
	       "  --config FILE      the configuration (docs/config.md)\n"
	       "  --check-config     read it, say what is wrong with it, and end\n"
	       "  --version          print the version and end\n"
	       "  --help             print this and end\n",
	       cli->prog, cli->purpose, cli->prog);
	for (size_t i = 0; i < cli->noptions; i++) {
		const struct cli_option *o = &cli->options[i];

		printf("  --%s %-*s %s\n", o->name, (int)(16 - strlen(o->name)),
		       o->value ? o->value : "", o->help);
	}
}

/* Where the value of --NAME goes, NULL when there is no such option. */
static const char **place_of(const struct cli *cli, struct wanted *w, struct str name,
			     bool *has_value)
{
	*has_value = true;
	if (str_eq_c(name, "config"))
		return &w->config;
	for (size_t i = 0; i < cli->noptions; i++) {
		if (!str_eq_c(name, cli->options[i].name))
			continue;
		*has_value = cli->options[i].value != NULL;
		return cli->options[i].out;
	}
	return NULL;
}

/* One argument, with its value when it takes one; false when it is wrong. */
static bool take_option(const struct cli *cli, struct wanted *w, int argc, char **argv,
			int *at)
{
	const char *arg = argv[*at];
	const char *eq = strchr(arg, '=');
	const char **place;
	bool has_value;

	if (strncmp(arg, "--", 2) != 0)
		return false;
	if (strcmp(arg, "--check-config") == 0)
		return w->check_only = true;
	if (strcmp(arg, "--version") == 0)
		return w->version = true;
	if (strcmp(arg, "--help") == 0)
		return w->help = true;
	place = place_of(cli, w,
			 eq ? (struct str){arg + 2, (size_t)(eq - arg) - 2}
			    : str_of(arg + 2),
			 &has_value);
	if (!place || (eq && !has_value))
		return false;
	if (!has_value) {
		*place = "";
		return true;
	}
	if (eq) {
		*place = eq + 1;
		return true;
	}
	if (*at + 1 >= argc)
		return false;
	*place = argv[++*at];
	return true;
}

static bool parse(const struct cli *cli, struct wanted *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (take_option(cli, w, argc, argv, &i))
			continue;
		(void)fprintf(stderr,
			      "loom-%s: what is '%s'? (--help lists the options)\n",
			      cli->prog, conf_quote(str_of(argv[i])).c);
		return false;
	}
	if (w->config || w->help || w->version)
		return true;
	(void)fprintf(stderr, "loom-%s: --config FILE is missing (--help)\n", cli->prog);
	return false;
}

static int load(struct conf **conf, const struct cli *cli, const struct wanted *w,
		char **envp)
{
	enum log_level level = LOG_INFO;
	struct conf *c = NULL;
	struct lerr err = {0};
	enum lerr_code rc = conf_load(&c, w->config, envp, CONF_REFUSE_SECRETS, &err);

	if (!rc && cli->check)
		rc = cli->check(c, &err);
	if (rc) {
		(void)fprintf(stderr, "loom-%s: %s\n", cli->prog, err.msg);
		conf_free(c);
		return EXIT_CONFIG;
	}
	if (w->check_only) {
		printf("loom-%s: %s is good\n", cli->prog, w->config);
		conf_free(c);
		return 0;
	}
	if (log_parse_level(&level, str_of(conf_text(c, CONF_LOG_LEVEL))))
		log_open(cli->prog, level);
	*conf = c;
	return -1;
}

int cli_start(struct conf **conf, const struct cli *cli, int argc, char **argv,
	      char **envp)
{
	struct wanted w = {0};

	log_open(cli->prog, LOG_INFO);
	if (!parse(cli, &w, argc, argv))
		return EXIT_USAGE;
	if (w.help) {
		print_help(cli);
		return 0;
	}
	if (w.version) {
		printf("loom-%s %s\n", cli->prog, PACKAGE_VERSION);
		return 0;
	}
	proc_ignore_sigpipe();
	return load(conf, cli, &w, envp);
}
