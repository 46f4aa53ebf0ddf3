/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The addresses of this host.
 */
#ifndef _MAPE_ADDRESS_H
#define _MAPE_ADDRESS_H

#include <linux/types.h>
#include <linux/in6.h>
#include <linux/mape.h>

/**
 * struct address - one address of one interface
 * @ifindex: the interface
 * @family: AF_INET or AF_INET6
 * @len: its prefix length
 * @scope: RT_SCOPE_*
 * @flags: IFA_F_*
 * @ipv6: the address, if of AF_INET6
 * @ipv4: the address, if of AF_INET
 */
struct address {
	unsigned int ifindex;
	u8 family;
	u8 len;
	u8 scope;
	u32 flags;
	struct in6_addr ipv6;
	__be32 ipv4;
};

struct address_list {
	struct address *items;
	unsigned int n;
};

int address_list_get(struct address_list *list);
void address_list_free(struct address_list *list);
const struct address *address_find_ipv6(const struct address_list *list,
					unsigned int ifindex,
					const struct in6_addr *addr);
const struct address *address_find_ipv4(const struct address_list *list,
					unsigned int ifindex, __be32 addr);
bool address_is_deprecated(const struct address *address);
unsigned int address_prefixes(const struct address_list *list,
			      unsigned int ifindex,
			      struct mape_prefix *prefixes, unsigned int max);

#endif /* _MAPE_ADDRESS_H */
