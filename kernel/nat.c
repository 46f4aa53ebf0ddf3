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
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "allocate.h"
#include "nat.h"
#include "table.h"

/* All sessions are visited in this many seconds. */
#define GC_ROUND	15

/* Sessions that others have begun and a mapping's endpoint not answered. */
#define BACKLOG_MAX	64

#ifdef DEBUG
/* Time runs faster for tests: no one waits two hours for a TCP session. */
static unsigned int jiffies_a_second = HZ;
module_param_named(second, jiffies_a_second, uint, 0600);
MODULE_PARM_DESC(second, "Jiffies in a second of the NATs to be made");
#else
#define jiffies_a_second	HZ
#endif

/* The end of a mapping is that of the session that lasts longest, or later. */
static void touch_mapping(struct mape_mapping *m, unsigned long was,
			  unsigned long expires)
{
	unsigned long end = READ_ONCE(m->expires);

	if (time_after(expires, end) ||
	    (end == was && READ_ONCE(m->confirmed) == 1))
		WRITE_ONCE(m->expires, expires);
}

/*
 * A SYN and the answer to it establish a connection (RFC 6146), but anyone may
 * have sent that SYN: it is only for long if the other side has got the answer.
 */
static enum mape_timeout lifetime_of(const struct mape_session *s,
				     enum mape_session_state state)
{
	if (state == MAPE_TCP_ESTABLISHED &&
	    unlikely(!READ_ONCE(s->tcp.side[MAPE_IN].acks)))
		return MAPE_TIMEOUT_TCP_SYN;
	return mape_timeout_of(s->class, state);
}

/*
 * Most packets find nothing to write: the end is put off a second at a time,
 * and lies that second later so that no session ends early. An RST never puts
 * it off (RFC 7857 section 7).
 */
static void touch(const struct mape_nat *nat, struct mape_session *s,
		  enum mape_session_state state, u8 flags)
{
	enum mape_timeout type = lifetime_of(s, state);
	unsigned long was = READ_ONCE(s->expires);
	unsigned long expires = jiffies + READ_ONCE(nat->lifetime[type]) +
				nat->second;

	if (READ_ONCE(s->state) != state) {
		WRITE_ONCE(s->state, state);
		WRITE_ONCE(s->since, jiffies);
	}
	if (expires - was < nat->second)
		return;
	if (unlikely(flags & MAPE_TCP_RST) && time_after(expires, was))
		return;
	WRITE_ONCE(s->expires, expires);
	if (READ_ONCE(s->confirmed))
		touch_mapping(s->mapping, was, expires);
}

/*
 * A SYN out of place is no reason to forget what was seen. What it acknowledges
 * counts: two who have called each other at once say so with a second SYN.
 */
static bool is_teaching(const struct mape_session *s,
			const struct mape_segment *seg)
{
	if (likely(!(seg->flags & MAPE_TCP_SYN)))
		return true;
	switch (READ_ONCE(s->state)) {
	case MAPE_TCP_ESTABLISHED:
	case MAPE_TCP_FIN_OUT:
	case MAPE_TCP_FIN_IN:
		return false;
	default:
		return true;
	}
}

/*
 * One more packet of a session. An RST that is not genuine changes nothing, and
 * nobody outside can make last what nobody inside has answered.
 */
static void update(const struct mape_nat *nat, struct mape_session *s,
		   enum mape_direction dir, const struct mape_segment *seg)
{
	if (s->class == MAPE_CLASS_TCP) {
		if (unlikely(seg->flags & MAPE_TCP_RST) &&
		    !mape_tcp_rst_genuine(&s->tcp, dir, seg))
			return;
		if (likely(is_teaching(s, seg)))
			mape_tcp_track(&s->tcp, dir, seg);
		else
			mape_tcp_track_ack(&s->tcp, dir, seg);
	}
	if (unlikely(dir == MAPE_IN && !READ_ONCE(s->confirmed)))
		return;
	touch(nat, s, mape_state_next(s->class, READ_ONCE(s->state), dir,
				      seg->flags), seg->flags);
}

