/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How this host routes IPv4: its rules, and its routes to single addresses.
 */
#ifndef _MAPE_POLICY_H
#define _MAPE_POLICY_H

#include <net/if.h>
#include <stdbool.h>

#include <linux/types.h>

/**
 * struct policy_rule - which packets look into which table
 * @pref: its preference; rules are listed in the order they are asked in
 * @table: the table
 * @protocol: RTPROT_*, who has added it
 * @iif: of packets that come in by this device, "" if by any
 * @to: to this address
 * @to_len: and its prefix, 0 if to any
 * @is_special: it looks at something else, too, or does something else
 * @is_gone: a step that is planned takes it away
 */
struct policy_rule {
	u32 pref;
	u32 table;
	u8 protocol;
	char iif[IFNAMSIZ];
	__be32 to;
	u8 to_len;
	bool is_special;
	bool is_gone;
};

/**
 * struct policy_route - a route to one address, in the main table
 * @ifindex: out of this device
 * @to: the address
 */
struct policy_route {
	unsigned int ifindex;
	__be32 to;
};

struct policy {
	struct policy_rule *rules;
	unsigned int n_rules;
	struct policy_route *routes;
	unsigned int n_routes;
};

int policy_get(struct policy *policy);
void policy_free(struct policy *policy);
struct policy_rule *policy_find_rule(const struct policy *policy,
				     const struct policy_rule *wanted);
bool policy_has_route(const struct policy *policy, unsigned int ifindex,
		      __be32 to);

#endif /* _MAPE_POLICY_H */
