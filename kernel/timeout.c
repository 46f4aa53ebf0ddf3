// SPDX-License-Identifier: GPL-2.0
/*
 * Session states and lifetimes.
 */
#include <linux/in.h>

#include "timeout.h"

/*
 * Seconds. RFC 4787 REQ-5 (UDP; shorter only for the registered applications
 * DNS and NTP), RFC 5382 REQ-5 (TCP), RFC 5508 REQ-2 (ICMP).
 */
#define UDP_NEW			120
#define UDP_ANSWERED		300
#define DNS_NEW			30
#define DNS_ANSWERED		10
#define NTP			30
#define TCP_ESTABLISHED		7440
#define TCP_TRANSITORY		240
#define ICMP_QUERY		60

/**
 * mape_timeout_class - the class of a new session
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_ICMP
 * @remote_port: destination port, host byte order
 */
enum mape_class mape_timeout_class(u8 proto, u16 remote_port)
{
	if (proto == IPPROTO_TCP)
		return MAPE_CLASS_TCP;
	if (proto == IPPROTO_ICMP)
		return MAPE_CLASS_ICMP;
	if (remote_port == 53)
		return MAPE_CLASS_DNS;
	if (remote_port == 123)
		return MAPE_CLASS_NTP;
	return MAPE_CLASS_UDP;
}

/**
 * mape_state_first - the state after the first packet of a session
 * @class: class of the session
 * @dir: direction of the packet
 * @tcp_flags: MAPE_TCP_* of the packet, 0 for other protocols
 *
 * A TCP connection that is older than the session starts in TRANS: it counts
 * as established as soon as a packet follows.
 */
enum mape_state mape_state_first(enum mape_class class,
				 enum mape_direction dir, u8 tcp_flags)
{
	if (class != MAPE_CLASS_TCP)
		return MAPE_NEW;
	if (!(tcp_flags & MAPE_TCP_SYN) || tcp_flags & MAPE_TCP_RST)
		return MAPE_TCP_TRANS;
	return dir == MAPE_OUT ? MAPE_TCP_INIT_OUT : MAPE_TCP_INIT_IN;
}

/* RFC 6146 section 3.5.2.2, RFC 7857 section 2. */
static enum mape_state tcp_next(enum mape_state state, enum mape_direction dir,
				u8 flags)
{
	bool syn = flags & MAPE_TCP_SYN, fin = flags & MAPE_TCP_FIN;

	/* Any state: what is open may have been reset; data revives it. */
	if (flags & MAPE_TCP_RST)
		return MAPE_TCP_TRANS;

	switch (state) {
	case MAPE_TCP_INIT_OUT:
		return syn && dir == MAPE_IN ? MAPE_TCP_ESTABLISHED : state;
	case MAPE_TCP_INIT_IN:
		return syn && dir == MAPE_OUT ? MAPE_TCP_ESTABLISHED : state;
	case MAPE_TCP_ESTABLISHED:
		if (fin)
			return dir == MAPE_OUT ? MAPE_TCP_FIN_OUT :
						 MAPE_TCP_FIN_IN;
		return state;
	case MAPE_TCP_FIN_OUT:
		return fin && dir == MAPE_IN ? MAPE_TCP_FIN_BOTH : state;
	case MAPE_TCP_FIN_IN:
		return fin && dir == MAPE_OUT ? MAPE_TCP_FIN_BOTH : state;
	case MAPE_TCP_FIN_BOTH:
		/* The tuple is used again (RFC 1122 section 4.2.2.13). */
		return syn ? mape_state_first(MAPE_CLASS_TCP, dir, flags) :
			     state;
	default:
		return syn ? mape_state_first(MAPE_CLASS_TCP, dir, flags) :
			     MAPE_TCP_ESTABLISHED;
	}
}

/**
 * mape_state_next - the state after one more packet
 * @class: class of the session
 * @state: its state
 * @dir: direction of the packet
 * @tcp_flags: MAPE_TCP_* of the packet, 0 for other protocols
 */
enum mape_state mape_state_next(enum mape_class class, enum mape_state state,
				enum mape_direction dir, u8 tcp_flags)
{
	if (class == MAPE_CLASS_TCP)
		return tcp_next(state, dir, tcp_flags);
	return dir == MAPE_IN ? MAPE_ANSWERED : state;
}

/**
 * mape_timeout_seconds - lifetime of an idle session
 * @class: class of the session
 * @state: its state
 */
u32 mape_timeout_seconds(enum mape_class class, enum mape_state state)
{
	switch (class) {
	case MAPE_CLASS_TCP:
		/* After one FIN the other side may go on (RFC 5382 REQ-5). */
		if (state == MAPE_TCP_ESTABLISHED ||
		    state == MAPE_TCP_FIN_OUT || state == MAPE_TCP_FIN_IN)
			return TCP_ESTABLISHED;
		return TCP_TRANSITORY;
	case MAPE_CLASS_DNS:
		return state == MAPE_NEW ? DNS_NEW : DNS_ANSWERED;
	case MAPE_CLASS_NTP:
		return NTP;
	case MAPE_CLASS_ICMP:
		return ICMP_QUERY;
	default:
		return state == MAPE_NEW ? UDP_NEW : UDP_ANSWERED;
	}
}

#ifdef DEBUG
#include "selftest/timeout.c"
#endif
