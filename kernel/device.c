// SPDX-License-Identifier: GPL-2.0
/*
 * The network device: features, per-namespace lookup, lifetime.
 */
#include <linux/hash.h>
#include <linux/if_arp.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "compat.h"
#include "device.h"

#define NET_HASH_BITS	5

/**
 * struct mape_net - the devices whose underlay is in a namespace
 * @configs: their configurations, by tunnel address; written under rtnl
 */
struct mape_net {
	struct hlist_head configs[1 << NET_HASH_BITS];
};

static unsigned int net_id __read_mostly;
static ATOMIC_NOTIFIER_HEAD(events);

static struct hlist_head *bucket(struct net *net, const struct in6_addr *addr)
{
	struct mape_net *mn = net_generic(net, net_id);

	return &mn->configs[hash_32(ipv6_addr_hash(addr), NET_HASH_BITS)];
}

/**
 * mape_lookup - find the device with a tunnel address
 * @net: namespace of the outer packet
 * @addr: its destination
 *
 * Context: RCU read side.
 *
 * Return: the device's configuration, or NULL.
 */
const struct mape_config *mape_lookup(struct net *net,
				      const struct in6_addr *addr)
{
	const struct mape_config *cfg;

	hlist_for_each_entry_rcu(cfg, bucket(net, addr), node) {
		if (ipv6_addr_equal(&cfg->addr, addr))
			return cfg;
	}
	return NULL;
}

/**
 * mape_address_in_use - has another device that tunnel address?
 * @mape: the device that wants it
 * @addr: the address
 *
 * Context: rtnl.
 */
bool mape_address_in_use(const struct mape_dev *mape,
			 const struct in6_addr *addr)
{
	const struct mape_config *cfg;

	ASSERT_RTNL();
	hlist_for_each_entry(cfg, bucket(mape->net, addr), node) {
		if (cfg->mape != mape && ipv6_addr_equal(&cfg->addr, addr))
			return true;
	}
	return false;
}

/**
 * mape_config_alloc - make an empty configuration
 * @n_rules: number of rules it will have
 *
 * Context: process.
 *
 * Return: the configuration, or NULL without memory.
 */
struct mape_config *mape_config_alloc(unsigned int n_rules)
{
	struct mape_config *cfg;

	cfg = kzalloc(struct_size(cfg, rules, n_rules), GFP_KERNEL_ACCOUNT);
	if (!cfg)
		return NULL;
	if (dst_cache_init(&cfg->br_dst, GFP_KERNEL_ACCOUNT)) {
		kfree(cfg);
		return NULL;
	}
	cfg->set.n_rules = n_rules;
	return cfg;
}

/**
 * mape_config_free - free a configuration no packet can reach any more
 * @cfg: the configuration, or NULL
 *
 * Context: process.
 */
void mape_config_free(struct mape_config *cfg)
{
	if (!cfg)
		return;
	mape_nat_destroy(cfg->nat);
	dst_cache_destroy(&cfg->br_dst);
	kfree(cfg);
}

/* What is seen of a configuration on the device. */
static void show_on_device(struct mape_dev *mape,
			   const struct mape_config *cfg)
{
	__dev_addr_set(mape->dev, &cfg->addr, sizeof(cfg->addr));
	memcpy(mape->dev->broadcast, &cfg->set.brs[0],
	       sizeof(cfg->set.brs[0]));
	mape_mtu_follow(mape, cfg->set.link);
}

/**
 * mape_event_register - be told of what happens to devices
 * @nb: called with an enum mape_event and a struct mape_event_info; must not
 *	sleep
 *
 * Return: 0 or a negative error code.
 */
int mape_event_register(struct notifier_block *nb)
{
	return atomic_notifier_chain_register(&events, nb);
}

/**
 * mape_event_unregister - undo mape_event_register()
 * @nb: the same as then
 */
void mape_event_unregister(struct notifier_block *nb)
{
	atomic_notifier_chain_unregister(&events, nb);
}

/**
 * mape_event - tell who wants to know
 * @event: what has happened
 * @info: to whom
 *
 * Context: any.
 */
void mape_event(enum mape_event event, struct mape_event_info *info)
{
	atomic_notifier_call_chain(&events, event, info);
}

static void tell_address(struct mape_dev *mape, const struct mape_config *old,
			 const struct mape_config *cfg)
{
	struct mape_event_info info = { .mape = mape, .cfg = cfg };

	if (!mape_same_ports(old, cfg))
		mape_event(MAPE_EVENT_ADDRESS, &info);
}

