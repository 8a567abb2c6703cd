/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/peers/mintctl.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/proto/jsonx.h"

#include <jansson.h>

enum { NAMES = 64, NAME_MAX_BYTES = 80 };

struct count {
	char name[NAME_MAX_BYTES]; /* "POST /v1/swap" */
	uint64_t n;
};

struct mintctl {
	struct mintcore *m;
	struct mintfault *f;
	struct count counts[NAMES];
	size_t ncounts;
	char url[64];
};

struct mintctl *mintctl_new(struct mintcore *m, struct mintfault *f)
{
	struct mintctl *c = mem_zalloc(sizeof(*c));

	c->m = m;
	c->f = f;
	return c;
}

void mintctl_free(struct mintctl *c)
{
	mem_free(c);
}

void mintctl_set_url(struct mintctl *c, struct str url)
{
	str_copy(c->url, sizeof(c->url), url);
}

bool mintctl_is_for(struct str path)
{
	return str_starts(path, "/test/") || str_starts(path, "/.well-known/lnurlp/");
}

/* ---- counts */

/* Without the id of a keyset or quote at its end. */
static struct str general(struct str path)
{
	static const char *const named[] = {"/v1/keys/", "/v1/mint/quote/bolt11/",
					    "/v1/melt/quote/bolt11/"};

	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		if (str_starts(path, named[i]))
			return str_of(named[i]);
	return path;
}

void mintctl_count(struct mintctl *c, struct str method, struct str path)
{
	auto_buf struct buf name = BUF_INIT(65536);

	buf_add_str(&name, method);
	buf_add_char(&name, ' ');
	buf_add_str(&name, general(path));
	if (name.n >= NAME_MAX_BYTES)
		return;
	for (size_t i = 0; i < c->ncounts; i++)
		if (str_eq_c(buf_str(&name), c->counts[i].name)) {
			c->counts[i].n++;
			return;
		}
	if (c->ncounts == NAMES)
		return;
	str_copy(c->counts[c->ncounts].name, NAME_MAX_BYTES, buf_str(&name));
	c->counts[c->ncounts++].n = 1;
}

/* ---- orders: each says what is wrong, or NULL */

typedef const char *order(struct mintctl *c, const json_t *v, struct buf *answer);

static uint64_t number(const json_t *v, const char *key, uint64_t otherwise)
{
	uint64_t n;

	return jsonx_get_u64(v, key, &n) ? n : otherwise;
}

static const char *add_fault(struct mintctl *c, const json_t *v, struct buf *answer)
{
	struct mintfault_order o = {.times = number(v, "times", 1),
				    .skip = number(v, "skip", 0),
				    .ms = (unsigned int)number(v, "ms", 0)};

	(void)answer;
	(void)jsonx_get_str(v, "path", &o.path);
	if (!jsonx_get_str(v, "fault", &o.name) || !mintfault_add(c->f, &o))
		return "no such fault";
	return NULL;
}

static const char *clear_faults(struct mintctl *c, const json_t *v, struct buf *answer)
{
	(void)v;
	(void)answer;
	mintfault_clear(c->f);
	return NULL;
}

static const char *tell_faults(struct mintctl *c, const json_t *v, struct buf *answer)
{
	(void)v;
	buf_addf(answer, "{\"left\":%llu}", (unsigned long long)mintfault_left(c->f));
	return NULL;
}

static const char *rotate(struct mintctl *c, const json_t *v, struct buf *answer)
{
	struct mintcore_keyset how = {.ppk = number(v, "ppk", 100),
				      .final_expiry = number(v, "expiry", 0)};
	uint64_t nkeys = number(v, "keys", KEYSET_KEYS);
	struct str version = STR_LIT("00");
	struct keyset_id id;

	(void)jsonx_get_str(v, "version", &version);
	if (!str_eq_c(version, "00") && !str_eq_c(version, "01"))
		return "version must be 00 or 01";
	if (nkeys < 1 || nkeys > KEYSET_KEYS)
		return "keys must be 1 .. 64";
	how.nkeys = (unsigned int)nkeys;
	how.version = str_eq_c(version, "01");
	mintcore_rotate(c->m, &how, &id);
	buf_addf(answer, "{\"id\":\"%s\"}", id.c);
	return NULL;
}

static const char *expire(struct mintctl *c, const json_t *v, struct buf *answer)
{
	struct str id;

	(void)answer;
	if (!jsonx_get_str(v, "id", &id) ||
	    !mintcore_expire(c->m, id, number(v, "expiry", 1)))
		return "no such keyset";
	return NULL;
}

static const char *set_like(struct mintctl *c, const json_t *v)
{
	static const char *const names[] = {[MINTCORE_REGISTRY] = "registry",
					    [MINTCORE_NUTSHELL] = "nutshell",
					    [MINTCORE_CDK] = "cdk"};
	struct str name;

	if (!jsonx_get_str(v, "like", &name))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_c(name, names[i])) {
			mintcore_set_like(c->m, (enum mintcore_like)i);
			return NULL;
		}
	return "like must be registry, nutshell or cdk";
}

