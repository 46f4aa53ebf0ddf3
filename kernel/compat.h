/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sources are written for the newest kernel; this lifts older ones to it.
 * Every difference between kernel versions is here and nowhere else.
 */
#ifndef _MAPE_COMPAT_H
#define _MAPE_COMPAT_H

#include <linux/netdevice.h>
#include <linux/version.h>
#include <net/rtnetlink.h>

/* Goes when 6.6 is the oldest kernel: the GSO helpers were in skbuff.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* Goes when 6.14 is the oldest kernel: newlink() with a parameter block. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
struct rtnl_newlink_params {
	struct net *link_net;
	struct nlattr **tb;
	struct nlattr **data;
};

static inline struct net *
rtnl_newlink_link_net(const struct rtnl_newlink_params *params)
{
	return params->link_net;
}

#define MAPE_NEWLINK(newlink)						\
static int newlink##_compat(struct net *link_net,			\
			    struct net_device *dev,			\
			    struct nlattr *tb[], struct nlattr *data[],	\
			    struct netlink_ext_ack *extack)		\
{									\
	struct rtnl_newlink_params params = {				\
		.link_net = link_net,					\
		.tb = tb,						\
		.data = data,						\
	};								\
									\
	return newlink(dev, &params, extack);				\
}

#define MAPE_NEWLINK_OP(newlink) newlink##_compat
#else
#define MAPE_NEWLINK(newlink)
#define MAPE_NEWLINK_OP(newlink) newlink
#endif

/* Goes when 6.12 is the oldest kernel: dev->lltx instead of a feature. */
static inline void mape_set_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

#endif /* _MAPE_COMPAT_H */
