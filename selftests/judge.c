// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at every packet a customer edge sends, until it is told to end.
 *
 * usage: judge wan DEV MAC CE6 BR6 CE4 a,k,PSID
 *        judge lan DEV MAC CE6 BR6 CE4 a,k,PSID < SESSIONS
 *
 * On DEV, and with MAC as source. On the WAN it has to be IPv4-in-IPv6 to the
 * border relay, and its inner source, or the destination of the packet that an
 * ICMP error quotes, our shared address and a port of the set, with nothing of
 * the LAN in it (RFC 7597 sections 4 and 8.1, RFC 5508 REQ-5). On the LAN it has
 * to be for an endpoint that has a session with that address; a line of SESSIONS
 * is as for fuzz. IPv4 headers have to be right, and checksums to be as fuzz says
 * they were before.
 *
 * What is wrong goes to standard error, counts to standard output as JSON at
 * SIGTERM: `judged` packets, of them `wrong` ones, and by kind; `lost` packets
 * were never seen.
 */
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "raw.h"

#define SESSIONS	4096
#define SHOWN		8

/**
 * struct view - an IPv4 packet, or the quoted begin of one
 * @ip: its header
 * @l4: the transport header
 * @l4_len: what there is of that and all behind it
 * @whole: is that all?
 * @later: a fragment without transport header
 * @proto: protocol number
 * @addr: source and destination
 * @port: likewise; of a ping, both are the identifier
 */
struct view {
	const uint8_t *ip;
	const uint8_t *l4;
	size_t l4_len;
	bool whole;
	bool later;
	uint8_t proto;
	uint32_t addr[2];
	uint16_t port[2];
};

struct session {
	uint8_t proto;
	uint32_t inner;
	uint16_t inner_port;
	uint32_t remote;
};

enum kind {
	TCP, UDP, ICMP, ERROR, UDPLITE, SCTP, DCCP, OTHER, FRAGMENT, OWN, KINDS
};

static const char * const kind_names[KINDS] = {
	"tcp", "udp", "icmp", "error", "udplite", "sctp", "dccp", "other",
	"fragment", "own",
};

static struct line line;
static struct session sessions[SESSIONS];
static unsigned int n_sessions;
static unsigned long kinds[KINDS], judged, wrong;
static volatile sig_atomic_t ending;

/* 192.168.0.0/16 */
static bool is_inside(uint32_t addr)
{
	return ntohl(addr) >> 16 == 0xc0a8;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP;
}

static bool is_error(const struct view *v)
{
	return v->proto == IPPROTO_ICMP && !v->later &&
	       (v->l4[0] == ICMP_DEST_UNREACH ||
		v->l4[0] == ICMP_TIME_EXCEEDED ||
		v->l4[0] == ICMP_PARAMETERPROB);
}

/* NULL, or what is wrong with the header of a packet of @len bytes. */
static const char *look(const uint8_t *ip, size_t len, bool quoted,
			struct view *v)
{
	size_t head, total;

