// SPDX-License-Identifier: GPL-2.0
/*
 * The values of a MAP-E line as text, both ways. IPv6 addresses are written
 * as RFC 5952 says, which is what inet_ntop() does.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char * const iid_names[] = {
	[MAPE_IID_RFC7597] = "rfc7597",
	[MAPE_IID_DRAFT03] = "draft03",
};

/**
 * text_to_number - read a whole number, decimal or with 0x
 * @text: nothing but the number; no sign, no space, no octal
 * @max: largest value allowed
 * @number: filled in
 */
bool text_to_number(const char *text, unsigned int max, unsigned int *number)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long value;
	char *end;

	/* strtoul() itself would take a sign, leading space and a bare 0x. */
	if (!isxdigit((unsigned char)text[hex ? 2 : 0]))
		return false;
	value = strtoul(text, &end, hex ? 16 : 10);
	if (*end || value > max)
		return false;
	*number = value;
	return true;
}

/* Cut "ADDR/LEN" at the slash; *len keeps its value if there is none. */
static bool split_len(const char *text, unsigned int max, struct text *addr,
		      unsigned int *len)
{
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);

	if (size >= sizeof(addr->s))
		return false;
	memcpy(addr->s, text, size);
	addr->s[size] = '\0';
	return !slash || text_to_number(slash + 1, max, len);
}

/**
 * text_to_prefix - read an IPv6 prefix, or an address for the /64 it is in
 * @text: ADDR or ADDR/LEN
 * @prefix: filled in; bits behind the length become zero
 */
bool text_to_prefix(const char *text, struct mape_prefix *prefix)
{
	unsigned int len = TEXT_WAN_PREFIX_LEN, i;
	struct text addr;

	memset(prefix, 0, sizeof(*prefix));
	if (!split_len(text, 128, &addr, &len) ||
	    inet_pton(AF_INET6, addr.s, &prefix->addr) != 1)
		return false;
	prefix->len = len;
	for (i = len; i < 128; i++)
		prefix->addr.s6_addr[i / 8] &= ~(0x80 >> i % 8);
	return true;
}

/**
 * text_to_ipv4_prefix - read an IPv4 prefix
 * @text: ADDR/LEN, or ADDR for a /32
 * @ipv4: filled in, bits behind the length as given
 * @len: filled in
 */
bool text_to_ipv4_prefix(const char *text, __be32 *ipv4, u8 *len)
{
	unsigned int number = 32;
	struct text addr;

	if (!split_len(text, 32, &addr, &number) ||
	    inet_pton(AF_INET, addr.s, ipv4) != 1)
		return false;
	*len = number;
	return true;
}

/**
 * text_to_iid - read the name of an interface-identifier layout
 * @text: the name
 * @iid: filled in
 */
bool text_to_iid(const char *text, enum mape_iid *iid)
{
	unsigned int i;

	for (i = 0; i <= MAPE_IID_MAX; i++) {
		if (!strcmp(text, iid_names[i])) {
			*iid = i;
			return true;
		}
	}
	return false;
}

/**
 * text_to_psid - read an explicit PSID
 * @text: PSID/LEN, the PSID right-justified
 * @psid: filled in
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *text_to_psid(const char *text, struct mape_psid *psid)
{
	unsigned int number, len = 0;
	struct text value;

	if (!strchr(text, '/') || !split_len(text, 16, &value, &len) ||
	    !text_to_number(value.s, 0xffff, &number))
		return "psid: expected PSID/LEN, LEN 0 to 16";
	if (number >> len)
		return "psid: does not fit its length";
	*psid = (struct mape_psid) { .psid = number, .len = len };
	return NULL;
}

/*
 * A rule's prefix is taken as it is: bits behind its length are an error that
 * mape_rule_check() names, not something to clear silently.
 */
static bool rule_prefix(const char *text, struct mape_rule *rule)
{
	unsigned int len = 128;
	struct text addr;

	if (!strchr(text, '/') || !split_len(text, 128, &addr, &len) ||
	    inet_pton(AF_INET6, addr.s, &rule->ipv6) != 1)
		return false;
	rule->ipv6_len = len;
	return true;
}

/**
 * text_to_rule - read a mapping rule
 * @text: V6PREFIX,V4PREFIX,EALEN[,OFFSET]
 * @default_offset: PSID offset if the text gives none
 * @rule: filled in; only its form is checked, see mape_rule_check()
 *
 * Return: NULL, or a sentence for the user that says what is wrong.
 */
const char *text_to_rule(const char *text, u8 default_offset,
			 struct mape_rule *rule)
{
	unsigned int ea_len, offset = default_offset, n = 0;
	char copy[160], *rest = copy, *field[5];

	if (strlen(text) >= sizeof(copy))
		return "rule: too long";
	strcpy(copy, text);
	while (rest && n < 5)
		field[n++] = strsep(&rest, ",");
	if (n < 3 || n > 4)
		return "rule: expected V6PREFIX,V4PREFIX,EALEN[,OFFSET]";
	memset(rule, 0, sizeof(*rule));
	if (!rule_prefix(field[0], rule))
		return "rule: not an IPv6 prefix before the first comma";
	if (!text_to_ipv4_prefix(field[1], &rule->ipv4, &rule->ipv4_len))
		return "rule: not an IPv4 prefix after the first comma";
	if (!text_to_number(field[2], 255, &ea_len))
		return "rule: EA length must be 0 to 48";
	if (n == 4 && !text_to_number(field[3], 255, &offset))
		return "rule: PSID offset must be 0 to 15";
	rule->ea_len = ea_len;
	rule->psid_offset = offset;
	return NULL;
}

/**
 * text_is_device_name - would the kernel take this as a device name?
 * @text: the name
 */
bool text_is_device_name(const char *text)
{
	size_t len = strlen(text);

	return len && len < IFNAMSIZ && text[0] != '-' &&
	       !strpbrk(text, "/: \t\n\v\f\r") && strcmp(text, ".") &&
	       strcmp(text, "..");
}

struct text text_ipv6(const struct in6_addr *addr)
{
	struct text text;

	inet_ntop(AF_INET6, addr, text.s, sizeof(text.s));
	return text;
}

struct text text_ipv6_prefix(const struct in6_addr *addr, u8 len)
{
	struct text text = text_ipv6(addr);
	size_t end = strlen(text.s);

	snprintf(text.s + end, sizeof(text.s) - end, "/%u", len);
	return text;
}

struct text text_ipv4(__be32 ipv4)
{
	struct text text;

	inet_ntop(AF_INET, &ipv4, text.s, sizeof(text.s));
	return text;
}

struct text text_ipv4_prefix(__be32 ipv4, u8 len)
{
	struct text text = text_ipv4(ipv4);
	size_t end = strlen(text.s);

	snprintf(text.s + end, sizeof(text.s) - end, "/%u", len);
	return text;
}

/**
 * text_rule - write a rule as `ip` and `--rule` take it
 * @rule: the rule
 */
struct text text_rule(const struct mape_rule *rule)
{
	struct text text = text_ipv6_prefix(&rule->ipv6, rule->ipv6_len);
	size_t end = strlen(text.s);

	snprintf(text.s + end, sizeof(text.s) - end, ",%.18s,%u,%u",
		 text_ipv4_prefix(rule->ipv4, rule->ipv4_len).s, rule->ea_len,
		 rule->psid_offset);
	return text;
}

/**
 * text_iid - name of an interface-identifier layout
 * @iid: the layout, possibly from a newer kernel
 */
const char *text_iid(enum mape_iid iid)
{
	return iid <= MAPE_IID_MAX ? iid_names[iid] : "unknown";
}
