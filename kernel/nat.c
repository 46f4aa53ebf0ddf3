// SPDX-License-Identifier: GPL-2.0
/*
 * NAPT44 with endpoint-independent mapping over a small port set.
 *
 * A mapping gives an inner endpoint (protocol, address, port) one external
 * port, whatever the peer (RFC 4787 REQ-1). A session is one conversation of
 * an endpoint with a peer. Several mappings may have the same external port
 * as long as (port, peer address, peer port) stays unique (RFC 7857 section
 * 3): only when two endpoints with one port talk to the same peer does one of
 * these sessions take a second port.
 *
 * A packet of a known session costs one look-up under RCU and no lock. The
 * lock is for those who add and remove sessions.
 */
#include <linux/err.h>
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "nat.h"

/* All sessions are visited in this many seconds. */
#define GC_ROUND	60

/**
 * struct mape_mapping - an inner endpoint and its external port
 * @node: in mape_nat.mappings
 * @inner: address of the inner host
 * @inner_port: port of the inner host
 * @proto: protocol number
 * @ext_index: number of the external port in the set
 * @sessions: how many sessions it has; goes with the last one
 *
 * All under mape_nat.lock.
 */
struct mape_mapping {
	struct hlist_node node;
	__be32 inner;
	__be16 inner_port;
	u8 proto;
	u32 ext_index;
	u32 sessions;
};

/**
 * struct mape_session - one conversation
 * @inner_node: in mape_nat.inner
 * @outer_node: in mape_nat.outer
 * @flow: addresses, ports and protocol; constant
 * @class: enum mape_class; constant
 * @state: enum mape_state. Written without lock: two packets at the same time
 *	may lose one transition, as if one of them had been lost
 * @expires: jiffies when its idle time ends; written without lock as well, a
 *	lost write is a tick
 * @mapping: of its endpoint; under mape_nat.lock
 * @rcu: for freeing it
 */
struct mape_session {
	struct hlist_node inner_node;
	struct hlist_node outer_node;
	struct mape_flow flow;
	u8 class;
	u8 state;
	unsigned long expires;
	struct mape_mapping *mapping;
	struct rcu_head rcu;
};

/* The protocols have a full set of ports each (RFC 7857 section 5). */
enum { PORTS_TCP, PORTS_UDP, PORTS_ICMP, PORTS_MAX };

/**
 * struct mape_nat - the NAT of one device, for one address and port set
 * @inner: sessions by inner endpoint and peer
 * @outer: sessions by external port and peer
 * @key: of the hash
 * @hash_mask: number of buckets of each table less one
 * @sessions_max: most sessions allowed
 * @set: the port set
 * @lock: for the members below and all changes of the tables
 * @mappings: mappings by inner endpoint
 * @ports: use of the ports, by protocol
 * @sessions: number of sessions; read without lock for display
 * @eim_breaks: see struct mape_nat_usage; likewise
 * @gc_bucket: where the collector goes on
 * @gc: the collector
 */
struct mape_nat {
	struct hlist_head *inner;
	struct hlist_head *outer;
	hsiphash_key_t key;
	u32 hash_mask;
	u32 sessions_max;
	struct mape_portset set;

	spinlock_t lock ____cacheline_aligned_in_smp;
	struct hlist_head *mappings;
	struct mape_ports *ports[PORTS_MAX];
	u32 sessions;
	u32 eim_breaks;
	u32 gc_bucket;
	struct delayed_work gc;
};

static struct kmem_cache *session_cache __read_mostly;
static struct kmem_cache *mapping_cache __read_mostly;

