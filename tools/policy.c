// SPDX-License-Identifier: GPL-2.0
/*
 * How this host routes IPv4, by RTM_GETRULE and RTM_GETROUTE.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "netlink.h"
#include "policy.h"
#include "rtnl.h"

static bool take_name(const struct nlattr *attr, char name[IFNAMSIZ])
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) ||
	    strlen(mnl_attr_get_str(attr)) >= IFNAMSIZ)
		return false;
	strcpy(name, mnl_attr_get_str(attr));
	return true;
}

/* What is not known here is a condition, until the contrary is known. */
static bool take_of_rule(const struct nlattr *attr, struct policy_rule *rule)
{
	u32 len = 0;

	switch (mnl_attr_get_type(attr)) {
	case FRA_PRIORITY:
		return netlink_take(attr, &rule->pref, sizeof(rule->pref));
	case FRA_TABLE:
		return netlink_take(attr, &rule->table, sizeof(rule->table));
	case FRA_DST:
		return netlink_take(attr, &rule->to, sizeof(rule->to));
	case FRA_IIFNAME:
		return take_name(attr, rule->iif);
	case FRA_PROTOCOL:
		return netlink_take(attr, &rule->protocol,
				    sizeof(rule->protocol));
	case FRA_SUPPRESS_PREFIXLEN: /* always told: -1 if none */
		return netlink_take(attr, &len, sizeof(len)) && len == ~0U;
	case FRA_PAD:
		return true;
	}
	return false;
}

static int collect_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct fib_rule_hdr *hdr = mnl_nlmsg_get_payload(nlh);
	struct policy_rule *rule, *rules;
	struct policy *policy = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*hdr) ||
	    hdr->family != AF_INET)
		return MNL_CB_OK;
	rules = reallocarray(policy->rules, policy->n_rules + 1,
			     sizeof(*rules));
	if (!rules)
		return MNL_CB_ERROR;
	policy->rules = rules;
	rule = &rules[policy->n_rules++];
	*rule = (struct policy_rule) {
		.table = hdr->table, .to_len = hdr->dst_len,
		.is_special = hdr->src_len || hdr->tos ||
			      hdr->action != FR_ACT_TO_TBL ||
			      hdr->flags & FIB_RULE_INVERT,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*hdr)) {
		if (!take_of_rule(attr, rule))
			rule->is_special = true;
	}
	return MNL_CB_OK;
}

static bool is_host_route(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	return nlh->nlmsg_type == RTM_NEWROUTE &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rtm) &&
	       rtm->rtm_family == AF_INET && rtm->rtm_dst_len == 32 &&
	       rtm->rtm_table == RT_TABLE_MAIN && rtm->rtm_type == RTN_UNICAST &&
	       !rtm->rtm_tos && !(rtm->rtm_flags & RTM_F_CLONED);
}

/* A route with a metric, or to a neighbour, is not one `ip` would replace. */
static int collect_route(const struct nlmsghdr *nlh, void *data)
{
	struct policy_route route = { }, *routes;
	struct policy *policy = data;
	const struct nlattr *attr;

	if (!is_host_route(nlh))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct rtmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			netlink_take(attr, &route.to, sizeof(route.to));
			break;
		case RTA_OIF:
			netlink_take(attr, &route.ifindex,
				     sizeof(route.ifindex));
			break;
		case RTA_GATEWAY:
		case RTA_VIA:
		case RTA_PRIORITY:
			return MNL_CB_OK;
		}
	}
	routes = reallocarray(policy->routes, policy->n_routes + 1,
			      sizeof(*routes));
	if (!routes)
		return MNL_CB_ERROR;
	policy->routes = routes;
	routes[policy->n_routes++] = route;
	return MNL_CB_OK;
}

/**
 * policy_get - find out how this host routes IPv4
 * @policy: filled in; policy_free() it, also after an error
 *
 * Return: 0, or -1 and errno.
 */
int policy_get(struct policy *policy)
{
	*policy = (struct policy) { };
	/* Not every kernel is built with rules. */
	if (rtnl_dump(RTM_GETRULE, collect_rule, policy, &policy->n_rules) &&
	    errno != EOPNOTSUPP)
		return -1;
	return rtnl_dump(RTM_GETROUTE, collect_route, policy,
			 &policy->n_routes);
}

/**
 * policy_free - let go of all of it
 * @policy: from policy_get()
 */
void policy_free(struct policy *policy)
{
	free(policy->rules);
	free(policy->routes);
}

/**
 * policy_find_rule - find a rule that is just like another
 * @policy: all rules
 * @wanted: the other; who has added it does not matter
 */
struct policy_rule *policy_find_rule(const struct policy *policy,
				     const struct policy_rule *wanted)
{
	struct policy_rule *r;

	for (r = policy->rules; r < policy->rules + policy->n_rules; r++) {
		if (!r->is_gone && !r->is_special && r->pref == wanted->pref &&
		    r->table == wanted->table && r->to_len == wanted->to_len &&
		    r->to == wanted->to && !strcmp(r->iif, wanted->iif))
			return r;
	}
	return NULL;
}

/**
 * policy_has_route - is there a route to an address out of a device?
 * @policy: all routes
 * @ifindex: the device
 * @to: the address
 */
bool policy_has_route(const struct policy *policy, unsigned int ifindex,
		      __be32 to)
{
	const struct policy_route *r;

	for (r = policy->routes; r < policy->routes + policy->n_routes; r++) {
		if (r->ifindex == ifindex && r->to == to)
			return true;
	}
	return false;
}
