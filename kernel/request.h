/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink: what requests have in common.
 */
#ifndef _MAPE_REQUEST_H
#define _MAPE_REQUEST_H

#include <net/netlink.h>

#include "device.h"
#include "nat.h"

int mape_request_refuse(struct sk_buff *skb, int err,
			const struct netlink_ext_ack *extack);
const struct mape_config *
mape_request_config(struct net *net, const struct nlattr *ifindex,
		    bool needs_nat, struct netlink_ext_ack *extack);
void mape_request_filter(struct nlattr *const attrs[],
			 struct mape_nat_filter *filter);

#endif /* _MAPE_REQUEST_H */
