// SPDX-License-Identifier: GPL-2.0
/*
 * mape rule: the mapping rules of a device. `ip` sends them too, but about 28
 * fill its buffer.
 */
#include <string.h>

#include "commands.h"
#include "error.h"
#include "natopt.h"
#include "text.h"

const char rule_usage[] =
	"Usage: mape rule [ list ] [ DEV ] [ --json ]\n"
	"       mape rule add [ --dev DEV ] RULE [ --fmr ]\n"
	"       mape rule del [ --dev DEV ] RULE\n"
	"       mape rule replace [ --dev DEV ] RULE...\n"
	"\n"
	"List, add, remove or replace the mapping rules of DEV. What `list` prints, the\n"
	"others take. A forwarding rule has --fmr, or \"fmr:\" before it; to remove one,\n"
	"V6PREFIX,V4PREFIX will do.\n"
	"\n"
	"RULE := [fmr:]V6PREFIX,V4PREFIX,EALEN[,OFFSET]\n";

#define FMR_MARK	"fmr:"

enum { LIST, ADD, DEL, REPLACE };

static const char * const verbs[] = { "list", "add", "del", "replace", NULL };

static void print(const struct entry *entry, const struct link *link)
{
	(void)link;
	printf("%s%s\n", entry->rule.flags & MAPE_RULE_F_FMR ? FMR_MARK : "",
	       text_rule(&entry->rule).s);
}

static json_t *to_json(const struct entry *entry, const struct link *link)
{
	json_t *json = line_rule_json(&entry->rule);

	(void)link;
	json_object_set_new(json, "psid_offset",
			    json_integer(entry->rule.psid_offset));
	return json;
}

static const struct output_format format = { print, to_json };

/* Two prefixes are enough to find a rule: give them the rest of one. */
static const char *complete(const char *text, const struct natopt *opt,
			    struct text *whole)
{
	const char *comma = strchr(text, ',');

	if (opt->verb != DEL || !comma || strchr(comma + 1, ',') ||
	    snprintf(whole->s, sizeof(whole->s), "%s,0", text) >=
	    (int)sizeof(whole->s))
		return text;
	return whole->s;
}

static int read_rule(const char *text, u8 offset, const struct natopt *opt,
		     struct mape_rule *rule)
{
	bool marked = !strncmp(text, FMR_MARK, strlen(FMR_MARK));
	struct text whole;
	const char *why;

	why = text_to_rule(complete(marked ? text + strlen(FMR_MARK) : text,
				    opt, &whole), offset, rule);
	if (!why && (marked || opt->fmr))
		rule->flags |= MAPE_RULE_F_FMR;
	if (!why)
		why = mape_rule_check(rule);
	return why ? fail(STATUS_USAGE, "%s: %s", text, why) : STATUS_OK;
}

static int read_rules(const struct natopt *opt, u8 offset,
		      struct mape_rule *rules)
{
	int status = STATUS_OK, i;

	for (i = 0; !status && i < opt->n_args; i++)
		status = read_rule(opt->args[i], offset, opt, &rules[i]);
	return status;
}

static int check_args(const struct natopt *opt)
{
	const char *verb = verbs[opt->verb];

	if (!opt->n_args)
		return fail(STATUS_USAGE,
			    "rule %s: expected V6PREFIX,V4PREFIX,EALEN[,OFFSET]",
			    verb);
	if (opt->n_args > 1 && opt->verb != REPLACE)
		return fail(STATUS_USAGE,
			    "rule %s: unexpected \"%s\", expected [ --dev DEV ] RULE",
			    verb, opt->args[1]);
	if (opt->n_args > MAPE_RULES_MAX)
		return fail(STATUS_USAGE, "rule %s: more than %u rules", verb,
			    MAPE_RULES_MAX);
	return STATUS_OK;
}

static void put_rules(const struct mape_rule *rules, int n,
		      struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MAPE_A_RULES);

	while (n--)
		mnl_attr_put(nlh, MAPE_A_RULE, sizeof(*rules), rules++);
	mnl_attr_nest_end(nlh, nest);
}

static int change(struct natopt *opt)
{
	static const enum mape_cmd cmds[] = {
		[ADD] = MAPE_CMD_NEW_RULE, [DEL] = MAPE_CMD_DEL_RULE,
		[REPLACE] = MAPE_CMD_SET_RULES,
	};
	struct mape_rule rules[MAPE_RULES_MAX];
	struct genl_request request;
	struct link link;
	int status;

	/* Can they be read? What offset they mean depends on the device. */
	status = check_args(opt);
	if (!status)
		status = read_rules(opt, 0, rules);
	if (!status)
		status = link_pick(opt->dev, &link);
	if (!status)
		status = read_rules(opt, line_default_offset(link.line.config.iid),
				    rules);
	if (status)
		return status;
	if (opt->verb != REPLACE) {
		opt->filter.rule = rules[0];
		opt->filter.has |= ENTRY_BIT(MAPE_A_RULE);
	}
	natopt_request(opt, &link, cmds[opt->verb], &request);
	if (opt->verb == REPLACE)
		put_rules(rules, opt->n_args, request.nlh);
	return genl_ask(&request, NULL, NULL);
}

int rule_main(int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_OF_A_DEVICE,
		{ "fmr", no_argument, NULL, OPT_FMR },
		{ }
	};
	struct natopt opt;
	int status;

	status = natopt_parse(argc, argv, table, verbs, &opt);
	if (status)
		return status;
	if (opt.fmr && opt.verb != ADD)
		return fail(STATUS_USAGE, "rule %s: --fmr is for add",
			    verbs[opt.verb]);
	if (opt.verb != LIST)
		return change(&opt);
	return natopt_list(argv[0], &opt, MAPE_CMD_GET_RULE, &format);
}
