// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's reading of messages of the generic netlink family, made by hand:
 * whole, from an older or newer module, and damaged. And endpoints as text.
 */
#include "helper.h"

#include <linux/genetlink.h>

#include "endpoint.h"
#include "entry.h"

struct message {
	char buf[2048] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
};

static void start(struct message *m, u8 cmd)
{
	struct genlmsghdr *genl;

	memset(m, 0, sizeof(*m));
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = 33;
	genl = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*genl));
	genl->cmd = cmd;
}

/* Every attribute there is, though no message has all of them. */
static void make_whole(struct message *m)
{
	struct mape_rule rule = make_rule("240b:12::/31", "14.8.0.0/15", 25, 4);
	struct in6_addr ce = addr6("240b:12:3456:7800:e:834:5600:7800");
	struct mape_psid psid = { .psid = 120, .len = 8 };
	struct nlattr *stats;
	u16 type;

	start(m, MAPE_CMD_GET_SESSION);
	mnl_attr_put_u8(m->nlh, MAPE_A_PROTO, IPPROTO_TCP);
	mnl_attr_put_u32(m->nlh, MAPE_A_INNER, addr4("192.168.1.2"));
	mnl_attr_put_u16(m->nlh, MAPE_A_INNER_PORT, htons(40000));
	mnl_attr_put_u16(m->nlh, MAPE_A_EXT_PORT, htons(6020));
	mnl_attr_put_u32(m->nlh, MAPE_A_REMOTE, addr4("198.51.100.1"));
	mnl_attr_put_u16(m->nlh, MAPE_A_REMOTE_PORT, htons(80));
	mnl_attr_put_u8(m->nlh, MAPE_A_STATE, MAPE_TCP_ESTABLISHED);
	mnl_attr_put_u32(m->nlh, MAPE_A_EXPIRES, 7440);
	mnl_attr_put_u32(m->nlh, MAPE_A_FLAGS, MAPE_FLAG_EIM_BREAK);
	mnl_attr_put_u32(m->nlh, MAPE_A_IFINDEX, 7);
	for (type = MAPE_A_SESSIONS; type <= MAPE_A_PORTS_RESERVED; type++)
		mnl_attr_put_u32(m->nlh, type, type);
	mnl_attr_put(m->nlh, MAPE_A_RULE, sizeof(rule), &rule);
	mnl_attr_put_u32(m->nlh, MAPE_A_IPV4, addr4("14.8.52.86"));
	mnl_attr_put_u8(m->nlh, MAPE_A_IPV4_LEN, 32);
	mnl_attr_put(m->nlh, MAPE_A_PSID, sizeof(psid), &psid);
	mnl_attr_put(m->nlh, MAPE_A_CE_ADDR, sizeof(ce), &ce);
	stats = mnl_attr_nest_start(m->nlh, MAPE_A_STATS);
	mnl_attr_nest_end(m->nlh, stats);
	mnl_attr_put_u32(m->nlh, MAPE_A_MAX + 1, 1);
	mnl_attr_put_u32(m->nlh, 1000, 1);
}

static void test_whole_message(void **state)
{
	struct message m;
	struct entry e;

	(void)state;
	make_whole(&m);
	assert_true(entry_decode(m.nlh, &e));
	assert_int_equal(e.cmd, MAPE_CMD_GET_SESSION);
	assert_int_equal(e.ifindex, 7);
	assert_int_equal(e.proto, IPPROTO_TCP);
	assert_addr4(e.inner, "192.168.1.2");
	assert_addr4(e.remote, "198.51.100.1");
	assert_int_equal(ntohs(e.inner_port), 40000);
	assert_int_equal(ntohs(e.ext_port), 6020);
	assert_int_equal(ntohs(e.remote_port), 80);
	assert_int_equal(e.state, MAPE_TCP_ESTABLISHED);
	assert_int_equal(e.flags, MAPE_FLAG_EIM_BREAK);
	assert_int_equal(e.expires, 7440);
	assert_int_equal(e.sessions, MAPE_A_SESSIONS);
	assert_int_equal(e.sessions_max, MAPE_A_SESSIONS_MAX);
	assert_int_equal(e.sessions_per_host, MAPE_A_SESSIONS_PER_HOST);
	assert_int_equal(e.mappings, MAPE_A_MAPPINGS);
	assert_int_equal(e.ports_total, MAPE_A_PORTS_TOTAL);
	assert_int_equal(e.ports_free, MAPE_A_PORTS_FREE);
	assert_int_equal(e.ports_shared, MAPE_A_PORTS_SHARED);
	assert_int_equal(e.ports_static, MAPE_A_PORTS_STATIC);
	assert_int_equal(e.ports_reserved, MAPE_A_PORTS_RESERVED);
	assert_int_equal(e.rule.ea_len, 25);
	assert_addr4(e.ipv4, "14.8.52.86");
	assert_int_equal(e.ipv4_len, 32);
	assert_int_equal(e.psid.psid, 120);
	assert_addr6(&e.ce_addr, "240b:12:3456:7800:e:834:5600:7800");
	assert_non_null(e.stats);
}

