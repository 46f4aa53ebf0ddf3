// SPDX-License-Identifier: GPL-2.0
/*
 * Which external port a session gets: endpoint-independent first, refused
 * last.
 *
 *  - An endpoint without a port gets its own number if that is in the set and
 *    free, else a random free one.
 *  - When none is free it shares: a port serves any number of endpoints as long
 *    as they have different peers (RFC 7857 section 3).
 *  - When somebody else talks to the same peer by the endpoint's port, that
 *    session gets another one.
 *  - When every port is used towards that peer, a session that is over gives
 *    way. A live one never does, so the new one is refused.
 *
 * All functions set flow->ext_port, and are called with the lock. A search
 * looks at each port of the set at most once, and at SEARCH_MAX of them.
 */
#include <linux/gcd.h>
#include <linux/random.h>

#include "allocate.h"
#include "table.h"

/* Seconds after which an ended, and a half-open TCP session may give way. */
#define CLOSED_RECLAIM	60
#define SYN_RECLAIM	60

/* Seconds that are left to the last segments of a closed TCP session. */
#define CLOSED_LINGER	10

/* Ports of a set that are looked at for one flow: all, unless it is huge. */
#define SEARCH_MAX	4096

/* Sessions that are looked at when there may be no more. */
#define ROOM_SEARCH	64

/**
 * struct victim - a session that may give way
 * @s: the session, or NULL
 * @rank: the lower, the sooner
 */
struct victim {
	struct mape_session *s;
	unsigned int rank;
};

/* In this order they give way. */
enum {
	RANK_CLOSED,
	RANK_SYN,
	RANK_UDP,
	RANK_LIVE,
};

static bool older_than(const struct mape_nat *nat,
		       const struct mape_session *s, unsigned long age)
{
	return time_after(jiffies, READ_ONCE(s->since) + age);
}

static unsigned int rank_tcp(const struct mape_nat *nat,
			     const struct mape_session *s,
			     const struct mape_segment *seg)
{
	switch (READ_ONCE(s->state)) {
	case MAPE_TCP_FIN_BOTH:
	case MAPE_TCP_TRANS:
		if (older_than(nat, s, CLOSED_RECLAIM * nat->second))
			return RANK_CLOSED;
		return seg->flags & MAPE_TCP_SYN &&
		       mape_tcp_beyond(&s->tcp, seg) ? RANK_CLOSED : RANK_LIVE;
	case MAPE_TCP_INIT_OUT:
	case MAPE_TCP_INIT_IN:
		if (older_than(nat, s, SYN_RECLAIM * nat->second))
			return RANK_SYN;
		return RANK_LIVE;
	default:
		return RANK_LIVE;
	}
}

static unsigned int rank(const struct mape_nat *nat,
			 const struct mape_session *s,
			 const struct mape_segment *seg)
{
	unsigned long age = READ_ONCE(nat->lifetime[MAPE_TIMEOUT_UDP_RECLAIM]);

	if (s->class == MAPE_CLASS_TCP)
		return rank_tcp(nat, s, seg);
	if (s->flow.proto == IPPROTO_UDP && age &&
	    READ_ONCE(s->state) == MAPE_NEW && older_than(nat, s, age))
		return RANK_UDP;
	return RANK_LIVE;
}

/* Of those of one rank, the oldest. */
static void consider(const struct mape_nat *nat, struct victim *victim,
		     struct mape_session *s, const struct mape_segment *seg)
{
	unsigned int r = rank(nat, s, seg);

	if (r == RANK_LIVE)
		return;
	if (victim->s && (r > victim->rank ||
			  (r == victim->rank &&
			   !time_before(s->since, victim->s->since))))
		return;
	victim->s = s;
	victim->rank = r;
}

/*
 * The session in the way of a flow, if it used that port. One that has
 * expired goes.
 */
static struct mape_session *in_the_way(struct mape_nat *nat,
				       struct mape_flow *flow, u32 index)
{
	struct mape_session *s;

	flow->ext_port = 0;
	if (mape_table_ports(nat, flow->proto))
		flow->ext_port = htons(mape_portset_port(&nat->set, index));
	s = mape_table_outer(nat, flow);
	if (!s || !mape_session_expired(s))
		return s;
	mape_table_remove_session(nat, s);
	return NULL;
}

