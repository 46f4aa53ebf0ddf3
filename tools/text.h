/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values of a MAP-E line as text, both ways.
 */
#ifndef _MAPE_TEXT_H
#define _MAPE_TEXT_H

#include <linux/types.h>
#include <linux/in6.h>
#include <linux/mape.h>

/* A short text by value: text_ipv6(&addr).s lives as long as its expression. */
struct text {
	char s[96];
};

/* A bare address on the WAN stands for the /64 it is in. */
#define TEXT_WAN_PREFIX_LEN	64

bool text_to_number(const char *text, unsigned int max, unsigned int *number);
bool text_to_prefix(const char *text, struct mape_prefix *prefix);
bool text_to_ipv4_prefix(const char *text, __be32 *ipv4, u8 *len);
bool text_to_iid(const char *text, enum mape_iid *iid);
const char *text_to_psid(const char *text, struct mape_psid *psid);
const char *text_to_rule(const char *text, u8 default_offset,
			 struct mape_rule *rule);
bool text_is_device_name(const char *text);

struct text text_ipv6(const struct in6_addr *addr);
struct text text_ipv6_prefix(const struct in6_addr *addr, u8 len);
struct text text_ipv4(__be32 ipv4);
struct text text_ipv4_prefix(__be32 ipv4, u8 len);
struct text text_rule(const struct mape_rule *rule);
const char *text_iid(enum mape_iid iid);

#endif /* _MAPE_TEXT_H */
