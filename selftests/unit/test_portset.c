// SPDX-License-Identifier: GPL-2.0
/*
 * The port set: REQUIREMENTS, section 0's tables, and that the
 * sets of all PSIDs share out the ports.
 */
#include "helper.h"

static struct mape_portset make_set(u8 a, u8 k, u16 psid)
{
	struct mape_portset set;

	mape_portset_init(&set, a, k, psid);
	return set;
}

static void assert_ranges(u8 a, u8 k, u16 psid, unsigned int count,
			  const char *ranges)
{
	struct mape_portset set = make_set(a, k, psid);

	assert_int_equal(set.count, count);
	assert_string_equal(ranges_text(&set), ranges);
}

/* Section 5.1 of RFC 7597 read literally: A, then PSID, then j. */
static bool naive_has(unsigned int a, unsigned int k, unsigned int psid,
		      unsigned int port)
{
	unsigned int top = 0, middle = 0, i;

	if (!k)
		return true;
	for (i = 0; i < a; i++)
		top = top * 2 + (port >> (15 - i) & 1);
	for (; i < a + k; i++)
		middle = middle * 2 + (port >> (15 - i) & 1);
	return middle == psid && (!a || top);
}

static void test_A01_ports_are_A_PSID_j(void **state)
{
	unsigned int round, port, a, k, psid;
	struct mape_portset set;

	(void)state;
	for (round = 0; round < 500; round++) {
		a = random_below(16);
		k = random_below(17 - a);
		psid = random_below(1U << k);
		set = make_set(a, k, psid);
		for (port = 0; port < 65536; port++)
			assert_int_equal(mape_portset_has(&set, port),
					 naive_has(a, k, psid, port));
	}
}

static void test_A01_domains(void **state)
{
	(void)state;
	assert_ranges(6, 8, 0x34, 252,
		      "1232-1235,2256-2259..63696-63699,64720-64723");
	assert_ranges(4, 8, 0x34, 240,
		      "4928-4943,9024-9039..58176-58191,62272-62287");
}

static void test_A01_psid_edges(void **state)
{
	(void)state;
	assert_ranges(4, 8, 0, 240,
		      "4096-4111,8192-8207..57344-57359,61440-61455");
	assert_ranges(4, 8, 0xff, 240,
		      "8176-8191,12272-12287..61424-61439,65520-65535");
	assert_ranges(6, 6, 0x34, 1008,
		      "1856-1871,2880-2895..64320-64335,65344-65359");
}

static void test_A01_seed_example(void **state)
{
	struct mape_portset set = make_set(4, 8, 120);
	struct mape_port_ranges ranges;

	(void)state;
	mape_portset_ranges(&set, &ranges);
	assert_int_equal(ranges.count, 15);
	assert_int_equal(set.count, 240);
	assert_string_equal(ranges_text(&set),
			    "6016-6031,10112-10127..59264-59279,63360-63375");
}

static void test_A01_one_port_a_range(void **state)
{
	(void)state;
	assert_ranges(15, 1, 1, 32767,
		      "3-3,5-5..65533-65533,65535-65535");
	assert_ranges(0, 16, 4242, 1, "4242-4242");
}

static void test_A03_contiguous_range(void **state)
{
	(void)state;
	assert_ranges(0, 6, 0, 1024, "0-1023");
	assert_ranges(0, 6, 1, 1024, "1024-2047");
	assert_ranges(0, 6, 63, 1024, "64512-65535");
}

static void test_A03_no_PSID_is_all_ports(void **state)
{
	unsigned int a;

	(void)state;
	for (a = 0; a < 16; a++)
		assert_ranges(a, 0, 0, 65536, "0-65535");
}

/* How many PSIDs own each port: exactly one, none where A = 0. */
static void check_partition(unsigned int a, unsigned int k)
{
	static unsigned char owners[65536];
	struct mape_portset set;
	unsigned int psid, port;
	u32 i;

	memset(owners, 0, sizeof(owners));
	for (psid = 0; psid < 1U << k; psid++) {
		set = make_set(a, k, psid);
		for (i = 0; i < set.count; i++)
			owners[mape_portset_port(&set, i)]++;
	}
	for (port = 0; port < 65536; port++) {
		bool nobody = a && k && port >> (16 - a) == 0;

		if (owners[port] != !nobody)
			fail_msg("a %u, k %u: port %u has %u owners", a, k,
				 port, owners[port]);
	}
}

static void test_partition(void **state)
{
	unsigned int a, k;

	(void)state;
	for (a = 0; a < 16; a++)
		for (k = 0; k <= 10 && a + k <= 16; k++)
			check_partition(a, k);
}

static void check_inverse(const struct mape_portset *set)
{
	unsigned int port, previous = 0, n = 0;
	u32 i;

	for (i = 0; i < set->count; i++) {
		port = mape_portset_port(set, i);
		if (!mape_portset_has(set, port) ||
		    mape_portset_index(set, port) != i ||
		    (i && port <= previous))
			fail_msg("index %u, port %u", i, port);
		previous = port;
	}
	for (port = 0; port < 65536; port++)
		n += mape_portset_has(set, port);
	assert_int_equal(n, set->count);
}

static void test_index_and_port_are_inverse(void **state)
{
	struct mape_portset set;
	unsigned int a, k, i;

	(void)state;
	for (a = 0; a < 16; a++) {
		for (k = 0; k <= 16 - a; k++) {
			const u16 psids[] = {
				0, (1U << k) - 1, random_below(1U << k),
			};

			for (i = 0; i < 3; i++) {
				set = make_set(a, k, psids[i]);
				check_inverse(&set);
			}
		}
	}
}

static void test_ranges_are_the_set(void **state)
{
	unsigned int round, a, k, n, i, j;
	struct mape_port_ranges r;
	struct mape_portset set;

	(void)state;
	for (round = 0; round < 200; round++) {
		a = random_below(16);
		k = random_below(17 - a);
		set = make_set(a, k, random_below(1U << k));
		mape_portset_ranges(&set, &r);
		for (i = n = 0; i < r.count; i++)
			for (j = 0; j < r.size; j++)
				assert_int_equal(r.first + i * r.stride + j,
						 mape_portset_port(&set, n++));
		assert_int_equal(n, set.count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A01_ports_are_A_PSID_j),
		cmocka_unit_test(test_A01_domains),
		cmocka_unit_test(test_A01_psid_edges),
		cmocka_unit_test(test_A01_seed_example),
		cmocka_unit_test(test_A01_one_port_a_range),
		cmocka_unit_test(test_A03_contiguous_range),
		cmocka_unit_test(test_A03_no_PSID_is_all_ports),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_index_and_port_are_inverse),
		cmocka_unit_test(test_ranges_are_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
