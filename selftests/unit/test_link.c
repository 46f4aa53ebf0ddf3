// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's reading of RTM_NEWLINK, from messages made by hand: whole, from
 * an older or newer module, and damaged.
 */
#include "helper.h"

#include <linux/rtnetlink.h>

#include "link.h"

struct message {
	char buf[4096] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
};

static void start(struct message *m, const char *name)
{
	struct ifinfomsg *ifi;

	memset(m, 0, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = RTM_NEWLINK;
	ifi = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*ifi));
	ifi->ifi_index = 7;
	ifi->ifi_flags = IFF_UP;
	mnl_attr_put_strz(m->nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(m->nlh, IFLA_MTU, 1460);
}

static void put_config(struct nlmsghdr *nlh)
{
	struct mape_rule rule = make_rule("240b:12::/31", "14.8.0.0/15", 25, 4);
	struct in6_addr br = addr6("2404:9200:225:100::64");
	struct mape_prefix prefix = prefix6("240b:12:3456:7800::/64");
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, IFLA_MAPE_LINK, 3);
	mnl_attr_put(nlh, IFLA_MAPE_PREFIX, sizeof(prefix), &prefix);
	nest = mnl_attr_nest_start(nlh, IFLA_MAPE_RULES);
	mnl_attr_put(nlh, IFLA_MAPE_ITEM_RULE, sizeof(rule), &rule);
	rule.flags = MAPE_RULE_F_FMR;
	mnl_attr_put(nlh, IFLA_MAPE_ITEM_RULE, sizeof(rule), &rule);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, IFLA_MAPE_BRS);
	mnl_attr_put(nlh, IFLA_MAPE_ITEM_BR, sizeof(br), &br);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u8(nlh, IFLA_MAPE_IID, MAPE_IID_DRAFT03);
	mnl_attr_put(nlh, IFLA_MAPE_CE_BMR, sizeof(rule), &rule);
}

static void put_derived(struct nlmsghdr *nlh)
{
	struct in6_addr ce = addr6("240b:12:3456:7800:e:834:5600:7800");
	struct mape_port_ranges ports = { 6016, 16, 4096, 15 };
	struct mape_psid psid = { .psid = 120, .len = 8 };

	mnl_attr_put(nlh, IFLA_MAPE_CE_ADDR, sizeof(ce), &ce);
	mnl_attr_put_u32(nlh, IFLA_MAPE_CE_IPV4, addr4("14.8.52.86"));
	mnl_attr_put_u8(nlh, IFLA_MAPE_CE_IPV4_LEN, 32);
	mnl_attr_put(nlh, IFLA_MAPE_CE_PSID, sizeof(psid), &psid);
	mnl_attr_put_u8(nlh, IFLA_MAPE_CE_PSID_OFFSET, 4);
	mnl_attr_put(nlh, IFLA_MAPE_CE_PORTS, sizeof(ports), &ports);
	mnl_attr_put_u32(nlh, IFLA_MAPE_SESSIONS, 42);
}

