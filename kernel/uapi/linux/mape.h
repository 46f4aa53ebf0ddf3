/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The netlink ABI of the link type "mape", a MAP-E customer edge (RFC 7597).
 */
#ifndef _UAPI_LINUX_MAPE_H
#define _UAPI_LINUX_MAPE_H

#include <linux/types.h>
#include <linux/in6.h>

/* Most rules, border relays and reserved ranges of ports one device takes. */
#define MAPE_RULES_MAX		256
#define MAPE_BRS_MAX		8
#define MAPE_RESERVES_MAX	16

/* Limits of IFLA_MAPE_SESSIONS_MAX and IFLA_MAPE_SESSIONS_PER_HOST. */
#define MAPE_SESSIONS_LIMIT_MIN	1024
#define MAPE_SESSIONS_LIMIT_MAX	1048576

/* Offset a: its default, and that of the draft-03 services (Japan). */
#define MAPE_PSID_OFFSET_RFC7597	6
#define MAPE_PSID_OFFSET_DRAFT03	4

/**
 * enum mape_role - what a device does with the rules
 * @MAPE_ROLE_CE: customer edge, stateful NAPT44 (RFC 7597 section 5)
 */
enum mape_role {
	MAPE_ROLE_CE,
	__MAPE_ROLE_MAX
};

#define MAPE_ROLE_MAX (__MAPE_ROLE_MAX - 1)

/**
 * enum mape_iid - layout of the interface identifier of MAP addresses
 * @MAPE_IID_RFC7597: 0000 | IPv4 | PSID (RFC 7597 section 6)
 * @MAPE_IID_DRAFT03: 00 | IPv4 | PSID | 00 (draft-ietf-softwire-map-03)
 */
enum mape_iid {
	MAPE_IID_RFC7597,
	MAPE_IID_DRAFT03,
	__MAPE_IID_MAX
};

#define MAPE_IID_MAX (__MAPE_IID_MAX - 1)

/**
 * enum mape_nat_mode - is there a NAT?
 * @MAPE_NAT_AUTO: NAPT44, unless the rule yields an IPv4 prefix
 * @MAPE_NAT_OFF: none; not possible with a shared address
 */
enum mape_nat_mode {
	MAPE_NAT_AUTO,
	MAPE_NAT_OFF,
	__MAPE_NAT_MAX
};

#define MAPE_NAT_MAX (__MAPE_NAT_MAX - 1)

/**
 * enum mape_filtering - who may use a mapping from outside (RFC 4787 section 5)
 * @MAPE_FILTERING_ADDRESS: an address that was sent to (RFC 7597 section 10)
 * @MAPE_FILTERING_ENDPOINT: anyone
 * @MAPE_FILTERING_ADDRESS_PORT: an address and port that was sent to
 */
enum mape_filtering {
	MAPE_FILTERING_ADDRESS,
	MAPE_FILTERING_ENDPOINT,
	MAPE_FILTERING_ADDRESS_PORT,
	__MAPE_FILTERING_MAX
};

#define MAPE_FILTERING_MAX (__MAPE_FILTERING_MAX - 1)

/**
 * enum mape_timeout - the times that can be set, in seconds
 * @MAPE_TIMEOUT_UNSPEC: none
 * @MAPE_TIMEOUT_UDP: idle UDP session, answered (RFC 4787 REQ-5)
 * @MAPE_TIMEOUT_UDP_NEW: the same before the first answer
 * @MAPE_TIMEOUT_DNS: UDP to port 53, answered
 * @MAPE_TIMEOUT_DNS_NEW: the same before the first answer
 * @MAPE_TIMEOUT_NTP: UDP to port 123
 * @MAPE_TIMEOUT_TCP_SYN: half-open TCP (RFC 5382 REQ-5)
 * @MAPE_TIMEOUT_TCP_ESTABLISHED: idle TCP connection, also after one FIN
 * @MAPE_TIMEOUT_TCP_CLOSING: TCP after both FINs or an RST
 * @MAPE_TIMEOUT_ICMP: ICMP query (RFC 5508 REQ-2)
 * @MAPE_TIMEOUT_SCTP_ESTABLISHED: idle SCTP association
 * @MAPE_TIMEOUT_SCTP_TRANSITORY: the same when opening or closing
 * @MAPE_TIMEOUT_DCCP_ESTABLISHED: idle DCCP connection (RFC 5597 REQ-5)
 * @MAPE_TIMEOUT_DCCP_TRANSITORY: the same when opening or closing
 * @MAPE_TIMEOUT_OTHER: protocols without ports, on an unshared address
 * @MAPE_TIMEOUT_QUARANTINE: before another inner host gets a freed UDP port,
 *	as long as there are others (RFC 6888 REQ-8); 0 is none
 * @MAPE_TIMEOUT_UDP_RECLAIM: age at which an unanswered UDP session gives way
 *	when every port is used towards its peer; 0 is never
 */
