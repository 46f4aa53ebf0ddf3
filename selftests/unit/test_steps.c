// SPDX-License-Identifier: GPL-2.0
/*
 * What `mape up` and `mape down` do about a device that is there already. The
 * loopback interface is the WAN: it exists everywhere.
 */
#include "helper.h"

#include <linux/if_addr.h>

#include "steps.h"

#define CE "240b:12:3456:7800:e:834:5600:7800"
#define OTHER_CE "240b:12:3456:7900:e:834:5600:7900"

static unsigned int lo(void)
{
	return if_nametoindex("lo");
}

static struct line_config make_config(const char *prefix)
{
	struct line_config config;

	memset(&config, 0, sizeof(config));
	config.link = lo();
	config.prefix = prefix6(prefix);
	config.rules[0] = make_rule("240b:12::/31", "14.8.0.0/15", 25, 4);
	config.n_rules = 1;
	config.brs[0] = addr6("2404:9200:225:100::64");
	config.n_brs = 1;
	config.iid = MAPE_IID_DRAFT03;
	return config;
}

static struct link make_link(unsigned int flags)
{
	struct link link;

	memset(&link, 0, sizeof(link));
	strcpy(link.name, "v6plus");
	link.ifindex = 77;
	link.flags = flags;
	link.line.config = make_config("240b:12:3456:7800::/64");
	link.line.ce.addr = addr6(CE);
	link.line.ce.ipv4 = addr4("14.8.52.86");
	link.line.ce.ipv4_len = 32;
	return link;
}

static struct address make_ce_address(const char *text, u8 len, u32 flags)
{
	return (struct address) {
		.ifindex = lo(), .family = AF_INET6, .len = len,
		.flags = flags, .ipv6 = addr6(text),
	};
}

static void assert_step(const struct plan *plan, unsigned int i,
			const char *want_run, const char *want_undo)
{
	assert_true(i < plan->n);
	assert_string_equal(plan->run[i], want_run);
	assert_string_equal(plan->undo[i], want_undo);
}

static void test_nothing_to_do(void **state)
{
	struct address there = make_ce_address(CE, 128, IFA_F_DEPRECATED);
	struct address_list addresses = { &there, 1 };
	struct link link = make_link(IFF_UP);
	struct plan plan = { };

	(void)state;
	steps_link(&plan, "v6plus", &link.line.config, &link);
	steps_add_ce(&plan, &link.line.ce.addr, lo(), &addresses);
	steps_remove_ce(&plan, &link, &addresses, &link.line.ce.addr, lo());
	assert_int_equal(plan.n, 0);
}

static void test_down_device_is_set_up(void **state)
{
	struct link link = make_link(0);
	struct plan plan = { };

	(void)state;
	steps_link(&plan, "v6plus", &link.line.config, &link);
	assert_int_equal(plan.n, 1);
	assert_step(&plan, 0, "ip link set v6plus up",
		    "ip link set v6plus down");
	plan_free(&plan);
}

static void test_changed_prefix(void **state)
{
	struct line_config config = make_config("240b:12:3456:7900::/64");
	struct address there = make_ce_address(CE, 128, IFA_F_DEPRECATED);
	struct address_list addresses = { &there, 1 };
	struct in6_addr ce = addr6(OTHER_CE);
	struct link link = make_link(IFF_UP);
	struct plan plan = { };

	(void)state;
	steps_link(&plan, "v6plus", &config, &link);
	steps_add_ce(&plan, &ce, lo(), &addresses);
	steps_remove_ce(&plan, &link, &addresses, &ce, lo());
	assert_int_equal(plan.n, 3);
	assert_step(&plan, 0,
		    "ip link set v6plus type mape dev lo prefix 240b:12:3456:7900::/64 rule 240b:12::/31,14.8.0.0/15,25,4 br 2404:9200:225:100::64 iid draft03",
		    "ip link set v6plus type mape dev lo prefix 240b:12:3456:7800::/64 rule 240b:12::/31,14.8.0.0/15,25,4 br 2404:9200:225:100::64 iid draft03");
	assert_step(&plan, 1,
		    "ip -6 address replace " OTHER_CE "/128 dev lo preferred_lft 0 noprefixroute",
		    "ip -6 address del " OTHER_CE "/128 dev lo");
	assert_step(&plan, 2, "ip -6 address del " CE "/128 dev lo",
		    "ip -6 address replace " CE "/128 dev lo preferred_lft 0 noprefixroute");
	plan_free(&plan);
}

