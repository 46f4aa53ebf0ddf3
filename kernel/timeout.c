// SPDX-License-Identifier: GPL-2.0
/*
 * Session states and lifetimes.
 */
#include <linux/in.h>

#include "timeout.h"

/* Of headers that not every kernel and C library have. */
#ifndef IPPROTO_DCCP
#define IPPROTO_DCCP	33
#endif

/**
 * mape_timeout_class - the class of a new session
 * @proto: IPPROTO_*
 * @remote_port: destination port, host byte order
 */
enum mape_class mape_timeout_class(u8 proto, u16 remote_port)
{
	switch (proto) {
	case IPPROTO_TCP:
		return MAPE_CLASS_TCP;
	case IPPROTO_UDP:
		if (remote_port == 53)
			return MAPE_CLASS_DNS;
		return remote_port == 123 ? MAPE_CLASS_NTP : MAPE_CLASS_UDP;
	case IPPROTO_UDPLITE:
		return MAPE_CLASS_UDP;
	case IPPROTO_ICMP:
		return MAPE_CLASS_ICMP;
	case IPPROTO_SCTP:
		return MAPE_CLASS_SCTP;
	case IPPROTO_DCCP:
		return MAPE_CLASS_DCCP;
	default:
		return MAPE_CLASS_OTHER;
	}
}

/**
 * mape_state_first - the state after the first packet of a session
 * @class: class of the session
 * @dir: direction of the packet
 * @flags: MAPE_TCP_* of the packet
 *
 * A TCP connection that is older than the session starts in TRANS: it counts
 * as established as soon as data follows.
 */
enum mape_session_state mape_state_first(enum mape_class class,
					 enum mape_direction dir, u8 flags)
{
	if (class != MAPE_CLASS_TCP)
		return dir == MAPE_OUT ? MAPE_NEW : MAPE_NEW_IN;
	if (!(flags & MAPE_TCP_SYN) || flags & MAPE_TCP_RST)
		return MAPE_TCP_TRANS;
	return dir == MAPE_OUT ? MAPE_TCP_INIT_OUT : MAPE_TCP_INIT_IN;
}

/* RFC 6146 section 3.5.2.2, RFC 7857 section 2. */
static enum mape_session_state tcp_next(enum mape_session_state state,
					enum mape_direction dir, u8 flags)
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
		if (syn)
			return mape_state_first(MAPE_CLASS_TCP, dir, flags);
		return flags & MAPE_TCP_DATA ? MAPE_TCP_ESTABLISHED : state;
	}
}

/*
 * UDP, ICMP: answered or not. SCTP, DCCP: also ended or not; that it has not,
 * as anyone may say it has, is seen by what is still sent from inside.
 */
static enum mape_session_state other_next(enum mape_session_state state,
					  enum mape_direction dir, u8 flags)
{
	if (flags & MAPE_TCP_RST)
		return MAPE_CLOSING;
	switch (state) {
	case MAPE_NEW:
		return dir == MAPE_IN ? MAPE_ANSWERED : state;
	case MAPE_NEW_IN:
		return dir == MAPE_OUT ? MAPE_ANSWERED : state;
	case MAPE_CLOSING:
		if (dir == MAPE_IN)
			return state;
		return flags & MAPE_TCP_SYN ? MAPE_NEW : MAPE_ANSWERED;
	default:
		return state;
	}
}

/**
 * mape_state_next - the state after one more packet
 * @class: class of the session
 * @state: its state
 * @dir: direction of the packet
 * @flags: MAPE_TCP_* of the packet; MAPE_TCP_RST only of one that is genuine
 */
enum mape_session_state mape_state_next(enum mape_class class,
					enum mape_session_state state,
					enum mape_direction dir, u8 flags)
{
	if (class == MAPE_CLASS_TCP)
		return tcp_next(state, dir, flags);
	return other_next(state, dir, flags);
}

static enum mape_timeout tcp_timeout(enum mape_session_state state)
{
	switch (state) {
	case MAPE_TCP_ESTABLISHED:
	/* After one FIN the other side may go on (RFC 5382 REQ-5). */
	case MAPE_TCP_FIN_OUT:
	case MAPE_TCP_FIN_IN:
		return MAPE_TIMEOUT_TCP_ESTABLISHED;
	case MAPE_TCP_FIN_BOTH:
	case MAPE_TCP_TRANS:
		return MAPE_TIMEOUT_TCP_CLOSING;
	default:
		return MAPE_TIMEOUT_TCP_SYN;
	}
}

/**
 * mape_timeout_of - which lifetime an idle session has
 * @class: class of the session
 * @state: its state
 */
enum mape_timeout mape_timeout_of(enum mape_class class,
				  enum mape_session_state state)
{
	bool answered = state == MAPE_ANSWERED;

