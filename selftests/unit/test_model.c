// SPDX-License-Identifier: GPL-2.0
/*
 * 100 000 random rules and prefixes: kernel/rule.c against the naive model,
 * and each way against the other.
 */
#include "helper.h"
#include "naive.h"

#define ROUNDS	100000

static void random_bytes(void *to, size_t n)
{
	unsigned char *byte = to;

	while (n--)
		*byte++ = random32();
}

static void clear_behind(void *bytes, unsigned int len, unsigned int size)
{
	unsigned char *byte = bytes;

	for (; len < size; len++)
		byte[len / 8] &= ~(128 >> len % 8);
}

/* Any rule that passes mape_rule_check(). */
static struct mape_rule random_rule(void)
{
	struct mape_rule rule;

	do {
		memset(&rule, 0, sizeof(rule));
		random_bytes(&rule.ipv6, sizeof(rule.ipv6));
		random_bytes(&rule.ipv4, sizeof(rule.ipv4));
		rule.ipv6_len = random_below(129);
		rule.ipv4_len = random_below(33);
		rule.ea_len = random_below(49);
		rule.psid_offset = random_below(16);
		clear_behind(&rule.ipv6, rule.ipv6_len, 128);
		clear_behind(&rule.ipv4, rule.ipv4_len, 32);
	} while (mape_rule_check(&rule));
	return rule;
}

/* A prefix inside the rule's, now and then too short for the EA bits. */
static struct mape_prefix random_prefix(const struct mape_rule *rule)
{
	struct mape_prefix prefix = { };
	unsigned int i;

	random_bytes(&prefix.addr, sizeof(prefix.addr));
	for (i = 0; i < rule->ipv6_len; i++) {
		prefix.addr.s6_addr[i / 8] &= ~(128 >> i % 8);
		prefix.addr.s6_addr[i / 8] |= rule->ipv6.s6_addr[i / 8] &
					      (128 >> i % 8);
	}
	prefix.len = rule->ipv6_len + random_below(129 - rule->ipv6_len);
	if (prefix.len < rule->ipv6_len + rule->ea_len && random_below(8))
		prefix.len = rule->ipv6_len + rule->ea_len;
	return prefix;
}

static void random_psid(const struct mape_rule *rule, struct mape_psid *psid)
{
	memset(psid, 0, sizeof(*psid));
	if (rule->ea_len || rule->ipv4_len != 32 || !random_below(4))
		return;
	psid->len = random_below(17 - rule->psid_offset);
	psid->psid = random_below(1U << psid->len);
}

static void assert_same_ce(const struct mape_ce *is,
			   const struct mape_ce *want)
{
	assert_memory_equal(&is->addr, &want->addr, sizeof(is->addr));
	assert_int_equal(is->ipv4, want->ipv4);
	assert_int_equal(is->ipv4_len, want->ipv4_len);
	assert_int_equal(is->psid_offset, want->psid_offset);
	assert_int_equal(is->psid_len, want->psid_len);
	assert_int_equal(is->psid, want->psid);
}

static void test_derive_like_the_model(void **state)
{
	unsigned int i, derived = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		struct mape_rule rule = random_rule();
		struct mape_prefix prefix = random_prefix(&rule);
		enum mape_iid iid = random_below(2);
		struct mape_ce is, want;
		struct mape_psid psid;
		bool refused;

		random_psid(&rule, &psid);
		assert_ptr_equal(mape_rule_bmr(&rule, 1, &prefix), &rule);
		refused = mape_rule_derive(&rule, &prefix, &psid, iid, &is);
		assert_int_equal(refused, !naive_derive(&rule, &prefix, &psid,
							iid, &want));
		if (refused)
			continue;
		assert_same_ce(&is, &want);
		derived++;
	}
	/* The generator must not have drifted into refusals. */
	assert_true(derived > ROUNDS / 2);
}

static __be32 random_destination(const struct mape_rule *rule)
{
	__be32 ipv4, rules_own = 0xffffffff;

	random_bytes(&ipv4, sizeof(ipv4));
	clear_behind(&rules_own, rule->ipv4_len, 32);
	return rule->ipv4 | (ipv4 & ~rules_own);
}

static void test_address_like_the_model(void **state)
{
	unsigned int i, owned = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		struct mape_rule rule = random_rule();
		__be32 ipv4 = random_destination(&rule);
		enum mape_iid iid = random_below(2);
		__be16 port = random32();
		struct in6_addr is, want;
		bool has;

		has = mape_rule_address(&rule, iid, ipv4, port, &is);
		assert_int_equal(has, naive_address(&rule, iid, ipv4, port,
						    &want));
		if (!has)
			continue;
		assert_memory_equal(&is, &want, sizeof(is));
		owned++;
	}
	assert_true(owned > ROUNDS / 2);
}

/* What a peer derives from the prefix in its address is what we meant. */
static void check_round_trip(const struct mape_rule *rule, enum mape_iid iid,
			     __be32 ipv4, __be16 port,
			     const struct in6_addr *addr)
{
	const struct mape_psid none = { };
	struct mape_prefix prefix = { .addr = *addr };
	struct mape_portset set;
	struct mape_ce peer;
	__be32 own = ipv4;

	prefix.len = rule->ipv6_len + rule->ea_len;
	assert_null(mape_rule_derive(rule, &prefix, &none, iid, &peer));
	assert_memory_equal(&peer.addr, addr, sizeof(*addr));
	clear_behind(&own, peer.ipv4_len, 32);
	assert_int_equal(peer.ipv4, own);
	mape_portset_init(&set, peer.psid_offset, peer.psid_len, peer.psid);
	assert_true(mape_portset_has(&set, ntohs(port)));
}

static void test_fmr_round_trip(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		struct mape_rule rule = random_rule();
		__be32 ipv4 = random_destination(&rule);
		enum mape_iid iid = random_below(2);
		__be16 port = random32();
		struct in6_addr addr;

		rule.flags = MAPE_RULE_F_FMR;
		assert_ptr_equal(mape_rule_fmr(&rule, 1, ipv4), &rule);
		if (!mape_rule_address(&rule, iid, ipv4, port, &addr))
			continue;
		assert_true(mape_rule_covers(&rule, 1, &addr));
		check_round_trip(&rule, iid, ipv4, port, &addr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derive_like_the_model),
		cmocka_unit_test(test_address_like_the_model),
		cmocka_unit_test(test_fmr_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