enum mape_timeout {
	MAPE_TIMEOUT_UNSPEC,
	MAPE_TIMEOUT_UDP,
	MAPE_TIMEOUT_UDP_NEW,
	MAPE_TIMEOUT_DNS,
	MAPE_TIMEOUT_DNS_NEW,
	MAPE_TIMEOUT_NTP,
	MAPE_TIMEOUT_TCP_SYN,
	MAPE_TIMEOUT_TCP_ESTABLISHED,
	MAPE_TIMEOUT_TCP_CLOSING,
	MAPE_TIMEOUT_ICMP,
	MAPE_TIMEOUT_SCTP_ESTABLISHED,
	MAPE_TIMEOUT_SCTP_TRANSITORY,
	MAPE_TIMEOUT_DCCP_ESTABLISHED,
	MAPE_TIMEOUT_DCCP_TRANSITORY,
	MAPE_TIMEOUT_OTHER,
	MAPE_TIMEOUT_QUARANTINE,
	MAPE_TIMEOUT_UDP_RECLAIM,
	__MAPE_TIMEOUT_MAX
};

#define MAPE_TIMEOUT_MAX (__MAPE_TIMEOUT_MAX - 1)

/* In IFLA_MAPE_TIMEOUTS: back to the default. */
#define MAPE_TIMEOUT_DEFAULT	0xffffffff

/* struct mape_rule, flags: the rule also forwards to other CEs (RFC 7598 F) */
#define MAPE_RULE_F_FMR		0x1

/**
 * struct mape_rule - a mapping rule (RFC 7597 section 5)
 * @ipv6: Rule IPv6 prefix
 * @ipv4: Rule IPv4 prefix
 * @flags: MAPE_RULE_F_*
 * @ipv6_len: length of @ipv6 in bits, 0 to 128
 * @ipv4_len: length of @ipv4 in bits, 0 to 32
 * @ea_len: number of EA bits, 0 to 48
 * @psid_offset: number of bits before the PSID in a port ("a"), 0 to 15
 *
 * Bits of the prefixes behind their lengths must be zero.
 */
struct mape_rule {
	struct in6_addr	ipv6;
	__be32		ipv4;
	__u32		flags;
	__u8		ipv6_len;
	__u8		ipv4_len;
	__u8		ea_len;
	__u8		psid_offset;
};

/**
 * struct mape_prefix - an IPv6 prefix
 * @addr: the prefix; bits behind @len are ignored
 * @len: its length in bits, 0 to 128
 * @pad: zero
 */
struct mape_prefix {
	struct in6_addr	addr;
	__u8		len;
	__u8		pad[3];
};

/**
 * struct mape_psid - a port-set identifier
 * @psid: the identifier as a number (right-justified, host byte order)
 * @len: its length in bits ("k"), 0 to 16
 * @pad: zero
 */
struct mape_psid {
	__u16	psid;
	__u8	len;
	__u8	pad;
};

/**
 * struct mape_port_range - some ports in a row
 * @first: the first port, 1 to 65535
 * @last: the last port, not less
 *
 * Host byte order.
 */
struct mape_port_range {
	__u16 first;
	__u16 last;
};

/**
 * struct mape_port_ranges - a port set: @count ranges of @size ports
 * @first: first port of the first range
 * @size: ports in a range
 * @stride: distance between the first ports of two ranges
 * @count: number of ranges
 *
 * One range of 65536 ports from 0: the IPv4 address is not shared.
 */
