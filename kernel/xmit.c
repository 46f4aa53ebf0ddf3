// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4 in: translate, encapsulate, send (RFC 7597 section 5.4, RFC 2473).
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "compat.h"
#include "device.h"
#include "packet.h"

/* An ICMP error of our own, to the sender of a packet; not too many. */
static void refuse(struct mape_dev *mape, struct sk_buff *skb, u8 code)
{
	if (__ratelimit(&mape->icmp_limit))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, code, 0);
}

static void tell_exhausted(struct mape_dev *mape, const struct mape_flow *flow)
{
	struct mape_event_info info = { .mape = mape, .flow = flow };

	if (__ratelimit(&mape->event_limit))
		mape_event(MAPE_EVENT_EXHAUSTED, &info);
}

/* Of the shared address itself, and a port that is not for the NAT. */
static bool is_own(const struct mape_config *cfg,
		   const struct mape_flow *flow)
{
	return unlikely(flow->inner == cfg->ce.ipv4) &&
	       mape_nat_reserved(cfg->nat, flow->proto, flow->inner_port);
}

/* Find the external port of a packet, or of what an ICMP error quotes. */
static enum mape_drop bind(const struct mape_config *cfg, struct sk_buff *skb,
			   struct mape_packet *pkt)
{
	if (is_own(cfg, &pkt->flow)) {
		pkt->flow.ext_port = pkt->flow.inner_port;
		return MAPE_PASS;
	}
	if (unlikely(pkt->is_error))
		return mape_nat_find_inner(cfg->nat, &pkt->flow) ?
		       MAPE_PASS : MAPE_DROP_TX_NO_SESSION;
	switch (mape_nat_outbound(cfg->nat, &pkt->flow, &pkt->seg)) {
	case MAPE_NAT_OK:
		return MAPE_PASS;
	case MAPE_NAT_NO_SESSION:
		return MAPE_DROP_TX_NO_SESSION;
	case MAPE_NAT_EXHAUSTED:
		/* RFC 6888 REQ-11: a code that TCP takes as passing */
		refuse(cfg->mape, skb, ICMP_HOST_UNREACH);
		tell_exhausted(cfg->mape, &pkt->flow);
		return MAPE_DROP_PORT_EXHAUSTED;
	case MAPE_NAT_HOST_LIMIT:
		refuse(cfg->mape, skb, ICMP_HOST_UNREACH);
		return MAPE_DROP_HOST_LIMIT;
	default:
		refuse(cfg->mape, skb, ICMP_HOST_UNREACH);
		return MAPE_DROP_TABLE_FULL;
	}
}

/* Find the flow and the external port of a packet. */
static enum mape_drop translate(const struct mape_config *cfg,
				struct sk_buff *skb, struct mape_packet *pkt)
{
	switch (mape_packet_parse(skb, MAPE_OUT, pkt)) {
	case MAPE_PARSE_OK:
		break;
	case MAPE_PARSE_MALFORMED:
		return MAPE_DROP_TX_MALFORMED;
	case MAPE_PARSE_FRAGMENT:
		return MAPE_DROP_TX_FRAGMENT;
	case MAPE_PARSE_ICMP:
		return MAPE_DROP_TX_ICMP;
	case MAPE_PARSE_NO_PORT:
		/* An address that is ours alone needs none. */
		if (!cfg->ce.psid_len)
			break;
		refuse(cfg->mape, skb, ICMP_PROT_UNREACH);
		return MAPE_DROP_TX_NO_PORT;
	}
	return bind(cfg, skb, pkt);
}

/*
 * The destination port of a packet, by which the CEs of a shared address are
 * told from each other: for an ICMP error that of whom it is for. A query has
 * none.
 */