	if (len < 20 || ip[0] >> 4 != 4)
		return "no IPv4";
	head = (ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (head < 20 || head > len)
		return "header length";
	if (!quoted && total != len)
		return "total length";
	if (fold16(sum16(0, ip, head)))
		return "header checksum";
	*v = (struct view) {
		.ip = ip,
		.l4 = ip + head,
		.l4_len = len - head,
		.whole = total == len && !(get16(ip + 6) & (IP_MF | IP_OFFMASK)),
		.later = get16(ip + 6) & IP_OFFMASK,
		.proto = ip[9],
		.addr = { get_addr(ip + 12), get_addr(ip + 16) },
	};
	if (v->later)
		return NULL;
	if ((has_ports(v->proto) || v->proto == IPPROTO_ICMP) && v->l4_len < 8)
		return "no transport header";
	if (has_ports(v->proto)) {
		v->port[0] = get16(v->l4);
		v->port[1] = get16(v->l4 + 2);
	} else if (v->proto == IPPROTO_ICMP && !is_error(v)) {
		v->port[0] = v->port[1] = get16(v->l4 + 4);
	}
	return NULL;
}

/* Is it as fuzz says it was? Incremental updates keep an error, too. */
static const char *look_checksum(const struct view *v, uint8_t tos)
{
	int at = checksum_at(v->proto);
	uint32_t crc;
	bool right;

	if (!v->whole || at < 0)
		return NULL;
	if (tos == TOS_ZERO)
		return get16(v->l4 + at) ? "UDP checksum was zero" : NULL;
	if (tos != TOS_RIGHT && tos != TOS_WRONG)
		return NULL;
	if (v->proto == IPPROTO_SCTP) {
		uint8_t copy[2048];

		memcpy(copy, v->l4, v->l4_len);
		memset(copy + at, 0, 4);
		crc = htole32(crc32c(copy, v->l4_len));
		right = v->l4_len >= 12 && !memcmp(&crc, v->l4 + at, 4);
	} else {
		right = !checksum(v->ip + 12, v->proto, v->l4, v->l4_len);
	}
	if (right == (tos == TOS_RIGHT))
		return NULL;
	return right ? "transport checksum was wrong" : "transport checksum";
}

/* The packet that an error quotes. */
static const char *look_quoted(const struct view *v, struct view *quoted)
{
	uint8_t tos = v->ip[1] & TOS_MASK;
	const char *fault;

	if (tos == TOS_WRONG)
		return "ICMP error with a wrong checksum";
	fault = look(v->l4 + 8, v->l4_len - 8, true, quoted);
	if (fault)
		return fault;
	return quoted->later ? "quotes a later fragment" : NULL;
}

/* What was right before is right, but for a CRC: it may be of more than is quoted. */
static const char *look_quoted_checksum(const struct view *v,
					const struct view *quoted)
{
	if (quoted->proto == IPPROTO_SCTP)
		return NULL;
	return look_checksum(quoted, v->ip[1] & TOS_MASK);
}

/* Do options have an address of the LAN, left by a router or host there? */
static bool tells_inside(const uint8_t *ip)
{
	size_t head = (ip[0] & 15) * 4, at = 20, len, i;

	while (at + 1 < head && ip[at]) {
		len = ip[at] == 1 ? 1 : ip[at + 1];
		if (!len || at + len > head)
			break;
		for (i = ip[at] == 68 ? 4 : 3; i + 4 <= len; i += 4) {
			if (ip[at] != 148 && ip[at] != 134 &&
			    is_inside(get_addr(ip + at + i)))
				return true;
		}
		at += len;
	}
	return false;
}

static enum kind kind_of(const struct view *v)
{
	if (v->later)
		return FRAGMENT;
	switch (v->proto) {
	case IPPROTO_TCP:
		return TCP;
	case IPPROTO_UDP:
		return UDP;
	case IPPROTO_ICMP:
		return is_error(v) ? ERROR : ICMP;
	case IPPROTO_UDPLITE:
		return UDPLITE;
	case IPPROTO_SCTP:
		return SCTP;
	case IPPROTO_DCCP:
		return DCCP;
	default:
		return OTHER;
	}
}

static bool is_echo(const struct view *v)
{
	return v->proto == IPPROTO_ICMP && (v->l4[0] == ICMP_ECHO ||
					    v->l4[0] == ICMP_ECHOREPLY);
}

/* Is one end, 0 the source, ours? Of what has no ports, none can be. */
static const char *look_ours(const struct view *v, int end)
{
	if (v->addr[end] != line.ce4)
		return "not our address";
	if (v->later)
		return NULL;
	if (!has_ports(v->proto) && !is_echo(v))
		return "no port";
	return in_set(&line, v->port[end]) ? NULL : "not our port";
}

static const char *look_outside(const struct view *v)
{
	struct view quoted;
	const char *fault;

	if (tells_inside(v->ip))
		return "address of the LAN in an option";
	if (!is_error(v))
		return look_ours(v, 0);
	if (v->addr[0] != line.ce4)
		return "not our address, of an ICMP error";
	fault = look_quoted(v, &quoted);
	if (fault)
		return fault;
	if (tells_inside(quoted.ip))
		return "address of the LAN in a quoted option";
	fault = look_ours(&quoted, 1);
	return fault ? : look_quoted_checksum(v, &quoted);
}

static bool is_own_icmp6(const uint8_t *ip6, size_t len)
{
	/* Group membership has a hop-by-hop header before it. */
	return ip6[6] == IPPROTO_ICMPV6 ||
	       (ip6[6] == IPPROTO_HOPOPTS && len > 40 &&
		ip6[40] == IPPROTO_ICMPV6);
}

static const char *judge_wan(uint16_t type, const uint8_t *ip6, size_t len)
{
	const char *fault;
	struct view v;

	if (type != ETH_P_IPV6 || len < 40)
		return "no IPv6";
	if (is_own_icmp6(ip6, len)) {
		kinds[OWN]++;
		return NULL;
	}
	if (memcmp(ip6 + 8, &line.ce6, 16) || memcmp(ip6 + 24, &line.br6, 16))
		return "outer addresses";
	if (ip6[6] != IPPROTO_IPIP)
		return "next header";
	if (len - 40 != get16(ip6 + 4))
		return "payload length";
	fault = look(ip6 + 40, len - 40, false, &v);
	if (fault)
		return fault;
	kinds[kind_of(&v)]++;
	fault = look_outside(&v);
	return fault ? : look_checksum(&v, v.ip[1] & TOS_MASK);
}

static bool has_session(uint8_t proto, uint32_t inner, uint16_t port,
			uint32_t remote)
{
	const struct session *s;

	for (s = sessions; s < sessions + n_sessions; s++) {
		if (s->proto == proto && s->inner == inner &&
		    s->inner_port == port && s->remote == remote)
			return true;
	}
	return false;
}

/* @end of the packet is the inner one, the other the peer's. */
static const char *look_asked_for(const struct view *v, int end)
{
	if (v->later)
		return NULL;
	if (!has_session(v->proto, v->addr[end], v->port[end], v->addr[!end]))
		return "nobody's session";
	return NULL;
}

static const char *look_inside(const struct view *v)
{
	struct view quoted;
	const char *fault;

	if (!is_error(v))
		return look_asked_for(v, 1);
	fault = look_quoted(v, &quoted);
	if (fault)
		return fault;
	if (quoted.addr[0] != v->addr[1])
		return "quotes somebody else";
	fault = look_asked_for(&quoted, 0);
	return fault ? : look_quoted_checksum(v, &quoted);
}

static const char *judge_lan(uint16_t type, const uint8_t *ip, size_t len)
{
	const char *fault;
	struct view v;

	if (type == ETH_P_ARP ||
	    (type == ETH_P_IPV6 && len >= 40 && is_own_icmp6(ip, len))) {
		kinds[OWN]++;
		return NULL;
	}
	if (type != ETH_P_IP)
		return "no IPv4";
	fault = look(ip, len, false, &v);
	if (fault)
		return fault;
	/* The router's own, 192.168.1.1. */
	if (v.addr[0] == htonl(0xc0a80101) &&
	    (v.proto == IPPROTO_ICMP || v.proto == IPPROTO_IGMP)) {
		kinds[OWN]++;
		return NULL;
	}
	kinds[kind_of(&v)]++;
	fault = look_inside(&v);
	return fault ? : look_checksum(&v, v.ip[1] & TOS_MASK);
}

static void read_sessions(void)
{
	char inner[16], remote[16];
	unsigned int proto, inner_port, ext_port, remote_port;
	struct session *s;

	while (scanf("%u %15s %u %u %15s %u", &proto, inner, &inner_port,
		     &ext_port, remote, &remote_port) == 6) {
		if (n_sessions == SESSIONS)
			errx(1, "more than %u sessions", SESSIONS);
		s = &sessions[n_sessions++];
		s->proto = proto;
		s->inner_port = inner_port;
		if (!inet_aton(inner, (struct in_addr *)&s->inner) ||
		    !inet_aton(remote, (struct in_addr *)&s->remote))
			errx(1, "no address: %s, %s", inner, remote);
	}
	if (!n_sessions)
		errx(1, "no sessions");
}

/* All that has the source MAC, and room for a while's worth of it. */
static int open_tap(const char *dev, const char *mac)
{
	struct packet_address to = packet_address(dev, mac, ETH_P_ALL);
	const uint8_t *a = to.ll.sll_addr;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 (uint32_t)a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3],
			 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 10),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, a[4] << 8 | a[5], 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
	int size = 128 << 20, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&to.ll, sizeof(to.ll)))
		err(1, "AF_PACKET");
	return fd;
}

