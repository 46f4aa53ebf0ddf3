/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building and reading netlink attributes, as far as iplink_mape.c does it.
 *
 * The headers of this folder stand in for iproute2's of the same name, which
 * no distribution packages: our own declarations of functions that every `ip`
 * exports to its plug-ins. In iproute2's tree its own headers are used.
 */
#ifndef _PLUGIN_LIBNETLINK_H
#define _PLUGIN_LIBNETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* -1, after a line on stderr, if the message would outgrow maxlen. */
int addattr_l(struct nlmsghdr *n, int maxlen, int type, const void *data,
	      int len);
int addattr_nest_end(struct nlmsghdr *n, struct rtattr *nest);

/* Where the next attribute goes. */
#define NLMSG_TAIL(nmsg) \
	((struct rtattr *)((char *)(nmsg) + NLMSG_ALIGN((nmsg)->nlmsg_len)))

#define rtattr_for_each_nested(attr, nest)				\
	for ((attr) = RTA_DATA(nest);					\
	     RTA_OK(attr, (char *)(nest) + (nest)->rta_len - (char *)(attr)); \
	     (attr) = (struct rtattr *)((char *)(attr) +		\
					RTA_ALIGN((attr)->rta_len)))

#endif /* _PLUGIN_LIBNETLINK_H */
