// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's commands that change forwards and rules: what they ask the kernel
 * for, and what they refuse before they ask.
 */
#include "fake.h"

#include <errno.h>

#include "commands.h"

#define RULE	"240b:12::/31,14.8.0.0/15,25"

static void answer_forward(u8 proto, u16 ext_port, u16 inner_port, int sessions)
{
	struct nlmsghdr *nlh = fake_answer(FAKE_FAMILY, MAPE_CMD_GET_FORWARD);

	mnl_attr_put_u8(nlh, MAPE_A_PROTO, proto);
	mnl_attr_put_u16(nlh, MAPE_A_EXT_PORT, htons(ext_port));
	mnl_attr_put_u32(nlh, MAPE_A_INNER, addr4("192.168.1.2"));
	mnl_attr_put_u16(nlh, MAPE_A_INNER_PORT, htons(inner_port));
	if (sessions >= 0)
		mnl_attr_put_u32(nlh, MAPE_A_SESSIONS, sessions);
}

static void test_forward_list(void **state)
{
	(void)state;
	fake_reset(1);
	answer_forward(IPPROTO_TCP, 6020, 80, 3);
	answer_forward(IPPROTO_DCCP, 6021, 6021, 0);
	prints(forward_main, "forward",
	       "tcp  14.8.52.86:6020 -> 192.168.1.2:80  sessions 3\n"
	       "dccp 14.8.52.86:6021 -> 192.168.1.2:6021  sessions 0\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_FORWARD);
	assert_asked_u32(MAPE_A_IFINDEX, 10);
	prints(forward_main, "forward list mape0 --json",
	       "[{\"proto\": \"tcp\", \"ext\": \"14.8.52.86\", \"ext_port\": 6020, \"inner\": \"192.168.1.2\", \"inner_port\": 80, \"sessions\": 3}, "
	       "{\"proto\": \"dccp\", \"ext\": \"14.8.52.86\", \"ext_port\": 6021, \"inner\": \"192.168.1.2\", \"inner_port\": 6021, \"sessions\": 0}]\n");
}

static void test_forward_add(void **state)
{
	(void)state;
	fake_reset(2);
	answer_forward(IPPROTO_TCP, 6020, 80, -1);
	prints(forward_main,
	       "forward add --dev mape1 tcp 6020 192.168.1.2:80",
	       "tcp  14.8.52.86:6020 -> 192.168.1.2:80  sessions 0\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_NEW_FORWARD);
	assert_asked_u32(MAPE_A_IFINDEX, 11);
	assert_int_equal(mnl_attr_get_u8(fake_asked(MAPE_A_PROTO)), 6);
	assert_asked_port(MAPE_A_EXT_PORT, 6020);
	assert_asked_u32(MAPE_A_INNER, addr4("192.168.1.2"));
	assert_asked_port(MAPE_A_INNER_PORT, 80);

	prints(forward_main, "forward add udp any 192.168.1.2:80 --dev mape0 --json",
	       "[{\"proto\": \"tcp\", \"ext\": \"14.8.52.86\", \"ext_port\": 6020, \"inner\": \"192.168.1.2\", \"inner_port\": 80, \"sessions\": 0}]\n");
	assert_asked_u32(MAPE_A_IFINDEX, 10);
	assert_null(fake_asked(MAPE_A_EXT_PORT));
	assert_asked_port(MAPE_A_INNER_PORT, 80);

	fake_reset(1);
	prints(forward_main, "forward add sctp 6020 192.168.1.2", "");
	assert_asked_port(MAPE_A_EXT_PORT, 6020);
	assert_asked_port(MAPE_A_INNER_PORT, 6020);
}

static void test_forward_del(void **state)
{
	(void)state;
	fake_reset(1);
	prints(forward_main, "forward del 132 6020", "");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_DEL_FORWARD);
	assert_int_equal(mnl_attr_get_u8(fake_asked(MAPE_A_PROTO)), 132);
	assert_asked_port(MAPE_A_EXT_PORT, 6020);
	assert_null(fake_asked(MAPE_A_INNER));
}

static void test_forward_refused(void **state)
{
	static const struct {
		const char *line, *sentence;
	} bad[] = {
		{ "add", "forward add: expected PROTO { PORT | any } ADDR[:PORT]" },
		{ "add tcp 80", "forward add: expected PROTO { PORT | any } ADDR[:PORT]" },
		{ "add mape0 tcp 80 192.0.2.1", "forward add: unexpected \"192.0.2.1\", expected [ --dev DEV ] PROTO { PORT | any } ADDR[:PORT]" },
		{ "add tpc 80 192.0.2.1", "forward: unknown protocol \"tpc\"" },
		{ "add 256 80 192.0.2.1", "forward: unknown protocol \"256\"" },
		{ "add TCP 80 192.0.2.1", "forward: unknown protocol \"TCP\"" },
		{ "add tcp 0 192.0.2.1", "forward: \"0\" is not a port" },
		{ "add tcp 65536 192.0.2.1", "forward: \"65536\" is not a port" },
		{ "add tcp all 192.0.2.1", "forward: \"all\" is not a port" },
		{ "add tcp 80-81 192.0.2.1", "forward: \"80-81\" is not a port" },
		{ "add tcp 80 host", "forward: \"host\" is not ADDR or ADDR:PORT" },
		{ "add tcp 80 192.0.2.1:", "forward: \"192.0.2.1:\" is not ADDR or ADDR:PORT" },
		{ "add tcp 80 192.0.2.1:0", "forward: \"192.0.2.1:0\" is not ADDR or ADDR:PORT" },
		{ "add tcp 80 192.0.2.1:1:2", "forward: \"192.0.2.1:1:2\" is not ADDR or ADDR:PORT" },
		{ "add tcp 80 2001:db8::1", "forward: \"2001:db8::1\" is not ADDR or ADDR:PORT" },
		{ "add tcp any 192.0.2.1", "forward: which port of 192.0.2.1? Give 192.0.2.1:PORT" },
		{ "del tcp", "forward del: expected PROTO PORT" },
		{ "del tcp any", "forward: \"any\" is not a port" },
		{ "del tcp 80 81", "forward del: unexpected \"81\", expected [ --dev DEV ] PROTO PORT" },
		{ "list mape0 mape1", "forward: unexpected \"mape1\"" },
	};
	char line[128];
	unsigned int i;

	(void)state;
	fake_reset(1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "forward %s", bad[i].line);
		refuses(forward_main, line, 1, bad[i].sentence);
	}
	assert_int_equal(fake.requests, 0);
	fake.error = ERANGE;
	fake.sentence = "forward: not a port of ours";
	refuses(forward_main, "forward add tcp 80 192.0.2.1", 2,
		"forward: not a port of ours");
}

