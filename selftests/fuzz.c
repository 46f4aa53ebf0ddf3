// SPDX-License-Identifier: GPL-2.0
/*
 * Sends packets that are right, wrong, or nearly right, to a customer edge.
 *
 * usage: fuzz lan DEV MAC CE6 BR6 CE4 a,k,PSID COUNT SEED
 *        fuzz wan DEV MAC CE6 BR6 CE4 a,k,PSID COUNT SEED < SESSIONS
 *
 * As hosts of the LAN, or as the border relay; to the neighbour MAC on DEV, or
 * straight into DEV if that is `-`. A line of SESSIONS is PROTO INNER PORT EXT-PORT REMOTE PORT, with numbers for
 * all but the addresses. The same SEED makes the same packets.
 */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>

#include "raw.h"

#define FLOWS		4096
#define PACKET_MAX	1500
#define QUOTE_MAX	200

/* Its first end is where we send from. */
struct flow {
	uint32_t addr[2];
	uint16_t port[2];
	uint8_t proto;
};

static struct line line;
static bool outside;
static struct flow flows[FLOWS];
static size_t n_flows;
static uint16_t own_ports[65536];
static unsigned int n_own_ports;

/* splitmix64, in the public domain. */
static uint64_t state;

static uint32_t any(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z >> 32;
}

static uint32_t below(uint32_t n)
{
	return (uint64_t)any() * n >> 32;
}

static bool chance(unsigned int percent)
{
	return below(100) < percent;
}

#define ONE_OF(array)	((array)[below(sizeof(array) / sizeof((array)[0]))])

static size_t any_bytes(uint8_t *at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		at[i] = any();
	return n;
}

static uint32_t address(unsigned int a, unsigned int b, unsigned int c,
			unsigned int d)
{
	return htonl(a << 24 | b << 16 | c << 8 | d);
}

/* Nobody's, or not one host's. */
static uint32_t odd_address(void)
{
	static const uint8_t odd[][4] = {
		{ 0, 0, 0, 0 }, { 127, 0, 0, 1 }, { 224, 0, 0, 1 },
		{ 239, 255, 255, 250 }, { 240, 0, 0, 1 },
		{ 255, 255, 255, 255 }, { 169, 254, 1, 1 },
		{ 192, 168, 1, 255 }, { 192, 168, 1, 0 }, { 192, 168, 1, 1 },
		{ 192, 0, 2, 0 }, { 192, 0, 2, 19 },
	};
	const uint8_t *a = ONE_OF(odd);

	return address(a[0], a[1], a[2], a[3]);
}

/* None of the LAN's: the judge wants to see none outside. */
static uint32_t internet_address(void)
{
	unsigned int a = 1 + below(223);

	return address(a == 127 || a == 192 ? 8 : a, below(256), below(256),
		       below(256));
}

static uint32_t server(void)
{
	return address(198, 51, 100, 1 + below(20));
}

static uint32_t lan_host(void)
{
	return address(192, 168, 1, 2 + (chance(60) ? 0 : below(32)));
}

static uint32_t lan_source(void)
{
	switch (below(16)) {
	case 0:
		return odd_address();
	case 1:
		return internet_address();
	case 2 ... 5:
		return line.ce4;
	default:
		return lan_host();
	}
}

static uint32_t lan_destination(void)
{
	switch (below(16)) {
	case 0:
		return odd_address();
	case 1:
		return lan_host();
	case 2 ... 3:
		return line.ce4;
	case 4 ... 5:
		return internet_address();
	default:
		return server();
	}
}

/* The first ones of the set are those that are reserved. */
static uint16_t some_port(void)
{
	static const uint16_t known[] = { 0, 7, 53, 80, 123, 443 };

	switch (below(8)) {
	case 0:
		return any();
	case 1:
		return own_ports[below(8)];
	case 2:
		return own_ports[below(n_own_ports)];
	case 3:
		/* Another customer's. */
		return own_ports[below(n_own_ports)] ^
		       1 << (16 - line.a - line.k);
	case 4:
		return ONE_OF(known);
	default:
		return 1000 + below(32);
	}
}

static uint8_t some_proto(void)
{
	static const uint8_t with_ports[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP,
		IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP,
		IPPROTO_ICMP, IPPROTO_ICMP, IPPROTO_UDPLITE, IPPROTO_SCTP,
		IPPROTO_DCCP,
	};
	static const uint8_t others[] = {
		IPPROTO_ESP, IPPROTO_AH, IPPROTO_GRE, IPPROTO_IPIP,
		IPPROTO_IPV6, IPPROTO_IGMP, 89, 255,
	};

	if (chance(93))
		return ONE_OF(with_ports);
	return chance(80) ? ONE_OF(others) : any();
}

/* One of the last flows, or a new one. */
static struct flow flow_of_lan(void)
{
	static size_t next;
	struct flow f;