static const char *set(struct mintctl *c, const json_t *v, struct buf *answer)
{
	bool never = false;
	uint64_t n;

	(void)answer;
	if (jsonx_get_u64(v, "ln_fee", &n))
		mintcore_set_ln_fee(c->m, n);
	if (jsonx_get_u64(v, "pay_after", &n) && n < 1000000)
		mintcore_set_pay_after(c->m, (int)n);
	if (jsonx_get_bool(v, "never", &never) && never)
		mintcore_set_pay_after(c->m, MINTCORE_NEVER);
	if (jsonx_get_u64(v, "shift_s", &n) && n < UINT32_MAX)
		clock_shift_wall_ms((int64_t)n * 1000);
	if (jsonx_get_u64(v, "back_s", &n) && n < UINT32_MAX)
		clock_shift_wall_ms(-(int64_t)n * 1000);
	return set_like(c, v);
}

static const char *pay(struct mintctl *c, const json_t *v, struct buf *answer)
{
	struct str quote;

	(void)answer;
	if (!jsonx_get_str(v, "quote", &quote) || !mintcore_pay(c->m, quote))
		return "no such quote that is not paid";
	return NULL;
}

static const char *settle(struct mintctl *c, const json_t *v, struct buf *answer)
{
	struct str quote;
	bool paid;

	(void)answer;
	if (!jsonx_get_str(v, "quote", &quote) || !jsonx_get_bool(v, "paid", &paid) ||
	    !mintcore_settle(c->m, quote, paid))
		return "no such quote that is pending";
	return NULL;
}

static const char *release(struct mintctl *c, const json_t *v, struct buf *answer)
{
	bool done = false;

	(void)jsonx_get_bool(v, "done", &done);
	buf_addf(answer, "{\"released\":%zu}", mintcore_release(c->m, done));
	return NULL;
}

static const char *invoice(struct mintctl *c, const json_t *v, struct buf *answer)
{
	uint64_t amount;

	if (!jsonx_get_u64(v, "amount", &amount) || amount == 0 || amount > UINT32_MAX)
		return "amount must be 1 .. 4294967295";
	buf_add_c(answer, "{\"request\":\"");
	mintcore_foreign_invoice(c->m, answer, amount, number(v, "expiry", 3600));
	buf_add_c(answer, "\"}");
	return NULL;
}

/* LUD-16, LUD-06: a Lightning address, and an invoice for it, in msat. */
static const char *tell_address(struct mintctl *c, const json_t *v, struct buf *answer)
{
	(void)v;
	buf_addf(answer,
		 "{\"tag\":\"payRequest\",\"callback\":\"%s/test/lnurl\","
		 "\"minSendable\":1000,\"maxSendable\":1000000000,"
		 "\"metadata\":\"[[\\\"text/plain\\\",\\\"a test\\\"]]\"}",
		 c->url);
	return NULL;
}

static const char *address_invoice(struct mintctl *c, const json_t *v, struct buf *answer)
{
	uint64_t msat = number(v, "amount", 0);

	if (msat < 1000 || msat > 1000000000 || msat % 1000 != 0)
		return "amount must be 1000 .. 1000000000, and whole sat";
	buf_add_c(answer, "{\"routes\":[],\"pr\":\"");
	mintcore_foreign_invoice(c->m, answer, msat / 1000, 3600);
	buf_add_c(answer, "\"}");
	return NULL;
}

static const char *tell_sums(struct mintctl *c, const json_t *v, struct buf *answer)
{
	(void)v;
	mintcore_write_sums(c->m, answer);
	return NULL;
}

static const char *tell_counts(struct mintctl *c, const json_t *v, struct buf *answer)
{
	(void)v;
	buf_add_char(answer, '{');
	for (size_t i = 0; i < c->ncounts; i++) {
		if (i)
			buf_add_char(answer, ',');
		jsonx_add_string(answer, str_of(c->counts[i].name));
		buf_addf(answer, ":%llu", (unsigned long long)c->counts[i].n);
	}
	buf_add_char(answer, '}');
	return NULL;
}

static const struct {
	const char *path;
	order *fn;
} orders[] = {
	{"/test/fault", add_fault},
	{"/test/clear", clear_faults},
	{"/test/faults", tell_faults},
	{"/test/rotate", rotate},
	{"/test/expire", expire},
	{"/test/set", set},
	{"/test/pay", pay},
	{"/test/settle", settle},
	{"/test/release", release},
	{"/test/invoice", invoice},
	{"/.well-known/lnurlp/test", tell_address},
	{"/test/lnurl", address_invoice},
	{"/test/sums", tell_sums},
	{"/test/counts", tell_counts},
};

static const char *obey(struct mintctl *c, struct str path, const json_t *v,
			struct buf *answer)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (str_eq_c(path, orders[i].path))
			return orders[i].fn(c, v, answer);
	return "no such order";
}

unsigned int mintctl_handle(struct mintctl *c, struct str method, struct str path,
			    struct str body, struct buf *answer)
{
	auto_json json_t *v = NULL;
	struct lerr err = {0};
	const char *wrong;

	(void)method;
	if (body.n == 0)
		v = json_object();
	else if (jsonx_load(&v, body, 65536, JSONX_UINTS, &err))
		v = NULL;
	wrong = v ? obey(c, path, v, answer) : err.msg;
	if (wrong) {
		buf_reset(answer);
		buf_add_c(answer, "{\"error\":");
		jsonx_add_string(answer, str_of(wrong));
		buf_add_char(answer, '}');
		return 400;
	}
	if (answer->n == 0)
		buf_add_c(answer, "{}");
	return 200;
}
