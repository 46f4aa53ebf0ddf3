// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping rules: REQUIREMENTS, and the tables of
 * its section 0.
 */
#include "helper.h"

#define RFC	MAPE_IID_RFC7597
#define DRAFT	MAPE_IID_DRAFT03

static struct mape_rule d1(void)
{
	return make_rule("2001:db8::/40", "192.0.2.0/24", 16, 6);
}

static struct mape_rule d2(void)
{
	return make_rule("2001:db8::/40", "192.0.2.0/24", 16, 4);
}

static void test_A04_one_address_one_sharing(void **state)
{
	struct mape_rule rules[2] = { d1(), d1() };

	(void)state;
	rules[1].ipv6 = addr6("2001:db8:100::");
	assert_null(mape_rules_check(rules, 2));
	rules[1].psid_offset = 4;
	assert_says(mape_rules_check(rules, 2), "differ in PSID offset");
	rules[1] = d1();
	rules[1].ea_len = 15;
	assert_says(mape_rules_check(rules, 2), "differ in PSID offset");
}

static void test_A04_nested_ipv4_prefixes(void **state)
{
	struct mape_rule rules[2] = {
		d1(), make_rule("2001:db8:100::/40", "192.0.2.16/28", 12, 6),
	};

	(void)state;
	assert_null(mape_rules_check(rules, 2));
	rules[1].ea_len = 11;
	assert_says(mape_rules_check(rules, 2), "differ in PSID offset");
	/* Another address, another sharing. */
	rules[1] = make_rule("2001:db8:100::/40", "198.51.100.0/24", 12, 4);
	assert_null(mape_rules_check(rules, 2));
}

static void test_A04_offset_of_unshared_rules_is_moot(void **state)
{
	struct mape_rule rules[2] = {
		make_rule("2001:db8::/40", "192.0.2.0/24", 8, 6),
		make_rule("2001:db8:100::/40", "192.0.2.0/24", 8, 4),
	};

	(void)state;
	assert_null(mape_rules_check(rules, 2));
}

/* Its sharing is in the explicit PSID, if anywhere. */
static void test_A04_rule_without_ea_bits(void **state)
{
	struct mape_rule rules[2] = {
		d1(), make_rule("2001:db8:100::/40", "192.0.2.18/32", 0, 4),
	};

	(void)state;
	assert_null(mape_rules_check(rules, 2));
}

static void check_given(const char *ipv4, u8 ea, const char *prefix,
			const char *want4, u8 want_len, const char *want6)
{
	struct mape_rule rule = make_rule("2001:db8::/40", ipv4, ea, 6);
	struct mape_ce ce = derive(&rule, prefix, 0, 0, RFC);

	assert_addr4(ce.ipv4, want4);
	assert_int_equal(ce.ipv4_len, want_len);
	assert_int_equal(ce.psid_len, 0);
	assert_int_equal(ce.psid, 0);
	assert_addr6(&ce.addr, want6);
}

static void test_A06_ipv4_prefix(void **state)
{
	(void)state;
	check_given("192.0.2.0/24", 4, "2001:db8:f0::/44", "192.0.2.240", 28,
		    "2001:db8:f0::c000:2f0:0");
}

static void test_A06_full_address(void **state)
{
	(void)state;
	check_given("192.0.2.0/24", 8, "2001:db8:12::/48", "192.0.2.18", 32,
		    "2001:db8:12::c000:212:0");
}

static void test_A06_prefix_from_no_ea_bits(void **state)
{
	(void)state;
	check_given("192.0.2.0/24", 0, "2001:db8::/40", "192.0.2.0", 24,
		    "2001:db8::c000:200:0");
}