/* What becomes of the NAT that was: it goes on, or is remembered. */
static void settle_nat(struct mape_dev *mape, struct mape_config *old,
		       struct mape_config *cfg)
{
	struct mape_nat_usage usage;

	if (!old->nat)
		return;
	if (old->nat == cfg->nat) {
		mape_nat_configure(cfg->nat, &cfg->set.policy);
		old->nat = NULL;
		return;
	}
	mape_nat_usage(old->nat, &usage);
	WRITE_ONCE(mape->eim_breaks, mape->eim_breaks + usage.eim_breaks);
}

/**
 * mape_config_publish - let packets use a new configuration
 * @mape: the device
 * @cfg: its new configuration. If it has the old one's NAT, all sessions
 *	survive
 *
 * A packet sees either the old or the new one, never parts of both. The old
 * one is freed. Context: rtnl, process.
 */
void mape_config_publish(struct mape_dev *mape, struct mape_config *cfg)
{
	struct mape_config *old = rtnl_dereference(mape->config);

	hlist_add_head_rcu(&cfg->node, bucket(mape->net, &cfg->addr));
	rcu_assign_pointer(mape->config, cfg);
	hlist_del_rcu(&old->node);
	show_on_device(mape, cfg);
	tell_address(mape, old, cfg);
	synchronize_net();
	settle_nat(mape, old, cfg);
	mape_config_free(old);
}

/**
 * mape_dev_get - find a device by its number
 * @net: its namespace
 * @ifindex: the number
 *
 * Context: RCU read side or rtnl.
 *
 * Return: the device, or NULL if there is none or it is of another type.
 */
struct mape_dev *mape_dev_get(struct net *net, int ifindex)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	rcu_read_unlock();
	if (!dev || dev->rtnl_link_ops != &mape_link_ops)
		return NULL;
	return netdev_priv(dev);
}

/**
 * mape_inject - let a packet come out of the device
 * @mape: the device
 * @skb: the packet, network header set; consumed
 *
 * Context: softirq or BH disabled.
 */
void mape_inject(struct mape_dev *mape, struct sk_buff *skb)
{
	unsigned int len = skb->len;

	if (gro_cells_receive(&mape->gro_cells, skb) == NET_RX_SUCCESS)
		dev_sw_netstats_rx_add(mape->dev, len);
}

/**
 * mape_mtu_follow - set the MTU to what fits the underlay's
 * @mape: the device
 * @link: ifindex of the underlay, 0 for any
 *
 * Does nothing once the user has set one. Context: rtnl.
 */
void mape_mtu_follow(struct mape_dev *mape, int link)
{
	struct net_device *lower = NULL;
	unsigned int mtu = ETH_DATA_LEN;

	if (mape->mtu_fixed)
		return;
	if (link)
		lower = __dev_get_by_index(mape->net, link);
	if (lower)
		mtu = lower->mtu;
	mtu = max_t(unsigned int, mtu - MAPE_OVERHEAD, IPV4_MIN_MTU);
	if (mtu == mape->dev->mtu)
		return;
	mape->mtu_follows = true;
	if (mape->dev->reg_state == NETREG_REGISTERED)
		dev_set_mtu(mape->dev, mtu);
	else
		mape->dev->mtu = mtu;
	mape->mtu_follows = false;
}

