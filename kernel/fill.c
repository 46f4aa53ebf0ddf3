// SPDX-License-Identifier: GPL-2.0
/*
 * rtnetlink: configuration to attributes.
 */
#include <net/ipv6.h>
#include <net/netlink.h>

#include "device.h"
#include "netlink.h"

/**
 * mape_get_size - rtnl_link_ops.get_size
 * @dev: the device
 *
 * Return: bytes that mape_fill_info() needs.
 */
size_t mape_get_size(const struct net_device *dev)
{
	const struct mape_dev *mape = netdev_priv(dev);
	const struct mape_settings *set = &rtnl_dereference(mape->config)->set;

	return nla_total_size(4) +				/* LINK */
	       nla_total_size(1) +				/* ROLE */
	       nla_total_size(sizeof(struct mape_prefix)) +	/* PREFIX */
	       nla_total_size(0) + set->n_rules *		/* RULES */
	       nla_total_size(sizeof(struct mape_rule)) +
	       nla_total_size(0) + set->n_brs *			/* BRS */
	       nla_total_size(sizeof(struct in6_addr)) +
	       nla_total_size(sizeof(struct in6_addr)) +	/* LOCAL */
	       nla_total_size(sizeof(struct mape_psid)) +	/* PSID */
	       nla_total_size(1) +				/* IID */
	       nla_total_size(1) +				/* HOPLIMIT */
	       nla_total_size(1) +				/* TCLASS */
	       nla_total_size(1) +				/* ..._INHERIT */
	       nla_total_size(2) +				/* MSS */
	       nla_total_size(1) +				/* NAT */
	       nla_total_size(1) +				/* FILTERING */
	       nla_total_size(0) + set->policy.n_reserves *	/* RESERVES */
	       nla_total_size(sizeof(struct mape_port_range)) +
	       nla_total_size(0) + MAPE_TIMEOUT_MAX *		/* TIMEOUTS */
	       nla_total_size(4) +
	       nla_total_size(4) +				/* SESSIONS_MAX */
	       nla_total_size(4) +				/* ..._PER_HOST */
	       nla_total_size(sizeof(struct in6_addr)) +	/* CE_ADDR */
	       nla_total_size(4) +				/* CE_IPV4 */
	       nla_total_size(1) +				/* ..._LEN */
	       nla_total_size(sizeof(struct mape_psid)) +	/* CE_PSID */
	       nla_total_size(1) +				/* ..._OFFSET */
	       nla_total_size(sizeof(struct mape_port_ranges)) +
	       nla_total_size(sizeof(struct mape_rule)) +	/* CE_BMR */
	       nla_total_size(4);				/* SESSIONS */
}

static int fill_list(struct sk_buff *skb, int list_type, int type,
		     const void *items, unsigned int n, size_t size)
{
	struct nlattr *list = nla_nest_start(skb, list_type);

	if (!list)
		return -EMSGSIZE;
	for (; n--; items += size) {
		if (nla_put(skb, type, size, items))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, list);
	return 0;
}

static int fill_timeouts(struct sk_buff *skb,
			 const struct mape_nat_policy *policy)
{
	struct nlattr *list = nla_nest_start(skb, IFLA_MAPE_TIMEOUTS);
	unsigned int i;

	if (!list)
		return -EMSGSIZE;
	for (i = 1; i <= MAPE_TIMEOUT_MAX; i++) {
		if (policy->timeouts[i] != mape_timeout_default(i) &&
		    nla_put_u32(skb, i, policy->timeouts[i]))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, list);
	return 0;
}

