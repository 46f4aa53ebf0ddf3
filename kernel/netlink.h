/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration by netlink.
 */
#ifndef _MAPE_NETLINK_H
#define _MAPE_NETLINK_H

#include <net/rtnetlink.h>

#include "device.h"

int mape_change_rules(struct mape_dev *mape, const struct mape_rule *rules,
		      unsigned int n, struct netlink_ext_ack *extack);

size_t mape_get_size(const struct net_device *dev);
int mape_fill_info(struct sk_buff *skb, const struct net_device *dev);

#endif /* _MAPE_NETLINK_H */
