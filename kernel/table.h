/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of a NAT, for the files that make it up and nobody else.
 *
 * Readers are under RCU; whoever adds or removes has mape_nat.lock, by
 * mape_table_lock() and mape_table_unlock().
 */
#ifndef _MAPE_TABLE_H
#define _MAPE_TABLE_H

#include <linux/hash.h>
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "nat.h"

/**
 * struct mape_host - an inner host, as long as it has sessions
 * @node: in mape_nat.hosts
 * @list: its sessions, the newest first
 * @addr: its address
 * @sessions: how many it has
 *
 * All under mape_nat.lock.
 */
struct mape_host {
	struct hlist_node node;
	struct list_head list;
	__be32 addr;
	u32 sessions;
};

/**
 * struct mape_mapping - an inner endpoint and its external port
 * @inner_node: in mape_nat.mappings
 * @port_node: in mape_nat.by_port, behind the older ones of its port
 * @idle_node: in mape_nat.idle
 * @sessions: its sessions; under mape_nat.lock
 * @inner: address of the inner host
 * @inner_port: port of the inner host
 * @ext_port: the external port
 * @ext_index: number of that in the port set
 * @proto: protocol number
 * @is_static: a forward: it does not go with its last session
 * @confirmed: sessions in which the inner endpoint has said something; with
 *	the last of them a mapping goes; under mape_nat.lock
 * @unconfirmed: sessions begun by others; under mape_nat.lock
 * @expires: jiffies when the last of the confirmed sessions ends, or later;
 *	written without lock
 * @rcu: for freeing it
 */
struct mape_mapping {
	struct hlist_node inner_node;
	struct list_head port_node;
	struct list_head idle_node;
	struct hlist_head sessions;
	__be32 inner;
	__be16 inner_port;
	__be16 ext_port;
	u32 ext_index;
	u8 proto;
	bool is_static;
	u32 confirmed;
	u32 unconfirmed;
	unsigned long expires;
	struct rcu_head rcu;
};

/**
 * struct mape_session - one conversation
 * @inner_node: in mape_nat.inner
 * @outer_node: in mape_nat.outer
 * @flow: addresses, ports and protocol; constant
 * @class: enum mape_class; constant
 * @state: enum mape_session_state. Written without lock: two packets at the
 *	same time may lose one transition, as if one of them had been lost
 * @confirmed: the inner endpoint has said something; under mape_nat.lock
 * @eim_break: has not its mapping's port; constant
 * @expires: jiffies when its idle time ends; written without lock as well, a
 *	lost write is a tick
 * @since: jiffies when it came to its state; likewise
 * @tcp: sequence numbers
 * @mapping: of its endpoint; constant
 * @host: of its endpoint; constant
 * @of_host: in mape_host.list; under mape_nat.lock
 * @peer_node: in mape_nat.peers
 * @of_mapping: in mape_mapping.sessions
 * @rcu: for freeing it, when it is in no list any more
 */
struct mape_session {
	struct hlist_node inner_node;
	struct hlist_node outer_node;
	struct mape_flow flow;
	u8 class;
	u8 state;
	bool confirmed;
	bool eim_break;
	unsigned long expires;
	/* A known packet needs but what is above; TCP, what comes next, too. */
	unsigned long since;
	struct mape_tcp tcp;
	struct mape_mapping *mapping;
	struct mape_host *host;
	struct list_head of_host;
	struct hlist_node peer_node;
	union {
		struct hlist_node of_mapping;
		struct rcu_head rcu;
	};
};

/**
 * struct mape_port_past - who had a port last
 * @until: jiffies until which it is not given to others while there are others
 * @host: that inner host, 0 for nobody
 */
struct mape_port_past {
	unsigned long until;
	__be32 host;
};

/* The protocols have a full set of ports each (RFC 7857 section 5). */
enum {
	MAPE_PORTS_TCP,
	MAPE_PORTS_UDP,
	MAPE_PORTS_ICMP,
	MAPE_PORTS_UDPLITE,
	MAPE_PORTS_SCTP,
	MAPE_PORTS_DCCP,
	MAPE_PORTS_MAX
};

