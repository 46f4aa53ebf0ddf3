// SPDX-License-Identifier: GPL-2.0
/*
 * mape port: how much of the port set is in use.
 */
#include "commands.h"
#include "endpoint.h"
#include "natopt.h"

const char port_usage[] =
	"Usage: mape port [ DEV ] [ --json ]\n"
	"\n"
	"Print how the ports of DEV are used, a line for each protocol.\n";

static void print(const struct entry *entry, const struct link *link)
{
	(void)link;
	printf("%-4s total %u  free %u  shared %u  static %u  reserved %u  mappings %u\n",
	       protocol_text(entry->proto).s, entry->ports_total,
	       entry->ports_free, entry->ports_shared, entry->ports_static,
	       entry->ports_reserved, entry->mappings);
}

static json_t *to_json(const struct entry *entry, const struct link *link)
{
	(void)link;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "proto", protocol_text(entry->proto).s,
			 "total", (json_int_t)entry->ports_total,
			 "free", (json_int_t)entry->ports_free,
			 "shared", (json_int_t)entry->ports_shared,
			 "static", (json_int_t)entry->ports_static,
			 "reserved", (json_int_t)entry->ports_reserved,
			 "mappings", (json_int_t)entry->mappings);
}

static const struct output_format format = { print, to_json };

int port_main(int argc, char **argv)
{
	static const struct option table[] = { OPTIONS_OF_A_DEVICE, { } };
	struct natopt opt;
	int status;

	status = natopt_parse(argc, argv, table, NULL, &opt);
	return status ? status : natopt_list(argv[0], &opt,
					     MAPE_CMD_GET_PORTS, &format);
}
