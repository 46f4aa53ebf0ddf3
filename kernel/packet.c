// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing and rewriting of one IPv4 packet. All knowledge of checksums is
 * here: they are adjusted, never computed anew, so that an error made before
 * us stays visible (RFC 3022 section 4.1).
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "packet.h"

/**
 * mape_packet_check - check the IPv4 header of a packet from outside
 * @skb: packet, data at its IPv4 header
 *
 * RFC 1812 section 5.2.2. Cuts off what follows the total length. Moves the
 * head. The stack has done the same for packets from inside.
 *
 * Return: false if the packet is malformed.
 */
bool mape_packet_check(struct sk_buff *skb)
{
	const struct iphdr *iph;
	unsigned int len, hlen;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	iph = (const struct iphdr *)skb->data;
	hlen = iph->ihl * 4;
	if (iph->version != 4 || hlen < sizeof(*iph) ||
	    !pskb_may_pull(skb, hlen))
		return false;
	iph = (const struct iphdr *)skb->data;
	len = ntohs(iph->tot_len);
	if (len < hlen || skb->len < len || ip_fast_csum(iph, iph->ihl))
		return false;
	return !pskb_trim_rcsum(skb, len);
}

/* The transport header in the linear part, or NULL if the packet ends early. */
static void *pull_l4(struct sk_buff *skb, struct mape_packet *pkt, u16 len)
{
	unsigned int hlen = ip_hdrlen(skb);

	if (!pskb_may_pull(skb, hlen + len))
		return NULL;
	pkt->l4_len = len;
	return skb_network_header(skb) + hlen;
}

static void set_flow(struct mape_packet *pkt, enum mape_direction dir,
		     const struct iphdr *iph, __be16 sport, __be16 dport)
{
	struct mape_flow *flow = &pkt->flow;

	flow->proto = iph->protocol;
	if (dir == MAPE_OUT) {
		flow->inner = iph->saddr;
		flow->inner_port = sport;
		flow->remote = iph->daddr;
		flow->remote_port = dport;
	} else {
		flow->remote = iph->saddr;
		flow->remote_port = sport;
		flow->ext_port = dport;
	}
}

static enum mape_parse parse_tcp(struct sk_buff *skb, enum mape_direction dir,
				 struct mape_packet *pkt)
{
	const struct tcphdr *th = pull_l4(skb, pkt, sizeof(*th));

	if (!th)
		return MAPE_PARSE_MALFORMED;
	if (unlikely(th->doff > sizeof(*th) / 4)) {
		th = pull_l4(skb, pkt, th->doff * 4);
		if (!th)
			return MAPE_PARSE_MALFORMED;
	} else if (th->doff < sizeof(*th) / 4) {
		return MAPE_PARSE_MALFORMED;
	}
	set_flow(pkt, dir, ip_hdr(skb), th->source, th->dest);
	pkt->flow.tcp_flags = (th->syn ? MAPE_TCP_SYN : 0) |
			      (th->fin ? MAPE_TCP_FIN : 0) |
			      (th->rst ? MAPE_TCP_RST : 0);
	return MAPE_PARSE_OK;
}

static enum mape_parse parse_udp(struct sk_buff *skb, enum mape_direction dir,
				 struct mape_packet *pkt)
{
	const struct udphdr *uh = pull_l4(skb, pkt, sizeof(*uh));

	if (!uh)
		return MAPE_PARSE_MALFORMED;
	set_flow(pkt, dir, ip_hdr(skb), uh->source, uh->dest);
	return MAPE_PARSE_OK;
}

/* The identifier of a query stands for a port (RFC 7597 section 8.2). */
static enum mape_parse parse_icmp(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt)
{
	const struct icmphdr *ih = pull_l4(skb, pkt, sizeof(*ih));

	if (!ih)
		return MAPE_PARSE_MALFORMED;
	if (ih->type != (dir == MAPE_OUT ? ICMP_ECHO : ICMP_ECHOREPLY))
		return MAPE_PARSE_NO_PORT;
	if (dir == MAPE_OUT)
		set_flow(pkt, dir, ip_hdr(skb), ih->un.echo.id, 0);
	else
		set_flow(pkt, dir, ip_hdr(skb), 0, ih->un.echo.id);
	return MAPE_PARSE_OK;
}

/**
 * mape_packet_parse - find the flow of a packet
 * @skb: packet with a checked IPv4 header, which is its network header
 * @dir: which way it goes
 * @pkt: filled in
 *
 * Moves the head. Afterwards all that the functions below rewrite is linear,
 * but not yet writable.
 */