	if (n_flows && chance(75))
		return flows[below(n_flows)];
	f = (struct flow) {
		.addr = { lan_source(), lan_destination() },
		.port = { some_port(), some_port() },
		.proto = some_proto(),
	};
	flows[next++ % FLOWS] = f;
	if (n_flows < FLOWS)
		n_flows++;
	return f;
}

/* One of the sessions, or nearly. */
static struct flow flow_of_wan(void)
{
	struct flow f = flows[below(n_flows)];

	switch (below(10)) {
	case 0:
		f.addr[0] = chance(50) ? server() : lan_source();
		break;
	case 1:
		f.port[0] = some_port();
		break;
	case 2:
		f.addr[1] = chance(50) ? lan_host() : lan_destination();
		break;
	case 3:
		f.port[1] = some_port();
		break;
	case 4:
		f.proto = some_proto();
		break;
	}
	return f;
}

static size_t payload(uint8_t *at)
{
	static const uint16_t most[] = { 4, 32, 32, 256, 256, 256, 1300 };

	return any_bytes(at, below(ONE_OF(most)));
}

/* Options that are well-formed, most of them. */
static size_t tcp_options(uint8_t *at)
{
	static const uint8_t kinds[][2] = {
		{ 1, 1 }, { 1, 1 }, { 2, 4 }, { 3, 3 }, { 4, 2 }, { 5, 10 },
		{ 8, 10 }, { 0, 1 }, { 2, 0 }, { 3, 1 }, { 2, 40 },
	};
	size_t len = 0;

	while (chance(70)) {
		const uint8_t *kind = ONE_OF(kinds);

		if (len + kind[1] > 40)
			break;
		any_bytes(at + len, kind[1]);
		at[len] = kind[0];
		if (kind[1] > 1)
			at[len + 1] = kind[1];
		len += kind[1] ? kind[1] : 1;
	}
	while (len % 4)
		at[len++] = chance(80);
	return len;
}

static size_t tcp(uint8_t *at)
{
	static const uint8_t flags[] = {
		0x02, 0x02, 0x02, 0x10, 0x10, 0x18, 0x11, 0x12, 0x04, 0x14,
	};
	size_t len;

	any_bytes(at + 4, 16);
	len = 20 + tcp_options(at + 20);
	at[12] = len << 2;
	at[13] = chance(90) ? ONE_OF(flags) : any();
	return len + payload(at + len);
}

static size_t udp(uint8_t *at, bool lite)
{
	size_t len = 8 + payload(at + 8);

	put16(at + 4, lite ? 8 + below(len - 7) : len);
	if (lite && chance(20))
		put16(at + 4, 0);
	return len;
}

static size_t sctp(uint8_t *at)
{
	static const uint8_t chunks[] = { 0, 1, 1, 1, 2, 6, 7, 14, 9 };
	size_t len;

	any_bytes(at + 4, 12);
	len = 16 + payload(at + 16);
	at[12] = ONE_OF(chunks);
	put16(at + 14, len - 12);
	return len;
}

static size_t dccp(uint8_t *at)
{
	size_t len = 16 + below(8) * 4;

	any_bytes(at + 4, len - 4);
	at[4] = len / 4;
	at[5] = chance(70) ? 0 : below(16);
	at[8] = below(10) << 1 | 1;
	return len + payload(at + len);
}

/* A query, or its answer: what it is decides whose identifier it has. */
static size_t echo(uint8_t *at, const struct flow *f, bool answer)
{
	at[0] = answer ? ICMP_ECHOREPLY : ICMP_ECHO;
	at[1] = 0;
	put16(at + 4, f->port[answer]);
	put16(at + 6, any());
	return 8 + payload(at + 8);
}

static void checksum_fill(uint8_t *l4, size_t len, const struct flow *f)
{
	int at = checksum_at(f->proto);
	uint32_t crc;

	if (at < 0)
		return;
	if (f->proto == IPPROTO_SCTP) {
		memset(l4 + at, 0, 4);
		crc = htole32(crc32c(l4, len));
		memcpy(l4 + at, &crc, 4);
		return;
	}
	put16(l4 + at, 0);
	put16(l4 + at, checksum(f->addr, f->proto, l4, len));
	if (f->proto != IPPROTO_ICMP && !get16(l4 + at))
		put16(l4 + at, 0xffff);
}

/* All of a transport packet but for an ICMP error. */
static size_t transport(uint8_t *at, const struct flow *f, bool answer)
{
	size_t len;

	put16(at, f->port[0]);
	put16(at + 2, f->port[1]);
	switch (f->proto) {
	case IPPROTO_TCP:
		len = tcp(at);
		break;
	case IPPROTO_UDP:
		len = udp(at, false);
		break;
	case IPPROTO_UDPLITE:
		len = udp(at, true);
		break;
	case IPPROTO_SCTP:
		len = sctp(at);
		break;
	case IPPROTO_DCCP:
		len = dccp(at);
		break;
	case IPPROTO_ICMP:
		len = echo(at, f, answer);
		break;
	default:
		return 4 + payload(at + 4);
	}
	checksum_fill(at, len, f);
	return len;
}