/**
 * struct mape_nat - the NAT of one device, for one address and port set
 * @inner: sessions by inner endpoint and peer
 * @outer: sessions by external port and peer
 * @peers: sessions by external port and peer's address
 * @by_port: mappings by external port
 * @key: of the hashes
 * @hash_mask: number of buckets of each table less one
 * @port_bits: log2 of the number of @by_port's
 * @filtering: enum mape_filtering; read without lock, as the next four are
 * @sessions_max: most sessions allowed
 * @sessions_per_host: most of one inner host
 * @second: jiffies in one
 * @lifetime: jiffies, by enum mape_timeout
 * @set: the port set
 * @reserved: what the policy has reserved; under rtnl
 * @n_reserved: how many ranges
 * @lock: for the members below and all changes of the tables
 * @mappings: mappings by inner endpoint
 * @hosts: inner hosts by address
 * @idle: mappings without a confirmed session, to be removed
 * @ports: use of the ports, by protocol
 * @past: who had a UDP port last, by index
 * @sessions: number of sessions; read without lock for display, as are
 * @n_mappings: the number of mappings, by protocol; the last is of those
 *	without ports
 * @eim_breaks: see struct mape_nat_usage
 * @room_bucket: where the search for a session that is over goes on
 * @gc_bucket: where the collector goes on
 * @gc: the collector
 */
struct mape_nat {
	struct hlist_head *inner;
	struct hlist_head *outer;
	struct hlist_head *peers;
	struct list_head *by_port;
	hsiphash_key_t key;
	u32 hash_mask;
	u8 port_bits;
	u8 filtering;
	u32 sessions_max;
	u32 sessions_per_host;
	unsigned long second;
	unsigned long lifetime[MAPE_TIMEOUT_MAX + 1];
	struct mape_portset set;
	struct mape_port_range reserved[MAPE_RESERVES_MAX];
	unsigned int n_reserved;

	spinlock_t lock ____cacheline_aligned_in_smp;
	struct hlist_head *mappings;
	struct hlist_head *hosts;
	struct list_head idle;
	struct mape_ports *ports[MAPE_PORTS_MAX];
	struct mape_port_past *past;
	u32 sessions;
	u32 n_mappings[MAPE_PORTS_MAX + 1];
	u32 eim_breaks;
	u32 room_bucket;
	u32 gc_bucket;
	struct delayed_work gc;
};

int mape_table_init(void);
void mape_table_exit(void);
int mape_table_create(struct mape_nat *nat, u32 sessions);
void mape_table_destroy(struct mape_nat *nat);

void mape_table_lock(struct mape_nat *nat);
void mape_table_unlock(struct mape_nat *nat);

unsigned int mape_table_ports_index(u8 proto);
struct mape_session *mape_table_inner(const struct mape_nat *nat,
				      const struct mape_flow *flow);
struct mape_session *mape_table_outer(const struct mape_nat *nat,
				      const struct mape_flow *flow);
struct mape_mapping *mape_table_mapping(const struct mape_nat *nat,
					const struct mape_flow *flow);
struct mape_mapping *mape_table_owner(const struct mape_nat *nat,
				      const struct mape_flow *flow);
struct mape_mapping *mape_table_known(const struct mape_nat *nat,
				      const struct mape_flow *flow);

struct mape_mapping *mape_table_add_mapping(struct mape_nat *nat,
					    const struct mape_flow *flow,
					    u32 index);
void mape_table_remove_mapping(struct mape_nat *nat, struct mape_mapping *m);
struct mape_host *mape_table_host(struct mape_nat *nat, __be32 addr);
struct mape_session *mape_table_new_session(struct mape_nat *nat, __be32 inner);
void mape_table_drop_session(struct mape_nat *nat, struct mape_session *s);
void mape_table_add_session(struct mape_nat *nat, struct mape_session *s);
void mape_table_remove_session(struct mape_nat *nat, struct mape_session *s);

/* The ports of a protocol, NULL if it has none. */
static inline struct mape_ports *mape_table_ports(const struct mape_nat *nat,
						  u8 proto)
{
	unsigned int i = mape_table_ports_index(proto);

	return i < MAPE_PORTS_MAX ? nat->ports[i] : NULL;
}

static inline bool mape_session_expired(const struct mape_session *s)
{
	return time_after(jiffies, READ_ONCE(s->expires));
}

#endif /* _MAPE_TABLE_H */
