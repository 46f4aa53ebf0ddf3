// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping rules (RFC 7597 sections 5 and 6).
 *
 * A MAP address is   Rule IPv6 prefix | EA bits | 0 | interface identifier
 * and the EA bits    IPv4 suffix (p bits) | PSID (q bits),
 * the identifier     IPv4 address and PSID once more.
 */
#include <linux/string.h>
#include <asm/byteorder.h>

#include "rule.h"

/* An IPv6 address as numbers: hi is its first half. */
struct halves {
	u64 hi;
	u64 lo;
};

static struct halves halves_from(const struct in6_addr *addr)
{
	const __be32 *w = addr->s6_addr32;

	return (struct halves) {
		.hi = (u64)ntohl(w[0]) << 32 | ntohl(w[1]),
		.lo = (u64)ntohl(w[2]) << 32 | ntohl(w[3]),
	};
}

static void halves_to(struct halves h, struct in6_addr *addr)
{
	addr->s6_addr32[0] = htonl(h.hi >> 32);
	addr->s6_addr32[1] = htonl(h.hi);
	addr->s6_addr32[2] = htonl(h.lo >> 32);
	addr->s6_addr32[3] = htonl(h.lo);
}

/* The first @len bits set, in 64. */
static u64 top_bits(unsigned int len)
{
	if (!len)
		return 0;
	return len >= 64 ? ~0ULL : ~0ULL << (64 - len);
}

static struct halves halves_mask(struct halves h, unsigned int len)
{
	h.hi &= top_bits(len);
	h.lo &= len > 64 ? top_bits(len - 64) : 0;
	return h;
}

/* The @len <= 48 bits that start @off bits from the left. */
static u64 halves_get(struct halves h, unsigned int off, unsigned int len)
{
	unsigned int right = 128 - off - len;
	u64 v;

	if (!len)
		return 0;
	if (right >= 64)
		v = h.hi >> (right - 64);
	else if (right)
		v = h.hi << (64 - right) | h.lo >> right;
	else
		v = h.lo;
	return v & ((1ULL << len) - 1);
}

/* Put them there; the place is zero before. */
static void halves_put(struct halves *h, unsigned int off, unsigned int len,
		       u64 v)
{
	unsigned int right = 128 - off - len;

	if (!len)
		return;
	if (right >= 64) {
		h->hi |= v << (right - 64);
		return;
	}
	h->lo |= v << right;
	if (right)
		h->hi |= v >> (64 - right);
}

static u32 ipv4_mask(unsigned int len)
{
	return len ? ~0U << (32 - len) : 0;
}

static bool ipv4_match(__be32 a, __be32 b, unsigned int len)
{
	return !(ntohl(a ^ b) & ipv4_mask(len));
}

static bool ipv6_match(const struct in6_addr *a, const struct in6_addr *b,
		       unsigned int len)
{
	struct halves ha = halves_mask(halves_from(a), len);
	struct halves hb = halves_mask(halves_from(b), len);

	return ha.hi == hb.hi && ha.lo == hb.lo;
}

static bool ipv6_has_bits_behind(const struct in6_addr *addr, unsigned int len)
{
	struct halves h = halves_from(addr);
	struct halves masked = halves_mask(h, len);

	return h.hi != masked.hi || h.lo != masked.lo;
}

/**
 * mape_rule_psid_len - length of the PSID in the EA bits of a rule ("q")
 * @rule: the rule
 *
 * RFC 7597 section 5.2: EA bits beyond the IPv4 suffix are the PSID.
 */
u8 mape_rule_psid_len(const struct mape_rule *rule)
{
	int q = rule->ipv4_len + rule->ea_len - 32;

	return q > 0 ? q : 0;
}

/**
 * mape_rule_check - is a rule possible?
 * @rule: the rule
 *
 * The limits of RFC 7597 section 5.2 and RFC 7598 section 4.
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *mape_rule_check(const struct mape_rule *rule)
{
	if (rule->flags & ~MAPE_RULE_F_FMR)
		return "unknown rule flag";
	if (rule->ipv6_len > 128)
		return "rule: IPv6 prefix length must be 0 to 128";
	if (rule->ipv4_len > 32)
		return "rule: IPv4 prefix length must be 0 to 32";
	if (rule->ea_len > 48)
		return "rule: EA length must be 0 to 48";
	if (rule->psid_offset > 15)
		return "rule: PSID offset must be 0 to 15";
	if (rule->ipv6_len + rule->ea_len > 128)
		return "rule: IPv6 prefix and EA bits are longer than 128 bits";
	if (ipv6_has_bits_behind(&rule->ipv6, rule->ipv6_len))
		return "rule: IPv6 prefix has bits set behind its length";
	if (ntohl(rule->ipv4) & ~ipv4_mask(rule->ipv4_len))
		return "rule: IPv4 prefix has bits set behind its length";
	/* The offset only means something where there is a PSID. */
	if (mape_rule_psid_len(rule) &&
	    rule->psid_offset + mape_rule_psid_len(rule) > 16)
		return "rule: PSID offset and PSID length are more than 16 bits";
	return NULL;
}

