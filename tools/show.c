// SPDX-License-Identifier: GPL-2.0
/*
 * mape show: what the kernel says of its mape devices.
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "error.h"
#include "link.h"
#include "options.h"
#include "output.h"
#include "text.h"

const char show_usage[] =
	"Usage: mape show [ DEV ] [ --json ]\n"
	"\n"
	"Print configuration, derived values, sessions in use and packet counts of DEV,\n"
	"or of all devices of type mape.\n";

/* The name of the WAN interface, "" if it is gone or in another namespace. */
static const char *wan_name(const struct link *link, char name[IFNAMSIZ])
{
	unsigned int ifindex = link->line.config.link;

	return ifindex && if_indextoname(ifindex, name) ? name : "";
}

static void print_link(const struct link *link)
{
	const struct line_config *config = &link->line.config;
	const struct rtnl_link_stats64 *stats = &link->stats;
	char name[IFNAMSIZ];
	unsigned int i;

	printf("%s: %s, MTU %u", link->name,
	       link->flags & IFF_UP ? "up" : "down", link->mtu);
	if (*wan_name(link, name))
		printf(", WAN %s", name);
	putchar('\n');
	line_print(stdout, &link->line, "    ");
	for (i = 0; config->n_rules > 1 && i < config->n_rules; i++)
		printf("    Configured %s: %s\n",
		       config->rules[i].flags & MAPE_RULE_F_FMR ? "FMR" : "Rule",
		       text_rule(&config->rules[i]).s);
	printf("    Sessions: %u\n", link->sessions);
	printf("    Received: %llu packets, %llu dropped, %llu errors\n",
	       stats->rx_packets, stats->rx_dropped, stats->rx_errors);
	printf("    Sent: %llu packets, %llu dropped, %llu errors\n",
	       stats->tx_packets, stats->tx_dropped, stats->tx_errors);
}

static json_t *rules_json(const struct line_config *config)
{
	json_t *rules = json_array();
	unsigned int i;

	for (i = 0; i < config->n_rules; i++)
		json_array_append_new(rules, line_rule_json(&config->rules[i]));
	return rules;
}

static json_t *link_json(const struct link *link)
{
	const struct mape_prefix *prefix = &link->line.config.prefix;
	const struct rtnl_link_stats64 *stats = &link->stats;
	json_t *json, *more;
	char name[IFNAMSIZ];

	json = json_pack("{s:s, s:b, s:i, s:s, s:s}",
			 "ifname", link->name, "up", !!(link->flags & IFF_UP),
			 "mtu", link->mtu, "dev", wan_name(link, name),
			 "prefix", text_ipv6_prefix(&prefix->addr, prefix->len).s);
	more = line_json(&link->line);
	json_object_update(json, more);
	json_decref(more);
	more = json_pack("{s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "rules", rules_json(&link->line.config),
			 "sessions", link->sessions,
			 "rx_packets", stats->rx_packets,
			 "rx_dropped", stats->rx_dropped,
			 "rx_errors", stats->rx_errors,
			 "tx_packets", stats->tx_packets,
			 "tx_dropped", stats->tx_dropped,
			 "tx_errors", stats->tx_errors);
	json_object_update(json, more);
	json_decref(more);
	return json;
}

static void show_all(const struct link *links, unsigned int n, bool as_json)
{
	json_t *json;

	if (!as_json) {
		while (n--)
			print_link(links++);
		return;
	}
	json = json_array();
	while (n--)
		json_array_append_new(json, link_json(links++));
	output_json(json);
}

static int show_one(const char *name, bool as_json)
{
	struct link link;
	int status;

	status = link_get_mape(name, &link);
	if (!status)
		show_all(&link, 1, as_json);
	return status;
}

int show_main(int argc, char **argv)
{
	static const struct option table[] = {
		{ "json", no_argument, NULL, OPT_JSON },
		{ }
	};
	struct link_list list;
	const char *operand;
	bool json = false;
	int option, status;

	while ((option = option_next(argc, argv, table)) != OPT_END) {
		if (option == OPT_ERROR)
			return STATUS_USAGE;
		json = true;
	}
	status = options_done(argc, argv, 1, &operand);
	if (!status && operand)
		status = option_device(operand, &operand);
	if (status)
		return status;
	if (operand)
		return show_one(operand, json);
	if (link_list_get(&list))
		status = fail(STATUS_KERNEL, "cannot list devices: %s",
			      strerror(errno));
	else
		show_all(list.items, list.n, json);
	link_list_free(&list);
	return status;
}
