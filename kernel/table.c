// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of a NAT: sessions and mappings, found by either side.
 *
 * A mapping goes with its last confirmed session, and takes the unconfirmed
 * ones along. As that may happen in the middle of a walk through a bucket, it
 * is put off until the lock is released.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "table.h"

/* Hosts are few; of a LAN of thousands each bucket has some. */
#define HOST_BITS	8

/* Sessions from one port to one address that are looked at. */
#define WALK_MAX	64

/* What the documentation says that these cost. */
static_assert(sizeof(struct mape_session) <= 192);
static_assert(sizeof(struct mape_mapping) <= 104);

static struct kmem_cache *session_cache __read_mostly;
static struct kmem_cache *mapping_cache __read_mostly;

/**
 * mape_table_ports_index - number of a protocol among those with ports
 * @proto: IPPROTO_*
 *
 * Return: MAPE_PORTS_*, MAPE_PORTS_MAX for one without ports.
 */
unsigned int mape_table_ports_index(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return MAPE_PORTS_TCP;
	case IPPROTO_UDP:
		return MAPE_PORTS_UDP;
	case IPPROTO_ICMP:
		return MAPE_PORTS_ICMP;
	case IPPROTO_UDPLITE:
		return MAPE_PORTS_UDPLITE;
	case IPPROTO_SCTP:
		return MAPE_PORTS_SCTP;
	case IPPROTO_DCCP:
		return MAPE_PORTS_DCCP;
	default:
		return MAPE_PORTS_MAX;
	}
}

static u32 hash_tuple(const struct mape_nat *nat, __be32 inner, __be16 port,
		      const struct mape_flow *flow)
{
	return hsiphash_4u32((__force u32)inner, (__force u32)flow->remote,
			     (__force u32)port << 16 |
			     (__force u32)flow->remote_port,
			     flow->proto, &nat->key) & nat->hash_mask;
}

static u32 hash_pair(const struct mape_nat *nat, __be32 addr, __be16 port,
		     u8 proto)
{
	return hsiphash_3u32((__force u32)addr, (__force u32)port, proto,
			     &nat->key) & nat->hash_mask;
}

static struct hlist_head *inner_bucket(const struct mape_nat *nat,
				       const struct mape_flow *flow)
{
	return &nat->inner[hash_tuple(nat, flow->inner, flow->inner_port,
				      flow)];
}

static struct hlist_head *outer_bucket(const struct mape_nat *nat,
				       const struct mape_flow *flow)
{
	return &nat->outer[hash_tuple(nat, 0, flow->ext_port, flow)];
}

static struct hlist_head *peer_bucket(const struct mape_nat *nat,
				      const struct mape_flow *flow)
{
	return &nat->peers[hash_pair(nat, flow->remote, flow->ext_port,
				     flow->proto)];
}

static struct hlist_head *mapping_bucket(const struct mape_nat *nat,
					 const struct mape_flow *flow)
{
	return &nat->mappings[hash_pair(nat, flow->inner, flow->inner_port,
					flow->proto)];
}

/* Nobody can choose a port of ours: this hash needs no key. */
static struct list_head *port_bucket(const struct mape_nat *nat, u8 proto,
				     __be16 port)
{
	return &nat->by_port[hash_32(ntohs(port) << 8 | proto,
				     nat->port_bits)];
}

/**
 * mape_table_inner - find a session by inner endpoint and peer
 * @nat: the NAT
 * @flow: inner endpoint, peer and protocol
 *
 * Context: RCU read side, or the lock.
 *
 * Return: the session, which may have expired, or NULL.
 */
struct mape_session *mape_table_inner(const struct mape_nat *nat,
				      const struct mape_flow *flow)
{
	struct mape_session *s;

	hlist_for_each_entry_rcu(s, inner_bucket(nat, flow), inner_node,
				 lockdep_is_held(&nat->lock)) {
		if (s->flow.inner == flow->inner &&
		    s->flow.remote == flow->remote &&
		    s->flow.inner_port == flow->inner_port &&
		    s->flow.remote_port == flow->remote_port &&
		    s->flow.proto == flow->proto)
			return s;
	}
	return NULL;
}

/**
 * mape_table_outer - find a session by external port and peer
 * @nat: the NAT
 * @flow: external port, peer and protocol
 *
 * Context: RCU read side, or the lock.
 *
 * Return: the session, which may have expired, or NULL.
 */
struct mape_session *mape_table_outer(const struct mape_nat *nat,
				      const struct mape_flow *flow)
{
	struct mape_session *s;

	hlist_for_each_entry_rcu(s, outer_bucket(nat, flow), outer_node,
				 lockdep_is_held(&nat->lock)) {
		if (s->flow.remote == flow->remote &&
		    s->flow.ext_port == flow->ext_port &&
		    s->flow.remote_port == flow->remote_port &&
		    s->flow.proto == flow->proto)
			return s;
	}
	return NULL;
}

