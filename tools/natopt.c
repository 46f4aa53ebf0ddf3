// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of what looks into a device.
 */
#include <string.h>

#include "endpoint.h"
#include "error.h"
#include "natopt.h"

static int take_inner(struct entry *filter)
{
	struct endpoint inner;

	if (!endpoint_parse(optarg, &inner))
		return fail(STATUS_USAGE,
			    "--inner: \"%s\" is not ADDR or ADDR:PORT", optarg);
	filter->inner = inner.addr;
	filter->inner_port = inner.port;
	filter->has |= ENTRY_BIT(MAPE_A_INNER);
	if (inner.has_port)
		filter->has |= ENTRY_BIT(MAPE_A_INNER_PORT);
	return STATUS_OK;
}

static int take_remote(struct entry *filter)
{
	struct endpoint remote;

	if (!endpoint_parse(optarg, &remote))
		return fail(STATUS_USAGE,
			    "--remote: \"%s\" is not ADDR or ADDR:PORT",
			    optarg);
	filter->remote = remote.addr;
	filter->remote_port = remote.port;
	filter->has |= ENTRY_BIT(MAPE_A_REMOTE);
	if (remote.has_port)
		filter->has |= ENTRY_BIT(MAPE_A_REMOTE_PORT);
	return STATUS_OK;
}

static int take_option(int option, struct natopt *opt)
{
	struct entry *filter = &opt->filter;

	switch (option) {
	case OPT_DEV:
		return option_device(optarg, &opt->dev);
	case OPT_JSON:
		opt->json = true;
		return STATUS_OK;
	case OPT_FMR:
		opt->fmr = true;
		return STATUS_OK;
	case OPT_PROTO:
		if (!protocol_parse(optarg, &filter->proto))
			return fail(STATUS_USAGE,
				    "--proto: unknown protocol \"%s\"", optarg);
		filter->has |= ENTRY_BIT(MAPE_A_PROTO);
		return STATUS_OK;
	case OPT_INNER:
		return take_inner(filter);
	case OPT_EXT:
		if (!port_parse(optarg, &filter->ext_port))
			return fail(STATUS_USAGE, "--ext: \"%s\" is not a port",
				    optarg);
		filter->has |= ENTRY_BIT(MAPE_A_EXT_PORT);
		return STATUS_OK;
	case OPT_REMOTE:
		return take_remote(filter);
	}
	return STATUS_USAGE; /* OPT_ERROR, and option_next() has said why */
}

static int find_verb(const char *word, const char * const *verbs)
{
	int i;

	for (i = 0; verbs && verbs[i]; i++) {
		if (!strcmp(word, verbs[i]))
			return i;
	}
	return -1;
}

/**
 * natopt_parse - take options and verb
 * @argc: number of arguments, from the command's name on
 * @argv: the arguments
 * @table: the command's options
 * @verbs: the command's verbs, the last one NULL. The first is what is meant
 *	if there is none. NULL: it has no verbs
 * @opt: filled in
 *
 * Return: exit status.
 */
int natopt_parse(int argc, char **argv, const struct option *table,
		 const char * const *verbs, struct natopt *opt)
{
	int option, status, verb;

	memset(opt, 0, sizeof(*opt));
	while ((option = option_next(argc, argv, table)) != OPT_END) {
		status = take_option(option, opt);
		if (status)
			return status;
	}
	opt->args = argv + optind;
	opt->n_args = argc - optind;
	verb = opt->n_args ? find_verb(opt->args[0], verbs) : -1;
	if (verb < 0)
		return STATUS_OK;
	opt->verb = verb;
	opt->args++;
	opt->n_args--;
	return STATUS_OK;
}

/**
 * natopt_dev - take the operand DEV, of a verb that has no other
 * @command: the command's name
 * @opt: the command line, gets @dev
 *
 * Return: exit status.
 */
int natopt_dev(const char *command, struct natopt *opt)
{
	if (opt->n_args > 1)
		return fail(STATUS_USAGE, "%s: unexpected \"%s\"", command,
			    opt->args[1]);
	if (!opt->n_args)
		return STATUS_OK;
	if (opt->dev)
		return fail(STATUS_USAGE, "%s: a device twice: %s and %s",
			    command, opt->dev, opt->args[0]);
	return option_device(opt->args[0], &opt->dev);
}

/**
 * natopt_link - find the device, of a verb that has no operand but DEV
 * @command: the command's name
 * @opt: the command line
 * @link: filled in
 *
 * Return: exit status.
 */
int natopt_link(const char *command, struct natopt *opt, struct link *link)
{
	int status;

	status = natopt_dev(command, opt);
	return status ? status : link_pick(opt->dev, link);
}

/**
 * natopt_request - begin a request for what the filter lets through
 * @opt: the command line
 * @link: the device
 * @cmd: what to ask for
 * @request: filled in
 */
void natopt_request(const struct natopt *opt, const struct link *link,
		    enum mape_cmd cmd, struct genl_request *request)
{
	struct entry filter = opt->filter;

	filter.ifindex = link->ifindex;
	filter.has |= ENTRY_BIT(MAPE_A_IFINDEX);
	genl_start(request, cmd);
	entry_encode(&filter, request->nlh);
}

/**
 * natopt_list - do what a verb does that only lists
 * @command: the command's name
 * @opt: the command line
 * @cmd: the request that is answered by the list
 * @format: how its entries look
 *
 * Return: exit status.
 */
int natopt_list(const char *command, struct natopt *opt, enum mape_cmd cmd,
		const struct output_format *format)
{
	struct output output = { .format = format, .as_json = opt->json };
	struct genl_request request;
	struct link link;
	int status;

	status = natopt_link(command, opt, &link);
	if (status)
		return status;
	output.link = &link;
	natopt_request(opt, &link, cmd, &request);
	return output_dump(&output, &request);
}