static void judge(bool wan, const uint8_t *frame, size_t len)
{
	uint16_t type = get16(frame + 12);
	const char *fault;
	size_t i;

	judged++;
	fault = wan ? judge_wan(type, frame + 14, len - 14) :
		      judge_lan(type, frame + 14, len - 14);
	if (!fault || wrong++ >= SHOWN)
		return;
	fprintf(stderr, "%s: ", fault);
	for (i = 14; i < len && i < 174; i++)
		fprintf(stderr, "%02x", frame[i]);
	fprintf(stderr, "\n");
}

/* All there is now; whether there was anything. */
static bool judge_some(int fd, bool wan)
{
	uint8_t frame[65536];
	ssize_t len;
	bool some = false;

	while ((len = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 14) {
		judge(wan, frame, len);
		some = true;
	}
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		err(1, "receive");
	return some;
}

static void report(int fd)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);
	int kind;

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		err(1, "PACKET_STATISTICS");
	printf("{\"judged\": %lu, \"wrong\": %lu, \"lost\": %u", judged, wrong,
	       stats.tp_drops);
	for (kind = 0; kind < KINDS; kind++)
		printf(", \"%s\": %lu", kind_names[kind], kinds[kind]);
	puts("}");
}

static void end(int sig)
{
	(void)sig;
	ending = 1;
}

int main(int argc, char **argv)
{
	unsigned int quiet = 0;
	bool wan;
	int fd;

	if (argc != 8)
		errx(2, "usage: judge wan|lan DEV MAC CE6 BR6 CE4 a,k,PSID");
	wan = !strcmp(argv[1], "wan");
	line_parse(argv + 4, &line);
	if (!wan)
		read_sessions();
	signal(SIGTERM, end);
	fd = open_tap(argv[2], argv[3]);
	/* Who sends shall not keep us from seeing it. */
	setpriority(PRIO_PROCESS, 0, -10);
	fprintf(stderr, "ready\n");
	/* What is on its way when we are told to end, is still judged. */
	while (quiet < 20) {
		quiet = judge_some(fd, wan) || !ending ? 0 : quiet + 1;
		usleep(10000);
	}
	report(fd);
	return 0;
}
