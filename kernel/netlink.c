// SPDX-License-Identifier: GPL-2.0
/*
 * rtnetlink: attributes to configuration.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "device.h"
#include "netlink.h"

/* The most the core takes: attributes newer than us are refused, not ignored. */
#define POLICY_MAX	50

#define EXACT(type)	NLA_POLICY_EXACT_LEN(sizeof(type))
#define READ_ONLY	{ .type = NLA_REJECT,				\
			  .reject_message = "attribute is read only" }

static const struct nla_policy mape_policy[POLICY_MAX + 1] = {
	[IFLA_MAPE_UNSPEC] = { .strict_start_type = IFLA_MAPE_LINK },
	[IFLA_MAPE_LINK] = { .type = NLA_U32 },
	[IFLA_MAPE_ROLE] = NLA_POLICY_MAX(NLA_U8, MAPE_ROLE_MAX),
	[IFLA_MAPE_PREFIX] = EXACT(struct mape_prefix),
	[IFLA_MAPE_RULES] = { .type = NLA_NESTED },
	[IFLA_MAPE_BRS] = { .type = NLA_NESTED },
	[IFLA_MAPE_LOCAL] = EXACT(struct in6_addr),
	[IFLA_MAPE_PSID] = EXACT(struct mape_psid),
	[IFLA_MAPE_IID] = NLA_POLICY_MAX(NLA_U8, MAPE_IID_MAX),
	[IFLA_MAPE_HOPLIMIT] = NLA_POLICY_MIN(NLA_U8, 1),
	[IFLA_MAPE_TCLASS] = NLA_POLICY_MASK(NLA_U8, 0xfc),
	[IFLA_MAPE_TCLASS_INHERIT] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_MAPE_MSS] = { .type = NLA_U16 },
	[IFLA_MAPE_NAT] = NLA_POLICY_MAX(NLA_U8, MAPE_NAT_MAX),
	[IFLA_MAPE_FILTERING] = NLA_POLICY_MAX(NLA_U8, MAPE_FILTERING_MAX),
	[IFLA_MAPE_RESERVES] = { .type = NLA_NESTED },
	[IFLA_MAPE_TIMEOUTS] = { .type = NLA_NESTED },
	[IFLA_MAPE_SESSIONS_MAX] = { .type = NLA_U32 },
	[IFLA_MAPE_SESSIONS_PER_HOST] = { .type = NLA_U32 },
	[IFLA_MAPE_CE_ADDR] = READ_ONLY,
	[IFLA_MAPE_CE_IPV4] = READ_ONLY,
	[IFLA_MAPE_CE_IPV4_LEN] = READ_ONLY,
	[IFLA_MAPE_CE_PSID] = READ_ONLY,
	[IFLA_MAPE_CE_PSID_OFFSET] = READ_ONLY,
	[IFLA_MAPE_CE_PORTS] = READ_ONLY,
	[IFLA_MAPE_CE_BMR] = READ_ONLY,
	[IFLA_MAPE_SESSIONS] = READ_ONLY,
};

static const struct nla_policy item_policy[IFLA_MAPE_ITEM_MAX + 1] = {
	[IFLA_MAPE_ITEM_RULE] = EXACT(struct mape_rule),
	[IFLA_MAPE_ITEM_BR] = EXACT(struct in6_addr),
	[IFLA_MAPE_ITEM_RESERVE] = EXACT(struct mape_port_range),
};

/* Refuse with a sentence that came from elsewhere; NL_SET_ERR_MSG() cannot. */
static int refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *why)
{
	if (extack) {
		extack->_msg = why;
		NL_SET_BAD_ATTR(extack, attr);
	}
	return -EINVAL;
}

/* Number of entries of one type in a list, or an error: nothing else in it. */
static int count_items(const struct nlattr *list, int type, int max,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *item;
	int err, rem, n = 0;

	err = nla_validate_nested(list, IFLA_MAPE_ITEM_MAX, item_policy,
				  extack);
	if (err)
		return err;
	nla_for_each_nested(item, list, rem) {
		if (nla_type(item) != type)
			return refuse(extack, item, "entry of another list");
		if (++n > max)
			return refuse(extack, item, "too many entries");
	}
	return n;
}