static void test_A06_r_0_shared(void **state)
{
	struct mape_rule rule = make_rule("2400::/16", "0.0.0.0/0", 40, 6);
	struct mape_ce ce = derive(&rule, "2400:c000:212:3400::/56", 0, 0, RFC);

	(void)state;
	assert_addr4(ce.ipv4, "192.0.2.18");
	assert_int_equal(ce.ipv4_len, 32);
	assert_int_equal(ce.psid, 0x34);
	assert_int_equal(ce.psid_len, 8);
}

static void test_A06_r_0_o_0(void **state)
{
	struct mape_rule rule = make_rule("2400::/16", "0.0.0.0/0", 0, 6);
	struct mape_ce ce = derive(&rule, "2400:c000::/32", 0, 0, RFC);
	struct in6_addr addr;

	(void)state;
	assert_addr4(ce.ipv4, "0.0.0.0");
	assert_int_equal(ce.ipv4_len, 0);
	assert_addr6(&ce.addr, "2400::");
	assert_true(mape_rule_address(&rule, RFC, addr4("192.0.2.18"), 0,
				      &addr));
	assert_addr6(&addr, "2400::");
}

static void test_A06_r_32_no_sharing(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:12:3400::/56",
					  "192.0.2.18/32", 0, 6);
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400::/56", 0, 0, RFC);

	(void)state;
	assert_int_equal(ce.psid_len, 0);
	assert_addr6(&ce.addr, "2001:db8:12:3400:0:c000:212:0");
}

static void test_A06_r_32_explicit_psid(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:12:3400::/56",
					  "192.0.2.18/32", 0, 6);
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400::/56", 0x34, 8,
				   RFC);

	(void)state;
	assert_int_equal(ce.psid, 0x34);
	assert_int_equal(ce.psid_len, 8);
	assert_int_equal(ce.psid_offset, 6);
	assert_addr6(&ce.addr, "2001:db8:12:3400:0:c000:212:34");
}

static void test_A06_r_32_psid_from_ea(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:12::/48", "192.0.2.18/32",
					  8, 6);
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400::/56", 0, 0, RFC);

	(void)state;
	assert_addr4(ce.ipv4, "192.0.2.18");
	assert_int_equal(ce.psid, 0x34);
	assert_addr6(&ce.addr, "2001:db8:12:3400:0:c000:212:34");
}

static void test_A06_ea_48(void **state)
{
	struct mape_rule rule = make_rule("2400::/16", "0.0.0.0/0", 48, 0);
	struct mape_ce ce = derive(&rule, "2400:c000:212:abcd::/64", 0, 0,
				   DRAFT);

	(void)state;
	assert_addr4(ce.ipv4, "192.0.2.18");
	assert_int_equal(ce.psid, 0xabcd);
	assert_int_equal(ce.psid_len, 16);
	assert_addr6(&ce.addr, "2400:c000:212:abcd:c0:2:12ab:cd00");
}

static void test_A07_longest_match(void **state)
{
	struct mape_rule rules[] = {
		make_rule("2001:db8::/32", "198.51.100.0/24", 16, 6),
		make_rule("2001:db8:12::/48", "192.0.2.0/24", 8, 6),
		make_rule("2001:db8::/40", "203.0.113.0/24", 16, 6),
	};
	struct mape_prefix prefix = prefix6("2001:db8:12:3400::/56");

	(void)state;
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[1]);
	prefix = prefix6("2001:db8:13:3400::/56");
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[2]);
	prefix = prefix6("2001:db8:1013:3400::/56");
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[0]);
	prefix = prefix6("2001:db9::/56");
	assert_null(mape_rule_bmr(rules, 3, &prefix));
	/* Shorter than any rule, though all are inside it. */
	prefix = prefix6("2001::/16");
	assert_null(mape_rule_bmr(rules, 3, &prefix));
}