static struct mape_ports *ports_of(const struct mape_nat *nat, u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return nat->ports[PORTS_TCP];
	case IPPROTO_UDP:
		return nat->ports[PORTS_UDP];
	default:
		return nat->ports[PORTS_ICMP];
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

static struct hlist_head *mapping_bucket(const struct mape_nat *nat,
					 const struct mape_flow *flow)
{
	return &nat->mappings[hsiphash_3u32((__force u32)flow->inner,
					    (__force u32)flow->inner_port,
					    flow->proto, &nat->key) &
			      nat->hash_mask];
}

/* Under RCU, or the lock. */
static struct mape_session *find_inner(const struct mape_nat *nat,
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

/* Under RCU, or the lock. */
static struct mape_session *find_outer(const struct mape_nat *nat,
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

static struct mape_mapping *find_mapping(const struct mape_nat *nat,
					 const struct mape_flow *flow)
{
	struct mape_mapping *m;

	hlist_for_each_entry(m, mapping_bucket(nat, flow), node) {
		if (m->inner == flow->inner &&
		    m->inner_port == flow->inner_port &&
		    m->proto == flow->proto)
			return m;
	}
	return NULL;
}

static bool session_expired(const struct mape_session *s)
{
	return time_after(jiffies, READ_ONCE(s->expires));
}

static void session_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(session_cache,
			container_of(head, struct mape_session, rcu));
}

static void mapping_put(struct mape_nat *nat, struct mape_mapping *m)
{
	if (--m->sessions)
		return;
	mape_ports_put(ports_of(nat, m->proto), m->ext_index);
	hlist_del(&m->node);
	kmem_cache_free(mapping_cache, m);
}

static void session_remove(struct mape_nat *nat, struct mape_session *s)
{
	lockdep_assert_held(&nat->lock);
	hlist_del_rcu(&s->inner_node);
	hlist_del_rcu(&s->outer_node);
	WRITE_ONCE(nat->sessions, nat->sessions - 1);
	mapping_put(nat, s->mapping);
	call_rcu(&s->rcu, session_free_rcu);
}

/*
 * May this flow have that port? It may unless somebody talks to the same peer
 * from it. Sets flow->ext_port.
 */
static bool port_possible(struct mape_nat *nat, struct mape_flow *flow,
			  u32 index)
{
	struct mape_session *s;

	flow->ext_port = htons(mape_portset_port(&nat->set, index));
	s = find_outer(nat, flow);
	if (!s)
		return true;
	if (!session_expired(s))
		return false;
	session_remove(nat, s);
	return true;
}

/*
 * The possible port with the fewest endpoints. The search starts anywhere, so
 * that the choice is hard to guess, and looks at each port at most once.
 */
static bool pick_shared_port(struct mape_nat *nat, struct mape_flow *flow,
			     u32 *index)
{
	const struct mape_ports *ports = ports_of(nat, flow->proto);
	u32 best = MAPE_PORT_WITHHELD, n = ports->count;
	u32 i = get_random_u32_below(n);

	for (; n && best; n--, i = i + 1 < ports->count ? i + 1 : 0) {
		if (ports->port[i].endpoints >= best ||
		    !port_possible(nat, flow, i))
			continue;
		/* port_possible() may just have freed it */
		best = ports->port[i].endpoints;
		*index = i;
	}
	if (best == MAPE_PORT_WITHHELD)
		return false;
	flow->ext_port = htons(mape_portset_port(&nat->set, *index));
	return true;
}

/* A port for an endpoint that has none: its own number, else a random one. */
static bool pick_own_port(struct mape_nat *nat, struct mape_flow *flow,
			  u32 *index)
{
	const struct mape_ports *ports = ports_of(nat, flow->proto);
	u16 inner_port = ntohs(flow->inner_port);

	if (mape_portset_has(&nat->set, inner_port)) {
		*index = mape_portset_index(&nat->set, inner_port);
		if (!ports->port[*index].endpoints &&
		    port_possible(nat, flow, *index))
			return true;
	}
	if (ports->free) {
		*index = mape_ports_nth_free(ports,
					     get_random_u32_below(ports->free));
		if (port_possible(nat, flow, *index))
			return true;
	}
	return pick_shared_port(nat, flow, index);
}

static struct mape_mapping *mapping_create(struct mape_nat *nat,
					   struct mape_flow *flow)
{
	struct mape_mapping *m;
	u32 index;

	if (!pick_own_port(nat, flow, &index))
		return ERR_PTR(-EADDRINUSE);
	m = kmem_cache_alloc(mapping_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->inner = flow->inner;
	m->inner_port = flow->inner_port;
	m->proto = flow->proto;
	m->ext_index = index;
	m->sessions = 1;
	mape_ports_get(ports_of(nat, m->proto), index);
	hlist_add_head(&m->node, mapping_bucket(nat, flow));
	return m;
}

/*
 * Find the port of a new flow, and its endpoint's mapping with the flow's
 * session counted. The mapping's own port is only left when somebody else
 * talks to this very peer from it.
 */
static struct mape_mapping *flow_bind(struct mape_nat *nat,
				      struct mape_flow *flow)
{
	struct mape_mapping *m = find_mapping(nat, flow);
	u32 index;

	if (!m)
		return mapping_create(nat, flow);
	/* First: port_possible() may collect the session it lives by. */
	m->sessions++;
	if (port_possible(nat, flow, m->ext_index))
		return m;
	if (!pick_shared_port(nat, flow, &index)) {
		mapping_put(nat, m);
		return ERR_PTR(-EADDRINUSE);
	}
	WRITE_ONCE(nat->eim_breaks, nat->eim_breaks + 1);
	return m;
}

/*
 * Most packets find nothing to write: the end is put off a second at a time,
 * and lies that second later so that no session ends early.
 */
static void session_touch(struct mape_session *s, enum mape_state state)
{
	unsigned long lifetime = mape_timeout_seconds(s->class, state) + 1;
	unsigned long expires = jiffies + lifetime * HZ;

	if (READ_ONCE(s->state) != state)
		WRITE_ONCE(s->state, state);
	if (expires - READ_ONCE(s->expires) >= HZ)
		WRITE_ONCE(s->expires, expires);
}

static enum mape_nat_result session_create(struct mape_nat *nat,
					   struct mape_flow *flow)
{
	struct mape_mapping *m;
	struct mape_session *s;

	lockdep_assert_held(&nat->lock);
	if (nat->sessions >= nat->sessions_max)
		return MAPE_NAT_TABLE_FULL;
	s = kmem_cache_alloc(session_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return MAPE_NAT_TABLE_FULL;
	m = flow_bind(nat, flow);
	if (IS_ERR(m)) {
		kmem_cache_free(session_cache, s);
		return PTR_ERR(m) == -ENOMEM ? MAPE_NAT_TABLE_FULL :
					       MAPE_NAT_EXHAUSTED;
	}
	s->flow = *flow;
	s->mapping = m;
	s->class = mape_timeout_class(flow->proto, ntohs(flow->remote_port));
	s->expires = jiffies;
	session_touch(s, mape_state_first(s->class, MAPE_OUT,
					  flow->tcp_flags));
	if (!nat->sessions)
		queue_delayed_work(system_power_efficient_wq, &nat->gc, HZ);
	WRITE_ONCE(nat->sessions, nat->sessions + 1);
	hlist_add_head_rcu(&s->inner_node, inner_bucket(nat, flow));
	hlist_add_head_rcu(&s->outer_node, outer_bucket(nat, flow));
	return MAPE_NAT_OK;
}

/**
 * mape_nat_outbound - translate the source of a packet from inside
 * @nat: the NAT
 * @flow: inner endpoint and peer; the external port is filled in
 *
 * Creates session and mapping as needed, refreshes the session (RFC 4787
 * REQ-6). Context: softirq or BH disabled, RCU read side. Takes the NAT's lock
 * for a new session only.
 *
 * Return: MAPE_NAT_OK, MAPE_NAT_EXHAUSTED or MAPE_NAT_TABLE_FULL.
 */
enum mape_nat_result mape_nat_outbound(struct mape_nat *nat,
				       struct mape_flow *flow)
{
	struct mape_session *s = find_inner(nat, flow);
	enum mape_nat_result result;
	enum mape_state state;

	if (unlikely(!s)) {
		spin_lock(&nat->lock);
		s = find_inner(nat, flow);
		if (!s) {
			result = session_create(nat, flow);
			spin_unlock(&nat->lock);
			return result;
		}
		spin_unlock(&nat->lock);
	}
	/* One that has expired and not yet been collected starts afresh. */
	if (unlikely(session_expired(s)))
		state = mape_state_first(s->class, MAPE_OUT, flow->tcp_flags);
	else
		state = mape_state_next(s->class, READ_ONCE(s->state),
					MAPE_OUT, flow->tcp_flags);
	session_touch(s, state);
	flow->ext_port = s->flow.ext_port;
	return MAPE_NAT_OK;
}

/**
 * mape_nat_inbound - translate the destination of a packet from outside
 * @nat: the NAT
 * @flow: external port and peer; the inner endpoint is filled in
 *
 * Context: softirq or BH disabled, RCU read side. Takes no lock, and nothing
 * that comes from outside makes a session.
 *
 * Return: MAPE_NAT_OK or MAPE_NAT_NO_SESSION.
 */
enum mape_nat_result mape_nat_inbound(struct mape_nat *nat,
				      struct mape_flow *flow)
{
	struct mape_session *s = find_outer(nat, flow);

	if (!s || session_expired(s))
		return MAPE_NAT_NO_SESSION;
	session_touch(s, mape_state_next(s->class, READ_ONCE(s->state),
					 MAPE_IN, flow->tcp_flags));
	flow->inner = s->flow.inner;
	flow->inner_port = s->flow.inner_port;
	return MAPE_NAT_OK;
}

static void collect_bucket(struct mape_nat *nat, struct hlist_head *bucket,
			   bool all)
{
	struct mape_session *s;
	struct hlist_node *next;

	if (hlist_empty(bucket))
		return;
	spin_lock_bh(&nat->lock);
	hlist_for_each_entry_safe(s, next, bucket, inner_node) {
		if (all || session_expired(s))
			session_remove(nat, s);
	}
	spin_unlock_bh(&nat->lock);
}

/* Visits a part of the table a second, as long as there are sessions. */
static void collect(struct work_struct *work)
{
	struct mape_nat *nat = container_of(to_delayed_work(work),
					    struct mape_nat, gc);
	u32 n = nat->hash_mask / GC_ROUND + 1;

	while (n--) {
		collect_bucket(nat, &nat->inner[nat->gc_bucket], false);
		nat->gc_bucket = (nat->gc_bucket + 1) & nat->hash_mask;
		cond_resched();
	}
	spin_lock_bh(&nat->lock);
	if (nat->sessions)
		queue_delayed_work(system_power_efficient_wq, &nat->gc, HZ);
	spin_unlock_bh(&nat->lock);
}

/**
 * mape_nat_usage - read how full the tables are
 * @nat: the NAT
 * @usage: filled in
 *
 * Context: any.
 */
void mape_nat_usage(const struct mape_nat *nat, struct mape_nat_usage *usage)
{
	usage->sessions = READ_ONCE(nat->sessions);
	usage->sessions_max = nat->sessions_max;
	usage->eim_breaks = READ_ONCE(nat->eim_breaks);
}

static void nat_free(struct mape_nat *nat)
{
	unsigned int i;

	for (i = 0; i < PORTS_MAX; i++)
		kvfree(nat->ports[i]);
	kvfree(nat->inner);
	kfree(nat);
}

/**
 * mape_nat_create - make the NAT of an address and port set
 * @set: the port set
 * @sessions_max: most sessions, at least 1
 *
 * The tables have half as many buckets as there may be sessions and do not
 * grow. Context: process.
 *
 * Return: the NAT, or NULL without memory.
 */
struct mape_nat *mape_nat_create(const struct mape_portset *set,
				 u32 sessions_max)
{
	u32 i, buckets = roundup_pow_of_two((sessions_max + 1) / 2);
	struct mape_nat *nat;

	nat = kzalloc(sizeof(*nat), GFP_KERNEL_ACCOUNT);
	if (!nat)
		return NULL;
	for (i = 0; i < PORTS_MAX; i++) {
		nat->ports[i] = kvzalloc(mape_ports_size(set),
					 GFP_KERNEL_ACCOUNT);
		if (!nat->ports[i])
			goto err_free;
		mape_ports_init(nat->ports[i], set);
	}
	/* The three tables are one allocation. */
	nat->inner = kvcalloc(3 * buckets, sizeof(*nat->inner),
			      GFP_KERNEL_ACCOUNT);
	if (!nat->inner)
		goto err_free;
	nat->outer = nat->inner + buckets;
	nat->mappings = nat->outer + buckets;
	nat->hash_mask = buckets - 1;
	nat->sessions_max = sessions_max;
	nat->set = *set;
	get_random_bytes(&nat->key, sizeof(nat->key));
	spin_lock_init(&nat->lock);
	INIT_DELAYED_WORK(&nat->gc, collect);
	return nat;

err_free:
	nat_free(nat);
	return NULL;
}

/**
 * mape_nat_destroy - free a NAT and all its sessions
 * @nat: the NAT, or NULL; no packet can reach it any more and a grace period
 *	has passed since
 *
 * Context: process.
 */
void mape_nat_destroy(struct mape_nat *nat)
{
	u32 i;

	if (!nat)
		return;
	cancel_delayed_work_sync(&nat->gc);
	for (i = 0; i <= nat->hash_mask; i++) {
		collect_bucket(nat, &nat->inner[i], true);
		cond_resched();
	}
	nat_free(nat);
}

/**
 * mape_nat_init - get ready for mape_nat_create(); at module load
 *
 * Return: 0 or -ENOMEM.
 */
int __init mape_nat_init(void)
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
 * mape_nat_exit - undo mape_nat_init(); at module unload, all NATs destroyed
 */
void mape_nat_exit(void)
{
	/* for session_free_rcu() */
	rcu_barrier();
	kmem_cache_destroy(mapping_cache);
	kmem_cache_destroy(session_cache);
}