struct mape_port_ranges {
	__u32	first;
	__u32	size;
	__u32	stride;
	__u32	count;
};

/*
 * Attributes in IFLA_INFO_DATA. RTM_NEWLINK on an existing device changes what
 * is given and keeps the rest; a list given replaces the whole list.
 */
enum {
	IFLA_MAPE_UNSPEC,
	IFLA_MAPE_LINK,		/* u32: ifindex of the underlay, 0 none */
	IFLA_MAPE_ROLE,		/* u8: enum mape_role */
	IFLA_MAPE_PREFIX,	/* struct mape_prefix: end-user IPv6 prefix */
	IFLA_MAPE_RULES,	/* nested: IFLA_MAPE_ITEM_RULE */
	IFLA_MAPE_BRS,		/* nested: IFLA_MAPE_ITEM_BR */
	IFLA_MAPE_LOCAL,	/* in6_addr: overrides the CE address, :: none */
	IFLA_MAPE_PSID,		/* struct mape_psid: explicit, length 0 none */
	IFLA_MAPE_IID,		/* u8: enum mape_iid */
	IFLA_MAPE_HOPLIMIT,	/* u8: outer hop limit, 1 to 255 */
	IFLA_MAPE_TCLASS,	/* u8: outer traffic class, ECN bits zero;
				 * ends IFLA_MAPE_TCLASS_INHERIT
				 */
	IFLA_MAPE_TCLASS_INHERIT, /* u8: 1 copies the inner DSCP instead */
	IFLA_MAPE_MSS,		/* u16: TCP MSS clamp, MAPE_MSS_* */
	IFLA_MAPE_NAT,		/* u8: enum mape_nat_mode */
	IFLA_MAPE_FILTERING,	/* u8: enum mape_filtering */
	IFLA_MAPE_RESERVES,	/* nested: IFLA_MAPE_ITEM_RESERVE */
	IFLA_MAPE_TIMEOUTS,	/* nested: u32 with enum mape_timeout as type,
				 * seconds or MAPE_TIMEOUT_DEFAULT. Changes
				 * those given; shown are those not default
				 */
	IFLA_MAPE_SESSIONS_MAX,	/* u32: most NAT sessions */
	IFLA_MAPE_SESSIONS_PER_HOST, /* u32: most of one inner host */
	/* Read only: what the module derived. */
	IFLA_MAPE_CE_ADDR,	/* in6_addr: the MAP address in use */
	IFLA_MAPE_CE_IPV4,	/* be32: the customer's IPv4 address or prefix */
	IFLA_MAPE_CE_IPV4_LEN,	/* u8: its length, 32 for an address */
	IFLA_MAPE_CE_PSID,	/* struct mape_psid: the PSID in use */
	IFLA_MAPE_CE_PSID_OFFSET, /* u8: its offset ("a") */
	IFLA_MAPE_CE_PORTS,	/* struct mape_port_ranges */
	IFLA_MAPE_CE_BMR,	/* struct mape_rule: the basic mapping rule */
	IFLA_MAPE_SESSIONS,	/* u32: NAT sessions in use */
	__IFLA_MAPE_MAX
};

#define IFLA_MAPE_MAX (__IFLA_MAPE_MAX - 1)

/* Types inside the lists. */
enum {
	IFLA_MAPE_ITEM_UNSPEC,
	IFLA_MAPE_ITEM_RULE,	/* struct mape_rule */
	IFLA_MAPE_ITEM_BR,	/* in6_addr: border relay; the first one sends */
	IFLA_MAPE_ITEM_RESERVE,	/* struct mape_port_range: not for the NAT */
	__IFLA_MAPE_ITEM_MAX
};

#define IFLA_MAPE_ITEM_MAX (__IFLA_MAPE_ITEM_MAX - 1)

/* IFLA_MAPE_MSS: values with a meaning of their own. */
#define MAPE_MSS_OFF		0
#define MAPE_MSS_AUTO		0xffff	/* device MTU - 40 */

