/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters with a name each: one for every reason to drop a packet.
 */
#ifndef _MAPE_STATS_H
#define _MAPE_STATS_H

#include <linux/percpu.h>

/**
 * enum mape_drop - why a packet goes no further
 * @MAPE_PASS: it does go further
 * @MAPE_DROP_RX_MALFORMED: no proper IPv4 inside (RFC 1812 section 5.2.2)
 * @MAPE_DROP_RX_BAD_V6_SRC: the outer source is no BR and no CE (RFC 7597 8.1)
 * @MAPE_DROP_RX_SPOOFED: the inner source is not that CE's (RFC 7597 8.1)
 * @MAPE_DROP_RX_BAD_V4_SRC: the inner source is nobody's (RFC 1812 5.3.7), or
 *	our own address and port
 * @MAPE_DROP_RX_BAD_V4_DST: the inner destination is not ours (RFC 7597 8.1)
 * @MAPE_DROP_RX_BAD_PORT: its port is not in our set
 * @MAPE_DROP_RX_NO_SESSION: nobody inside asked for it
 * @MAPE_DROP_RX_BACKLOG: too many that nobody inside has answered yet
 * @MAPE_DROP_RX_NO_PORT: protocol without ports
 * @MAPE_DROP_RX_ICMP: ICMP that is no answer and no error for a NAT
 * @MAPE_DROP_RX_FRAGMENT: the inner packet is a fragment
 * @MAPE_DROP_RX_ECN_ERROR: congestion marked, inside not capable (RFC 6040 4.2)
 * @MAPE_DROP_RX_POLICY: refused by an IPsec policy
 * @MAPE_DROP_RX_NO_MEMORY: no memory
 * @MAPE_DROP_TX_NOT_IPV4: not IPv4
 * @MAPE_DROP_TX_MALFORMED: no proper IPv4, or a transport header cut short
 * @MAPE_DROP_TX_NO_PORT: protocol without ports
 * @MAPE_DROP_TX_NO_SESSION: an ICMP error or an RST of no session; or to our
 *	own address and a port nobody has
 * @MAPE_DROP_TX_ICMP: ICMP that is no query and no error for a NAT
 * @MAPE_DROP_TX_FRAGMENT: a fragment
 * @MAPE_DROP_TX_MULTICAST: multicast or broadcast
 * @MAPE_DROP_TX_BAD_SOURCE: outside our IPv4 prefix
 * @MAPE_DROP_TX_TOO_BIG: longer than the path MTU
 * @MAPE_DROP_TX_NO_ROUTE: no IPv6 route to BR or CE
 * @MAPE_DROP_TX_LOOP: the route leads back into the device (RFC 2473 4.1.2), or
 *	it has just come out of the device
 * @MAPE_DROP_TX_NO_MEMORY: no memory
 * @MAPE_DROP_PORT_EXHAUSTED: every port has a session with the peer
 * @MAPE_DROP_TABLE_FULL: no more sessions
 * @MAPE_DROP_HOST_LIMIT: no more sessions of this inner host
 * @MAPE_DROP_MAX: number of values
 */
enum mape_drop {
	MAPE_PASS,
	MAPE_DROP_RX_MALFORMED,
	MAPE_DROP_RX_BAD_V6_SRC,
	MAPE_DROP_RX_SPOOFED,
	MAPE_DROP_RX_BAD_V4_SRC,
	MAPE_DROP_RX_BAD_V4_DST,
	MAPE_DROP_RX_BAD_PORT,
	MAPE_DROP_RX_NO_SESSION,
	MAPE_DROP_RX_BACKLOG,
	MAPE_DROP_RX_NO_PORT,
	MAPE_DROP_RX_ICMP,
	MAPE_DROP_RX_FRAGMENT,
	MAPE_DROP_RX_ECN_ERROR,
	MAPE_DROP_RX_POLICY,
	MAPE_DROP_RX_NO_MEMORY,
	MAPE_DROP_TX_NOT_IPV4,
	MAPE_DROP_TX_MALFORMED,
	MAPE_DROP_TX_NO_PORT,
	MAPE_DROP_TX_NO_SESSION,
	MAPE_DROP_TX_ICMP,
	MAPE_DROP_TX_FRAGMENT,
	MAPE_DROP_TX_MULTICAST,
	MAPE_DROP_TX_BAD_SOURCE,
	MAPE_DROP_TX_TOO_BIG,
	MAPE_DROP_TX_NO_ROUTE,
	MAPE_DROP_TX_LOOP,
	MAPE_DROP_TX_NO_MEMORY,
	MAPE_DROP_PORT_EXHAUSTED,
	MAPE_DROP_TABLE_FULL,
	MAPE_DROP_HOST_LIMIT,
	MAPE_DROP_MAX
};

/**
 * struct mape_stats - how many packets were dropped
 * @dropped: by reason
 */
struct mape_stats {
	unsigned long dropped[MAPE_DROP_MAX];
};

#endif /* _MAPE_STATS_H */
