/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs share that write packets by hand, or look at them.
 */
#ifndef _MAPE_TEST_RAW_H
#define _MAPE_TEST_RAW_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of headers that not every C library has. */
#ifndef IPPROTO_DCCP
#define IPPROTO_DCCP	33
#endif
#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE	136
#endif

/*
 * How fuzz tells judge what it has done: the whole DSCP, which nobody changes
 * on the way.
 */
#define TOS_RIGHT	0x04	/* the transport checksum is right */
#define TOS_WRONG	0x08	/* it is wrong */
#define TOS_ZERO	0x0c	/* UDP has none */
#define TOS_MASK	0xfc

static inline uint16_t get16(const void *at)
{
	const uint8_t *byte = at;

	return byte[0] << 8 | byte[1];
}

static inline void put16(void *at, uint16_t value)
{
	uint8_t *byte = at;

	byte[0] = value >> 8;
	byte[1] = value;
}

/* In network byte order, as addresses are all over. */
static inline uint32_t get_addr(const void *at)
{
	uint32_t addr;

	memcpy(&addr, at, sizeof(addr));
	return addr;
}

/* The sum of a checksum, to go on with: all parts but the last are even. */
static inline uint32_t sum16(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (; len > 1; len -= 2, at += 2)
		sum += get16(at);
	return len ? sum + (*at << 8) : sum;
}

static inline uint16_t fold16(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* The CRC32c of SCTP, as it is sent (RFC 9260 appendix A). */
static inline uint32_t crc32c(const void *data, size_t len)
{
	static uint32_t table[256];
	const uint8_t *at = data;
	uint32_t crc = ~0U;
	unsigned int i, bit;

	for (i = 0; i < 256 && !table[255]; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 0xff];
	return ~crc;
}

/* Where a transport header has its checksum, -1 if it has none. */
static inline int checksum_at(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return 2;
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return 6;
	case IPPROTO_SCTP:
		return 8;
	default:
		return -1;
	}
}

/* How much of the packet the checksum is of (RFC 3828, RFC 4340 9.2). */
static inline size_t checksum_covers(uint8_t proto, const uint8_t *l4,
				     size_t len)
{
	size_t covers = len;

	if (proto == IPPROTO_UDPLITE && get16(l4 + 4))
		covers = get16(l4 + 4);
	if (proto == IPPROTO_DCCP && (l4[5] & 15))
		covers = l4[4] * 4 + ((l4[5] & 15) - 1) * 4;
	return covers < len ? covers : len;
}

/*
 * The checksum of a transport header and what is behind it: what to put in, if
 * that is zero; and zero if it is right. Not for SCTP. @addrs: source and
 * destination.
 */
static inline uint16_t checksum(const void *addrs, uint8_t proto,
				const uint8_t *l4, size_t len)
{
	uint32_t sum = 0;

	if (proto != IPPROTO_ICMP)
		sum = sum16(proto + len, addrs, 8);
	return fold16(sum16(sum, l4, checksum_covers(proto, l4, len)));
}

/**
 * struct line - a customer's line
 * @ce6: tunnel address
 * @br6: the border relay's
 * @ce4: IPv4 address, network byte order
 * @a: bits of a port before the PSID
 * @k: length of the PSID
 * @psid: the PSID
 */
struct line {
	struct in6_addr ce6;
	struct in6_addr br6;
	uint32_t ce4;
	unsigned int a;
	unsigned int k;
	unsigned int psid;
};

/* From four arguments: CE6 BR6 CE4 a,k,PSID */
static inline void line_parse(char **argv, struct line *line)
{
	if (inet_pton(AF_INET6, argv[0], &line->ce6) != 1 ||
	    inet_pton(AF_INET6, argv[1], &line->br6) != 1 ||
	    inet_pton(AF_INET, argv[2], &line->ce4) != 1 ||
	    sscanf(argv[3], "%u,%u,%u", &line->a, &line->k, &line->psid) != 3)
		errx(2, "expected CE6 BR6 CE4 a,k,PSID");
}

/* RFC 7597 section 5.1: a port is A | PSID | j, and A is not 0. */
static inline bool in_set(const struct line *line, uint16_t port)
{
	unsigned int m = 16 - line->a - line->k;

	return port >> (16 - line->a) &&
	       (port >> m & ((1U << line->k) - 1)) == line->psid;
}

/* The link's address may be longer than an Ethernet's. */
struct packet_address {
	struct sockaddr_ll ll;
	char more[32 - 8];
};

/* Where a socket of open_packet() sends to; without @mac, just the device. */
static inline struct packet_address packet_address(const char *dev,
						   const char *mac,
						   int protocol)
{
	struct packet_address to = {
		.ll.sll_family = AF_PACKET,
		.ll.sll_protocol = htons(protocol),
		.ll.sll_ifindex = if_nametoindex(dev),
	};

	if (!to.ll.sll_ifindex)
		err(1, "%s", dev);
	if (!mac)
		return to;
	to.ll.sll_halen = ETH_ALEN;
	if (!ether_aton_r(mac, (struct ether_addr *)to.ll.sll_addr))
		errx(1, "not a MAC address: %s", mac);
	return to;
}

/* A socket that only sends, and only what is behind the link's header. */
static inline int open_packet(void)
{
	int size = 1 << 20, fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		err(1, "AF_PACKET");
	return fd;
}

#define BATCH	64

/* One packet after the other, in as few calls as possible. */
static inline void send_packets(int fd, struct packet_address *to,
				struct iovec *iov, unsigned int n)
{
	struct mmsghdr batch[BATCH] = { };
	unsigned int i;
	int sent;

	for (i = 0; i < n; i++)
		batch[i].msg_hdr = (struct msghdr) {
			.msg_name = to,
			.msg_namelen = sizeof(*to),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
		};
	for (i = 0; i < n; i += sent) {
		sent = sendmmsg(fd, batch + i, n - i, 0);
		if (sent >= 0)
			continue;
		sent = 0;
		if (errno == EMSGSIZE)
			sent = 1;	/* the device's MTU is not what is tested */
		else if (errno == ENOBUFS)
			usleep(1000);	/* the other end has not kept pace */
		else
			err(1, "send");
	}
}

#endif /* _MAPE_TEST_RAW_H */
