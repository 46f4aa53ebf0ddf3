/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port set of a CE: which external ports are ours (RFC 7597 section 5.1)
 * and which of them are in use.
 *
 * No net/ header, no memory, no locks: any context, and user space too.
 */
#ifndef _MAPE_PORTSET_H
#define _MAPE_PORTSET_H

#include <linux/types.h>
#include <linux/mape.h>

/**
 * struct mape_portset - the ports A | PSID | j with A > 0 whenever a > 0
 * @count: number of ports
 * @base: first port of the first range, PSID included
 * @stride_shift: log2 of the distance between two ranges (16 - a)
 * @range_shift: log2 of the ports in a range (m = 16 - a - k)
 * @match: value of a port's PSID bits
 * @mask: where they are; 0 for an unshared address
 *
 * Ports are numbered 0 to @count - 1 in ascending order ("index").
 */
struct mape_portset {
	u32 count;
	u16 base;
	u8 stride_shift;
	u8 range_shift;
	u16 match;
	u16 mask;
};

void mape_portset_init(struct mape_portset *set, u8 psid_offset, u8 psid_len,
		       u16 psid);
bool mape_portset_has(const struct mape_portset *set, u16 port);
u16 mape_portset_port(const struct mape_portset *set, u32 index);
u32 mape_portset_index(const struct mape_portset *set, u16 port);
void mape_portset_ranges(const struct mape_portset *set,
			 struct mape_port_ranges *ranges);

/* Why a port is not given out. */
#define MAPE_PORT_ZERO		0x1	/* it is no port (RFC 7597 section B.1) */
#define MAPE_PORT_RESERVED	0x2	/* the user wants it so */
#define MAPE_PORT_STATIC	0x4	/* a static forward has it */

/**
 * struct mape_port - the use of one port of the set
 * @endpoints: inner endpoints that have this port as their own
 * @order: an entry of the permutation below
 * @where: where this port stands in it
 * @withheld: MAPE_PORT_*
 */
struct mape_port {
	u32 endpoints;
	u16 order;
	u16 where;
	u8 withheld;
};

/**
 * struct mape_ports - which ports of a set are in use, for one protocol
 * @count: number of ports
 * @free: number of ports without an endpoint that are not withheld
 * @shared: number of ports with several endpoints
 * @reserved: number of ports withheld for MAPE_PORT_RESERVED
 * @fixed: number of ports withheld for MAPE_PORT_STATIC
 * @port: by index. The @order members are a permutation of the indexes, the
 *	first @free of which are the free ones: a uniformly random free port
 *	costs one look-up (RFC 6056 section 3.3).
 *
 * The caller serialises.
 */
struct mape_ports {
	u32 count;
	u32 free;
	u32 shared;
	u32 reserved;
	u32 fixed;
	struct mape_port port[];
};

size_t mape_ports_size(const struct mape_portset *set);
void mape_ports_init(struct mape_ports *ports, const struct mape_portset *set);
void mape_ports_get(struct mape_ports *ports, u32 index);
void mape_ports_put(struct mape_ports *ports, u32 index);
void mape_ports_withhold(struct mape_ports *ports, u32 index, u8 why);
void mape_ports_release(struct mape_ports *ports, u32 index, u8 why);
void mape_ports_swap(struct mape_ports *ports, u32 n, u32 m);

/**
 * mape_ports_nth_free - a free port
 * @ports: the ports
 * @n: which, 0 to @ports->free - 1
 *
 * Return: its index.
 */
static inline u32 mape_ports_nth_free(const struct mape_ports *ports, u32 n)
{
	return ports->port[n].order;
}

#ifdef DEBUG
bool mape_portset_selftest(void);
#endif

#endif /* _MAPE_PORTSET_H */