/* What `ip link set` does not name it keeps, so it must be named. */
static void test_psid_and_local_are_cleared(void **state)
{
	struct link link = make_link(IFF_UP);
	struct line_config config = link.line.config;
	struct plan plan = { };

	(void)state;
	link.line.config.local = addr6("240b:12:3456:7800::1");
	link.line.config.psid = (struct mape_psid) { .psid = 52, .len = 8 };
	steps_link(&plan, "v6plus", &config, &link);
	assert_non_null(strstr(plan.run[0], " local :: psid 0/0 "));
	assert_non_null(strstr(plan.undo[0],
			       " local 240b:12:3456:7800::1 psid 52/8 "));
	plan_free(&plan);
}

/* An address that the administrator has set is not ours to remove. */
static void test_foreign_ce_address_stays(void **state)
{
	struct address there[] = {
		make_ce_address(CE, 64, IFA_F_DEPRECATED),
		make_ce_address(CE, 128, 0),
	};
	struct address_list addresses = { there, 1 };
	struct link link = make_link(IFF_UP);
	struct plan plan = { };

	(void)state;
	steps_remove_ce(&plan, &link, &addresses, NULL, 0);
	addresses.items++;
	steps_remove_ce(&plan, &link, &addresses, NULL, 0);
	assert_int_equal(plan.n, 0);
}

/* After the WAN has changed the address is found where it is. */
static void test_ce_address_on_another_interface(void **state)
{
	struct address there = make_ce_address(CE, 128, IFA_F_DEPRECATED);
	struct address_list addresses = { &there, 1 };
	struct link link = make_link(IFF_UP);
	struct plan plan = { };

	(void)state;
	link.line.config.link = 4711;
	steps_remove_ce(&plan, &link, &addresses, NULL, 0);
	assert_int_equal(plan.n, 1);
	assert_string_equal(plan.run[0],
			    "ip -6 address del " CE "/128 dev lo");
	plan_free(&plan);
}

static void test_ipv4_address_moves(void **state)
{
	struct address there = {
		.ifindex = 77, .family = AF_INET, .len = 32,
		.ipv4 = addr4("14.8.52.86"),
	};
	struct address_list addresses = { &there, 1 };
	struct link link = make_link(IFF_UP);
	struct plan plan = { };

	(void)state;
	steps_ipv4(&plan, "v6plus", there.ipv4, &link, &addresses);
	assert_int_equal(plan.n, 0);
	steps_ipv4(&plan, "v6plus", addr4("14.8.52.87"), &link, &addresses);
	steps_remove_ipv4(&plan, &link, &addresses);
	assert_int_equal(plan.n, 2);
	assert_step(&plan, 0, "ip address replace 14.8.52.87/32 dev v6plus",
		    "ip address del 14.8.52.87/32 dev v6plus");
	assert_step(&plan, 1, "ip address del 14.8.52.86/32 dev v6plus",
		    "ip address replace 14.8.52.86/32 dev v6plus");
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_down_device_is_set_up),
		cmocka_unit_test(test_changed_prefix),
		cmocka_unit_test(test_psid_and_local_are_cleared),
		cmocka_unit_test(test_foreign_ce_address_stays),
		cmocka_unit_test(test_ce_address_on_another_interface),
		cmocka_unit_test(test_ipv4_address_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
