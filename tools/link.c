// SPDX-License-Identifier: GPL-2.0
/*
 * A device as the kernel describes it: RTM_NEWLINK decoded.
 *
 * An attribute of a size we do not expect is passed over, as an unknown one
 * is: the tool then shows less, whatever module it meets.
 */
#include <string.h>

#include <linux/rtnetlink.h>

#include "link.h"
#include "netlink.h"

static u8 take_u8(const struct nlattr *attr)
{
	u8 value = 0;

	netlink_take(attr, &value, sizeof(value));
	return value;
}

static u32 take_u32(const struct nlattr *attr)
{
	u32 value = 0;

	netlink_take(attr, &value, sizeof(value));
	return value;
}

static void take_rules(const struct nlattr *nest, struct line_config *config)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (config->n_rules < MAPE_RULES_MAX &&
		    mnl_attr_get_type(attr) == IFLA_MAPE_ITEM_RULE &&
		    netlink_take(attr, &config->rules[config->n_rules],
				 sizeof(config->rules[0])))
			config->n_rules++;
	}
}

static void take_brs(const struct nlattr *nest, struct line_config *config)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (config->n_brs < MAPE_BRS_MAX &&
		    mnl_attr_get_type(attr) == IFLA_MAPE_ITEM_BR &&
		    netlink_take(attr, &config->brs[config->n_brs],
				 sizeof(config->brs[0])))
			config->n_brs++;
	}
}

static void take_psid(const struct nlattr *attr, struct mape_ce *ce)
{
	struct mape_psid psid;

	if (!netlink_take(attr, &psid, sizeof(psid)))
		return;
	ce->psid = psid.psid;
	ce->psid_len = psid.len;
}

/* Whoever prints the ranges trusts that they end. */
static void take_ports(const struct nlattr *attr, struct line *line)
{
	struct mape_port_ranges r;

	if (netlink_take(attr, &r, sizeof(r)) && r.count <= 65536 &&
	    r.size <= 65536 && r.stride <= 65536)
		line->ports = r;
}

static void take_config(const struct nlattr *attr, struct line_config *config)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_MAPE_LINK:
		config->link = take_u32(attr);
		break;
	case IFLA_MAPE_PREFIX:
		netlink_take(attr, &config->prefix, sizeof(config->prefix));
		break;
	case IFLA_MAPE_RULES:
		take_rules(attr, config);
		break;
	case IFLA_MAPE_BRS:
		take_brs(attr, config);
		break;
	case IFLA_MAPE_LOCAL:
		netlink_take(attr, &config->local, sizeof(config->local));
		break;
	case IFLA_MAPE_PSID:
		netlink_take(attr, &config->psid, sizeof(config->psid));
		break;
	case IFLA_MAPE_IID:
		config->iid = take_u8(attr);
		break;
	}
}

static void take_derived(const struct nlattr *attr, struct link *link)
{
	struct mape_ce *ce = &link->line.ce;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_MAPE_CE_ADDR:
		netlink_take(attr, &ce->addr, sizeof(ce->addr));
		break;
	case IFLA_MAPE_CE_IPV4:
		netlink_take(attr, &ce->ipv4, sizeof(ce->ipv4));
		break;
	case IFLA_MAPE_CE_IPV4_LEN:
		ce->ipv4_len = take_u8(attr);
		break;
	case IFLA_MAPE_CE_PSID:
		take_psid(attr, ce);
		break;
	case IFLA_MAPE_CE_PSID_OFFSET:
		ce->psid_offset = take_u8(attr);
		break;
	case IFLA_MAPE_CE_PORTS:
		take_ports(attr, &link->line);
		break;
	case IFLA_MAPE_CE_BMR:
		netlink_take(attr, &link->line.bmr, sizeof(link->line.bmr));
		break;
	case IFLA_MAPE_SESSIONS:
		link->sessions = take_u32(attr);
		break;
	}
}

static bool is_kind_mape(const struct nlattr *kind)
{
	return !mnl_attr_validate(kind, MNL_TYPE_NUL_STRING) &&
	       !strcmp(mnl_attr_get_str(kind), "mape");
}

static void take_linkinfo(const struct nlattr *linkinfo, struct link *link)
{
	const struct nlattr *attr, *data = NULL;

	mnl_attr_for_each_nested(attr, linkinfo) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			link->is_mape = is_kind_mape(attr);
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	if (!link->is_mape || !data)
		return;
	mnl_attr_for_each_nested(attr, data) {
		take_config(attr, &link->line.config);
		take_derived(attr, link);
	}
}

/* Newer kernels count more than we know, older ones less. */
static void take_stats(const struct nlattr *attr, struct link *link)
{
	size_t size = mnl_attr_get_payload_len(attr);

	memcpy(&link->stats, mnl_attr_get_payload(attr),
	       size < sizeof(link->stats) ? size : sizeof(link->stats));
}

/**
 * link_decode - decode one message
 * @nlh: the message
 * @link: filled in
 *
 * Return: false if it does not describe a device.
 */
bool link_decode(const struct nlmsghdr *nlh, struct link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return false;
	memset(link, 0, sizeof(*link));
	link->ifindex = ifi->ifi_index;
	link->flags = ifi->ifi_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			if (!mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
				strncpy(link->name, mnl_attr_get_str(attr),
					sizeof(link->name) - 1);
			break;
		case IFLA_MTU:
			link->mtu = take_u32(attr);
			break;
		case IFLA_STATS64:
			take_stats(attr, link);
			break;
		case IFLA_LINKINFO:
			take_linkinfo(attr, link);
			break;
		}
	}
	return true;
}