/* Those that collect addresses have room for some, or have them. */
static size_t ip_options(uint8_t *at)
{
	static const uint8_t kinds[] = { 7, 7, 68, 131, 137, 148, 134, 1, 0 };
	size_t len = 3 + 4 * (1 + below(8)), i;
	uint32_t addr;

	memset(at, 1, 40);
	at[0] = ONE_OF(kinds);
	/* Timestamp: overflow and flags are in between. */
	if (at[0] == 68)
		at[3] = below(4);
	at[1] = len + (at[0] == 68);
	at[2] = 4 + (at[0] == 68) + 4 * below(len / 4);
	for (i = 3 + (at[0] == 68); i < at[1]; i += 4) {
		addr = internet_address();
		memcpy(at + i, &addr, 4);
	}
	if (chance(5))
		any_bytes(at + 1, 2);
	return (len + 4) & ~3;
}

/* The header of a packet with @len bytes behind it; as long as it is. */
static size_t ip_header(uint8_t *at, const struct flow *f, size_t len,
			uint8_t tos)
{
	size_t head = 20;

	memset(at, 0, head);
	if (chance(5))
		head += ip_options(at + 20);
	at[0] = 0x40 | head / 4;
	at[1] = tos | below(4);
	put16(at + 2, head + len);
	put16(at + 4, any());
	put16(at + 6, chance(50) ? IP_DF : 0);
	at[8] = chance(95) ? 64 : below(4);
	at[9] = f->proto;
	memcpy(at + 12, f->addr, 8);
	put16(at + 10, fold16(sum16(0, at, head)));
	return head;
}

/* A packet of the flow's other end that an error is about, or its begin. */
static size_t quote(uint8_t *at, const struct flow *f)
{
	struct flow back = {
		.addr = { f->addr[1], f->addr[0] },
		.port = { f->port[1], f->port[0] },
		.proto = f->proto,
	};
	uint8_t l4[PACKET_MAX];
	size_t head, len;

	len = transport(l4, &back, !outside);
	head = ip_header(at, &back, len, 0);
	if (chance(50) || head + len > QUOTE_MAX)
		len = len < 28 ? len : 8 + below(20);
	memcpy(at + head, l4, len);
	return head + len;
}

/* Whether the quoted packet is as it was is not what its own checksum says. */
static size_t icmp_error(uint8_t *at, const struct flow *f, bool *odd)
{
	static const uint8_t types[] = { 3, 3, 3, 3, 3, 11, 11, 12, 4, 5 };
	size_t len;

	any_bytes(at, 8);
	at[0] = ONE_OF(types);
	at[1] = below(16);
	len = 8 + quote(at + 8, f);
	if (chance(20)) {
		at[8 + below(len - 8)] = any();
		*odd = true;
	}
	return len;
}

static size_t icmp_other(uint8_t *at)
{
	static const uint8_t types[] = { 0, 9, 10, 13, 14, 15, 17, 18, 40, 255 };

	any_bytes(at, 20);
	at[0] = ONE_OF(types);
	at[1] = 0;
	return 20;
}

/* Of a packet of the flow, or about it: all behind the IPv4 header. */
static size_t layer4(uint8_t *at, struct flow *f, bool *odd)
{
	unsigned int what = below(100);
	size_t len;

	if (what >= 18)
		return transport(at, f, outside);
	len = what < 15 ? icmp_error(at, f, odd) : icmp_other(at);
	f->proto = IPPROTO_ICMP;
	checksum_fill(at, len, f);
	return len;
}

/* Right, wrong, or none: what the judge is told. */
static uint8_t spoil_checksum(uint8_t *l4, const struct flow *f)
{
	int at = checksum_at(f->proto);

	if (at < 0)
		return 0;
	if (f->proto == IPPROTO_UDP && chance(5)) {
		put16(l4 + at, 0);
		return TOS_ZERO;
	}
	if (chance(90))
		return TOS_RIGHT;
	l4[at] ^= 1;
	return f->proto == IPPROTO_UDP && !get16(l4 + at) ? 0 : TOS_WRONG;
}

static void fix_header(uint8_t *at, size_t len)
{
	size_t head = (at[0] & 15) * 4;

	put16(at + 10, 0);
	put16(at + 10, fold16(sum16(0, at, head < len ? head : len)));
}

