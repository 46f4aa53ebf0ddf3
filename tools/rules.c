// SPDX-License-Identifier: GPL-2.0
/*
 * The rule file: JSON, see data/rules.json. A file that is wrong anywhere is
 * refused as a whole, whichever rule is needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "rule.h"
#include "rules.h"
#include "text.h"

#define RULES_ENV	"MAPE_RULES"
#define RULES_LOCAL	SYSCONFDIR "/mape/rules.json"
#define RULES_SHIPPED	DATADIR "/mape/rules.json"

static const char *find_file(const char *path)
{
	if (path)
		return path;
	path = getenv(RULES_ENV);
	if (path && *path)
		return path;
	/* One that is there but cannot be read must not be passed over. */
	return access(RULES_LOCAL, F_OK) ? RULES_SHIPPED : RULES_LOCAL;
}

static const char *parse_brs(json_t *list, struct rule_info *info)
{
	json_t *br;
	size_t i;

	if (!json_is_array(list))
		return "br: expected a list of IPv6 addresses";
	if (json_array_size(list) > MAPE_BRS_MAX)
		return "br: more than 8 border relays";
	json_array_foreach(list, i, br) {
		if (!json_is_string(br) ||
		    inet_pton(AF_INET6, json_string_value(br),
			      &info->brs[info->n_brs++]) != 1)
			return "br: not an IPv6 address";
	}
	return NULL;
}

/* Return: NULL, or what is wrong; it may be in @err, where jansson wrote it. */
static const char *parse_rule(json_t *json, struct mape_rule *rule,
			      struct rule_info *info, json_error_t *err)
{
	const char *ipv6, *ipv4, *why;
	int ea_len, psid_offset;
	struct text text;
	json_t *brs;

	if (json_unpack_ex(json, err, 0, "{s:s, s:s, s:i, s:i, s:o, s?s}",
			   "ipv6", &ipv6, "ipv4", &ipv4, "ea_len", &ea_len,
			   "psid_offset", &psid_offset, "br", &brs,
			   "confidence", &info->confidence))
		return err->text;
	if (snprintf(text.s, sizeof(text.s), "%s,%s,%d,%d", ipv6, ipv4, ea_len,
		     psid_offset) >= (int)sizeof(text.s))
		return "rule: too long";
	why = text_to_rule(text.s, 0, rule);
	if (!why)
		why = mape_rule_check(rule);
	return why ? why : parse_brs(brs, info);
}

static void explain_confidence(const struct rule_book *book,
			       struct rule_info *info)
{
	json_t *legend = json_object_get(book->json, "confidence");
	json_t *text = json_object_get(legend, info->confidence);

	if (json_is_string(text))
		info->confidence_text = json_string_value(text);
}

static int parse_service(json_t *service, struct rule_book *book)
{
	struct rule_info info = {
		.description = "", .confidence = "", .confidence_text = "",
	};
	const char *iid, *why;
	json_t *rules, *rule;
	json_error_t err;
	size_t i;

	if (json_unpack_ex(service, &err, 0, "{s:s, s?s, s:s, s:o}",
			   "name", &info.service,
			   "description", &info.description, "iid", &iid,
			   "rules", &rules))
		return fail(STATUS_USAGE, "%s: service %s: %s", book->path,
			    info.service ? info.service : "?", err.text);
	if (!text_to_iid(iid, &info.iid) || !json_is_array(rules))
		return fail(STATUS_USAGE,
			    "%s: service %s: iid must be rfc7597 or draft03, rules a list",
			    book->path, info.service);
	json_array_foreach(rules, i, rule) {
		book->infos[book->n] = info;
		why = parse_rule(rule, &book->rules[book->n],
				 &book->infos[book->n], &err);
		if (why)
			return fail(STATUS_USAGE, "%s: service %s, rule %zu: %s",
				    book->path, info.service, i + 1, why);
		explain_confidence(book, &book->infos[book->n++]);
	}
	return STATUS_OK;
}

static int parse_services(struct rule_book *book)
{
	json_t *services = json_object_get(book->json, "services");
	json_t *service;
	size_t i, n = 0;
	int status;

	if (!json_is_array(services))
		return fail(STATUS_USAGE, "%s: no list \"services\"",
			    book->path);
	json_array_foreach(services, i, service)
		n += json_array_size(json_object_get(service, "rules"));
	/* One more, so that an empty file is not taken for lack of memory. */
	book->rules = calloc(n + 1, sizeof(*book->rules));
	book->infos = calloc(n + 1, sizeof(*book->infos));
	if (!book->rules || !book->infos)
		return fail(STATUS_USAGE, "out of memory");
	json_array_foreach(services, i, service) {
		status = parse_service(service, book);
		if (status)
			return status;
	}
	return STATUS_OK;
}

/**
 * rules_load - read and check the rule file
 * @path: the file, or NULL: the environment's, the administrator's in /etc or
 *	the one installed with the tool
 * @book: filled in; rules_free() it, also after an error
 *
 * Return: exit status.
 */
int rules_load(const char *path, struct rule_book *book)
{
	json_error_t err;

	memset(book, 0, sizeof(*book));
	book->path = find_file(path);
	if (access(book->path, R_OK))
		return fail(STATUS_USAGE, "%s: %s", book->path,
			    strerror(errno));
	book->json = json_load_file(book->path, JSON_REJECT_DUPLICATES, &err);
	if (!book->json)
		return fail(STATUS_USAGE, "%s:%d: %s", book->path, err.line,
			    err.text);
	return parse_services(book);
}

/**
 * rules_free - let go of a rule file
 * @book: what rules_load() filled in, or all zero
 */
void rules_free(struct rule_book *book)
{
	json_decref(book->json);
	free(book->infos);
	free(book->rules);
}
