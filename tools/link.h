/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device as the kernel describes it.
 */
#ifndef _MAPE_LINK_H
#define _MAPE_LINK_H

#include <net/if.h>
#include <linux/if_link.h>
#include <libmnl/libmnl.h>

#include "line.h"

/**
 * struct link - a network device
 * @ifindex: its number
 * @flags: IFF_*
 * @mtu: its MTU
 * @name: its name
 * @is_mape: of kind "mape"? What follows @stats is zero if not.
 * @stats: the general counters
 * @line: configuration and derived values
 * @sessions: NAT sessions in use
 */
struct link {
	unsigned int ifindex;
	unsigned int flags;
	unsigned int mtu;
	char name[IFNAMSIZ];
	bool is_mape;
	struct rtnl_link_stats64 stats;
	struct line line;
	u32 sessions;
};

struct link_list {
	struct link *items;
	unsigned int n;
};

bool link_decode(const struct nlmsghdr *nlh, struct link *link);
int link_get(const char *name, struct link *link);
int link_get_mape(const char *name, struct link *link);
int link_check_mape(const struct link *link);
int link_pick(const char *name, struct link *link);
int link_fail(const char *name);
int link_list_get(struct link_list *list);
void link_list_free(struct link_list *list);

#endif /* _MAPE_LINK_H */
