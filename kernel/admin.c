// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator sees of a NAT, and changes: policy, static forwards,
 * sessions, numbers. No packet comes here.
 */
#include <linux/err.h>
#include <linux/sched.h>

#include "allocate.h"
#include "nat.h"
#include "table.h"

static bool is_reserved(const struct mape_nat *nat, u16 port)
{
	unsigned int i;

	for (i = 0; i < nat->n_reserved; i++) {
		if (port >= nat->reserved[i].first &&
		    port <= nat->reserved[i].last)
			return true;
	}
	return false;
}

static void reserve(struct mape_nat *nat, struct mape_ports *ports)
{
	u32 i;

	mape_table_lock(nat);
	for (i = 0; i < ports->count; i++) {
		if (is_reserved(nat, mape_portset_port(&nat->set, i)))
			mape_ports_withhold(ports, i, MAPE_PORT_RESERVED);
		else
			mape_ports_release(ports, i, MAPE_PORT_RESERVED);
	}
	mape_table_unlock(nat);
}

static bool matches(const struct mape_nat_filter *filter,
		    const struct mape_flow *flow)
{
	const struct mape_flow *want = &filter->flow;
	u32 f = filter->fields;

	return (!(f & MAPE_FILTER_PROTO) || flow->proto == want->proto) &&
	       (!(f & MAPE_FILTER_INNER) || flow->inner == want->inner) &&
	       (!(f & MAPE_FILTER_INNER_PORT) ||
		flow->inner_port == want->inner_port) &&
	       (!(f & MAPE_FILTER_EXT_PORT) ||
		flow->ext_port == want->ext_port) &&
	       (!(f & MAPE_FILTER_REMOTE) || flow->remote == want->remote) &&
	       (!(f & MAPE_FILTER_REMOTE_PORT) ||
		flow->remote_port == want->remote_port);
}

/* Has a session a port that is reserved now, or another endpoint's alone? */
static bool is_misplaced(const struct mape_nat *nat,
			 const struct mape_session *s, const void *unused)
{
	const struct mape_ports *ports = mape_table_ports(nat, s->flow.proto);

	return ports && !s->mapping->is_static &&
	       ports->port[mape_portset_index(&nat->set,
					      ntohs(s->flow.ext_port))].withheld;
}

typedef bool (*choose_t)(const struct mape_nat *nat,
			 const struct mape_session *s, const void *what);

static bool is_chosen(const struct mape_nat *nat, const struct mape_session *s,
		      const void *filter)
{
	return matches(filter, &s->flow);
}

static u32 remove_sessions(struct mape_nat *nat, choose_t choose,
			   const void *what)
{
	struct mape_session *s;
	struct hlist_node *next;
	u32 i, n = 0;

	for (i = 0; i <= nat->hash_mask; i++) {
		if (hlist_empty(&nat->inner[i]))
			continue;
		mape_table_lock(nat);
		hlist_for_each_entry_safe(s, next, &nat->inner[i],
					  inner_node) {
			if (!choose(nat, s, what))
				continue;
			mape_table_remove_session(nat, s);
			n++;
		}
		mape_table_unlock(nat);
		cond_resched();
	}
	return n;
}

/* Who has a port that is withheld now loses it. */
static void evict(struct mape_nat *nat)
{
	const struct mape_ports *ports;
	struct mape_mapping *m;
	struct hlist_node *next;
	u32 i;

	remove_sessions(nat, is_misplaced, NULL);
	for (i = 0; i <= nat->hash_mask; i++) {
		if (hlist_empty(&nat->mappings[i]))
			continue;
		mape_table_lock(nat);
		hlist_for_each_entry_safe(m, next, &nat->mappings[i],
					  inner_node) {
			ports = mape_table_ports(nat, m->proto);
			if (!m->is_static && ports &&
			    ports->port[m->ext_index].withheld)
				mape_table_remove_mapping(nat, m);
		}
		mape_table_unlock(nat);
		cond_resched();
	}
}

