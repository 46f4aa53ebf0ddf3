// SPDX-License-Identifier: GPL-2.0
/*
 * Which devices there are: RTM_GETLINK.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "error.h"
#include "link.h"
#include "rtnl.h"

static int decode_one(const struct nlmsghdr *nlh, void *data)
{
	return link_decode(nlh, data) ? MNL_CB_STOP : MNL_CB_OK;
}

/**
 * link_get - ask for a device by name
 * @name: its name, passed text_is_device_name()
 * @link: filled in
 *
 * Return: 0, or -1 and errno: ENODEV if there is none.
 */
int link_get(const char *name, struct link *link)
{
	char buf[128] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return rtnl_ask(nlh, decode_one, link);
}

/**
 * link_fail - tell the user why link_get() failed
 * @name: what was asked for
 *
 * Return: exit status.
 */
int link_fail(const char *name)
{
	if (errno == ENODEV)
		return fail(STATUS_USAGE, "no such interface: %s", name);
	return fail(STATUS_KERNEL, "cannot look at %s: %s", name,
		    strerror(errno));
}

/**
 * link_check_mape - refuse, in words, a device of another kind
 * @link: the device
 *
 * Return: exit status.
 */
int link_check_mape(const struct link *link)
{
	if (link->is_mape)
		return STATUS_OK;
	return fail(STATUS_USAGE, "%s is not a device of type mape",
		    link->name);
}

/**
 * link_get_mape - ask for a device of kind "mape"
 * @name: its name, passed text_is_device_name()
 * @link: filled in
 *
 * Return: exit status.
 */
int link_get_mape(const char *name, struct link *link)
{
	if (link_get(name, link))
		return link_fail(name);
	return link_check_mape(link);
}

static int collect_mape(const struct nlmsghdr *nlh, void *data)
{
	struct link_list *list = data;
	struct link *items;

	items = reallocarray(list->items, list->n + 1, sizeof(*items));
	if (!items)
		return MNL_CB_ERROR;
	list->items = items;
	if (link_decode(nlh, &items[list->n]) && items[list->n].is_mape)
		list->n++;
	return MNL_CB_OK;
}

/**
 * link_list_get - list all devices of kind "mape"
 * @list: filled in; link_list_free() it, also after an error
 *
 * Return: 0, or -1 and errno.
 */
int link_list_get(struct link_list *list)
{
	list->items = NULL;
	return rtnl_dump(RTM_GETLINK, collect_mape, list, &list->n);
}

/**
 * link_list_free - let go of a list
 * @list: the list
 */
void link_list_free(struct link_list *list)
{
	free(list->items);
}

/**
 * link_pick - find the device meant, and say so if there is none
 * @name: its name, passed text_is_device_name(); NULL: the only one there is
 * @link: filled in
 *
 * Return: exit status.
 */
int link_pick(const char *name, struct link *link)
{
	struct link_list list;
	int status = STATUS_OK;

	if (name)
		return link_get_mape(name, link);
	if (link_list_get(&list))
		status = fail(STATUS_KERNEL, "cannot list devices: %s",
			      strerror(errno));
	else if (!list.n)
		status = fail(STATUS_USAGE, "there is no device of type mape");
	else if (list.n > 1)
		status = fail(STATUS_USAGE,
			      "there are %u devices of type mape, name one: --dev DEV",
			      list.n);
	else
		*link = list.items[0];
	link_list_free(&list);
	return status;
}
