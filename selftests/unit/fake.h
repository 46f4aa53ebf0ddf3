/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel for the tool's commands: the functions of netlink.c, answered by
 * what the test has laid out. Linked instead of netlink.o.
 */
#ifndef _UNIT_FAKE_H
#define _UNIT_FAKE_H

#include <libmnl/libmnl.h>

#include "helper.h"

/**
 * struct fake - what the kernel has, and what it was asked
 * @devices: devices of type mape: mape0, mape1, ... with ifindex 10, 11, ...
 * @iid: their layout of the interface identifier
 * @route: answers rtnetlink instead of them, if set
 * @no_family: is the generic netlink family not there?
 * @no_events: has it no multicast group?
 * @error: with which error requests of the family end, 0 is success
 * @sentence: in which words, or NULL
 * @answers: messages that answer a request of the family, or events
 * @size: their size
 * @requests: how many requests of the family there were
 * @request: the last of them
 */
struct fake {
	unsigned int devices;
	u8 iid;
	int (*route)(struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
	bool no_family;
	bool no_events;
	int error;
	const char *sentence;
	char answers[32768] __attribute__((aligned(8)));
	size_t size;
	unsigned int requests;
	char request[32768] __attribute__((aligned(8)));
};

extern struct fake fake;

/* All zero, but for @devices. */
void fake_reset(unsigned int devices);

/* Begin a message of the answer. Attributes go in before the next call. */
struct nlmsghdr *fake_answer(u16 type, u8 cmd);

#define FAKE_FAMILY	33
#define FAKE_GROUP	7

/* The last request: its attributes, its command. */
const struct nlattr *fake_asked(u16 attr);
u8 fake_asked_cmd(void);
void assert_asked_u32(u16 attr, u32 value);
void assert_asked_port(u16 attr, u16 port);

typedef int (*command_t)(int argc, char **argv);

/* Run a command with the words of a line; leaves what it has written. */
int fake_run(command_t command, const char *line);
extern char fake_out[16384], fake_err[4096];

/* Run it: it prints just that, or refuses in just that sentence. */
void prints(command_t command, const char *line, const char *out);
void refuses(command_t command, const char *line, int status,
	     const char *sentence);

#endif /* _UNIT_FAKE_H */
