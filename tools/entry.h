/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one message of the generic netlink family "mape" says: a session, a
 * mapping, a forward, a rule, ...; and the same as a filter in requests.
 */
#ifndef _MAPE_ENTRY_H
#define _MAPE_ENTRY_H

#include <libmnl/libmnl.h>

#include <linux/types.h>
#include <linux/in6.h>
#include <linux/mape.h>

/**
 * struct entry - the attributes of a message
 * @has: which of them it has, bits by ENTRY_BIT(); the others are zero
 * @cmd: enum mape_cmd
 * @ifindex: the device
 * @proto: IPPROTO_*
 * @inner: address of the inner host
 * @remote: address of the peer
 * @inner_port: port of @inner
 * @ext_port: port outside
 * @remote_port: port of @remote
 * @state: enum mape_session_state
 * @flags: MAPE_FLAG_*
 * @expires: in seconds
 * @sessions: how many sessions
 * @sessions_max: how many there may be
 * @sessions_per_host: how many there may be of one inner host
 * @mappings: how many mappings
 * @ports_total: ports of the port set
 * @ports_free: those without a mapping
 * @ports_shared: those with several
 * @ports_static: those of forwards
 * @ports_reserved: those not for the NAT
 * @rule: a mapping rule
 * @ipv4: the customer's address or prefix
 * @ipv4_len: its length
 * @psid: the customer's PSID
 * @ce_addr: the MAP address
 * @stats: nested counters, in the message; NULL if there are none
 */
struct entry {
	u64 has;
	u8 cmd;
	u32 ifindex;
	u8 proto;
	__be32 inner;
	__be32 remote;
	__be16 inner_port;
	__be16 ext_port;
	__be16 remote_port;
	u8 state;
	u32 flags;
	u32 expires;
	u32 sessions;
	u32 sessions_max;
	u32 sessions_per_host;
	u32 mappings;
	u32 ports_total;
	u32 ports_free;
	u32 ports_shared;
	u32 ports_static;
	u32 ports_reserved;
	struct mape_rule rule;
	__be32 ipv4;
	u8 ipv4_len;
	struct mape_psid psid;
	struct in6_addr ce_addr;
	const struct nlattr *stats;
};

#define ENTRY_BIT(attr)	(1ULL << (attr))

_Static_assert(MAPE_A_MAX < 64, "struct entry: no bit left in @has");

bool entry_decode(const struct nlmsghdr *nlh, struct entry *entry);
void entry_encode(const struct entry *entry, struct nlmsghdr *nlh);
const char *entry_state(const struct entry *entry);

#endif /* _MAPE_ENTRY_H */
