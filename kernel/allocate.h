/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which external port a session gets.
 */
#ifndef _MAPE_ALLOCATE_H
#define _MAPE_ALLOCATE_H

#include "nat.h"

bool mape_allocate_home(struct mape_nat *nat, struct mape_flow *flow,
			const struct mape_segment *seg, u32 *index);
bool mape_allocate_same(struct mape_nat *nat, struct mape_flow *flow,
			u32 index);
bool mape_allocate_other(struct mape_nat *nat, struct mape_flow *flow,
			 const struct mape_segment *seg);
bool mape_allocate_room(struct mape_nat *nat, __be32 addr);
bool mape_allocate_fixed(struct mape_nat *nat, struct mape_flow *flow,
			 u32 *index);

#endif /* _MAPE_ALLOCATE_H */