static bool rules_agree(const struct mape_rule *a, const struct mape_rule *b)
{
	u8 shorter = a->ipv4_len < b->ipv4_len ? a->ipv4_len : b->ipv4_len;

	if (!ipv4_match(a->ipv4, b->ipv4, shorter))
		return true;
	return mape_rule_psid_len(a) == mape_rule_psid_len(b) &&
	       (!mape_rule_psid_len(a) || a->psid_offset == b->psid_offset);
}

/**
 * mape_rules_check - are the rules of one device possible, also together?
 * @rules: the rules
 * @n: how many
 *
 * RFC 7597 section 5.1: all CEs on one IPv4 address have the same offset and
 * PSID length. A rule without EA bits says nothing of the sharing.
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *mape_rules_check(const struct mape_rule *rules, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		const char *why = mape_rule_check(&rules[i]);

		if (why)
			return why;
		for (j = 0; j < i; j++) {
			if (!rules[i].ea_len || !rules[j].ea_len)
				continue;
			if (!rules_agree(&rules[i], &rules[j]))
				return "rules on one IPv4 address differ in PSID offset or length";
		}
	}
	return NULL;
}

/**
 * mape_rule_bmr - find the basic mapping rule
 * @rules: the candidates
 * @n: how many
 * @prefix: end-user prefix
 *
 * RFC 7597 section 5: the longest match of the end-user prefix against the
 * Rule IPv6 prefixes.
 *
 * Return: the rule, or NULL if none contains the prefix.
 */
const struct mape_rule *mape_rule_bmr(const struct mape_rule *rules,
				      unsigned int n,
				      const struct mape_prefix *prefix)
{
	const struct mape_rule *best = NULL;

	for (; n--; rules++) {
		if (rules->ipv6_len > prefix->len ||
		    !ipv6_match(&rules->ipv6, &prefix->addr, rules->ipv6_len))
			continue;
		if (!best || rules->ipv6_len > best->ipv6_len)
			best = rules;
	}
	return best;
}

static u64 interface_id(enum mape_iid iid, u32 ipv4, u16 psid)
{
	if (iid == MAPE_IID_DRAFT03)
		return (u64)ipv4 << 24 | (u32)psid << 8;
	return (u64)ipv4 << 16 | psid;
}

/*
 * RFC 7597 section 6. The prefix overwrites the identifier where Rule IPv6
 * prefix and EA bits are longer than 64.
 */
static void map_address(const struct mape_rule *rule, enum mape_iid iid,
			u64 ea, u32 ipv4, u16 psid, struct in6_addr *addr)
{
	unsigned int len = rule->ipv6_len + rule->ea_len;
	struct halves h = halves_from(&rule->ipv6);
	u64 id = interface_id(iid, ipv4, psid);

	halves_put(&h, rule->ipv6_len, rule->ea_len, ea);
	h.lo |= len > 64 ? id & ~top_bits(len - 64) : id;
	halves_to(h, addr);
}

/* An explicit PSID (RFC 7598 section 4.5) stands in for EA bits. */
static const char *derive_explicit(const struct mape_rule *rule,
				   const struct mape_psid *psid,
				   struct mape_ce *ce)
{
	if (rule->ea_len)
		return "psid: only with a rule of EA length 0";
	if (rule->ipv4_len != 32)
		return "psid: only with a full IPv4 address (/32) in the rule";
	if (psid->len > 16 || rule->psid_offset + psid->len > 16)
		return "psid: PSID offset and PSID length are more than 16 bits";
	if (psid->psid >> psid->len)
		return "psid: does not fit its length";
	ce->psid = psid->psid;
	ce->psid_len = psid->len;
	return NULL;
}

