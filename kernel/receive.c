// SPDX-License-Identifier: GPL-2.0
/*
 * From the tunnel: check, decapsulate, translate, inject (RFC 7597 sections
 * 5.4 and 8.1).
 */
#include <linux/icmpv6.h>
#include <net/inet_ecn.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "device.h"
#include "packet.h"

/* Before ip6_tunnel, which leaves to others what is not its own, as we do. */
#define HANDLER_PRIORITY	-1

static bool is_br(const struct mape_config *cfg, const struct in6_addr *addr)
{
	unsigned int i;

	for (i = 0; i < cfg->set.n_brs; i++) {
		if (ipv6_addr_equal(&cfg->set.brs[i], addr))
			return true;
	}
	return false;
}

/*
 * Does the inner source belong to the CE that sent the packet? We compare all
 * of its address with the one computed from the inner source. The identifier
 * of an echo reply is our own and says nothing of its sender's: a query to a
 * shared address goes by the border relay, and so does its reply. An ICMP
 * error belongs to the CE to which the packet it quotes was sent.
 */
static enum mape_drop check_source(const struct mape_config *cfg,
				   const struct in6_addr *source,
				   const struct iphdr *iph,
				   const struct mape_packet *pkt)
{
	__be32 remote = pkt ? pkt->flow.remote : iph->saddr;
	const struct mape_rule *fmr;
	struct in6_addr addr;

	if (likely(is_br(cfg, source)))
		return MAPE_PASS;
	if (!mape_rule_covers(cfg->rules, cfg->set.n_rules, source))
		return MAPE_DROP_RX_BAD_V6_SRC;
	fmr = mape_rule_fmr(cfg->rules, cfg->set.n_rules, remote);
	if (!fmr)
		return MAPE_DROP_RX_SPOOFED;
	if (mape_rule_psid_len(fmr) &&
	    (!pkt || pkt->flow.proto == IPPROTO_ICMP))
		return MAPE_DROP_RX_SPOOFED;
	if (!mape_rule_address(fmr, cfg->set.iid, remote,
			       pkt ? pkt->flow.remote_port : 0, &addr) ||
	    !ipv6_addr_equal(&addr, source))
		return MAPE_DROP_RX_SPOOFED;
	return MAPE_PASS;
}

static enum mape_drop parse(const struct mape_config *cfg,
			    struct sk_buff *skb, struct mape_packet *pkt)
{
	switch (mape_packet_parse(skb, MAPE_IN, pkt)) {
	case MAPE_PARSE_OK:
		return MAPE_PASS;
	case MAPE_PARSE_MALFORMED:
		return MAPE_DROP_RX_MALFORMED;
	case MAPE_PARSE_FRAGMENT:
		return MAPE_DROP_RX_FRAGMENT;
	case MAPE_PARSE_ICMP:
		return MAPE_DROP_RX_ICMP;
	default:
		/* An address that is ours alone needs none. */
		return cfg->ce.psid_len ? MAPE_DROP_RX_NO_PORT : MAPE_PASS;
	}
}

/* What to do with a packet, or with an ICMP error about one of ours. */
static enum mape_nat_result bind(const struct mape_config *cfg,
				 struct mape_packet *pkt)
{
	struct mape_flow *flow = &pkt->flow;

	if (likely(!pkt->is_error))
		return mape_nat_inbound(cfg->nat, flow, &pkt->seg, false);
	if (mape_nat_find_outer(cfg->nat, flow))
		return MAPE_NAT_OK;
	return mape_nat_reserved(cfg->nat, flow->proto, flow->ext_port) ?
	       MAPE_NAT_PASS : MAPE_NAT_NO_SESSION;
}

/* What we have sent does not come from outside, nor does what is nobody's. */
static bool is_impossible(const struct mape_config *cfg,
			  const struct mape_packet *pkt, __be32 source)
{
	if (ipv4_is_multicast(source) || ipv4_is_lbcast(source) ||
	    ipv4_is_zeronet(source) || ipv4_is_loopback(source))
		return true;
	return pkt->flow.remote == cfg->ce.ipv4 &&
	       mape_is_our_port(cfg, pkt->flow.remote_port);
}

static enum mape_drop translate(const struct mape_config *cfg,
				struct sk_buff *skb, struct mape_packet *pkt)
{
	if (!mape_is_our_port(cfg, pkt->flow.ext_port))
		return MAPE_DROP_RX_BAD_PORT;
	if (unlikely(is_impossible(cfg, pkt, ip_hdr(skb)->saddr)))
		return MAPE_DROP_RX_BAD_V4_SRC;
	switch (bind(cfg, pkt)) {
	case MAPE_NAT_OK:
		break;
	case MAPE_NAT_PASS:
		/* To ourselves, or to whom the firewall redirects it. */
		return MAPE_PASS;
	case MAPE_NAT_BACKLOG:
		return MAPE_DROP_RX_BACKLOG;
	case MAPE_NAT_TABLE_FULL:
		return MAPE_DROP_TABLE_FULL;
	case MAPE_NAT_HOST_LIMIT:
		return MAPE_DROP_HOST_LIMIT;
	default:
		return MAPE_DROP_RX_NO_SESSION;
	}
	if (skb_cow_head(skb, 0))
		return MAPE_DROP_RX_NO_MEMORY;
	mape_packet_rewrite_dest(skb, pkt);
	if (cfg->set.mss != MAPE_MSS_OFF)
		mape_packet_clamp_mss(skb, pkt, mape_mss_limit(cfg));
	return MAPE_PASS;
}