static int read_rules(struct mape_config *cfg, const struct nlattr *list,
		      struct netlink_ext_ack *extack)
{
	struct mape_rule *rule = cfg->rules;
	const struct nlattr *item;
	const char *why;
	int rem;

	nla_for_each_nested(item, list, rem) {
		nla_memcpy(rule, item, sizeof(*rule));
		why = mape_rule_check(rule++);
		if (why)
			return refuse(extack, item, why);
	}
	return 0;
}

static bool is_global_unicast(const struct in6_addr *addr)
{
	int type = ipv6_addr_type(addr);

	return type & IPV6_ADDR_UNICAST &&
	       !(type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK |
			 IPV6_ADDR_MAPPED | IPV6_ADDR_COMPATv4));
}

static int read_brs(struct mape_settings *set, const struct nlattr *list,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *item;
	int rem, n;

	n = count_items(list, IFLA_MAPE_ITEM_BR, MAPE_BRS_MAX, extack);
	if (n < 0)
		return n;
	set->n_brs = 0;
	nla_for_each_nested(item, list, rem) {
		struct in6_addr *br = &set->brs[set->n_brs++];

		*br = nla_get_in6_addr(item);
		if (!is_global_unicast(br))
			return refuse(extack, item,
				      "br: not a global unicast address");
	}
	return 0;
}

static int read_reserves(struct mape_nat_policy *policy,
			 const struct nlattr *list,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *item;
	int rem, n;

	n = count_items(list, IFLA_MAPE_ITEM_RESERVE, MAPE_RESERVES_MAX,
			extack);
	if (n < 0)
		return n;
	policy->n_reserves = 0;
	nla_for_each_nested(item, list, rem) {
		struct mape_port_range *range;

		range = &policy->reserves[policy->n_reserves++];
		nla_memcpy(range, item, sizeof(*range));
		if (!range->first || range->last < range->first)
			return refuse(extack, item,
				      "reserve: must be ports from low to high");
	}
	return 0;
}

static int read_timeouts(struct mape_nat_policy *policy,
			 const struct nlattr *list,
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *item;
	int rem;

	nla_for_each_nested(item, list, rem) {
		unsigned int type = nla_type(item);
		const char *why;
		u32 seconds;

		if (nla_len(item) != sizeof(seconds))
			return refuse(extack, item, "timeout: not a number");
		seconds = nla_get_u32(item);
		if (seconds == MAPE_TIMEOUT_DEFAULT && type &&
		    type <= MAPE_TIMEOUT_MAX)
			seconds = mape_timeout_default(type);
		why = mape_timeout_check(type, seconds);
		if (why)
			return refuse(extack, item, why);
		policy->timeouts[type] = seconds;
		if (type == MAPE_TIMEOUT_TCP_ESTABLISHED &&
		    seconds < mape_timeout_default(type))
			NL_SET_ERR_MSG(extack,
				       "timeout: RFC 5382 wants at least 7440 seconds for tcp-established");
	}
	return 0;
}

static int read_limit(u32 *limit, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	u32 n = nla_get_u32(attr);

	if (n < MAPE_SESSIONS_LIMIT_MIN || n > MAPE_SESSIONS_LIMIT_MAX)
		return refuse(extack, attr,
			      "limits of sessions must be 1024 to 1048576");
	*limit = n;
	return 0;
}

static int read_policy(struct mape_settings *set, struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	struct mape_nat_policy *policy = &set->policy;
	int err = 0;

	if (data[IFLA_MAPE_NAT])
		set->nat_mode = nla_get_u8(data[IFLA_MAPE_NAT]);
	if (data[IFLA_MAPE_FILTERING])
		policy->filtering = nla_get_u8(data[IFLA_MAPE_FILTERING]);
	if (data[IFLA_MAPE_SESSIONS_MAX])
		err = read_limit(&policy->sessions_max,
				 data[IFLA_MAPE_SESSIONS_MAX], extack);
	if (!err && data[IFLA_MAPE_SESSIONS_PER_HOST])
		err = read_limit(&policy->sessions_per_host,
				 data[IFLA_MAPE_SESSIONS_PER_HOST], extack);
	if (!err && data[IFLA_MAPE_RESERVES])
		err = read_reserves(policy, data[IFLA_MAPE_RESERVES], extack);
	if (!err && data[IFLA_MAPE_TIMEOUTS])
		err = read_timeouts(policy, data[IFLA_MAPE_TIMEOUTS], extack);
	return err;
}

