// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the MAP arithmetic: published examples, bad rules, and random
 * rules against a deliberately naive model that works bit by bit.
 */
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/random.h>

#define IN6(a, b, c, d, e, f, g, h)					\
	{ .s6_addr16 = { htons(a), htons(b), htons(c), htons(d),	\
			 htons(e), htons(f), htons(g), htons(h) } }
#define IN4(a, b, c, d)	htonl((a) << 24 | (b) << 16 | (c) << 8 | (d))
#define RULE(v6, v6_len, v4, v4_len, ea, a)				\
	{ .ipv6 = v6, .ipv6_len = v6_len, .ipv4 = v4,			\
	  .ipv4_len = v4_len, .ea_len = ea, .psid_offset = a }

struct example {
	struct mape_rule rule;
	struct mape_prefix prefix;
	struct mape_psid psid;
	enum mape_iid iid;
	struct mape_ce ce;
};

static const struct example good[] __initconst = {
	/* RFC 7597 appendix A, example 1 */
	{ RULE(IN6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 40,
	       IN4(192, 0, 2, 0), 24, 16, 6),
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56 },
	  { 0 }, MAPE_IID_RFC7597,
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0xc000, 0x212, 0x34),
	    IN4(192, 0, 2, 18), 32, 6, 8, 0x34 } },
	/* example 4: EA length 0 */
	{ RULE(IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56,
	       IN4(192, 0, 2, 18), 32, 0, 6),
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56 },
	  { 0 }, MAPE_IID_RFC7597,
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0xc000, 0x212, 0),
	    IN4(192, 0, 2, 18), 32, 6, 0, 0 } },
	/* example 5: explicit PSID */
	{ RULE(IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56,
	       IN4(192, 0, 2, 18), 32, 0, 6),
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56 },
	  { 0x34, 8 }, MAPE_IID_RFC7597,
	  { IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0xc000, 0x212, 0x34),
	    IN4(192, 0, 2, 18), 32, 6, 8, 0x34 } },
	/* an IPv4 prefix */
	{ RULE(IN6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 40,
	       IN4(192, 0, 2, 0), 24, 4, 6),
	  { IN6(0x2001, 0xdb8, 0xf0, 0, 0, 0, 0, 0), 44 },
	  { 0 }, MAPE_IID_RFC7597,
	  { IN6(0x2001, 0xdb8, 0xf0, 0, 0, 0xc000, 0x2f0, 0),
	    IN4(192, 0, 2, 240), 28, 6, 0, 0 } },
	/* the "v6 plus" example; bits behind rule and EA bits are ignored */
	{ RULE(IN6(0x240b, 0x12, 0, 0, 0, 0, 0, 0), 31,
	       IN4(14, 8, 0, 0), 15, 25, 4),
	  { IN6(0x240b, 0x12, 0x3456, 0x78ab, 0, 0, 0, 0), 64 },
	  { 0 }, MAPE_IID_DRAFT03,
	  { IN6(0x240b, 0x12, 0x3456, 0x7800, 0xe, 0x834, 0x5600, 0x7800),
	    IN4(14, 8, 52, 86), 32, 4, 8, 120 } },
	/* the prefix overwrites the identifier */
	{ RULE(IN6(0x2001, 0xdb8, 0x12, 0x3400, 0, 0, 0, 0), 56,
	       IN4(192, 0, 2, 0), 24, 16, 6),
	  { IN6(0x2001, 0xdb8, 0x12, 0x3412, 0x3400, 0, 0, 0), 72 },
	  { 0 }, MAPE_IID_RFC7597,
	  { IN6(0x2001, 0xdb8, 0x12, 0x3412, 0x3400, 0xc000, 0x212, 0x34),
	    IN4(192, 0, 2, 18), 32, 6, 8, 0x34 } },
	/* IPv4 prefix length 0: all 32 bits are EA bits */
	{ RULE(IN6(0x2400, 0, 0, 0, 0, 0, 0, 0), 16,
	       IN4(0, 0, 0, 0), 0, 40, 6),
	  { IN6(0x2400, 0xc000, 0x212, 0x3400, 0, 0, 0, 0), 56 },
	  { 0 }, MAPE_IID_RFC7597,
	  { IN6(0x2400, 0xc000, 0x212, 0x3400, 0, 0xc000, 0x212, 0x34),
	    IN4(192, 0, 2, 18), 32, 6, 8, 0x34 } },
};

static const struct mape_rule bad[] __initconst = {
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 129, 0, 24, 16, 6),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 40, 0, 33, 16, 6),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 40, 0, 0, 49, 0),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 40, 0, 24, 16, 16),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 128, 0, 24, 1, 6),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 1), 40, 0, 24, 16, 6),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 40, IN4(0, 0, 0, 1), 24, 16, 6),
	RULE(IN6(0x2001, 0, 0, 0, 0, 0, 0, 0), 40, 0, 24, 19, 6),
};

static bool __init bit(const struct in6_addr *addr, unsigned int n)
{
	return addr->s6_addr[n / 8] & (0x80 >> n % 8);
}

static void __init append(struct in6_addr *addr, unsigned int *n, bool value)
{
	if (value)
		addr->s6_addr[*n / 8] |= 0x80 >> *n % 8;
	++*n;
}

/* RFC 7597 section 6, read aloud; the prefix comes last and wins. */
static void __init naive_address(const struct mape_rule *rule,
				 enum mape_iid iid, const struct mape_ce *ce,
				 const struct in6_addr *prefix,
				 struct in6_addr *addr)
{
	unsigned int n = iid == MAPE_IID_DRAFT03 ? 72 : 80, i;