/* By the same table: what is decoded is encoded, and nothing else. */
static void test_there_and_back(void **state)
{
	struct message m, again;
	struct entry e, back;

	(void)state;
	make_whole(&m);
	entry_decode(m.nlh, &e);
	start(&again, MAPE_CMD_GET_SESSION);
	entry_encode(&e, again.nlh);
	assert_true(entry_decode(again.nlh, &back));
	e.stats = NULL;
	assert_memory_equal(&back, &e, sizeof(e));

	e.has = ENTRY_BIT(MAPE_A_PROTO);
	start(&again, 0);
	entry_encode(&e, again.nlh);
	assert_int_equal(mnl_nlmsg_get_payload_len(again.nlh),
			 sizeof(struct genlmsghdr) + 8);
}

static void test_unexpected_sizes(void **state)
{
	struct message m;
	struct entry e;
	u16 type;

	(void)state;
	start(&m, MAPE_CMD_GET_MAPPING);
	for (type = 0; type <= MAPE_A_MAX; type++) {
		mnl_attr_put(m.nlh, type, 0, NULL);
		mnl_attr_put(m.nlh, type, 3, "123");
	}
	assert_true(entry_decode(m.nlh, &e));
	assert_true(e.has == 0);
	assert_int_equal(e.expires, 0);
	assert_int_equal(e.proto, 0);
	m.nlh->nlmsg_len = sizeof(struct nlmsghdr) + 2;
	assert_false(entry_decode(m.nlh, &e));
}

/* No byte of a damaged message may lead outside it: ASan watches. */
static void test_damaged_messages(void **state)
{
	unsigned int round, len, i;
	struct message whole;
	struct nlmsghdr *nlh;
	struct entry e;
	char *copy;

	(void)state;
	make_whole(&whole);
	for (round = 0; round < 50000; round++) {
		/* libmnl counts on padding up to a multiple of four. */
		len = sizeof(*nlh) +
		      random_below(whole.nlh->nlmsg_len + 1 - sizeof(*nlh)) /
		      4 * 4;
		copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, whole.buf, len);
		nlh = (struct nlmsghdr *)copy;
		nlh->nlmsg_len = len;
		for (i = len > sizeof(*nlh) ? random_below(4) : 0; i; i--)
			copy[sizeof(*nlh) +
			     random_below(len - sizeof(*nlh))] ^= random32();
		entry_decode(nlh, &e);
		assert_non_null(entry_state(&e));
		free(copy);
	}
}

static void test_protocols(void **state)
{
	static const struct {
		const char *text;
		u8 proto;
	} known[] = {
		{ "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "sctp", 132 },
		{ "dccp", 33 }, { "udplite", 136 }, { "47", 47 }, { "0", 0 },
	};
	unsigned int i;
	u8 proto;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_true(protocol_parse(known[i].text, &proto));
		assert_int_equal(proto, known[i].proto);
		assert_string_equal(protocol_text(proto).s, known[i].text);
	}
	assert_true(protocol_parse("6", &proto));
	assert_string_equal(protocol_text(proto).s, "tcp");
	assert_false(protocol_parse("", &proto));
	assert_false(protocol_parse("256", &proto));
	assert_false(protocol_parse("-1", &proto));
	assert_false(protocol_parse("tcp6", &proto));
}

static void test_endpoints(void **state)
{
	static const char * const bad[] = {
		"", ":", ":80", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x",
		"192.0.2.1:80:", "192.0.2.1 :80", "192.0.2.1: 80", "192.0.2",
		"192.0.2.256", "192.0.2.1/32", "::1", "[::1]:80", "localhost",
	};
	struct endpoint e;
	char longest[300];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(endpoint_parse(bad[i], &e));
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(endpoint_parse(longest, &e));
	assert_true(endpoint_parse("192.0.2.1", &e));
	assert_false(e.has_port);
	assert_int_equal(e.port, 0);
	assert_true(endpoint_parse("192.0.2.1:0", &e));
	assert_true(e.has_port);
	assert_true(endpoint_parse("192.0.2.1:443", &e));
	assert_int_equal(ntohs(e.port), 443);
	assert_string_equal(endpoint_text(IPPROTO_UDP, e.addr, e.port).s,
			    "192.0.2.1:443");
	assert_string_equal(endpoint_text(IPPROTO_ICMP, e.addr, 0).s,
			    "192.0.2.1:0");
	assert_string_equal(remote_text(IPPROTO_ICMP, e.addr, 0).s,
			    "192.0.2.1");
	assert_string_equal(endpoint_text(47, e.addr, 0).s, "192.0.2.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_message),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_unexpected_sizes),
		cmocka_unit_test(test_damaged_messages),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
