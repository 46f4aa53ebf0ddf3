/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAPT44: which inner endpoint an external port stands for, and back.
 */
#ifndef _MAPE_NAT_H
#define _MAPE_NAT_H

#include <linux/types.h>

#include "portset.h"
#include "tcp.h"
#include "timeout.h"

struct mape_nat;

/* Sessions of one device, and of one inner host, unless told otherwise. */
#define MAPE_SESSIONS_MAX	65536
#define MAPE_SESSIONS_PER_HOST	16384

/**
 * struct mape_flow - what the NAT reads of a packet, and what it answers
 * @inner: address of the inner host
 * @remote: address of the peer
 * @inner_port: port of the inner host, or ICMP identifier
 * @ext_port: the same outside; a member of the port set
 * @remote_port: port of the peer, 0 for ICMP
 * @proto: IPPROTO_*. One without ports has 0 for all ports, and is only
 *	possible if the address is not shared
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
};

/**
 * struct mape_nat_policy - what the user may change of a NAT
 * @timeouts: seconds, by enum mape_timeout
 * @sessions_max: most sessions
 * @sessions_per_host: most sessions of one inner host
 * @n_reserves: how many @reserves there are
 * @reserves: ports that are not given out
 * @filtering: enum mape_filtering
 */
struct mape_nat_policy {
	u32 timeouts[MAPE_TIMEOUT_MAX + 1];
	u32 sessions_max;
	u32 sessions_per_host;
	unsigned int n_reserves;
	struct mape_port_range reserves[MAPE_RESERVES_MAX];
	u8 filtering;
};

/**
 * enum mape_nat_result - the NAT's answer
 * @MAPE_NAT_OK: the flow is filled in
 * @MAPE_NAT_PASS: not a packet for translation: its port is reserved
 * @MAPE_NAT_NO_SESSION: nobody inside asked for this packet
 * @MAPE_NAT_BACKLOG: as many unanswered sessions from outside as a mapping may
 *	have
 * @MAPE_NAT_EXHAUSTED: every port has a session with this peer
 * @MAPE_NAT_TABLE_FULL: as many sessions as allowed, or no memory
 * @MAPE_NAT_HOST_LIMIT: as many as one inner host may have
 */
enum mape_nat_result {
	MAPE_NAT_OK,
	MAPE_NAT_PASS,
	MAPE_NAT_NO_SESSION,
	MAPE_NAT_BACKLOG,
	MAPE_NAT_EXHAUSTED,
	MAPE_NAT_TABLE_FULL,
	MAPE_NAT_HOST_LIMIT,
};

/**
 * struct mape_nat_usage - how full the tables are
 * @sessions: sessions, live or waiting to be collected
 * @sessions_max: most sessions allowed
 * @sessions_per_host: most of one inner host
 * @mappings: mappings, static ones too
 * @eim_breaks: sessions that could not have their endpoint's own port
 */
struct mape_nat_usage {
	u32 sessions;
	u32 sessions_max;
	u32 sessions_per_host;
	u32 mappings;
	u32 eim_breaks;
};

/**
 * struct mape_port_usage - how one protocol uses the port set
 * @proto: protocol number
 * @total: ports of the set
 * @free: ports that may be given to a new endpoint
 * @shared: ports with several endpoints
 * @fixed: ports of forwards
 * @reserved: ports withheld by the policy
 * @mappings: mappings of the protocol
 */
struct mape_port_usage {
	u8 proto;
	u32 total;
	u32 free;
	u32 shared;
	u32 fixed;
	u32 reserved;
	u32 mappings;
};

/* struct mape_nat_filter: which members count */
#define MAPE_FILTER_PROTO	0x01
#define MAPE_FILTER_INNER	0x02
#define MAPE_FILTER_INNER_PORT	0x04
#define MAPE_FILTER_EXT_PORT	0x08
#define MAPE_FILTER_REMOTE	0x10
#define MAPE_FILTER_REMOTE_PORT	0x20
#define MAPE_FILTER_STATIC	0x40	/* only mappings that are static */

/**
 * struct mape_nat_filter - a choice of sessions or mappings
 * @fields: MAPE_FILTER_*
 * @flow: what these have to be
 */
struct mape_nat_filter {
	u32 fields;
	struct mape_flow flow;
};

/**
 * struct mape_nat_entry - a session or a mapping, for display
 * @flow: its addresses and ports; a mapping has no remote
 * @state: enum mape_session_state, of a session
 * @flags: MAPE_FLAG_*
 * @expires: seconds until it goes if nothing happens, 0 for a static mapping
 * @sessions: of a mapping
 */
struct mape_nat_entry {
	struct mape_flow flow;
	u8 state;
	u32 flags;
	u32 expires;
	u32 sessions;
};

/**
 * struct mape_nat_cursor - where a walk is; zero to begin
 * @bucket: bucket of the table
 * @skip: entries of it that were seen
 */
struct mape_nat_cursor {
	u32 bucket;
	u32 skip;
};

typedef int (*mape_nat_emit_t)(const struct mape_nat_entry *entry, void *ctx);

int mape_nat_init(void);
void mape_nat_exit(void);

struct mape_nat *mape_nat_create(const struct mape_portset *set,
				 const struct mape_nat_policy *policy);
void mape_nat_destroy(struct mape_nat *nat);
void mape_nat_configure(struct mape_nat *nat,
			const struct mape_nat_policy *policy);

enum mape_nat_result mape_nat_outbound(struct mape_nat *nat,
				       struct mape_flow *flow,
				       const struct mape_segment *seg);
enum mape_nat_result mape_nat_inbound(struct mape_nat *nat,
				      struct mape_flow *flow,
				      const struct mape_segment *seg,
				      bool hairpin);
bool mape_nat_find_inner(struct mape_nat *nat, struct mape_flow *flow);
bool mape_nat_find_outer(struct mape_nat *nat, struct mape_flow *flow);
bool mape_nat_reserved(const struct mape_nat *nat, u8 proto, __be16 port);

void mape_nat_usage(const struct mape_nat *nat, struct mape_nat_usage *usage);
bool mape_nat_port_usage(struct mape_nat *nat, unsigned int i,
			 struct mape_port_usage *usage);
int mape_nat_walk_sessions(struct mape_nat *nat, struct mape_nat_cursor *at,
			   const struct mape_nat_filter *filter,
			   mape_nat_emit_t emit, void *ctx);
int mape_nat_walk_mappings(struct mape_nat *nat, struct mape_nat_cursor *at,
			   const struct mape_nat_filter *filter,
			   mape_nat_emit_t emit, void *ctx);
u32 mape_nat_flush(struct mape_nat *nat, const struct mape_nat_filter *filter);
int mape_nat_forward_add(struct mape_nat *nat, struct mape_flow *flow);
int mape_nat_forward_del(struct mape_nat *nat, u8 proto, __be16 ext_port);

#endif /* _MAPE_NAT_H */
