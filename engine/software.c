/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "engine/software.h"

#include "engine/engine.h"
#include "engine/runs.h"
#include "lib/base/caps.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/utf8.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64, VERSION_MAX_BYTES = 32, PATH_MAX_BYTES = 128 };

/* For each name a line "name<tab>path<tab>first line of --version", nothing for what is
 * not there. No more than two seconds for a program that does not answer. */
static const char script[] =
	"for n in \"$@\"; do\n"
	"  p=$(command -v -- \"$n\") || continue\n"
	"  case $p in /*) ;; *) continue ;; esac\n"
	"  v=$(timeout 2 \"$p\" --version 2>&1 </dev/null | head -n 1 | cut -c 1-200)\n"
	"  printf '%s\\t%s\\t%s\\n' \"$n\" \"$p\" \"$v\"\n"
	"done\n";

struct item {
	char name[NAME_MAX_BYTES];
	char version[VERSION_MAX_BYTES];
	char path[PATH_MAX_BYTES];
};

struct software {
	struct engine *e;
	void (*on_known)(struct engine *e);
	struct item items[CAP_SOFTWARE];
	struct advert_software list[CAP_SOFTWARE];
	size_t n;
	bool known;
	bool wanted;
};

static bool is_name(struct str s)
{
	if (s.n == 0 || s.n >= NAME_MAX_BYTES || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._+-", s.p[i]) ||
		    s.p[i] == '\0')
			return false;
	return true;
}

enum lerr_code software_check(const struct conf *c, struct lerr *err)
{
	struct str rest = conf_list(c, CONF_ADVERTISED_SOFTWARE);
	struct str word;

	while (conf_list_next(&rest, &word))
		if (!is_name(word))
			return conf_refuse(c, CONF_ADVERTISED_SOFTWARE, err,
					   "'%.*s' is not the name of a program "
					   "(lower-case letters, digits, . _ + -)",
					   (int)(word.n < 60 ? word.n : 60), word.p);
	return LERR_OK;
}

struct software *software_new(struct engine *e, void (*on_known)(struct engine *e))
{
	struct software *s = mem_zalloc(sizeof(*s));

	s->e = e;
	s->on_known = on_known;
	return s;
}

void software_free(struct software *s)
{
	mem_free(s);
}

/* The first word that begins with a digit, without a "v" in front: "git version 2.39.5"
 * gives 2.39.5. "unknown" when there is none: clients want four elements. */
static struct str find_version(struct str line)
{
	struct str word;

	while (str_next(&line, ' ', &word)) {
		if (word.n > 1 && word.p[0] == 'v')
			word = (struct str){word.p + 1, word.n - 1};
		if (word.n == 0 || word.p[0] < '0' || word.p[0] > '9')
			continue;
		for (size_t i = 0; i < word.n; i++)
			if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz.+~-",
				    word.p[i]) ||
			    word.p[i] == '\0')
				word.n = i;
		return word;
	}
	return STR_LIT("unknown");
}

static void take_line(struct software *s, struct str line)
{
	struct item *item = &s->items[s->n];
	struct str name;
	struct str path;

	if (s->n >= CAP_SOFTWARE || !str_next(&line, '\t', &name) ||
	    !str_next(&line, '\t', &path))
		return;
	if (!is_name(name) || path.n >= PATH_MAX_BYTES || !utf8_valid(path))
		return;
	str_copy(item->name, sizeof(item->name), name);
	str_copy(item->path, sizeof(item->path), path);
	str_copy(item->version, sizeof(item->version), find_version(line));
	s->list[s->n] = (struct advert_software){.name = str_of(item->name),
						 .version = str_of(item->version),
						 .path = str_of(item->path)};
	s->n++;
}

static void probed(struct engine *e, const struct str *text)
{
	struct software *s = e->software;
	struct str rest;
	struct str line;

	if (!text) {
		log_event(LOG_WARN, "software.not_probed", "%s", "");
		s->wanted = true;
		return;
	}
	s->n = 0;
	rest = *text;
	while (str_next(&rest, '\n', &line))
		take_line(s, line);
	s->known = true;
	for (size_t i = 0; i < s->n; i++)
		log_event(LOG_INFO, "software.found", "name=%s version=%s",
			  s->items[i].name, s->items[i].version);
	s->on_known(e);
}

void software_probe(struct software *s)
{
	struct str argv[CAP_SOFTWARE + 4] = {STR_LIT("/bin/sh"), STR_LIT("-c"),
					     str_of(script), STR_LIT("probe")};
	struct str rest = conf_list(s->e->conf, CONF_ADVERTISED_SOFTWARE);
	size_t n = 4;

	while (n < ARRAY_LEN(argv) && conf_list_next(&rest, &argv[n]))
		n++;
	s->wanted = !runs_probe(s->e->runs, argv, n, probed);
}

void software_tick(struct software *s)
{
	if (s->wanted)
		software_probe(s);
}

bool software_is_known(const struct software *s)
{
	return s->known;
}

const struct advert_software *software_list(const struct software *s, size_t *n)
{
	*n = s->n;
	return s->list;
}
