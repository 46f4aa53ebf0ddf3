/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The plug-in interface of `ip link`; see libnetlink.h on why this exists.
 * `ip` looks up the symbol <kind>_link_util in <its libdir>/link_<kind>.so.
 */
#ifndef _PLUGIN_IP_COMMON_H
#define _PLUGIN_IP_COMMON_H

#include <stdio.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct link_util {
	struct link_util *next;		/* list of loaded kinds, owned by ip */
	const char *id;
	int maxattr;			/* tb[] of print_opt has this, plus one */
	int (*parse_opt)(struct link_util *lu, int argc, char **argv,
			 struct nlmsghdr *n);
	void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *lu, FILE *f, struct rtattr *attr);
	void (*print_help)(struct link_util *lu, int argc, char **argv,
			   FILE *f);
	int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
};

#endif /* _PLUGIN_IP_COMMON_H */
