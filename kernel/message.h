/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink: the messages that go out.
 */
#ifndef _MAPE_MESSAGE_H
#define _MAPE_MESSAGE_H

#include <linux/skbuff.h>
#include <linux/types.h>

/* Enough for a message that is not part of a dump, unless it has STATS. */
#define MAPE_MESSAGE_SIZE	128

/**
 * struct mape_message - how messages begin, and go on
 * @skb: where they are put
 * @fill: puts attributes that tell of something; does not sleep
 * @portid: who asked, 0 for an event
 * @seq: number of the request, 0 for an event
 * @ifindex: the device
 * @flags: NLM_F_*
 * @cmd: enum mape_cmd
 */
struct mape_message {
	struct sk_buff *skb;
	int (*fill)(struct sk_buff *skb, const void *what);
	u32 portid;
	u32 seq;
	int ifindex;
	u16 flags;
	u8 cmd;
};

int mape_message_put(const struct mape_message *msg, const void *what);

size_t mape_stats_size(void);
int mape_fill_session(struct sk_buff *skb, const void *what);
int mape_fill_forward(struct sk_buff *skb, const void *what);
int mape_fill_mapping(struct sk_buff *skb, const void *what);
int mape_fill_ports(struct sk_buff *skb, const void *what);
int mape_fill_rule(struct sk_buff *skb, const void *what);
int mape_fill_count(struct sk_buff *skb, const void *what);
int mape_fill_stats(struct sk_buff *skb, const void *what);
int mape_fill_exhausted(struct sk_buff *skb, const void *what);
int mape_fill_address(struct sk_buff *skb, const void *what);

#endif /* _MAPE_MESSAGE_H */
