// SPDX-License-Identifier: GPL-2.0
/*
 * mape session: the NAT's sessions, listed and removed.
 */
#include "commands.h"
#include "endpoint.h"
#include "error.h"
#include "natopt.h"

const char session_usage[] =
	"Usage: mape session [ list ] [ DEV ] [ FILTER ] [ --json ]\n"
	"       mape session flush [ DEV ] [ FILTER ] [ --json ]\n"
	"\n"
	"List the NAT sessions of DEV, or remove them: those that match all of FILTER.\n"
	"\n"
	"FILTER := [ --proto { tcp | udp | icmp | udplite | sctp | dccp | NUMBER } ]\n"
	"          [ --inner ADDR[:PORT] ] [ --ext PORT ] [ --remote ADDR[:PORT] ]\n";

enum { LIST, FLUSH };

static const char * const verbs[] = { "list", "flush", NULL };

static void print(const struct entry *entry, const struct link *link)
{
	printf("%-4s %s -> %s -> %s  %s  %us%s%s%s\n",
	       protocol_text(entry->proto).s,
	       endpoint_text(entry->proto, entry->inner, entry->inner_port).s,
	       endpoint_text(entry->proto, link->line.ce.ipv4,
			     entry->ext_port).s,
	       remote_text(entry->proto, entry->remote, entry->remote_port).s,
	       entry_state(entry), entry->expires,
	       entry->flags & MAPE_FLAG_UNCONFIRMED ? "  [unconfirmed]" : "",
	       entry->flags & MAPE_FLAG_EIM_BREAK ? "  [eim-break]" : "",
	       entry->flags & MAPE_FLAG_STATIC ? "  [static]" : "");
}

static json_t *to_json(const struct entry *entry, const struct link *link)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:s, s:i, s:s, s:I, s:b, s:b, s:b}",
			 "proto", protocol_text(entry->proto).s,
			 "inner", text_ipv4(entry->inner).s,
			 "inner_port", ntohs(entry->inner_port),
			 "ext", text_ipv4(link->line.ce.ipv4).s,
			 "ext_port", ntohs(entry->ext_port),
			 "remote", text_ipv4(entry->remote).s,
			 "remote_port", ntohs(entry->remote_port),
			 "state", entry_state(entry),
			 "expires", (json_int_t)entry->expires,
			 "unconfirmed", !!(entry->flags & MAPE_FLAG_UNCONFIRMED),
			 "eim_break", !!(entry->flags & MAPE_FLAG_EIM_BREAK),
			 "static", !!(entry->flags & MAPE_FLAG_STATIC));
}

static const struct output_format format = { print, to_json };

static int take_answer(const struct nlmsghdr *nlh, void *data)
{
	entry_decode(nlh, data);
	return MNL_CB_OK;
}

static int flush(const char *command, struct natopt *opt)
{
	struct genl_request request;
	struct entry answer = { };
	struct link link;
	int status;

	status = natopt_link(command, opt, &link);
	if (status)
		return status;
	natopt_request(opt, &link, MAPE_CMD_DEL_SESSION, &request);
	status = genl_ask(&request, take_answer, &answer);
	if (status)
		return status;
	if (opt->json)
		output_json(json_pack("{s:I}", "removed",
				      (json_int_t)answer.sessions));
	else
		printf("Removed %u sessions.\n", answer.sessions);
	return STATUS_OK;
}

int session_main(int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_OF_A_DEVICE,
		OPTIONS_OF_A_FILTER,
		{ "remote", required_argument, NULL, OPT_REMOTE },
		{ }
	};
	struct natopt opt;
	int status;

	status = natopt_parse(argc, argv, table, verbs, &opt);
	if (status)
		return status;
	if (opt.verb == FLUSH)
		return flush(argv[0], &opt);
	return natopt_list(argv[0], &opt, MAPE_CMD_GET_SESSION, &format);
}