static int read_link(struct mape_dev *mape, struct mape_settings *set,
		     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct net_device *lower;

	set->link = nla_get_u32(attr);
	if (!set->link)
		return 0;
	lower = __dev_get_by_index(mape->net, set->link);
	if (!lower) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "dev: no such interface");
		return -ENODEV;
	}
	if (lower == mape->dev)
		return refuse(extack, attr,
			      "dev: a device cannot be its own underlay");
	return 0;
}

/* What is given replaces what was; @set holds the old values before. */
static int read_settings(struct mape_dev *mape, struct mape_settings *set,
			 struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	const struct nlattr *link = data[IFLA_MAPE_LINK] ? : tb[IFLA_LINK];
	int err;

	if (link) {
		err = read_link(mape, set, link, extack);
		if (err)
			return err;
	}
	if (data[IFLA_MAPE_BRS]) {
		err = read_brs(set, data[IFLA_MAPE_BRS], extack);
		if (err)
			return err;
	}
	if (data[IFLA_MAPE_PREFIX]) {
		nla_memcpy(&set->prefix, data[IFLA_MAPE_PREFIX],
			   sizeof(set->prefix));
		if (memchr_inv(set->prefix.pad, 0, sizeof(set->prefix.pad)))
			return refuse(extack, data[IFLA_MAPE_PREFIX],
				      "prefix: padding is not zero");
	}
	if (data[IFLA_MAPE_LOCAL])
		set->local = nla_get_in6_addr(data[IFLA_MAPE_LOCAL]);
	if (data[IFLA_MAPE_PSID]) {
		nla_memcpy(&set->psid, data[IFLA_MAPE_PSID],
			   sizeof(set->psid));
		if (set->psid.pad)
			return refuse(extack, data[IFLA_MAPE_PSID],
				      "psid: padding is not zero");
	}
	if (data[IFLA_MAPE_IID])
		set->iid = nla_get_u8(data[IFLA_MAPE_IID]);
	if (data[IFLA_MAPE_HOPLIMIT])
		set->hoplimit = nla_get_u8(data[IFLA_MAPE_HOPLIMIT]);
	if (data[IFLA_MAPE_TCLASS]) {
		set->tclass = nla_get_u8(data[IFLA_MAPE_TCLASS]);
		set->tclass_inherit = false;
	}
	if (data[IFLA_MAPE_TCLASS_INHERIT])
		set->tclass_inherit =
			nla_get_u8(data[IFLA_MAPE_TCLASS_INHERIT]);
	if (data[IFLA_MAPE_MSS])
		set->mss = nla_get_u16(data[IFLA_MAPE_MSS]);
	return read_policy(set, data, extack);
}

static void default_settings(struct mape_settings *set)
{
	struct mape_nat_policy *policy = &set->policy;
	unsigned int i;

	memset(set, 0, sizeof(*set));
	set->hoplimit = 64;
	set->mss = MAPE_MSS_AUTO;
	policy->sessions_max = MAPE_SESSIONS_MAX;
	policy->sessions_per_host = MAPE_SESSIONS_PER_HOST;
	for (i = 1; i <= MAPE_TIMEOUT_MAX; i++)
		policy->timeouts[i] = mape_timeout_default(i);
}

/* Of ports that somebody wants kept back, some should be there. */
static bool has_a_reserve(const struct mape_config *cfg)
{
	const struct mape_nat_policy *policy = &cfg->set.policy;
	unsigned int i;
	u32 port;

	for (i = 0; i < policy->n_reserves; i++) {
		for (port = policy->reserves[i].first;
		     port <= policy->reserves[i].last; port++) {
			if (mape_portset_has(&cfg->ports, port))
				return true;
		}
	}
	return false;
}

static int check_policy(const struct mape_config *cfg, struct nlattr *data[],
			struct netlink_ext_ack *extack)
{
	const struct mape_settings *set = &cfg->set;

	if (set->nat_mode == MAPE_NAT_OFF && cfg->ce.psid_len)
		return refuse(extack, data[IFLA_MAPE_NAT],
			      "nat: a shared IPv4 address needs it");
	/* Another prefix may leave those of before outside. */
	if (data[IFLA_MAPE_RESERVES] && set->policy.n_reserves &&
	    !has_a_reserve(cfg))
		return refuse(extack, data[IFLA_MAPE_RESERVES],
			      "reserve: no such port in the device's port set");
	return 0;
}

