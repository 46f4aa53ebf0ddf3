/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of what looks into a device: [ VERB ] [ DEV ] OPTIONS.
 */
#ifndef _MAPE_NATOPT_H
#define _MAPE_NATOPT_H

#include "entry.h"
#include "genl.h"
#include "link.h"
#include "options.h"
#include "output.h"

/* For the table of each of these commands. */
#define OPTIONS_OF_A_DEVICE					\
	{ "dev", required_argument, NULL, OPT_DEV },		\
	{ "json", no_argument, NULL, OPT_JSON }

/* For the table of those that can be told what to leave out. */
#define OPTIONS_OF_A_FILTER					\
	{ "proto", required_argument, NULL, OPT_PROTO },	\
	{ "inner", required_argument, NULL, OPT_INNER },	\
	{ "ext", required_argument, NULL, OPT_EXT }

/**
 * struct natopt - what the user wants
 * @verb: index of the verb in the command's list, 0 if there is none
 * @args: the operands without the verb
 * @n_args: how many
 * @dev: --dev, or NULL
 * @json: --json
 * @fmr: --fmr
 * @filter: what the entries listed shall have
 */
struct natopt {
	int verb;
	char **args;
	int n_args;
	const char *dev;
	bool json;
	bool fmr;
	struct entry filter;
};

int natopt_parse(int argc, char **argv, const struct option *table,
		 const char * const *verbs, struct natopt *opt);
int natopt_dev(const char *command, struct natopt *opt);
int natopt_link(const char *command, struct natopt *opt, struct link *link);
void natopt_request(const struct natopt *opt, const struct link *link,
		    enum mape_cmd cmd, struct genl_request *request);
int natopt_list(const char *command, struct natopt *opt, enum mape_cmd cmd,
		const struct output_format *format);

#endif /* _MAPE_NATOPT_H */