/**
 * mape_table_mapping - find a mapping by its inner endpoint
 * @nat: the NAT
 * @flow: inner endpoint and protocol
 *
 * Context: the lock.
 */
struct mape_mapping *mape_table_mapping(const struct mape_nat *nat,
					const struct mape_flow *flow)
{
	struct mape_mapping *m;

	hlist_for_each_entry_rcu(m, mapping_bucket(nat, flow), inner_node,
				 lockdep_is_held(&nat->lock)) {
		if (m->inner == flow->inner &&
		    m->inner_port == flow->inner_port &&
		    m->proto == flow->proto)
			return m;
	}
	return NULL;
}

/**
 * mape_table_owner - find the oldest mapping of an external port
 * @nat: the NAT
 * @flow: external port and protocol
 *
 * Context: RCU read side, or the lock.
 *
 * Return: the mapping, or NULL.
 */
struct mape_mapping *mape_table_owner(const struct mape_nat *nat,
				      const struct mape_flow *flow)
{
	struct mape_mapping *m;

	list_for_each_entry_rcu(m, port_bucket(nat, flow->proto,
					       flow->ext_port), port_node,
				lockdep_is_held(&nat->lock)) {
		if (m->ext_port == flow->ext_port && m->proto == flow->proto &&
		    (m->is_static ||
		     time_before_eq(jiffies, READ_ONCE(m->expires))))
			return m;
	}
	return NULL;
}

/**
 * mape_table_known - find the endpoint that knows an address by a port
 * @nat: the NAT
 * @flow: external port, peer's address and protocol
 *
 * Context: RCU read side, or the lock.
 *
 * Return: the mapping of which there is a confirmed session by that port with
 * any port of that address; NULL if there is none, or several.
 */
struct mape_mapping *mape_table_known(const struct mape_nat *nat,
				      const struct mape_flow *flow)
{
	struct mape_mapping *found = NULL;
	unsigned int walk = WALK_MAX;
	struct mape_session *s;

	hlist_for_each_entry_rcu(s, peer_bucket(nat, flow), peer_node,
				 lockdep_is_held(&nat->lock)) {
		if (!walk--)
			break;
		if (s->flow.remote != flow->remote ||
		    s->flow.ext_port != flow->ext_port ||
		    s->flow.proto != flow->proto ||
		    !READ_ONCE(s->confirmed) || mape_session_expired(s))
			continue;
		if (found && found != s->mapping)
			return NULL;
		found = s->mapping;
	}
	return found;
}

static struct hlist_head *host_bucket(const struct mape_nat *nat, __be32 addr)
{
	u32 hash = hsiphash_1u32((__force u32)addr, &nat->key);

	return &nat->hosts[hash >> (32 - HOST_BITS)];
}

/**
 * mape_table_host - find an inner host that has sessions
 * @nat: the NAT
 * @addr: its address
 *
 * Context: the lock.
 */
struct mape_host *mape_table_host(struct mape_nat *nat, __be32 addr)
{
	struct mape_host *host;

	lockdep_assert_held(&nat->lock);
	hlist_for_each_entry(host, host_bucket(nat, addr), node) {
		if (host->addr == addr)
			return host;
	}
	return NULL;
}

static struct mape_host *host_get(struct mape_nat *nat, __be32 addr)
{
	struct mape_host *host = mape_table_host(nat, addr);

	if (!host) {
		host = kmalloc(sizeof(*host), GFP_ATOMIC | __GFP_NOWARN);
		if (!host)
			return NULL;
		host->addr = addr;
		host->sessions = 0;
		INIT_LIST_HEAD(&host->list);
		hlist_add_head(&host->node, host_bucket(nat, addr));
	}
	host->sessions++;
	return host;
}

static void host_put(struct mape_host *host)
{
	if (--host->sessions)
		return;
	hlist_del(&host->node);
	kfree(host);
}

/* Count a mapping as one of its protocol. */
static void count_mapping(struct mape_nat *nat, u8 proto, int by)
{
	u32 *n = &nat->n_mappings[mape_table_ports_index(proto)];

	WRITE_ONCE(*n, *n + by);
}

/**
 * mape_table_add_mapping - give an inner endpoint an external port
 * @nat: the NAT
 * @flow: inner endpoint, protocol, external port
 * @index: number of that port in the set
 *
 * Context: the lock. Goes when the lock is released unless it has a session
 * by then, or is made static.
 *
 * Return: the mapping, or NULL without memory.
 */