enum mape_parse mape_packet_parse(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt)
{
	pkt->flow.tcp_flags = 0;
	if (ip_is_fragment(ip_hdr(skb)))
		return MAPE_PARSE_FRAGMENT;
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(skb, dir, pkt);
	case IPPROTO_UDP:
		return parse_udp(skb, dir, pkt);
	case IPPROTO_ICMP:
		return parse_icmp(skb, dir, pkt);
	default:
		return MAPE_PARSE_NO_PORT;
	}
}

static void *l4_header(struct sk_buff *skb)
{
	return skb_network_header(skb) + ip_hdrlen(skb);
}

static void replace(struct sk_buff *skb, __sum16 *sum, __be32 addr,
		    __be32 new_addr, __be16 *port, __be16 new_port)
{
	inet_proto_csum_replace4(sum, skb, addr, new_addr, true);
	inet_proto_csum_replace2(sum, skb, *port, new_port, false);
	*port = new_port;
}

/* Change one end of the packet: its transport part, addresses not yet. */
static void rewrite_l4(struct sk_buff *skb, bool source, __be32 addr,
		       __be32 new_addr, __be16 new_port)
{
	struct tcphdr *th = l4_header(skb);
	struct udphdr *uh = l4_header(skb);
	struct icmphdr *ih = l4_header(skb);

	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_TCP:
		replace(skb, &th->check, addr, new_addr,
			source ? &th->source : &th->dest, new_port);
		break;
	case IPPROTO_UDP:
		if (!uh->check && skb->ip_summed != CHECKSUM_PARTIAL) {
			*(source ? &uh->source : &uh->dest) = new_port;
			break;
		}
		replace(skb, &uh->check, addr, new_addr,
			source ? &uh->source : &uh->dest, new_port);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
		break;
	case IPPROTO_ICMP:
		inet_proto_csum_replace2(&ih->checksum, skb, ih->un.echo.id,
					 new_port, false);
		ih->un.echo.id = new_port;
		break;
	}
}

/**
 * mape_packet_rewrite_source - make a packet come from outside the NAT
 * @skb: packet, its headers writable
 * @pkt: what was parsed; flow.ext_port is the new source port
 * @addr: new source address
 */
void mape_packet_rewrite_source(struct sk_buff *skb,
				const struct mape_packet *pkt, __be32 addr)
{
	struct iphdr *iph = ip_hdr(skb);

	rewrite_l4(skb, true, iph->saddr, addr, pkt->flow.ext_port);
	csum_replace4(&iph->check, iph->saddr, addr);
	iph->saddr = addr;
}

/**
 * mape_packet_rewrite_dest - make a packet go to an inner host
 * @skb: packet, its headers writable
 * @pkt: what was parsed; flow.inner and flow.inner_port are the destination
 */
void mape_packet_rewrite_dest(struct sk_buff *skb,
			      const struct mape_packet *pkt)
{
	struct iphdr *iph = ip_hdr(skb);

	rewrite_l4(skb, false, iph->daddr, pkt->flow.inner,
		   pkt->flow.inner_port);
	csum_replace4(&iph->check, iph->daddr, pkt->flow.inner);
	iph->daddr = pkt->flow.inner;
}

/* Where the value of the MSS option is, from the TCP header; 0 without. */
static unsigned int find_mss(const u8 *th, unsigned int len)
{
	unsigned int i = sizeof(struct tcphdr);

	while (i + 1 < len) {
		if (th[i] == TCPOPT_EOL)
			return 0;
		if (th[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (th[i] == TCPOPT_MSS)
			return th[i + 1] == TCPOLEN_MSS &&
			       i + TCPOLEN_MSS <= len ? i + 2 : 0;
		if (th[i + 1] < 2)
			return 0;
		i += th[i + 1];
	}
	return 0;
}

/**
 * mape_packet_clamp_mss - lower the MSS that a TCP SYN offers
 * @skb: packet, its headers writable
 * @pkt: what was parsed
 * @mss: the most there may be; a smaller offer stays, none is added
 *
 * RFC 7597 section 8.3.
 */
void mape_packet_clamp_mss(struct sk_buff *skb, const struct mape_packet *pkt,
			   u16 mss)
{
	struct tcphdr *th = l4_header(skb);
	unsigned int at;
	u8 *option;
	u16 old;

	if (!(pkt->flow.tcp_flags & MAPE_TCP_SYN))
		return;
	at = find_mss((u8 *)th, pkt->l4_len);
	if (!at)
		return;
	option = (u8 *)th + at;
	old = option[0] << 8 | option[1];
	if (old <= mss)
		return;
	option[0] = mss >> 8;
	option[1] = mss;
	/* At an odd place its bytes lie in the other halves of two words. */
	if (at & 1)
		inet_proto_csum_replace2(&th->check, skb, htons(swab16(old)),
					 htons(swab16(mss)), false);
	else
		inet_proto_csum_replace2(&th->check, skb, htons(old),
					 htons(mss), false);
}
