/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family "mape".
 */
#ifndef _MAPE_GENL_H
#define _MAPE_GENL_H

#include <net/genetlink.h>

extern struct genl_family mape_genl_family;

int mape_genl_init(void);
void mape_genl_exit(void);

#endif /* _MAPE_GENL_H */
