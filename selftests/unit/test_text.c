// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's reading and writing of values.
 */
#include "helper.h"
#include "text.h"

static void test_A02_default_offset(void **state)
{
	struct mape_rule rule;

	(void)state;
	assert_int_equal(MAPE_PSID_OFFSET_RFC7597, 6);
	assert_int_equal(MAPE_PSID_OFFSET_DRAFT03, 4);
	assert_null(text_to_rule("2001:db8::/40,192.0.2.0/24,16", 6, &rule));
	assert_int_equal(rule.psid_offset, 6);
	assert_null(text_to_rule("2001:db8::/40,192.0.2.0/24,16,0", 6, &rule));
	assert_int_equal(rule.psid_offset, 0);
}

static void test_rule_both_ways(void **state)
{
	const char *text = "240b:12::/31,14.8.0.0/15,25,4";
	struct mape_rule rule;

	(void)state;
	assert_null(text_to_rule(text, 6, &rule));
	assert_string_equal(text_rule(&rule).s, text);
	text = "1111:2222:3333:4444:5555:6666:7777:8888/128,111.111.111.111/32,48,15";
	assert_null(text_to_rule(text, 6, &rule));
	assert_string_equal(text_rule(&rule).s, text);
}

static void test_rule_refused(void **state)
{
	static const char * const bad[] = {
		"", ",", ",,", ",,,", "2001:db8::/40", "2001:db8::/40,192.0.2.0/24",
		"2001:db8::/40,192.0.2.0/24,16,6,", "2001:db8::,192.0.2.0/24,16",
		"2001:db8::/129,192.0.2.0/24,16", "2001:db8::/40,192.0.2.0/33,16",
		"2001:db8::/40,192.0.2/24,16", "2001:db8::/,192.0.2.0/24,16",
		"2001:db8::/40,192.0.2.0/24,", "2001:db8::/40,192.0.2.0/24,-1",
		"2001:db8::/40,192.0.2.0/24, 16", "2001:db8::/40,192.0.2.0/24,16x",
		"2001:db8::/40,192.0.2.0/24,256", "2001:db8::/40,192.0.2.0/24,16,256",
		"192.0.2.0/24,2001:db8::/40,16",
	};
	struct mape_rule rule;
	char longest[400];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(text_to_rule(bad[i], 6, &rule));
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_says(text_to_rule(longest, 6, &rule), "too long");
	longest[120] = ',';
	longest[140] = '\0';
	assert_non_null(text_to_rule(longest, 6, &rule));
}

static void test_prefix_of_an_address_is_its_64(void **state)
{
	struct mape_prefix prefix;

	(void)state;
	assert_true(text_to_prefix("240b:12:3456:7800:a:100:2000:3000",
				   &prefix));
	assert_string_equal(text_ipv6_prefix(&prefix.addr, prefix.len).s,
			    "240b:12:3456:7800::/64");
	assert_true(text_to_prefix("240b:12:3456:78ff::/57", &prefix));
	assert_string_equal(text_ipv6_prefix(&prefix.addr, prefix.len).s,
			    "240b:12:3456:7880::/57");
	assert_true(text_to_prefix("::1/128", &prefix));
	assert_int_equal(prefix.addr.s6_addr[15], 1);
	assert_true(text_to_prefix("ffff::/0", &prefix));
	assert_int_equal(prefix.addr.s6_addr[0], 0);
	assert_false(text_to_prefix("::/129", &prefix));
	assert_false(text_to_prefix("::/", &prefix));
	assert_false(text_to_prefix("fe80::1%lo", &prefix));
	assert_false(text_to_prefix("192.0.2.1", &prefix));
	assert_false(text_to_prefix("", &prefix));
}

static void test_psid(void **state)
{
	struct mape_psid psid;

	(void)state;
	assert_null(text_to_psid("52/8", &psid));
	assert_int_equal(psid.psid, 52);
	assert_int_equal(psid.len, 8);
	assert_null(text_to_psid("0x34/8", &psid));
	assert_int_equal(psid.psid, 52);
	assert_null(text_to_psid("65535/16", &psid));
	assert_null(text_to_psid("0/0", &psid));
	assert_says(text_to_psid("256/8", &psid), "does not fit");
	assert_says(text_to_psid("1/0", &psid), "does not fit");
	assert_says(text_to_psid("1/17", &psid), "expected PSID/LEN");
	assert_says(text_to_psid("65536/16", &psid), "expected PSID/LEN");
	assert_says(text_to_psid("52", &psid), "expected PSID/LEN");
	assert_says(text_to_psid("/8", &psid), "expected PSID/LEN");
}

static void test_numbers(void **state)
{
	static const char * const bad[] = {
		"", " 1", "+1", "-1", "1 ", "0x", "0x0x1", "f", "1f",
		"99999999999999999999999",
	};
	unsigned int number, i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_to_number(bad[i], 4000000000U, &number));
	assert_true(text_to_number("010", 16, &number));
	assert_int_equal(number, 10);
}

static void test_device_names(void **state)
{
	(void)state;
	assert_true(text_is_device_name("v6plus"));
	assert_true(text_is_device_name("eth0.100"));
	assert_true(text_is_device_name("fifteen-letters"));
	assert_false(text_is_device_name("sixteen-letters!"));
	assert_false(text_is_device_name(""));
	assert_false(text_is_device_name("-x"));
	assert_false(text_is_device_name("a b"));
	assert_false(text_is_device_name("a/b"));
	assert_false(text_is_device_name(".."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A02_default_offset),
		cmocka_unit_test(test_rule_both_ways),
		cmocka_unit_test(test_rule_refused),
		cmocka_unit_test(test_prefix_of_an_address_is_its_64),
		cmocka_unit_test(test_psid),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_device_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