struct mape_mapping *mape_table_add_mapping(struct mape_nat *nat,
					    const struct mape_flow *flow,
					    u32 index)
{
	struct mape_ports *ports = mape_table_ports(nat, flow->proto);
	struct mape_mapping *m;

	lockdep_assert_held(&nat->lock);
	m = kmem_cache_zalloc(mapping_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!m)
		return NULL;
	m->inner = flow->inner;
	m->inner_port = flow->inner_port;
	m->ext_port = flow->ext_port;
	m->ext_index = index;
	m->proto = flow->proto;
	m->expires = jiffies;
	if (ports)
		mape_ports_get(ports, index);
	count_mapping(nat, m->proto, 1);
	hlist_add_head_rcu(&m->inner_node, mapping_bucket(nat, flow));
	list_add_tail_rcu(&m->port_node,
			  port_bucket(nat, m->proto, m->ext_port));
	list_add(&m->idle_node, &nat->idle);
	return m;
}

static void mapping_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(mapping_cache,
			container_of(head, struct mape_mapping, rcu));
}

/**
 * mape_table_remove_mapping - remove a mapping and all its sessions
 * @nat: the NAT
 * @m: the mapping
 *
 * Context: the lock; not inside a walk through sessions.
 */
void mape_table_remove_mapping(struct mape_nat *nat, struct mape_mapping *m)
{
	struct mape_ports *ports = mape_table_ports(nat, m->proto);
	struct mape_session *s;
	struct hlist_node *next;

	lockdep_assert_held(&nat->lock);
	hlist_for_each_entry_safe(s, next, &m->sessions, of_mapping)
		mape_table_remove_session(nat, s);
	/* Where it may be now. */
	list_del(&m->idle_node);
	hlist_del_rcu(&m->inner_node);
	list_del_rcu(&m->port_node);
	count_mapping(nat, m->proto, -1);
	if (ports)
		mape_ports_put(ports, m->ext_index);
	if (m->proto == IPPROTO_UDP) {
		struct mape_port_past *past = &nat->past[m->ext_index];

		past->host = m->inner;
		past->until = jiffies +
			      READ_ONCE(nat->lifetime[MAPE_TIMEOUT_QUARANTINE]);
	}
	call_rcu(&m->rcu, mapping_free_rcu);
}

/**
 * mape_table_new_session - memory for a session, if there may be one more
 * @nat: the NAT
 * @inner: address of the inner host
 *
 * Context: the lock.
 *
 * Return: a zeroed session but for its host; an error: -ENOSPC if there are as
 * many as allowed, -EDQUOT if that host has, -ENOMEM.
 */
struct mape_session *mape_table_new_session(struct mape_nat *nat, __be32 inner)
{
	struct mape_session *s;

	lockdep_assert_held(&nat->lock);
	if (nat->sessions >= nat->sessions_max)
		return ERR_PTR(-ENOSPC);
	s = kmem_cache_zalloc(session_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return ERR_PTR(-ENOMEM);
	s->host = host_get(nat, inner);
	if (!s->host) {
		kmem_cache_free(session_cache, s);
		return ERR_PTR(-ENOMEM);
	}
	if (s->host->sessions > nat->sessions_per_host) {
		mape_table_drop_session(nat, s);
		return ERR_PTR(-EDQUOT);
	}
	return s;
}

/**
 * mape_table_drop_session - undo mape_table_new_session()
 * @nat: the NAT
 * @s: a session that has not been added
 *
 * Context: the lock.
 */
void mape_table_drop_session(struct mape_nat *nat, struct mape_session *s)
{
	lockdep_assert_held(&nat->lock);
	host_put(s->host);
	kmem_cache_free(session_cache, s);
}

/**
 * mape_table_add_session - make a session known
 * @nat: the NAT
 * @s: the session, complete
 *
 * Context: the lock.
 */
void mape_table_add_session(struct mape_nat *nat, struct mape_session *s)
{
	struct mape_mapping *m = s->mapping;

	lockdep_assert_held(&nat->lock);
	if (s->confirmed)
		m->confirmed++;
	else
		m->unconfirmed++;
	if (m->confirmed)
		list_del_init(&m->idle_node);
	if (!nat->sessions)
		queue_delayed_work(system_power_efficient_wq, &nat->gc,
				   nat->second);
	WRITE_ONCE(nat->sessions, nat->sessions + 1);
	hlist_add_head(&s->of_mapping, &m->sessions);
	list_add(&s->of_host, &s->host->list);
	hlist_add_head_rcu(&s->inner_node, inner_bucket(nat, &s->flow));
	hlist_add_head_rcu(&s->outer_node, outer_bucket(nat, &s->flow));
	hlist_add_head_rcu(&s->peer_node, peer_bucket(nat, &s->flow));
}

static void session_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(session_cache,
			container_of(head, struct mape_session, rcu));
}

