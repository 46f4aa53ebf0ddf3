/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One IPv4 packet: parse it, rewrite it, keep its checksums right.
 */
#ifndef _MAPE_PACKET_H
#define _MAPE_PACKET_H

#include <linux/skbuff.h>

#include "nat.h"

/**
 * struct mape_packet - what was found in an IPv4 packet
 * @flow: addresses and ports; which side is the inner one depends on the
 *	direction it was parsed for. Of an ICMP error, those of the packet it
 *	quotes, which went the other way
 * @seg: what it says of its connection
 * @l4_len: bytes behind the IPv4 header that are in the linear part
 * @is_error: it is an ICMP error
 *
 * Holds no pointers: it stays true when the packet's head moves.
 */
struct mape_packet {
	struct mape_flow flow;
	struct mape_segment seg;
	u16 l4_len;
	bool is_error;
};

/**
 * enum mape_parse - what can be done with a packet
 * @MAPE_PARSE_OK: it has a flow
 * @MAPE_PARSE_MALFORMED: it is no proper IPv4 packet
 * @MAPE_PARSE_FRAGMENT: it is a fragment
 * @MAPE_PARSE_NO_PORT: its protocol has no ports; the flow has addresses alone
 * @MAPE_PARSE_ICMP: ICMP that is neither a query nor an error for a NAT
 */
enum mape_parse {
	MAPE_PARSE_OK,
	MAPE_PARSE_MALFORMED,
	MAPE_PARSE_FRAGMENT,
	MAPE_PARSE_NO_PORT,
	MAPE_PARSE_ICMP,
};

bool mape_packet_check(struct sk_buff *skb);
enum mape_parse mape_packet_parse(struct sk_buff *skb, enum mape_direction dir,
				  struct mape_packet *pkt);
void mape_packet_rewrite_source(struct sk_buff *skb,
				const struct mape_packet *pkt, __be32 addr);
void mape_packet_rewrite_dest(struct sk_buff *skb,
			      const struct mape_packet *pkt);
void mape_packet_clamp_mss(struct sk_buff *skb, const struct mape_packet *pkt,
			   u16 mss);

#endif /* _MAPE_PACKET_H */
