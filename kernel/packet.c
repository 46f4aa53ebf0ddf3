// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing and rewriting of one IPv4 packet. All knowledge of checksums is
 * here: they are adjusted, not computed anew, so that an error made before us
 * stays visible (RFC 3022 section 4.1).
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/sctp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/sctp/checksum.h>
#include <net/tcp.h>

#include "packet.h"

/**
 * mape_packet_check - check the IPv4 header of a packet
 * @skb: packet, data at its IPv4 header
 *
 * RFC 1812 section 5.2.2. Cuts off what follows the total length. Moves the
 * head. From inside, too, not all packets come from an IPv4 stack.
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

/*
 * The header of DCCP (RFC 4340 section 5.1), as far as it matters here: Linux
 * has given up its own definition with the protocol.
 */
struct dccp {
	__be16 source;
	__be16 dest;
	u8 doff;
	u8 cscov;
	__sum16 check;
	u8 type;	/* in bits 1 to 4 */
	u8 rest[3];
};

#define DCCP_TYPE(dh)		(((dh)->type >> 1) & 0xf)
#define DCCP_REQUEST		0
#define DCCP_RESET		7

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

/* Where the value of an option is, from the TCP header; 0 without. */
static unsigned int find_option(const u8 *th, unsigned int len, u8 kind,
				u8 size)
{
	unsigned int i = sizeof(struct tcphdr);

	while (i + 1 < len) {
		if (th[i] == TCPOPT_EOL)
			return 0;
		if (th[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (th[i] == kind)
			return th[i + 1] == size && i + size <= len ? i + 2 : 0;
		if (th[i + 1] < 2)
			return 0;
		i += th[i + 1];
	}
	return 0;
}

static void read_segment(const struct sk_buff *skb, const struct tcphdr *th,
			 struct mape_packet *pkt)
{
	unsigned int len = skb->len - skb_network_offset(skb) -
			   ip_hdrlen(skb) - th->doff * 4;
	struct mape_segment *seg = &pkt->seg;

	seg->flags = (th->syn ? MAPE_TCP_SYN : 0) |
		     (th->fin ? MAPE_TCP_FIN : 0) |
		     (th->rst ? MAPE_TCP_RST : 0) |
		     (th->ack ? MAPE_TCP_ACK : 0);
	if (len)
		seg->flags |= MAPE_TCP_DATA;
	seg->seq = ntohl(th->seq);
	seg->end = seg->seq + len + th->syn + th->fin;
	seg->ack = ntohl(th->ack_seq);
	seg->window = ntohs(th->window);
	seg->wscale = MAPE_NO_WSCALE;
	if (unlikely(th->syn)) {
		unsigned int at = find_option((const u8 *)th, pkt->l4_len,
					      TCPOPT_WINDOW, TCPOLEN_WINDOW);

		if (at)
			seg->wscale = ((const u8 *)th)[at];
	}
}

static enum mape_parse parse_tcp(struct sk_buff *skb, enum mape_direction dir,
				 struct mape_packet *pkt)
{
	const struct tcphdr *th = pull_l4(skb, pkt, sizeof(*th));

	if (!th)
		return MAPE_PARSE_MALFORMED;
	if (likely(th->doff > sizeof(*th) / 4)) {
		th = pull_l4(skb, pkt, th->doff * 4);
		if (!th)
			return MAPE_PARSE_MALFORMED;
	} else if (th->doff < sizeof(*th) / 4) {
		return MAPE_PARSE_MALFORMED;
	}
	set_flow(pkt, dir, ip_hdr(skb), th->source, th->dest);
	read_segment(skb, th, pkt);
	return MAPE_PARSE_OK;
}

/* UDP-Lite has the same header (RFC 3828). */
static enum mape_parse parse_udp(struct sk_buff *skb, enum mape_direction dir,
				 struct mape_packet *pkt)
{
	const struct udphdr *uh = pull_l4(skb, pkt, sizeof(*uh));

	if (!uh)
		return MAPE_PARSE_MALFORMED;
	set_flow(pkt, dir, ip_hdr(skb), uh->source, uh->dest);
	return MAPE_PARSE_OK;
}

static enum mape_parse parse_sctp(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt)
{
	const struct sctphdr *sh = pull_l4(skb, pkt, sizeof(*sh));
	const u8 *chunk;
	u8 buf;

	if (!sh)
		return MAPE_PARSE_MALFORMED;
	set_flow(pkt, dir, ip_hdr(skb), sh->source, sh->dest);
	chunk = skb_header_pointer(skb, skb_network_offset(skb) +
				   ip_hdrlen(skb) + sizeof(*sh), 1, &buf);
	if (!chunk)
		return MAPE_PARSE_MALFORMED;
	if (*chunk == SCTP_CID_INIT)
		pkt->seg.flags = MAPE_TCP_SYN;
	else if (*chunk == SCTP_CID_ABORT ||
		 *chunk == SCTP_CID_SHUTDOWN_COMPLETE)
		pkt->seg.flags = MAPE_TCP_RST;
	return MAPE_PARSE_OK;
}

static enum mape_parse parse_dccp(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt)
{
	const struct dccp *dh = pull_l4(skb, pkt, sizeof(*dh));

	if (!dh)
		return MAPE_PARSE_MALFORMED;
	set_flow(pkt, dir, ip_hdr(skb), dh->source, dh->dest);
	if (DCCP_TYPE(dh) == DCCP_REQUEST)
		pkt->seg.flags = MAPE_TCP_SYN;
	else if (DCCP_TYPE(dh) == DCCP_RESET)
		pkt->seg.flags = MAPE_TCP_RST;
	return MAPE_PARSE_OK;
}

/* The packet an ICMP error quotes, linear as far as its ports. */
static struct iphdr *quoted(const struct sk_buff *skb)
{
	return (struct iphdr *)(skb_network_header(skb) + ip_hdrlen(skb) +
				sizeof(struct icmphdr));
}

/* Of its transport header an error quotes 8 octets at least (RFC 792). */
#define QUOTED_L4	8

/* RFC 5508 REQ-3: the checksums of error and quoted header have to be right. */
static bool pull_quoted(struct sk_buff *skb, struct mape_packet *pkt)
{
	unsigned int hlen = ip_hdrlen(skb), at = skb_network_offset(skb) + hlen;
	unsigned int len = sizeof(struct icmphdr) + sizeof(struct iphdr);
	const struct iphdr *iph;

	if (!pull_l4(skb, pkt, len))
		return false;
	iph = quoted(skb);
	if (iph->version != 4 || iph->ihl * 4 < sizeof(*iph))
		return false;
	len = sizeof(struct icmphdr) + iph->ihl * 4 + QUOTED_L4;
	if (!pull_l4(skb, pkt, len))
		return false;
	iph = quoted(skb);
	/* As much as there is of it is for the checksum. */
	len = min_t(unsigned int, skb->len - at,
		    len - QUOTED_L4 + sizeof(struct tcphdr));
	return pull_l4(skb, pkt, len) &&
	       !ip_fast_csum(quoted(skb), quoted(skb)->ihl) &&
	       !csum_fold(skb_checksum(skb, at, skb->len - at, 0));
}

/* The packet that is quoted went the other way. */
static enum mape_parse parse_quoted_icmp(struct mape_packet *pkt,
					 enum mape_direction dir,
					 const struct iphdr *iph,
					 const struct icmphdr *ih)
{
	enum mape_direction was = dir == MAPE_OUT ? MAPE_IN : MAPE_OUT;

	if (ih->type != (was == MAPE_OUT ? ICMP_ECHO : ICMP_ECHOREPLY))
		return MAPE_PARSE_ICMP;
	if (was == MAPE_OUT)
		set_flow(pkt, dir, iph, 0, ih->un.echo.id);
	else
		set_flow(pkt, dir, iph, ih->un.echo.id, 0);
	return MAPE_PARSE_OK;
}

/*
 * The flow of the packet that an error quotes. Its source is, as the error's
 * own destination, on the side to which the error goes: in the terms of
 * set_flow(), source and destination are the other way round.
 */
static enum mape_parse parse_error(struct sk_buff *skb, enum mape_direction dir,
				   struct mape_packet *pkt)
{
	const __be16 *ports;
	struct iphdr iph;

	pkt->is_error = true;
	if (!pull_quoted(skb, pkt))
		return MAPE_PARSE_MALFORMED;
	iph = *quoted(skb);
	/* Whom it is for has sent what it quotes. */
	if (iph.saddr != ip_hdr(skb)->daddr ||
	    iph.frag_off & htons(IP_OFFSET))
		return MAPE_PARSE_ICMP;
	swap(iph.saddr, iph.daddr);
	ports = (const __be16 *)((u8 *)quoted(skb) + iph.ihl * 4);
	switch (iph.protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		set_flow(pkt, dir, &iph, ports[1], ports[0]);
		return MAPE_PARSE_OK;
	case IPPROTO_ICMP:
		return parse_quoted_icmp(pkt, dir, &iph,
					 (const struct icmphdr *)ports);
	default:
		set_flow(pkt, dir, &iph, 0, 0);
		return MAPE_PARSE_OK;
	}
}

/* The identifier of a query stands for a port (RFC 7597 section 8.2). */
static enum mape_parse parse_icmp(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt)
{
	const struct icmphdr *ih = pull_l4(skb, pkt, sizeof(*ih));

	if (!ih)
		return MAPE_PARSE_MALFORMED;
	switch (ih->type) {
	case ICMP_ECHO:
		if (dir != MAPE_OUT)
			return MAPE_PARSE_ICMP;
		set_flow(pkt, dir, ip_hdr(skb), ih->un.echo.id, 0);
		return MAPE_PARSE_OK;
	case ICMP_ECHOREPLY:
		if (dir != MAPE_IN)
			return MAPE_PARSE_ICMP;
		set_flow(pkt, dir, ip_hdr(skb), 0, ih->un.echo.id);
		return MAPE_PARSE_OK;
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return parse_error(skb, dir, pkt);
	default:
		return MAPE_PARSE_ICMP;
	}
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
	pkt->is_error = false;
	pkt->seg.flags = 0;
	if (ip_is_fragment(ip_hdr(skb)))
		return MAPE_PARSE_FRAGMENT;
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(skb, dir, pkt);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return parse_udp(skb, dir, pkt);
	case IPPROTO_ICMP:
		return parse_icmp(skb, dir, pkt);
	case IPPROTO_SCTP:
		return parse_sctp(skb, dir, pkt);
	case IPPROTO_DCCP:
		return parse_dccp(skb, dir, pkt);
	default:
		set_flow(pkt, dir, ip_hdr(skb), 0, 0);
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

/*
 * A CRC does not care about addresses. It is linear: what it differs by before
 * and after, it has to be changed by, right or wrong.
 */
static void rewrite_sctp(struct sk_buff *skb, struct sctphdr *sh,
			 __be16 *port, __be16 new_port)
{
	unsigned int at = (u8 *)sh - skb->data;
	__le32 before, after;

	/* Left to whoever sends it on. */
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		*port = new_port;
		return;
	}
	before = sctp_compute_cksum(skb, at);
	*port = new_port;
	after = sctp_compute_cksum(skb, at);
	sh->checksum ^= before ^ after;
	/* The sum of a packet with another CRC is another. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* Change one end of the packet: its transport part, addresses not yet. */
static void rewrite_l4(struct sk_buff *skb, bool source, __be32 addr,
		       __be32 new_addr, __be16 new_port)
{
	/* Where all but ICMP have their ports. */
	__be16 *port = (__be16 *)l4_header(skb) + !source;
	struct tcphdr *th = l4_header(skb);
	struct udphdr *uh = l4_header(skb);
	struct icmphdr *ih = l4_header(skb);
	struct dccp *dh = l4_header(skb);

	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_TCP:
		replace(skb, &th->check, addr, new_addr, port, new_port);
		break;
	case IPPROTO_UDP:
		if (!uh->check && skb->ip_summed != CHECKSUM_PARTIAL) {
			*port = new_port;
			break;
		}
		fallthrough;
	case IPPROTO_UDPLITE:
		replace(skb, &uh->check, addr, new_addr, port, new_port);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
		break;
	case IPPROTO_ICMP:
		inet_proto_csum_replace2(&ih->checksum, skb, ih->un.echo.id,
					 new_port, false);
		ih->un.echo.id = new_port;
		break;
	case IPPROTO_SCTP:
		rewrite_sctp(skb, l4_header(skb), port, new_port);
		break;
	case IPPROTO_DCCP:
		replace(skb, &dh->check, addr, new_addr, port, new_port);
		break;
	}
}

/* The checksum of a quoted transport header, NULL if it is not quoted. */
static __sum16 *quoted_check(const struct iphdr *iph, void *l4,
			     unsigned int len)
{
	switch (iph->protocol) {
	case IPPROTO_TCP:
		return len < sizeof(struct tcphdr) ? NULL :
		       &((struct tcphdr *)l4)->check;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return ((struct udphdr *)l4)->check ?
		       &((struct udphdr *)l4)->check : NULL;
	case IPPROTO_DCCP:
		return &((struct dccp *)l4)->check;
	default:
		return NULL;
	}
}

static void rewrite_quoted_port(struct iphdr *iph, void *l4, unsigned int len,
				bool source, __be32 addr, __be16 new_port)
{
	__sum16 *check = quoted_check(iph, l4, len);
	struct icmphdr *ih = l4;
	__be16 *port = (__be16 *)l4 + !source;

	if (iph->protocol == IPPROTO_ICMP) {
		csum_replace2(&ih->checksum, ih->un.echo.id, new_port);
		ih->un.echo.id = new_port;
		return;
	}
	if (check) {
		csum_replace4(check, source ? iph->saddr : iph->daddr, addr);
		csum_replace2(check, *port, new_port);
		if (iph->protocol == IPPROTO_UDP && !*check)
			*check = CSUM_MANGLED_0;
	}
	*port = new_port;
}

static bool has_ports(const struct iphdr *iph)
{
	switch (iph->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/*
 * Where a packet has been is nobody's business outside: what records it
 * (RFC 791 section 3.1) becomes nothing.
 */
static void blank_options(struct iphdr *iph)
{
	u8 *option = (u8 *)(iph + 1), *end = (u8 *)iph + iph->ihl * 4;
	u8 len;

	for (; option < end && *option != IPOPT_END; option += len) {
		len = 1;
		if (*option == IPOPT_NOOP)
			continue;
		if (end - option < 2 || option[1] < 2 ||
		    option[1] > end - option)
			break;
		len = option[1];
		if (*option == IPOPT_RR || *option == IPOPT_TIMESTAMP)
			memset(option, IPOPT_NOOP, len);
	}
	ip_send_check(iph);
}

/*
 * Change the same end of the packet an error quotes as was changed of the
 * packet itself, so that its sender knows it again (RFC 5508 REQ-4 and 5). The
 * error's checksum was found right, so it may be made anew.
 */
static void rewrite_quoted(struct sk_buff *skb, const struct mape_packet *pkt,
			   bool source, __be32 addr, __be16 port)
{
	unsigned int at = skb_network_offset(skb) + ip_hdrlen(skb);
	struct icmphdr *ih = l4_header(skb);
	struct iphdr *iph = quoted(skb);
	unsigned int hlen = iph->ihl * 4;
	__be32 *old = source ? &iph->saddr : &iph->daddr;

	if (has_ports(iph))
		rewrite_quoted_port(iph, (u8 *)iph + hlen,
				    pkt->l4_len - sizeof(*ih) - hlen, source,
				    addr, port);
	csum_replace4(&iph->check, *old, addr);
	*old = addr;
	/* On its way in we have recorded ourselves. */
	if (unlikely(!source && iph->ihl > 5))
		blank_options(iph);
	ih->checksum = 0;
	ih->checksum = csum_fold(skb_checksum(skb, at, skb->len - at, 0));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
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

	if (unlikely(pkt->is_error))
		rewrite_quoted(skb, pkt, false, addr, pkt->flow.ext_port);
	else
		rewrite_l4(skb, true, iph->saddr, addr, pkt->flow.ext_port);
	csum_replace4(&iph->check, iph->saddr, addr);
	iph->saddr = addr;
	if (unlikely(iph->ihl > 5))
		blank_options(iph);
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

	if (unlikely(pkt->is_error))
		rewrite_quoted(skb, pkt, true, pkt->flow.inner,
			       pkt->flow.inner_port);
	else
		rewrite_l4(skb, false, iph->daddr, pkt->flow.inner,
			   pkt->flow.inner_port);
	csum_replace4(&iph->check, iph->daddr, pkt->flow.inner);
	iph->daddr = pkt->flow.inner;
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

	if (pkt->flow.proto != IPPROTO_TCP || pkt->is_error ||
	    !(pkt->seg.flags & MAPE_TCP_SYN))
		return;
	at = find_option((u8 *)th, pkt->l4_len, TCPOPT_MSS, TCPOLEN_MSS);
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
