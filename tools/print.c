// SPDX-License-Identifier: GPL-2.0
/*
 * A line for people and as JSON: the same facts, both from `mape calculate`
 * and, with what the kernel says, from `mape show`.
 */
#include "line.h"
#include "text.h"

static bool is_shared(const struct line *line)
{
	return line->ce.psid_len;
}

/* All of 65536 ports count for an unshared address: it has no set. */
static unsigned int port_count(const struct line *line)
{
	return line->ports.size * line->ports.count;
}

static unsigned int range_first(const struct line *line, unsigned int i)
{
	return line->ports.first + i * line->ports.stride;
}

static struct text ipv4_text(const struct line *line)
{
	if (line->ce.ipv4_len < 32)
		return text_ipv4_prefix(line->ce.ipv4, line->ce.ipv4_len);
	return text_ipv4(line->ce.ipv4);
}

static void print_ports(FILE *file, const struct line *line,
			const char *indent)
{
	unsigned int i, first;

	fprintf(file, "%sPort Ranges: ", indent);
	if (!is_shared(line))
		fputs("all", file);
	for (i = 0; is_shared(line) && i < line->ports.count; i++) {
		first = range_first(line, i);
		fprintf(file, "%s%u", i ? ", " : "", first);
		if (line->ports.size > 1)
			fprintf(file, "-%u", first + line->ports.size - 1);
	}
	fputc('\n', file);
}

static void print_psid(FILE *file, const struct line *line, const char *indent)
{
	if (!is_shared(line)) {
		fprintf(file, "%sPSID: none\n", indent);
		return;
	}
	fprintf(file, "%sPSID: %u\n", indent, line->ce.psid);
	fprintf(file, "%sPSID Length: %u\n", indent, line->ce.psid_len);
	fprintf(file, "%sPSID Offset: %u\n", indent, line->ce.psid_offset);
	fprintf(file, "%sPorts: %u in %u ranges of %u\n", indent,
		port_count(line), line->ports.count, line->ports.size);
}

static void print_brs(FILE *file, const struct line *line, const char *indent)
{
	const struct line_config *config = &line->config;
	unsigned int i;

	fprintf(file, "%sBorder Relay Address (BR Address): ", indent);
	if (!config->n_brs)
		fputs("none", file);
	for (i = 0; i < config->n_brs; i++)
		fprintf(file, "%s%s", i ? ", " : "",
			text_ipv6(&config->brs[i]).s);
	fputc('\n', file);
}

/**
 * line_print - write a line for people
 * @file: where to
 * @line: the line
 * @indent: written before each row
 */
void line_print(FILE *file, const struct line *line, const char *indent)
{
	fprintf(file, "%sIPv4 Addr (CE IPv4 Address): %s\n", indent,
		ipv4_text(line).s);
	fprintf(file, "%sCE IPv6 Addr: %s\n", indent,
		text_ipv6(&line->ce.addr).s);
	print_ports(file, line, indent);
	print_psid(file, line, indent);
	print_brs(file, line, indent);
	fprintf(file, "%sEnd-user Prefix: %s\n", indent,
		text_ipv6_prefix(&line->config.prefix.addr,
				 line->config.prefix.len).s);
	fprintf(file, "%sRule: %s%s\n", indent, text_rule(&line->bmr).s,
		line->bmr.flags & MAPE_RULE_F_FMR ? " (FMR)" : "");
	fprintf(file, "%sInterface Identifier: %s\n", indent,
		text_iid(line->config.iid));
}

static json_t *ports_json(const struct line *line)
{
	json_t *ports = json_array();
	unsigned int i, first;

	for (i = 0; is_shared(line) && i < line->ports.count; i++) {
		first = range_first(line, i);
		json_array_append_new(ports,
				      json_pack("[i, i]", first,
						first + line->ports.size - 1));
	}
	return ports;
}

static json_t *brs_json(const struct line *line)
{
	json_t *brs = json_array();
	unsigned int i;

	for (i = 0; i < line->config.n_brs; i++)
		json_array_append_new(brs, json_string(text_ipv6(&line->config.brs[i]).s));
	return brs;
}

/**
 * line_rule_json - write a rule as a JSON object
 * @rule: the rule
 *
 * Return: an object the caller owns, or NULL.
 */
json_t *line_rule_json(const struct mape_rule *rule)
{
	return json_pack("{s:s, s:s, s:i, s:b}",
			 "ipv6", text_ipv6_prefix(&rule->ipv6, rule->ipv6_len).s,
			 "ipv4", text_ipv4_prefix(rule->ipv4, rule->ipv4_len).s,
			 "ea_len", rule->ea_len,
			 "fmr", !!(rule->flags & MAPE_RULE_F_FMR));
}

/**
 * line_json - write a line as a JSON object
 * @line: the line
 *
 * Return: an object the caller owns, or NULL.
 */
json_t *line_json(const struct line *line)
{
	const struct mape_ce *ce = &line->ce;

	return json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:s, s:o}",
			 "ipv4", text_ipv4(ce->ipv4).s,
			 "ipv4_prefix_len", ce->ipv4_len,
			 "ce_ipv6", text_ipv6(&ce->addr).s,
			 "psid", ce->psid, "psid_len", ce->psid_len,
			 "psid_offset", ce->psid_offset,
			 "port_count", port_count(line),
			 "ports", ports_json(line), "br", brs_json(line),
			 "iid", text_iid(line->config.iid),
			 "rule", line_rule_json(&line->bmr));
}
