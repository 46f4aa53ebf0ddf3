// SPDX-License-Identifier: GPL-2.0
/*
 * How every error looks: one line on stderr, and an exit status.
 */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/**
 * fail - tell the user what is wrong
 * @status: exit status to end with
 * @format: the sentence, without full stop and end of line
 *
 * Return: @status, so that a caller can return it at once.
 */
int fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mape: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
}