static void change_reserves(struct mape_nat *nat,
			    const struct mape_nat_policy *policy)
{
	size_t size = policy->n_reserves * sizeof(*policy->reserves);
	unsigned int i;

	if (policy->n_reserves == nat->n_reserved &&
	    !memcmp(policy->reserves, nat->reserved, size))
		return;
	memcpy(nat->reserved, policy->reserves, size);
	nat->n_reserved = policy->n_reserves;
	for (i = 0; i < MAPE_PORTS_MAX; i++)
		reserve(nat, nat->ports[i]);
	evict(nat);
}

/**
 * mape_nat_configure - change what the user may change
 * @nat: the NAT
 * @policy: how it shall be
 *
 * Times count from the next packet of a session. Context: process, one at a
 * time.
 */
void mape_nat_configure(struct mape_nat *nat,
			const struct mape_nat_policy *policy)
{
	unsigned int i;

	for (i = 1; i <= MAPE_TIMEOUT_MAX; i++)
		WRITE_ONCE(nat->lifetime[i],
			   policy->timeouts[i] * nat->second);
	WRITE_ONCE(nat->filtering, policy->filtering);
	WRITE_ONCE(nat->sessions_max, policy->sessions_max);
	WRITE_ONCE(nat->sessions_per_host, policy->sessions_per_host);
	change_reserves(nat, policy);
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
	unsigned int i;

	usage->sessions = READ_ONCE(nat->sessions);
	usage->sessions_max = READ_ONCE(nat->sessions_max);
	usage->sessions_per_host = READ_ONCE(nat->sessions_per_host);
	usage->eim_breaks = READ_ONCE(nat->eim_breaks);
	usage->mappings = 0;
	for (i = 0; i <= MAPE_PORTS_MAX; i++)
		usage->mappings += READ_ONCE(nat->n_mappings[i]);
}

/**
 * mape_nat_port_usage - read how the port set is used
 * @nat: the NAT
 * @i: number of the protocol, from 0
 * @usage: filled in
 *
 * Context: any but hard interrupts.
 *
 * Return: false if there are no more protocols.
 */
bool mape_nat_port_usage(struct mape_nat *nat, unsigned int i,
			 struct mape_port_usage *usage)
{
	static const u8 protos[MAPE_PORTS_MAX] = {
		[MAPE_PORTS_TCP] = IPPROTO_TCP,
		[MAPE_PORTS_UDP] = IPPROTO_UDP,
		[MAPE_PORTS_ICMP] = IPPROTO_ICMP,
		[MAPE_PORTS_UDPLITE] = IPPROTO_UDPLITE,
		[MAPE_PORTS_SCTP] = IPPROTO_SCTP,
		[MAPE_PORTS_DCCP] = IPPROTO_DCCP,
	};
	const struct mape_ports *ports;

	if (i >= MAPE_PORTS_MAX)
		return false;
	ports = nat->ports[i];
	mape_table_lock(nat);
	usage->proto = protos[i];
	usage->total = ports->count;
	usage->free = ports->free;
	usage->shared = ports->shared;
	usage->fixed = ports->fixed;
	usage->reserved = ports->reserved;
	usage->mappings = nat->n_mappings[i];
	mape_table_unlock(nat);
	return true;
}

/* In whole seconds of the NAT, rounded up. */
static u32 seconds_left(const struct mape_nat *nat, unsigned long expires)
{
	long left = expires - jiffies;

	return left > 0 ? DIV_ROUND_UP(left, nat->second) : 0;
}

/* Fill in @entry if the filter has it. */
typedef bool (*show_t)(const struct mape_nat *nat,
		       const struct hlist_node *node,
		       const struct mape_nat_filter *filter,
		       struct mape_nat_entry *entry);

static bool show_session(const struct mape_nat *nat,
			 const struct hlist_node *node,
			 const struct mape_nat_filter *filter,
			 struct mape_nat_entry *entry)
{
	const struct mape_session *s;

	s = hlist_entry(node, struct mape_session, inner_node);
	if (mape_session_expired(s) || !matches(filter, &s->flow))
		return false;
	entry->flow = s->flow;
	entry->state = READ_ONCE(s->state);
	entry->flags = (READ_ONCE(s->confirmed) ? 0 : MAPE_FLAG_UNCONFIRMED) |
		       (s->eim_break ? MAPE_FLAG_EIM_BREAK : 0);
	entry->expires = seconds_left(nat, READ_ONCE(s->expires));
	return true;
}