/**
 * mape_rule_derive - compute a CE's parameters from its basic mapping rule
 * @rule: basic mapping rule, passed mape_rule_check()
 * @prefix: end-user prefix inside the rule's; bits behind rule and EA bits are
 *	ignored
 * @psid: explicit PSID, or one of length 0
 * @iid: layout of the interface identifier
 * @ce: filled in
 *
 * RFC 7597 sections 5.2 and 6.
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *mape_rule_derive(const struct mape_rule *rule,
			     const struct mape_prefix *prefix,
			     const struct mape_psid *psid, enum mape_iid iid,
			     struct mape_ce *ce)
{
	unsigned int suffix_len = 32 - rule->ipv4_len;
	u32 ipv4 = ntohl(rule->ipv4);
	const char *why;
	u64 ea;

	if (prefix->len < rule->ipv6_len + rule->ea_len)
		return "prefix is shorter than the rule's IPv6 prefix and EA bits";

	memset(ce, 0, sizeof(*ce));
	ce->psid_offset = rule->psid_offset;
	ce->psid_len = mape_rule_psid_len(rule);
	ea = halves_get(halves_from(&prefix->addr), rule->ipv6_len,
			rule->ea_len);
	if (rule->ea_len >= suffix_len) {
		ce->ipv4_len = 32;
		ce->psid = ea & ((1U << ce->psid_len) - 1);
		ipv4 |= ea >> ce->psid_len;
	} else {
		ce->ipv4_len = rule->ipv4_len + rule->ea_len;
		ipv4 |= ea << (32 - ce->ipv4_len);
	}
	if (psid->len || psid->psid) {
		why = derive_explicit(rule, psid, ce);
		if (why)
			return why;
	}
	ce->ipv4 = htonl(ipv4);
	map_address(rule, iid, ea, ipv4, ce->psid, &ce->addr);
	return NULL;
}

/**
 * mape_rule_fmr - find the forwarding mapping rule of a destination
 * @rules: the rules of the device
 * @n: how many
 * @ipv4: destination address
 *
 * RFC 7597 section 5: the longest match of the destination against the Rule
 * IPv4 prefixes of the rules with the F flag (RFC 7598 section 4.1).
 *
 * Return: the rule, or NULL: the border relay takes the packet.
 */
const struct mape_rule *mape_rule_fmr(const struct mape_rule *rules,
				      unsigned int n, __be32 ipv4)
{
	const struct mape_rule *best = NULL;

	for (; n--; rules++) {
		if (!(rules->flags & MAPE_RULE_F_FMR) ||
		    !ipv4_match(rules->ipv4, ipv4, rules->ipv4_len))
			continue;
		if (!best || rules->ipv4_len > best->ipv4_len)
			best = rules;
	}
	return best;
}

/**
 * mape_rule_covers - is an outer source inside a forwarding mapping rule?
 * @rules: the rules of the device
 * @n: how many
 * @addr: outer source address
 *
 * Tells the two kinds of refused sources of RFC 7597 section 8.1 apart.
 */
bool mape_rule_covers(const struct mape_rule *rules, unsigned int n,
		      const struct in6_addr *addr)
{
	for (; n--; rules++) {
		if (rules->flags & MAPE_RULE_F_FMR &&
		    ipv6_match(&rules->ipv6, addr, rules->ipv6_len))
			return true;
	}
	return false;
}

/**
 * mape_rule_address - MAP address of the CE that owns an address and port
 * @rule: the rule whose IPv4 prefix contains @ipv4
 * @iid: layout of the interface identifier
 * @ipv4: IPv4 address
 * @port: port or ICMP identifier; only read if the rule shares addresses
 * @addr: filled in
 *
 * RFC 7597 sections 5.3 and 6, forwarding; section 8.1 compares it with the
 * outer source of what is received.
 *
 * Return: false if no CE owns the port: A = 0 with a > 0 (section 5.1).
 */
bool mape_rule_address(const struct mape_rule *rule, enum mape_iid iid,
		       __be32 ipv4, __be16 port, struct in6_addr *addr)
{
	unsigned int len = rule->ipv4_len + rule->ea_len;
	u8 a = rule->psid_offset, k = mape_rule_psid_len(rule);
	u32 v4 = ntohl(ipv4);
	u64 suffix = v4 & ~ipv4_mask(rule->ipv4_len);
	u16 psid = 0;

	if (k) {
		psid = (ntohs(port) >> (16 - a - k)) & ((1U << k) - 1);
		if (a && !(ntohs(port) >> (16 - a)))
			return false;
	}
	if (len < 32) {
		v4 &= ipv4_mask(len);
		suffix >>= 32 - len;
	}
	map_address(rule, iid, suffix << k | psid, v4, psid, addr);
	return true;
}

#ifdef DEBUG
#include "selftest/rule.c"
#endif
