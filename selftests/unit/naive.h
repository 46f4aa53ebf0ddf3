/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RFC 7597 on strings of '0' and '1': slow, obvious, and without any code or
 * idea of kernel/rule.c.
 */
#ifndef _UNIT_NAIVE_H
#define _UNIT_NAIVE_H

#include "rule.h"

bool naive_derive(const struct mape_rule *rule,
		  const struct mape_prefix *prefix,
		  const struct mape_psid *psid, enum mape_iid iid,
		  struct mape_ce *ce);
bool naive_address(const struct mape_rule *rule, enum mape_iid iid,
		   __be32 ipv4, __be16 port, struct in6_addr *addr);

#endif /* _UNIT_NAIVE_H */
