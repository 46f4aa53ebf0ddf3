/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Command-line options, the same for every command that has them.
 */
#ifndef _MAPE_OPTIONS_H
#define _MAPE_OPTIONS_H

#include <getopt.h>

#include "line.h"

enum {
	OPT_END = -1,
	OPT_ERROR = '?',
	OPT_RULE = 256,
	OPT_FMR,
	OPT_BR,
	OPT_IID,
	OPT_PSID,
	OPT_FILE,
	OPT_JSON,
	OPT_WAN,
	OPT_DEV,
	OPT_ADD_IPV4_ADDR,
	OPT_NO_DEFAULT_ROUTE,
	OPT_DRY_RUN,
	OPT_PROTO,
	OPT_INNER,
	OPT_EXT,
	OPT_REMOTE,
};

/* For the table of a command that takes the options of a line. */
#define OPTIONS_OF_A_LINE					\
	{ "rule", required_argument, NULL, OPT_RULE },		\
	{ "fmr", required_argument, NULL, OPT_FMR },		\
	{ "br", required_argument, NULL, OPT_BR },		\
	{ "iid", required_argument, NULL, OPT_IID },		\
	{ "psid", required_argument, NULL, OPT_PSID },		\
	{ "rules", required_argument, NULL, OPT_FILE }

/* The device if the user names none. */
#define DEFAULT_DEVICE	"v6plus"

int option_next(int argc, char **argv, const struct option *table);
int option_of_line(int option, struct line_request *request);
int option_device(const char *arg, const char **name);
int options_done(int argc, char **argv, int max, const char **operand);

#endif /* _MAPE_OPTIONS_H */
