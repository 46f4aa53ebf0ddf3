/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output: a JSON value, or a list that is written as it comes. There may be a
 * million sessions, so a list is never held in memory.
 */
#ifndef _MAPE_OUTPUT_H
#define _MAPE_OUTPUT_H

#include <jansson.h>

#include "entry.h"
#include "genl.h"
#include "link.h"

/**
 * struct output_format - how entries of one kind look
 * @print: write one for people, on a line
 * @json: the same as a JSON object, owned by the caller
 */
struct output_format {
	void (*print)(const struct entry *entry, const struct link *link);
	json_t *(*json)(const struct entry *entry, const struct link *link);
};

/**
 * struct output - a list
 * @format: how the entries look
 * @link: the device they are of
 * @as_json: write a JSON array?
 * @n: how many are written, zero to begin with
 */
struct output {
	const struct output_format *format;
	const struct link *link;
	bool as_json;
	unsigned int n;
};

int output_dump(struct output *output, struct genl_request *request);
int output_ask(struct output *output, struct genl_request *request);
void output_json(json_t *json);

#endif /* _MAPE_OUTPUT_H */