static bool peer_port(struct sk_buff *skb, const struct mape_packet *pkt,
		      __be16 *port)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports;
	__be16 buf[2];

	if (pkt) {
		*port = pkt->flow.remote_port;
		return pkt->flow.proto != IPPROTO_ICMP;
	}
	if (ip_is_fragment(iph) || (iph->protocol != IPPROTO_TCP &&
				    iph->protocol != IPPROTO_UDP))
		return false;
	ports = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(buf), buf);
	if (!ports)
		return false;
	*port = ports[1];
	return true;
}

/*
 * The end of the tunnel for a packet: the CE that a forwarding mapping rule
 * computes, else the border relay (RFC 7597 section 5).
 */
static bool peer_address(const struct mape_config *cfg, struct sk_buff *skb,
			 const struct mape_packet *pkt, struct in6_addr *peer)
{
	__be32 daddr = ip_hdr(skb)->daddr;
	const struct mape_rule *fmr;
	__be16 port = 0;

	fmr = mape_rule_fmr(cfg->rules, cfg->set.n_rules, daddr);
	if (likely(!fmr))
		return false;
	if (mape_rule_psid_len(fmr) && !peer_port(skb, pkt, &port))
		return false;
	return mape_rule_address(fmr, cfg->set.iid, daddr, port, peer);
}

static struct dst_entry *route(const struct mape_config *cfg,
			       const struct in6_addr *peer)
{
	struct flowi6 fl6 = {
		.flowi6_oif = cfg->set.link,
		.flowi6_proto = IPPROTO_IPIP,
		.saddr = cfg->addr,
		.daddr = *peer,
	};

	return ip6_dst_lookup_flow(cfg->mape->net, NULL, &fl6, NULL);
}

/* The route to the other end, with a reference. The BR's is cached. */
static struct dst_entry *find_route(struct mape_config *cfg,
				    const struct in6_addr *peer)
{
	struct in6_addr saddr;
	struct dst_entry *dst;

	if (peer != &cfg->set.brs[0])
		return route(cfg, peer);
	dst = dst_cache_get_ip6(&cfg->br_dst, &saddr);
	if (likely(dst))
		return dst;
	dst = route(cfg, peer);
	if (!IS_ERR(dst))
		dst_cache_set_ip6(&cfg->br_dst, dst, &cfg->addr);
	return dst;
}

static bool fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);
	return skb->len <= mtu;
}

/*
 * Tell the sender of a packet that is too big for the path. One that may be
 * cut goes on: the outer packet is (RFC 2473 section 7.2).
 */
static enum mape_drop check_size(struct sk_buff *skb,
				 const struct dst_entry *dst)
{
	unsigned int mtu = dst_mtu(dst) - MAPE_OVERHEAD;

	if (likely(fits(skb, mtu)) || !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return MAPE_PASS;
	icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return MAPE_DROP_TX_TOO_BIG;
}

/* Room for the outer header, and all headers our own to write. */
static int make_room(struct mape_dev *mape, struct sk_buff *skb,
		     const struct dst_entry *dst)
{
	unsigned int room = LL_RESERVED_SPACE(dst->dev) + MAPE_OVERHEAD +
			    dst->header_len;

	if (room > READ_ONCE(mape->dev->needed_headroom))
		WRITE_ONCE(mape->dev->needed_headroom, room);
	return skb_cow_head(skb, room);
}

/* Put the outer header in front and hand the packet to IPv6. */
static void encapsulate(const struct mape_config *cfg, struct sk_buff *skb,
			struct dst_entry *dst, const struct in6_addr *peer)
{
	struct mape_dev *mape = cfg->mape;
	u8 tos = ip_hdr(skb)->tos, tclass = cfg->set.tclass;
	int len = skb->len, err;
	struct ipv6hdr *outer;

	/* The DSCP is ours, the congestion bits are not (RFC 6040 4.1). */
	if (cfg->set.tclass_inherit)
		tclass = tos & ~INET_ECN_MASK;
	tclass |= tos & INET_ECN_MASK;

	skb_scrub_packet(skb, !net_eq(mape->net, dev_net(mape->dev)));
	/* The outer packet may be cut, see check_size(). */
	skb->ignore_df = 1;
	skb_dst_set(skb, dst);
	skb_set_inner_ipproto(skb, IPPROTO_IPIP);
	skb_push(skb, sizeof(*outer));
	skb_reset_network_header(skb);
	outer = ipv6_hdr(skb);
	ip6_flow_hdr(outer, tclass, 0);
	outer->hop_limit = cfg->set.hoplimit;
	outer->nexthdr = IPPROTO_IPIP;
	outer->saddr = cfg->addr;
	outer->daddr = *peer;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));

	err = ip6_local_out(mape->net, NULL, skb);
	if (likely(!net_xmit_eval(err)))
		dev_sw_netstats_tx_add(mape->dev, 1, len);
	else
		DEV_STATS_INC(mape->dev, tx_errors);
}