/**
 * mape_allocate_same - may a flow have its endpoint's port?
 * @nat: the NAT
 * @flow: the flow
 * @index: number of the port
 */
bool mape_allocate_same(struct mape_nat *nat, struct mape_flow *flow,
			u32 index)
{
	return !in_the_way(nat, flow, index);
}

/* A step that comes by every one of @n places, in an order hard to guess. */
static u32 random_stride(u32 n)
{
	u32 stride;

	do {
		stride = 1 + get_random_u32_below(n);
	} while (gcd(stride, n) != 1);
	return stride;
}

/* The possible port with the fewest endpoints, but no fewer than that. */
static bool pick(struct mape_nat *nat, struct mape_flow *flow, u32 least,
		 u32 *index, struct victim *victim,
		 const struct mape_segment *seg)
{
	const struct mape_ports *ports = mape_table_ports(nat, flow->proto);
	u32 best = U32_MAX, n = min_t(u32, ports->count, SEARCH_MAX);
	u32 i = get_random_u32_below(ports->count);
	u32 stride = random_stride(ports->count);
	struct mape_session *s;

	for (; n && best > least; n--, i = (i + stride) % ports->count) {
		const struct mape_port *port = &ports->port[i];

		if (port->withheld || port->endpoints < least ||
		    port->endpoints >= best)
			continue;
		s = in_the_way(nat, flow, i);
		if (s) {
			consider(nat, victim, s, seg);
			continue;
		}
		best = port->endpoints;
		*index = i;
	}
	if (best == U32_MAX)
		return false;
	flow->ext_port = htons(mape_portset_port(&nat->set, *index));
	return true;
}

/* Any port without a session with this peer, or one whose session is over. */
static bool pick_any(struct mape_nat *nat, struct mape_flow *flow,
		     const struct mape_segment *seg, u32 *index)
{
	struct victim victim = {};

	if (pick(nat, flow, 0, index, &victim, seg))
		return true;
	if (!victim.s)
		return false;
	flow->ext_port = victim.s->flow.ext_port;
	*index = mape_portset_index(&nat->set, ntohs(flow->ext_port));
	mape_table_remove_session(nat, victim.s);
	return true;
}

/* A port that another host has had a moment ago (RFC 6888 REQ-8). */
static bool quarantined(const struct mape_nat *nat,
			const struct mape_flow *flow, u32 index)
{
	const struct mape_port_past *past = &nat->past[index];

	return flow->proto == IPPROTO_UDP && past->host &&
	       past->host != flow->inner && time_before(jiffies, past->until);
}

static bool pick_number(struct mape_nat *nat, struct mape_flow *flow,
			u32 *index)
{
	const struct mape_ports *ports = mape_table_ports(nat, flow->proto);
	u16 port = ntohs(flow->inner_port);

	if (!mape_portset_has(&nat->set, port))
		return false;
	*index = mape_portset_index(&nat->set, port);
	return !ports->port[*index].endpoints &&
	       !ports->port[*index].withheld &&
	       !quarantined(nat, flow, *index) &&
	       !in_the_way(nat, flow, *index);
}

/* A random one of the free ports; if it can be, one out of quarantine. */
static bool pick_free(struct mape_nat *nat, struct mape_flow *flow,
		      u32 *index)
{
	const struct mape_ports *ports = mape_table_ports(nat, flow->proto);
	u32 n = min_t(u32, ports->free, SEARCH_MAX), first, i, stride;

	if (!n)
		return false;
	first = get_random_u32_below(ports->free);
	stride = random_stride(ports->free);
	for (i = first; n--; i = (i + stride) % ports->free) {
		*index = mape_ports_nth_free(ports, i);
		if (!quarantined(nat, flow, *index) &&
		    !in_the_way(nat, flow, *index))
			return true;
	}
	*index = mape_ports_nth_free(ports, first);
	return !in_the_way(nat, flow, *index);
}

