/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes the RTM_NEWLINK message of a made-up mape device to stdout, as the
 * module would send it or, for the bad ones, never should.
 *
 *   link-message NAME
 *   link-message echo <REQUEST	the data of ip's own request, sent back
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/mape.h>

static union {
	struct nlmsghdr nlh;
	char buf[8192];
} msg;

/* Bytes that every attribute is too short by. */
static unsigned int cut;

static struct rtattr *tail(void)
{
	return (struct rtattr *)(msg.buf + NLMSG_ALIGN(msg.nlh.nlmsg_len));
}

static struct rtattr *put(int type, const void *data, size_t len)
{
	struct rtattr *attr = tail();

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	msg.nlh.nlmsg_len = NLMSG_ALIGN(msg.nlh.nlmsg_len) + RTA_SPACE(len);
	return attr;
}

static struct rtattr *nest(int type)
{
	return put(type | NLA_F_NESTED, "", 0);
}

static void nest_end(struct rtattr *attr)
{
	attr->rta_len = (char *)tail() - (char *)attr;
}

static void put_data(int type, const void *data, size_t len)
{
	put(type, data, len - cut);
}

static void put_u8(int type, __u8 val)
{
	put_data(type, &val, sizeof(val));
}

static void put_u16(int type, __u16 val)
{
	put_data(type, &val, sizeof(val));
}

static void put_u32(int type, __u32 val)
{
	put_data(type, &val, sizeof(val));
}

static void put_in6(int type, const char *addr)
{
	struct in6_addr in6;

	inet_pton(AF_INET6, addr, &in6);
	put_data(type, &in6, sizeof(in6));
}

static void put_prefix(const char *addr, __u8 len)
{
	struct mape_prefix prefix = { .len = len };

	inet_pton(AF_INET6, addr, &prefix.addr);
	put_data(IFLA_MAPE_PREFIX, &prefix, sizeof(prefix));
}

static void put_rule(int type, const char *ipv6, __u8 ipv6_len,
		     const char *ipv4, __u8 ipv4_len, __u8 ea_len, __u8 offset,
		     __u32 flags)
{
	struct mape_rule rule = {
		.ipv6_len = ipv6_len,
		.ipv4_len = ipv4_len,
		.ea_len = ea_len,
		.psid_offset = offset,
		.flags = flags,
	};

	inet_pton(AF_INET6, ipv6, &rule.ipv6);
	inet_pton(AF_INET, ipv4, &rule.ipv4);
	put_data(type, &rule, sizeof(rule));
}

static void put_psid(int type, __u16 psid, __u8 len)
{
	struct mape_psid data = { .psid = psid, .len = len };

	put_data(type, &data, sizeof(data));
}

static void put_ports(__u32 first, __u32 size, __u32 stride, __u32 count)
{
	struct mape_port_ranges ports = { first, size, stride, count };

	put_data(IFLA_MAPE_CE_PORTS, &ports, sizeof(ports));
}

static void put_outer(__u8 iid, __u8 hoplimit, __u8 tclass, __u8 inherit,
		      __u16 mss)
{
	put_u8(IFLA_MAPE_IID, iid);
	put_u8(IFLA_MAPE_HOPLIMIT, hoplimit);
	put_u8(IFLA_MAPE_TCLASS, tclass);
	put_u8(IFLA_MAPE_TCLASS_INHERIT, inherit);
	put_u16(IFLA_MAPE_MSS, mss);
}

static void put_nat(__u8 nat, __u8 filtering, __u32 max, __u32 per_host)
{
	put_u8(IFLA_MAPE_NAT, nat);
	put_u8(IFLA_MAPE_FILTERING, filtering);
	put_u32(IFLA_MAPE_SESSIONS_MAX, max);
	put_u32(IFLA_MAPE_SESSIONS_PER_HOST, per_host);
}

static void put_reserve(__u16 first, __u16 last)
{
	struct mape_port_range range = { first, last };

	put_data(IFLA_MAPE_ITEM_RESERVE, &range, sizeof(range));
}

