/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The netlink ABI of the link type "mape", a MAP-E customer edge (RFC 7597).
 */
#ifndef _UAPI_LINUX_MAPE_H
#define _UAPI_LINUX_MAPE_H

#include <linux/types.h>
#include <linux/in6.h>

/* Most rules and border relays one device takes. */
#define MAPE_RULES_MAX		256
#define MAPE_BRS_MAX		8

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
	__IFLA_MAPE_ITEM_MAX
};

#define IFLA_MAPE_ITEM_MAX (__IFLA_MAPE_ITEM_MAX - 1)

/* IFLA_MAPE_MSS: values with a meaning of their own. */
#define MAPE_MSS_OFF		0
#define MAPE_MSS_AUTO		0xffff	/* device MTU - 40 */

#endif /* _UAPI_LINUX_MAPE_H */