static int mape_change_mtu(struct net_device *dev, int mtu)
{
	struct mape_dev *mape = netdev_priv(dev);

	if (!mape->mtu_follows)
		mape->mtu_fixed = true;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static int mape_get_iflink(const struct net_device *dev)
{
	const struct mape_dev *mape = netdev_priv(dev);
	int link;

	rcu_read_lock();
	link = rcu_dereference(mape->config)->set.link;
	rcu_read_unlock();
	return link;
}

static void mape_destructor(struct net_device *dev)
{
	struct mape_dev *mape = netdev_priv(dev);

	gro_cells_destroy(&mape->gro_cells);
	free_percpu(mape->stats);
	mape_config_free(rcu_dereference_protected(mape->config, true));
	RCU_INIT_POINTER(mape->config, NULL);
}

/* One that does not say in the log how much it has held back. */
static void init_limit(struct ratelimit_state *limit, int interval, int burst)
{
	ratelimit_state_init(limit, interval, burst);
	ratelimit_set_flags(limit, RATELIMIT_MSG_ON_RELEASE);
}

static int mape_dev_init(struct net_device *dev)
{
	struct mape_dev *mape = netdev_priv(dev);
	struct mape_config *cfg = rtnl_dereference(mape->config);
	int err;

	mape->stats = alloc_percpu_gfp(struct mape_stats, GFP_KERNEL_ACCOUNT |
				       __GFP_ZERO);
	if (!mape->stats)
		return -ENOMEM;
	err = gro_cells_init(&mape->gro_cells, dev);
	if (err) {
		free_percpu(mape->stats);
		return err;
	}
	/* Ten a second, of which five seconds' may come at once. */
	init_limit(&mape->icmp_limit, 5 * HZ, 50);
	init_limit(&mape->event_limit, HZ, 1);
	show_on_device(mape, cfg);
	hlist_add_head_rcu(&cfg->node, bucket(mape->net, &cfg->addr));
	/* From here on the core undoes it, also if registering fails. */
	dev->priv_destructor = mape_destructor;
	return 0;
}

static void mape_dev_uninit(struct net_device *dev)
{
	struct mape_dev *mape = netdev_priv(dev);

	hlist_del_rcu(&rtnl_dereference(mape->config)->node);
	/* If registering has failed nobody else waits for packets under way. */
	if (dev->reg_state != NETREG_UNREGISTERING)
		synchronize_net();
}

static const struct net_device_ops mape_netdev_ops = {
	.ndo_init = mape_dev_init,
	.ndo_uninit = mape_dev_uninit,
	.ndo_start_xmit = mape_xmit,
	.ndo_change_mtu = mape_change_mtu,
	.ndo_get_iflink = mape_get_iflink,
	.ndo_get_stats64 = dev_get_tstats64,
};

/* MAPE_PASS has no name, so there is a place for another one. */
const char mape_stat_names[MAPE_N_STATS][ETH_GSTRING_LEN] = {
	[MAPE_DROP_RX_MALFORMED - 1] = "rx_malformed",
	[MAPE_DROP_RX_BAD_V6_SRC - 1] = "rx_bad_v6_src",
	[MAPE_DROP_RX_SPOOFED - 1] = "rx_spoofed",
	[MAPE_DROP_RX_BAD_V4_SRC - 1] = "rx_bad_v4_src",
	[MAPE_DROP_RX_BAD_V4_DST - 1] = "rx_bad_v4_dst",
	[MAPE_DROP_RX_BAD_PORT - 1] = "rx_bad_port",
	[MAPE_DROP_RX_NO_SESSION - 1] = "rx_no_session",
	[MAPE_DROP_RX_BACKLOG - 1] = "rx_backlog",
	[MAPE_DROP_RX_NO_PORT - 1] = "rx_no_port",
	[MAPE_DROP_RX_ICMP - 1] = "rx_icmp",
	[MAPE_DROP_RX_FRAGMENT - 1] = "rx_fragment",
	[MAPE_DROP_RX_ECN_ERROR - 1] = "rx_ecn_error",
	[MAPE_DROP_RX_POLICY - 1] = "rx_policy",
	[MAPE_DROP_RX_NO_MEMORY - 1] = "rx_no_memory",
	[MAPE_DROP_TX_NOT_IPV4 - 1] = "tx_not_ipv4",
	[MAPE_DROP_TX_MALFORMED - 1] = "tx_malformed",
	[MAPE_DROP_TX_NO_PORT - 1] = "tx_no_port",
	[MAPE_DROP_TX_NO_SESSION - 1] = "tx_no_session",
	[MAPE_DROP_TX_ICMP - 1] = "tx_icmp",
	[MAPE_DROP_TX_FRAGMENT - 1] = "tx_fragment",
	[MAPE_DROP_TX_MULTICAST - 1] = "tx_multicast",
	[MAPE_DROP_TX_BAD_SOURCE - 1] = "tx_bad_source",
	[MAPE_DROP_TX_TOO_BIG - 1] = "tx_too_big",
	[MAPE_DROP_TX_NO_ROUTE - 1] = "tx_no_route",
	[MAPE_DROP_TX_LOOP - 1] = "tx_loop",
	[MAPE_DROP_TX_NO_MEMORY - 1] = "tx_no_memory",
	[MAPE_DROP_PORT_EXHAUSTED - 1] = "port_exhausted",
	[MAPE_DROP_TABLE_FULL - 1] = "table_full",
	[MAPE_DROP_HOST_LIMIT - 1] = "host_limit",
	[MAPE_N_STATS - 1] = "eim_breaks",
};

static int mape_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? MAPE_N_STATS : -EOPNOTSUPP;
}

static void mape_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	if (sset == ETH_SS_STATS)
		memcpy(data, mape_stat_names, sizeof(mape_stat_names));
}