/**
 * mape_table_remove_session - remove a session
 * @nat: the NAT
 * @s: the session
 *
 * Context: the lock. Its mapping, if it was the last one, goes when the lock
 * is released.
 */
void mape_table_remove_session(struct mape_nat *nat, struct mape_session *s)
{
	struct mape_mapping *m = s->mapping;

	lockdep_assert_held(&nat->lock);
	hlist_del_rcu(&s->inner_node);
	hlist_del_rcu(&s->outer_node);
	hlist_del_rcu(&s->peer_node);
	hlist_del(&s->of_mapping);
	list_del(&s->of_host);
	WRITE_ONCE(nat->sessions, nat->sessions - 1);
	host_put(s->host);
	if (!s->confirmed)
		m->unconfirmed--;
	else if (!--m->confirmed && !m->is_static)
		list_add(&m->idle_node, &nat->idle);
	call_rcu(&s->rcu, session_free_rcu);
}

/**
 * mape_table_lock - before anything is added or removed
 * @nat: the NAT
 *
 * Context: any but hard interrupts.
 */
void mape_table_lock(struct mape_nat *nat)
	__acquires(&nat->lock)
{
	spin_lock_bh(&nat->lock);
}

/**
 * mape_table_unlock - afterwards
 * @nat: the NAT
 *
 * Removes the mappings that have become idle in between.
 */
void mape_table_unlock(struct mape_nat *nat)
	__releases(&nat->lock)
{
	struct mape_mapping *m;

	while (unlikely(!list_empty(&nat->idle))) {
		m = list_first_entry(&nat->idle, struct mape_mapping,
				     idle_node);
		mape_table_remove_mapping(nat, m);
	}
	spin_unlock_bh(&nat->lock);
}

/**
 * mape_table_create - make the tables
 * @nat: the NAT, with its port set
 * @sessions: how many sessions there may be
 *
 * They have half as many buckets and do not grow. Context: process.
 *
 * Return: 0, or -ENOMEM with nothing left.
 */
int mape_table_create(struct mape_nat *nat, u32 sessions)
{
	u32 i, buckets = roundup_pow_of_two((sessions + 1) / 2);

	/* Four tables are one allocation. */
	nat->inner = kvcalloc(4 * buckets, sizeof(*nat->inner),
			      GFP_KERNEL_ACCOUNT);
	if (!nat->inner)
		return -ENOMEM;
	nat->outer = nat->inner + buckets;
	nat->peers = nat->outer + buckets;
	nat->mappings = nat->peers + buckets;
	nat->hash_mask = buckets - 1;

	/* No more buckets than mappings may have different ports. */
	nat->port_bits = ilog2(roundup_pow_of_two(min(buckets,
						      4 * nat->set.count + 1)));
	nat->by_port = kvmalloc_array(1U << nat->port_bits,
				      sizeof(*nat->by_port),
				      GFP_KERNEL_ACCOUNT);
	nat->hosts = kcalloc(1U << HOST_BITS, sizeof(*nat->hosts),
			     GFP_KERNEL_ACCOUNT);
	if (!nat->by_port || !nat->hosts) {
		mape_table_destroy(nat);
		return -ENOMEM;
	}
	for (i = 0; i < 1U << nat->port_bits; i++)
		INIT_LIST_HEAD(&nat->by_port[i]);
	INIT_LIST_HEAD(&nat->idle);
	get_random_bytes(&nat->key, sizeof(nat->key));
	spin_lock_init(&nat->lock);
	return 0;
}

/**
 * mape_table_destroy - free the tables
 * @nat: the NAT; there is nothing in them
 *
 * Context: process.
 */
void mape_table_destroy(struct mape_nat *nat)
{
	kfree(nat->hosts);
	kvfree(nat->by_port);
	kvfree(nat->inner);
}

/**
 * mape_table_init - get ready for mape_table_create(); at module load
 *
 * Return: 0 or -ENOMEM.
 */
int __init mape_table_init(void)
{
	session_cache = KMEM_CACHE(mape_session, SLAB_HWCACHE_ALIGN);
	if (!session_cache)
		return -ENOMEM;
	mapping_cache = KMEM_CACHE(mape_mapping, 0);
	if (!mapping_cache) {
		kmem_cache_destroy(session_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * mape_table_exit - undo mape_table_init(); at module unload, all NATs destroyed
 */
void mape_table_exit(void)
{
	/* for session_free_rcu() and mapping_free_rcu() */
	rcu_barrier();
	kmem_cache_destroy(mapping_cache);
	kmem_cache_destroy(session_cache);
}
