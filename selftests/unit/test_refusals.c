// SPDX-License-Identifier: GPL-2.0
/*
 * REQUIREMENTS A-05: 40 tuples that must be refused, and the limits themselves
 * that must not.
 */
#include "helper.h"

struct tuple {
	const char *ipv6;
	u8 ipv6_len;
	const char *ipv4;
	u8 ipv4_len, ea_len, offset;
	const char *prefix;
	u16 psid;
	u8 psid_len;
	u32 flags;
	const char *says;	/* NULL: accepted */
};

#define V6 "2001:db8::"
#define V4 "192.0.2.0"
#define END_USER "2001:db8:12:3400::/56"
#define FULL "192.0.2.18"

static const struct tuple bad[] = {
	/* EA length 0 to 48 */
	{ V6, 40, V4, 24, 49, 6, END_USER, 0, 0, 0, "EA length" },
	{ V6, 40, V4, 24, 64, 6, END_USER, 0, 0, 0, "EA length" },
	{ V6, 40, V4, 24, 255, 6, END_USER, 0, 0, 0, "EA length" },
	{ "::", 0, "0.0.0.0", 0, 49, 0, "::/128", 0, 0, 0, "EA length" },
	/* IPv4 prefix length 0 to 32 */
	{ V6, 40, V4, 33, 8, 6, END_USER, 0, 0, 0, "IPv4 prefix length" },
	{ V6, 40, V4, 64, 0, 6, END_USER, 0, 0, 0, "IPv4 prefix length" },
	{ V6, 40, V4, 255, 1, 6, END_USER, 0, 0, 0, "IPv4 prefix length" },
	/* IPv6 prefix length 0 to 128 */
	{ V6, 129, V4, 24, 0, 6, END_USER, 0, 0, 0, "IPv6 prefix length" },
	{ V6, 255, V4, 24, 16, 6, END_USER, 0, 0, 0, "IPv6 prefix length" },
	/* Offset 0 to 15 */
	{ V6, 40, V4, 24, 16, 16, END_USER, 0, 0, 0, "PSID offset" },
	{ V6, 40, V4, 24, 8, 16, END_USER, 0, 0, 0, "PSID offset" },
	{ V6, 40, V4, 24, 16, 255, END_USER, 0, 0, 0, "PSID offset" },
	/* a + k <= 16, k from the EA bits */
	{ V6, 40, V4, 24, 16, 9, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, V4, 24, 16, 15, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, V4, 24, 24, 1, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, V4, 24, 25, 0, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, FULL, 32, 17, 0, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, FULL, 32, 48, 0, END_USER, 0, 0, 0, "more than 16 bits" },
	{ V6, 40, FULL, 32, 11, 6, END_USER, 0, 0, 0, "more than 16 bits" },
	/* Rule and EA bits fit into an address */
	{ V6, 128, V4, 24, 1, 6, END_USER, 0, 0, 0, "longer than 128" },
	{ V6, 113, V4, 24, 16, 6, END_USER, 0, 0, 0, "longer than 128" },
	{ V6, 81, "0.0.0.0", 0, 48, 0, END_USER, 0, 0, 0, "longer than 128" },
	/* Prefixes are prefixes */
	{ "2001:db8::1", 40, V4, 24, 16, 6, END_USER, 0, 0, 0, "IPv6 prefix has bits" },
	{ "2001:db8:80::", 40, V4, 24, 16, 6, END_USER, 0, 0, 0, "IPv6 prefix has bits" },
	{ "2001:db8:0:1::", 63, V4, 24, 16, 6, END_USER, 0, 0, 0, "IPv6 prefix has bits" },
	{ "::1", 127, V4, 24, 0, 6, "::/128", 0, 0, 0, "IPv6 prefix has bits" },
	{ "8000::", 0, V4, 24, 16, 6, END_USER, 0, 0, 0, "IPv6 prefix has bits" },
	{ V6, 40, "192.0.2.1", 24, 16, 6, END_USER, 0, 0, 0, "IPv4 prefix has bits" },
	{ V6, 40, "192.0.2.1", 31, 9, 6, END_USER, 0, 0, 0, "IPv4 prefix has bits" },
	{ V6, 40, "128.0.0.0", 0, 40, 6, END_USER, 0, 0, 0, "IPv4 prefix has bits" },
	/* n + o <= length of the end-user prefix */
	{ V6, 40, V4, 24, 16, 6, "2001:db8:12:3400::/55", 0, 0, 0, "shorter" },
	{ V6, 40, V4, 24, 16, 6, "2001:db8::/40", 0, 0, 0, "shorter" },
	{ V6, 40, V4, 24, 17, 6, END_USER, 0, 0, 0, "shorter" },
	/* End-user prefix inside the rule's */
	{ V6, 40, V4, 24, 16, 6, "2001:db9:12:3400::/56", 0, 0, 0, "no rule" },
	{ V6, 40, V4, 24, 16, 6, "2001:db8:100::/56", 0, 0, 0, "no rule" },
	/* Explicit PSID */
	{ V6, 40, FULL, 32, 0, 6, END_USER, 0x100, 8, 0, "does not fit" },
	{ V6, 40, FULL, 32, 0, 6, END_USER, 1, 0, 0, "does not fit" },
	{ V6, 40, FULL, 32, 0, 9, END_USER, 0x34, 8, 0, "more than 16 bits" },
	{ V6, 40, V4, 24, 16, 6, END_USER, 0x34, 8, 0, "only with a rule of EA length 0" },
	{ V6, 40, V4, 24, 0, 6, END_USER, 0x34, 8, 0, "only with a full IPv4 address" },
	/* And a flag nobody knows */
	{ V6, 40, V4, 24, 16, 6, END_USER, 0, 0, 0x2, "flag" },
};