static bool show_mapping(const struct mape_nat *nat,
			 const struct hlist_node *node,
			 const struct mape_nat_filter *filter,
			 struct mape_nat_entry *entry)
{
	const struct mape_mapping *m;
	bool is_static;

	m = hlist_entry(node, struct mape_mapping, inner_node);
	is_static = READ_ONCE(m->is_static);
	if (filter->fields & MAPE_FILTER_STATIC && !is_static)
		return false;
	entry->flow.inner = m->inner;
	entry->flow.inner_port = m->inner_port;
	entry->flow.ext_port = m->ext_port;
	entry->flow.proto = m->proto;
	entry->flags = is_static ? MAPE_FLAG_STATIC : 0;
	entry->sessions = READ_ONCE(m->confirmed) + READ_ONCE(m->unconfirmed);
	if (!is_static)
		entry->expires = seconds_left(nat, READ_ONCE(m->expires));
	return matches(filter, &entry->flow);
}

/* Under RCU. One that @emit has refused comes again the next time. */
static int walk_bucket(const struct mape_nat *nat, struct hlist_head *bucket,
		       struct mape_nat_cursor *at, show_t show,
		       const struct mape_nat_filter *filter,
		       mape_nat_emit_t emit, void *ctx)
{
	const struct hlist_node *node;
	u32 n = 0;
	int ret;

	for (node = rcu_dereference(hlist_first_rcu(bucket)); node;
	     node = rcu_dereference(hlist_next_rcu(node))) {
		struct mape_nat_entry entry = {};

		if (n++ < at->skip || !show(nat, node, filter, &entry))
			continue;
		ret = emit(&entry, ctx);
		if (ret) {
			at->skip = n - 1;
			return ret;
		}
	}
	at->skip = 0;
	return 0;
}

static int walk(const struct mape_nat *nat, struct hlist_head *table,
		struct mape_nat_cursor *at, show_t show,
		const struct mape_nat_filter *filter, mape_nat_emit_t emit,
		void *ctx)
{
	int ret = 0;

	rcu_read_lock();
	while (at->bucket <= nat->hash_mask) {
		ret = walk_bucket(nat, &table[at->bucket], at, show, filter,
				  emit, ctx);
		if (ret)
			break;
		at->bucket++;
	}
	rcu_read_unlock();
	return ret;
}

/**
 * mape_nat_walk_sessions - show the sessions, from where one was
 * @nat: the NAT
 * @at: where to begin; afterwards where the walk has ended
 * @filter: which ones
 * @emit: called for each under RCU; what is not 0 ends the walk, and the next
 *	begins with that session
 * @ctx: for @emit
 *
 * Context: process.
 *
 * Return: 0 at the end, or what @emit returned.
 */
int mape_nat_walk_sessions(struct mape_nat *nat, struct mape_nat_cursor *at,
			   const struct mape_nat_filter *filter,
			   mape_nat_emit_t emit, void *ctx)
{
	return walk(nat, nat->inner, at, show_session, filter, emit, ctx);
}

/**
 * mape_nat_walk_mappings - show the mappings, from where one was
 * @nat: the NAT
 * @at: as for mape_nat_walk_sessions(), as are all other parameters
 * @filter: remote address and port are not to be in it
 * @emit: called for each
 * @ctx: for @emit
 *
 * Context: process.
 *
 * Return: 0 at the end, or what @emit returned.
 */
int mape_nat_walk_mappings(struct mape_nat *nat, struct mape_nat_cursor *at,
			   const struct mape_nat_filter *filter,
			   mape_nat_emit_t emit, void *ctx)
{
	return walk(nat, nat->mappings, at, show_mapping, filter, emit, ctx);
}

/**
 * mape_nat_flush - remove sessions
 * @nat: the NAT
 * @filter: which ones; all if it has no fields
 *
 * Context: process.
 *
 * Return: how many were removed.
 */
