// SPDX-License-Identifier: GPL-2.0
/*
 * Protocols, ports and endpoints as text, both ways. Protocol names are our
 * own few: /etc/protocols has others on every system, or is not there.
 */
#include <stdio.h>
#include <string.h>

#include "endpoint.h"

static const struct {
	const char *name;
	u8 proto;
} protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "icmp", IPPROTO_ICMP },
	{ "udplite", IPPROTO_UDPLITE },
	{ "sctp", IPPROTO_SCTP },
	{ "dccp", IPPROTO_DCCP },
};

#define PROTOCOLS	(sizeof(protocols) / sizeof(protocols[0]))

static bool is_known(u8 proto)
{
	unsigned int i;

	for (i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].proto == proto)
			return true;
	}
	return false;
}

/**
 * protocol_parse - read a protocol
 * @text: its name or number
 * @proto: filled in
 */
bool protocol_parse(const char *text, u8 *proto)
{
	unsigned int number, i;

	for (i = 0; i < PROTOCOLS; i++) {
		if (!strcmp(text, protocols[i].name)) {
			*proto = protocols[i].proto;
			return true;
		}
	}
	if (!text_to_number(text, 255, &number))
		return false;
	*proto = number;
	return true;
}

/**
 * protocol_text - name of a protocol, or its number
 * @proto: the protocol
 */
struct text protocol_text(u8 proto)
{
	struct text text;
	unsigned int i;

	snprintf(text.s, sizeof(text.s), "%u", proto);
	for (i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].proto == proto)
			strcpy(text.s, protocols[i].name);
	}
	return text;
}

/**
 * port_parse - read a port
 * @text: its number; 0 is a valid ICMP identifier
 * @port: filled in
 */
bool port_parse(const char *text, __be16 *port)
{
	unsigned int number;

	if (!text_to_number(text, 65535, &number))
		return false;
	*port = htons(number);
	return true;
}

/**
 * endpoint_parse - read an endpoint
 * @text: ADDR or ADDR:PORT
 * @endpoint: filled in
 */
bool endpoint_parse(const char *text, struct endpoint *endpoint)
{
	const char *colon = strchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : strlen(text);
	struct text addr;

	memset(endpoint, 0, sizeof(*endpoint));
	if (size >= sizeof(addr.s))
		return false;
	memcpy(addr.s, text, size);
	addr.s[size] = '\0';
	if (inet_pton(AF_INET, addr.s, &endpoint->addr) != 1)
		return false;
	endpoint->has_port = colon;
	return !colon || port_parse(colon + 1, &endpoint->port);
}

static struct text join(__be32 addr, __be16 port)
{
	struct text text = text_ipv4(addr);
	size_t end = strlen(text.s);

	snprintf(text.s + end, sizeof(text.s) - end, ":%u", ntohs(port));
	return text;
}

/**
 * endpoint_text - write an endpoint on our side
 * @proto: its protocol
 * @addr: its address
 * @port: its port, or ICMP identifier; not written if the protocol has none
 */
struct text endpoint_text(u8 proto, __be32 addr, __be16 port)
{
	return is_known(proto) || port ? join(addr, port) : text_ipv4(addr);
}

/**
 * remote_text - write the endpoint of a peer
 * @proto: its protocol; the peer of ICMP has no identifier of its own
 * @addr: its address
 * @port: its port
 */
struct text remote_text(u8 proto, __be32 addr, __be16 port)
{
	if (proto == IPPROTO_ICMP)
		return text_ipv4(addr);
	return endpoint_text(proto, addr, port);
}
