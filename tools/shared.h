/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps for an IPv4 address that is on the device and is shared.
 */
#ifndef _MAPE_SHARED_H
#define _MAPE_SHARED_H

#include "link.h"
#include "plan.h"
#include "policy.h"

bool shared_has_rules(const char *dev, __be32 ipv4,
		      const struct policy *policy);
int shared_add(struct plan *plan, const char *dev, __be32 ipv4,
	       const struct link *old, struct policy *policy);
void shared_remove_rules(struct plan *plan, const char *dev, __be32 ipv4,
			 struct policy *policy);
void shared_remove_route(struct plan *plan, const struct link *old,
			 const struct policy *policy);

#endif /* _MAPE_SHARED_H */