static int fill_policy(struct sk_buff *skb, const struct mape_settings *set)
{
	const struct mape_nat_policy *policy = &set->policy;

	if (nla_put_u8(skb, IFLA_MAPE_NAT, set->nat_mode) ||
	    nla_put_u8(skb, IFLA_MAPE_FILTERING, policy->filtering) ||
	    fill_list(skb, IFLA_MAPE_RESERVES, IFLA_MAPE_ITEM_RESERVE,
		      policy->reserves, policy->n_reserves,
		      sizeof(*policy->reserves)) ||
	    fill_timeouts(skb, policy) ||
	    nla_put_u32(skb, IFLA_MAPE_SESSIONS_MAX, policy->sessions_max) ||
	    nla_put_u32(skb, IFLA_MAPE_SESSIONS_PER_HOST,
			policy->sessions_per_host))
		return -EMSGSIZE;
	return 0;
}

static int fill_settings(struct sk_buff *skb, const struct mape_config *cfg)
{
	const struct mape_settings *set = &cfg->set;

	if (nla_put_u32(skb, IFLA_MAPE_LINK, set->link) ||
	    nla_put_u8(skb, IFLA_MAPE_ROLE, MAPE_ROLE_CE) ||
	    nla_put(skb, IFLA_MAPE_PREFIX, sizeof(set->prefix),
		    &set->prefix) ||
	    fill_list(skb, IFLA_MAPE_RULES, IFLA_MAPE_ITEM_RULE, cfg->rules,
		      set->n_rules, sizeof(*cfg->rules)) ||
	    fill_list(skb, IFLA_MAPE_BRS, IFLA_MAPE_ITEM_BR, set->brs,
		      set->n_brs, sizeof(*set->brs)) ||
	    nla_put_u8(skb, IFLA_MAPE_IID, set->iid) ||
	    nla_put_u8(skb, IFLA_MAPE_HOPLIMIT, set->hoplimit) ||
	    nla_put_u8(skb, IFLA_MAPE_TCLASS, set->tclass) ||
	    nla_put_u8(skb, IFLA_MAPE_TCLASS_INHERIT, set->tclass_inherit) ||
	    nla_put_u16(skb, IFLA_MAPE_MSS, set->mss))
		return -EMSGSIZE;
	if (!ipv6_addr_any(&set->local) &&
	    nla_put_in6_addr(skb, IFLA_MAPE_LOCAL, &set->local))
		return -EMSGSIZE;
	if (set->psid.len &&
	    nla_put(skb, IFLA_MAPE_PSID, sizeof(set->psid), &set->psid))
		return -EMSGSIZE;
	return fill_policy(skb, set);
}

static int fill_derived(struct sk_buff *skb, const struct mape_config *cfg)
{
	struct mape_psid psid = {
		.psid = cfg->ce.psid,
		.len = cfg->ce.psid_len,
	};
	struct mape_nat_usage usage = {};
	struct mape_port_ranges ranges;

	mape_portset_ranges(&cfg->ports, &ranges);
	if (cfg->nat)
		mape_nat_usage(cfg->nat, &usage);
	if (nla_put_in6_addr(skb, IFLA_MAPE_CE_ADDR, &cfg->addr) ||
	    nla_put_in_addr(skb, IFLA_MAPE_CE_IPV4, cfg->ce.ipv4) ||
	    nla_put_u8(skb, IFLA_MAPE_CE_IPV4_LEN, cfg->ce.ipv4_len) ||
	    nla_put(skb, IFLA_MAPE_CE_PSID, sizeof(psid), &psid) ||
	    nla_put_u8(skb, IFLA_MAPE_CE_PSID_OFFSET, cfg->ce.psid_offset) ||
	    nla_put(skb, IFLA_MAPE_CE_PORTS, sizeof(ranges), &ranges) ||
	    nla_put(skb, IFLA_MAPE_CE_BMR, sizeof(*cfg->bmr), cfg->bmr) ||
	    nla_put_u32(skb, IFLA_MAPE_SESSIONS, usage.sessions))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_info - rtnl_link_ops.fill_info
 * @skb: the message
 * @dev: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct mape_dev *mape = netdev_priv(dev);
	const struct mape_config *cfg = rtnl_dereference(mape->config);

	return fill_settings(skb, cfg) ? : fill_derived(skb, cfg);
}
