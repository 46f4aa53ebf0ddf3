/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device and its configuration.
 */
#ifndef _MAPE_DEVICE_H
#define _MAPE_DEVICE_H

#include <linux/ethtool.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/tcp.h>
#include <net/dst_cache.h>
#include <net/gro_cells.h>

#include "nat.h"
#include "portset.h"
#include "rule.h"
#include "stats.h"

#define MAPE_OVERHEAD	40	/* of the outer header, bytes */

/**
 * struct mape_settings - what the user configured
 * @prefix: end-user IPv6 prefix
 * @local: overrides the CE address unless ::
 * @brs: border relays; the first one is sent to
 * @n_brs: how many
 * @n_rules: how many rules there are
 * @link: ifindex of the underlay, 0 for any
 * @psid: explicit PSID, or one of length 0
 * @mss: TCP MSS clamp, MAPE_MSS_*
 * @iid: enum mape_iid
 * @hoplimit: hop limit of the outer header
 * @tclass: its traffic class, without ECN
 * @tclass_inherit: take the inner DSCP instead
 * @nat_mode: enum mape_nat_mode
 * @policy: for the NAT
 */
struct mape_settings {
	struct mape_prefix prefix;
	struct in6_addr local;
	struct in6_addr brs[MAPE_BRS_MAX];
	unsigned int n_brs;
	unsigned int n_rules;
	int link;
	struct mape_psid psid;
	u16 mss;
	u8 iid;
	u8 hoplimit;
	u8 tclass;
	bool tclass_inherit;
	u8 nat_mode;
	struct mape_nat_policy policy;
};

/**
 * struct mape_config - settings and all that follows from them
 * @node: in the hash of the underlay's namespace, by @addr
 * @mape: the device
 * @addr: our end of the tunnel
 * @set: what the user configured
 * @ce: what the basic mapping rule makes of it
 * @bmr: that rule, one of @rules
 * @ports: our port set
 * @nat: the NAT, NULL if there is none. Moves on to the next configuration if
 *	address and port set stay the same
 * @br_dst: route to the border relay
 * @rules: mapping rules
 *
 * Constant once published but for the caches inside. Packets read it under
 * RCU and use one and the same from end to end.
 */
struct mape_config {
	struct hlist_node node;
	struct mape_dev *mape;
	struct in6_addr addr;
	struct mape_settings set;
	struct mape_ce ce;
	const struct mape_rule *bmr;
	struct mape_portset ports;
	struct mape_nat *nat;
	struct dst_cache br_dst;
	struct mape_rule rules[];
};

/**
 * struct mape_dev - private part of the net_device
 * @dev: the net_device
 * @net: namespace of the underlay, where the outer packets are
 * @config: current configuration; written under rtnl
 * @gro_cells: for received packets
 * @stats: named counters
 * @icmp_limit: for ICMP errors of our own (RFC 1812 section 4.3.2.8)
 * @event_limit: for events that packets cause
 * @eim_breaks: of the NATs that are no more; under rtnl
 * @mtu_fixed: the user set the MTU; under rtnl
 * @mtu_follows: the MTU is just being changed by us; under rtnl
 */
struct mape_dev {
	struct net_device *dev;
	struct net *net;
	struct mape_config __rcu *config;
	struct gro_cells gro_cells;
	struct mape_stats __percpu *stats;
	struct ratelimit_state icmp_limit;
	struct ratelimit_state event_limit;
	u64 eim_breaks;
	bool mtu_fixed;
	bool mtu_follows;
};

/**
 * enum mape_event - what others may want to know of a device
 * @MAPE_EVENT_EXHAUSTED: a session was refused: all ports are used towards its
 *	peer. In softirq, at most once a second and device
 * @MAPE_EVENT_ADDRESS: another IPv4 address or port set; under rtnl
 */
enum mape_event {
	MAPE_EVENT_EXHAUSTED,
	MAPE_EVENT_ADDRESS,
};

/**
 * struct mape_event_info - what has happened
 * @mape: the device
 * @flow: MAPE_EVENT_EXHAUSTED: the session
 * @cfg: MAPE_EVENT_ADDRESS: the new configuration
 */
struct mape_event_info {
	struct mape_dev *mape;
	const struct mape_flow *flow;
	const struct mape_config *cfg;
};

extern struct rtnl_link_ops mape_link_ops;

int mape_device_init(void);
void mape_device_exit(void);

void mape_setup(struct net_device *dev);
struct mape_config *mape_config_alloc(unsigned int n_rules);
void mape_config_free(struct mape_config *cfg);
const struct mape_config *mape_lookup(struct net *net,
				      const struct in6_addr *addr);
bool mape_address_in_use(const struct mape_dev *mape,
			 const struct in6_addr *addr);
void mape_config_publish(struct mape_dev *mape, struct mape_config *cfg);
void mape_mtu_follow(struct mape_dev *mape, int link);
struct mape_dev *mape_dev_get(struct net *net, int ifindex);
void mape_inject(struct mape_dev *mape, struct sk_buff *skb);

int mape_event_register(struct notifier_block *nb);
void mape_event_unregister(struct notifier_block *nb);
void mape_event(enum mape_event event, struct mape_event_info *info);

/* The counters `ethtool -S` shows: reasons to drop, and breaks of mappings. */
#define MAPE_N_STATS	MAPE_DROP_MAX

extern const char mape_stat_names[MAPE_N_STATS][ETH_GSTRING_LEN];
void mape_stats_read(const struct mape_dev *mape, u64 *values);

/* Count a packet dropped. Context: any. */
static inline void mape_count_drop(struct mape_dev *mape, enum mape_drop why)
{
	this_cpu_inc(mape->stats->dropped[why]);
}

/* Is an IPv4 address the customer's, or in the customer's prefix? */
static inline bool mape_is_our_ipv4(const struct mape_config *cfg,
				    __be32 addr)
{
	return !((u64)ntohl(addr ^ cfg->ce.ipv4) >> (32 - cfg->ce.ipv4_len));
}

/* Have two configurations the same address and port set? */
static inline bool mape_same_ports(const struct mape_config *a,
				   const struct mape_config *b)
{
	return a->ce.ipv4 == b->ce.ipv4 && a->ce.ipv4_len == b->ce.ipv4_len &&
	       !memcmp(&a->ports, &b->ports, sizeof(a->ports));
}

/* Is a port, or ICMP identifier, of ours? All are if the address is. */
static inline bool mape_is_our_port(const struct mape_config *cfg, __be16 port)
{
	return !cfg->ce.psid_len || mape_portset_has(&cfg->ports, ntohs(port));
}

/* Most a TCP SYN may offer through the device. */
static inline u16 mape_mss_limit(const struct mape_config *cfg)
{
	if (cfg->set.mss != MAPE_MSS_AUTO)
		return cfg->set.mss;
	return READ_ONCE(cfg->mape->dev->mtu) - sizeof(struct iphdr) -
	       sizeof(struct tcphdr);
}

netdev_tx_t mape_xmit(struct sk_buff *skb, struct net_device *dev);
int mape_receive_init(void);
void mape_receive_exit(void);

#endif /* _MAPE_DEVICE_H */
