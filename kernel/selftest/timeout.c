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
	enum mape_class class;
	enum mape_session_state from;
	enum mape_direction dir;
	u8 flags;
	enum mape_session_state to;
};

#define TCP(from, dir, flags, to)	\
	{ MAPE_CLASS_TCP, MAPE_TCP_##from, MAPE_##dir, flags, MAPE_TCP_##to }
#define OTHER(class, from, dir, flags, to)	\
	{ MAPE_CLASS_##class, MAPE_##from, MAPE_##dir, flags, MAPE_##to }

static const struct edge edges[] __initconst = {
	TCP(INIT_OUT, OUT, SYN, INIT_OUT),
	TCP(INIT_OUT, IN, SYN, ESTABLISHED),
	TCP(INIT_OUT, IN, RST, TRANS),
	TCP(INIT_IN, OUT, SYN, ESTABLISHED),
	TCP(INIT_IN, IN, SYN, INIT_IN),
	TCP(ESTABLISHED, OUT, 0, ESTABLISHED),
	TCP(ESTABLISHED, OUT, FIN, FIN_OUT),
	TCP(ESTABLISHED, IN, FIN, FIN_IN),
	TCP(ESTABLISHED, IN, RST, TRANS),
	TCP(FIN_OUT, OUT, FIN, FIN_OUT),
	TCP(FIN_OUT, IN, 0, FIN_OUT),
	TCP(FIN_OUT, IN, FIN, FIN_BOTH),
	TCP(FIN_IN, OUT, FIN, FIN_BOTH),
	TCP(FIN_BOTH, OUT, 0, FIN_BOTH),
	TCP(FIN_BOTH, OUT, SYN, INIT_OUT),
	TCP(TRANS, IN, RST, TRANS),
	TCP(TRANS, OUT, 0, TRANS),
	TCP(TRANS, OUT, FIN, TRANS),
	TCP(TRANS, OUT, MAPE_TCP_DATA, ESTABLISHED),
	TCP(TRANS, OUT, SYN, INIT_OUT),
	OTHER(UDP, NEW, OUT, 0, NEW),
	OTHER(UDP, NEW, IN, 0, ANSWERED),
	OTHER(UDP, NEW_IN, IN, 0, NEW_IN),
	OTHER(UDP, NEW_IN, OUT, 0, ANSWERED),
	OTHER(SCTP, NEW, IN, SYN, ANSWERED),
	OTHER(SCTP, ANSWERED, OUT, RST, CLOSING),
	OTHER(SCTP, CLOSING, IN, 0, CLOSING),
	OTHER(SCTP, CLOSING, OUT, 0, ANSWERED),
	OTHER(DCCP, CLOSING, OUT, SYN, NEW),
};

static bool __init edges_are_right(void)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		if (mape_state_next(edges[i].class, edges[i].from,
				    edges[i].dir, edges[i].flags) ==
		    edges[i].to)
			continue;
		pr_err("mape: state self-test %u: FAIL\n", i);
		ok = false;
	}
	return ok;
}

/* Every default may be set, and what is below the least may not. */
static bool __init limits_are_right(void)
{
	enum mape_timeout type;
	bool ok = true;

	for (type = 1; type <= MAPE_TIMEOUT_MAX; type++) {
		if (!mape_timeout_check(type, limits[type].normal) &&
		    (limits[type].least < 2 ||
		     mape_timeout_check(type, limits[type].least - 1)))
			continue;
		pr_err("mape: lifetime self-test %u: FAIL\n", type);
		ok = false;
	}
	return ok;
}

bool __init mape_timeout_selftest(void)
{
	if (!edges_are_right() || !limits_are_right())
		return false;
	pr_info("mape: state self-tests: pass\n");
	return true;
}

#undef TCP
#undef OTHER
#undef SYN
#undef FIN
#undef RST
