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
					   "'%s' is not the name of a program "
					   "(lower-case letters, digits, . _ + -)",
					   conf_quote(word).c);
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

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does a number begin at i, with nothing in front of it but perhaps a "v"? */
static bool begins_version(struct str line, size_t i)
{
	if (!is_digit(line.p[i]))
		return false;
	if (i > 0 && line.p[i - 1] == 'v')
		i--;
	return i == 0 || !(is_word_char(line.p[i - 1]) || line.p[i - 1] == '.');
}

/* "git version 2.39.5" gives 2.39.5, "jq-1.6" gives 1.6; "unknown" when there is none,
 * because clients want four elements. */
static struct str find_version(struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		size_t n = 0;

		if (!begins_version(line, i))
			continue;
		while (i + n < line.n &&
		       (is_word_char(line.p[i + n]) || line.p[i + n] == '.' ||
			line.p[i + n] == '+' || line.p[i + n] == '-'))
			n++;
		return (struct str){line.p + i, n};
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
