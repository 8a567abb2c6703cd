/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/conf.h"

#include "lib/base/caps.h"
#include "lib/base/fdio.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "lib/base/utf8.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WHERE_MAX = 128 };

struct value {
	char *text;
	uint64_t number; /* CONF_UINT and CONF_BOOL */
	bool given;
	char where[WHERE_MAX];
};

struct conf {
	struct value values[CONF_KEY_COUNT];
};

static const struct {
	const char *word;
	bool value;
} bool_words[] = {{"yes", true}, {"true", true},   {"1", true},  {"on", true},
		  {"no", false}, {"false", false}, {"0", false}, {"off", false}};

static bool find_key(struct str name, enum conf_key *key)
{
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		if (!str_eq_c(name, conf_table[i].name))
			continue;
		*key = (enum conf_key)i;
		return true;
	}
	/* the original worker's name for the same list */
	if (str_eq_c(name, "WHITELIST_EVENT_ID")) {
		*key = CONF_WHITELIST;
		return true;
	}
	return false;
}

/* ---- values, by kind */

static bool take_uint(struct value *v, const struct conf_opt *opt, struct str text)
{
	return str_to_u64(text, opt->max, &v->number) && v->number >= opt->min;
}

static bool take_bool(struct value *v, struct str text)
{
	for (size_t i = 0; i < ARRAY_LEN(bool_words); i++) {
		if (!str_eq_c(text, bool_words[i].word))
			continue;
		v->number = bool_words[i].value;
		return true;
	}
	return false;
}

static bool is_choice(const struct conf_opt *opt, struct str text)
{
	struct str rest = str_of(opt->choices);
	struct str word;

	while (str_next(&rest, '|', &word))
		if (str_eq(word, text))
			return true;
	return false;
}

/* No control characters, NUL among them: values go into logs and into files of lines. */
static bool is_plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return false;
	return utf8_valid(text);
}

static bool is_text(const struct conf_opt *opt, struct str text)
{
	return text.n >= opt->min && text.n <= opt->max;
}

static bool is_list(const struct conf_opt *opt, struct str text)
{
	struct str word;
	uint64_t n = 0;

	while (conf_list_next(&text, &word))
		n++;
	return n >= opt->min && n <= opt->max;
}

static bool take(struct value *v, const struct conf_opt *opt, struct str text)
{
	if (!is_plain(text))
		return false;
	switch (opt->kind) {
	case CONF_UINT:
		return take_uint(v, opt, text);
	case CONF_BOOL:
		return take_bool(v, text);
	case CONF_CHOICE:
		return is_choice(opt, text);
	case CONF_LIST:
		return is_list(opt, text);
	case CONF_PATH:
		return is_text(opt, text) && (text.n == 0 || text.p[0] == '/');
	case CONF_TEXT:
		return is_text(opt, text);
	}
	return false;
}

/* What a value of this kind looks like, for the message and the docs. */
static void describe(char *out, size_t n, const struct conf_opt *opt)
{
	switch (opt->kind) {
	case CONF_UINT:
		(void)snprintf(out, n, "a whole number from %llu to %llu",
			       (unsigned long long)opt->min,
			       (unsigned long long)opt->max);
		return;
	case CONF_BOOL:
		(void)snprintf(out, n, "yes or no");
		return;
	case CONF_CHOICE:
		(void)snprintf(out, n, "one of %s", opt->choices);
		return;
	case CONF_LIST:
		(void)snprintf(out, n, "up to %llu words with commas between",
			       (unsigned long long)opt->max);
		return;
	case CONF_PATH:
		(void)snprintf(out, n, "an absolute path");
		return;
	case CONF_TEXT:
		(void)snprintf(out, n, "text of %llu to %llu bytes",
			       (unsigned long long)opt->min,
			       (unsigned long long)opt->max);
		return;
	}
}

/* nsec1..., ncryptsec1..., long hexadecimal, cashuA..., wss://user:password@... */
static bool may_be_secret(struct str s)
{
	static const char *const signs[] = {"sec1", "cashu", "@"};
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		struct str rest = {s.p + i, s.n - i};

		for (size_t k = 0; k < ARRAY_LEN(signs); k++)
			if (rest.n >= strlen(signs[k]) &&
			    strncasecmp(rest.p, signs[k], strlen(signs[k])) == 0)
				return true;
		digits = hex_digit(s.p[i]) >= 0 ? digits + 1 : 0;
		if (digits == 32)
			return true;
	}
	return false;
}

struct conf_quoted conf_quote(struct str text)
{
	struct conf_quoted out;
	bool hide = may_be_secret(text);
	size_t most = hide ? 5 : 60;

	(void)snprintf(out.c, sizeof(out.c), "%.*s%s",
		       (int)(text.n < most ? text.n : most), text.p, hide ? "..." : "");
	return out;
}

static void drop(struct conf *c, enum conf_key key)
{
	if (c->values[key].text && conf_table[key].flags & CONF_SECRET)
		mem_wipe(c->values[key].text, strlen(c->values[key].text));
	mem_free(c->values[key].text);
}