static void make_whole(struct message *m)
{
	struct rtnl_link_stats64 stats = { .rx_packets = 1, .tx_dropped = 2 };
	struct nlattr *info, *data;

	start(m, "v6plus");
	mnl_attr_put(m->nlh, IFLA_STATS64, sizeof(stats), &stats);
	info = mnl_attr_nest_start(m->nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(m->nlh, IFLA_INFO_KIND, "mape");
	data = mnl_attr_nest_start(m->nlh, IFLA_INFO_DATA);
	put_config(m->nlh);
	put_derived(m->nlh);
	mnl_attr_put_u32(m->nlh, IFLA_MAPE_MAX + 1, 0);
	mnl_attr_nest_end(m->nlh, data);
	mnl_attr_nest_end(m->nlh, info);
}

static void test_whole_message(void **state)
{
	struct message m;
	struct link link;

	(void)state;
	make_whole(&m);
	assert_true(link_decode(m.nlh, &link));
	assert_true(link.is_mape);
	assert_string_equal(link.name, "v6plus");
	assert_int_equal(link.ifindex, 7);
	assert_int_equal(link.mtu, 1460);
	assert_int_equal(link.stats.rx_packets, 1);
	assert_int_equal(link.stats.tx_dropped, 2);
	assert_int_equal(link.sessions, 42);
	assert_int_equal(link.line.config.link, 3);
	assert_int_equal(link.line.config.prefix.len, 64);
	assert_int_equal(link.line.config.n_rules, 2);
	assert_int_equal(link.line.config.rules[1].flags, MAPE_RULE_F_FMR);
	assert_int_equal(link.line.config.n_brs, 1);
	assert_int_equal(link.line.config.iid, MAPE_IID_DRAFT03);
	assert_addr6(&link.line.ce.addr, "240b:12:3456:7800:e:834:5600:7800");
	assert_addr4(link.line.ce.ipv4, "14.8.52.86");
	assert_int_equal(link.line.ce.ipv4_len, 32);
	assert_int_equal(link.line.ce.psid, 120);
	assert_int_equal(link.line.ce.psid_len, 8);
	assert_int_equal(link.line.ce.psid_offset, 4);
	assert_int_equal(link.line.ports.count, 15);
	assert_int_equal(link.line.bmr.ea_len, 25);
}

static void test_another_kind(void **state)
{
	struct nlattr *info;
	struct message m;
	struct link link;

	(void)state;
	start(&m, "wan0");
	assert_true(link_decode(m.nlh, &link));
	assert_false(link.is_mape);
	info = mnl_attr_nest_start(m.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(m.nlh, IFLA_INFO_KIND, "ip6tnl");
	mnl_attr_nest_end(m.nlh, info);
	assert_true(link_decode(m.nlh, &link));
	assert_false(link.is_mape);
	m.nlh->nlmsg_type = RTM_DELLINK;
	assert_false(link_decode(m.nlh, &link));
}

/* Other sizes than ours, and ranges that would never end. */
static void test_unexpected_sizes(void **state)
{
	struct mape_port_ranges endless = { 0, 16, 4096, 0xffffffff };
	struct nlattr *info, *data;
	struct rtnl_link_stats64 stats[2] = { { .rx_packets = 5 } };
	struct message m;
	struct link link;

	(void)state;
	start(&m, "a-name-of-more-than-16-letters");
	mnl_attr_put(m.nlh, IFLA_STATS64, sizeof(stats), stats);
	info = mnl_attr_nest_start(m.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(m.nlh, IFLA_INFO_KIND, "mape");
	data = mnl_attr_nest_start(m.nlh, IFLA_INFO_DATA);
	mnl_attr_put_u8(m.nlh, IFLA_MAPE_LINK, 3);
	mnl_attr_put_u32(m.nlh, IFLA_MAPE_PREFIX, 3);
	mnl_attr_put_u32(m.nlh, IFLA_MAPE_CE_ADDR, 120);
	mnl_attr_put_u64(m.nlh, IFLA_MAPE_SESSIONS, 42);
	mnl_attr_put(m.nlh, IFLA_MAPE_CE_PORTS, sizeof(endless), &endless);
	mnl_attr_nest_end(m.nlh, data);
	mnl_attr_nest_end(m.nlh, info);
	assert_true(link_decode(m.nlh, &link));
	assert_true(link.is_mape);
	assert_int_equal(link.stats.rx_packets, 5);
	assert_int_equal(strlen(link.name), IFNAMSIZ - 1);
	assert_int_equal(link.line.config.link, 0);
	assert_int_equal(link.line.config.prefix.len, 0);
	assert_int_equal(link.sessions, 0);
	assert_int_equal(link.line.ports.count, 0);
}

/* Lists that are longer than the ABI allows. */
static void test_too_many_brs(void **state)
{
	struct in6_addr br = addr6("2001:db8::1");
	struct nlattr *info, *data, *nest;
	struct message m;
	struct link link;
	unsigned int i;

	(void)state;
	start(&m, "v6plus");
	info = mnl_attr_nest_start(m.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(m.nlh, IFLA_INFO_KIND, "mape");
	data = mnl_attr_nest_start(m.nlh, IFLA_INFO_DATA);
	nest = mnl_attr_nest_start(m.nlh, IFLA_MAPE_BRS);
	for (i = 0; i < MAPE_BRS_MAX + 5; i++)
		mnl_attr_put(m.nlh, IFLA_MAPE_ITEM_BR, sizeof(br), &br);
	mnl_attr_nest_end(m.nlh, nest);
	mnl_attr_nest_end(m.nlh, data);
	mnl_attr_nest_end(m.nlh, info);
	assert_true(link_decode(m.nlh, &link));
	assert_int_equal(link.line.config.n_brs, MAPE_BRS_MAX);
}

/* No byte of a damaged message may lead outside it: ASan watches. */
static void test_damaged_messages(void **state)
{
	unsigned int round, len, i;
	struct message whole;
	struct link link;
	char *copy;

	(void)state;
	make_whole(&whole);
	for (round = 0; round < 50000; round++) {
		struct nlmsghdr *nlh;

		/* libmnl counts on padding up to a multiple of four. */
		len = sizeof(*nlh) + sizeof(struct ifinfomsg) +
		      random_below(whole.nlh->nlmsg_len + 1 - sizeof(*nlh) -
				   sizeof(struct ifinfomsg)) / 4 * 4;
		copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, whole.buf, len);
		nlh = (struct nlmsghdr *)copy;
		nlh->nlmsg_len = len;
		for (i = random_below(4); i; i--)
			copy[sizeof(*nlh) +
			     random_below(len - sizeof(*nlh))] ^= random32();
		link_decode(nlh, &link);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_message),
		cmocka_unit_test(test_another_kind),
		cmocka_unit_test(test_unexpected_sizes),
		cmocka_unit_test(test_too_many_brs),
		cmocka_unit_test(test_damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
