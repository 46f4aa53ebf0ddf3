// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the port set: against the definition, A | PSID | j with A > 0,
 * and of the choice of free ports against a plain count.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/random.h>

/* Every port of every offset and length, for a few PSIDs each. */
static bool __init definition_holds(u8 a, u8 k, u16 psid)
{
	struct mape_portset set;
	u32 port, index = 0;

	mape_portset_init(&set, a, k, psid);
	for (port = 0; port < 65536; port++) {
		bool ours = !k || ((port >> (16 - a - k)) % (1U << k) == psid &&
				   (!a || port >> (16 - a)));

		if (mape_portset_has(&set, port) != ours)
			return false;
		if (!ours)
			continue;
		if (mape_portset_index(&set, port) != index ||
		    mape_portset_port(&set, index) != port)
			return false;
		index++;
	}
	return index == set.count;
}

static u32 __init count_free(const struct mape_ports *ports)
{
	u32 i, n = 0;

	for (i = 0; i < ports->count; i++)
		n += is_free(&ports->port[i]);
	return n;
}

static void __init change_at_random(struct mape_ports *ports, u32 i)
{
	switch (get_random_u32_below(4)) {
	case 0:
		mape_ports_withhold(ports, i, MAPE_PORT_RESERVED);
		break;
	case 1:
		mape_ports_release(ports, i, MAPE_PORT_RESERVED);
		break;
	case 2:
		if (ports->port[i].endpoints) {
			mape_ports_put(ports, i);
			break;
		}
		fallthrough;
	default:
		mape_ports_get(ports, i);
	}
}

/* Take and give back at random: the free ones are always the first. */
static bool __init free_list_holds(struct mape_ports *ports)
{
	u32 i, round;

	for (round = 0; round < 5000; round++) {
		change_at_random(ports, get_random_u32_below(ports->count));
		if (count_free(ports) != ports->free)
			return false;
		for (i = 0; i < ports->free; i++) {
			if (!is_free(&ports->port[mape_ports_nth_free(ports, i)]))
				return false;
		}
	}
	return true;
}

static bool __init allocation_works(u8 a, u8 k, u16 psid)
{
	struct mape_portset set;
	struct mape_ports *ports;
	bool ok;

	mape_portset_init(&set, a, k, psid);
	ports = kvzalloc(mape_ports_size(&set), GFP_KERNEL);
	if (!ports)
		return false;
	mape_ports_init(ports, &set);
	ok = free_list_holds(ports) &&
	     !!(ports->port[0].withheld & MAPE_PORT_ZERO) ==
	     mape_portset_has(&set, 0);
	kvfree(ports);
	return ok;
}

bool __init mape_portset_selftest(void)
{
	unsigned int a, k;

	for (a = 0; a < 16; a++) {
		for (k = 0; a + k <= 16; k++) {
			u16 last = (1U << k) - 1;

			if (!definition_holds(a, k, 0) ||
			    !definition_holds(a, k, last) ||
			    !definition_holds(a, k, last / 3)) {
				pr_err("mape: port set self-test %u/%u: FAIL\n",
				       a, k);
				return false;
			}
		}
	}
	if (!allocation_works(4, 8, 120) || !allocation_works(0, 6, 0)) {
		pr_err("mape: port allocation self-test: FAIL\n");
		return false;
	}
	pr_info("mape: port set self-tests: pass\n");
	return true;
}