static void test_A07_odd_lengths(void **state)
{
	struct mape_rule rules[] = {
		make_rule("240b:12::/31", "14.8.0.0/15", 25, 4),
		make_rule("::/0", "0.0.0.0/0", 40, 4),
		make_rule("240b:13:1a65:a100::1/128", "192.0.2.1/32", 0, 4),
	};
	struct mape_prefix prefix = prefix6("240b:13:1a65:a100::/56");

	(void)state;
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[0]);
	prefix = prefix6("240b:14::/56");
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[1]);
	prefix = prefix6("240b:13:1a65:a100::1/128");
	assert_ptr_equal(mape_rule_bmr(rules, 3, &prefix), &rules[2]);
}

static void test_A08_map_address(void **state)
{
	struct mape_rule rule = d1();
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400::/56", 0, 0, RFC);

	(void)state;
	assert_addr6(&ce.addr, "2001:db8:12:3400:0:c000:212:34");
}

/* The bits behind rule and EA bits are the customer's subnets: not ours. */
static void test_A08_subnet_bits_are_zero(void **state)
{
	struct mape_rule rule = d1();
	struct mape_ce ce;

	(void)state;
	ce = derive(&rule, "2001:db8:12:34ff:ffff:ffff::/96", 0, 0, RFC);
	assert_addr6(&ce.addr, "2001:db8:12:3400:0:c000:212:34");
	ce = derive(&rule, "2001:db8:12:34ab::/64", 0, 0, DRAFT);
	assert_addr6(&ce.addr, "2001:db8:12:3400:c0:2:1200:3400");
}

static void test_A09_prefix_longer_than_64(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:12:3400:ab00::/72",
					  "192.0.2.18/32", 0, 6);
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400:ab00::/72", 0x34,
				   8, RFC);

	(void)state;
	assert_addr6(&ce.addr, "2001:db8:12:3400:ab00:c000:212:34");
}

static void test_A09_ea_bits_across_64(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:1::/56", "192.0.2.0/24",
					  16, 6);
	struct mape_ce ce;

	(void)state;
	ce = derive(&rule, "2001:db8:1:12:3400::/72", 0, 0, RFC);
	assert_addr4(ce.ipv4, "192.0.2.18");
	assert_int_equal(ce.psid, 0x34);
	assert_addr6(&ce.addr, "2001:db8:1:12:3400:c000:212:34");
}

static void test_A09_all_128_bits(void **state)
{
	struct mape_rule rule = make_rule("2001:db8:0:0:1::/80", "0.0.0.0/0", 48,
					  0);
	struct mape_ce ce = derive(&rule, "2001:db8::1:c000:212:34/128", 0, 0,
				   RFC);

	(void)state;
	assert_addr4(ce.ipv4, "192.0.2.18");
	assert_int_equal(ce.psid, 0x34);
	assert_addr6(&ce.addr, "2001:db8::1:c000:212:34");
}

static void test_A10_draft03_layout(void **state)
{
	struct mape_rule rule = d2();
	struct mape_ce ce = derive(&rule, "2001:db8:12:3400::/56", 0, 0,
				   DRAFT);

	(void)state;
	assert_addr6(&ce.addr, "2001:db8:12:3400:c0:2:1200:3400");
}

static void test_A10_peer_addresses(void **state)
{
	struct mape_rule rule = d2();
	struct in6_addr addr;

	(void)state;
	/* 4944 is 1 | 0x35 | 0: PSID 0x35 at offset 4. */
	assert_true(mape_rule_address(&rule, DRAFT, addr4("192.0.2.18"),
				      htons(4944), &addr));
	assert_addr6(&addr, "2001:db8:12:3500:c0:2:1200:3500");
	assert_true(mape_rule_address(&rule, RFC, addr4("192.0.2.18"),
				      htons(4944), &addr));
	assert_addr6(&addr, "2001:db8:12:3500:0:c000:212:35");
}

static void test_A13_nested_fmr(void **state)
{
	struct mape_rule rules[] = {
		d1(), make_rule("2001:db8:100::/40", "192.0.2.16/28", 12, 6),
	};

	(void)state;
	rules[0].flags = rules[1].flags = MAPE_RULE_F_FMR;
	assert_ptr_equal(mape_rule_fmr(rules, 2, addr4("192.0.2.18")),
			 &rules[1]);
	assert_ptr_equal(mape_rule_fmr(rules, 2, addr4("192.0.2.32")),
			 &rules[0]);
	assert_null(mape_rule_fmr(rules, 2, addr4("192.0.3.1")));
}

