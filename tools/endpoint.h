/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protocols, ports and endpoints as text, both ways.
 */
#ifndef _MAPE_ENDPOINT_H
#define _MAPE_ENDPOINT_H

#include "text.h"

/**
 * struct endpoint - an address, and maybe a port
 * @addr: the address
 * @port: the port, 0 if there is none
 * @has_port: is there one?
 */
struct endpoint {
	__be32 addr;
	__be16 port;
	bool has_port;
};

bool protocol_parse(const char *text, u8 *proto);
struct text protocol_text(u8 proto);
bool port_parse(const char *text, __be16 *port);
bool endpoint_parse(const char *text, struct endpoint *endpoint);
struct text endpoint_text(u8 proto, __be32 addr, __be16 port);
struct text remote_text(u8 proto, __be32 addr, __be16 port);

#endif /* _MAPE_ENDPOINT_H */
