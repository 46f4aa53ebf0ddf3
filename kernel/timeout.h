/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a session lives: states and lifetimes.
 *
 * No net/ header, no memory, no locks: any context, and user space too.
 */
#ifndef _MAPE_TIMEOUT_H
#define _MAPE_TIMEOUT_H

#include <linux/types.h>
#include <linux/mape.h>

#include "tcp.h"

/**
 * enum mape_class - sessions that share lifetimes
 * @MAPE_CLASS_TCP: TCP
 * @MAPE_CLASS_UDP: UDP and UDP-Lite, to any port but these
 * @MAPE_CLASS_DNS: UDP to port 53
 * @MAPE_CLASS_NTP: UDP to port 123
 * @MAPE_CLASS_ICMP: ICMP queries
 * @MAPE_CLASS_SCTP: SCTP
 * @MAPE_CLASS_DCCP: DCCP
 * @MAPE_CLASS_OTHER: protocols without ports
 */
enum mape_class {
	MAPE_CLASS_TCP,
	MAPE_CLASS_UDP,
	MAPE_CLASS_DNS,
	MAPE_CLASS_NTP,
	MAPE_CLASS_ICMP,
	MAPE_CLASS_SCTP,
	MAPE_CLASS_DCCP,
	MAPE_CLASS_OTHER,
};

enum mape_class mape_timeout_class(u8 proto, u16 remote_port);
enum mape_session_state mape_state_first(enum mape_class class,
					 enum mape_direction dir, u8 flags);
enum mape_session_state mape_state_next(enum mape_class class,
					enum mape_session_state state,
					enum mape_direction dir, u8 flags);
enum mape_timeout mape_timeout_of(enum mape_class class,
				  enum mape_session_state state);

u32 mape_timeout_default(enum mape_timeout type);
const char *mape_timeout_check(enum mape_timeout type, u32 seconds);

#ifdef DEBUG
bool mape_timeout_selftest(void);
#endif

#endif /* _MAPE_TIMEOUT_H */