	memset(addr, 0, sizeof(*addr));
	for (i = 0; i < 32; i++)
		append(addr, &n, ntohl(ce->ipv4) & (1U << (31 - i)));
	for (i = 0; i < 16; i++)
		append(addr, &n, ce->psid & (1U << (15 - i)));
	for (i = 0; i < rule->ipv6_len + rule->ea_len; i++) {
		addr->s6_addr[i / 8] &= ~(0x80 >> i % 8);
		n = i;
		append(addr, &n, bit(prefix, i));
	}
}

/* RFC 7597 section 5.2, bit by bit. */
static void __init naive_derive(const struct mape_rule *rule,
				const struct mape_prefix *prefix,
				enum mape_iid iid, struct mape_ce *ce)
{
	u32 ipv4 = ntohl(rule->ipv4);
	unsigned int i;

	memset(ce, 0, sizeof(*ce));
	ce->ipv4_len = rule->ipv4_len;
	ce->psid_offset = rule->psid_offset;
	for (i = 0; i < rule->ea_len; i++) {
		bool value = bit(&prefix->addr, rule->ipv6_len + i);

		if (ce->ipv4_len < 32) {
			ipv4 |= (u32)value << (31 - ce->ipv4_len);
			ce->ipv4_len++;
		} else {
			ce->psid = ce->psid << 1 | value;
			ce->psid_len++;
		}
	}
	ce->ipv4 = htonl(ipv4);
	naive_address(rule, iid, ce, &prefix->addr, &ce->addr);
}

static bool __init ce_equal(const struct mape_ce *a, const struct mape_ce *b)
{
	return !memcmp(&a->addr, &b->addr, sizeof(a->addr)) &&
	       a->ipv4 == b->ipv4 && a->ipv4_len == b->ipv4_len &&
	       a->psid_offset == b->psid_offset &&
	       a->psid_len == b->psid_len && a->psid == b->psid;
}

static void __init random_rule(struct mape_rule *rule)
{
	struct halves h = { get_random_u64(), get_random_u64() };

	memset(rule, 0, sizeof(*rule));
	rule->ipv6_len = get_random_u32_below(129);
	rule->ipv4_len = get_random_u32_below(33);
	rule->ea_len = get_random_u32_below(49);
	rule->psid_offset = get_random_u32_below(16);
	halves_to(halves_mask(h, rule->ipv6_len), &rule->ipv6);
	rule->ipv4 = htonl(get_random_u32() & ipv4_mask(rule->ipv4_len));
	rule->flags = MAPE_RULE_F_FMR;
}

/* Derive a random CE of a random rule, and find its address the other way. */
static bool __init random_round(enum mape_iid iid)
{
	struct mape_psid none = {};
	struct mape_prefix prefix;
	struct mape_rule rule;
	struct mape_ce ce, naive;
	struct in6_addr addr;
	u32 host, port;

	random_rule(&rule);
	if (mape_rule_check(&rule))
		return true;
	get_random_bytes(&prefix.addr, sizeof(prefix.addr));
	for (prefix.len = 0; prefix.len < rule.ipv6_len; prefix.len++) {
		prefix.addr.s6_addr[prefix.len / 8] &= ~(0x80 >> prefix.len % 8);
		prefix.addr.s6_addr[prefix.len / 8] |=
			rule.ipv6.s6_addr[prefix.len / 8] &
			(0x80 >> prefix.len % 8);
	}
	prefix.len = 128;
	if (mape_rule_derive(&rule, &prefix, &none, iid, &ce))
		return false;
	naive_derive(&rule, &prefix, iid, &naive);
	if (!ce_equal(&ce, &naive))
		return false;

	/* Any host and port of this CE: the last range, the last port. */
	host = ntohl(ce.ipv4) | ~ipv4_mask(ce.ipv4_len);
	port = (0xffff0000 >> ce.psid_offset & 0xffff) | 0xffff >>
	       (ce.psid_offset + ce.psid_len);
	if (ce.psid_len)
		port |= ce.psid << (16 - ce.psid_offset - ce.psid_len);
	if (mape_rule_fmr(&rule, 1, htonl(host)) != &rule ||
	    !mape_rule_covers(&rule, 1, &ce.addr))
		return false;
	return mape_rule_address(&rule, iid, htonl(host), htons(port),
				 &addr) &&
	       !memcmp(&addr, &ce.addr, sizeof(addr));
}

bool __init mape_rule_selftest(void)
{
	unsigned int i, failed = 0;
	struct mape_ce ce;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (mape_rule_check(&good[i].rule) ||
		    mape_rule_bmr(&good[i].rule, 1, &good[i].prefix) !=
		    &good[i].rule ||
		    mape_rule_derive(&good[i].rule, &good[i].prefix,
				     &good[i].psid, good[i].iid, &ce) ||
		    !ce_equal(&ce, &good[i].ce)) {
			pr_err("mape: rule self-test %u: FAIL\n", i);
			failed++;
		}
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!mape_rule_check(&bad[i])) {
			pr_err("mape: bad rule self-test %u: FAIL\n", i);
			failed++;
		}
	}
	for (i = 0; i < 20000; i++) {
		if (!random_round(i % 2)) {
			pr_err("mape: random rule self-test %u: FAIL\n", i);
			failed++;
			break;
		}
	}
	if (!failed)
		pr_info("mape: rule self-tests: pass\n");
	return !failed;
}

#undef IN6
#undef IN4
#undef RULE