/* The first packet of a session, or of one that had expired. */
static void begin(const struct mape_nat *nat, struct mape_session *s,
		  enum mape_direction dir, const struct mape_segment *seg)
{
	s->expires = jiffies;
	s->since = jiffies;
	mape_tcp_begin(&s->tcp);
	if (s->class == MAPE_CLASS_TCP)
		mape_tcp_track(&s->tcp, dir, seg);
	touch(nat, s, mape_state_first(s->class, dir, seg->flags), 0);
}

/* The inner endpoint has said something: now the mapping lives by it, too. */
static void confirm(struct mape_session *s)
{
	struct mape_mapping *m = s->mapping;

	if (s->confirmed)
		return;
	WRITE_ONCE(s->confirmed, true);
	if (time_after(s->expires, m->expires))
		WRITE_ONCE(m->expires, s->expires);
	m->unconfirmed--;
	m->confirmed++;
	list_del_init(&m->idle_node);
}

static enum mape_nat_result add_session(struct mape_nat *nat,
					struct mape_session *s,
					struct mape_mapping *m,
					enum mape_direction dir,
					const struct mape_segment *seg)
{
	s->mapping = m;
	s->confirmed = dir == MAPE_OUT;
	s->eim_break = s->flow.ext_port != m->ext_port;
	s->class = mape_timeout_class(s->flow.proto,
				      ntohs(s->flow.remote_port));
	begin(nat, s, dir, seg);
	mape_table_add_session(nat, s);
	return MAPE_NAT_OK;
}

static enum mape_nat_result why_not(long err)
{
	switch (err) {
	case -EADDRINUSE:
		return MAPE_NAT_EXHAUSTED;
	case -EDQUOT:
		return MAPE_NAT_HOST_LIMIT;
	default:
		return MAPE_NAT_TABLE_FULL;
	}
}

/* If need be in the place of one that is over. */
static struct mape_session *new_session(struct mape_nat *nat, __be32 inner)
{
	struct mape_session *s = mape_table_new_session(nat, inner);

	if (IS_ERR(s) && PTR_ERR(s) != -ENOMEM &&
	    mape_allocate_room(nat, inner))
		s = mape_table_new_session(nat, inner);
	return s;
}

/*
 * Find the port of a new flow, and its endpoint's mapping. The mapping's own
 * port is only left when somebody else talks to this very peer from it.
 */
static struct mape_mapping *bind(struct mape_nat *nat, struct mape_flow *flow,
				 const struct mape_segment *seg)
{
	struct mape_mapping *m = mape_table_mapping(nat, flow);
	u32 index;

	if (!m) {
		if (!mape_allocate_home(nat, flow, seg, &index))
			return ERR_PTR(-EADDRINUSE);
		m = mape_table_add_mapping(nat, flow, index);
		return m ? : ERR_PTR(-ENOMEM);
	}
	if (mape_allocate_same(nat, flow, m->ext_index))
		return m;
	if (!mape_allocate_other(nat, flow, seg))
		return ERR_PTR(-EADDRINUSE);
	WRITE_ONCE(nat->eim_breaks, nat->eim_breaks + 1);
	return m;
}

static enum mape_nat_result create_outbound(struct mape_nat *nat,
					    struct mape_flow *flow,
					    const struct mape_segment *seg)
{
	struct mape_mapping *m;
	struct mape_session *s;

	/* It may be news to a peer, but none that is worth a port. */
	if (seg->flags & MAPE_TCP_RST)
		return MAPE_NAT_NO_SESSION;
	s = new_session(nat, flow->inner);
	if (IS_ERR(s))
		return why_not(PTR_ERR(s));
	m = bind(nat, flow, seg);
	if (IS_ERR(m)) {
		mape_table_drop_session(nat, s);
		return why_not(PTR_ERR(m));
	}
	s->flow = *flow;
	return add_session(nat, s, m, MAPE_OUT, seg);
}

/* No session, or one that needs a change only the lock allows. */
static enum mape_nat_result outbound_slow(struct mape_nat *nat,
					  struct mape_flow *flow,
					  const struct mape_segment *seg)
{
	enum mape_nat_result result = MAPE_NAT_OK;
	struct mape_session *s;

	mape_table_lock(nat);
	s = mape_table_inner(nat, flow);
	if (!s || (mape_session_expired(s) && seg->flags & MAPE_TCP_RST)) {
		result = create_outbound(nat, flow, seg);
	} else {
		/* One that has not yet been collected starts afresh. */
		if (mape_session_expired(s))
			begin(nat, s, MAPE_OUT, seg);
		else
			update(nat, s, MAPE_OUT, seg);
		if (!(seg->flags & MAPE_TCP_RST))
			confirm(s);
		flow->ext_port = s->flow.ext_port;
	}
	mape_table_unlock(nat);
	return result;
}

