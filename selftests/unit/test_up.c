// SPDX-License-Identifier: GPL-2.0
/*
 * What `mape up` and `mape down` do about the IPv4 address of a device that is
 * there already: --dry-run against a host made up of netlink messages. The
 * loopback interface is the WAN: it exists everywhere.
 */
#include "fake.h"

#include <errno.h>
#include <net/if.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "commands.h"

#define DEVICE	77
#define A	"14.8.52.86"
#define CE	"240b:12:3456:7800:e:834:5600:7800"
#define LINE	" --rule 240b:12::/31,14.8.0.0/15,25,4 --iid draft03" \
		" --br 2404:9200:225:100::64 --wan lo --dry-run"
#define SAME	"up 240b:12:3456:7800::/64" LINE
/* Another address, of which there is another share. */
#define OTHER	"up 240b:13:1a65:a100::/64" LINE
#define OTHER_A	"14.9.26.101"
#define OTHER_CE	"240b:13:1a65:a100:e:91a:6500:a100"

#define DEFAULT	"ip route replace default dev v6plus\n"
#define ADD_RULES(a) \
	"ip rule add pref 0 iif v6plus to " a " lookup local\n" \
	"ip rule add pref 0 to " a " lookup main\n"
#define DEL_RULES \
	"ip rule del pref 0 to " A " lookup main\n" \
	"ip rule del pref 0 iif v6plus to " A " lookup local\n"
#define MOVE_LOCAL \
	"ip rule add pref 1 lookup local protocol kernel\n" \
	"ip rule del pref 0 lookup local protocol kernel\n" \
	"ip rule add pref 0 lookup local protocol kernel\n" \
	"ip rule del pref 1 lookup local protocol kernel\n"
#define MOVE_LINK \
	"ip link set v6plus type mape dev lo prefix 240b:13:1a65:a100::/64 rule 240b:12::/31,14.8.0.0/15,25,4 br 2404:9200:225:100::64 iid draft03\n" \
	"ip -6 address replace " OTHER_CE "/128 dev lo preferred_lft 0 noprefixroute\n"
#define MOVE_ADDRESS \
	"ip address del " A "/32 dev v6plus\n"
#define MOVE_CE	"ip -6 address del " CE "/128 dev lo\n"

/* What the host has, but for the device. */
static struct {
	bool down, address, route, own, others, special, no_rules;
} host;

struct message {
	char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
	void *header;
};

static void start(struct message *m, u16 type, size_t size)
{
	memset(m, 0, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = type;
	m->header = mnl_nlmsg_put_extra_header(m->nlh, size);
}

static void put_line(struct nlmsghdr *nlh)
{
	struct mape_rule rule = make_rule("240b:12::/31", "14.8.0.0/15", 25, 4);
	struct mape_prefix prefix = prefix6("240b:12:3456:7800::/64");
	struct in6_addr br = addr6("2404:9200:225:100::64"), ce = addr6(CE);
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, IFLA_MAPE_LINK, if_nametoindex("lo"));
	mnl_attr_put(nlh, IFLA_MAPE_PREFIX, sizeof(prefix), &prefix);
	nest = mnl_attr_nest_start(nlh, IFLA_MAPE_RULES);
	mnl_attr_put(nlh, IFLA_MAPE_ITEM_RULE, sizeof(rule), &rule);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, IFLA_MAPE_BRS);
	mnl_attr_put(nlh, IFLA_MAPE_ITEM_BR, sizeof(br), &br);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u8(nlh, IFLA_MAPE_IID, MAPE_IID_DRAFT03);
	mnl_attr_put(nlh, IFLA_MAPE_CE_ADDR, sizeof(ce), &ce);
	mnl_attr_put_u32(nlh, IFLA_MAPE_CE_IPV4, addr4(A));
	mnl_attr_put_u8(nlh, IFLA_MAPE_CE_IPV4_LEN, 32);
}

static int answer_link(const struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	const struct nlattr *attr, *name = NULL;
	struct nlattr *info, *line;
	struct ifinfomsg *ifi;
	struct message m;
	bool is_lo;

	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			name = attr;
	}
	assert_non_null(name);
	is_lo = !strcmp(mnl_attr_get_str(name), "lo");
	start(&m, RTM_NEWLINK, sizeof(*ifi));
	ifi = m.header;
	ifi->ifi_index = is_lo ? if_nametoindex("lo") : DEVICE;
	ifi->ifi_flags = host.down ? 0 : IFF_UP;
	mnl_attr_put_strz(m.nlh, IFLA_IFNAME, mnl_attr_get_str(name));
	if (!is_lo) {
		info = mnl_attr_nest_start(m.nlh, IFLA_LINKINFO);
		mnl_attr_put_strz(m.nlh, IFLA_INFO_KIND, "mape");
		line = mnl_attr_nest_start(m.nlh, IFLA_INFO_DATA);
		put_line(m.nlh);
		mnl_attr_nest_end(m.nlh, line);
		mnl_attr_nest_end(m.nlh, info);
	}
	cb(m.nlh, data);
	return 0;
}

