/* SPDX-License-Identifier: GPL-2.0 */
/* Arguments, names and complaints; see libnetlink.h on why this exists. */
#ifndef _PLUGIN_UTILS_H
#define _PLUGIN_UTILS_H

#include <stdbool.h>
#include <stdint.h>

#include "libnetlink.h"
#include "json_print.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* 0 or -1 */
int get_unsigned(unsigned int *val, const char *arg, int base);

/* 0 if there is no such interface; "ifN" for an index without a name */
unsigned int ll_name_to_index(const char *name);
const char *ll_index_to_name(unsigned int idx);

/* Each writes its sentence to stderr; only nodev() returns, the status. */
void incomplete_command(void) __attribute__((noreturn));
void invarg(const char *msg, const char *arg) __attribute__((noreturn));
void duparg2(const char *key, const char *arg) __attribute__((noreturn));
int nodev(const char *dev);

/* To the next word of the command line, which must be there. */
#define NEXT_ARG()				\
	do {					\
		argv++;				\
		if (--argc <= 0)		\
			incomplete_command();	\
	} while (0)

#endif /* _PLUGIN_UTILS_H */
