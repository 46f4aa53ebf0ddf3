/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Questions to rtnetlink. Nothing is changed this way: `ip` does that.
 */
#ifndef _MAPE_RTNL_H
#define _MAPE_RTNL_H

#include <libmnl/libmnl.h>

#include <linux/types.h>

int rtnl_ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
int rtnl_dump(u16 type, mnl_cb_t cb, void *data, unsigned int *count);

#endif /* _MAPE_RTNL_H */