static int answer_addresses(mnl_cb_t cb, void *data)
{
	struct in6_addr ce = addr6(CE);
	struct ifaddrmsg *ifa;
	struct message m;

	start(&m, RTM_NEWADDR, sizeof(*ifa));
	ifa = m.header;
	*ifa = (struct ifaddrmsg) {
		.ifa_family = AF_INET6, .ifa_prefixlen = 128,
		.ifa_flags = IFA_F_DEPRECATED,
		.ifa_index = if_nametoindex("lo"),
	};
	mnl_attr_put(m.nlh, IFA_ADDRESS, sizeof(ce), &ce);
	cb(m.nlh, data);
	if (!host.address)
		return 0;
	start(&m, RTM_NEWADDR, sizeof(*ifa));
	ifa = m.header;
	*ifa = (struct ifaddrmsg) {
		.ifa_family = AF_INET, .ifa_prefixlen = 32,
		.ifa_index = DEVICE,
	};
	mnl_attr_put_u32(m.nlh, IFA_LOCAL, addr4(A));
	cb(m.nlh, data);
	return 0;
}

/* Begin a rule as the kernel tells it, with what it always tells. */
static void start_rule(struct message *m, u8 family, u32 pref, u32 table,
		       u8 protocol)
{
	struct fib_rule_hdr *hdr;

	start(m, RTM_NEWRULE, sizeof(*hdr));
	hdr = m->header;
	hdr->family = family;
	hdr->table = table;
	hdr->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(m->nlh, FRA_TABLE, table);
	mnl_attr_put_u32(m->nlh, FRA_SUPPRESS_PREFIXLEN, ~0U);
	mnl_attr_put_u8(m->nlh, FRA_PROTOCOL, protocol);
	if (pref)
		mnl_attr_put_u32(m->nlh, FRA_PRIORITY, pref);
}

static void start_rule_to(struct message *m, u32 table)
{
	struct fib_rule_hdr *hdr;

	start_rule(m, AF_INET, 0, table, RTPROT_UNSPEC);
	hdr = m->header;
	hdr->dst_len = 32;
	mnl_attr_put_u32(m->nlh, FRA_DST, addr4(A));
	if (host.special)
		hdr->flags = FIB_RULE_INVERT;
}

static int answer_rules(mnl_cb_t cb, void *data)
{
	struct message m;

	errno = EOPNOTSUPP;
	if (host.no_rules)
		return -1;
	if (host.own) {
		start_rule_to(&m, RT_TABLE_LOCAL);
		mnl_attr_put_strz(m.nlh, FRA_IIFNAME, "v6plus");
		cb(m.nlh, data);
	}
	if (host.others) {
		start_rule_to(&m, RT_TABLE_MAIN);
		cb(m.nlh, data);
	}
	start_rule(&m, AF_INET6, 0, RT_TABLE_LOCAL, RTPROT_KERNEL);
	cb(m.nlh, data);
	start_rule(&m, AF_INET, 0, RT_TABLE_LOCAL, RTPROT_KERNEL);
	cb(m.nlh, data);
	start_rule(&m, AF_INET, 32766, RT_TABLE_MAIN, RTPROT_KERNEL);
	cb(m.nlh, data);
	return 0;
}

static void tell_route(u32 table, u32 metric, mnl_cb_t cb, void *data)
{
	struct message m;
	struct rtmsg *rtm;

	start(&m, RTM_NEWROUTE, sizeof(*rtm));
	rtm = m.header;
	*rtm = (struct rtmsg) {
		.rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = table,
		.rtm_type = RTN_UNICAST,
	};
	mnl_attr_put_u32(m.nlh, RTA_DST, addr4(A));
	if (metric)
		mnl_attr_put_u32(m.nlh, RTA_PRIORITY, metric);
	mnl_attr_put_u32(m.nlh, RTA_OIF, DEVICE);
	cb(m.nlh, data);
}

static int answer(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	switch (nlh->nlmsg_type) {
	case RTM_GETLINK:
		return answer_link(nlh, cb, data);
	case RTM_GETADDR:
		return answer_addresses(cb, data);
	case RTM_GETRULE:
		return answer_rules(cb, data);
	}
	assert_int_equal(nlh->nlmsg_type, RTM_GETROUTE);
	tell_route(RT_TABLE_LOCAL, 0, cb, data);
	tell_route(RT_TABLE_MAIN, 100, cb, data);
	if (host.route)
		tell_route(RT_TABLE_MAIN, 0, cb, data);
	return 0;
}

