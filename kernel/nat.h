/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAPT44: which inner endpoint an external port stands for, and back.
 */
#ifndef _MAPE_NAT_H
#define _MAPE_NAT_H

#include <linux/types.h>

#include "portset.h"
#include "timeout.h"

struct mape_nat;

/* Sessions of one device, unless its owner says otherwise. */
#define MAPE_SESSIONS_MAX	65536

/**
 * struct mape_flow - what the NAT reads of a packet, and what it answers
 * @inner: address of the inner host
 * @remote: address of the peer
 * @inner_port: port of the inner host, or ICMP identifier
 * @ext_port: the same outside; a member of the port set
 * @remote_port: port of the peer, 0 for ICMP
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_ICMP
 * @tcp_flags: MAPE_TCP_*, 0 for other protocols
 *
 * Outbound the NAT fills in @ext_port, inbound @inner and @inner_port.
 */
struct mape_flow {
	__be32 inner;
	__be32 remote;
	__be16 inner_port;
	__be16 ext_port;
	__be16 remote_port;
	u8 proto;
	u8 tcp_flags;
};

/**
 * enum mape_nat_result - the NAT's answer
 * @MAPE_NAT_OK: the flow is filled in
 * @MAPE_NAT_NO_SESSION: nobody inside asked for this packet
 * @MAPE_NAT_EXHAUSTED: every port has a session with this peer
 * @MAPE_NAT_TABLE_FULL: as many sessions as allowed, or no memory
 */
enum mape_nat_result {
	MAPE_NAT_OK,
	MAPE_NAT_NO_SESSION,
	MAPE_NAT_EXHAUSTED,
	MAPE_NAT_TABLE_FULL,
};

/**
 * struct mape_nat_usage - how full the tables are
 * @sessions: sessions, live or waiting to be collected
 * @sessions_max: most sessions allowed
 * @eim_breaks: sessions that could not have their endpoint's own port
 */
struct mape_nat_usage {
	u32 sessions;
	u32 sessions_max;
	u32 eim_breaks;
};

int mape_nat_init(void);
void mape_nat_exit(void);

struct mape_nat *mape_nat_create(const struct mape_portset *set,
				 u32 sessions_max);
void mape_nat_destroy(struct mape_nat *nat);
void mape_nat_usage(const struct mape_nat *nat, struct mape_nat_usage *usage);

enum mape_nat_result mape_nat_outbound(struct mape_nat *nat,
				       struct mape_flow *flow);
enum mape_nat_result mape_nat_inbound(struct mape_nat *nat,
				      struct mape_flow *flow);

#endif /* _MAPE_NAT_H */