/* All that changes the packet but for the outer header. */
static enum mape_drop rewrite(const struct mape_config *cfg,
			      struct sk_buff *skb,
			      const struct mape_packet *pkt,
			      const struct dst_entry *dst)
{
	enum mape_drop why;

	/* RFC 2473 section 4.1.2 */
	if (dst->dev == cfg->mape->dev)
		return MAPE_DROP_TX_LOOP;
	why = check_size(skb, dst);
	if (why)
		return why;
	if (make_room(cfg->mape, skb, dst))
		return MAPE_DROP_TX_NO_MEMORY;
	if (pkt) {
		mape_packet_rewrite_source(skb, pkt, cfg->ce.ipv4);
		if (cfg->set.mss != MAPE_MSS_OFF)
			mape_packet_clamp_mss(skb, pkt, mape_mss_limit(cfg));
	}
	if (iptunnel_handle_offloads(skb, SKB_GSO_IPXIP6))
		return MAPE_DROP_TX_NO_MEMORY;
	return MAPE_PASS;
}

static enum mape_drop send(struct mape_config *cfg, struct sk_buff *skb,
			   const struct mape_packet *pkt)
{
	const struct in6_addr *peer = &cfg->set.brs[0];
	struct in6_addr ce_peer;
	struct dst_entry *dst;
	enum mape_drop why;

	if (peer_address(cfg, skb, pkt, &ce_peer))
		peer = &ce_peer;
	dst = find_route(cfg, peer);
	if (IS_ERR(dst)) {
		dst_link_failure(skb);
		return MAPE_DROP_TX_NO_ROUTE;
	}
	why = rewrite(cfg, skb, pkt, dst);
	if (unlikely(why))
		dst_release(dst);
	else
		encapsulate(cfg, skb, dst, peer);
	return why;
}

/* To our own address, and one of our ports: to somebody inside, or us. */
static bool is_hairpin(const struct mape_config *cfg,
		       const struct sk_buff *skb,
		       const struct mape_packet *pkt)
{
	if (likely(ip_hdr(skb)->daddr != cfg->ce.ipv4))
		return false;
	return mape_is_our_port(cfg, pkt->flow.remote_port);
}

/*
 * The flow as the other end inside sees it: what was the source outside is the
 * peer there.
 */
static enum mape_drop bind_hairpin(const struct mape_config *cfg,
				   struct mape_packet *back)
{
	struct mape_flow *flow = &back->flow;
	__be16 port = flow->ext_port;

	flow->ext_port = flow->remote_port;
	flow->remote = cfg->ce.ipv4;
	flow->remote_port = port;
	if (back->is_error)
		return mape_nat_find_outer(cfg->nat, flow) ?
		       MAPE_PASS : MAPE_DROP_TX_NO_SESSION;
	switch (mape_nat_inbound(cfg->nat, flow, &back->seg, true)) {
	case MAPE_NAT_OK:
		return MAPE_PASS;
	case MAPE_NAT_PASS:
		flow->inner = cfg->ce.ipv4;
		flow->inner_port = flow->ext_port;
		return MAPE_PASS;
	case MAPE_NAT_TABLE_FULL:
		return MAPE_DROP_TABLE_FULL;
	case MAPE_NAT_HOST_LIMIT:
		return MAPE_DROP_HOST_LIMIT;
	default:
		return MAPE_DROP_TX_NO_SESSION;
	}
}

