/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a session lives: TCP states and lifetimes.
 *
 * No net/ header, no memory, no locks: any context, and user space too.
 */
#ifndef _MAPE_TIMEOUT_H
#define _MAPE_TIMEOUT_H

#include <linux/types.h>

/**
 * enum mape_class - sessions that share lifetimes
 * @MAPE_CLASS_TCP: TCP
 * @MAPE_CLASS_UDP: UDP, to any port but these
 * @MAPE_CLASS_DNS: UDP to port 53
 * @MAPE_CLASS_NTP: UDP to port 123
 * @MAPE_CLASS_ICMP: ICMP queries
 */
enum mape_class {
	MAPE_CLASS_TCP,
	MAPE_CLASS_UDP,
	MAPE_CLASS_DNS,
	MAPE_CLASS_NTP,
	MAPE_CLASS_ICMP,
};

/**
 * enum mape_state - the state of a session
 * @MAPE_NEW: not yet answered (all but TCP)
 * @MAPE_ANSWERED: answered (all but TCP)
 * @MAPE_TCP_INIT_OUT: SYN from inside (RFC 6146: V6 INIT)
 * @MAPE_TCP_INIT_IN: SYN from outside (V4 INIT)
 * @MAPE_TCP_ESTABLISHED: SYNs from both sides
 * @MAPE_TCP_FIN_OUT: FIN from inside (V6 FIN RCV)
 * @MAPE_TCP_FIN_IN: FIN from outside (V4 FIN RCV)
 * @MAPE_TCP_FIN_BOTH: both (V6 FIN + V4 FIN RCV)
 * @MAPE_TCP_TRANS: RST seen, or picked up in the middle (TRANS)
 */
enum mape_state {
	MAPE_NEW,
	MAPE_ANSWERED,
	MAPE_TCP_INIT_OUT,
	MAPE_TCP_INIT_IN,
	MAPE_TCP_ESTABLISHED,
	MAPE_TCP_FIN_OUT,
	MAPE_TCP_FIN_IN,
	MAPE_TCP_FIN_BOTH,
	MAPE_TCP_TRANS,
};

/**
 * enum mape_direction - which way a packet goes through the NAT
 * @MAPE_OUT: from inside
 * @MAPE_IN: from outside
 */
enum mape_direction {
	MAPE_OUT,
	MAPE_IN,
};

/* The TCP flags that matter here. */
#define MAPE_TCP_SYN	0x1
#define MAPE_TCP_FIN	0x2
#define MAPE_TCP_RST	0x4

enum mape_class mape_timeout_class(u8 proto, u16 remote_port);
enum mape_state mape_state_first(enum mape_class class,
				 enum mape_direction dir, u8 tcp_flags);
enum mape_state mape_state_next(enum mape_class class, enum mape_state state,
				enum mape_direction dir, u8 tcp_flags);
u32 mape_timeout_seconds(enum mape_class class, enum mape_state state);

#ifdef DEBUG
bool mape_timeout_selftest(void);
#endif

#endif /* _MAPE_TIMEOUT_H */