/* Some octets, but not what tells the judge about them. */
static size_t damage(uint8_t *at, size_t len)
{
	switch (below(8)) {
	case 0:
		put16(at + 2, chance(50) ? any() : get16(at + 2) - 8 + below(16));
		break;
	case 1:
		put16(at + 6, chance(50) ? any() : below(8));
		break;
	case 2:
		at[0] = chance(50) ? any() : 0x40 | below(16);
		break;
	case 3:
		at[9] = some_proto();
		break;
	case 4:
		return below(len) + 1;
	case 5:
		return len + any_bytes(at + len, below(32));
	default:
		at[2 + below(len - 2)] = any();
		at[2 + below(chance(50) ? 60 : 20) % (len - 2)] = any();
	}
	if (chance(90))
		fix_header(at, len);
	return len;
}

/* An IPv4 packet; as long as it is. */
static size_t ipv4(uint8_t *at)
{
	struct flow f = outside ? flow_of_wan() : flow_of_lan();
	uint8_t l4[PACKET_MAX + 300], tos;
	size_t head, len;
	bool damaged = chance(15), odd = damaged;

	len = layer4(l4, &f, &odd);
	tos = spoil_checksum(l4, &f);
	head = ip_header(at, &f, len, odd ? 0 : tos);
	memcpy(at + head, l4, len);
	return damaged ? damage(at, head + len) : head + len;
}

/* What the border relay puts around it. */
static size_t ipv6(uint8_t *at, const uint8_t *inner, size_t len)
{
	struct ip6_hdr *outer = (struct ip6_hdr *)at;
	size_t head = sizeof(*outer);

	*outer = (struct ip6_hdr) {
		.ip6_flow = htonl(6 << 28 | (chance(5) ? below(1 << 28) : 0)),
		.ip6_nxt = IPPROTO_IPIP,
		.ip6_hlim = chance(98) ? 64 : below(3),
		.ip6_src = line.br6,
		.ip6_dst = line.ce6,
	};
	if (chance(2))
		outer->ip6_src.s6_addr[below(16)] ^= 1 << below(8);
	if (chance(2)) {
		/* Destination options, of padding. */
		memcpy(at + head, (uint8_t[]){ IPPROTO_IPIP, 0, 1, 4 }, 4);
		memset(at + head + 4, 0, 4);
		outer->ip6_nxt = IPPROTO_DSTOPTS;
		head += 8;
	}
	memcpy(at + head, inner, len);
	len += head;
	outer->ip6_plen = htons(len - sizeof(*outer) -
				(chance(2) ? below(40) : 0));
	return len;
}

static size_t make(uint8_t *at)
{
	uint8_t inner[PACKET_MAX + 400];
	size_t len = ipv4(outside ? inner : at);

	if (outside)
		len = ipv6(at, inner, len);
	return len < PACKET_MAX ? len : PACKET_MAX;
}

static void send_all(struct packet_address *to, unsigned long count)
{
	static uint8_t packets[BATCH][PACKET_MAX + 500];
	struct iovec iov[BATCH];
	int fd = open_packet();
	unsigned int i;

	for (; count; count -= i) {
		for (i = 0; i < BATCH && i < count; i++) {
			iov[i].iov_base = packets[i];
			iov[i].iov_len = make(packets[i]);
		}
		send_packets(fd, to, iov, i);
	}
}

/* As the border relay sees them: it is the other end. */
static void read_sessions(void)
{
	char inner[16], remote[16];
	unsigned int proto, inner_port, ext_port, remote_port;
	struct flow *f;

	while (scanf("%u %15s %u %u %15s %u", &proto, inner, &inner_port,
		     &ext_port, remote, &remote_port) == 6 && n_flows < FLOWS) {
		f = &flows[n_flows++];
		*f = (struct flow) {
			.addr = { 0, line.ce4 },
			.port = { remote_port, ext_port },
			.proto = proto,
		};
		if (!inet_aton(remote, (struct in_addr *)&f->addr[0]))
			errx(1, "no address: %s", remote);
	}
	if (!n_flows)
		errx(1, "no sessions");
}

int main(int argc, char **argv)
{
	struct packet_address to;
	unsigned int port;

	if (argc != 10)
		errx(2, "usage: fuzz lan|wan DEV MAC CE6 BR6 CE4 a,k,PSID COUNT SEED");
	outside = !strcmp(argv[1], "wan");
	to = packet_address(argv[2], strcmp(argv[3], "-") ? argv[3] : NULL,
			    outside ? ETH_P_IPV6 : ETH_P_IP);
	line_parse(argv + 4, &line);
	state = strtoull(argv[9], NULL, 0);
	for (port = 0; port < 65536; port++) {
		if (in_set(&line, port))
			own_ports[n_own_ports++] = port;
	}
	if (outside)
		read_sessions();
	send_all(&to, strtoul(argv[8], NULL, 10));
	return 0;
}
