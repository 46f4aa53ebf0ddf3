// SPDX-License-Identifier: GPL-2.0
/*
 * What the tool's commands on sessions, mappings, ports, counters and events
 * ask the kernel, and what they make of its answers.
 */
#include "fake.h"

#include <errno.h>

#include <linux/genetlink.h>

#include "commands.h"

static struct nlmsghdr *answer_flow(u8 cmd, u8 proto, const char *inner,
				    u16 inner_port, u16 ext_port)
{
	struct nlmsghdr *nlh = fake_answer(FAKE_FAMILY, cmd);

	mnl_attr_put_u8(nlh, MAPE_A_PROTO, proto);
	mnl_attr_put_u32(nlh, MAPE_A_INNER, addr4(inner));
	mnl_attr_put_u16(nlh, MAPE_A_INNER_PORT, htons(inner_port));
	mnl_attr_put_u16(nlh, MAPE_A_EXT_PORT, htons(ext_port));
	return nlh;
}

static void answer_session(u8 proto, u16 inner_port, u16 ext_port,
			   u16 remote_port, u8 state, u32 expires, u32 flags)
{
	struct nlmsghdr *nlh;

	nlh = answer_flow(MAPE_CMD_GET_SESSION, proto, "192.168.1.2",
			  inner_port, ext_port);
	mnl_attr_put_u32(nlh, MAPE_A_REMOTE, addr4("198.51.100.1"));
	mnl_attr_put_u16(nlh, MAPE_A_REMOTE_PORT, htons(remote_port));
	mnl_attr_put_u8(nlh, MAPE_A_STATE, state);
	mnl_attr_put_u32(nlh, MAPE_A_EXPIRES, expires);
	mnl_attr_put_u32(nlh, MAPE_A_FLAGS, flags);
}

