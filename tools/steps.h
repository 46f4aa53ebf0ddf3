/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps that `mape up` and `mape down` are made of.
 */
#ifndef _MAPE_STEPS_H
#define _MAPE_STEPS_H

#include "address.h"
#include "link.h"
#include "plan.h"

void steps_link(struct plan *plan, const char *dev,
		const struct line_config *config, const struct link *old);
void steps_add_ce(struct plan *plan, const struct in6_addr *ce,
		  unsigned int wan, const struct address_list *addresses);
void steps_remove_ce(struct plan *plan, const struct link *link,
		     const struct address_list *addresses,
		     const struct in6_addr *keep, unsigned int keep_wan);
void steps_ipv4(struct plan *plan, const char *dev, __be32 ipv4,
		const struct link *old, const struct address_list *addresses);
void steps_remove_ipv4(struct plan *plan, const struct link *old,
		       const struct address_list *addresses);

#endif /* _MAPE_STEPS_H */