/*
 * The generic netlink family "mape": what a device holds beside its
 * configuration. All messages name the device by MAPE_A_IFINDEX. To be told of
 * events needs CAP_NET_ADMIN: they tell who talks to whom.
 */
#define MAPE_GENL_NAME		"mape"
#define MAPE_GENL_VERSION	1
#define MAPE_GENL_EVENTS	"events"	/* multicast group */

/**
 * enum mape_cmd - requests, and the messages that answer them
 * @MAPE_CMD_UNSPEC: none
 * @MAPE_CMD_GET_SESSION: dump of the NAT's sessions. May be filtered by PROTO,
 *	INNER, INNER_PORT, EXT_PORT, REMOTE and REMOTE_PORT. Answers have all
 *	of these and STATE, EXPIRES, FLAGS. CAP_NET_ADMIN
 * @MAPE_CMD_DEL_SESSION: remove the sessions that match the same filter; none
 *	given, all. The answer has SESSIONS, how many. CAP_NET_ADMIN
 * @MAPE_CMD_GET_MAPPING: dump of the mappings: PROTO, INNER, INNER_PORT,
 *	EXT_PORT, SESSIONS, FLAGS, and EXPIRES if not static. May be filtered by
 *	PROTO, INNER, INNER_PORT and EXT_PORT. CAP_NET_ADMIN
 * @MAPE_CMD_GET_PORTS: dump of how the port set is used, a message for each
 *	protocol that has ports: PROTO, PORTS_TOTAL, PORTS_FREE, PORTS_SHARED,
 *	PORTS_STATIC, PORTS_RESERVED, MAPPINGS
 * @MAPE_CMD_NEW_FORWARD: static mapping of PROTO and EXT_PORT to INNER and
 *	INNER_PORT. Without EXT_PORT a free port is picked. The answer is the
 *	forward. CAP_NET_ADMIN
 * @MAPE_CMD_DEL_FORWARD: undo it: PROTO and EXT_PORT. CAP_NET_ADMIN
 * @MAPE_CMD_GET_FORWARD: dump of the forwards: PROTO, EXT_PORT, INNER,
 *	INNER_PORT, SESSIONS. CAP_NET_ADMIN
 * @MAPE_CMD_NEW_RULE: add the mapping rule RULE, whose prefixes together no
 *	other has. CAP_NET_ADMIN
 * @MAPE_CMD_DEL_RULE: remove the rule with RULE's IPv6 and IPv4 prefixes.
 *	CAP_NET_ADMIN
 * @MAPE_CMD_GET_RULE: dump of the rules, RULE in each message
 * @MAPE_CMD_SET_RULES: replace all rules by those in RULES. CAP_NET_ADMIN
 * @MAPE_CMD_GET_STATS: SESSIONS, SESSIONS_MAX, SESSIONS_PER_HOST, MAPPINGS and
 *	STATS
 * @MAPE_CMD_EVENT_EXHAUSTED: event, at most one a second and device: a session
 *	was refused, as every port is used towards REMOTE, REMOTE_PORT of PROTO
 * @MAPE_CMD_EVENT_ADDRESS: event: the device has another IPv4 address or port
 *	set: IPV4, IPV4_LEN, PSID, CE_ADDR
 */
enum mape_cmd {
	MAPE_CMD_UNSPEC,
	MAPE_CMD_GET_SESSION,
	MAPE_CMD_DEL_SESSION,
	MAPE_CMD_GET_MAPPING,
	MAPE_CMD_GET_PORTS,
	MAPE_CMD_NEW_FORWARD,
	MAPE_CMD_DEL_FORWARD,
	MAPE_CMD_GET_FORWARD,
	MAPE_CMD_NEW_RULE,
	MAPE_CMD_DEL_RULE,
	MAPE_CMD_GET_RULE,
	MAPE_CMD_SET_RULES,
	MAPE_CMD_GET_STATS,
	MAPE_CMD_EVENT_EXHAUSTED,
	MAPE_CMD_EVENT_ADDRESS,
	__MAPE_CMD_MAX
};

#define MAPE_CMD_MAX (__MAPE_CMD_MAX - 1)