/* All as `mape up --add-ipv4-addr` leaves it. */
static int setup(void **state)
{
	(void)state;
	fake_reset(0);
	fake.route = answer;
	memset(&host, 0, sizeof(host));
	host.address = host.route = host.own = host.others = true;
	return 0;
}

static void test_nothing_to_do(void **state)
{
	(void)state;
	prints(up_main, SAME " --add-ipv4-addr", DEFAULT);
	prints(up_main, SAME, DEFAULT);
	prints(up_main, SAME " --no-default-route", "");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	host.own = host.others = false;
	prints(up_main, SAME " --add-ipv4-addr",
	       ADD_RULES(A) MOVE_LOCAL DEFAULT);
	/* Only who asks for it gets it. */
	prints(up_main, SAME, DEFAULT);
	host.own = host.others = host.special = true;
	prints(up_main, SAME " --add-ipv4-addr",
	       ADD_RULES(A) MOVE_LOCAL DEFAULT);
	host.others = host.special = false;
	prints(up_main, SAME " --add-ipv4-addr",
	       "ip rule del pref 0 iif v6plus to " A " lookup local\n"
	       ADD_RULES(A) MOVE_LOCAL DEFAULT);
	host.others = true;
	host.address = false;
	prints(up_main, SAME " --add-ipv4-addr",
	       "ip address replace " A "/32 dev v6plus\n" DEFAULT);
}

/* A device that goes down loses its routes. */
static void test_route_is_missing(void **state)
{
	(void)state;
	host.down = true;
	host.route = false;
	prints(up_main, SAME " --add-ipv4-addr",
	       "ip link set v6plus up\n"
	       "ip route replace " A " dev v6plus\n" DEFAULT);
}

static void test_address_changes(void **state)
{
	(void)state;
	prints(up_main, OTHER,
	       MOVE_LINK DEL_RULES "ip route del " A " dev v6plus\n"
	       "ip address replace " OTHER_A "/32 dev v6plus\n"
	       "ip route replace " OTHER_A " dev v6plus\n"
	       ADD_RULES(OTHER_A) MOVE_LOCAL MOVE_ADDRESS MOVE_CE DEFAULT);
	/* Nobody has it on the device any more. */
	host.address = false;
	prints(up_main, OTHER,
	       MOVE_LINK DEL_RULES "ip route del " A " dev v6plus\n"
	       MOVE_CE DEFAULT);
}

static void test_address_by_hand_changes(void **state)
{
	(void)state;
	host.own = host.others = host.route = false;
	prints(up_main, OTHER,
	       MOVE_LINK "ip address replace " OTHER_A "/32 dev v6plus\n"
	       MOVE_ADDRESS MOVE_CE DEFAULT);
	prints(up_main, OTHER " --add-ipv4-addr",
	       MOVE_LINK "ip address replace " OTHER_A "/32 dev v6plus\n"
	       "ip route replace " OTHER_A " dev v6plus\n"
	       ADD_RULES(OTHER_A) MOVE_LOCAL MOVE_ADDRESS MOVE_CE DEFAULT);
}

/* The line gets the whole of its address. */
static void test_address_becomes_unshared(void **state)
{
	static const char line[] =
		"up 240b:12:3456:7800::/64 --wan lo --dry-run --iid draft03"
		" --rule 240b:12:3456:7800::/64," A "/32,0"
		" --br 2404:9200:225:100::64 --add-ipv4-addr";

	(void)state;
	assert_int_equal(fake_run(up_main, line), 0);
	assert_non_null(strstr(fake_out,
			       "\n" DEL_RULES "ip route del " A " dev v6plus\n"));
	assert_null(strstr(fake_out, "ip rule add"));
	assert_null(strstr(fake_out, "ip address"));
}

static void test_kernel_without_rules(void **state)
{
	(void)state;
	host.no_rules = true;
	prints(up_main, SAME, DEFAULT);
	prints(up_main, SAME " --add-ipv4-addr", ADD_RULES(A) DEFAULT);
	prints(down_main, "down --dry-run", MOVE_CE "ip link del v6plus\n");
}

static void test_down(void **state)
{
	(void)state;
	prints(down_main, "down --dry-run",
	       DEL_RULES MOVE_CE "ip link del v6plus\n");
	host.own = host.others = false;
	prints(down_main, "down --dry-run", MOVE_CE "ip link del v6plus\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_to_do, setup),
		cmocka_unit_test_setup(test_what_is_missing, setup),
		cmocka_unit_test_setup(test_route_is_missing, setup),
		cmocka_unit_test_setup(test_address_changes, setup),
		cmocka_unit_test_setup(test_address_by_hand_changes, setup),
		cmocka_unit_test_setup(test_address_becomes_unshared, setup),
		cmocka_unit_test_setup(test_kernel_without_rules, setup),
		cmocka_unit_test_setup(test_down, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