/**
 * mape_nat_outbound - translate the source of a packet from inside
 * @nat: the NAT
 * @flow: inner endpoint and peer; the external port is filled in
 * @seg: what the packet says of its connection
 *
 * Creates session and mapping as needed, refreshes the session (RFC 4787
 * REQ-6). Context: softirq or BH disabled, RCU read side. Takes the NAT's lock
 * for a new session only.
 *
 * Return: MAPE_NAT_OK; MAPE_NAT_NO_SESSION for an RST of none;
 * MAPE_NAT_EXHAUSTED, MAPE_NAT_TABLE_FULL or MAPE_NAT_HOST_LIMIT.
 */
enum mape_nat_result mape_nat_outbound(struct mape_nat *nat,
				       struct mape_flow *flow,
				       const struct mape_segment *seg)
{
	struct mape_session *s = mape_table_inner(nat, flow);

	if (unlikely(!s || mape_session_expired(s) ||
		     !READ_ONCE(s->confirmed)))
		return outbound_slow(nat, flow, seg);
	update(nat, s, MAPE_OUT, seg);
	flow->ext_port = s->flow.ext_port;
	return MAPE_NAT_OK;
}

/*
 * Who inside takes a packet that is of no session (RFC 4787 section 5)? Of
 * endpoints with the same port it is the one that knows the sender's address,
 * else the first one to have the port.
 */
static struct mape_mapping *find_taker(const struct mape_nat *nat,
				       const struct mape_flow *flow,
				       bool hairpin)
{
	u8 filtering = READ_ONCE(nat->filtering);
	struct mape_mapping *owner, *known;

	owner = mape_table_owner(nat, flow);
	if (!owner || owner->is_static)
		return owner;
	/* Filtering is against those outside. */
	if (hairpin)
		filtering = MAPE_FILTERING_ENDPOINT;
	if (filtering == MAPE_FILTERING_ADDRESS_PORT)
		return NULL;
	known = mape_table_known(nat, flow);
	if (known || filtering == MAPE_FILTERING_ADDRESS)
		return known;
	return owner;
}

/*
 * Is there a session a mapping lives by, or are they just not collected? What
 * was not looked at lives until it is.
 */
static bool is_alive(struct mape_nat *nat, struct mape_mapping *m)
{
	unsigned int n = BACKLOG_MAX + 1;
	struct mape_session *s;
	struct hlist_node *next;

	if (m->is_static)
		return true;
	hlist_for_each_entry_safe(s, next, &m->sessions, of_mapping) {
		if (!n--)
			return true;
		if (mape_session_expired(s))
			mape_table_remove_session(nat, s);
		else if (s->confirmed)
			return true;
	}
	return false;
}

static enum mape_nat_result create_inbound(struct mape_nat *nat,
					   struct mape_flow *flow,
					   const struct mape_segment *seg,
					   bool hairpin)
{
	struct mape_mapping *m = find_taker(nat, flow, hairpin);
	struct mape_session *s;

	if (!m || !is_alive(nat, m))
		return MAPE_NAT_NO_SESSION;
	if (!m->is_static && m->unconfirmed >= BACKLOG_MAX)
		return MAPE_NAT_BACKLOG;
	flow->inner = m->inner;
	flow->inner_port = m->inner_port;
	/* It talks to that peer already, by another port? */
	s = mape_table_inner(nat, flow);
	if (s && !mape_session_expired(s))
		return MAPE_NAT_NO_SESSION;
	if (s)
		mape_table_remove_session(nat, s);
	s = new_session(nat, flow->inner);
	if (IS_ERR(s))
		return why_not(PTR_ERR(s));
	s->flow = *flow;
	return add_session(nat, s, m, MAPE_IN, seg);
}