static void put_ce(const char *local, const char *ipv4, __u8 ipv4_len,
		   __u16 psid, __u8 psid_len, __u8 offset)
{
	struct in_addr in;

	inet_pton(AF_INET, ipv4, &in);
	put_in6(IFLA_MAPE_CE_ADDR, local);
	put_data(IFLA_MAPE_CE_IPV4, &in, sizeof(in));
	put_u8(IFLA_MAPE_CE_IPV4_LEN, ipv4_len);
	put_psid(IFLA_MAPE_CE_PSID, psid, psid_len);
	put_u8(IFLA_MAPE_CE_PSID_OFFSET, offset);
}

/* The well-known "v6 plus" example. */
static void v6plus(void)
{
	struct rtattr *list;

	put_u32(IFLA_MAPE_LINK, if_nametoindex("lo"));
	put_u8(IFLA_MAPE_ROLE, MAPE_ROLE_CE);
	put_prefix("240b:12:3456:7800::", 64);
	list = nest(IFLA_MAPE_RULES);
	put_rule(IFLA_MAPE_ITEM_RULE, "240b:12::", 31, "14.8.0.0", 15, 25, 4, 0);
	nest_end(list);
	list = nest(IFLA_MAPE_BRS);
	put_in6(IFLA_MAPE_ITEM_BR, "2404:9200:225:100::64");
	nest_end(list);
	put_in6(IFLA_MAPE_LOCAL, "::");
	put_psid(IFLA_MAPE_PSID, 0, 0);
	put_outer(MAPE_IID_DRAFT03, 64, 0, 0, MAPE_MSS_AUTO);
	put_nat(MAPE_NAT_AUTO, MAPE_FILTERING_ADDRESS, 65536, 16384);
	nest_end(nest(IFLA_MAPE_RESERVES));
	nest_end(nest(IFLA_MAPE_TIMEOUTS));
	put_ce("240b:12:3456:7800:e:834:5600:7800", "14.8.52.86", 32, 120, 8, 4);
	put_ports(6016, 16, 4096, 15);
	put_rule(IFLA_MAPE_CE_BMR, "240b:12::", 31, "14.8.0.0", 15, 25, 4, 0);
	put_u32(IFLA_MAPE_SESSIONS, 3);
}

/* Everything set by hand, two rules and relays, an IPv4 prefix of one's own. */
static void by_hand(void)
{
	struct rtattr *list;

	put_u8(IFLA_MAPE_ROLE, MAPE_ROLE_CE);
	put_prefix("2001:db8:1200::", 48);
	list = nest(IFLA_MAPE_RULES);
	put_rule(IFLA_MAPE_ITEM_RULE, "2001:db8::", 40, "192.0.2.0", 24, 0, 6, 0);
	put_rule(IFLA_MAPE_ITEM_RULE, "2001:db8:8000::", 40, "198.51.100.0", 24,
		 8, 6, MAPE_RULE_F_FMR);
	nest_end(list);
	list = nest(IFLA_MAPE_BRS);
	put_in6(IFLA_MAPE_ITEM_BR, "2001:db8::1");
	put_in6(IFLA_MAPE_ITEM_BR, "2001:db8::2");
	nest_end(list);
	put_in6(IFLA_MAPE_LOCAL, "2001:db8::5");
	put_psid(IFLA_MAPE_PSID, 0x34, 8);
	put_outer(MAPE_IID_RFC7597, 255, 0, 1, 1400);
	put_nat(MAPE_NAT_OFF, MAPE_FILTERING_ADDRESS_PORT, 1024, 1048576);
	list = nest(IFLA_MAPE_RESERVES);
	put_reserve(6016, 6020);
	put_reserve(65535, 65535);
	nest_end(list);
	list = nest(IFLA_MAPE_TIMEOUTS);
	put_u32(MAPE_TIMEOUT_UDP, 600);
	put_u32(MAPE_TIMEOUT_QUARANTINE, 0);
	nest_end(list);
	put_ce("2001:db8::5", "192.0.2.0", 24, 0, 0, 6);
	put_ports(0, 65536, 0, 1);
	put_rule(IFLA_MAPE_CE_BMR, "2001:db8::", 40, "192.0.2.0", 24, 0, 6, 0);
	put_u32(IFLA_MAPE_SESSIONS, 0);
}

