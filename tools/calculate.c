// SPDX-License-Identifier: GPL-2.0
/*
 * mape calculate: what a MAP-E line is, from its IPv6 prefix alone.
 */
#include "commands.h"
#include "error.h"
#include "options.h"
#include "output.h"
#include "text.h"

const char calculate_usage[] =
	"Usage: mape calculate ADDR|PREFIX [ --json ] [ LINE ]\n"
	"\n"
	"Print the IPv4 address, ports and tunnel of a MAP-E line. ADDR is an address\n"
	"on the WAN and stands for its /64.\n"
	"\n"
	"LINE := [ --rule V6PREFIX,V4PREFIX,EALEN[,OFFSET] ]... [ --fmr RULE ]...\n"
	"        [ --br ADDR ]... [ --iid { rfc7597 | draft03 } ] [ --psid PSID/LEN ]\n"
	"        [ --rules FILE ]\n";

static void print_fact(const char *label, const char *fact, const char *note)
{
	if (*note)
		printf("%s: %s (%s)\n", label, fact, note);
	else if (*fact)
		printf("%s: %s\n", label, fact);
}

static void print_origin(const struct line_origin *origin)
{
	const struct rule_info *info = origin->info;

	if (info) {
		print_fact("Service", info->service, info->description);
		print_fact("Confidence", info->confidence,
			   info->confidence_text);
	}
	printf("Source: %s\n", origin->source);
}

static void print_json(const struct line *line,
		       const struct line_origin *origin)
{
	const struct rule_info *info = origin->info;
	json_t *json = line_json(line);

	json_object_set_new(json, "source", json_string(origin->source));
	if (info) {
		json_object_set_new(json, "service",
				    json_string(info->service));
		json_object_set_new(json, "confidence",
				    json_string(info->confidence));
	}
	output_json(json);
}

static int calculate(const struct line_request *request, const char *operand,
		     bool json)
{
	struct line_origin origin;
	struct mape_prefix prefix;
	struct line line;
	int status;

	if (!text_to_prefix(operand, &prefix))
		return fail(STATUS_USAGE,
			    "\"%s\" is not an IPv6 address or prefix", operand);
	status = line_find(request, &prefix, 1, &line, &origin);
	if (!status && json) {
		print_json(&line, &origin);
	} else if (!status) {
		line_print(stdout, &line, "");
		print_origin(&origin);
	}
	line_origin_free(&origin);
	return status;
}

int calculate_main(int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_OF_A_LINE,
		{ "json", no_argument, NULL, OPT_JSON },
		{ }
	};
	struct line_request request = { };
	const char *operand;
	bool json = false;
	int option, status;

	while ((option = option_next(argc, argv, table)) != OPT_END) {
		if (option == OPT_JSON) {
			json = true;
			continue;
		}
		status = option_of_line(option, &request);
		if (status)
			return status;
	}
	status = options_done(argc, argv, 1, &operand);
	if (status)
		return status;
	if (!operand)
		return fail(STATUS_USAGE,
			    "calculate: which IPv6 address or prefix?");
	return calculate(&request, operand, json);
}
