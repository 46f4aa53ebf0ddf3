// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: what a device holds beside its configuration, and events.
 *
 * A configuration, and the NAT in it, stay as long as RCU or rtnl is held. What
 * may sleep takes rtnl, what only reads takes RCU and holds up nobody.
 */
#include <linux/in.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "device.h"
#include "dump.h"
#include "genl.h"
#include "message.h"
#include "nat.h"
#include "netlink.h"
#include "portset.h"
#include "request.h"

#define EXACT(type)	NLA_POLICY_EXACT_LEN(sizeof(type))

/* What is not in the policy of a command is refused, not ignored. */
static const struct nla_policy device_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
};

static const struct nla_policy session_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
	[MAPE_A_PROTO] = { .type = NLA_U8 },
	[MAPE_A_INNER] = { .type = NLA_BE32 },
	[MAPE_A_INNER_PORT] = { .type = NLA_BE16 },
	[MAPE_A_EXT_PORT] = { .type = NLA_BE16 },
	[MAPE_A_REMOTE] = { .type = NLA_BE32 },
	[MAPE_A_REMOTE_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy mapping_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
	[MAPE_A_PROTO] = { .type = NLA_U8 },
	[MAPE_A_INNER] = { .type = NLA_BE32 },
	[MAPE_A_INNER_PORT] = { .type = NLA_BE16 },
	[MAPE_A_EXT_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy port_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
	[MAPE_A_PROTO] = { .type = NLA_U8 },
	[MAPE_A_EXT_PORT] = { .type = NLA_BE16 },
};

static const struct nla_policy rule_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
	[MAPE_A_RULE] = EXACT(struct mape_rule),
};

static const struct nla_policy item_policy[MAPE_A_RULE + 1] = {
	[MAPE_A_RULE] = EXACT(struct mape_rule),
};

static const struct nla_policy rules_policy[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = { .type = NLA_U32 },
	[MAPE_A_RULES] = NLA_POLICY_NESTED(item_policy),
};

/* Why a request fails, and for which of its attributes. */
static int blame(const struct genl_info *info, int type, const char *why,
		 int err)
{
	if (info->extack) {
		NL_SET_BAD_ATTR(info->extack, info->attrs[type]);
		info->extack->_msg = why;
	}
	return err;
}

static int require(struct genl_info *info, int type, const char *why)
{
	return GENL_REQ_ATTR_CHECK(info, type) ?
	       blame(info, type, why, -EINVAL) : 0;
}

static const struct mape_config *info_config(struct genl_info *info,
					     bool needs_nat)
{
	return mape_request_config(genl_info_net(info),
				   info->attrs[MAPE_A_IFINDEX], needs_nat,
				   info->extack);
}

/* The answer to a request that names a device. */
static int put_answer(struct sk_buff *skb, const struct genl_info *info,
		      int (*fill)(struct sk_buff *skb, const void *what),
		      const void *what)
{
	const struct mape_message msg = {
		.skb = skb,
		.fill = fill,
		.portid = info->snd_portid,
		.seq = info->snd_seq,
		.ifindex = nla_get_u32(info->attrs[MAPE_A_IFINDEX]),
		.cmd = info->genlhdr->cmd,
	};

	return mape_message_put(&msg, what);
}

/* Send it, unless the request has failed. */
static int reply(struct sk_buff *answer, struct genl_info *info, int err)
{
	if (!err)
		return genlmsg_reply(answer, info);
	nlmsg_free(answer);
	return err;
}

static int del_session(struct sk_buff *skb, struct genl_info *info)
{
	struct mape_nat_filter filter = {};
	const struct mape_config *cfg;
	struct sk_buff *answer;
	u32 count;
	int err;

	mape_request_filter(info->attrs, &filter);
	answer = genlmsg_new(MAPE_MESSAGE_SIZE, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	rtnl_lock();
	cfg = info_config(info, true);
	err = PTR_ERR_OR_ZERO(cfg);
	if (!err)
		count = mape_nat_flush(cfg->nat, &filter);
	rtnl_unlock();
	if (!err)
		err = put_answer(answer, info, mape_fill_count, &count);
	return reply(answer, info, err);
}

static bool is_host(__be32 addr)
{
	return !ipv4_is_zeronet(addr) && !ipv4_is_loopback(addr) &&
	       !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr);
}