/* May a packet begin a session from outside? Of connections, only an opening. */
static bool may_begin(const struct mape_flow *flow,
		      const struct mape_segment *seg)
{
	switch (flow->proto) {
	case IPPROTO_ICMP:
		return false;
	case IPPROTO_TCP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		/* With data, too (RFC 7413). */
		return (seg->flags & ~MAPE_TCP_DATA) == MAPE_TCP_SYN;
	default:
		return true;
	}
}

static enum mape_nat_result inbound_slow(struct mape_nat *nat,
					 struct mape_flow *flow,
					 const struct mape_segment *seg,
					 bool hairpin)
{
	enum mape_nat_result result;
	struct mape_session *s;

	mape_table_lock(nat);
	s = mape_table_outer(nat, flow);
	if (s && mape_session_expired(s)) {
		mape_table_remove_session(nat, s);
		s = NULL;
	}
	if (s) {
		update(nat, s, MAPE_IN, seg);
		flow->inner = s->flow.inner;
		flow->inner_port = s->flow.inner_port;
		result = MAPE_NAT_OK;
	} else {
		result = create_inbound(nat, flow, seg, hairpin);
	}
	mape_table_unlock(nat);
	return result;
}

/**
 * mape_nat_inbound - translate the destination of a packet from outside
 * @nat: the NAT
 * @flow: external port and peer; the inner endpoint is filled in
 * @seg: what the packet says of its connection
 * @hairpin: the packet is from inside, and was translated by
 *	mape_nat_outbound() before (RFC 4787 REQ-9)
 *
 * Context: softirq or BH disabled, RCU read side. Takes the NAT's lock only
 * for a session that the filtering lets others begin.
 *
 * Return: MAPE_NAT_OK; MAPE_NAT_PASS if the port is reserved;
 * MAPE_NAT_NO_SESSION, MAPE_NAT_BACKLOG, MAPE_NAT_TABLE_FULL or
 * MAPE_NAT_HOST_LIMIT.
 */
enum mape_nat_result mape_nat_inbound(struct mape_nat *nat,
				      struct mape_flow *flow,
				      const struct mape_segment *seg,
				      bool hairpin)
{
	struct mape_session *s = mape_table_outer(nat, flow);
	enum mape_nat_result result = MAPE_NAT_NO_SESSION;

	if (likely(s && !mape_session_expired(s))) {
		update(nat, s, MAPE_IN, seg);
		flow->inner = s->flow.inner;
		flow->inner_port = s->flow.inner_port;
		return MAPE_NAT_OK;
	}
	if (may_begin(flow, seg) && find_taker(nat, flow, hairpin))
		result = inbound_slow(nat, flow, seg, hairpin);
	if (result == MAPE_NAT_NO_SESSION &&
	    mape_nat_reserved(nat, flow->proto, flow->ext_port))
		return MAPE_NAT_PASS;
	return result;
}

/**
 * mape_nat_find_inner - find the external port of a session, and nothing else
 * @nat: the NAT
 * @flow: inner endpoint and peer; the external port is filled in
 *
 * For ICMP errors, which neither refresh nor end a session (RFC 5508 REQ-6).
 * Context: RCU read side.
 *
 * Return: false if there is no such session.
 */
bool mape_nat_find_inner(struct mape_nat *nat, struct mape_flow *flow)
{
	const struct mape_session *s = mape_table_inner(nat, flow);

	if (!s || mape_session_expired(s))
		return false;
	flow->ext_port = s->flow.ext_port;
	return true;
}

/**
 * mape_nat_find_outer - find the inner endpoint of a session, and nothing else
 * @nat: the NAT
 * @flow: external port and peer; the inner endpoint is filled in
 *
 * Context: RCU read side.
 *
 * Return: false if there is no such session.
 */
bool mape_nat_find_outer(struct mape_nat *nat, struct mape_flow *flow)
{
	const struct mape_session *s = mape_table_outer(nat, flow);

	if (!s || mape_session_expired(s))
		return false;
	flow->inner = s->flow.inner;
	flow->inner_port = s->flow.inner_port;
	return true;
}

/**
 * mape_nat_reserved - is a port not for the NAT?
 * @nat: the NAT
 * @proto: protocol number
 * @port: the port
 *
 * Context: any.
 *
 * Return: true if it is ours and reserved.
 */
