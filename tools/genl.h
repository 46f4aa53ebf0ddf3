/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the generic netlink family "mape". All of them tell the user
 * what went wrong and return the exit status.
 */
#ifndef _MAPE_GENL_H
#define _MAPE_GENL_H

#include <libmnl/libmnl.h>

#include <linux/types.h>
#include <linux/mape.h>

/* Room for all rules of a device. */
#define GENL_REQUEST_SIZE	16384

/**
 * struct genl_request - a request
 * @buf: holds it
 * @nlh: its start, to add attributes to
 */
struct genl_request {
	char buf[GENL_REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
};

void genl_start(struct genl_request *request, enum mape_cmd cmd);
int genl_ask(struct genl_request *request, mnl_cb_t cb, void *data);
int genl_dump(struct genl_request *request, mnl_cb_t cb, void *data);
int genl_listen(mnl_cb_t cb, void *data);

#endif /* _MAPE_GENL_H */
