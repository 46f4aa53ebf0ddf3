/* SPDX-License-Identifier: GPL-2.0 */
/* Output as text or JSON; see libnetlink.h on why this exists. */
#ifndef _PLUGIN_JSON_PRINT_H
#define _PLUGIN_JSON_PRINT_H

#include <stdbool.h>
#include <stddef.h>

/* For which of the two outputs a call is meant. */
enum output_type {
	PRINT_FP = 1,
	PRINT_JSON = 2,
	PRINT_ANY = 4,
};

/* The numbers before it are colours that we do not use. */
enum color_attr {
	COLOR_NONE = 6,
};

bool is_json_context(void);
void print_nl(void);
void open_json_object(const char *key);
void close_json_object(void);
void open_json_array(enum output_type type, const char *key);
void close_json_array(enum output_type type, const char *str);

/* What `ip` exports is the coloured form. */
int print_color_string(enum output_type type, enum color_attr color,
		       const char *key, const char *fmt, const char *value);
int print_color_uint(enum output_type type, enum color_attr color,
		     const char *key, const char *fmt, unsigned int value);
int print_color_bool(enum output_type type, enum color_attr color,
		     const char *key, const char *fmt, bool value);

#define print_string(type, ...)	\
	print_color_string(type, COLOR_NONE, __VA_ARGS__)
#define print_uint(type, ...)	\
	print_color_uint(type, COLOR_NONE, __VA_ARGS__)
#define print_bool(type, ...)	\
	print_color_bool(type, COLOR_NONE, __VA_ARGS__)

#endif /* _PLUGIN_JSON_PRINT_H */
