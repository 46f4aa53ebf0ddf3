// SPDX-License-Identifier: GPL-2.0
/*
 * mape stats: how full the NAT is, and the counters.
 */
#include <string.h>

#include "commands.h"
#include "natopt.h"
#include "netlink.h"

const char stats_usage[] =
	"Usage: mape stats [ DEV ] [ --json ]\n"
	"\n"
	"Print sessions, limits and mappings of DEV, and the counters that are not zero.\n"
	"JSON has all counters. The names are those of `ethtool -S`.\n";

struct counter {
	const char *name;
	u64 value;
};

static bool read_counter(const struct nlattr *nest, struct counter *counter)
{
	const struct nlattr *attr;

	memset(counter, 0, sizeof(*counter));
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == MAPE_A_NAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			counter->name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == MAPE_A_VALUE)
			netlink_take(attr, &counter->value,
				     sizeof(counter->value));
	}
	return counter->name;
}

static void print_number(const struct entry *entry, u16 attr, const char *name,
			 u32 value)
{
	if (entry->has & ENTRY_BIT(attr))
		printf("%s: %u\n", name, value);
}

static void print(const struct entry *entry)
{
	const struct nlattr *attr;
	struct counter counter;

	print_number(entry, MAPE_A_SESSIONS, "sessions", entry->sessions);
	print_number(entry, MAPE_A_SESSIONS_MAX, "sessions_max",
		     entry->sessions_max);
	print_number(entry, MAPE_A_SESSIONS_PER_HOST, "sessions_per_host",
		     entry->sessions_per_host);
	print_number(entry, MAPE_A_MAPPINGS, "mappings", entry->mappings);
	if (!entry->stats)
		return;
	mnl_attr_for_each_nested(attr, entry->stats) {
		if (read_counter(attr, &counter) && counter.value)
			printf("%s: %llu\n", counter.name, counter.value);
	}
}

/* A device without NAT has no sessions to count, not none at present. */
static json_t *number_json(const struct entry *entry, u16 attr, u32 value)
{
	return entry->has & ENTRY_BIT(attr) ? json_integer(value) : json_null();
}

static json_t *counters_json(const struct nlattr *stats)
{
	json_t *counters = json_object();
	const struct nlattr *attr;
	struct counter counter;

	if (!stats)
		return counters;
	mnl_attr_for_each_nested(attr, stats) {
		if (read_counter(attr, &counter))
			json_object_set_new(counters, counter.name,
					    json_integer(counter.value));
	}
	return counters;
}

static json_t *to_json(const struct entry *entry)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
			 "sessions", number_json(entry, MAPE_A_SESSIONS,
						 entry->sessions),
			 "sessions_max", number_json(entry, MAPE_A_SESSIONS_MAX,
						     entry->sessions_max),
			 "sessions_per_host",
			 number_json(entry, MAPE_A_SESSIONS_PER_HOST,
				     entry->sessions_per_host),
			 "mappings", number_json(entry, MAPE_A_MAPPINGS,
						 entry->mappings),
			 "counters", counters_json(entry->stats));
}

/* The counters are in the message, which does not outlive this. */
static int take_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct natopt *opt = data;
	struct entry entry;

	if (!entry_decode(nlh, &entry))
		return MNL_CB_OK;
	if (opt->json)
		output_json(to_json(&entry));
	else
		print(&entry);
	return MNL_CB_OK;
}

int stats_main(int argc, char **argv)
{
	static const struct option table[] = { OPTIONS_OF_A_DEVICE, { } };
	struct genl_request request;
	struct natopt opt;
	struct link link;
	int status;

	status = natopt_parse(argc, argv, table, NULL, &opt);
	if (!status)
		status = natopt_link(argv[0], &opt, &link);
	if (status)
		return status;
	natopt_request(&opt, &link, MAPE_CMD_GET_STATS, &request);
	return genl_ask(&request, take_answer, &opt);
}
