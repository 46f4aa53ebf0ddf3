// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: lists, buffer by buffer.
 */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "device.h"
#include "dump.h"
#include "message.h"
#include "nat.h"
#include "request.h"

/**
 * struct dump - where a dump is; in the callback's ctx
 * @ifindex: attribute of the request
 * @filter: what of a NAT's tables is asked for
 * @at: where in these
 * @next: index of what comes next, of all else
 */
struct dump {
	const struct nlattr *ifindex;
	struct mape_nat_filter filter;
	union {
		struct mape_nat_cursor at;
		unsigned int next;
	};
};

static int emit(const struct mape_nat_entry *entry, void *ctx)
{
	return mape_message_put(ctx, entry);
}

static int walk_sessions(const struct mape_config *cfg, struct dump *dump,
			 struct mape_message *msg)
{
	msg->fill = mape_fill_session;
	return mape_nat_walk_sessions(cfg->nat, &dump->at, &dump->filter, emit,
				      msg);
}

static int walk_mappings(const struct mape_config *cfg, struct dump *dump,
			 struct mape_message *msg)
{
	msg->fill = mape_fill_mapping;
	return mape_nat_walk_mappings(cfg->nat, &dump->at, &dump->filter, emit,
				      msg);
}

static int walk_forwards(const struct mape_config *cfg, struct dump *dump,
			 struct mape_message *msg)
{
	msg->fill = mape_fill_forward;
	dump->filter.fields |= MAPE_FILTER_STATIC;
	return mape_nat_walk_mappings(cfg->nat, &dump->at, &dump->filter, emit,
				      msg);
}

static int walk_ports(const struct mape_config *cfg, struct dump *dump,
		      struct mape_message *msg)
{
	struct mape_port_usage usage;
	int err = 0;

	msg->fill = mape_fill_ports;
	while (!err && mape_nat_port_usage(cfg->nat, dump->next, &usage)) {
		err = mape_message_put(msg, &usage);
		dump->next += !err;
	}
	return err;
}

static int walk_rules(const struct mape_config *cfg, struct dump *dump,
		      struct mape_message *msg)
{
	int err = 0;

	msg->fill = mape_fill_rule;
	while (!err && dump->next < cfg->set.n_rules) {
		err = mape_message_put(msg, &cfg->rules[dump->next]);
		dump->next += !err;
	}
	return err;
}

/* Put messages from where @dump stands, until one does not fit. */
typedef int (*walk_t)(const struct mape_config *cfg, struct dump *dump,
		      struct mape_message *msg);

static const walk_t walks[] = {
	[MAPE_CMD_GET_SESSION] = walk_sessions,
	[MAPE_CMD_GET_MAPPING] = walk_mappings,
	[MAPE_CMD_GET_PORTS] = walk_ports,
	[MAPE_CMD_GET_FORWARD] = walk_forwards,
	[MAPE_CMD_GET_RULE] = walk_rules,
};

static u8 dump_cmd(const struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);

	return hdr->cmd;
}

static const struct mape_config *dump_config(const struct netlink_callback *cb,
					     struct netlink_ext_ack *extack)
{
	const struct dump *dump = (const struct dump *)cb->ctx;

	return mape_request_config(sock_net(cb->skb->sk), dump->ifindex,
				   dump_cmd(cb) != MAPE_CMD_GET_RULE, extack);
}

/**
 * mape_dump_start - the beginning of any dump
 * @cb: the request, and where the dump is
 *
 * Return: 0 or a negative error code.
 */
int mape_dump_start(struct netlink_callback *cb)
{
	struct dump *dump = (struct dump *)cb->ctx;
	struct netlink_ext_ack extack = {};
	struct nlattr *attrs[MAPE_A_MAX + 1];
	const struct mape_config *cfg;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	/* No policy: the core has asked it. */
	err = nlmsg_parse(cb->nlh, GENL_HDRLEN, attrs, MAPE_A_MAX, NULL,
			  &extack);
	if (err)
		return err;
	dump->ifindex = attrs[MAPE_A_IFINDEX];
	mape_request_filter(attrs, &dump->filter);
	rcu_read_lock();
	cfg = dump_config(cb, &extack);
	rcu_read_unlock();
	if (IS_ERR(cfg))
		return mape_request_refuse(cb->skb, PTR_ERR(cfg), &extack);
	return 0;
}

/**
 * mape_dump_next - fill one more buffer
 * @skb: the buffer
 * @cb: the request, and where the dump is
 *
 * In between the device may change, or go.
 *
 * Return: bytes in the buffer, 0 at the end, or a negative error code.
 */
int mape_dump_next(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = (struct dump *)cb->ctx;
	const struct mape_config *cfg;
	struct mape_message msg = {
		.skb = skb,
		.portid = NETLINK_CB(cb->skb).portid,
		.seq = cb->nlh->nlmsg_seq,
		.ifindex = nla_get_u32(dump->ifindex),
		.flags = NLM_F_MULTI,
		.cmd = dump_cmd(cb),
	};
	int err;

	rcu_read_lock();
	cfg = dump_config(cb, cb->extack);
	err = IS_ERR(cfg) ? PTR_ERR(cfg) : walks[msg.cmd](cfg, dump, &msg);
	rcu_read_unlock();
	return err == -EMSGSIZE && skb->len ? skb->len : err;
}
