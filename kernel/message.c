// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: the messages that go out.
 */
#include <linux/ethtool.h>
#include <net/genetlink.h>

#include "device.h"
#include "genl.h"
#include "message.h"
#include "nat.h"

/**
 * mape_message_put - put a message into a buffer
 * @msg: how it begins, and goes on
 * @what: of what it tells
 *
 * Return: 0, or -EMSGSIZE without a trace of it.
 */
int mape_message_put(const struct mape_message *msg, const void *what)
{
	void *hdr = genlmsg_put(msg->skb, msg->portid, msg->seq,
				&mape_genl_family, msg->flags, msg->cmd);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(msg->skb, MAPE_A_IFINDEX, msg->ifindex) ||
	    msg->fill(msg->skb, what)) {
		genlmsg_cancel(msg->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg->skb, hdr);
	return 0;
}

static int fill_inside(struct sk_buff *skb, const struct mape_flow *flow)
{
	if (nla_put_u8(skb, MAPE_A_PROTO, flow->proto) ||
	    nla_put_in_addr(skb, MAPE_A_INNER, flow->inner) ||
	    nla_put_be16(skb, MAPE_A_INNER_PORT, flow->inner_port) ||
	    nla_put_be16(skb, MAPE_A_EXT_PORT, flow->ext_port))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_session - put in attributes
 * @skb: the message
 * @what: a session, struct mape_nat_entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_session(struct sk_buff *skb, const void *what)
{
	const struct mape_nat_entry *entry = what;

	if (fill_inside(skb, &entry->flow) ||
	    nla_put_in_addr(skb, MAPE_A_REMOTE, entry->flow.remote) ||
	    nla_put_be16(skb, MAPE_A_REMOTE_PORT, entry->flow.remote_port) ||
	    nla_put_u8(skb, MAPE_A_STATE, entry->state) ||
	    nla_put_u32(skb, MAPE_A_EXPIRES, entry->expires) ||
	    nla_put_u32(skb, MAPE_A_FLAGS, entry->flags))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_forward - put in attributes
 * @skb: the message
 * @what: a forward, struct mape_nat_entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_forward(struct sk_buff *skb, const void *what)
{
	const struct mape_nat_entry *entry = what;

	if (fill_inside(skb, &entry->flow) ||
	    nla_put_u32(skb, MAPE_A_SESSIONS, entry->sessions))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_mapping - put in attributes
 * @skb: the message
 * @what: a mapping, struct mape_nat_entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_mapping(struct sk_buff *skb, const void *what)
{
	const struct mape_nat_entry *entry = what;

	if (mape_fill_forward(skb, entry) ||
	    nla_put_u32(skb, MAPE_A_FLAGS, entry->flags))
		return -EMSGSIZE;
	if (entry->flags & MAPE_FLAG_STATIC)
		return 0;
	return nla_put_u32(skb, MAPE_A_EXPIRES, entry->expires);
}

/**
 * mape_fill_ports - put in attributes
 * @skb: the message
 * @what: the ports of one protocol, struct mape_port_usage
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_ports(struct sk_buff *skb, const void *what)
{
	const struct mape_port_usage *usage = what;

	if (nla_put_u8(skb, MAPE_A_PROTO, usage->proto) ||
	    nla_put_u32(skb, MAPE_A_PORTS_TOTAL, usage->total) ||
	    nla_put_u32(skb, MAPE_A_PORTS_FREE, usage->free) ||
	    nla_put_u32(skb, MAPE_A_PORTS_SHARED, usage->shared) ||
	    nla_put_u32(skb, MAPE_A_PORTS_STATIC, usage->fixed) ||
	    nla_put_u32(skb, MAPE_A_PORTS_RESERVED, usage->reserved) ||
	    nla_put_u32(skb, MAPE_A_MAPPINGS, usage->mappings))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_rule - put in attributes
 * @skb: the message
 * @what: a struct mape_rule
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_rule(struct sk_buff *skb, const void *what)
{
	return nla_put(skb, MAPE_A_RULE, sizeof(struct mape_rule), what);
}

/**
 * mape_fill_count - put in attributes
 * @skb: the message
 * @what: a number of sessions, u32
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_count(struct sk_buff *skb, const void *what)
{
	return nla_put_u32(skb, MAPE_A_SESSIONS, *(const u32 *)what);
}

/**
 * mape_stats_size - the size of a message
 *
 * Return: bytes, enough for mape_fill_stats().
 */
size_t mape_stats_size(void)
{
	return MAPE_MESSAGE_SIZE + nla_total_size(0) +		/* STATS */
	       MAPE_N_STATS * (nla_total_size(0) +		/* STAT */
			       nla_total_size(ETH_GSTRING_LEN) + /* NAME */
			       nla_total_size_64bit(8));	/* VALUE */
}

static int fill_stat(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *stat = nla_nest_start(skb, MAPE_A_STAT);

	if (!stat || nla_put_string(skb, MAPE_A_NAME, name) ||
	    nla_put_u64_64bit(skb, MAPE_A_VALUE, value, MAPE_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, stat);
	return 0;
}

/**
 * mape_fill_stats - put in attributes
 * @skb: the message
 * @what: how a device does, struct mape_config
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_stats(struct sk_buff *skb, const void *what)
{
	const struct mape_config *cfg = what;
	struct mape_nat_usage usage;
	u64 values[MAPE_N_STATS];
	struct nlattr *stats;
	unsigned int i;

	if (cfg->nat) {
		mape_nat_usage(cfg->nat, &usage);
		if (nla_put_u32(skb, MAPE_A_SESSIONS, usage.sessions) ||
		    nla_put_u32(skb, MAPE_A_SESSIONS_MAX, usage.sessions_max) ||
		    nla_put_u32(skb, MAPE_A_SESSIONS_PER_HOST,
				usage.sessions_per_host) ||
		    nla_put_u32(skb, MAPE_A_MAPPINGS, usage.mappings))
			return -EMSGSIZE;
	}
	stats = nla_nest_start(skb, MAPE_A_STATS);
	if (!stats)
		return -EMSGSIZE;
	mape_stats_read(cfg->mape, values);
	for (i = 0; i < MAPE_N_STATS; i++) {
		if (fill_stat(skb, mape_stat_names[i], values[i]))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, stats);
	return 0;
}

/**
 * mape_fill_exhausted - put in attributes
 * @skb: the message
 * @what: the REMOTE of a struct mape_flow
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_exhausted(struct sk_buff *skb, const void *what)
{
	const struct mape_flow *flow = what;

	if (nla_put_u8(skb, MAPE_A_PROTO, flow->proto) ||
	    nla_put_in_addr(skb, MAPE_A_REMOTE, flow->remote) ||
	    nla_put_be16(skb, MAPE_A_REMOTE_PORT, flow->remote_port))
		return -EMSGSIZE;
	return 0;
}

/**
 * mape_fill_address - put in attributes
 * @skb: the message
 * @what: the addresses of a struct mape_config
 *
 * Return: 0 or -EMSGSIZE.
 */
int mape_fill_address(struct sk_buff *skb, const void *what)
{
	const struct mape_config *cfg = what;
	const struct mape_psid psid = {
		.psid = cfg->ce.psid,
		.len = cfg->ce.psid_len,
	};

	if (nla_put_in_addr(skb, MAPE_A_IPV4, cfg->ce.ipv4) ||
	    nla_put_u8(skb, MAPE_A_IPV4_LEN, cfg->ce.ipv4_len) ||
	    nla_put(skb, MAPE_A_PSID, sizeof(psid), &psid) ||
	    nla_put_in6_addr(skb, MAPE_A_CE_ADDR, &cfg->addr))
		return -EMSGSIZE;
	return 0;
}
