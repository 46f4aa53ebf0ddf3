/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Questions to the kernel by netlink, whatever the family.
 */
#ifndef _MAPE_NETLINK_H
#define _MAPE_NETLINK_H

#include <string.h>

#include <libmnl/libmnl.h>

#include <linux/types.h>

int netlink_ask(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
int netlink_listen(int bus, const u32 *groups, unsigned int n, mnl_cb_t cb,
		   void *data);
int netlink_verdict(const struct nlmsghdr *nlh);
const char *netlink_said(void);

/**
 * netlink_take - take the value of an attribute
 * @attr: the attribute
 * @to: where to
 * @size: the size it must have
 *
 * Return: false, and nothing is taken, if it has another.
 */
static inline bool netlink_take(const struct nlattr *attr, void *to,
				size_t size)
{
	if (mnl_attr_get_payload_len(attr) != size)
		return false;
	memcpy(to, mnl_attr_get_payload(attr), size);
	return true;
}

#endif /* _MAPE_NETLINK_H */