/* Few are left: those for whom a port of their own is no use shall share. */
static bool should_share(const struct mape_nat *nat,
			 const struct mape_flow *flow)
{
	const struct mape_ports *ports = mape_table_ports(nat, flow->proto);

	if (flow->proto != IPPROTO_UDP ||
	    ports->free >= max_t(u32, 16, ports->count / 4))
		return false;
	switch (ntohs(flow->remote_port)) {
	case 53:
	case 123:
	case 443:
	case 853:
		return true;
	default:
		return false;
	}
}

/**
 * mape_allocate_home - a port for an endpoint that has none
 * @nat: the NAT
 * @flow: its first flow
 * @seg: what its packet says of its connection
 * @index: number of the port, filled in
 *
 * Return: false if every port is used towards the peer.
 */
bool mape_allocate_home(struct mape_nat *nat, struct mape_flow *flow,
			const struct mape_segment *seg, u32 *index)
{
	struct victim nobody = {};

	if (!mape_table_ports(nat, flow->proto)) {
		*index = 0;
		return !in_the_way(nat, flow, 0);
	}
	if (should_share(nat, flow) &&
	    pick(nat, flow, 1, index, &nobody, seg))
		return true;
	return pick_number(nat, flow, index) || pick_free(nat, flow, index) ||
	       pick_any(nat, flow, seg, index);
}

/**
 * mape_allocate_other - a port for a flow that cannot have its endpoint's
 * @nat: the NAT
 * @flow: the flow
 * @seg: what its packet says of its connection
 *
 * Return: false if every port is used towards the peer.
 */
bool mape_allocate_other(struct mape_nat *nat, struct mape_flow *flow,
			 const struct mape_segment *seg)
{
	u32 index;

	return mape_table_ports(nat, flow->proto) &&
	       pick_any(nat, flow, seg, &index);
}

/* Is a session over, and only waiting for its time? */
static bool is_over(const struct mape_nat *nat, const struct mape_session *s)
{
	if (mape_session_expired(s))
		return true;
	switch (READ_ONCE(s->state)) {
	case MAPE_TCP_FIN_BOTH:
		return older_than(nat, s, CLOSED_LINGER * nat->second);
	case MAPE_TCP_TRANS:
		return older_than(nat, s, CLOSED_RECLAIM * nat->second);
	default:
		return false;
	}
}

/* The oldest of the host's; what is live goes back to the others. */
static bool room_of_host(struct mape_nat *nat, struct mape_host *host)
{
	unsigned int n = min_t(u32, host->sessions, ROOM_SEARCH);
	struct mape_session *s;

	while (n--) {
		s = list_last_entry(&host->list, struct mape_session, of_host);
		if (is_over(nat, s)) {
			mape_table_remove_session(nat, s);
			return true;
		}
		list_move(&s->of_host, &host->list);
	}
	return false;
}

/**
 * mape_allocate_room - let a session that is over give way to another
 * @nat: the NAT, which has as many as it may
 * @addr: an inner host: one of its sessions, if it has as many as it may
 *
 * A live one never does (RFC 6888 REQ-11). Looks at a few each time, and at
 * others the next.
 *
 * Return: false if it found none.
 */
bool mape_allocate_room(struct mape_nat *nat, __be32 addr)
{
	struct mape_host *host = mape_table_host(nat, addr);
	unsigned int n = ROOM_SEARCH;
	struct mape_session *s;
	struct hlist_node *next;
	bool found = false;

	if (host && host->sessions >= nat->sessions_per_host)
		return room_of_host(nat, host);
	while (n-- && !found) {
		nat->room_bucket = (nat->room_bucket + 1) & nat->hash_mask;
		hlist_for_each_entry_safe(s, next,
					  &nat->inner[nat->room_bucket],
					  inner_node) {
			if (!is_over(nat, s))
				continue;
			mape_table_remove_session(nat, s);
			found = true;
		}
	}
	return found;
}

/**
 * mape_allocate_fixed - any free port, for a static forward
 * @nat: the NAT
 * @flow: inner endpoint and protocol
 * @index: number of the port, filled in
 *
 * Return: false if none is free.
 */
bool mape_allocate_fixed(struct mape_nat *nat, struct mape_flow *flow,
			 u32 *index)
{
	return pick_number(nat, flow, index) || pick_free(nat, flow, index);
}