/**
 * mape_stats_read - read all counters
 * @mape: the device
 * @values: MAPE_N_STATS of them, filled in as mape_stat_names are ordered
 *
 * Context: any.
 */
void mape_stats_read(const struct mape_dev *mape, u64 *values)
{
	struct mape_nat_usage usage = {};
	const struct mape_config *cfg;
	unsigned int i;
	int cpu;

	memset(values, 0, MAPE_N_STATS * sizeof(*values));
	for_each_possible_cpu(cpu) {
		const struct mape_stats *s = per_cpu_ptr(mape->stats, cpu);

		for (i = 1; i < MAPE_DROP_MAX; i++)
			values[i - 1] += READ_ONCE(s->dropped[i]);
	}
	rcu_read_lock();
	cfg = rcu_dereference(mape->config);
	if (cfg->nat)
		mape_nat_usage(cfg->nat, &usage);
	rcu_read_unlock();
	values[MAPE_N_STATS - 1] = READ_ONCE(mape->eim_breaks) +
				   usage.eim_breaks;
}

static void mape_get_ethtool_stats(struct net_device *dev,
				   struct ethtool_stats *stats, u64 *data)
{
	mape_stats_read(netdev_priv(dev), data);
}

static void mape_get_drvinfo(struct net_device *dev,
			     struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "mape", sizeof(info->driver));
}

static const struct ethtool_ops mape_ethtool_ops = {
	.get_drvinfo = mape_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = mape_get_sset_count,
	.get_strings = mape_get_strings,
	.get_ethtool_stats = mape_get_ethtool_stats,
};

/*
 * Super-packets and unfinished checksums pass as they are. Not so fraglist
 * ones: their later members would keep their headers untranslated.
 */
#define MAPE_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | \
			 NETIF_F_HW_CSUM |				   \
			 (NETIF_F_GSO_SOFTWARE & ~NETIF_F_GSO_FRAGLIST))

/**
 * mape_setup - rtnl_link_ops.setup
 * @dev: new device
 */
void mape_setup(struct net_device *dev)
{
	dev->netdev_ops = &mape_netdev_ops;
	dev->ethtool_ops = &mape_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;

	dev->type = ARPHRD_TUNNEL6;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->addr_len = sizeof(struct in6_addr);
	dev->needed_headroom = LL_MAX_HEADER + MAPE_OVERHEAD;
	dev->mtu = ETH_DATA_LEN - MAPE_OVERHEAD;
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU;

	dev->features |= MAPE_FEATURES;
	dev->hw_features |= MAPE_FEATURES;
	dev->hw_enc_features |= MAPE_FEATURES;
	mape_set_lltx(dev);
	/* icmp_ndo_send() needs the route a packet came by. */
	netif_keep_dst(dev);
}

/* The MTU of an underlay has changed: so do ours. */
static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	const struct net_device *lower = netdev_notifier_info_to_dev(ptr);
	struct mape_net *mn = net_generic(dev_net(lower), net_id);
	const struct mape_config *cfg;
	unsigned int i;

	if (event != NETDEV_CHANGEMTU)
		return NOTIFY_DONE;
	for (i = 0; i < ARRAY_SIZE(mn->configs); i++) {
		hlist_for_each_entry(cfg, &mn->configs[i], node) {
			if (cfg->set.link == lower->ifindex)
				mape_mtu_follow(cfg->mape, cfg->set.link);
		}
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

static void __net_exit exit_namespace(struct net *net, struct list_head *list)
{
	struct mape_net *mn = net_generic(net, net_id);
	const struct mape_config *cfg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mn->configs); i++) {
		hlist_for_each_entry(cfg, &mn->configs[i], node)
			unregister_netdevice_queue(cfg->mape->dev, list);
	}
}

/* Devices go with the namespace of their underlay, wherever they are. */
static void __net_exit mape_exit_batch(struct list_head *nets)
{
	struct net *net;
	LIST_HEAD(list);

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		exit_namespace(net, &list);
	unregister_netdevice_many(&list);
	rtnl_unlock();
}

static struct pernet_operations mape_net_ops = {
	.exit_batch = mape_exit_batch,
	.id = &net_id,
	.size = sizeof(struct mape_net),
};

/**
 * mape_device_init - get ready for devices; at module load
 *
 * Return: 0 or a negative error code.
 */
int __init mape_device_init(void)
{
	int err;

	err = register_pernet_device(&mape_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		unregister_pernet_device(&mape_net_ops);
	return err;
}

/**
 * mape_device_exit - undo mape_device_init(); at module unload, no devices left
 */
void mape_device_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
	unregister_pernet_device(&mape_net_ops);
}