/*
 * Back inside: translated both ways, as if it had come from outside (RFC 4787
 * REQ-9, RFC 5508 REQ-7).
 */
static enum mape_drop hairpin(const struct mape_config *cfg,
			      struct sk_buff *skb,
			      const struct mape_packet *pkt)
{
	struct mape_dev *mape = cfg->mape;
	struct mape_packet back = *pkt;
	enum mape_drop why;

	why = bind_hairpin(cfg, &back);
	if (why)
		return why;
	if (skb_cow_head(skb, 0))
		return MAPE_DROP_TX_NO_MEMORY;
	mape_packet_rewrite_source(skb, pkt, cfg->ce.ipv4);
	mape_packet_rewrite_dest(skb, &back);
	if (cfg->set.mss != MAPE_MSS_OFF)
		mape_packet_clamp_mss(skb, pkt, mape_mss_limit(cfg));
	dev_sw_netstats_tx_add(mape->dev, 1, skb->len);
	skb_orphan(skb);
	skb_scrub_packet(skb, false);
	skb_clear_tstamp(skb);
	skb_reset_mac_header(skb);
	memset(skb->cb, 0, sizeof(struct inet_skb_parm));
	mape_inject(mape, skb);
	return MAPE_PASS;
}

/*
 * Out of the device and straight back into it: nobody here has taken it. From
 * outside comes neither a mapping nor a packet for outside; only the firewall
 * may send one on, from the shared address.
 */
static bool is_loop(const struct mape_config *cfg, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (likely(skb->skb_iif != cfg->mape->dev->ifindex))
		return false;
	return iph->saddr != cfg->ce.ipv4 || iph->daddr == cfg->ce.ipv4;
}

/* RFC 7597 section 5.4: translate, then send into the tunnel. */
static enum mape_drop process(struct mape_config *cfg, struct sk_buff *skb)
{
	struct mape_packet pkt;
	const struct iphdr *iph;
	enum mape_drop why;

	if (unlikely(skb->protocol != htons(ETH_P_IP) ||
		     skb_network_offset(skb)))
		return MAPE_DROP_TX_NOT_IPV4;
	if (unlikely(!mape_packet_check(skb)))
		return MAPE_DROP_TX_MALFORMED;
	iph = ip_hdr(skb);
	if (unlikely(ipv4_is_multicast(iph->daddr) ||
		     ipv4_is_lbcast(iph->daddr)))
		return MAPE_DROP_TX_MULTICAST;
	if (cfg->nat) {
		if (unlikely(is_loop(cfg, skb)))
			return MAPE_DROP_TX_LOOP;
		why = translate(cfg, skb, &pkt);
		if (unlikely(why))
			return why;
		if (unlikely(is_hairpin(cfg, skb, &pkt)))
			return hairpin(cfg, skb, &pkt);
		return send(cfg, skb, &pkt);
	}
	/* Without NAT the hosts inside have our public addresses, only those */
	if (!mape_is_our_ipv4(cfg, iph->saddr))
		return MAPE_DROP_TX_BAD_SOURCE;
	return send(cfg, skb, NULL);
}

/**
 * mape_xmit - ndo_start_xmit
 * @skb: packet from the IPv4 stack; consumed
 * @dev: the device
 *
 * Context: BH disabled, RCU read side. Takes no lock but for a new session.
 */
netdev_tx_t mape_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct mape_dev *mape = netdev_priv(dev);
	enum mape_drop why;

	why = process(rcu_dereference_bh(mape->config), skb);
	if (unlikely(why)) {
		mape_count_drop(mape, why);
		DEV_STATS_INC(dev, tx_dropped);
		kfree_skb(skb);
	}
	return NETDEV_TX_OK;
}