static void test_session_list(void **state)
{
	(void)state;
	fake_reset(1);
	answer_session(IPPROTO_TCP, 40000, 6020, 80, MAPE_TCP_ESTABLISHED, 7439, 0);
	answer_session(IPPROTO_UDP, 5060, 6021, 5060, MAPE_NEW, 29,
		       MAPE_FLAG_UNCONFIRMED | MAPE_FLAG_STATIC);
	answer_session(IPPROTO_ICMP, 0, 6016, 0, MAPE_ANSWERED, 59, 0);
	answer_session(IPPROTO_UDPLITE, 1, 6016, 2, MAPE_ANSWERED, 300,
		       MAPE_FLAG_EIM_BREAK);
	answer_session(47, 0, 0, 0, MAPE_NEW, 300, 0x80000000);
	answer_session(IPPROTO_SCTP, 1, 6016, 2, 200, 4000000000U, 0);
	prints(session_main, "session",
	       "tcp  192.168.1.2:40000 -> 14.8.52.86:6020 -> 198.51.100.1:80  established  7439s\n"
	       "udp  192.168.1.2:5060 -> 14.8.52.86:6021 -> 198.51.100.1:5060  new  29s  [unconfirmed]  [static]\n"
	       "icmp 192.168.1.2:0 -> 14.8.52.86:6016 -> 198.51.100.1  answered  59s\n"
	       "udplite 192.168.1.2:1 -> 14.8.52.86:6016 -> 198.51.100.1:2  answered  300s  [eim-break]\n"
	       "47   192.168.1.2 -> 14.8.52.86 -> 198.51.100.1  new  300s\n"
	       "sctp 192.168.1.2:1 -> 14.8.52.86:6016 -> 198.51.100.1:2  unknown  4000000000s\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_SESSION);
	assert_asked_u32(MAPE_A_IFINDEX, 10);
	assert_null(fake_asked(MAPE_A_PROTO));
	assert_null(fake_asked(MAPE_A_EXT_PORT));
	assert_int_equal(fake.requests, 1);
}

static void test_session_json(void **state)
{
	(void)state;
	fake_reset(1);
	answer_session(IPPROTO_TCP, 40000, 6020, 80, MAPE_TCP_FIN_OUT, 7439, 0);
	answer_session(IPPROTO_ICMP, 5, 65535, 0, MAPE_NEW, 59,
		       MAPE_FLAG_UNCONFIRMED | MAPE_FLAG_EIM_BREAK |
		       MAPE_FLAG_STATIC);
	prints(session_main, "session list --json mape0",
	       "[{\"proto\": \"tcp\", \"inner\": \"192.168.1.2\", \"inner_port\": 40000, \"ext\": \"14.8.52.86\", \"ext_port\": 6020, \"remote\": \"198.51.100.1\", \"remote_port\": 80, \"state\": \"fin-out\", \"expires\": 7439, \"unconfirmed\": false, \"eim_break\": false, \"static\": false}, "
	       "{\"proto\": \"icmp\", \"inner\": \"192.168.1.2\", \"inner_port\": 5, \"ext\": \"14.8.52.86\", \"ext_port\": 65535, \"remote\": \"198.51.100.1\", \"remote_port\": 0, \"state\": \"new\", \"expires\": 59, \"unconfirmed\": true, \"eim_break\": true, \"static\": true}]\n");
	fake_reset(1);
	prints(session_main, "session --json", "[]\n");
	prints(session_main, "session", "");
}

static void test_states(void **state)
{
	static const char * const words[] = {
		"new", "answered", "closing", "syn-out", "syn-in",
		"established", "fin-out", "fin-in", "fin-both", "transitory",
		"new-in", "unknown",
	};
	char line[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		fake_reset(1);
		answer_session(IPPROTO_TCP, 1, 2, 3, i, 4, 0);
		snprintf(line, sizeof(line),
			 "tcp  192.168.1.2:1 -> 14.8.52.86:2 -> 198.51.100.1:3  %s  4s\n",
			 words[i]);
		prints(session_main, "session", line);
	}
}

static void test_session_filter(void **state)
{
	(void)state;
	fake_reset(3);
	prints(session_main,
	       "session --dev mape2 --proto udp --inner 192.168.1.2:53 --ext 6020 --remote 198.51.100.1:0",
	       "");
	assert_asked_u32(MAPE_A_IFINDEX, 12);
	assert_int_equal(mnl_attr_get_u8(fake_asked(MAPE_A_PROTO)), 17);
	assert_asked_u32(MAPE_A_INNER, addr4("192.168.1.2"));
	assert_asked_port(MAPE_A_INNER_PORT, 53);
	assert_asked_port(MAPE_A_EXT_PORT, 6020);
	assert_asked_u32(MAPE_A_REMOTE, addr4("198.51.100.1"));
	assert_asked_port(MAPE_A_REMOTE_PORT, 0);

	prints(session_main, "session mape1 --proto 0 --remote 0.0.0.0", "");
	assert_asked_u32(MAPE_A_IFINDEX, 11);
	assert_int_equal(mnl_attr_get_u8(fake_asked(MAPE_A_PROTO)), 0);
	assert_asked_u32(MAPE_A_REMOTE, 0);
	assert_null(fake_asked(MAPE_A_REMOTE_PORT));
	assert_null(fake_asked(MAPE_A_INNER));
	assert_null(fake_asked(MAPE_A_INNER_PORT));
}

static void test_session_flush(void **state)
{
	(void)state;
	fake_reset(1);
	mnl_attr_put_u32(fake_answer(FAKE_FAMILY, MAPE_CMD_DEL_SESSION),
			 MAPE_A_SESSIONS, 17);
	prints(session_main, "session flush mape0 --proto tcp",
	       "Removed 17 sessions.\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_DEL_SESSION);
	assert_asked_u32(MAPE_A_IFINDEX, 10);
	assert_int_equal(mnl_attr_get_u8(fake_asked(MAPE_A_PROTO)), 6);
	prints(session_main, "session flush --json", "{\"removed\": 17}\n");
	assert_null(fake_asked(MAPE_A_PROTO));
}

/* A list is cut short only by an error, and says so. */
static void test_dump_that_ends_early(void **state)
{
	(void)state;
	fake_reset(1);
	answer_session(IPPROTO_TCP, 1, 2, 3, MAPE_TCP_ESTABLISHED, 4, 0);
	fake.error = EINTR;
	prints(session_main, "session",
	       "tcp  192.168.1.2:1 -> 14.8.52.86:2 -> 198.51.100.1:3  established  4s\n");
	assert_int_equal(fake.requests, 1);
	fake.error = ENODEV;
	assert_int_equal(fake_run(session_main, "session --json"), 2);
	assert_string_equal(fake_err,
			    "mape: the kernel refused: No such device\n");
	assert_int_equal(fake_out[strlen(fake_out) - 2], ']');
}

static void test_refusals(void **state)
{
	(void)state;
	fake_reset(1);
	fake.error = EPERM;
	refuses(session_main, "session --json", 2,
		"no permission: it needs CAP_NET_ADMIN, run it as root");
	fake.error = EOPNOTSUPP;
	refuses(port_main, "port", 2, "the module mape is too old for this");
	fake.error = EINVAL;
	fake.sentence = "Ports? What ports?";
	refuses(port_main, "port", 2, "Ports? What ports?");
	fake.no_family = true;
	fake.sentence = NULL;
	refuses(stats_main, "stats", 2,
		"the module mape is not loaded, or too old");
	refuses(mapping_main, "mapping", 2,
		"the module mape is not loaded, or too old");
	refuses(monitor_main, "monitor", 2,
		"the module mape is not loaded, or too old");
}

static void test_mapping_list(void **state)
{
	struct nlmsghdr *nlh;

	(void)state;
	fake_reset(1);
	nlh = answer_flow(MAPE_CMD_GET_MAPPING, IPPROTO_UDP, "192.168.1.2", 5060, 6021);
	mnl_attr_put_u32(nlh, MAPE_A_SESSIONS, 3);
	mnl_attr_put_u32(nlh, MAPE_A_EXPIRES, 299);
	mnl_attr_put_u32(nlh, MAPE_A_FLAGS, 0);
	nlh = answer_flow(MAPE_CMD_GET_MAPPING, IPPROTO_TCP, "192.168.1.3", 80, 6020);
	mnl_attr_put_u32(nlh, MAPE_A_SESSIONS, 0);
	mnl_attr_put_u32(nlh, MAPE_A_FLAGS, MAPE_FLAG_STATIC);
	prints(mapping_main, "mapping --inner 192.168.1.2 --ext 0x1784",
	       "udp  192.168.1.2:5060 -> 14.8.52.86:6021  sessions 3  299s\n"
	       "tcp  192.168.1.3:80 -> 14.8.52.86:6020  sessions 0  [static]\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_MAPPING);
	assert_asked_u32(MAPE_A_INNER, addr4("192.168.1.2"));
	assert_null(fake_asked(MAPE_A_INNER_PORT));
	assert_asked_port(MAPE_A_EXT_PORT, 6020);
	prints(mapping_main, "mapping list --json",
	       "[{\"proto\": \"udp\", \"inner\": \"192.168.1.2\", \"inner_port\": 5060, \"ext\": \"14.8.52.86\", \"ext_port\": 6021, \"sessions\": 3, \"expires\": 299, \"static\": false}, "
	       "{\"proto\": \"tcp\", \"inner\": \"192.168.1.3\", \"inner_port\": 80, \"ext\": \"14.8.52.86\", \"ext_port\": 6020, \"sessions\": 0, \"expires\": null, \"static\": true}]\n");
}

static void test_ports(void **state)
{
	struct nlmsghdr *nlh;

	(void)state;
	fake_reset(1);
	nlh = fake_answer(FAKE_FAMILY, MAPE_CMD_GET_PORTS);
	mnl_attr_put_u8(nlh, MAPE_A_PROTO, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, MAPE_A_PORTS_TOTAL, 240);
	mnl_attr_put_u32(nlh, MAPE_A_PORTS_FREE, 200);
	mnl_attr_put_u32(nlh, MAPE_A_PORTS_SHARED, 3);
	mnl_attr_put_u32(nlh, MAPE_A_PORTS_STATIC, 2);
	mnl_attr_put_u32(nlh, MAPE_A_PORTS_RESERVED, 1);
	mnl_attr_put_u32(nlh, MAPE_A_MAPPINGS, 41);
	prints(port_main, "port mape0",
	       "tcp  total 240  free 200  shared 3  static 2  reserved 1  mappings 41\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_PORTS);
	prints(port_main, "port --json",
	       "[{\"proto\": \"tcp\", \"total\": 240, \"free\": 200, \"shared\": 3, \"static\": 2, \"reserved\": 1, \"mappings\": 41}]\n");
}

static void put_counter(struct nlmsghdr *nlh, const char *name, u64 value)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MAPE_A_STAT);

	mnl_attr_put_strz(nlh, MAPE_A_NAME, name);
	mnl_attr_put(nlh, MAPE_A_PAD, 0, NULL);
	mnl_attr_put_u64(nlh, MAPE_A_VALUE, value);
	mnl_attr_nest_end(nlh, nest);
}

static void test_stats(void **state)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	(void)state;
	fake_reset(1);
	nlh = fake_answer(FAKE_FAMILY, MAPE_CMD_GET_STATS);
	mnl_attr_put_u32(nlh, MAPE_A_SESSIONS, 42);
	mnl_attr_put_u32(nlh, MAPE_A_SESSIONS_MAX, 65536);
	mnl_attr_put_u32(nlh, MAPE_A_SESSIONS_PER_HOST, 16384);
	mnl_attr_put_u32(nlh, MAPE_A_MAPPINGS, 40);
	nest = mnl_attr_nest_start(nlh, MAPE_A_STATS);
	put_counter(nlh, "rx_spoofed", 0);
	put_counter(nlh, "rx_no_session", 5000000000ULL);
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, MAPE_A_STAT));
	mnl_attr_nest_end(nlh, nest);
	prints(stats_main, "stats",
	       "sessions: 42\nsessions_max: 65536\nsessions_per_host: 16384\nmappings: 40\n"
	       "rx_no_session: 5000000000\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_STATS);
	prints(stats_main, "stats mape0 --json",
	       "{\"sessions\": 42, \"sessions_max\": 65536, \"sessions_per_host\": 16384, \"mappings\": 40, \"counters\": {\"rx_spoofed\": 0, \"rx_no_session\": 5000000000}}\n");
	fake_reset(1); /* a device without NAT */
	fake_answer(FAKE_FAMILY, MAPE_CMD_GET_STATS);
	prints(stats_main, "stats", "");
	prints(stats_main, "stats --json",
	       "{\"sessions\": null, \"sessions_max\": null, \"sessions_per_host\": null, \"mappings\": null, \"counters\": {}}\n");
}