/**
 * enum mape_session_state - the state of a session
 * @MAPE_NEW: not yet answered (all but TCP)
 * @MAPE_ANSWERED: answered (all but TCP)
 * @MAPE_CLOSING: one side has ended it (SCTP, DCCP)
 * @MAPE_TCP_INIT_OUT: SYN from inside (RFC 6146: V6 INIT)
 * @MAPE_TCP_INIT_IN: SYN from outside (V4 INIT)
 * @MAPE_TCP_ESTABLISHED: SYNs from both sides
 * @MAPE_TCP_FIN_OUT: FIN from inside (V6 FIN RCV)
 * @MAPE_TCP_FIN_IN: FIN from outside (V4 FIN RCV)
 * @MAPE_TCP_FIN_BOTH: both (V6 FIN + V4 FIN RCV)
 * @MAPE_TCP_TRANS: RST seen, or picked up in the middle (TRANS)
 * @MAPE_NEW_IN: begun outside, not yet answered (all but TCP)
 */
enum mape_session_state {
	MAPE_NEW,
	MAPE_ANSWERED,
	MAPE_CLOSING,
	MAPE_TCP_INIT_OUT,
	MAPE_TCP_INIT_IN,
	MAPE_TCP_ESTABLISHED,
	MAPE_TCP_FIN_OUT,
	MAPE_TCP_FIN_IN,
	MAPE_TCP_FIN_BOTH,
	MAPE_TCP_TRANS,
	MAPE_NEW_IN,
};

/* MAPE_A_FLAGS */
#define MAPE_FLAG_STATIC	0x1	/* a forward's mapping */
#define MAPE_FLAG_UNCONFIRMED	0x2	/* begun outside, not yet answered */
#define MAPE_FLAG_EIM_BREAK	0x4	/* has not its mapping's port */

/* Attributes of the family's messages. Ports are in network byte order. */
enum {
	MAPE_A_UNSPEC,
	MAPE_A_PAD,
	MAPE_A_IFINDEX,		/* u32 */
	MAPE_A_PROTO,		/* u8: IPPROTO_* */
	MAPE_A_INNER,		/* be32: address of the inner host */
	MAPE_A_INNER_PORT,	/* be16: its port or ICMP identifier */
	MAPE_A_EXT_PORT,	/* be16: port of our port set */
	MAPE_A_REMOTE,		/* be32: address of the peer */
	MAPE_A_REMOTE_PORT,	/* be16: its port, 0 for ICMP */
	MAPE_A_STATE,		/* u8: enum mape_session_state */
	MAPE_A_EXPIRES,		/* u32: seconds */
	MAPE_A_FLAGS,		/* u32: MAPE_FLAG_* */
	MAPE_A_SESSIONS,	/* u32 */
	MAPE_A_SESSIONS_MAX,	/* u32 */
	MAPE_A_SESSIONS_PER_HOST, /* u32 */
	MAPE_A_MAPPINGS,	/* u32 */
	MAPE_A_PORTS_TOTAL,	/* u32: ports of the set */
	MAPE_A_PORTS_FREE,	/* u32: without a mapping */
	MAPE_A_PORTS_SHARED,	/* u32: with more than one */
	MAPE_A_PORTS_STATIC,	/* u32: of forwards */
	MAPE_A_PORTS_RESERVED,	/* u32: not for the NAT */
	MAPE_A_RULE,		/* struct mape_rule */
	MAPE_A_RULES,		/* nested: MAPE_A_RULE */
	MAPE_A_STATS,		/* nested: MAPE_A_STAT */
	MAPE_A_STAT,		/* nested: MAPE_A_NAME, MAPE_A_VALUE */
	MAPE_A_NAME,		/* string: as ethtool -S has it */
	MAPE_A_VALUE,		/* u64 */
	MAPE_A_IPV4,		/* be32: the customer's address or prefix */
	MAPE_A_IPV4_LEN,	/* u8 */
	MAPE_A_PSID,		/* struct mape_psid */
	MAPE_A_CE_ADDR,		/* in6_addr */
	__MAPE_A_MAX
};

#define MAPE_A_MAX (__MAPE_A_MAX - 1)

#endif /* _UAPI_LINUX_MAPE_H */
