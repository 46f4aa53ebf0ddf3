// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: what requests have in common.
 */
#include <linux/rtnetlink.h>
#include <net/netlink.h>

#include "device.h"
#include "nat.h"
#include "request.h"

/**
 * mape_request_refuse - refuse a request without the core's help
 * @skb: the request
 * @err: negative error code
 * @extack: the sentence
 *
 * The core of 6.1 has no room for a sentence made up at run time, nor for any
 * where a dump starts.
 *
 * Return: -EINTR, which tells the core that the answer is out.
 */
int mape_request_refuse(struct sk_buff *skb, int err,
			const struct netlink_ext_ack *extack)
{
	netlink_ack(skb, nlmsg_hdr(skb), err, extack);
	return -EINTR;
}

/**
 * mape_request_config - the configuration of the device a request names
 * @net: namespace
 * @ifindex: attribute of the request, or NULL
 * @needs_nat: it has to have a NAT
 * @extack: for the refusal
 *
 * Context: RCU or rtnl held, for as long as the configuration is used.
 *
 * Return: the configuration, or an error.
 */
const struct mape_config *
mape_request_config(struct net *net, const struct nlattr *ifindex,
		    bool needs_nat, struct netlink_ext_ack *extack)
{
	const struct mape_config *cfg;
	const struct mape_dev *mape;

	if (!ifindex) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, MAPE_A_IFINDEX);
		NL_SET_ERR_MSG(extack, "ifindex: the device is required");
		return ERR_PTR(-EINVAL);
	}
	mape = mape_dev_get(net, nla_get_u32(ifindex));
	cfg = mape ? rcu_dereference_rtnl(mape->config) : NULL;
	if (!cfg) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex, "no such mape device");
		return ERR_PTR(-ENODEV);
	}
	if (needs_nat && !cfg->nat) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex, "the device has no NAT");
		return ERR_PTR(-EOPNOTSUPP);
	}
	return cfg;
}

/**
 * mape_request_filter - what a request wants to see
 * @attrs: its attributes
 * @filter: filled in with those there are, the rest stays
 */
void mape_request_filter(struct nlattr *const attrs[],
			 struct mape_nat_filter *filter)
{
	struct mape_flow *flow = &filter->flow;

	if (attrs[MAPE_A_PROTO]) {
		flow->proto = nla_get_u8(attrs[MAPE_A_PROTO]);
		filter->fields |= MAPE_FILTER_PROTO;
	}
	if (attrs[MAPE_A_INNER]) {
		flow->inner = nla_get_in_addr(attrs[MAPE_A_INNER]);
		filter->fields |= MAPE_FILTER_INNER;
	}
	if (attrs[MAPE_A_INNER_PORT]) {
		flow->inner_port = nla_get_be16(attrs[MAPE_A_INNER_PORT]);
		filter->fields |= MAPE_FILTER_INNER_PORT;
	}
	if (attrs[MAPE_A_EXT_PORT]) {
		flow->ext_port = nla_get_be16(attrs[MAPE_A_EXT_PORT]);
		filter->fields |= MAPE_FILTER_EXT_PORT;
	}
	if (attrs[MAPE_A_REMOTE]) {
		flow->remote = nla_get_in_addr(attrs[MAPE_A_REMOTE]);
		filter->fields |= MAPE_FILTER_REMOTE;
	}
	if (attrs[MAPE_A_REMOTE_PORT]) {
		flow->remote_port = nla_get_be16(attrs[MAPE_A_REMOTE_PORT]);
		filter->fields |= MAPE_FILTER_REMOTE_PORT;
	}
}
