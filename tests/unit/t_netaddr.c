/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "lib/base/netaddr.h"

#include "lib/base/attr.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(&out, &v4, sizeof(v4));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		memcpy(&out, &v6, sizeof(v6));
	}
	return out;
}

static bool is_public(const char *text)
{
	struct sockaddr_storage a = address(text);

	return netaddr_is_public((const struct sockaddr *)&a);
}

static bool is_loopback(const char *text)
{
	struct sockaddr_storage a = address(text);

	return netaddr_is_loopback((const struct sockaddr *)&a);
}

/* Both ends of each range, and what lies beside them. */
static const char *const closed[] = {
	"0.0.0.0",
	"0.255.255.255",
	"10.0.0.0",
	"10.255.255.255",
	"100.64.0.0",
	"100.127.255.255",
	"127.0.0.1",
	"127.255.255.254",
	"169.254.0.0",
	"169.254.169.254",
	"172.16.0.0",
	"172.31.255.255",
	"192.0.0.1",
	"192.0.2.1",
	"192.88.99.1",
	"192.168.0.0",
	"192.168.255.255",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.7",
	"203.0.113.9",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"::",
	"::1",
	"::127.0.0.1",
	"::8.8.8.8",
	"::ffff:127.0.0.1",
	"::ffff:10.1.2.3",
	"::ffff:169.254.169.254",
	"64:ff9b::192.168.1.1",
	"64:ff9b:1::1",
	"100::1",
	"1fff:ffff::1",
	"2001::1",
	"2001:1ff:ffff::1",
	"2001:db8::1",
	"2002:7f00:1::1",
	"2002:a01:203::1",
	"3fff::1",
	"3fff:fff::1",
	"4000::1",
	"fc00::1",
	"fdff:ffff::1",
	"fe80::1",
	"febf::1",
	"fec0::1",
	"ff02::1",
};

static const char *const open_ones[] = {
	"1.0.0.0",          "8.8.8.8",          "9.255.255.255",   "11.0.0.0",
	"100.63.255.255",   "100.128.0.0",      "126.255.255.255", "128.0.0.1",
	"169.253.255.255",  "169.255.0.0",      "172.15.255.255",  "172.32.0.0",
	"192.0.1.1",        "192.0.3.1",        "192.167.255.255", "192.169.0.0",
	"198.17.255.255",   "198.20.0.0",       "203.0.112.1",     "223.255.255.255",
	"::ffff:8.8.8.8",   "64:ff9b::8.8.8.8", "2000::1",         "2001:200::1",
	"2001:db7:ffff::1", "2001:db9::1",      "2002:808:808::1", "2606:4700::1111",
	"3ffe:ffff::1",     "3fff:1000::1",
};

static void what_is_local_private_or_reserved_is_not_public(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (is_public(closed[i]))
			fail_msg("%s is taken for public", closed[i]);
}

static void what_lies_beside_it_is_public(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(open_ones); i++)
		if (!is_public(open_ones[i]))
			fail_msg("%s is not taken for public", open_ones[i]);
}

static void loopback_is_this_machine_alone(void **state)
{
	(void)state;
	assert_true(is_loopback("127.0.0.1"));
	assert_true(is_loopback("127.9.9.9"));
	assert_true(is_loopback("::1"));
	assert_true(is_loopback("::ffff:127.0.0.1"));
	assert_false(is_loopback("126.255.255.255"));
	assert_false(is_loopback("128.0.0.1"));
	assert_false(is_loopback("::"));
	assert_false(is_loopback("::2"));
	assert_false(is_loopback("::127.0.0.1"));
	assert_false(is_loopback("::ffff:128.0.0.1"));
	assert_false(is_loopback("::ffff:10.0.0.1"));
}

static void other_families_are_neither(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	(void)state;
	assert_false(netaddr_is_public((const struct sockaddr *)&un));
	assert_false(netaddr_is_loopback((const struct sockaddr *)&un));
}

static void local_ranges_leave_loopback_and_documentation_out(void **state)
{
	struct in_addr net;
	unsigned char bits;
	size_t n = 0;

	(void)state;
	for (; netaddr_local_range(n, &net, &bits); n++) {
		char text[INET_ADDRSTRLEN];

		assert_non_null(inet_ntop(AF_INET, &net, text, sizeof(text)));
		assert_false(is_public(text));
		assert_string_not_equal(text, "127.0.0.0");
		assert_string_not_equal(text, "203.0.113.0");
		assert_true(bits > 0 && bits <= 32);
	}
	assert_int_equal(n, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_local_private_or_reserved_is_not_public),
		cmocka_unit_test(what_lies_beside_it_is_public),
		cmocka_unit_test(loopback_is_this_machine_alone),
		cmocka_unit_test(other_families_are_neither),
		cmocka_unit_test(local_ranges_leave_loopback_and_documentation_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