u32 mape_nat_flush(struct mape_nat *nat, const struct mape_nat_filter *filter)
{
	return remove_sessions(nat, is_chosen, filter);
}

/* Has a mapping a port that nobody else has, and it might keep? */
static bool has_own_port(const struct mape_ports *ports,
			 const struct mape_mapping *m)
{
	return m && ports->port[m->ext_index].endpoints == 1 &&
	       !ports->port[m->ext_index].withheld;
}

/* The port a forward asks for, or any. */
static int choose_port(struct mape_nat *nat, const struct mape_ports *ports,
		       struct mape_flow *flow, const struct mape_mapping *m,
		       u32 *index)
{
	struct mape_mapping *owner;

	if (!flow->ext_port && has_own_port(ports, m)) {
		flow->ext_port = m->ext_port;
		*index = m->ext_index;
		return 0;
	}
	if (!flow->ext_port)
		return mape_allocate_fixed(nat, flow, index) ? 0 : -ENOSPC;
	if (!mape_portset_has(&nat->set, ntohs(flow->ext_port)))
		return -ERANGE;
	*index = mape_portset_index(&nat->set, ntohs(flow->ext_port));
	owner = mape_table_owner(nat, flow);
	return owner && owner->is_static ? -EADDRINUSE : 0;
}

static int add_forward(struct mape_nat *nat, struct mape_ports *ports,
		       struct mape_flow *flow)
{
	struct mape_mapping *m = mape_table_mapping(nat, flow), *fixed = m;
	u32 index;
	int err;

	if (m && m->is_static)
		return -EADDRINUSE;
	err = choose_port(nat, ports, flow, m, &index);
	if (err)
		return err;
	if (!m || m->ext_index != index) {
		fixed = mape_table_add_mapping(nat, flow, index);
		if (!fixed)
			return -ENOMEM;
		/* From now on the endpoint has this port, no other. */
		if (m)
			mape_table_remove_mapping(nat, m);
	}
	WRITE_ONCE(fixed->is_static, true);
	list_del_init(&fixed->idle_node);
	mape_ports_withhold(ports, index, MAPE_PORT_STATIC);
	return 0;
}

/**
 * mape_nat_forward_add - let anyone outside reach an inner endpoint
 * @nat: the NAT
 * @flow: protocol, inner endpoint and external port, 0 for any; that is
 *	filled in
 *
 * A static mapping, both ways. Others lose their sessions by that port, and
 * the endpoint those by another. On a reserved port it goes before what the
 * port is reserved for. Context: process.
 *
 * Return: 0; -EPROTONOSUPPORT if the protocol has no ports; -ERANGE if the port
 * is not in the set; -EADDRINUSE if the port, or the endpoint, has a forward;
 * -ENOSPC if no port is free; -ENOMEM.
 */
int mape_nat_forward_add(struct mape_nat *nat, struct mape_flow *flow)
{
	struct mape_ports *ports = mape_table_ports(nat, flow->proto);
	int err;

	if (!ports || flow->proto == IPPROTO_ICMP)
		return -EPROTONOSUPPORT;
	mape_table_lock(nat);
	err = add_forward(nat, ports, flow);
	mape_table_unlock(nat);
	if (!err)
		evict(nat);
	return err;
}

/**
 * mape_nat_forward_del - undo mape_nat_forward_add()
 * @nat: the NAT
 * @proto: protocol number
 * @ext_port: external port
 *
 * Its sessions end. Context: process.
 *
 * Return: 0 or -ENOENT.
 */
int mape_nat_forward_del(struct mape_nat *nat, u8 proto, __be16 ext_port)
{
	struct mape_ports *ports = mape_table_ports(nat, proto);
	struct mape_flow flow = { .proto = proto, .ext_port = ext_port };
	struct mape_mapping *m;
	int err = -ENOENT;

	mape_table_lock(nat);
	m = mape_table_owner(nat, &flow);
	if (ports && m && m->is_static) {
		mape_ports_release(ports, m->ext_index, MAPE_PORT_STATIC);
		mape_table_remove_mapping(nat, m);
		err = 0;
	}
	mape_table_unlock(nat);
	return err;
}