static void test_A14_plain_rule_never_forwards(void **state)
{
	struct mape_rule rule = d1();
	struct in6_addr source = addr6("2001:db8:12:3400:0:c000:212:34");

	(void)state;
	assert_null(mape_rule_fmr(&rule, 1, addr4("192.0.2.18")));
	assert_false(mape_rule_covers(&rule, 1, &source));
	rule.flags = MAPE_RULE_F_FMR;
	assert_non_null(mape_rule_fmr(&rule, 1, addr4("192.0.2.18")));
	assert_true(mape_rule_covers(&rule, 1, &source));
	source = addr6("2001:db9:12:3400:0:c000:212:34");
	assert_false(mape_rule_covers(&rule, 1, &source));
}

static void test_A15_low_ports_belong_to_no_ce(void **state)
{
	struct mape_rule rule = d2();
	struct in6_addr addr;

	(void)state;
	assert_false(mape_rule_address(&rule, RFC, addr4("192.0.2.99"),
				       htons(80), &addr));
	assert_false(mape_rule_address(&rule, RFC, addr4("192.0.2.99"),
				       htons(4095), &addr));
	assert_true(mape_rule_address(&rule, RFC, addr4("192.0.2.99"),
				      htons(4096), &addr));
	rule.psid_offset = 0;
	assert_true(mape_rule_address(&rule, RFC, addr4("192.0.2.99"),
				      htons(80), &addr));
}

/* Without sharing the port says nothing of the CE. */
static void test_A15_unshared_takes_every_port(void **state)
{
	struct mape_rule rule = make_rule("2001:db8::/40", "192.0.2.0/24", 4,
					  6);
	struct in6_addr addr;

	(void)state;
	assert_true(mape_rule_address(&rule, RFC, addr4("192.0.2.243"), 0,
				      &addr));
	assert_addr6(&addr, "2001:db8:f0::c000:2f0:0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A04_one_address_one_sharing),
		cmocka_unit_test(test_A04_nested_ipv4_prefixes),
		cmocka_unit_test(test_A04_offset_of_unshared_rules_is_moot),
		cmocka_unit_test(test_A04_rule_without_ea_bits),
		cmocka_unit_test(test_A06_ipv4_prefix),
		cmocka_unit_test(test_A06_full_address),
		cmocka_unit_test(test_A06_prefix_from_no_ea_bits),
		cmocka_unit_test(test_A06_r_0_shared),
		cmocka_unit_test(test_A06_r_0_o_0),
		cmocka_unit_test(test_A06_r_32_no_sharing),
		cmocka_unit_test(test_A06_r_32_explicit_psid),
		cmocka_unit_test(test_A06_r_32_psid_from_ea),
		cmocka_unit_test(test_A06_ea_48),
		cmocka_unit_test(test_A07_longest_match),
		cmocka_unit_test(test_A07_odd_lengths),
		cmocka_unit_test(test_A08_map_address),
		cmocka_unit_test(test_A08_subnet_bits_are_zero),
		cmocka_unit_test(test_A09_prefix_longer_than_64),
		cmocka_unit_test(test_A09_ea_bits_across_64),
		cmocka_unit_test(test_A09_all_128_bits),
		cmocka_unit_test(test_A10_draft03_layout),
		cmocka_unit_test(test_A10_peer_addresses),
		cmocka_unit_test(test_A13_nested_fmr),
		cmocka_unit_test(test_A14_plain_rule_never_forwards),
		cmocka_unit_test(test_A15_low_ports_belong_to_no_ce),
		cmocka_unit_test(test_A15_unshared_takes_every_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
