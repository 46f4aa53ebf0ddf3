/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MAPE_ERROR_H
#define _MAPE_ERROR_H

/* The exit statuses of iproute2. */
enum {
	STATUS_OK,
	STATUS_USAGE,	/* what the user gave, or the line has, is wrong */
	STATUS_KERNEL,	/* the kernel, or `ip`, refused */
};

int fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _MAPE_ERROR_H */
