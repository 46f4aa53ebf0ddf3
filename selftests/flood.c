// SPDX-License-Identifier: GPL-2.0
/*
 * Sends UDP packets of given flows as fast as it can, and prints how many
 * nanoseconds each took.
 *
 * usage: flood DEV COUNT [MAC SOURCE6 DEST6] < FLOWS
 *
 * A line of FLOWS is SOURCE PORT DEST PORT. COUNT packets are sent, the flows
 * in turn: straight into DEV, or, with an outer header from SOURCE6 to DEST6
 * around them, to the neighbour MAC on it. All are made before the first is
 * sent, so that what is measured is what the kernel does with them.
 */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "raw.h"

struct packet {
	struct ip6_hdr outer;
	struct iphdr ip;
	struct udphdr udp;
	char text[4];
};

/* Where the part begins that is sent without an outer header. */
#define INNER	offsetof(struct packet, ip)

static void make(struct packet *p, const struct in6_addr outer[2],
		 const struct in_addr addr[2], const unsigned int port[2])
{
	uint16_t len = sizeof(p->udp) + sizeof(p->text);

	*p = (struct packet) {
		.outer = {
			.ip6_flow = htonl(6 << 28),
			.ip6_plen = htons(sizeof(*p) - INNER),
			.ip6_nxt = IPPROTO_IPIP,
			.ip6_hlim = 64,
			.ip6_src = outer[0],
			.ip6_dst = outer[1],
		},
		.ip = {
			.version = 4,
			.ihl = sizeof(p->ip) / 4,
			.tot_len = htons(sizeof(*p) - INNER),
			.frag_off = htons(IP_DF),
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.saddr = addr[0].s_addr,
			.daddr = addr[1].s_addr,
		},
		.udp = {
			.source = htons(port[0]),
			.dest = htons(port[1]),
			.len = htons(len),
		},
		.text = "mape",
	};
	p->ip.check = htons(fold16(sum16(0, &p->ip, sizeof(p->ip))));
	p->udp.check = htons(checksum(&p->ip.saddr, IPPROTO_UDP,
				      (uint8_t *)&p->udp, len));
}

static size_t read_flows(const struct in6_addr outer[2], struct packet **packets)
{
	struct in_addr addr[2];
	unsigned int port[2];
	size_t n = 0, room = 0;
	char text[2][16];

	while (scanf("%15s %u %15s %u", text[0], &port[0], text[1],
		     &port[1]) == 4) {
		if (!inet_aton(text[0], &addr[0]) ||
		    !inet_aton(text[1], &addr[1]))
			errx(1, "no address: %s, %s", text[0], text[1]);
		if (n == room) {
			room = 2 * room + 1;
			*packets = reallocarray(*packets, room, sizeof(**packets));
			if (!*packets)
				err(1, "memory");
		}
		make(&(*packets)[n++], outer, addr, port);
	}
	if (!n)
		errx(1, "no flows");
	return n;
}

static unsigned long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void flood(struct packet_address *to, size_t count,
		  struct packet *packets, size_t n, size_t skip)
{
	struct iovec iov[BATCH];
	int fd = open_packet();
	size_t next = 0;
	unsigned int i;

	while (count) {
		for (i = 0; i < BATCH && i < count; i++) {
			iov[i].iov_base = (char *)&packets[next] + skip;
			iov[i].iov_len = sizeof(*packets) - skip;
			next = next + 1 < n ? next + 1 : 0;
		}
		send_packets(fd, to, iov, i);
		count -= i;
	}
}

int main(int argc, char **argv)
{
	struct in6_addr outer[2] = { };
	struct packet *packets = NULL;
	struct packet_address to;
	unsigned long long begin;
	size_t n, count, skip = INNER;

	if (argc != 3 && argc != 6)
		errx(2, "usage: flood DEV COUNT [MAC SOURCE6 DEST6] < FLOWS");
	count = strtoul(argv[2], NULL, 10);
	to = packet_address(argv[1], argv[3], argc > 3 ? ETH_P_IPV6 : ETH_P_IP);
	if (argc > 3) {
		if (inet_pton(AF_INET6, argv[4], &outer[0]) != 1 ||
		    inet_pton(AF_INET6, argv[5], &outer[1]) != 1)
			errx(1, "no address: %s, %s", argv[4], argv[5]);
		skip = 0;
	}
	n = read_flows(outer, &packets);
	begin = now();
	flood(&to, count, packets, n, skip);
	printf("%llu\n", (now() - begin) / count);
	return 0;
}