/* Is a forward possible, whatever the device? */
static int read_forward(struct genl_info *info, struct mape_flow *flow)
{
	struct mape_nat_filter filter = {};
	int err;

	err = require(info, MAPE_A_PROTO, "proto: the protocol is required") ? :
	      require(info, MAPE_A_INNER, "inner: the host is required") ? :
	      require(info, MAPE_A_INNER_PORT,
		      "inner port: the host's port is required");
	if (err)
		return err;
	mape_request_filter(info->attrs, &filter);
	*flow = filter.flow;
	if (!is_host(flow->inner))
		return blame(info, MAPE_A_INNER,
			     "inner: must be the address of a host", -EINVAL);
	if (!flow->inner_port)
		return blame(info, MAPE_A_INNER_PORT,
			     "inner port: must be 1 to 65535", -EINVAL);
	if (info->attrs[MAPE_A_EXT_PORT] && !flow->ext_port)
		return blame(info, MAPE_A_EXT_PORT,
			     "external port: must be 1 to 65535, or left out for any",
			     -EINVAL);
	return 0;
}

/* The user cannot know which ports there are: name them. */
static int refuse_port(struct sk_buff *skb, const struct genl_info *info,
		       const struct mape_portset *set)
{
	struct netlink_ext_ack extack = {
		.bad_attr = info->attrs[MAPE_A_EXT_PORT],
	};
	struct mape_port_ranges ports;
	char why[96];
	u32 last;

	mape_portset_ranges(set, &ports);
	last = ports.first + (ports.count - 1) * ports.stride;
	if (ports.count == 1)
		scnprintf(why, sizeof(why), "external port: must be in %u-%u",
			  last, last + ports.size - 1);
	else
		scnprintf(why, sizeof(why),
			  "external port: must be in %u-%u .. %u-%u (%u ranges, one every %u)",
			  ports.first, ports.first + ports.size - 1,
			  last, last + ports.size - 1,
			  ports.count, ports.stride);
	extack._msg = why;
	return mape_request_refuse(skb, -ERANGE, &extack);
}

static int add_forward(struct sk_buff *skb, struct genl_info *info,
		       struct mape_flow *flow)
{
	const struct mape_config *cfg = info_config(info, true);
	int err;

	if (IS_ERR(cfg))
		return PTR_ERR(cfg);
	err = mape_nat_forward_add(cfg->nat, flow);
	switch (err) {
	case -ERANGE:
		return refuse_port(skb, info, &cfg->ports);
	case -EADDRINUSE:
		return blame(info, MAPE_A_EXT_PORT,
			     "external port or inner endpoint has a forward: delete that first",
			     err);
	case -ENOSPC:
		return blame(info, MAPE_A_EXT_PORT,
			     "no port is free: delete a forward or sessions",
			     err);
	case -EPROTONOSUPPORT:
		return blame(info, MAPE_A_PROTO,
			     "proto: has no ports to forward", err);
	}
	return err;
}