/* Behind "want ...", where a value looks right and is not. */
static const char *hint_of(enum conf_key key)
{
	return key == CONF_PRICE_PER_SECOND
		       ? "; clients in use cannot read a fraction of a sat"
		       : "";
}

static enum lerr_code set(struct conf *c, enum conf_key key, struct str text,
			  const char *where, struct lerr *err)
{
	const struct conf_opt *opt = &conf_table[key];
	struct value next = {.given = true};
	char want[160];

	if (!take(&next, opt, text)) {
		describe(want, sizeof(want), opt);
		if (opt->flags & CONF_SECRET)
			return lerr_set(err, LERR_INPUT, 0, "%s: %s: not %s", where,
					opt->name, want);
		return lerr_set(err, LERR_INPUT, 0, "%s: %s=%s: want %s%s", where,
				opt->name, conf_quote(text).c, want, hint_of(key));
	}
	next.text = str_dup(text);
	(void)snprintf(next.where, sizeof(next.where), "%s", where);
	drop(c, key);
	c->values[key] = next;
	return LERR_OK;
}

struct conf *conf_new(void)
{
	struct conf *c = mem_zalloc(sizeof(*c));
	struct lerr err;

	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		if (set(c, (enum conf_key)i, str_of(conf_table[i].def), "default", &err))
			panic("bad default: %s", err.msg);
		c->values[i].given = false;
	}
	return c;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONF_KEY_COUNT; i++)
		drop(c, (enum conf_key)i);
	mem_free(c);
}

/* ---- sources */

static enum lerr_code secret_allowed(enum conf_key key, enum conf_secrets secrets,
				     const char *where, struct lerr *err)
{
	if (secrets == CONF_TAKE_SECRETS || !(conf_table[key].flags & CONF_SECRET))
		return LERR_OK;
	return lerr_set(err, LERR_DENIED, 0,
			"%s: %s is for \"loomctl prepare\" only: this program must not "
			"see a key",
			where, conf_table[key].name);
}

static struct str unquote(struct str v)
{
	if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
		return (struct str){v.p + 1, v.n - 2};
	return v;
}

static enum lerr_code read_line(struct conf *c, struct str line, const char *where,
				bool *seen, enum conf_secrets secrets, struct lerr *err)
{
	const char *eq;
	struct str name;
	struct str text;
	enum conf_key key;
	enum lerr_code rc;

	line = str_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return LERR_OK;
	eq = memchr(line.p, '=', line.n);
	if (!eq)
		return lerr_set(err, LERR_INPUT, 0, "%s: want KEY=value", where);
	name = str_trim((struct str){line.p, (size_t)(eq - line.p)});
	text = str_trim((struct str){eq + 1, line.n - (size_t)(eq - line.p) - 1});
	if (!find_key(name, &key))
		return lerr_set(err, LERR_INPUT, 0,
				"%s: unknown key '%s' (docs/config.md lists them)", where,
				conf_quote(name).c);
	rc = secret_allowed(key, secrets, where, err);
	if (rc)
		return rc;
	if (seen[key])
		return lerr_set(err, LERR_INPUT, 0, "%s: %s is given twice", where,
				conf_table[key].name);
	seen[key] = true;
	return set(c, key, unquote(text), where, err);
}

enum lerr_code conf_read_text(struct conf *c, struct str text, const char *name,
			      enum conf_secrets secrets, struct lerr *err)
{
	bool seen[CONF_KEY_COUNT] = {false};
	char where[WHERE_MAX];
	struct str line;
	unsigned int number = 0;

	while (str_next(&text, '\n', &line)) {
		enum lerr_code rc;

		(void)snprintf(where, sizeof(where), "%.100s:%u", name, ++number);
		if (line.n > CAP_CONF_LINE)
			return lerr_set(err, LERR_LIMIT, 0,
					"%s: line of more than %d bytes", where,
					CAP_CONF_LINE);
		rc = read_line(c, line, where, seen, secrets, err);
		if (rc)
			return rc;
	}
	return LERR_OK;
}

enum lerr_code conf_read_file(struct conf *c, const char *path, enum conf_secrets secrets,
			      struct lerr *err)
{
	auto_secret_buf struct buf text = BUF_INIT(CAP_CONF_FILE);
	enum lerr_code rc = fdio_read_file(AT_FDCWD, path, &text, err);

	if (rc)
		return lerr_wrap(err, rc, "configuration");
	return conf_read_text(c, buf_str(&text), path, secrets, err);
}

enum lerr_code conf_read_env(struct conf *c, char *const *envp, enum conf_secrets secrets,
			     struct lerr *err)
{
	for (; envp && *envp; envp++) {
		const char *eq = strchr(*envp, '=');
		enum conf_key key;
		enum lerr_code rc;

		if (!eq || !find_key((struct str){*envp, (size_t)(eq - *envp)}, &key))
			continue;
		rc = secret_allowed(key, secrets, "environment", err);
		if (!rc)
			rc = set(c, key, str_of(eq + 1), "environment", err);
		if (rc)
			return rc;
	}
	return LERR_OK;
}