/* The inner packet, now the packet itself: all checks, and the translation. */
static enum mape_drop process(const struct mape_config *cfg,
			      struct sk_buff *skb,
			      const struct in6_addr *source)
{
	struct mape_packet pkt;
	enum mape_drop why;

	if (cfg->nat) {
		why = parse(cfg, skb, &pkt);
		if (unlikely(why))
			return why;
		why = check_source(cfg, source, ip_hdr(skb), &pkt);
	} else {
		why = check_source(cfg, source, ip_hdr(skb), NULL);
	}
	if (unlikely(why))
		return why;
	if (unlikely(!mape_is_our_ipv4(cfg, ip_hdr(skb)->daddr)))
		return MAPE_DROP_RX_BAD_V4_DST;
	return cfg->nat ? translate(cfg, skb, &pkt) : MAPE_PASS;
}

/* Take the outer header off; what it says of congestion goes inside. */
static enum mape_drop decapsulate(const struct mape_config *cfg,
				  struct sk_buff *skb)
{
	const struct mape_dev *mape = cfg->mape;
	u8 outer_tos = ipv6_get_dsfield(ipv6_hdr(skb));
	bool xnet = !net_eq(mape->net, dev_net(mape->dev));

	if (!mape_packet_check(skb))
		return MAPE_DROP_RX_MALFORMED;
	if (iptunnel_pull_header(skb, 0, htons(ETH_P_IP), xnet))
		return MAPE_DROP_RX_NO_MEMORY;
	skb->dev = mape->dev;
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	memset(skb->cb, 0, sizeof(struct inet6_skb_parm));
	if ((outer_tos & INET_ECN_MASK) &&
	    skb_cow_head(skb, 0))
		return MAPE_DROP_RX_NO_MEMORY;
	if (INET_ECN_decapsulate(skb, outer_tos, ip_hdr(skb)->tos) > 1)
		return MAPE_DROP_RX_ECN_ERROR;
	return MAPE_PASS;
}

static enum mape_drop accept(const struct mape_config *cfg,
			     struct sk_buff *skb)
{
	const struct in6_addr source = ipv6_hdr(skb)->saddr;
	enum mape_drop why;

	if (!xfrm6_policy_check(NULL, XFRM_POLICY_IN, skb))
		return MAPE_DROP_RX_POLICY;
	why = decapsulate(cfg, skb);
	return why ? : process(cfg, skb, &source);
}

/*
 * An IPv4-in-IPv6 packet for a local address, data at the inner header.
 * Non-zero: not for us. Softirq, RCU read side.
 */
static int receive(struct sk_buff *skb)
{
	const struct mape_config *cfg;
	struct net_device *dev;
	enum mape_drop why;

	cfg = mape_lookup(dev_net(skb->dev), &ipv6_hdr(skb)->daddr);
	if (!cfg || !(cfg->mape->dev->flags & IFF_UP))
		return -ENOENT;
	dev = cfg->mape->dev;
	why = accept(cfg, skb);
	if (unlikely(why)) {
		mape_count_drop(cfg->mape, why);
		DEV_STATS_INC(dev, rx_dropped);
		kfree_skb(skb);
		return 0;
	}
	mape_inject(cfg->mape, skb);
	return 0;
}

/*
 * An ICMPv6 error about a packet we sent; data at the quoted outer header. The
 * path MTU is learnt from a node that saw a packet to a border relay of ours.
 */
static int receive_error(struct sk_buff *skb, struct inet6_skb_parm *opt,
			 u8 type, u8 code, int offset, __be32 info)
{
	const struct ipv6hdr *quoted = (const struct ipv6hdr *)skb->data;
	const struct mape_config *cfg;

	cfg = mape_lookup(dev_net(skb->dev), &quoted->saddr);
	if (!cfg)
		return -ENOENT;
	if (type == ICMPV6_PKT_TOOBIG && is_br(cfg, &quoted->daddr))
		ip6_update_pmtu(skb, cfg->mape->net, info, cfg->set.link, 0,
				sock_net_uid(cfg->mape->net, NULL));
	return 0;
}

static struct xfrm6_tunnel handler __read_mostly = {
	.handler = receive,
	.err_handler = receive_error,
	.priority = HANDLER_PRIORITY,
};

/**
 * mape_receive_init - start to take packets; at module load
 *
 * Return: 0 or a negative error code.
 */
int __init mape_receive_init(void)
{
	return xfrm6_tunnel_register(&handler, AF_INET);
}

/**
 * mape_receive_exit - undo mape_receive_init(); waits for packets under way
 */
void mape_receive_exit(void)
{
	xfrm6_tunnel_deregister(&handler, AF_INET);
}
