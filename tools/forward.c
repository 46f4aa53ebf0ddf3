// SPDX-License-Identifier: GPL-2.0
/*
 * mape forward: ports that lead to an inner host for good.
 */
#include <string.h>

#include "commands.h"
#include "endpoint.h"
#include "error.h"
#include "natopt.h"

const char forward_usage[] =
	"Usage: mape forward [ list ] [ DEV ] [ --json ]\n"
	"       mape forward add [ --dev DEV ] PROTO { PORT | any } ADDR[:PORT] [ --json ]\n"
	"       mape forward del [ --dev DEV ] PROTO PORT\n"
	"\n"
	"List, add or remove forwards: PORT of the port set of DEV leads to ADDR. Without\n"
	"its own :PORT the port there is the same. `any` picks a free port.\n"
	"\n"
	"PROTO := { tcp | udp | icmp | udplite | sctp | dccp | NUMBER }\n";

enum { LIST, ADD, DEL };

static const char * const verbs[] = { "list", "add", "del", NULL };

static void print(const struct entry *entry, const struct link *link)
{
	printf("%-4s %s -> %s  sessions %u\n", protocol_text(entry->proto).s,
	       endpoint_text(entry->proto, link->line.ce.ipv4,
			     entry->ext_port).s,
	       endpoint_text(entry->proto, entry->inner, entry->inner_port).s,
	       entry->sessions);
}

static json_t *to_json(const struct entry *entry, const struct link *link)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:I}",
			 "proto", protocol_text(entry->proto).s,
			 "ext", text_ipv4(link->line.ce.ipv4).s,
			 "ext_port", ntohs(entry->ext_port),
			 "inner", text_ipv4(entry->inner).s,
			 "inner_port", ntohs(entry->inner_port),
			 "sessions", (json_int_t)entry->sessions);
}

static const struct output_format format = { print, to_json };

static int read_proto(const char *text, struct entry *forward)
{
	if (!protocol_parse(text, &forward->proto))
		return fail(STATUS_USAGE, "forward: unknown protocol \"%s\"",
			    text);
	forward->has |= ENTRY_BIT(MAPE_A_PROTO);
	return STATUS_OK;
}

static int read_port(const char *text, struct entry *forward)
{
	if (!port_parse(text, &forward->ext_port) || !forward->ext_port)
		return fail(STATUS_USAGE, "forward: \"%s\" is not a port",
			    text);
	forward->has |= ENTRY_BIT(MAPE_A_EXT_PORT);
	return STATUS_OK;
}

static int read_inner(const char *text, struct entry *forward)
{
	struct endpoint inner;

	if (!endpoint_parse(text, &inner) || (inner.has_port && !inner.port))
		return fail(STATUS_USAGE,
			    "forward: \"%s\" is not ADDR or ADDR:PORT", text);
	forward->inner = inner.addr;
	forward->inner_port = inner.has_port ? inner.port : forward->ext_port;
	if (!forward->inner_port)
		return fail(STATUS_USAGE,
			    "forward: which port of %s? Give %s:PORT", text,
			    text);
	forward->has |= ENTRY_BIT(MAPE_A_INNER) |
			ENTRY_BIT(MAPE_A_INNER_PORT);
	return STATUS_OK;
}

static int check_count(const struct natopt *opt, int wanted, const char *form)
{
	if (opt->n_args < wanted)
		return fail(STATUS_USAGE, "forward %s: expected %s",
			    verbs[opt->verb], form);
	if (opt->n_args > wanted)
		return fail(STATUS_USAGE,
			    "forward %s: unexpected \"%s\", expected [ --dev DEV ] %s",
			    verbs[opt->verb], opt->args[wanted], form);
	return STATUS_OK;
}

static int add(struct natopt *opt)
{
	struct output output = { .format = &format, .as_json = opt->json };
	struct genl_request request;
	struct link link;
	int status;

	status = check_count(opt, 3, "PROTO { PORT | any } ADDR[:PORT]");
	if (!status)
		status = read_proto(opt->args[0], &opt->filter);
	if (!status && strcmp(opt->args[1], "any"))
		status = read_port(opt->args[1], &opt->filter);
	if (!status)
		status = read_inner(opt->args[2], &opt->filter);
	if (!status)
		status = link_pick(opt->dev, &link);
	if (status)
		return status;
	output.link = &link;
	natopt_request(opt, &link, MAPE_CMD_NEW_FORWARD, &request);
	return output_ask(&output, &request);
}

static int del(struct natopt *opt)
{
	struct genl_request request;
	struct link link;
	int status;

	status = check_count(opt, 2, "PROTO PORT");
	if (!status)
		status = read_proto(opt->args[0], &opt->filter);
	if (!status)
		status = read_port(opt->args[1], &opt->filter);
	if (!status)
		status = link_pick(opt->dev, &link);
	if (status)
		return status;
	natopt_request(opt, &link, MAPE_CMD_DEL_FORWARD, &request);
	return genl_ask(&request, NULL, NULL);
}

int forward_main(int argc, char **argv)
{
	static const struct option table[] = { OPTIONS_OF_A_DEVICE, { } };
	struct natopt opt;
	int status;

	status = natopt_parse(argc, argv, table, verbs, &opt);
	if (status)
		return status;
	if (opt.verb == ADD)
		return add(&opt);
	if (opt.verb == DEL)
		return del(&opt);
	return natopt_list(argv[0], &opt, MAPE_CMD_GET_FORWARD, &format);
}