static const struct tuple limits[] = {
	{ "::", 0, "0.0.0.0", 0, 48, 0, END_USER, 0, 0, 0, NULL },
	{ V6, 80, "0.0.0.0", 0, 48, 0, "2001:db8::/128", 0, 0, 0, NULL },
	{ V6, 128, FULL, 32, 0, 15, "2001:db8::/128", 0, 0, 0, NULL },
	{ V6, 128, FULL, 32, 0, 15, "2001:db8::/128", 1, 1, 0, NULL },
	{ V6, 40, FULL, 32, 16, 0, END_USER, 0, 0, 0, NULL },
	{ V6, 40, FULL, 32, 1, 15, END_USER, 0, 0, 0, NULL },
	{ V6, 40, V4, 24, 16, 8, END_USER, 0, 0, 0, NULL },
	{ V6, 40, FULL, 32, 0, 0, END_USER, 0xffff, 16, 0, NULL },
	{ V6, 40, V4, 24, 16, 6, END_USER, 0, 0, MAPE_RULE_F_FMR, NULL },
	/* The offset means nothing without a PSID. */
	{ V6, 40, V4, 24, 8, 15, END_USER, 0, 0, 0, NULL },
};

/* As module and tool do: check, choose, derive. */
static const char *refusal(const struct tuple *t)
{
	struct mape_rule rule = {
		.ipv6 = addr6(t->ipv6), .ipv6_len = t->ipv6_len,
		.ipv4 = addr4(t->ipv4), .ipv4_len = t->ipv4_len,
		.ea_len = t->ea_len, .psid_offset = t->offset,
		.flags = t->flags,
	};
	struct mape_psid psid = { .psid = t->psid, .len = t->psid_len };
	struct mape_prefix prefix = prefix6(t->prefix);
	struct mape_ce ce;
	const char *why;

	why = mape_rules_check(&rule, 1);
	if (why)
		return why;
	if (!mape_rule_bmr(&rule, 1, &prefix))
		return "no rule";
	return mape_rule_derive(&rule, &prefix, &psid, MAPE_IID_RFC7597, &ce);
}

static void check_tuple(void **state)
{
	const struct tuple *t = *state;

	if (t->says)
		assert_says(refusal(t), t->says);
	else
		assert_null(refusal(t));
}

static void add_tests(struct CMUnitTest *tests, const char *what,
		      const struct tuple *tuples, size_t n)
{
	static char names[64][40];
	static size_t used;
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(names[used], sizeof(names[used]), "test_A05_%s_%02zu",
			 what, i + 1);
		tests[i] = (struct CMUnitTest) {
			.name = names[used++], .test_func = check_tuple,
			.initial_state = (void *)&tuples[i],
		};
	}
}

int main(void)
{
	const size_t n_bad = sizeof(bad) / sizeof(bad[0]);
	const size_t n_limits = sizeof(limits) / sizeof(limits[0]);
	static struct CMUnitTest tests[64];

	add_tests(tests, "refused", bad, n_bad);
	add_tests(tests + n_bad, "limit", limits, n_limits);
	return _cmocka_run_group_tests("refusals", tests, n_bad + n_limits,
				       NULL, NULL);
}
