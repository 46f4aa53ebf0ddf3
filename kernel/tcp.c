// SPDX-License-Identifier: GPL-2.0
/*
 * TCP sequence numbers as a NAT sees them.
 */
#include <linux/compiler.h>
#include <linux/string.h>

#include "tcp.h"

/* Largest shift there is (RFC 7323 section 2.3). */
#define WSCALE_MAX	14

static bool after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/**
 * mape_tcp_begin - nothing is known of a connection
 * @tcp: its sequence numbers
 */
void mape_tcp_begin(struct mape_tcp *tcp)
{
	memset(tcp, 0, sizeof(*tcp));
}

static void track_syn(struct mape_tcp_side *from, struct mape_tcp_side *to,
		      const struct mape_segment *seg)
{
	from->scales = seg->wscale != MAPE_NO_WSCALE;
	from->wscale = 0;
	if (from->scales)
		from->wscale = seg->wscale < WSCALE_MAX ? seg->wscale :
							  WSCALE_MAX;
	/* It may begin a connection anew, with lower numbers. */
	from->end = seg->end;
	from->sent = true;
	from->acks = false;
	/* What was acknowledged before was not this. */
	to->acks = false;
}

/* As much as may be under way, and the same for one that nobody knows yet. */
#define UNDER_WAY	0x40000000
#define UNDER_WAY_FIRST	0x1000000

/* Does it acknowledge what was sent? Who has not seen that has to guess. */
static bool is_plausible(const struct mape_tcp_side *from,
			 const struct mape_tcp_side *to,
			 const struct mape_segment *seg)
{
	if (!to->sent)
		return true;
	return READ_ONCE(to->end) - seg->ack <
	       (from->acks ? UNDER_WAY : UNDER_WAY_FIRST);
}

/* A window is scaled if both sides have offered it, and never in a SYN. */
static u32 window(const struct mape_tcp *tcp, enum mape_direction dir,
		  const struct mape_segment *seg)
{
	bool scaled = tcp->side[MAPE_OUT].scales && tcp->side[MAPE_IN].scales &&
		      !(seg->flags & MAPE_TCP_SYN);

	return (u32)seg->window << (scaled ? tcp->side[dir].wscale : 0);
}

/**
 * mape_tcp_track - learn from a segment
 * @tcp: sequence numbers of its connection
 * @dir: which way it goes
 * @seg: the segment; an RST teaches nothing
 */
void mape_tcp_track(struct mape_tcp *tcp, enum mape_direction dir,
		    const struct mape_segment *seg)
{
	struct mape_tcp_side *from = &tcp->side[dir], *to = &tcp->side[!dir];

	if (seg->flags & MAPE_TCP_RST)
		return;
	if (seg->flags & MAPE_TCP_SYN)
		track_syn(from, to, seg);
	if (!from->sent || after(seg->end, READ_ONCE(from->end))) {
		WRITE_ONCE(from->end, seg->end);
		from->sent = true;
	}
	mape_tcp_track_ack(tcp, dir, seg);
}

/**
 * mape_tcp_track_ack - learn from the acknowledgment of a segment alone
 * @tcp: sequence numbers of its connection
 * @dir: which way it goes
 * @seg: the segment
 */
void mape_tcp_track_ack(struct mape_tcp *tcp, enum mape_direction dir,
			const struct mape_segment *seg)
{
	struct mape_tcp_side *from = &tcp->side[dir], *to = &tcp->side[!dir];
	u32 limit;

	if (!(seg->flags & MAPE_TCP_ACK) || !is_plausible(from, to, seg))
		return;
	limit = seg->ack + window(tcp, dir, seg);
	if (!from->acks || after(seg->ack, READ_ONCE(from->ack)))
		WRITE_ONCE(from->ack, seg->ack);
	if (!from->acks || after(limit, READ_ONCE(from->limit)))
		WRITE_ONCE(from->limit, limit);
	from->acks = true;
}

/* RFC 9293 section 3.4: a closed window has room for the next number alone. */
static bool is_in_window(const struct mape_tcp_side *to, u32 seq)
{
	u32 ack = READ_ONCE(to->ack), limit = READ_ONCE(to->limit);

	return seq == ack || (after(seq, ack) && after(limit, seq));
}

/**
 * mape_tcp_rst_genuine - does an RST belong to its connection?
 * @tcp: sequence numbers of the connection
 * @dir: which way it goes
 * @seg: the segment
 *
 * RFC 7857 section 2.2, RFC 5961 section 3: it has to lie in the window that
 * its receiver has granted; or, while that has not acknowledged anything, it
 * has to acknowledge the receiver's SYN (RFC 9293 section 3.10.7.3). Where
 * nothing is known there is nothing to lose either.
 */
bool mape_tcp_rst_genuine(const struct mape_tcp *tcp, enum mape_direction dir,
			  const struct mape_segment *seg)
{
	const struct mape_tcp_side *to = &tcp->side[!dir];

	if (to->acks)
		return is_in_window(to, seg->seq);
	if (to->sent)
		return seg->flags & MAPE_TCP_ACK &&
		       seg->ack == READ_ONCE(to->end);
	return true;
}

/**
 * mape_tcp_beyond - is a SYN newer than all that an old connection sent?
 * @tcp: sequence numbers of the old connection
 * @seg: the SYN, from inside
 *
 * RFC 9293 section 3.6.1 (RFC 1122 section 4.2.2.13): then it may have the
 * ports of a connection in TIME-WAIT.
 */
bool mape_tcp_beyond(const struct mape_tcp *tcp,
		     const struct mape_segment *seg)
{
	const struct mape_tcp_side *old = &tcp->side[MAPE_OUT];

	return !old->sent || after(seg->seq, READ_ONCE(old->end));
}

#ifdef DEBUG
#include "selftest/tcp.c"
#endif