static void answer_rule(struct mape_rule rule)
{
	mnl_attr_put(fake_answer(FAKE_FAMILY, MAPE_CMD_GET_RULE), MAPE_A_RULE,
		     sizeof(rule), &rule);
}

static void test_rule_list(void **state)
{
	struct mape_rule rule = make_rule("240b:12::/31", "14.8.0.0/15", 25, 4);

	(void)state;
	fake_reset(1);
	answer_rule(rule);
	rule.flags = MAPE_RULE_F_FMR;
	answer_rule(rule);
	prints(rule_main, "rule", RULE ",4\nfmr:" RULE ",4\n");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_GET_RULE);
	prints(rule_main, "rule list mape0 --json",
	       "[{\"ipv6\": \"240b:12::/31\", \"ipv4\": \"14.8.0.0/15\", \"ea_len\": 25, \"fmr\": false, \"psid_offset\": 4}, "
	       "{\"ipv6\": \"240b:12::/31\", \"ipv4\": \"14.8.0.0/15\", \"ea_len\": 25, \"fmr\": true, \"psid_offset\": 4}]\n");
}

static void assert_is_rule(const struct nlattr *attr, u8 ea_len, u8 offset,
			   u32 flags)
{
	struct mape_rule rule = make_rule("240b:12::/31", "14.8.0.0/15",
					  ea_len, offset);

	rule.flags = flags;
	assert_non_null(attr);
	assert_int_equal(mnl_attr_get_type(attr), MAPE_A_RULE);
	assert_int_equal(mnl_attr_get_payload_len(attr), sizeof(rule));
	assert_memory_equal(mnl_attr_get_payload(attr), &rule, sizeof(rule));
}

static void test_rule_add(void **state)
{
	(void)state;
	fake_reset(1);
	prints(rule_main, "rule add " RULE, "");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_NEW_RULE);
	assert_asked_u32(MAPE_A_IFINDEX, 10);
	assert_is_rule(fake_asked(MAPE_A_RULE), 25, 6, 0);
	fake.iid = MAPE_IID_DRAFT03;
	prints(rule_main, "rule add --fmr " RULE, "");
	assert_is_rule(fake_asked(MAPE_A_RULE), 25, 4, MAPE_RULE_F_FMR);
	prints(rule_main, "rule add fmr:" RULE ",5 --dev mape0", "");
	assert_is_rule(fake_asked(MAPE_A_RULE), 25, 5, MAPE_RULE_F_FMR);
}