/* Is all there, and does it fit together? Then compute what follows. */
static int derive(struct mape_config *cfg, struct nlattr *data[],
		  struct netlink_ext_ack *extack)
{
	const struct mape_settings *set = &cfg->set;
	const char *why;
	unsigned int i;

	if (set->prefix.len > 128)
		return refuse(extack, data[IFLA_MAPE_PREFIX],
			      "prefix: length must be 1 to 128");
	if (!set->prefix.len)
		return refuse(extack, data[IFLA_MAPE_PREFIX],
			      "prefix: the end-user IPv6 prefix is required");
	if (!set->n_rules)
		return refuse(extack, data[IFLA_MAPE_RULES],
			      "rule: at least one mapping rule is required");
	if (!set->n_brs)
		return refuse(extack, data[IFLA_MAPE_BRS],
			      "br: the border relay's address is required");
	cfg->bmr = mape_rule_bmr(cfg->rules, set->n_rules, &set->prefix);
	if (!cfg->bmr)
		return refuse(extack, data[IFLA_MAPE_PREFIX],
			      "prefix: not inside any rule's IPv6 prefix");
	why = mape_rule_derive(cfg->bmr, &set->prefix, &set->psid, set->iid,
			       &cfg->ce);
	if (why)
		return refuse(extack, data[IFLA_MAPE_PSID] ? :
			      data[IFLA_MAPE_PREFIX], why);
	mape_portset_init(&cfg->ports, cfg->ce.psid_offset, cfg->ce.psid_len,
			  cfg->ce.psid);
	cfg->addr = ipv6_addr_any(&set->local) ? cfg->ce.addr : set->local;
	if (!is_global_unicast(&cfg->addr))
		return refuse(extack, data[IFLA_MAPE_LOCAL],
			      "local: not a global unicast address");
	for (i = 0; i < set->n_brs; i++) {
		if (ipv6_addr_equal(&set->brs[i], &cfg->addr))
			return refuse(extack, data[IFLA_MAPE_BRS],
				      "br: is the device's own address");
	}
	return check_policy(cfg, data, extack);
}

/*
 * The last step, since it takes over the old NAT: sessions survive a change
 * that leaves address and port set as they are.
 */
static int attach_nat(struct mape_config *cfg, const struct mape_config *old)
{
	if (cfg->ce.ipv4_len < 32 || cfg->set.nat_mode == MAPE_NAT_OFF)
		return 0;
	if (old && old->nat && mape_same_ports(cfg, old)) {
		cfg->nat = old->nat;
		return 0;
	}
	cfg->nat = mape_nat_create(&cfg->ports, &cfg->set.policy);
	return cfg->nat ? 0 : -ENOMEM;
}

/* With rules that are possible each: the rest of a configuration. */
static int finish_config(struct mape_config *cfg,
			 const struct mape_config *old, struct nlattr *tb[],
			 struct nlattr *data[], struct netlink_ext_ack *extack)
{
	unsigned int n_rules = cfg->set.n_rules;
	const char *why;
	int err;

	why = mape_rules_check(cfg->rules, n_rules);
	if (why)
		return refuse(extack, data[IFLA_MAPE_RULES], why);
	if (old)
		cfg->set = old->set;
	else
		default_settings(&cfg->set);
	cfg->set.n_rules = n_rules;
	err = read_settings(cfg->mape, &cfg->set, tb, data, extack);
	if (err)
		return err;
	err = derive(cfg, data, extack);
	if (err)
		return err;
	if (mape_address_in_use(cfg->mape, &cfg->addr)) {
		NL_SET_ERR_MSG(extack,
			       "another mape device has this tunnel address");
		return -EEXIST;
	}
	return attach_nat(cfg, old);
}

/* Number of rules there will be. */
static int count_rules(const struct mape_config *old, struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	if (data[IFLA_MAPE_RULES])
		return count_items(data[IFLA_MAPE_RULES], IFLA_MAPE_ITEM_RULE,
				   MAPE_RULES_MAX, extack);
	return old ? old->set.n_rules : 0;
}

