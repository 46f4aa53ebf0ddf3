/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink: lists, buffer by buffer.
 */
#ifndef _MAPE_DUMP_H
#define _MAPE_DUMP_H

#include <linux/netlink.h>

int mape_dump_start(struct netlink_callback *cb);
int mape_dump_next(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _MAPE_DUMP_H */
