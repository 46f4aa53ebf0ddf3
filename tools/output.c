// SPDX-License-Identifier: GPL-2.0
/*
 * Output: a JSON value, or a list that is written as it comes.
 */
#include <stdio.h>

#include "output.h"

static int write_entry(const struct nlmsghdr *nlh, void *data)
{
	struct output *output = data;
	struct entry entry;
	json_t *json;

	if (!entry_decode(nlh, &entry))
		return MNL_CB_OK;
	if (!output->as_json) {
		output->format->print(&entry, output->link);
		return MNL_CB_OK;
	}
	/* Not before: what is refused prints nothing. */
	fputs(output->n++ ? ", " : "[", stdout);
	json = output->format->json(&entry, output->link);
	json_dumpf(json, stdout, 0);
	json_decref(json);
	return MNL_CB_OK;
}

/* An array that is open is closed, however it ended. */
static int end(struct output *output, int status)
{
	if (output->as_json && (output->n || !status))
		puts(output->n ? "]" : "[]");
	return status;
}

/**
 * output_dump - write the list that answers a request
 * @output: how to write it
 * @request: the request
 *
 * Return: exit status.
 */
int output_dump(struct output *output, struct genl_request *request)
{
	return end(output, genl_dump(request, write_entry, output));
}

/**
 * output_ask - write the one entry that answers a request, as a list of one
 * @output: how to write it
 * @request: the request
 *
 * Return: exit status.
 */
int output_ask(struct output *output, struct genl_request *request)
{
	return end(output, genl_ask(request, write_entry, output));
}

/**
 * output_json - write a JSON value on a line
 * @json: the value, given away
 */
void output_json(json_t *json)
{
	json_dumpf(json, stdout, 0);
	putchar('\n');
	json_decref(json);
}
