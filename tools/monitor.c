// SPDX-License-Identifier: GPL-2.0
/*
 * mape monitor: what happens to the devices, as it happens.
 */
#include "commands.h"
#include "endpoint.h"
#include "natopt.h"

const char monitor_usage[] =
	"Usage: mape monitor [ DEV ] [ --json ]\n"
	"\n"
	"Print events of DEV, or of all devices of type mape, a line each, until\n"
	"interrupted: ports exhausted towards a peer, a new IPv4 address or port set.\n";

struct monitor {
	unsigned int ifindex;
	bool as_json;
};

/* It may have gone since. */
static struct text device_name(const struct entry *entry)
{
	char name[IFNAMSIZ];
	struct text text;

	if (if_indextoname(entry->ifindex, name))
		snprintf(text.s, sizeof(text.s), "%s", name);
	else
		snprintf(text.s, sizeof(text.s), "if%u", entry->ifindex);
	return text;
}

static struct text address_text(const struct entry *entry)
{
	if (entry->ipv4_len < 32)
		return text_ipv4_prefix(entry->ipv4, entry->ipv4_len);
	return text_ipv4(entry->ipv4);
}

static struct text psid_text(const struct mape_psid *psid)
{
	struct text text = { "none" };

	if (psid->len)
		snprintf(text.s, sizeof(text.s), "%u/%u", psid->psid,
			 psid->len);
	return text;
}

static void print(const struct entry *entry)
{
	if (entry->cmd == MAPE_CMD_EVENT_EXHAUSTED)
		printf("%s: exhausted: no port left for %s to %s\n",
		       device_name(entry).s, protocol_text(entry->proto).s,
		       remote_text(entry->proto, entry->remote,
				   entry->remote_port).s);
	else
		printf("%s: address: %s psid %s ce %s\n",
		       device_name(entry).s, address_text(entry).s,
		       psid_text(&entry->psid).s, text_ipv6(&entry->ce_addr).s);
}

static json_t *to_json(const struct entry *entry)
{
	if (entry->cmd == MAPE_CMD_EVENT_EXHAUSTED)
		return json_pack("{s:s, s:s, s:s, s:s, s:i}",
				 "event", "exhausted",
				 "ifname", device_name(entry).s,
				 "proto", protocol_text(entry->proto).s,
				 "remote", text_ipv4(entry->remote).s,
				 "remote_port", ntohs(entry->remote_port));
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s}",
			 "event", "address",
			 "ifname", device_name(entry).s,
			 "ipv4", text_ipv4(entry->ipv4).s,
			 "ipv4_prefix_len", entry->ipv4_len,
			 "psid", entry->psid.psid, "psid_len", entry->psid.len,
			 "ce_ipv6", text_ipv6(&entry->ce_addr).s);
}

static int take_event(const struct nlmsghdr *nlh, void *data)
{
	const struct monitor *monitor = data;
	struct entry entry;

	if (!entry_decode(nlh, &entry) ||
	    (entry.cmd != MAPE_CMD_EVENT_EXHAUSTED &&
	     entry.cmd != MAPE_CMD_EVENT_ADDRESS))
		return MNL_CB_OK;
	if (monitor->ifindex && monitor->ifindex != entry.ifindex)
		return MNL_CB_OK;
	if (monitor->as_json)
		output_json(to_json(&entry));
	else
		print(&entry);
	/* Nobody can read it any more; main() says so. */
	return fflush(stdout) ? MNL_CB_STOP : MNL_CB_OK;
}

int monitor_main(int argc, char **argv)
{
	static const struct option table[] = { OPTIONS_OF_A_DEVICE, { } };
	struct monitor monitor = { };
	struct natopt opt;
	struct link link;
	int status;

	status = natopt_parse(argc, argv, table, NULL, &opt);
	if (!status)
		status = natopt_dev(argv[0], &opt);
	if (!status && opt.dev)
		status = link_get_mape(opt.dev, &link);
	if (status)
		return status;
	if (opt.dev)
		monitor.ifindex = link.ifindex;
	monitor.as_json = opt.json;
	return genl_listen(take_event, &monitor);
}
