// SPDX-License-Identifier: GPL-2.0
/*
 * From a prefix to a line: find its rule and let the module's own arithmetic
 * (kernel/rule.c, kernel/portset.c) work it out.
 */
#include <string.h>

#include "error.h"
#include "line.h"
#include "text.h"

static int read_rules(const struct line_request *request,
		      struct line_config *config)
{
	u8 offset = line_default_offset(request->iid);
	struct mape_rule *rule = config->rules;
	const char *why;
	unsigned int i;

	for (i = 0; i < request->n_rules; i++, rule++) {
		why = text_to_rule(request->rules[i], offset, rule);
		if (!why)
			why = mape_rule_check(rule);
		if (why)
			return fail(STATUS_USAGE, "%s: %s", request->rules[i],
				    why);
		if (request->fmr[i])
			rule->flags |= MAPE_RULE_F_FMR;
	}
	config->n_rules = request->n_rules;
	why = mape_rules_check(config->rules, config->n_rules);
	return why ? fail(STATUS_USAGE, "%s", why) : STATUS_OK;
}

/* Of several prefixes the one with the longest match; the first of equals. */
static const struct mape_rule *best_rule(const struct mape_rule *rules,
					 unsigned int n_rules,
					 const struct mape_prefix *prefixes,
					 unsigned int n,
					 struct mape_prefix *chosen)
{
	const struct mape_rule *best = NULL, *rule;

	*chosen = prefixes[0];
	for (; n--; prefixes++) {
		rule = mape_rule_bmr(rules, n_rules, prefixes);
		if (!rule || (best && best->ipv6_len >= rule->ipv6_len))
			continue;
		best = rule;
		*chosen = *prefixes;
	}
	return best;
}

/* Would a longer prefix match? Ask it the other way round. */
static bool is_short_of(const struct mape_rule *rules, unsigned int n,
			const struct mape_prefix *prefix)
{
	struct mape_rule wide = {
		.ipv6 = prefix->addr, .ipv6_len = prefix->len,
	};

	for (; n--; rules++) {
		struct mape_prefix narrow = {
			.addr = rules->ipv6, .len = rules->ipv6_len,
		};

		if (mape_rule_bmr(&wide, 1, &narrow))
			return true;
	}
	return false;
}

static int no_rule(const struct mape_rule *rules, unsigned int n,
		   const struct mape_prefix *prefix,
		   const struct line_origin *origin)
{
	struct text text = text_ipv6_prefix(&prefix->addr, prefix->len);

	if (is_short_of(rules, n, prefix))
		return fail(STATUS_USAGE,
			    "%s: prefix is shorter than the rule's IPv6 prefix and EA bits",
			    text.s);
	if (!origin->book.json)
		return fail(STATUS_USAGE,
			    "%s is outside the IPv6 prefix of the rule", text.s);
	return fail(STATUS_USAGE,
		    "no rule for %s in %s: the line may be DS-Lite or another service; if its MAP-E rule is known, give it with --rule",
		    text.s, origin->source);
}

static void take_from_file(const struct mape_rule *rule,
			   const struct line_request *request,
			   struct line_config *config,
			   struct line_origin *origin)
{
	origin->info = &origin->book.infos[rule - origin->book.rules];
	config->rules[0] = *rule;
	config->n_rules = 1;
	if (!request->has_iid)
		config->iid = origin->info->iid;
	if (!config->n_brs) {
		config->n_brs = origin->info->n_brs;
		memcpy(config->brs, origin->info->brs, sizeof(config->brs));
	}
}

static int derive(struct line *line)
{
	const struct line_config *config = &line->config;
	struct mape_portset set;
	const char *why;
	unsigned int i;

	why = mape_rule_derive(&line->bmr, &config->prefix, &config->psid,
			       config->iid, &line->ce);
	if (why)
		return fail(STATUS_USAGE, "%s with rule %s: %s",
			    text_ipv6_prefix(&config->prefix.addr,
					     config->prefix.len).s,
			    text_rule(&line->bmr).s, why);
	for (i = 0; i < config->n_brs; i++) {
		if (!memcmp(&config->brs[i], &line->ce.addr,
			    sizeof(line->ce.addr)))
			return fail(STATUS_USAGE,
				    "border relay %s is this line's own CE address",
				    text_ipv6(&config->brs[i]).s);
	}
	mape_portset_init(&set, line->ce.psid_offset, line->ce.psid_len,
			  line->ce.psid);
	mape_portset_ranges(&set, &line->ports);
	return STATUS_OK;
}

/**
 * line_find - find the rule of a prefix and compute the line
 * @request: what the user said of it
 * @prefixes: candidates for the end-user prefix; the longest match decides
 * @n: how many, at least one
 * @line: filled in
 * @origin: filled in; line_origin_free() it, also after an error
 *
 * Return: exit status.
 */
int line_find(const struct line_request *request,
	      const struct mape_prefix *prefixes, unsigned int n,
	      struct line *line, struct line_origin *origin)
{
	struct line_config *config = &line->config;
	const struct mape_rule *rules, *rule;
	unsigned int n_rules;
	int status;

	memset(line, 0, sizeof(*line));
	memset(origin, 0, sizeof(*origin));
	config->psid = request->psid;
	config->iid = request->iid;
	config->n_brs = request->n_brs;
	memcpy(config->brs, request->brs, sizeof(config->brs));
	if (request->n_rules) {
		status = read_rules(request, config);
		origin->source = "command line";
		rules = config->rules;
		n_rules = config->n_rules;
	} else {
		status = rules_load(request->file, &origin->book);
		origin->source = origin->book.path;
		rules = origin->book.rules;
		n_rules = origin->book.n;
	}
	if (status)
		return status;
	rule = best_rule(rules, n_rules, prefixes, n, &config->prefix);
	if (!rule)
		return no_rule(rules, n_rules, &config->prefix, origin);
	line->bmr = *rule;
	if (origin->book.json)
		take_from_file(rule, request, config, origin);
	return derive(line);
}

/**
 * line_origin_free - let go of the rule file
 * @origin: what line_find() filled in
 */
void line_origin_free(struct line_origin *origin)
{
	rules_free(&origin->book);
}
