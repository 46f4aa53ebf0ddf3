// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the sequence numbers: one connection, step by step.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#define SEGMENT(_seq, _end, _ack, _window, _wscale, _flags)		\
	(&(const struct mape_segment) {					\
		.seq = (_seq), .end = (_end), .ack = (_ack),		\
		.window = (_window), .wscale = (_wscale),		\
		.flags = (_flags),					\
	})
#define EXPECT(condition) do {						\
	if (!(condition)) {						\
		pr_err("mape: sequence self-test, line %d: FAIL\n",	\
		       __LINE__);					\
		failed++;						\
	}								\
} while (0)

static bool __init genuine(const struct mape_tcp *tcp, enum mape_direction dir,
			   u32 seq, u32 ack, u8 flags)
{
	return mape_tcp_rst_genuine(tcp, dir,
				    SEGMENT(seq, seq, ack, 0, MAPE_NO_WSCALE,
					    MAPE_TCP_RST | flags));
}

bool __init mape_tcp_selftest(void)
{
	unsigned int failed = 0;
	struct mape_tcp tcp;

	mape_tcp_begin(&tcp);
	EXPECT(genuine(&tcp, MAPE_IN, 5, 0, 0));

	/* Numbers close to where they wrap. */
	mape_tcp_track(&tcp, MAPE_OUT, SEGMENT(0xfffffff0, 0xfffffff1, 0, 64240,
					       7, MAPE_TCP_SYN));
	EXPECT(!genuine(&tcp, MAPE_IN, 0, 0, 0));
	EXPECT(!genuine(&tcp, MAPE_IN, 0, 0xfffffff0, MAPE_TCP_ACK));
	EXPECT(genuine(&tcp, MAPE_IN, 0, 0xfffffff1, MAPE_TCP_ACK));
	mape_tcp_track(&tcp, MAPE_IN, SEGMENT(1000, 1001, 0xfffffff1, 65535, 2,
					      MAPE_TCP_SYN | MAPE_TCP_ACK));
	mape_tcp_track(&tcp, MAPE_OUT, SEGMENT(0xfffffff1, 0x10, 1001, 10,
					       MAPE_NO_WSCALE, MAPE_TCP_ACK));

	/* From outside: what inside granted, 10 << 7 from 1001. */
	EXPECT(!genuine(&tcp, MAPE_IN, 1000, 0, 0));
	EXPECT(genuine(&tcp, MAPE_IN, 1001, 0, 0));
	EXPECT(genuine(&tcp, MAPE_IN, 1001 + 1279, 0, 0));
	EXPECT(!genuine(&tcp, MAPE_IN, 1001 + 1280, 0, 0));
	/* From inside: the window of a SYN is not scaled. */
	EXPECT(genuine(&tcp, MAPE_OUT, 0x10, 0, 0));
	EXPECT(!genuine(&tcp, MAPE_OUT, 0xfffffff1 + 65535, 0, 0));

	/* An old segment, and an RST, teach nothing. */
	mape_tcp_track(&tcp, MAPE_OUT, SEGMENT(0xfffffff1, 0xfffffff5, 1001, 1,
					       MAPE_NO_WSCALE, MAPE_TCP_ACK));
	mape_tcp_track(&tcp, MAPE_OUT, SEGMENT(0x7fff, 0x7fff, 0, 0,
					       MAPE_NO_WSCALE, MAPE_TCP_RST));
	/* Nor one that acknowledges what was never sent. */
	mape_tcp_track(&tcp, MAPE_OUT, SEGMENT(0x10, 0x10, 5000, 1000,
					       MAPE_NO_WSCALE, MAPE_TCP_ACK));
	EXPECT(genuine(&tcp, MAPE_IN, 1001 + 1279, 0, 0));
	EXPECT(!genuine(&tcp, MAPE_IN, 5000, 0, 0));
	EXPECT(!mape_tcp_beyond(&tcp, SEGMENT(0x10, 0x11, 0, 0, MAPE_NO_WSCALE,
					      MAPE_TCP_SYN)));
	EXPECT(mape_tcp_beyond(&tcp, SEGMENT(0x11, 0x12, 0, 0, MAPE_NO_WSCALE,
					     MAPE_TCP_SYN)));
	if (!failed)
		pr_info("mape: sequence self-tests: pass\n");
	return !failed;
}

#undef SEGMENT
#undef EXPECT
