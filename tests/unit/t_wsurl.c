/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tests/unit/unit.h"

#include "lib/base/caps.h"
#include "lib/net/wsurl.h"

#include <string.h>

static void one_relay_has_one_spelling(void **state)
{
	static const struct {
		const char *text;
		const char *want;
		const char *host;
		const char *path;
		unsigned int port;
		bool tls;
	} cases[] = {
		{"wss://relay.example", "wss://relay.example", "relay.example", "/", 443,
		 true},
		{"WSS://Relay.Example:443/", "wss://relay.example", "relay.example", "/",
		 443, true},
		{"wss://relay.example/#top", "wss://relay.example", "relay.example", "/",
		 443, true},
		{"wss://relay.example:8443/In/Box?a=B",
		 "wss://relay.example:8443/In/Box?a=B", "relay.example", "/In/Box?a=B",
		 8443, true},
		{"wss://relay.example?x=1", "wss://relay.example/?x=1", "relay.example",
		 "/?x=1", 443, true},
		{"wss://relay.example/a/", "wss://relay.example/a/", "relay.example",
		 "/a/", 443, true},
		{"ws://127.0.0.1:80", "ws://127.0.0.1", "127.0.0.1", "/", 80, false},
		{"ws://[::1]:7000/x", "ws://[::1]:7000/x", "::1", "/x", 7000, false},
		{"wss://a:0443", "wss://a", "a", "/", 443, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wsurl u;
		struct wsurl again;

		assert_int_equal(wsurl_parse(&u, str_of(cases[i].text), NULL), LERR_OK);
		assert_string_equal(u.text, cases[i].want);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.path, cases[i].path);
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.tls, cases[i].tls);
		assert_int_equal(wsurl_parse(&again, str_of(u.text), NULL), LERR_OK);
		assert_string_equal(again.text, u.text);
	}
}

static void what_is_not_a_relays_address_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"https://a",
		"wss:/a",
		"wss://",
		"wss://:443",
		"wss://u:p@a",
		"wss://u@a/",
		"wss://a:",
		"wss://a:0",
		"wss://a:65536",
		"wss://a:4x",
		"wss://a b",
		"wss://a\"b",
		"wss://a/\x7f",
		"wss://a/\xc3\xa9",
		"wss://[::1]",
		"ws://[::1",
		"ws://[1.2.3.4]",
		"ws://[::1]x",
		"wss://a/<b>",
		"wss://*.com",
		"wss://a:443:443",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wsurl u = {.port = 7};

		assert_int_equal(wsurl_parse(&u, str_of(cases[i]), NULL), LERR_INPUT);
		assert_int_equal(u.port, 7);
	}
}

static void length_has_its_limits(void **state)
{
	char text[CAP_URL_BYTES + 8];
	struct wsurl u;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "wss://", 6);
	assert_int_equal(wsurl_parse(&u, (struct str){text, 6 + WSURL_HOST_MAX}, NULL),
			 LERR_OK);
	assert_int_equal(wsurl_parse(&u, (struct str){text, 7 + WSURL_HOST_MAX}, NULL),
			 LERR_LIMIT);
	text[20] = '?';
	assert_int_equal(wsurl_parse(&u, (struct str){text, CAP_URL_BYTES - 1}, NULL),
			 LERR_OK);
	assert_int_equal(strlen(u.text), CAP_URL_BYTES);
	assert_int_equal(wsurl_parse(&u, (struct str){text, CAP_URL_BYTES}, NULL),
			 LERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_relay_has_one_spelling),
		cmocka_unit_test(what_is_not_a_relays_address_is_refused),
		cmocka_unit_test(length_has_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