static void answer_events(void)
{
	struct in6_addr ce = addr6("240b:12:3456:7800:e:834:5600:7800");
	struct mape_psid psid = { .psid = 120, .len = 8 };
	struct nlmsghdr *nlh;

	nlh = fake_answer(FAKE_FAMILY, MAPE_CMD_EVENT_EXHAUSTED);
	mnl_attr_put_u32(nlh, MAPE_A_IFINDEX, 1);
	mnl_attr_put_u8(nlh, MAPE_A_PROTO, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, MAPE_A_REMOTE, addr4("198.51.100.1"));
	mnl_attr_put_u16(nlh, MAPE_A_REMOTE_PORT, htons(443));
	fake_answer(FAKE_FAMILY, 200);
	nlh = fake_answer(FAKE_FAMILY, MAPE_CMD_EVENT_ADDRESS);
	mnl_attr_put_u32(nlh, MAPE_A_IFINDEX, 11);
	mnl_attr_put_u32(nlh, MAPE_A_IPV4, addr4("14.8.52.86"));
	mnl_attr_put_u8(nlh, MAPE_A_IPV4_LEN, 32);
	mnl_attr_put(nlh, MAPE_A_PSID, sizeof(psid), &psid);
	mnl_attr_put(nlh, MAPE_A_CE_ADDR, sizeof(ce), &ce);
}

