/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "keyd/unwrap.h"

#include "lib/base/caps.h"
#include "lib/base/mem.h"
#include "lib/proto/nevent.h"
#include "lib/proto/nip44.h"
#include "tests/unit/facts.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct keyring *keys;
static struct nsign_key customer;
static struct id32 customer_pub;
static struct nip44_key between;

static int make(void **state)
{
	struct nsign_key key;
	uint8_t x[32];

	(void)state;
	if (keyring_new(&keys, NULL) || nsign_parse(&key, STR_LIT(FACT_KEY1), NULL) ||
	    keyring_set(&keys->worker, &key, NULL) ||
	    nsign_parse(&customer, STR_LIT(FACT_KEY2), NULL) ||
	    nsign_pubkey(&customer_pub, &customer, NULL) ||
	    nsign_ecdh_x(x, &customer, &keys->worker.pubkey, NULL))
		return -1;
	nip44_derive(&between, x);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	keyring_free(keys);
	return 0;
}

/* A job request by the customer with these tags beside its p, signed. */
static char *request(uint32_t kind, const char *p, struct ntags *tags)
{
	struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	auto_nevent struct nevent *ev = NULL;
	uint8_t sig[64];

	if (p)
		ntags_add_c(tags, "p", p, NULL);
	ntags_add_c(tags, "cmd", "true", NULL);
	ev = nevent_make(&customer_pub, 1790000000, kind, tags, STR_LIT(""));
	nsign_sign(sig, &customer, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&text, ev);
	return buf_take(&text);
}

static void add_secret(struct ntags *tags, const char *name, struct str value)
{
	auto_buf struct buf payload = BUF_INIT(CAP_NIP44_PAYLOAD);
	uint8_t nonce[32] = {9};

	assert_int_equal(nip44_encrypt(&payload, &between, nonce, value, NULL), LERR_OK);
	ntags_add_c(tags, "secret", name, payload.p, NULL);
}

static enum lerr_code open_text(struct ipckey_opened *out, const char *text,
				struct lerr *err)
{
	auto_free char *copy = mem_strdup(text);
	struct ipckey_open req = {copy};

	return unwrap_open(out, keys, &req, err);
}

static void assert_refused(char *text, enum lerr_code code, const char *why)
{
	struct ipckey_opened out = {{NULL, 0}, {NULL, 0}};
	struct lerr err = {0};

	assert_int_equal(open_text(&out, text, &err), code);
	assert_has(err.msg, why);
	assert_null(out.names.v);
	assert_null(out.values.v);
	mem_free(text);
}

static void secrets_come_out_in_their_order(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct ipckey_opened out;
	char *text;

	(void)state;
	add_secret(tags, "FIRST", STR_LIT("one"));
	ntags_add_c(tags, "env", "PLAIN", "x", NULL);
	add_secret(tags, "_second2", STR_LIT(" two\n\xc3\xa9=\" "));
	text = request(NKIND_JOB, FACT_PUB1, tags);
	assert_int_equal(open_text(&out, text, NULL), LERR_OK);
	assert_int_equal(out.names.n, 2);
	assert_int_equal(out.values.n, 2);
	assert_string_equal(out.names.v[0], "FIRST");
	assert_string_equal(out.values.v[0], "one");
	assert_string_equal(out.names.v[1], "_second2");
	assert_string_equal(out.values.v[1], " two\n\xc3\xa9=\" ");
	ipc_texts_wipe(&out.names);
	ipc_texts_wipe(&out.values);
	mem_free(text);
}

static void a_request_without_secrets_opens_to_nothing(void **state)
{
	struct ipckey_opened out;

	(void)state;
	assert_int_equal(open_text(&out, FACT_EVENT_JOB, NULL), LERR_OK);
	assert_int_equal(out.names.n, 0);
	assert_int_equal(out.values.n, 0);
}

