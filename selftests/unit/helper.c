// SPDX-License-Identifier: GPL-2.0
#include "helper.h"

static unsigned int split(const char *text, int family, void *addr,
			  unsigned int len)
{
	char copy[64], *slash;

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		len = atoi(slash + 1);
	}
	assert_int_equal(inet_pton(family, copy, addr), 1);
	return len;
}

struct in6_addr addr6(const char *text)
{
	struct in6_addr addr;

	split(text, AF_INET6, &addr, 128);
	return addr;
}

__be32 addr4(const char *text)
{
	__be32 addr;

	split(text, AF_INET, &addr, 32);
	return addr;
}

struct mape_prefix prefix6(const char *text)
{
	struct mape_prefix prefix = { };

	prefix.len = split(text, AF_INET6, &prefix.addr, 128);
	return prefix;
}

struct mape_rule make_rule(const char *ipv6, const char *ipv4, u8 ea_len,
			   u8 psid_offset)
{
	struct mape_rule rule = {
		.ea_len = ea_len, .psid_offset = psid_offset,
	};

	rule.ipv6_len = split(ipv6, AF_INET6, &rule.ipv6, 128);
	rule.ipv4_len = split(ipv4, AF_INET, &rule.ipv4, 32);
	return rule;
}

struct mape_ce derive(const struct mape_rule *rule, const char *prefix,
		      u16 psid, u8 psid_len, enum mape_iid iid)
{
	struct mape_psid explicit_psid = { .psid = psid, .len = psid_len };
	struct mape_prefix end_user = prefix6(prefix);
	struct mape_ce ce = { };
	const char *why;

	why = mape_rule_check(rule);
	if (!why)
		why = mape_rule_derive(rule, &end_user, &explicit_psid, iid,
				       &ce);
	if (why)
		fail_msg("%s: %s", prefix, why);
	return ce;
}

void assert_addr6(const struct in6_addr *addr, const char *text)
{
	char is[INET6_ADDRSTRLEN], want[INET6_ADDRSTRLEN];
	struct in6_addr wanted = addr6(text);

	inet_ntop(AF_INET6, addr, is, sizeof(is));
	inet_ntop(AF_INET6, &wanted, want, sizeof(want));
	assert_string_equal(is, want);
}

void assert_addr4(__be32 addr, const char *text)
{
	char is[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, is, sizeof(is));
	assert_string_equal(is, text);
}

void assert_says(const char *sentence, const char *part)
{
	if (!sentence)
		fail_msg("accepted, expected \"%s\"", part);
	else if (!strstr(sentence, part))
		fail_msg("\"%s\" does not say \"%s\"", sentence, part);
}

const char *ranges_text(const struct mape_portset *set)
{
	struct mape_port_ranges r;
	static char text[256];
	unsigned int i;
	char *at = text;

	mape_portset_ranges(set, &r);
	for (i = 0; i < r.count; i++) {
		if (r.count > 4 && i == 2)
			i = r.count - 2;
		if (i)
			at += sprintf(at, r.count > 4 && i == r.count - 2 ?
				      ".." : ",");
		at += sprintf(at, "%u-%u", r.first + i * r.stride,
			      r.first + i * r.stride + r.size - 1);
	}
	return text;
}

/* The same numbers in every run and on every machine (xorshift). */
uint32_t random32(void)
{
	static uint64_t state = 0x7597759875997600;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 32;
}

uint32_t random_below(uint32_t limit)
{
	return random32() % limit;
}