bool mape_nat_reserved(const struct mape_nat *nat, u8 proto, __be16 port)
{
	const struct mape_ports *ports = mape_table_ports(nat, proto);
	u32 index;

	if (!ports || !mape_portset_has(&nat->set, ntohs(port)))
		return false;
	index = mape_portset_index(&nat->set, ntohs(port));
	return READ_ONCE(ports->port[index].withheld) & MAPE_PORT_RESERVED;
}

static void collect_bucket(struct mape_nat *nat, struct hlist_head *bucket)
{
	struct mape_session *s;
	struct hlist_node *next;

	if (hlist_empty(bucket))
		return;
	mape_table_lock(nat);
	hlist_for_each_entry_safe(s, next, bucket, inner_node) {
		if (mape_session_expired(s))
			mape_table_remove_session(nat, s);
	}
	mape_table_unlock(nat);
}

/* Visits a part of the table a second, as long as there are sessions. */
static void collect(struct work_struct *work)
{
	struct mape_nat *nat = container_of(to_delayed_work(work),
					    struct mape_nat, gc);
	u32 n = nat->hash_mask / GC_ROUND + 1;

	while (n--) {
		collect_bucket(nat, &nat->inner[nat->gc_bucket]);
		nat->gc_bucket = (nat->gc_bucket + 1) & nat->hash_mask;
		cond_resched();
	}
	mape_table_lock(nat);
	if (nat->sessions)
		queue_delayed_work(system_power_efficient_wq, &nat->gc,
				   nat->second);
	mape_table_unlock(nat);
}

/* The order of the free ports is not to be guessed (RFC 6056). */
static void shuffle(struct mape_ports *ports)
{
	u32 n;

	for (n = ports->free; n > 1; n--)
		mape_ports_swap(ports, n - 1, get_random_u32_below(n));
}

static void nat_free(struct mape_nat *nat)
{
	unsigned int i;

	for (i = 0; i < MAPE_PORTS_MAX; i++)
		kvfree(nat->ports[i]);
	kvfree(nat->past);
	kfree(nat);
}

/**
 * mape_nat_create - make the NAT of an address and port set
 * @set: the port set
 * @policy: what the user wants; its sessions_max is what the tables are for
 *
 * Context: process.
 *
 * Return: the NAT, or NULL without memory.
 */
struct mape_nat *mape_nat_create(const struct mape_portset *set,
				 const struct mape_nat_policy *policy)
{
	struct mape_nat *nat;
	unsigned int i;

	nat = kzalloc(sizeof(*nat), GFP_KERNEL_ACCOUNT);
	if (!nat)
		return NULL;
	for (i = 0; i < MAPE_PORTS_MAX; i++) {
		nat->ports[i] = kvzalloc(mape_ports_size(set),
					 GFP_KERNEL_ACCOUNT);
		if (!nat->ports[i])
			goto err_free;
		mape_ports_init(nat->ports[i], set);
		shuffle(nat->ports[i]);
	}
	nat->past = kvcalloc(set->count, sizeof(*nat->past),
			     GFP_KERNEL_ACCOUNT);
	if (!nat->past)
		goto err_free;
	nat->set = *set;
	nat->second = jiffies_a_second ? : 1;
	INIT_DELAYED_WORK(&nat->gc, collect);
	if (mape_table_create(nat, policy->sessions_max))
		goto err_free;
	mape_nat_configure(nat, policy);
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
	struct mape_mapping *m;
	struct hlist_node *next;
	u32 i;

	if (!nat)
		return;
	cancel_delayed_work_sync(&nat->gc);
	for (i = 0; i <= nat->hash_mask; i++) {
		mape_table_lock(nat);
		hlist_for_each_entry_safe(m, next, &nat->mappings[i],
					  inner_node)
			mape_table_remove_mapping(nat, m);
		mape_table_unlock(nat);
		cond_resched();
	}
	mape_table_destroy(nat);
	nat_free(nat);
}

/**
 * mape_nat_init - get ready for mape_nat_create(); at module load
 *
 * Return: 0 or -ENOMEM.
 */
int __init mape_nat_init(void)
{
	return mape_table_init();
}

/**
 * mape_nat_exit - undo mape_nat_init(); at module unload, all NATs destroyed
 */
void mape_nat_exit(void)
{
	mape_table_exit();
}