static void test_rule_del(void **state)
{
	(void)state;
	fake_reset(1);
	prints(rule_main, "rule del 240b:12::/31,14.8.0.0/15", "");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_DEL_RULE);
	assert_is_rule(fake_asked(MAPE_A_RULE), 0, 6, 0);
	prints(rule_main, "rule del fmr:" RULE ",4", "");
	assert_is_rule(fake_asked(MAPE_A_RULE), 25, 4, MAPE_RULE_F_FMR);
	assert_null(fake_asked(MAPE_A_RULES));
}

/* What `list` prints goes in again. */
static void test_rule_replace(void **state)
{
	const struct nlattr *attr;
	unsigned int n = 0;

	(void)state;
	fake_reset(1);
	fake.iid = MAPE_IID_DRAFT03;
	prints(rule_main, "rule replace " RULE " fmr:" RULE ",4 fmr:" RULE ",4",
	       "");
	assert_int_equal(fake_asked_cmd(), MAPE_CMD_SET_RULES);
	assert_null(fake_asked(MAPE_A_RULE));
	assert_non_null(fake_asked(MAPE_A_RULES));
	mnl_attr_for_each_nested(attr, fake_asked(MAPE_A_RULES))
		assert_is_rule(attr, 25, 4, n++ ? MAPE_RULE_F_FMR : 0);
	assert_int_equal(n, 3);
}

static void test_256_rules(void **state)
{
	char line[16384] = "rule replace", *end = line + strlen(line);
	const struct nlattr *attr;
	unsigned int i, n = 0;

	(void)state;
	fake_reset(1);
	for (i = 0; i < MAPE_RULES_MAX; i++)
		end += sprintf(end, " 2001:db8:%x::/48,10.%u.0.0/16,16", i, i);
	prints(rule_main, line, "");
	mnl_attr_for_each_nested(attr, fake_asked(MAPE_A_RULES))
		n++;
	assert_int_equal(n, MAPE_RULES_MAX);
	strcpy(end, " " RULE);
	refuses(rule_main, line, 1, "rule replace: more than 256 rules");
	assert_int_equal(fake.requests, 1);
}

static void test_rule_refused(void **state)
{
	static const char form[] = "V6PREFIX,V4PREFIX,EALEN[,OFFSET]";
	char sentence[128];

	(void)state;
	fake_reset(1);
	snprintf(sentence, sizeof(sentence), "rule add: expected %s", form);
	refuses(rule_main, "rule add", 1, sentence);
	snprintf(sentence, sizeof(sentence), "rule replace: expected %s", form);
	refuses(rule_main, "rule replace", 1, sentence);
	snprintf(sentence, sizeof(sentence), "mape0: rule: expected %s", form);
	refuses(rule_main, "rule add mape0", 1, sentence);
	refuses(rule_main, "rule del a b", 1,
		"rule del: unexpected \"b\", expected [ --dev DEV ] RULE");
	snprintf(sentence, sizeof(sentence),
		 "2001:db8::/40,192.0.2.0/24: rule: expected %s", form);
	refuses(rule_main, "rule add 2001:db8::/40,192.0.2.0/24", 1, sentence);
	refuses(rule_main, "rule replace " RULE " fmr:" RULE ",16", 1,
		"fmr:" RULE ",16: rule: PSID offset must be 0 to 15");
	refuses(rule_main, "rule add " RULE ",9", 1,
		RULE ",9: rule: PSID offset and PSID length are more than 16 bits");
	refuses(rule_main, "rule del --fmr " RULE, 1,
		"rule del: --fmr is for add");
	refuses(rule_main, "rule --fmr", 1, "rule list: --fmr is for add");
	assert_int_equal(fake.requests, 0);
	fake.error = EEXIST;
	refuses(rule_main, "rule add " RULE, 2,
		"the kernel refused: File exists");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_list),
		cmocka_unit_test(test_forward_add),
		cmocka_unit_test(test_forward_del),
		cmocka_unit_test(test_forward_refused),
		cmocka_unit_test(test_rule_list),
		cmocka_unit_test(test_rule_add),
		cmocka_unit_test(test_rule_del),
		cmocka_unit_test(test_rule_replace),
		cmocka_unit_test(test_256_rules),
		cmocka_unit_test(test_rule_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
