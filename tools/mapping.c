// SPDX-License-Identifier: GPL-2.0
/*
 * mape mapping: which inner endpoint has which port outside.
 */
#include "commands.h"
#include "endpoint.h"
#include "natopt.h"

const char mapping_usage[] =
	"Usage: mape mapping [ list ] [ DEV ] [ FILTER ] [ --json ]\n"
	"\n"
	"List which port outside each inner endpoint has: those that match all of FILTER.\n"
	"\n"
	"FILTER := [ --proto { tcp | udp | icmp | udplite | sctp | dccp | NUMBER } ]\n"
	"          [ --inner ADDR[:PORT] ] [ --ext PORT ]\n";

static const char * const verbs[] = { "list", NULL };

/* That of a forward stays. */
static bool expires(const struct entry *entry)
{
	return entry->has & ENTRY_BIT(MAPE_A_EXPIRES);
}

static void print(const struct entry *entry, const struct link *link)
{
	printf("%-4s %s -> %s  sessions %u", protocol_text(entry->proto).s,
	       endpoint_text(entry->proto, entry->inner, entry->inner_port).s,
	       endpoint_text(entry->proto, link->line.ce.ipv4,
			     entry->ext_port).s,
	       entry->sessions);
	if (expires(entry))
		printf("  %us", entry->expires);
	puts(entry->flags & MAPE_FLAG_STATIC ? "  [static]" : "");
}

static json_t *to_json(const struct entry *entry, const struct link *link)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:I, s:o, s:b}",
			 "proto", protocol_text(entry->proto).s,
			 "inner", text_ipv4(entry->inner).s,
			 "inner_port", ntohs(entry->inner_port),
			 "ext", text_ipv4(link->line.ce.ipv4).s,
			 "ext_port", ntohs(entry->ext_port),
			 "sessions", (json_int_t)entry->sessions,
			 "expires", expires(entry) ?
				json_integer(entry->expires) : json_null(),
			 "static", !!(entry->flags & MAPE_FLAG_STATIC));
}

static const struct output_format format = { print, to_json };

int mapping_main(int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_OF_A_DEVICE,
		OPTIONS_OF_A_FILTER,
		{ }
	};
	struct natopt opt;
	int status;

	status = natopt_parse(argc, argv, table, verbs, &opt);
	return status ? status : natopt_list(argv[0], &opt,
					     MAPE_CMD_GET_MAPPING, &format);
}
