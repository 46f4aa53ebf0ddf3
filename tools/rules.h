/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rule file: what the services' mapping rules are.
 */
#ifndef _MAPE_RULES_H
#define _MAPE_RULES_H

#include <jansson.h>

#include <linux/types.h>
#include <linux/mape.h>

/**
 * struct rule_info - what the file says of a rule besides the rule
 * @service: name of the service
 * @description: the service in words, may be empty
 * @confidence: how well the rule is known, a key; may be empty
 * @confidence_text: the same in words; may be empty
 * @iid: layout of the interface identifier
 * @brs: border relays
 * @n_brs: how many
 */
struct rule_info {
	const char *service;
	const char *description;
	const char *confidence;
	const char *confidence_text;
	enum mape_iid iid;
	struct in6_addr brs[MAPE_BRS_MAX];
	unsigned int n_brs;
};

/**
 * struct rule_book - a rule file in memory
 * @path: where it was found
 * @rules: all rules of all services
 * @infos: one for each rule
 * @n: how many
 * @json: holds the strings
 */
struct rule_book {
	const char *path;
	struct mape_rule *rules;
	struct rule_info *infos;
	unsigned int n;
	json_t *json;
};

int rules_load(const char *path, struct rule_book *book);
void rules_free(struct rule_book *book);

#endif /* _MAPE_RULES_H */
