/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintfault.h"

#include "lib/base/mem.h"
#include "lib/base/panic.h"
#include "tests/peers/mintbend.h"

enum { WAITING = 64 };

/* What a fault is made of; each part may be missing. */
struct kind {
	const char *name;
	enum mintcore_twist twist;
	bool before; /* the mint never hears of it */
	bool twice;  /* it hears of it two times */
	bool rotate;
	unsigned int status; /* instead of what the mint says; 0: that */
	const char *text;    /* with status */
	mintbend *bend;      /* of the answer's JSON */
	enum mintfault_how how;
};

static const char limited[] = "{\"detail\":\"Rate limit exceeded.\"}";
static const char broken[] = "Internal Server Error";
static const char html[] =
	"<html><head><title>502 Bad Gateway</title></head>"
	"<body><center><h1>502 Bad Gateway</h1></center></body></html>";
static const char expired[] = "{\"detail\":\"keyset has expired\",\"code\":12003}";
static const char code0[] = "{\"detail\":\"database is locked\",\"code\":0}";

static const struct kind kinds[] = {
	{.name = "drop-before", .before = true, .how = MINTFAULT_DROP},
	{.name = "drop-after", .how = MINTFAULT_DROP},
	{.name = "429", .before = true, .status = 429, .text = limited},
	{.name = "500-before", .before = true, .status = 500, .text = broken},
	{.name = "500-after", .status = 500, .text = broken},
	{.name = "502-html-after", .status = 502, .text = html},
	{.name = "expired-keyset", .before = true, .status = 400, .text = expired},
	{.name = "code0", .status = 400, .text = code0},
	{.name = "wrong-order", .bend = mintbend_wrong_order},
	{.name = "short", .bend = mintbend_short},
	{.name = "wrong-amount", .bend = mintbend_wrong_amount},
	{.name = "wrong-id", .bend = mintbend_wrong_id},
	{.name = "bad-dleq", .bend = mintbend_bad_dleq},
	{.name = "no-dleq", .bend = mintbend_no_dleq},
	{.name = "zero-change", .bend = mintbend_zero_change},
	{.name = "unordered-change", .bend = mintbend_wrong_order},
	{.name = "restore-empty", .bend = mintbend_restore_empty},
	{.name = "restore-partial", .bend = mintbend_restore_partial},
	{.name = "restore-reordered", .bend = mintbend_restore_reordered},
	{.name = "checkstate-pending", .bend = mintbend_checkstate_pending},
	{.name = "bad-keys", .bend = mintbend_bad_keys},
	{.name = "twice", .twice = true},
	{.name = "rotate", .rotate = true},
	{.name = "truncated-json", .bend = mintbend_truncate},
	{.name = "slow"},
	{.name = "slow-body", .how = MINTFAULT_DRIP},
	{.name = "cut-body", .how = MINTFAULT_CUT},
	{.name = "pending", .twist = MINTCORE_PENDING},
	{.name = "melt-fail", .twist = MINTCORE_FAIL},
	{.name = "melt-unknown", .twist = MINTCORE_UNKNOWN},
	{.name = "die-before-commit", .twist = MINTCORE_ROLLBACK, .how = MINTFAULT_DIE},
	{.name = "die-after-commit", .how = MINTFAULT_DIE},
};

struct waiting {
	const struct kind *kind;
	struct buf path;
	uint64_t skip;
	uint64_t times;
	unsigned int ms;
};

struct mintfault {
	struct mintcore *m;
	struct waiting v[WAITING];
	size_t n;
};

struct mintfault *mintfault_new(struct mintcore *m)
{
	struct mintfault *f = mem_zalloc(sizeof(*f));

	f->m = m;
	return f;
}

void mintfault_free(struct mintfault *f)
{
	if (!f)
		return;
	mintfault_clear(f);
	mem_free(f);
}

void mintfault_clear(struct mintfault *f)
{
	for (size_t i = 0; i < f->n; i++)
		buf_free(&f->v[i].path);
	f->n = 0;
}

uint64_t mintfault_left(const struct mintfault *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->v[i].times;
	return n;
}

static const struct kind *find_kind(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq_c(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

bool mintfault_add(struct mintfault *f, const struct mintfault_order *o)
{
	const struct kind *kind = find_kind(o->name);
	struct waiting *w;

	if (!kind || f->n == WAITING)
		return false;
	w = &f->v[f->n++];
	*w = (struct waiting){
		.kind = kind, .skip = o->skip, .times = o->times, .ms = o->ms};
	buf_init(&w->path, 512);
	buf_add_str(&w->path, o->path.n ? o->path : STR_LIT("/v1/"));
	return true;
}

static void forget_spent(struct mintfault *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].times == 0)
			buf_free(&f->v[i].path);
		else
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}

/* The first that waits for this path; those behind it wait on. */
static struct waiting *find(struct mintfault *f, struct str path)
{
	for (size_t i = 0; i < f->n; i++) {
		struct waiting *w = &f->v[i];

		if (!str_starts(path, buf_str(&w->path).p))
			continue;
		if (w->skip == 0)
			return w;
		w->skip--;
	}
	return NULL;
}

/* False: the answer has no part that this fault is about. */
static bool bend(const struct kind *kind, struct mintfault_answer *out)
{
	if (kind->bend && !kind->bend(&out->body))
		return false;
	if (kind->status == 0)
		return true;
	out->status = kind->status;
	out->html = kind->text == html;
	buf_reset(&out->body);
	buf_add_c(&out->body, kind->text);
	return true;
}

/* As the present keyset, whose turn is over. */
static void rotate(struct mintcore *m)
{
	struct keyset_id id;

	mintcore_rotate(m, NULL, &id);
}

void mintfault_handle(struct mintfault *f, struct str method, struct str path,
		      struct str body, struct mintfault_answer *out)
{
	static const struct kind none = {.name = ""};
	struct waiting *w = find(f, path);
	const struct kind *kind = w ? w->kind : &none;

	out->how = kind->how;
	out->delay_ms = w ? w->ms : 0;
	out->html = false;
	out->status = 0;
	if (kind->rotate)
		rotate(f->m);
	for (int times = kind->before ? 0 : kind->twice ? 2 : 1; times > 0; times--) {
		buf_reset(&out->body);
		mintcore_turn(f->m, kind->twist);
		out->status = mintcore_handle(f->m, method, path, body, &out->body);
	}
	if (w && bend(kind, out)) {
		w->times--;
		forget_spent(f);
	}
}
