// SPDX-License-Identifier: GPL-2.0
/*
 * The use of ports: a free one can always be drawn, never one in use.
 */
#include "helper.h"

static struct mape_ports *make_ports(u8 a, u8 k, u16 psid)
{
	struct mape_portset set;
	struct mape_ports *ports;

	mape_portset_init(&set, a, k, psid);
	ports = calloc(1, mape_ports_size(&set));
	assert_non_null(ports);
	mape_ports_init(ports, &set);
	return ports;
}

/* The first @free places hold each free port once. */
static void check_permutation(const struct mape_ports *ports)
{
	u32 i, index, free_ports = 0, shared = 0;

	for (i = 0; i < ports->count; i++) {
		index = ports->port[i].order;
		assert_int_equal(ports->port[index].where, i);
		assert_int_equal(!ports->port[index].endpoints &&
				 !ports->port[index].withheld,
				 i < ports->free);
		free_ports += !ports->port[i].endpoints &&
			      !ports->port[i].withheld;
		shared += ports->port[i].endpoints > 1;
	}
	assert_int_equal(free_ports, ports->free);
	assert_int_equal(shared, ports->shared);
}

static void test_A03_port_0_is_never_free(void **state)
{
	struct mape_ports *ports = make_ports(0, 6, 0);
	u32 n;

	(void)state;
	assert_int_equal(ports->free, 1023);
	for (n = 0; n < ports->free; n++)
		assert_int_not_equal(mape_ports_nth_free(ports, n), 0);
	check_permutation(ports);
	free(ports);
}

static void test_every_port_can_be_had_once(void **state)
{
	struct mape_ports *ports = make_ports(4, 8, 120);
	bool had[240] = { };
	u32 index;

	(void)state;
	while (ports->free) {
		index = mape_ports_nth_free(ports, random_below(ports->free));
		assert_false(had[index]);
		had[index] = true;
		mape_ports_get(ports, index);
	}
	for (index = 0; index < 240; index++)
		assert_true(had[index]);
	free(ports);
}

static void test_get_and_put_at_random(void **state)
{
	struct mape_ports *ports = make_ports(4, 8, 120);
	unsigned int used[240] = { }, round;
	u32 index;

	(void)state;
	for (round = 0; round < 20000; round++) {
		index = random_below(240);
		if (used[index] && random_below(2)) {
			mape_ports_put(ports, index);
			used[index]--;
		} else {
			mape_ports_get(ports, index);
			used[index]++;
		}
		assert_int_equal(ports->port[index].endpoints, used[index]);
		if (round % 100 == 0)
			check_permutation(ports);
	}
	free(ports);
}

static void test_swap_keeps_the_order_whole(void **state)
{
	struct mape_ports *ports = make_ports(4, 8, 120);
	u32 first = mape_ports_nth_free(ports, 3), n;

	(void)state;
	mape_ports_swap(ports, 3, 77);
	assert_int_equal(mape_ports_nth_free(ports, 77), first);
	for (n = 0; n < 1000; n++)
		mape_ports_swap(ports, random_below(240), random_below(240));
	check_permutation(ports);
	free(ports);
}

static void test_withheld_ports_are_not_free(void **state)
{
	struct mape_ports *ports = make_ports(4, 8, 120);

	(void)state;
	mape_ports_get(ports, 7);
	mape_ports_withhold(ports, 7, MAPE_PORT_STATIC);
	mape_ports_withhold(ports, 9, MAPE_PORT_STATIC);
	mape_ports_withhold(ports, 9, MAPE_PORT_RESERVED);
	check_permutation(ports);
	assert_int_equal(ports->free, 238);
	assert_int_equal(ports->fixed, 2);
	assert_int_equal(ports->reserved, 1);
	/* One reason of two, and one of two users, goes. */
	mape_ports_release(ports, 9, MAPE_PORT_STATIC);
	mape_ports_put(ports, 7);
	check_permutation(ports);
	assert_int_equal(ports->free, 238);
	mape_ports_release(ports, 9, MAPE_PORT_RESERVED);
	mape_ports_release(ports, 7, MAPE_PORT_STATIC);
	check_permutation(ports);
	assert_int_equal(ports->free, 240);
	free(ports);
}

static void test_all_65536_ports(void **state)
{
	struct mape_ports *ports = make_ports(0, 0, 0);
	u32 index;

	(void)state;
	assert_int_equal(ports->free, 65535);
	while (ports->free) {
		index = mape_ports_nth_free(ports, random_below(ports->free));
		mape_ports_get(ports, index);
	}
	check_permutation(ports);
	free(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A03_port_0_is_never_free),
		cmocka_unit_test(test_every_port_can_be_had_once),
		cmocka_unit_test(test_get_and_put_at_random),
		cmocka_unit_test(test_swap_keeps_the_order_whole),
		cmocka_unit_test(test_withheld_ports_are_not_free),
		cmocka_unit_test(test_all_65536_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