/* The loopback interface has number 1 everywhere. */
static void test_monitor(void **state)
{
	(void)state;
	fake_reset(2);
	answer_events();
	prints(monitor_main, "monitor",
	       "lo: exhausted: no port left for tcp to 198.51.100.1:443\n"
	       "if11: address: 14.8.52.86 psid 120/8 ce 240b:12:3456:7800:e:834:5600:7800\n");
	prints(monitor_main, "monitor --json",
	       "{\"event\": \"exhausted\", \"ifname\": \"lo\", \"proto\": \"tcp\", \"remote\": \"198.51.100.1\", \"remote_port\": 443}\n"
	       "{\"event\": \"address\", \"ifname\": \"if11\", \"ipv4\": \"14.8.52.86\", \"ipv4_prefix_len\": 32, \"psid\": 120, \"psid_len\": 8, \"ce_ipv6\": \"240b:12:3456:7800:e:834:5600:7800\"}\n");
	prints(monitor_main, "monitor mape1",
	       "if11: address: 14.8.52.86 psid 120/8 ce 240b:12:3456:7800:e:834:5600:7800\n");
	refuses(monitor_main, "monitor mape2", 1, "no such interface: mape2");
	fake.no_events = true;
	refuses(monitor_main, "monitor", 2, "the module mape has no events");
}

static void test_monitor_ends_with_the_module(void **state)
{
	struct nlmsghdr *nlh;

	(void)state;
	fake_reset(1);
	nlh = fake_answer(GENL_ID_CTRL, CTRL_CMD_DELFAMILY);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY + 1);
	nlh = fake_answer(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY);
	prints(monitor_main, "monitor", "");
	nlh = fake_answer(GENL_ID_CTRL, CTRL_CMD_DELFAMILY);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY);
	answer_events();
	refuses(monitor_main, "monitor", 2, "the module mape was removed");
}

static void test_which_device(void **state)
{
	(void)state;
	fake_reset(0);
	refuses(session_main, "session", 1, "there is no device of type mape");
	fake_reset(2);
	refuses(session_main, "session", 1,
		"there are 2 devices of type mape, name one: --dev DEV");
	refuses(stats_main, "stats mape7", 1, "no such interface: mape7");
	refuses(session_main, "session mape0 --dev mape1", 1,
		"session: a device twice: mape1 and mape0");
	refuses(session_main, "session flush mape0 mape1", 1,
		"session: unexpected \"mape1\"");
	assert_int_equal(fake.requests, 0);
	prints(session_main, "session --dev mape1 list", "");
	assert_asked_u32(MAPE_A_IFINDEX, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_list),
		cmocka_unit_test(test_session_json),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_session_filter),
		cmocka_unit_test(test_session_flush),
		cmocka_unit_test(test_dump_that_ends_early),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_mapping_list),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_monitor_ends_with_the_module),
		cmocka_unit_test(test_which_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