enum lerr_code conf_load(struct conf **out, const char *path, char *const *envp,
			 enum conf_secrets secrets, struct lerr *err)
{
	struct conf *c = conf_new();
	enum lerr_code rc = conf_read_file(c, path, secrets, err);

	if (!rc)
		rc = conf_read_env(c, envp, secrets, err);
	if (!rc)
		rc = conf_check(c, err);
	if (rc) {
		conf_free(c);
		return rc;
	}
	for (size_t i = 0; i < CONF_KEY_COUNT; i++)
		if (c->values[i].given && conf_table[i].flags & CONF_NOT_BUILT &&
		    !str_eq_c(str_of(c->values[i].text), conf_table[i].def))
			log_event(LOG_WARN, "conf.no_effect", "key=%s where=%s",
				  conf_table[i].name, c->values[i].where);
	*out = c;
	return LERR_OK;
}

/* ---- reading values */

const char *conf_text(const struct conf *c, enum conf_key key)
{
	return c->values[key].text;
}

uint64_t conf_uint(const struct conf *c, enum conf_key key)
{
	INVARIANT(conf_table[key].kind == CONF_UINT);
	return c->values[key].number;
}

bool conf_bool(const struct conf *c, enum conf_key key)
{
	INVARIANT(conf_table[key].kind == CONF_BOOL);
	return c->values[key].number != 0;
}

bool conf_given(const struct conf *c, enum conf_key key)
{
	return c->values[key].given;
}

struct str conf_list(const struct conf *c, enum conf_key key)
{
	INVARIANT(conf_table[key].kind == CONF_LIST);
	return str_of(c->values[key].text);
}

bool conf_list_next(struct str *rest, struct str *word)
{
	while (str_next(rest, ',', word)) {
		*word = str_trim(*word);
		if (word->n)
			return true;
	}
	return false;
}

const char *conf_where(const struct conf *c, enum conf_key key)
{
	return c->values[key].where;
}

enum lerr_code conf_refuse(const struct conf *c, enum conf_key key, struct lerr *err,
			   const char *fmt, ...)
{
	char why[LERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return lerr_set(err, LERR_INPUT, 0, "%s: %s: %s", c->values[key].where,
			conf_table[key].name, why);
}

static char *join(const char *folder, const char *name)
{
	auto_buf struct buf b = BUF_INIT(CAP_CONF_LINE);

	buf_addf(&b, "%s/%s", folder, name);
	return buf_take(&b);
}

char *conf_state_path(const struct conf *c, const char *name)
{
	return join(conf_text(c, CONF_STATE_DIR), name);
}

char *conf_run_path(const struct conf *c, const char *name)
{
	return join(conf_text(c, CONF_RUN_DIR), name);
}

/* ---- writing */

static void write_help(struct buf *out, const char *help)
{
	struct str rest = str_of(help);
	struct str line;

	while (str_next(&rest, '\n', &line))
		buf_addf(out, "# %.*s\n", STR_ARG(line));
}

void conf_write_example(struct buf *out)
{
	char want[160];

	buf_add_c(out,
		  "# loom-gateway: KEY=value, one a line. docs/config.md explains each\n"
		  "# key; values shown are the defaults.\n");
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		const struct conf_opt *opt = &conf_table[i];

		describe(want, sizeof(want), opt);
		buf_add_char(out, '\n');
		write_help(out, opt->help);
		buf_addf(out, "# Value: %s.\n#%s=%s\n", want, opt->name, opt->def);
	}
}

void conf_write_docs(struct buf *out)
{
	char want[160];

	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		const struct conf_opt *opt = &conf_table[i];

		describe(want, sizeof(want), opt);
		buf_addf(out, "## %s\n\n%s\n\nValue: %s. ", opt->name, opt->help, want);
		if (opt->def[0])
			buf_addf(out, "Default: `%s`.", opt->def);
		else
			buf_add_c(out, "Default: empty.");
		if (opt->flags & CONF_SECRET)
			buf_add_c(out, " Secret: only `loomctl prepare` reads it.");
		buf_add_c(out, "\n\n");
	}
}

void conf_write_public(struct buf *out, const struct conf *c)
{
	for (size_t i = 0; i < CONF_KEY_COUNT; i++)
		if (c->values[i].given && !(conf_table[i].flags & CONF_SECRET))
			buf_addf(out, "%s=\"%s\"\n", conf_table[i].name,
				 c->values[i].text);
}

void conf_write_effective(struct buf *out, const struct conf *c)
{
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		bool hide = conf_table[i].flags & CONF_SECRET && c->values[i].text[0];

		buf_addf(out, "%s=%s\t# %s\n", conf_table[i].name,
			 hide ? "(hidden)" : c->values[i].text, c->values[i].where);
	}
}