static int new_forward(struct sk_buff *skb, struct genl_info *info)
{
	struct mape_nat_entry entry = {};
	struct sk_buff *answer;
	int err;

	err = read_forward(info, &entry.flow);
	if (err)
		return err;
	/* No forward without an answer, which may be what tells its port. */
	answer = genlmsg_new(MAPE_MESSAGE_SIZE, GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	rtnl_lock();
	err = add_forward(skb, info, &entry.flow);
	rtnl_unlock();
	if (!err)
		err = put_answer(answer, info, mape_fill_forward, &entry);
	return reply(answer, info, err);
}

static int del_forward(struct sk_buff *skb, struct genl_info *info)
{
	struct mape_nat_filter filter = {};
	const struct mape_config *cfg;
	int err;

	err = require(info, MAPE_A_PROTO, "proto: the protocol is required") ? :
	      require(info, MAPE_A_EXT_PORT,
		      "external port: the forward's port is required");
	if (err)
		return err;
	mape_request_filter(info->attrs, &filter);
	rtnl_lock();
	cfg = info_config(info, true);
	err = PTR_ERR_OR_ZERO(cfg) ? :
	      mape_nat_forward_del(cfg->nat, filter.flow.proto,
				   filter.flow.ext_port);
	rtnl_unlock();
	if (err == -ENOENT)
		blame(info, MAPE_A_EXT_PORT,
		      "external port: has no forward of this protocol", err);
	return err;
}

static bool same_prefixes(const struct mape_rule *a, const struct mape_rule *b)
{
	return a->ipv6_len == b->ipv6_len && a->ipv4_len == b->ipv4_len &&
	       a->ipv4 == b->ipv4 && ipv6_addr_equal(&a->ipv6, &b->ipv6);
}

/*
 * What a request makes of @n rules, with room for MAPE_RULES_MAX: how many they
 * are now, or an error.
 */
typedef int (*edit_t)(struct genl_info *info, struct mape_rule *rules, int n);

static int add_rule(struct genl_info *info, struct mape_rule *rules, int n)
{
	const struct mape_rule *rule = nla_data(info->attrs[MAPE_A_RULE]);
	int i;

	for (i = 0; i < n; i++) {
		if (same_prefixes(&rules[i], rule))
			return blame(info, MAPE_A_RULE,
				     "rule: there is one with these prefixes, delete it first",
				     -EEXIST);
	}
	if (n == MAPE_RULES_MAX)
		return blame(info, MAPE_A_RULE, "rule: no more than "
			     __stringify(MAPE_RULES_MAX) " are possible",
			     -ENOSPC);
	rules[n] = *rule;
	return n + 1;
}

static int remove_rule(struct genl_info *info, struct mape_rule *rules, int n)
{
	const struct mape_rule *rule = nla_data(info->attrs[MAPE_A_RULE]);
	int i, kept = 0;

	for (i = 0; i < n; i++) {
		if (!same_prefixes(&rules[i], rule))
			rules[kept++] = rules[i];
	}
	if (kept == n)
		return blame(info, MAPE_A_RULE,
			     "rule: there is none with these prefixes",
			     -ENOENT);
	return kept;
}

static int replace_rules(struct genl_info *info, struct mape_rule *rules, int n)
{
	const struct nlattr *item;
	int rem;

	n = 0;
	nla_for_each_nested(item, info->attrs[MAPE_A_RULES], rem) {
		if (n == MAPE_RULES_MAX)
			return blame(info, MAPE_A_RULES, "rules: no more than "
				     __stringify(MAPE_RULES_MAX)
				     " are possible", -ENOSPC);
		nla_memcpy(&rules[n++], item, sizeof(*rules));
	}
	return n;
}

static int change_rules(struct genl_info *info, edit_t edit)
{
	const struct mape_config *cfg;
	struct mape_rule *rules;
	int n;

	rules = kcalloc(MAPE_RULES_MAX, sizeof(*rules), GFP_KERNEL);
	if (!rules)
		return -ENOMEM;
	rtnl_lock();
	cfg = info_config(info, false);
	if (IS_ERR(cfg)) {
		n = PTR_ERR(cfg);
	} else {
		memcpy(rules, cfg->rules, cfg->set.n_rules * sizeof(*rules));
		n = edit(info, rules, cfg->set.n_rules);
		if (n >= 0)
			n = mape_change_rules(cfg->mape, rules, n, info->extack);
	}
	rtnl_unlock();
	kfree(rules);
	return n;
}

static int new_rule(struct sk_buff *skb, struct genl_info *info)
{
	return require(info, MAPE_A_RULE, "rule: the rule is required") ? :
	       change_rules(info, add_rule);
}

static int del_rule(struct sk_buff *skb, struct genl_info *info)
{
	return require(info, MAPE_A_RULE, "rule: the rule is required") ? :
	       change_rules(info, remove_rule);
}

static int set_rules(struct sk_buff *skb, struct genl_info *info)
{
	return require(info, MAPE_A_RULES, "rules: the rules are required") ? :
	       change_rules(info, replace_rules);
}

static int get_stats(struct sk_buff *skb, struct genl_info *info)
{
	const struct mape_config *cfg;
	struct sk_buff *answer;
	int err;

	answer = genlmsg_new(mape_stats_size(), GFP_KERNEL);
	if (!answer)
		return -ENOMEM;
	rcu_read_lock();
	cfg = info_config(info, false);
	err = PTR_ERR_OR_ZERO(cfg) ? :
	      put_answer(answer, info, mape_fill_stats, cfg);
	rcu_read_unlock();
	return reply(answer, info, err);
}

/* Tell who listens. Context: any, and never sleeps: the chain is atomic. */
static void multicast(struct mape_message *msg, struct net *net,
		      const void *what)
{
	if (!genl_has_listeners(&mape_genl_family, net, 0))
		return;
	msg->skb = genlmsg_new(MAPE_MESSAGE_SIZE, GFP_ATOMIC);
	if (!msg->skb)
		return;
	if (mape_message_put(msg, what))
		nlmsg_free(msg->skb);
	else
		genlmsg_multicast_netns(&mape_genl_family, net, msg->skb, 0, 0,
					GFP_ATOMIC);
}

static int on_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct mape_event_info *info = data;
	const struct net_device *dev = info->mape->dev;
	struct mape_message msg = { .ifindex = dev->ifindex };

	switch (event) {
	case MAPE_EVENT_EXHAUSTED:
		msg.cmd = MAPE_CMD_EVENT_EXHAUSTED;
		msg.fill = mape_fill_exhausted;
		multicast(&msg, dev_net(dev), info->flow);
		break;
	case MAPE_EVENT_ADDRESS:
		msg.cmd = MAPE_CMD_EVENT_ADDRESS;
		msg.fill = mape_fill_address;
		multicast(&msg, dev_net(dev), info->cfg);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = on_event,
};

/* The admin of the namespace is enough. */
#define DO(c, function, attributes) {					\
	.cmd = MAPE_CMD_##c,						\
	.doit = function,						\
	.policy = attributes,						\
	.flags = GENL_UNS_ADMIN_PERM,					\
}

