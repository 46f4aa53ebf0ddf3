// SPDX-License-Identifier: GPL-2.0
/*
 * Command-line options: getopt_long() with our one-line errors.
 */
#include "error.h"
#include "options.h"
#include "text.h"

/**
 * option_next - the next option
 * @argc: number of arguments, from the command's name on
 * @argv: the arguments
 * @table: the command's options
 *
 * Return: the option, its argument in optarg; OPT_END; or OPT_ERROR, and the
 * user has been told.
 */
int option_next(int argc, char **argv, const struct option *table)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, ":", table, NULL);
	if (option == ':')
		fail(STATUS_USAGE, "%s: %s needs a value", argv[0],
		     argv[optind - 1]);
	else if (option == '?' && optopt >= OPT_RULE)
		fail(STATUS_USAGE, "%s: %s takes no value", argv[0],
		     argv[optind - 1]);
	else if (option == '?' && optopt)
		fail(STATUS_USAGE, "%s: unknown option -%c", argv[0], optopt);
	else if (option == '?')
		fail(STATUS_USAGE, "%s: unknown option %s", argv[0],
		     argv[optind - 1]);
	return option == ':' ? OPT_ERROR : option;
}

static int add_rule(const char *arg, bool fmr, struct line_request *request)
{
	if (request->n_rules == MAPE_RULES_MAX)
		return fail(STATUS_USAGE, "more than %u rules",
			    MAPE_RULES_MAX);
	request->fmr[request->n_rules] = fmr;
	request->rules[request->n_rules++] = arg;
	return STATUS_OK;
}

static int add_br(const char *arg, struct line_request *request)
{
	if (request->n_brs == MAPE_BRS_MAX)
		return fail(STATUS_USAGE, "more than %u border relays",
			    MAPE_BRS_MAX);
	if (inet_pton(AF_INET6, arg, &request->brs[request->n_brs++]) != 1)
		return fail(STATUS_USAGE, "--br %s: not an IPv6 address", arg);
	return STATUS_OK;
}

/**
 * option_of_line - take one of OPTIONS_OF_A_LINE, its value from optarg
 * @option: which
 * @request: where to
 *
 * Return: exit status.
 */
int option_of_line(int option, struct line_request *request)
{
	const char *why = NULL;

	switch (option) {
	case OPT_RULE:
	case OPT_FMR:
		return add_rule(optarg, option == OPT_FMR, request);
	case OPT_BR:
		return add_br(optarg, request);
	case OPT_IID:
		request->has_iid = true;
		if (!text_to_iid(optarg, &request->iid))
			why = "expected rfc7597 or draft03";
		break;
	case OPT_PSID:
		why = text_to_psid(optarg, &request->psid);
		break;
	case OPT_FILE:
		request->file = optarg;
		break;
	default: /* OPT_ERROR, and option_next() has said why */
		return STATUS_USAGE;
	}
	return why ? fail(STATUS_USAGE, "%s: %s", optarg, why) : STATUS_OK;
}

/**
 * option_device - take a device name
 * @arg: what the user gave
 * @name: set to it
 *
 * Return: exit status.
 */
int option_device(const char *arg, const char **name)
{
	if (!text_is_device_name(arg))
		return fail(STATUS_USAGE, "\"%s\" is not a device name", arg);
	*name = arg;
	return STATUS_OK;
}

/**
 * options_done - take what is left after the options
 * @argc: number of arguments
 * @argv: the arguments
 * @max: how many operands there may be, 0 or 1
 * @operand: set to the operand, NULL if there is none
 *
 * Return: exit status.
 */
int options_done(int argc, char **argv, int max, const char **operand)
{
	if (argc - optind > max)
		return fail(STATUS_USAGE, "%s: unexpected \"%s\"", argv[0],
			    argv[optind + max]);
	if (max)
		*operand = optind < argc ? argv[optind] : NULL;
	return STATUS_OK;
}
