// SPDX-License-Identifier: GPL-2.0
/*
 * States and lifetimes: all words of a few letters about a TCP connection,
 * against RFC 6146's text; and the floors that RFCs set.
 */
#include <netinet/in.h>

#include "helper.h"
#include "timeout.h"

/* A packet: its direction and flags. */
struct packet {
	enum mape_direction dir;
	u8 flags;
};

static const struct packet packets[] = {
	{ MAPE_OUT, 0 }, { MAPE_OUT, MAPE_TCP_SYN },
	{ MAPE_OUT, MAPE_TCP_FIN }, { MAPE_OUT, MAPE_TCP_RST },
	{ MAPE_OUT, MAPE_TCP_DATA }, { MAPE_IN, MAPE_TCP_DATA },
	{ MAPE_IN, 0 }, { MAPE_IN, MAPE_TCP_SYN },
	{ MAPE_IN, MAPE_TCP_FIN }, { MAPE_IN, MAPE_TCP_RST },
};

#define N_PACKETS	(sizeof(packets) / sizeof(*packets))
#define WORD		5

/*
 * What is true of a connection, from all its packets: which sides have sent
 * SYN and FIN since it began, and whether the last thing of note was an RST.
 */
static enum mape_session_state naive(const struct packet *p, int n)
{
	bool syn[2] = { }, fin[2] = { }, open = false, reset = false;
	int i;

	if (!(p->flags & MAPE_TCP_SYN))
		reset = true;
	else
		syn[p->dir] = true;
	for (i = 1; i < n; i++) {
		bool over = reset || (fin[MAPE_OUT] && fin[MAPE_IN]);

		if (p[i].flags & MAPE_TCP_RST) {
			reset = true;
		} else if (over && p[i].flags & MAPE_TCP_SYN) {
			memset(syn, 0, sizeof(syn));
			memset(fin, 0, sizeof(fin));
			syn[p[i].dir] = true;
			open = reset = false;
		} else if (reset && p[i].flags & MAPE_TCP_DATA) {
			/* That revives it; a FIN of before is forgotten. */
			memset(fin, 0, sizeof(fin));
			open = true;
			reset = false;
		} else if (reset) {
			continue;
		} else if (!open) {
			syn[p[i].dir] |= p[i].flags & MAPE_TCP_SYN;
			open = syn[MAPE_OUT] && syn[MAPE_IN];
		} else if (p[i].flags & MAPE_TCP_FIN) {
			fin[p[i].dir] = true;
		}
	}
	if (reset)
		return MAPE_TCP_TRANS;
	if (!open)
		return syn[MAPE_OUT] ? MAPE_TCP_INIT_OUT : MAPE_TCP_INIT_IN;
	if (fin[MAPE_OUT])
		return fin[MAPE_IN] ? MAPE_TCP_FIN_BOTH : MAPE_TCP_FIN_OUT;
	return fin[MAPE_IN] ? MAPE_TCP_FIN_IN : MAPE_TCP_ESTABLISHED;
}

static void test_G07_all_words_of_a_connection(void **state)
{
	enum mape_session_state is;
	struct packet word[WORD];
	unsigned int n, rest, i;

	(void)state;
	for (n = 0; n < 100000; n++) {
		for (i = 0, rest = n; i < WORD; i++, rest /= N_PACKETS)
			word[i] = packets[rest % N_PACKETS];
		is = mape_state_first(MAPE_CLASS_TCP, word[0].dir,
				      word[0].flags);
		for (i = 1; i < WORD; i++) {
			assert_int_equal(is, naive(word, i));
			is = mape_state_next(MAPE_CLASS_TCP, is, word[i].dir,
					     word[i].flags);
		}
		assert_int_equal(is, naive(word, WORD));
	}
}

static u32 lifetime(enum mape_class class, enum mape_session_state state)
{
	return mape_timeout_default(mape_timeout_of(class, state));
}