#define DUMP(c, attributes, permission) {				\
	.cmd = MAPE_CMD_##c,						\
	.start = mape_dump_start,					\
	.dumpit = mape_dump_next,					\
	.policy = attributes,						\
	.flags = permission,						\
}

static const struct genl_ops ops[] = {
	DUMP(GET_SESSION, session_policy, GENL_UNS_ADMIN_PERM),
	DO(DEL_SESSION, del_session, session_policy),
	DUMP(GET_MAPPING, mapping_policy, GENL_UNS_ADMIN_PERM),
	DUMP(GET_PORTS, device_policy, 0),
	DO(NEW_FORWARD, new_forward, mapping_policy),
	DO(DEL_FORWARD, del_forward, port_policy),
	DUMP(GET_FORWARD, device_policy, GENL_UNS_ADMIN_PERM),
	DO(NEW_RULE, new_rule, rule_policy),
	DO(DEL_RULE, del_rule, rule_policy),
	DUMP(GET_RULE, device_policy, 0),
	DO(SET_RULES, set_rules, rules_policy),
	{
		.cmd = MAPE_CMD_GET_STATS,
		.doit = get_stats,
		.policy = device_policy,
	},
};

/* They tell who talks to whom, as sessions do. */
static const struct genl_multicast_group groups[] = {
	{ .name = MAPE_GENL_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* resv_start_op is zero: the core checks the header of every command. */
struct genl_family mape_genl_family __ro_after_init = {
	.name = MAPE_GENL_NAME,
	.version = MAPE_GENL_VERSION,
	.maxattr = MAPE_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * mape_genl_init - take requests and pass on events; at module load
 *
 * Return: 0 or an error.
 */
int __init mape_genl_init(void)
{
	int err;

	err = genl_register_family(&mape_genl_family);
	if (err)
		return err;
	err = mape_event_register(&notifier);
	if (err)
		genl_unregister_family(&mape_genl_family);
	return err;
}

/**
 * mape_genl_exit - undo mape_genl_init(); at module unload
 */
void mape_genl_exit(void)
{
	mape_event_unregister(&notifier);
	genl_unregister_family(&mape_genl_family);
}

MODULE_ALIAS_GENL_FAMILY(MAPE_GENL_NAME);