/* From a module newer than this ip: names, structures, types not yet known. */
static void newer(void)
{
	char big[sizeof(struct mape_prefix) + 8] = {};
	struct rtattr *list;

	put_u8(IFLA_MAPE_ROLE, 7);
	put(IFLA_MAPE_PREFIX, big, sizeof(big));
	put_outer(9, 64, 0xb8, 0, MAPE_MSS_OFF);
	put_nat(255, 9, 1, 0xffffffff);
	list = nest(IFLA_MAPE_RESERVES);
	put(IFLA_MAPE_ITEM_MAX + 1, big, sizeof(big));
	put(IFLA_MAPE_ITEM_RESERVE, big, sizeof(big));
	nest_end(list);
	list = nest(IFLA_MAPE_TIMEOUTS);
	put_u32(MAPE_TIMEOUT_UNSPEC, 1);
	put_u32(MAPE_TIMEOUT_ICMP, 61);
	put_u32(MAPE_TIMEOUT_MAX + 1, 2);
	put_u32(NLA_TYPE_MASK, 3);
	nest_end(list);
	put(IFLA_MAPE_MAX + 40, big, sizeof(big));
}

/* Offset 0: one contiguous range. */
static void one_range(void)
{
	put_ce("2001:db8::5", "192.0.2.1", 32, 3, 4, 0);
	put_ports(12288, 4096, 65536, 1);
}

/* Ranges of one port. */
static void one_port(void)
{
	put_ce("2001:db8::5", "192.0.2.1", 32, 6, 10, 6);
	put_ports(1030, 1, 1024, 2);
}

/* Ranges that would count past the last port, or for ever. */
static void bad_ports(void)
{
	put_ce("2001:db8::5", "192.0.2.1", 32, 3, 4, 0);
	put_ports(0, 0xffffffff, 0xffffffff, 0xffffffff);
}

static void too_short(void)
{
	cut = 1;
	/* Of what both have, ip takes the first: lists that are not empty. */
	by_hand();
	v6plus();
}

static void no_data(void)
{
}

static struct rtattr *find(void *buf, int len, int type)
{
	struct rtattr *attr;

	for (attr = buf; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	fprintf(stderr, "link-message: no attribute %d\n", type);
	exit(1);
}

static void echo(void)
{
	static union {
		struct nlmsghdr nlh;
		char buf[8192];
	} req;
	struct ifinfomsg *ifi = NLMSG_DATA(&req.nlh);
	struct rtattr *attr;

	if (fread(req.buf, 1, sizeof(req), stdin) < req.nlh.nlmsg_len)
		exit(1);
	attr = find(IFLA_RTA(ifi), IFLA_PAYLOAD(&req.nlh), IFLA_LINKINFO);
	attr = find(RTA_DATA(attr), RTA_PAYLOAD(attr), IFLA_INFO_DATA);
	memcpy(tail(), RTA_DATA(attr), RTA_PAYLOAD(attr));
	msg.nlh.nlmsg_len += RTA_PAYLOAD(attr);
}

static const struct {
	const char *name;
	void (*fill)(void);
} kinds[] = {
	{ "v6plus", v6plus },
	{ "by_hand", by_hand },
	{ "newer", newer },
	{ "one_range", one_range },
	{ "one_port", one_port },
	{ "bad_ports", bad_ports },
	{ "too_short", too_short },
	{ "no_data", no_data },
	{ "echo", echo },
};

static void start(void)
{
	struct ifinfomsg *ifi = NLMSG_DATA(&msg.nlh);

	msg.nlh.nlmsg_len = NLMSG_LENGTH(sizeof(*ifi));
	msg.nlh.nlmsg_type = RTM_NEWLINK;
	ifi->ifi_index = 4711;
	ifi->ifi_type = 769; /* ARPHRD_TUNNEL6 */
	put(IFLA_IFNAME, "v6plus", sizeof("v6plus"));
}

int main(int argc, char **argv)
{
	struct rtattr *linkinfo, *data;
	unsigned int i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && argc == 2 &&
	       strcmp(kinds[i].name, argv[1]))
		i++;
	if (argc != 2 || i == sizeof(kinds) / sizeof(kinds[0]))
		return 2;

	start();
	linkinfo = nest(IFLA_LINKINFO);
	put(IFLA_INFO_KIND, "mape", sizeof("mape"));
	if (kinds[i].fill != no_data) {
		data = nest(IFLA_INFO_DATA);
		kinds[i].fill();
		nest_end(data);
	}
	nest_end(linkinfo);
	return fwrite(msg.buf, msg.nlh.nlmsg_len, 1, stdout) == 1 ? 0 : 1;
}