	switch (class) {
	case MAPE_CLASS_TCP:
		return tcp_timeout(state);
	case MAPE_CLASS_DNS:
		return answered ? MAPE_TIMEOUT_DNS : MAPE_TIMEOUT_DNS_NEW;
	case MAPE_CLASS_NTP:
		return MAPE_TIMEOUT_NTP;
	case MAPE_CLASS_ICMP:
		return MAPE_TIMEOUT_ICMP;
	case MAPE_CLASS_SCTP:
		return answered ? MAPE_TIMEOUT_SCTP_ESTABLISHED :
				  MAPE_TIMEOUT_SCTP_TRANSITORY;
	case MAPE_CLASS_DCCP:
		return answered ? MAPE_TIMEOUT_DCCP_ESTABLISHED :
				  MAPE_TIMEOUT_DCCP_TRANSITORY;
	case MAPE_CLASS_OTHER:
		return MAPE_TIMEOUT_OTHER;
	default:
		return answered ? MAPE_TIMEOUT_UDP : MAPE_TIMEOUT_UDP_NEW;
	}
}

/* A week: longer is a mistake of the unit, and jiffies are of 32 bits. */
#define SECONDS_MAX	604800

/*
 * Seconds. RFC 4787 REQ-5 (UDP; shorter only for registered applications),
 * RFC 5382 REQ-5 (TCP), RFC 5508 REQ-2 (ICMP), RFC 5597 REQ-5 (DCCP).
 */
static const struct {
	u32 normal;
	u32 least;
	const char *refusal;
} limits[MAPE_TIMEOUT_MAX + 1] = {
	[MAPE_TIMEOUT_UDP] = { 300, 120,
		"timeout: udp must be at least 120 seconds" },
	[MAPE_TIMEOUT_UDP_NEW] = { 120, 120,
		"timeout: udp-new must be at least 120 seconds" },
	[MAPE_TIMEOUT_DNS] = { 10, 2,
		"timeout: dns must be at least 2 seconds" },
	[MAPE_TIMEOUT_DNS_NEW] = { 30, 5,
		"timeout: dns-new must be at least 5 seconds" },
	[MAPE_TIMEOUT_NTP] = { 30, 5,
		"timeout: ntp must be at least 5 seconds" },
	[MAPE_TIMEOUT_TCP_SYN] = { 240, 30,
		"timeout: tcp-syn must be at least 30 seconds" },
	[MAPE_TIMEOUT_TCP_ESTABLISHED] = { 7440, 240,
		"timeout: tcp-established must be at least 240 seconds" },
	[MAPE_TIMEOUT_TCP_CLOSING] = { 240, 10,
		"timeout: tcp-closing must be at least 10 seconds" },
	[MAPE_TIMEOUT_ICMP] = { 60, 60,
		"timeout: icmp must be at least 60 seconds" },
	[MAPE_TIMEOUT_SCTP_ESTABLISHED] = { 7440, 7440,
		"timeout: sctp-established must be at least 7440 seconds" },
	[MAPE_TIMEOUT_SCTP_TRANSITORY] = { 240, 240,
		"timeout: sctp-transitory must be at least 240 seconds" },
	[MAPE_TIMEOUT_DCCP_ESTABLISHED] = { 7440, 7440,
		"timeout: dccp-established must be at least 7440 seconds" },
	[MAPE_TIMEOUT_DCCP_TRANSITORY] = { 240, 240,
		"timeout: dccp-transitory must be at least 240 seconds" },
	[MAPE_TIMEOUT_OTHER] = { 600, 60,
		"timeout: other must be at least 60 seconds" },
	[MAPE_TIMEOUT_QUARANTINE] = { 120, 0, NULL },
	[MAPE_TIMEOUT_UDP_RECLAIM] = { 0, 30,
		"timeout: udp-reclaim must be 0 or at least 30 seconds" },
};

/**
 * mape_timeout_default - a time as it is unless set
 * @type: which, 1 to MAPE_TIMEOUT_MAX
 *
 * Return: seconds.
 */
u32 mape_timeout_default(enum mape_timeout type)
{
	return limits[type].normal;
}

/**
 * mape_timeout_check - may a time be set to that?
 * @type: which
 * @seconds: the time
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *mape_timeout_check(enum mape_timeout type, u32 seconds)
{
	if (type <= MAPE_TIMEOUT_UNSPEC || type > MAPE_TIMEOUT_MAX)
		return "timeout: unknown kind";
	if (seconds > SECONDS_MAX)
		return "timeout: must be at most 604800 seconds";
	/* What is 0 by default is off. */
	if (seconds < limits[type].least &&
	    (seconds || limits[type].normal))
		return limits[type].refusal;
	return NULL;
}

#ifdef DEBUG
#include "selftest/timeout.c"
#endif
