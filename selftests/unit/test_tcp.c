// SPDX-License-Identifier: GPL-2.0
/*
 * TCP sequence numbers: random connections that begin anywhere, against a
 * naive model whose numbers have 64 bits and never wrap.
 */
#include "helper.h"
#include "tcp.h"

#define CONNECTIONS	2000
#define STEPS		50

/* One side as the model has it: all that was sent, acknowledged and granted. */
struct side {
	u64 isn;
	u64 sent;
	u64 acked;
	u64 granted;
	unsigned int wscale;
	bool acks;
};

static void track(struct mape_tcp *tcp, enum mape_direction dir, u64 seq,
		  u32 len, u64 ack, u16 window, u8 wscale, u8 flags)
{
	struct mape_segment seg = {
		.seq = seq, .end = seq + len, .ack = ack, .window = window,
		.wscale = wscale, .flags = flags,
	};

	mape_tcp_track(tcp, dir, &seg);
}

static bool genuine(const struct mape_tcp *tcp, enum mape_direction dir,
		    u64 seq)
{
	struct mape_segment rst = { .seq = seq, .flags = MAPE_TCP_RST };

	return mape_tcp_rst_genuine(tcp, dir, &rst);
}

/* The three segments of an opening; both sides scale their windows, or none. */
static void open_connection(struct mape_tcp *tcp, struct side side[2])
{
	bool scale = random_below(2);
	int i;

	for (i = 0; i < 2; i++) {
		/* Beyond 2^32, so that what is below is no matter. */
		side[i] = (struct side) {
			.isn = (1ULL << 32) + random32(),
			.wscale = scale ? random_below(15) : 0,
		};
		side[i].sent = side[i].isn + 1;
	}
	mape_tcp_begin(tcp);
	track(tcp, MAPE_OUT, side[0].isn, 1, 0, 1000,
	      scale ? side[0].wscale : MAPE_NO_WSCALE, MAPE_TCP_SYN);
	track(tcp, MAPE_IN, side[1].isn, 1, side[0].sent, 2000,
	      scale ? side[1].wscale : MAPE_NO_WSCALE,
	      MAPE_TCP_SYN | MAPE_TCP_ACK);
	side[1].acked = side[0].sent;
	side[1].granted = side[0].sent + 2000;
	side[1].acks = true;
}

/* Data, new or sent once more, and an acknowledgment, the latest or older. */
static void talk(struct mape_tcp *tcp, struct side side[2])
{
	enum mape_direction dir = random_below(2);
	struct side *me = &side[dir], *peer = &side[!dir];
	u32 len = random_below(3000), back = random_below(500);
	u64 seq = me->sent - random_below(2) * back, ack = peer->sent;
	u16 window = random_below(65536);

	if (seq <= me->isn)
		seq = me->isn + 1;
	if (!random_below(4) && me->acks)
		ack = me->acked;
	track(tcp, dir, seq, len, ack, window, MAPE_NO_WSCALE, MAPE_TCP_ACK);
	if (seq + len > me->sent)
		me->sent = seq + len;
	if (!me->acks || ack > me->acked)
		me->acked = ack;
	if (!me->acks ||
	    ack + ((u64)window << me->wscale) > me->granted)
		me->granted = ack + ((u64)window << me->wscale);
	me->acks = true;
}

static void assert_judged(const struct mape_tcp *tcp, const struct side side[2],
			  enum mape_direction dir)
{
	const struct side *to = &side[!dir];
	u64 edges[] = { to->acked, to->granted, to->acked + random32() / 2 };
	unsigned int i;
	int off;

	if (!to->acks)
		return;
	for (i = 0; i < 3; i++) {
		for (off = -1; off <= 1; off++) {
			u64 seq = edges[i] + off;

			assert_int_equal(genuine(tcp, dir, seq),
					 seq == to->acked ||
					 (seq > to->acked && seq < to->granted));
		}
	}
}

static void test_G08_only_an_RST_in_the_window_is_genuine(void **state)
{
	struct side side[2];
	struct mape_tcp tcp;
	int i, j;

	(void)state;
	for (i = 0; i < CONNECTIONS; i++) {
		open_connection(&tcp, side);
		for (j = 0; j < STEPS; j++) {
			talk(&tcp, side);
			assert_judged(&tcp, side, MAPE_OUT);
			assert_judged(&tcp, side, MAPE_IN);
		}
	}
}

static void test_N08_a_SYN_has_to_be_beyond_what_was_sent(void **state)
{
	struct mape_segment syn = { .flags = MAPE_TCP_SYN };
	struct side side[2];
	struct mape_tcp tcp;
	int i, j;

	(void)state;
	for (i = 0; i < CONNECTIONS; i++) {
		open_connection(&tcp, side);
		for (j = 0; j < STEPS; j++)
			talk(&tcp, side);
		for (j = -2; j <= 2; j++) {
			syn.seq = side[MAPE_OUT].sent + j;
			assert_int_equal(mape_tcp_beyond(&tcp, &syn), j > 0);
		}
	}
}

static void test_an_answer_to_a_SYN_acknowledges_it(void **state)
{
	struct mape_segment rst = { .flags = MAPE_TCP_RST };
	struct mape_tcp tcp;

	(void)state;
	mape_tcp_begin(&tcp);
	assert_true(mape_tcp_rst_genuine(&tcp, MAPE_IN, &rst));
	track(&tcp, MAPE_OUT, 0xffffffff, 1, 0, 1000, MAPE_NO_WSCALE,
	      MAPE_TCP_SYN);
	assert_false(mape_tcp_rst_genuine(&tcp, MAPE_IN, &rst));
	rst.flags |= MAPE_TCP_ACK;
	assert_true(mape_tcp_rst_genuine(&tcp, MAPE_IN, &rst));
	rst.ack = 1;
	assert_false(mape_tcp_rst_genuine(&tcp, MAPE_IN, &rst));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_G08_only_an_RST_in_the_window_is_genuine),
		cmocka_unit_test(test_N08_a_SYN_has_to_be_beyond_what_was_sent),
		cmocka_unit_test(test_an_answer_to_a_SYN_acknowledges_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