static void only_a_signed_job_request_to_us_is_opened(void **state)
{
	auto_ntags struct ntags *a = ntags_new();
	auto_ntags struct ntags *b = ntags_new();
	auto_ntags struct ntags *c = ntags_new();
	auto_ntags struct ntags *d = ntags_new();
	char *altered;

	(void)state;
	add_secret(a, "S", STR_LIT("x"));
	add_secret(b, "S", STR_LIT("x"));
	add_secret(c, "S", STR_LIT("x"));
	add_secret(d, "S", STR_LIT("x"));
	assert_refused(request(NKIND_JOB, FACT_PUB2, a), LERR_DENIED, "another worker");
	assert_refused(request(NKIND_JOB, NULL, b), LERR_DENIED, "another worker");
	assert_refused(request(4, FACT_PUB1, c), LERR_INPUT, "not a job request");
	altered = request(NKIND_JOB, FACT_PUB1, d);
	memcpy(strstr(altered, "\"true\""), "\"evil\"", 6);
	assert_refused(altered, LERR_DENIED, "id does not fit");
	assert_refused(mem_strdup("{}"), LERR_INPUT, "event");
	assert_refused(mem_strdup(""), LERR_INPUT, "JSON");
	assert_refused(mem_strdup(FACT_EVENT_PLAIN), LERR_INPUT, "not a job request");
}

static void a_wrong_signature_is_noticed_whatever_the_sender_says(void **state)
{
	char text[] = FACT_EVENT_JOB;
	char *sig = strstr(text, "\"sig\":\"") + 7;

	(void)state;
	sig[0] = sig[0] == '0' ? '1' : '0';
	assert_refused(mem_strdup(text), LERR_DENIED, "signature");
}

static void one_secret_that_does_not_open_refuses_all(void **state)
{
	auto_ntags struct ntags *garbage = ntags_new();
	auto_ntags struct ntags *broken = ntags_new();
	auto_ntags struct ntags *nul = ntags_new();

	(void)state;
	add_secret(garbage, "GOOD", STR_LIT("x"));
	ntags_add_c(garbage, "secret", "BAD", "not a payload", NULL);
	assert_refused(request(NKIND_JOB, FACT_PUB1, garbage), LERR_INPUT, "secret 2");
	/* with a right MAC, but no text */
	ntags_add_c(broken, "secret", "BAD", FACT_PAYLOAD_NOT_UTF8, NULL);
	assert_refused(request(NKIND_JOB, FACT_PUB1, broken), LERR_INPUT, "secret 1");
	add_secret(nul, "NUL", (struct str){"a\0b", 3});
	assert_refused(request(NKIND_JOB, FACT_PUB1, nul), LERR_INPUT, "NUL");
}

static void names_that_are_no_variables_are_refused(void **state)
{
	static const char *const bad[] = {"", "A=B", "1A", "A B", "A-B", "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_ntags struct ntags *tags = ntags_new();

		add_secret(tags, bad[i], STR_LIT("x"));
		assert_refused(request(NKIND_JOB, FACT_PUB1, tags), LERR_INPUT, "name");
	}
}

static void another_author_cannot_have_a_copied_secret_opened(void **state)
{
	auto_ntags struct ntags *tags = ntags_new();
	struct nsign_key thief;
	struct id32 pub;
	auto_nevent struct nevent *ev = NULL;
	struct buf text = BUF_INIT(CAP_EVENT_BYTES);
	uint8_t sig[64];

	(void)state;
	add_secret(tags, "S", STR_LIT("x"));
	ntags_add_c(tags, "p", FACT_PUB1, NULL);
	ntags_add_c(tags, "cmd", "true", NULL);
	nsign_generate(&thief);
	assert_int_equal(nsign_pubkey(&pub, &thief, NULL), LERR_OK);
	ev = nevent_make(&pub, 1790000000, NKIND_JOB, tags, STR_LIT(""));
	nsign_sign(sig, &thief, &ev->id);
	nevent_set_sig(ev, sig);
	nevent_write(&text, ev);
	assert_refused(buf_take(&text), LERR_INPUT, "secret 1 cannot be opened");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_out_in_their_order),
		cmocka_unit_test(a_request_without_secrets_opens_to_nothing),
		cmocka_unit_test(only_a_signed_job_request_to_us_is_opened),
		cmocka_unit_test(a_wrong_signature_is_noticed_whatever_the_sender_says),
		cmocka_unit_test(one_secret_that_does_not_open_refuses_all),
		cmocka_unit_test(names_that_are_no_variables_are_refused),
		cmocka_unit_test(another_author_cannot_have_a_copied_secret_opened),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