static void test_default_lifetimes(void **state)
{
	(void)state;
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_ESTABLISHED), 7440);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_FIN_OUT), 7440);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_FIN_IN), 7440);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_FIN_BOTH), 240);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_TRANS), 240);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_INIT_OUT), 240);
	assert_int_equal(lifetime(MAPE_CLASS_TCP, MAPE_TCP_INIT_IN), 240);
	assert_int_equal(lifetime(MAPE_CLASS_UDP, MAPE_NEW), 120);
	assert_int_equal(lifetime(MAPE_CLASS_UDP, MAPE_NEW_IN), 120);
	assert_int_equal(lifetime(MAPE_CLASS_UDP, MAPE_ANSWERED), 300);
	assert_int_equal(lifetime(MAPE_CLASS_DNS, MAPE_ANSWERED), 10);
	assert_int_equal(lifetime(MAPE_CLASS_DNS, MAPE_NEW), 30);
	assert_int_equal(lifetime(MAPE_CLASS_NTP, MAPE_ANSWERED), 30);
	assert_int_equal(lifetime(MAPE_CLASS_ICMP, MAPE_NEW), 60);
	assert_int_equal(lifetime(MAPE_CLASS_SCTP, MAPE_ANSWERED), 7440);
	assert_int_equal(lifetime(MAPE_CLASS_SCTP, MAPE_CLOSING), 240);
	assert_int_equal(lifetime(MAPE_CLASS_DCCP, MAPE_ANSWERED), 7440);
	assert_int_equal(lifetime(MAPE_CLASS_DCCP, MAPE_NEW), 240);
}

static void test_classes(void **state)
{
	(void)state;
	assert_int_equal(mape_timeout_class(IPPROTO_TCP, 53), MAPE_CLASS_TCP);
	assert_int_equal(mape_timeout_class(IPPROTO_UDP, 53), MAPE_CLASS_DNS);
	assert_int_equal(mape_timeout_class(IPPROTO_UDP, 123), MAPE_CLASS_NTP);
	assert_int_equal(mape_timeout_class(IPPROTO_UDP, 54), MAPE_CLASS_UDP);
	assert_int_equal(mape_timeout_class(IPPROTO_UDPLITE, 53),
			 MAPE_CLASS_UDP);
	assert_int_equal(mape_timeout_class(IPPROTO_SCTP, 1), MAPE_CLASS_SCTP);
	assert_int_equal(mape_timeout_class(33, 1), MAPE_CLASS_DCCP);
	assert_int_equal(mape_timeout_class(IPPROTO_ESP, 0), MAPE_CLASS_OTHER);
}

static void test_floors(void **state)
{
	static const u32 floors[MAPE_TIMEOUT_MAX + 1] = {
		[MAPE_TIMEOUT_UDP] = 120, [MAPE_TIMEOUT_UDP_NEW] = 120,
		[MAPE_TIMEOUT_DNS] = 2, [MAPE_TIMEOUT_DNS_NEW] = 5,
		[MAPE_TIMEOUT_NTP] = 5, [MAPE_TIMEOUT_TCP_SYN] = 30,
		[MAPE_TIMEOUT_TCP_ESTABLISHED] = 240,
		[MAPE_TIMEOUT_TCP_CLOSING] = 10, [MAPE_TIMEOUT_ICMP] = 60,
		[MAPE_TIMEOUT_SCTP_ESTABLISHED] = 7440,
		[MAPE_TIMEOUT_SCTP_TRANSITORY] = 240,
		[MAPE_TIMEOUT_DCCP_ESTABLISHED] = 7440,
		[MAPE_TIMEOUT_DCCP_TRANSITORY] = 240,
		[MAPE_TIMEOUT_OTHER] = 60,
		[MAPE_TIMEOUT_UDP_RECLAIM] = 30,
	};
	enum mape_timeout type;

	(void)state;
	for (type = 1; type <= MAPE_TIMEOUT_MAX; type++) {
		assert_null(mape_timeout_check(type, floors[type]));
		assert_null(mape_timeout_check(type, 604800));
		assert_says(mape_timeout_check(type, 604801), "at most");
		if (floors[type])
			assert_says(mape_timeout_check(type, floors[type] - 1),
				    "at least");
	}
	/* Off is no short time. */
	assert_null(mape_timeout_check(MAPE_TIMEOUT_UDP_RECLAIM, 0));
	assert_null(mape_timeout_check(MAPE_TIMEOUT_QUARANTINE, 0));
	assert_says(mape_timeout_check(MAPE_TIMEOUT_UDP, 0), "at least");
	assert_says(mape_timeout_check(0, 300), "unknown");
	assert_says(mape_timeout_check(MAPE_TIMEOUT_MAX + 1, 300), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_G07_all_words_of_a_connection),
		cmocka_unit_test(test_default_lifetimes),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_floors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
