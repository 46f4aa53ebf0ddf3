// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "naive.h"

/* A text of bits, the first one first. */
struct bits {
	char s[300];
};

static struct bits from_bytes(const void *bytes, unsigned int n)
{
	const unsigned char *byte = bytes;
	struct bits bits;
	unsigned int i;

	for (i = 0; i < n; i++)
		bits.s[i] = byte[i / 8] & (128 >> i % 8) ? '1' : '0';
	bits.s[n] = '\0';
	return bits;
}

static void to_bytes(const char *bits, void *bytes)
{
	unsigned char *byte = bytes;
	unsigned int i;

	for (i = 0; bits[i]; i++) {
		byte[i / 8] *= 2;
		byte[i / 8] += bits[i] == '1';
	}
}

static unsigned int to_number(const char *bits)
{
	unsigned int number = 0;

	for (; *bits; bits++)
		number = number * 2 + (*bits == '1');
	return number;
}

static struct bits part(const char *bits, unsigned int from, unsigned int n)
{
	struct bits p;

	snprintf(p.s, sizeof(p.s), "%.*s", (int)n, bits + from);
	return p;
}

static struct bits from_number(unsigned int number, unsigned int n)
{
	struct bits bits;
	unsigned int i;

	for (i = 0; i < n; i++)
		bits.s[i] = number >> (n - 1 - i) & 1 ? '1' : '0';
	bits.s[n] = '\0';
	return bits;
}

/* Zeros behind up to @n bits. */
static struct bits pad_right(const char *bits, unsigned int n)
{
	struct bits padded;
	unsigned int i;

	for (i = 0; i < n; i++)
		padded.s[i] = i < strlen(bits) ? bits[i] : '0';
	padded.s[n] = '\0';
	return padded;
}

/* Section 6: the prefix, zeros up to 64, the identifier; where the prefix is
 * longer than 64 it stands over the start of the identifier.
 */
static struct in6_addr address(const char *prefix, enum mape_iid iid,
			       const char *ipv4, unsigned int psid)
{
	struct bits psid16 = from_number(psid, 16);
	struct bits net = pad_right(prefix, 64);
	struct bits ipv4_32 = pad_right(ipv4, 32);
	struct in6_addr addr;
	char text[300];

	if (iid == MAPE_IID_DRAFT03)
		sprintf(text, "%.64s%s%.32s%.16s%s", net.s, "00000000", ipv4_32.s,
			psid16.s, "00000000");
	else
		sprintf(text, "%.64s%s%.32s%.16s", net.s, "0000000000000000", ipv4_32.s,
			psid16.s);
	memcpy(text, prefix, strlen(prefix));
	to_bytes(text, &addr);
	return addr;
}

bool naive_derive(const struct mape_rule *rule,
		  const struct mape_prefix *prefix,
		  const struct mape_psid *psid, enum mape_iid iid,
		  struct mape_ce *ce)
{
	struct bits end_user = from_bytes(&prefix->addr, prefix->len);
	struct bits rule4 = from_bytes(&rule->ipv4, rule->ipv4_len);
	struct bits ea, used, ipv4_psid, ipv4, psid_bits;

	if (strlen(end_user.s) < (size_t)rule->ipv6_len + rule->ea_len)
		return false;
	ea = part(end_user.s, rule->ipv6_len, rule->ea_len);
	used = part(end_user.s, 0, rule->ipv6_len + rule->ea_len);

	/* IPv4 prefix and EA bits in one row: the first 32 are the address,
	 * what is left is the PSID.
	 */
	snprintf(ipv4_psid.s, sizeof(ipv4_psid.s), "%.32s%.48s", rule4.s, ea.s);
	ipv4 = part(ipv4_psid.s, 0, 32);
	psid_bits = part(ipv4_psid.s, strlen(ipv4.s), 300);

	memset(ce, 0, sizeof(*ce));
	to_bytes(pad_right(ipv4.s, 32).s, &ce->ipv4);
	ce->ipv4_len = strlen(ipv4.s);
	ce->psid_offset = rule->psid_offset;
	ce->psid_len = strlen(psid_bits.s);
	ce->psid = to_number(psid_bits.s);
	if (psid->len) {
		ce->psid_len = psid->len;
		ce->psid = psid->psid;
	}
	ce->addr = address(used.s, iid, ipv4.s, ce->psid);
	return true;
}

bool naive_address(const struct mape_rule *rule, enum mape_iid iid,
		   __be32 ipv4, __be16 port, struct in6_addr *addr)
{
	struct bits rule6 = from_bytes(&rule->ipv6, rule->ipv6_len);
	struct bits all4 = from_bytes(&ipv4, 32), own4, psid = { "" };
	struct bits port_bits = from_bytes(&port, 16);
	unsigned int known = rule->ipv4_len + rule->ea_len;
	char prefix[300];

	if (known > 32) {
		if (rule->psid_offset &&
		    !to_number(part(port_bits.s, 0, rule->psid_offset).s))
			return false;
		psid = part(port_bits.s, rule->psid_offset, known - 32);
		known = 32;
	}
	own4 = part(all4.s, 0, known);
	snprintf(prefix, sizeof(prefix), "%.128s%.32s%.16s", rule6.s,
		 own4.s + rule->ipv4_len, psid.s);
	*addr = address(prefix, iid, own4.s, to_number(psid.s));
	return true;
}
