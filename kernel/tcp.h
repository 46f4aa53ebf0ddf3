/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a NAT has to know of TCP sequence numbers: is an RST genuine, and may a
 * new connection take over the ports of an old one?
 *
 * No net/ header, no memory, no locks: any context, and user space too.
 */
#ifndef _MAPE_TCP_H
#define _MAPE_TCP_H

#include <linux/types.h>

/**
 * enum mape_direction - which way a packet goes through the NAT
 * @MAPE_OUT: from inside
 * @MAPE_IN: from outside
 */
enum mape_direction {
	MAPE_OUT,
	MAPE_IN,
};

/*
 * The flags that matter here. SCTP and DCCP have them for what opens (SYN) and
 * what ends (RST) an association.
 */
#define MAPE_TCP_SYN	0x1
#define MAPE_TCP_FIN	0x2
#define MAPE_TCP_RST	0x4
#define MAPE_TCP_ACK	0x8
#define MAPE_TCP_DATA	0x10	/* there is some */

/* struct mape_segment, wscale: the option is not there */
#define MAPE_NO_WSCALE	0xff

/**
 * struct mape_segment - what a packet says of its connection
 * @seq: sequence number
 * @end: the one that follows its data, SYN and FIN
 * @ack: acknowledgment, with MAPE_TCP_ACK
 * @window: as it is in the header
 * @wscale: shift of the option of a SYN, or MAPE_NO_WSCALE
 * @flags: MAPE_TCP_*; for other protocols than TCP, SCTP and DCCP 0, and for
 *	all but TCP the rest is not read
 */
struct mape_segment {
	u32 seq;
	u32 end;
	u32 ack;
	u16 window;
	u8 wscale;
	u8 flags;
};

/**
 * struct mape_tcp_side - what one side has said
 * @end: what follows the highest sequence number it sent
 * @ack: highest acknowledgment it sent
 * @limit: the first sequence number it has not granted to the other side
 * @wscale: shift of its windows; while @scales does not say so, 0
 * @scales: it has offered that
 * @acks: @ack and @limit are there
 * @sent: @end is there
 */
struct mape_tcp_side {
	u32 end;
	u32 ack;
	u32 limit;
	u8 wscale;
	bool scales;
	bool acks;
	bool sent;
};

/**
 * struct mape_tcp - sequence numbers of a connection
 * @side: by enum mape_direction of the sender
 *
 * Read and written without lock. Packets of one direction that are on two
 * processors at once may lose an update to each other: the next one repairs it.
 */
struct mape_tcp {
	struct mape_tcp_side side[2];
};

void mape_tcp_begin(struct mape_tcp *tcp);
void mape_tcp_track(struct mape_tcp *tcp, enum mape_direction dir,
		    const struct mape_segment *seg);
void mape_tcp_track_ack(struct mape_tcp *tcp, enum mape_direction dir,
			const struct mape_segment *seg);
bool mape_tcp_rst_genuine(const struct mape_tcp *tcp, enum mape_direction dir,
			  const struct mape_segment *seg);
bool mape_tcp_beyond(const struct mape_tcp *tcp,
		     const struct mape_segment *seg);

#ifdef DEBUG
bool mape_tcp_selftest(void);
#endif

#endif /* _MAPE_TCP_H */
