// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the state machine: the edges of RFC 6146 section 3.5.2.2.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#define SYN	MAPE_TCP_SYN
#define FIN	MAPE_TCP_FIN
#define RST	MAPE_TCP_RST

struct edge {
	enum mape_state from;
	enum mape_direction dir;
	u8 flags;
	enum mape_state to;
};

static const struct edge edges[] __initconst = {
	{ MAPE_TCP_INIT_OUT, MAPE_OUT, SYN, MAPE_TCP_INIT_OUT },
	{ MAPE_TCP_INIT_OUT, MAPE_IN, SYN, MAPE_TCP_ESTABLISHED },
	{ MAPE_TCP_INIT_OUT, MAPE_IN, RST, MAPE_TCP_TRANS },
	{ MAPE_TCP_INIT_IN, MAPE_OUT, SYN, MAPE_TCP_ESTABLISHED },
	{ MAPE_TCP_INIT_IN, MAPE_IN, SYN, MAPE_TCP_INIT_IN },
	{ MAPE_TCP_ESTABLISHED, MAPE_OUT, 0, MAPE_TCP_ESTABLISHED },
	{ MAPE_TCP_ESTABLISHED, MAPE_OUT, FIN, MAPE_TCP_FIN_OUT },
	{ MAPE_TCP_ESTABLISHED, MAPE_IN, FIN, MAPE_TCP_FIN_IN },
	{ MAPE_TCP_ESTABLISHED, MAPE_IN, RST, MAPE_TCP_TRANS },
	{ MAPE_TCP_FIN_OUT, MAPE_OUT, FIN, MAPE_TCP_FIN_OUT },
	{ MAPE_TCP_FIN_OUT, MAPE_IN, 0, MAPE_TCP_FIN_OUT },
	{ MAPE_TCP_FIN_OUT, MAPE_IN, FIN, MAPE_TCP_FIN_BOTH },
	{ MAPE_TCP_FIN_IN, MAPE_OUT, FIN, MAPE_TCP_FIN_BOTH },
	{ MAPE_TCP_FIN_BOTH, MAPE_OUT, 0, MAPE_TCP_FIN_BOTH },
	{ MAPE_TCP_FIN_BOTH, MAPE_OUT, SYN, MAPE_TCP_INIT_OUT },
	{ MAPE_TCP_TRANS, MAPE_IN, RST, MAPE_TCP_TRANS },
	{ MAPE_TCP_TRANS, MAPE_OUT, 0, MAPE_TCP_ESTABLISHED },
	{ MAPE_TCP_TRANS, MAPE_OUT, SYN, MAPE_TCP_INIT_OUT },
};

bool __init mape_timeout_selftest(void)
{
	unsigned int i, failed = 0;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		if (mape_state_next(MAPE_CLASS_TCP, edges[i].from,
				    edges[i].dir, edges[i].flags) ==
		    edges[i].to)
			continue;
		pr_err("mape: state self-test %u: FAIL\n", i);
		failed++;
	}
	if (mape_timeout_seconds(MAPE_CLASS_TCP, MAPE_TCP_FIN_IN) < 7440 ||
	    mape_timeout_seconds(MAPE_CLASS_UDP, MAPE_NEW) < 120 ||
	    mape_timeout_seconds(MAPE_CLASS_ICMP, MAPE_NEW) < 60) {
		pr_err("mape: lifetime self-test: FAIL\n");
		failed++;
	}
	if (!failed)
		pr_info("mape: state self-tests: pass\n");
	return !failed;
}

#undef SYN
#undef FIN
#undef RST
