// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the generic netlink family "mape", decoded and encoded by one
 * table.
 *
 * An attribute of a size we do not expect is passed over, as an unknown one
 * is: the tool then shows less, whatever module it meets.
 */
#include <string.h>

#include <linux/genetlink.h>

#include "entry.h"
#include "netlink.h"

#define FIELD(member) \
	{ offsetof(struct entry, member), sizeof(((struct entry *)0)->member) }

static const struct {
	u16 at;
	u16 size;
} fields[MAPE_A_MAX + 1] = {
	[MAPE_A_IFINDEX] = FIELD(ifindex),
	[MAPE_A_PROTO] = FIELD(proto),
	[MAPE_A_INNER] = FIELD(inner),
	[MAPE_A_INNER_PORT] = FIELD(inner_port),
	[MAPE_A_EXT_PORT] = FIELD(ext_port),
	[MAPE_A_REMOTE] = FIELD(remote),
	[MAPE_A_REMOTE_PORT] = FIELD(remote_port),
	[MAPE_A_STATE] = FIELD(state),
	[MAPE_A_EXPIRES] = FIELD(expires),
	[MAPE_A_FLAGS] = FIELD(flags),
	[MAPE_A_SESSIONS] = FIELD(sessions),
	[MAPE_A_SESSIONS_MAX] = FIELD(sessions_max),
	[MAPE_A_SESSIONS_PER_HOST] = FIELD(sessions_per_host),
	[MAPE_A_MAPPINGS] = FIELD(mappings),
	[MAPE_A_PORTS_TOTAL] = FIELD(ports_total),
	[MAPE_A_PORTS_FREE] = FIELD(ports_free),
	[MAPE_A_PORTS_SHARED] = FIELD(ports_shared),
	[MAPE_A_PORTS_STATIC] = FIELD(ports_static),
	[MAPE_A_PORTS_RESERVED] = FIELD(ports_reserved),
	[MAPE_A_RULE] = FIELD(rule),
	[MAPE_A_IPV4] = FIELD(ipv4),
	[MAPE_A_IPV4_LEN] = FIELD(ipv4_len),
	[MAPE_A_PSID] = FIELD(psid),
	[MAPE_A_CE_ADDR] = FIELD(ce_addr),
};

/**
 * entry_decode - decode one message
 * @nlh: the message
 * @entry: filled in
 *
 * Return: false if it is no message of the family.
 */
bool entry_decode(const struct nlmsghdr *nlh, struct entry *entry)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	u16 type;

	memset(entry, 0, sizeof(*entry));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return false;
	entry->cmd = genl->cmd;
	mnl_attr_for_each(attr, nlh, sizeof(*genl)) {
		type = mnl_attr_get_type(attr);
		if (type == MAPE_A_STATS)
			entry->stats = attr;
		if (type <= MAPE_A_MAX && fields[type].size &&
		    netlink_take(attr, (char *)entry + fields[type].at,
				 fields[type].size))
			entry->has |= ENTRY_BIT(type);
	}
	return true;
}

/**
 * entry_encode - add what an entry has to a message
 * @entry: the entry
 * @nlh: the message
 */
void entry_encode(const struct entry *entry, struct nlmsghdr *nlh)
{
	unsigned int type;

	for (type = 0; type <= MAPE_A_MAX; type++) {
		if (fields[type].size && entry->has & ENTRY_BIT(type))
			mnl_attr_put(nlh, type, fields[type].size,
				     (const char *)entry + fields[type].at);
	}
}

/**
 * entry_state - the state of a session in a word
 * @entry: the session, possibly of a newer kernel
 */
const char *entry_state(const struct entry *entry)
{
	static const char * const names[] = {
		[MAPE_NEW] = "new",
		[MAPE_ANSWERED] = "answered",
		[MAPE_CLOSING] = "closing",
		[MAPE_TCP_INIT_OUT] = "syn-out",
		[MAPE_TCP_INIT_IN] = "syn-in",
		[MAPE_TCP_ESTABLISHED] = "established",
		[MAPE_TCP_FIN_OUT] = "fin-out",
		[MAPE_TCP_FIN_IN] = "fin-in",
		[MAPE_TCP_FIN_BOTH] = "fin-both",
		[MAPE_TCP_TRANS] = "transitory",
		[MAPE_NEW_IN] = "new-in",
	};

	return entry->state < sizeof(names) / sizeof(names[0]) ?
	       names[entry->state] : "unknown";
}
