/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A MAP-E line: what is configured and what follows from it.
 */
#ifndef _MAPE_LINE_H
#define _MAPE_LINE_H

#include <stdio.h>

#include "portset.h"
#include "rule.h"
#include "rules.h"

/**
 * struct line_config - what a device is told
 * @link: ifindex of the WAN interface, 0 if none
 * @prefix: end-user prefix
 * @rules: mapping rules
 * @n_rules: how many
 * @brs: border relays
 * @n_brs: how many
 * @local: overrides the CE address, :: if not
 * @psid: explicit PSID, of length 0 if none
 * @iid: layout of the interface identifier
 *
 * Zero where nothing is set, so that two of them compare by memcmp().
 */
struct line_config {
	unsigned int link;
	struct mape_prefix prefix;
	struct mape_rule rules[MAPE_RULES_MAX];
	unsigned int n_rules;
	struct in6_addr brs[MAPE_BRS_MAX];
	unsigned int n_brs;
	struct in6_addr local;
	struct mape_psid psid;
	enum mape_iid iid;
};

/**
 * struct line - a line
 * @config: what is configured
 * @bmr: its basic mapping rule
 * @ce: what the rule makes of the prefix
 * @ports: its ports
 */
struct line {
	struct line_config config;
	struct mape_rule bmr;
	struct mape_ce ce;
	struct mape_port_ranges ports;
};

/**
 * struct line_request - what the command line says of a line
 * @rules: rules as given; none: look into the rule file
 * @fmr: which of them are forwarding rules too
 * @n_rules: how many
 * @brs: border relays; none: those of the rule file
 * @n_brs: how many
 * @psid: explicit PSID
 * @iid: layout of the interface identifier
 * @has_iid: was it given?
 * @file: path of the rule file, or NULL
 */
struct line_request {
	const char *rules[MAPE_RULES_MAX];
	bool fmr[MAPE_RULES_MAX];
	unsigned int n_rules;
	struct in6_addr brs[MAPE_BRS_MAX];
	unsigned int n_brs;
	struct mape_psid psid;
	enum mape_iid iid;
	bool has_iid;
	const char *file;
};

/**
 * struct line_origin - where a line's rule came from
 * @source: "command line" or the path of the rule file
 * @info: what the file says of the rule, NULL with "command line"
 * @book: the rule file, holds the above
 */
struct line_origin {
	const char *source;
	const struct rule_info *info;
	struct rule_book book;
};

int line_find(const struct line_request *request,
	      const struct mape_prefix *prefixes, unsigned int n,
	      struct line *line, struct line_origin *origin);
void line_origin_free(struct line_origin *origin);

void line_print(FILE *file, const struct line *line, const char *indent);
json_t *line_rule_json(const struct mape_rule *rule);
json_t *line_json(const struct line *line);

/**
 * line_default_offset - the PSID offset of a rule that gives none
 * @iid: layout of the line's interface identifier
 */
static inline u8 line_default_offset(enum mape_iid iid)
{
	return iid == MAPE_IID_DRAFT03 ? MAPE_PSID_OFFSET_DRAFT03 :
	       MAPE_PSID_OFFSET_RFC7597;
}

#endif /* _MAPE_LINE_H */
