// SPDX-License-Identifier: GPL-2.0
/*
 * Questions to rtnetlink.
 */
#include <errno.h>

#include <linux/rtnetlink.h>

#include "netlink.h"
#include "rtnl.h"

/**
 * rtnl_ask - ask rtnetlink
 * @nlh: the question, without sequence number
 * @cb: called for each message of the answer
 * @data: for @cb
 *
 * Return: 0, or -1 and errno.
 */
int rtnl_ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	return netlink_ask(NETLINK_ROUTE, nlh, cb, data);
}

/**
 * rtnl_dump - ask the kernel for all objects of a type
 * @type: RTM_GET*
 * @cb: called for each object
 * @data: for @cb
 * @count: how many objects @cb has kept; zero before each attempt, as a dump
 *	during which something changed is of no use and is asked for again
 *
 * Return: 0, or -1 and errno.
 */
int rtnl_dump(u16 type, mnl_cb_t cb, void *data, unsigned int *count)
{
	struct { struct nlmsghdr nlh; struct rtgenmsg gen; } ask = {
		.nlh = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
	};
	int tries = 8, ret;

	do {
		*count = 0;
		ret = rtnl_ask(&ask.nlh, cb, data);
	} while (ret < 0 && errno == EINTR && --tries);
	return ret;
}
