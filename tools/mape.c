// SPDX-License-Identifier: GPL-2.0
/*
 * mape: helper for network devices of type mape (MAP-E, RFC 7597).
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "error.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
};

static const struct command commands[] = {
	{ "calculate", calculate_main, calculate_usage },
	{ "up", up_main, up_usage },
	{ "down", down_main, down_usage },
	{ "show", show_main, show_usage },
	{ "session", session_main, session_usage },
	{ "mapping", mapping_main, mapping_usage },
	{ "port", port_main, port_usage },
	{ "forward", forward_main, forward_usage },
	{ "rule", rule_main, rule_usage },
	{ "stats", stats_main, stats_usage },
	{ "monitor", monitor_main, monitor_usage },
	{ }
};

static const char usage[] =
	"Usage: mape COMMAND [ OPTIONS ]\n"
	"       mape { calculate ADDR|PREFIX | up --wan IF | down | show [ DEV ] }\n"
	"       mape { session | mapping | port | forward | rule | stats | monitor } ...\n"
	"       mape { help [ COMMAND ] | --help | --version }\n"
	"\n"
	"  calculate  print address, ports and tunnel of a MAP-E line\n"
	"  up         set the line up on this host\n"
	"  down       take it down\n"
	"  show       print the devices of type mape\n"
	"  session    list or remove the NAT's sessions\n"
	"  mapping    list which inner endpoint has which port\n"
	"  port       print how much of the port set is in use\n"
	"  forward    list, add or remove static port forwards\n"
	"  rule       list, add, remove or replace mapping rules\n"
	"  stats      print limits and counters\n"
	"  monitor    print events as they happen\n"
	"\n"
	"See `mape COMMAND --help` and mape(8).\n";

static const struct command *find_command(const char *name)
{
	const struct command *command = commands;

	while (command->name && strcmp(command->name, name))
		command++;
	if (command->name)
		return command;
	fail(STATUS_USAGE, "unknown command \"%s\", try \"mape help\"", name);
	return NULL;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int help(const char *name)
{
	const struct command *command;

	if (!name) {
		fputs(usage, stdout);
		return STATUS_OK;
	}
	command = find_command(name);
	if (!command)
		return STATUS_USAGE;
	fputs(command->usage, stdout);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	int i;

	if (argc < 2) {
		fputs(usage, stderr);
		return STATUS_USAGE;
	}
	if (is_help(argv[1]) || !strcmp(argv[1], "help"))
		return help(argv[2]);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("mape " VERSION);
		return STATUS_OK;
	}
	if (argv[1][0] == '-')
		return fail(STATUS_USAGE, "unknown option %s", argv[1]);
	command = find_command(argv[1]);
	if (!command)
		return STATUS_USAGE;
	for (i = 2; i < argc; i++) {
		if (is_help(argv[i]))
			return help(argv[1]);
	}
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if ((fflush(stdout) || ferror(stdout)) && !status)
		return fail(STATUS_KERNEL, "cannot write the output");
	return status;
}
