// SPDX-License-Identifier: GPL-2.0
/*
 * Questions to rtnetlink by libmnl.
 */
#include <errno.h>

#include <linux/rtnetlink.h>

#include "rtnl.h"

/* A device with 256 rules is more than a page. */
#define RECEIVE_SIZE	65536

static int receive(struct mnl_socket *nl, unsigned int seq, mnl_cb_t cb,
		   void *data)
{
	static char buf[RECEIVE_SIZE] __attribute__((aligned(8)));
	ssize_t size;
	int more;

	do {
		size = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (size < 0)
			return -1;
		more = mnl_cb_run(buf, size, seq, mnl_socket_get_portid(nl),
				  cb, data);
	} while (more > MNL_CB_STOP);
	return more;
}

/**
 * rtnl_ask - ask the kernel
 * @nlh: the question, without sequence number
 * @cb: called for each message of the answer
 * @data: for @cb
 *
 * Return: 0, or -1 and errno.
 */
int rtnl_ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	int ret = -1, saved;

	if (!nl)
		return -1;
	nlh->nlmsg_seq = 1;
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0)
		ret = receive(nl, nlh->nlmsg_seq, cb, data);
	saved = errno;
	mnl_socket_close(nl);
	errno = saved;
	return ret;
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
