// SPDX-License-Identifier: GPL-2.0
/*
 * The addresses of this host, by RTM_GETADDR.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "address.h"
#include "rtnl.h"
#include "text.h"

static void take_address(const struct nlattr *attr, struct address *address)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (address->family == AF_INET6 && len == sizeof(address->ipv6))
		memcpy(&address->ipv6, mnl_attr_get_payload(attr), len);
	if (address->family == AF_INET && len == sizeof(address->ipv4))
		memcpy(&address->ipv4, mnl_attr_get_payload(attr), len);
}

static int collect(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct address_list *list = data;
	struct address *address, *items;
	const struct nlattr *attr;
	bool has_local = false;

	if (nlh->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return MNL_CB_OK;
	items = reallocarray(list->items, list->n + 1, sizeof(*items));
	if (!items)
		return MNL_CB_ERROR;
	list->items = items;
	address = &items[list->n++];
	*address = (struct address) {
		.ifindex = ifa->ifa_index, .family = ifa->ifa_family,
		.len = ifa->ifa_prefixlen, .scope = ifa->ifa_scope,
		.flags = ifa->ifa_flags,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_ADDRESS: /* the peer's, where IFA_LOCAL is ours */
			if (!has_local)
				take_address(attr, address);
			break;
		case IFA_LOCAL:
			take_address(attr, address);
			has_local = true;
			break;
		case IFA_FLAGS:
			if (!mnl_attr_validate(attr, MNL_TYPE_U32))
				address->flags = mnl_attr_get_u32(attr);
			break;
		}
	}
	return MNL_CB_OK;
}

/**
 * address_list_get - list all addresses of all interfaces
 * @list: filled in; address_list_free() it, also after an error
 *
 * Return: 0, or -1 and errno.
 */
int address_list_get(struct address_list *list)
{
	list->items = NULL;
	return rtnl_dump(RTM_GETADDR, collect, list, &list->n);
}

/**
 * address_list_free - let go of a list
 * @list: the list
 */
void address_list_free(struct address_list *list)
{
	free(list->items);
}

/**
 * address_find_ipv6 - find an IPv6 address
 * @list: all addresses
 * @ifindex: where to look, 0: anywhere
 * @addr: the address
 */
const struct address *address_find_ipv6(const struct address_list *list,
					unsigned int ifindex,
					const struct in6_addr *addr)
{
	const struct address *a;

	for (a = list->items; a < list->items + list->n; a++) {
		if (a->family == AF_INET6 &&
		    (!ifindex || a->ifindex == ifindex) &&
		    !memcmp(&a->ipv6, addr, sizeof(*addr)))
			return a;
	}
	return NULL;
}

/**
 * address_find_ipv4 - find an IPv4 address
 * @list: all addresses
 * @ifindex: where to look
 * @addr: the address
 */
const struct address *address_find_ipv4(const struct address_list *list,
					unsigned int ifindex, __be32 addr)
{
	const struct address *a;

	for (a = list->items; a < list->items + list->n; a++) {
		if (a->family == AF_INET && a->ifindex == ifindex &&
		    a->ipv4 == addr)
			return a;
	}
	return NULL;
}

/**
 * address_is_deprecated - is its preferred lifetime over?
 * @address: the address
 */
bool address_is_deprecated(const struct address *address)
{
	return address->flags & IFA_F_DEPRECATED;
}

/* A CE address of ours is deprecated by design, so it is never taken here. */
static bool tells_prefix(const struct address *a, unsigned int ifindex)
{
	return a->family == AF_INET6 && a->ifindex == ifindex &&
	       a->scope == RT_SCOPE_UNIVERSE &&
	       !address_is_deprecated(a) &&
	       !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

/**
 * address_prefixes - what an interface's addresses say of its prefix
 * @list: all addresses
 * @ifindex: the interface
 * @prefixes: filled in with the /64 of each usable address; those of
 *	temporary addresses last
 * @max: room in @prefixes
 *
 * Return: how many.
 */
unsigned int address_prefixes(const struct address_list *list,
			      unsigned int ifindex,
			      struct mape_prefix *prefixes, unsigned int max)
{
	unsigned int pass, n = 0;
	const struct address *a;

	for (pass = 0; pass < 2; pass++) {
		u32 wanted = pass ? IFA_F_TEMPORARY : 0;

		for (a = list->items; a < list->items + list->n; a++) {
			if (n == max || !tells_prefix(a, ifindex) ||
			    (a->flags & IFA_F_TEMPORARY) != wanted)
				continue;
			text_to_prefix(text_ipv6(&a->ipv6).s, &prefixes[n++]);
		}
	}
	return n;
}
