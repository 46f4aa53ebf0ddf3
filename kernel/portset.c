// SPDX-License-Identifier: GPL-2.0
/*
 * The port set of a CE (RFC 7597 section 5.1 and appendix B).
 */
#include <linux/compiler.h>

#include "portset.h"

/**
 * mape_portset_init - compute the port set of a PSID
 * @set: filled in
 * @psid_offset: number of bits before the PSID ("a"), 0 to 15
 * @psid_len: length of the PSID ("k"); 0 means every port
 * @psid: port-set identifier, right-justified, below 2^@psid_len
 *
 * The caller has checked a + k <= 16. With a > 0 the ports with A = 0 belong
 * to nobody (RFC 7597 section 5.1), with a = 0 there is one contiguous range.
 */
void mape_portset_init(struct mape_portset *set, u8 psid_offset, u8 psid_len,
		       u16 psid)
{
	unsigned int a = psid_len ? psid_offset : 0;
	unsigned int m = 16 - a - psid_len;

	set->stride_shift = 16 - a;
	set->range_shift = m;
	set->mask = ((1U << psid_len) - 1) << m;
	set->match = psid << m;
	set->base = set->match | (a ? 1U << (16 - a) : 0);
	set->count = ((1U << a) - (a ? 1 : 0)) << m;
}

/**
 * mape_portset_has - is a port in the set?
 * @set: the port set
 * @port: port, or ICMP identifier, in host byte order
 */
bool mape_portset_has(const struct mape_portset *set, u16 port)
{
	return (port & set->mask) == set->match && port >= set->base;
}

/**
 * mape_portset_port - the port with a given number in the set
 * @set: the port set
 * @index: 0 to @set->count - 1
 *
 * Return: the port, host byte order.
 */
u16 mape_portset_port(const struct mape_portset *set, u32 index)
{
	u32 range = index >> set->range_shift;
	u32 offset = index & ((1U << set->range_shift) - 1);

	return set->base + (range << set->stride_shift) + offset;
}

/**
 * mape_portset_index - the number of a port in the set
 * @set: the port set
 * @port: a port of the set, host byte order
 */
u32 mape_portset_index(const struct mape_portset *set, u16 port)
{
	u32 range = (u32)(port - set->base) >> set->stride_shift;
	u32 offset = port & ((1U << set->range_shift) - 1);

	return (range << set->range_shift) + offset;
}

/**
 * mape_portset_ranges - describe the set to user space
 * @set: the port set
 * @ranges: filled in
 */
void mape_portset_ranges(const struct mape_portset *set,
			 struct mape_port_ranges *ranges)
{
	ranges->first = set->base;
	ranges->size = 1U << set->range_shift;
	ranges->stride = 1U << set->stride_shift;
	ranges->count = set->count >> set->range_shift;
}

/**
 * mape_ports_size - memory for the use of a set's ports, in bytes
 * @set: the port set
 */
size_t mape_ports_size(const struct mape_portset *set)
{
	return sizeof(struct mape_ports) +
	       set->count * sizeof(struct mape_port);
}

/* Put the port at another place of the permutation. */
static void place(struct mape_ports *ports, u32 index, u32 where)
{
	ports->port[where].order = index;
	ports->port[index].where = where;
}

static void swap_places(struct mape_ports *ports, u32 index, u32 where)
{
	u32 other = ports->port[where].order;
	u32 was = ports->port[index].where;

	place(ports, other, was);
	place(ports, index, where);
}

static bool is_free(const struct mape_port *port)
{
	return !port->endpoints && !port->withheld;
}

/* The free ones are the first of the permutation: let that be so again. */
static void settle(struct mape_ports *ports, u32 index)
{
	bool was_free = ports->port[index].where < ports->free;

	if (was_free && !is_free(&ports->port[index]))
		swap_places(ports, index, --ports->free);
	else if (!was_free && is_free(&ports->port[index]))
		swap_places(ports, index, ports->free++);
}

/**
 * mape_ports_init - start with all ports free
 * @ports: zeroed memory of mape_ports_size() bytes
 * @set: the port set
 *
 * But for port 0, which is no port (RFC 7597 section B.1).
 */
void mape_ports_init(struct mape_ports *ports, const struct mape_portset *set)
{
	u32 i;

	ports->count = set->count;
	ports->free = set->count;
	for (i = 0; i < set->count; i++)
		place(ports, i, i);
	if (mape_portset_has(set, 0))
		mape_ports_withhold(ports, 0, MAPE_PORT_ZERO);
}

/**
 * mape_ports_get - one more endpoint uses a port
 * @ports: the ports
 * @index: which
 */
void mape_ports_get(struct mape_ports *ports, u32 index)
{
	if (++ports->port[index].endpoints == 2)
		ports->shared++;
	settle(ports, index);
}

/**
 * mape_ports_put - one endpoint less uses a port
 * @ports: the ports
 * @index: which
 */
void mape_ports_put(struct mape_ports *ports, u32 index)
{
	if (--ports->port[index].endpoints == 1)
		ports->shared--;
	settle(ports, index);
}

static void count_withheld(struct mape_ports *ports, u8 before, u8 after)
{
	u8 changed = before ^ after;

	if (changed & MAPE_PORT_RESERVED)
		ports->reserved += after & MAPE_PORT_RESERVED ? 1 : -1;
	if (changed & MAPE_PORT_STATIC)
		ports->fixed += after & MAPE_PORT_STATIC ? 1 : -1;
}

static void set_withheld(struct mape_ports *ports, u32 index, u8 withheld)
{
	count_withheld(ports, ports->port[index].withheld, withheld);
	WRITE_ONCE(ports->port[index].withheld, withheld);
	settle(ports, index);
}

/**
 * mape_ports_withhold - never give a port out
 * @ports: the ports
 * @index: which
 * @why: MAPE_PORT_*; the reasons are independent of each other
 *
 * Endpoints that have it keep it.
 */
void mape_ports_withhold(struct mape_ports *ports, u32 index, u8 why)
{
	set_withheld(ports, index, ports->port[index].withheld | why);
}

/**
 * mape_ports_release - undo mape_ports_withhold()
 * @ports: the ports
 * @index: which
 * @why: the same as then
 */
void mape_ports_release(struct mape_ports *ports, u32 index, u8 why)
{
	set_withheld(ports, index, ports->port[index].withheld & ~why);
}

/**
 * mape_ports_swap - change the order of two free ports
 * @ports: the ports
 * @n: which, 0 to @ports->free - 1
 * @m: and which
 */
void mape_ports_swap(struct mape_ports *ports, u32 n, u32 m)
{
	swap_places(ports, ports->port[n].order, m);
}

#ifdef DEBUG
#include "selftest/portset.c"
#endif