/* The configuration that attributes make of an old one, or of none. */
static struct mape_config *make_config(struct mape_dev *mape,
				       const struct mape_config *old,
				       struct nlattr *tb[],
				       struct nlattr *data[],
				       struct netlink_ext_ack *extack)
{
	int n_rules = count_rules(old, data, extack), err = 0;
	struct mape_config *cfg;

	if (n_rules < 0)
		return ERR_PTR(n_rules);
	cfg = mape_config_alloc(n_rules);
	if (!cfg)
		return ERR_PTR(-ENOMEM);
	cfg->mape = mape;
	if (data[IFLA_MAPE_RULES])
		err = read_rules(cfg, data[IFLA_MAPE_RULES], extack);
	else if (old)
		memcpy(cfg->rules, old->rules, n_rules * sizeof(*cfg->rules));
	err = err ? : finish_config(cfg, old, tb, data, extack);
	if (err) {
		mape_config_free(cfg);
		return ERR_PTR(err);
	}
	return cfg;
}

static int mape_newlink(struct net_device *dev,
			struct rtnl_newlink_params *params,
			struct netlink_ext_ack *extack)
{
	struct mape_dev *mape = netdev_priv(dev);
	struct mape_config *cfg;
	int err;

	if (!params->data) {
		NL_SET_ERR_MSG(extack, "prefix, rule and br are required");
		return -EINVAL;
	}
	mape->dev = dev;
	mape->net = rtnl_newlink_link_net(params);
	mape->mtu_fixed = !!params->tb[IFLA_MTU];
	cfg = make_config(mape, NULL, params->tb, params->data, extack);
	if (IS_ERR(cfg))
		return PTR_ERR(cfg);
	rcu_assign_pointer(mape->config, cfg);
	err = register_netdevice(dev);
	/* Gone already if it failed late. */
	if (err)
		mape_config_free(rtnl_dereference(mape->config));
	return err;
}

MAPE_NEWLINK(mape_newlink)

/**
 * mape_change_rules - replace the mapping rules of a device
 * @mape: the device
 * @rules: the new rules
 * @n: how many
 * @extack: for what is wrong with them
 *
 * All or nothing, as `ip link set` does. Context: rtnl, process.
 *
 * Return: 0 or a negative error code.
 */
int mape_change_rules(struct mape_dev *mape, const struct mape_rule *rules,
		      unsigned int n, struct netlink_ext_ack *extack)
{
	/* What is not there stays as it is. */
	static struct nlattr *nothing[POLICY_MAX + 1];
	struct mape_config *cfg;
	int err;

	if (!rtnl_dev_link_net_capable(mape->dev, mape->net))
		return -EPERM;
	cfg = mape_config_alloc(n);
	if (!cfg)
		return -ENOMEM;
	cfg->mape = mape;
	memcpy(cfg->rules, rules, n * sizeof(*rules));
	err = finish_config(cfg, rtnl_dereference(mape->config), nothing,
			    nothing, extack);
	if (err) {
		mape_config_free(cfg);
		return err;
	}
	mape_config_publish(mape, cfg);
	return 0;
}

static int mape_changelink(struct net_device *dev, struct nlattr *tb[],
			   struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	struct mape_dev *mape = netdev_priv(dev);
	struct mape_config *cfg;

	if (!rtnl_dev_link_net_capable(dev, mape->net))
		return -EPERM;
	if (!data)
		return 0;
	cfg = make_config(mape, rtnl_dereference(mape->config), tb, data,
			  extack);
	if (IS_ERR(cfg))
		return PTR_ERR(cfg);
	mape_config_publish(mape, cfg);
	return 0;
}

static struct net *mape_get_link_net(const struct net_device *dev)
{
	const struct mape_dev *mape = netdev_priv(dev);

	return mape->net;
}

struct rtnl_link_ops mape_link_ops __read_mostly = {
	.kind = "mape",
	.maxtype = POLICY_MAX,
	.policy = mape_policy,
	.priv_size = sizeof(struct mape_dev),
	.setup = mape_setup,
	.newlink = MAPE_NEWLINK_OP(mape_newlink),
	.changelink = mape_changelink,
	.get_size = mape_get_size,
	.fill_info = mape_fill_info,
	.get_link_net = mape_get_link_net,
};
