/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RFC 7597 arithmetic: mapping rules, EA bits, PSID and MAP addresses.
 *
 * No net/ header, no memory, no locks: any context, and user space too.
 */
#ifndef _MAPE_RULE_H
#define _MAPE_RULE_H

#include <linux/types.h>
#include <linux/in6.h>
#include <linux/mape.h>

/**
 * struct mape_ce - what a rule makes of one end-user prefix
 * @addr: MAP IPv6 address of the CE (RFC 7597 section 6)
 * @ipv4: its IPv4 address, or prefix with the bits behind @ipv4_len zero
 * @ipv4_len: 32 for an address, less for a prefix
 * @psid_offset: number of port bits before the PSID ("a")
 * @psid_len: length of the PSID in bits ("k"), 0 if @ipv4 is not shared
 * @psid: port-set identifier, right-justified
 */
struct mape_ce {
	struct in6_addr addr;
	__be32 ipv4;
	u8 ipv4_len;
	u8 psid_offset;
	u8 psid_len;
	u16 psid;
};

const char *mape_rule_check(const struct mape_rule *rule);
const char *mape_rules_check(const struct mape_rule *rules, unsigned int n);
const struct mape_rule *mape_rule_bmr(const struct mape_rule *rules,
				      unsigned int n,
				      const struct mape_prefix *prefix);
const char *mape_rule_derive(const struct mape_rule *rule,
			     const struct mape_prefix *prefix,
			     const struct mape_psid *psid, enum mape_iid iid,
			     struct mape_ce *ce);

u8 mape_rule_psid_len(const struct mape_rule *rule);
const struct mape_rule *mape_rule_fmr(const struct mape_rule *rules,
				      unsigned int n, __be32 ipv4);
bool mape_rule_covers(const struct mape_rule *rules, unsigned int n,
		      const struct in6_addr *addr);
bool mape_rule_address(const struct mape_rule *rule, enum mape_iid iid,
		       __be32 ipv4, __be16 port, struct in6_addr *addr);

#ifdef DEBUG
bool mape_rule_selftest(void);
#endif

#endif /* _MAPE_RULE_H */
