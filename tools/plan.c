// SPDX-License-Identifier: GPL-2.0
/*
 * A list of `ip` commands that happens as a whole or not at all.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "error.h"
#include "plan.h"

/**
 * plan_command - write a command
 * @format: the words, one space between two
 *
 * Return: the command, for plan_add() to own. There is no going on without
 * memory: ends the program.
 */
char *plan_command(const char *format, ...)
{
	char *command;
	va_list args;

	va_start(args, format);
	if (vasprintf(&command, format, args) < 0)
		exit(fail(STATUS_USAGE, "out of memory"));
	va_end(args);
	return command;
}

/**
 * plan_add - add a step
 * @plan: the plan, owns the commands from now on
 * @run: from plan_command(), or NULL
 * @undo: from plan_command(), or NULL
 */
void plan_add(struct plan *plan, char *run, char *undo)
{
	assert(plan->n < PLAN_STEPS_MAX);
	plan->run[plan->n] = run;
	plan->undo[plan->n++] = undo;
}

/**
 * plan_free - let go of all commands
 * @plan: the plan
 */
void plan_free(struct plan *plan)
{
	while (plan->n--) {
		free(plan->run[plan->n]);
		free(plan->undo[plan->n]);
	}
}

static bool may_change_network(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return !geteuid();
	return data[0].effective & 1U << CAP_NET_ADMIN;
}

/* In the child: never returns. No shell, so no character is special. */
static void execute(const char *command, int err)
{
	char *words = strdup(command), **argv, **arg;

	argv = arg = calloc(strlen(command) + 1, sizeof(*argv));
	if (!words || !argv)
		_exit(STATUS_KERNEL);
	while ((*arg = strsep(&words, " ")))
		arg++;
	dup2(err, STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(STATUS_KERNEL);
}

/* The first line said becomes @said; the rest must not block the child. */
static void listen_to(int fd, char *said, size_t size)
{
	FILE *file = fdopen(fd, "r");
	char rest[256];

	said[0] = '\0';
	if (!file)
		return;
	if (fgets(said, size, file))
		said[strcspn(said, "\n")] = '\0';
	while (fgets(rest, sizeof(rest), file))
		;
	fclose(file);
}

static bool run(const char *command, char *said, size_t size)
{
	int err[2], status;
	pid_t child;

	snprintf(said, size, "cannot start a program");
	fflush(stdout);
	if (pipe(err))
		return false;
	child = fork();
	if (!child) {
		close(err[0]);
		execute(command, err[1]);
	}
	close(err[1]);
	if (child < 0) {
		close(err[0]);
		return false;
	}
	listen_to(err[0], said, size);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* `ip` in the user's words. */
static const char *explain(const char *command, const char *said)
{
	static const char * const before[] = {
		"Error: ", "RTNETLINK answers: ",
	};
	unsigned int i;

	if (strstr(command, " type mape ")) {
		if (strstr(said, "Unknown device type") ||
		    strstr(said, "Operation not supported"))
			return "the mape kernel module is not loaded or not installed: modprobe mape";
		if (strstr(said, "Garbage instead of arguments"))
			return "ip does not know the type mape: its plug-in link_mape.so is not installed";
	}
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (!strncmp(said, before[i], strlen(before[i])))
			return said + strlen(before[i]);
	}
	return *said ? said : "no reason given";
}

static int take_back(const struct plan *plan, unsigned int done)
{
	char said[512];

	while (done--) {
		if (plan->undo[done] &&
		    !run(plan->undo[done], said, sizeof(said)))
			fail(STATUS_KERNEL, "cannot undo: %s: %s",
			     plan->undo[done],
			     explain(plan->undo[done], said));
	}
	return STATUS_KERNEL;
}

static int run_all(const struct plan *plan)
{
	char said[512];
	unsigned int i;

	for (i = 0; i < plan->n; i++) {
		if (!plan->run[i])
			continue;
		if (!run(plan->run[i], said, sizeof(said))) {
			fail(STATUS_KERNEL, "%s (%s)",
			     explain(plan->run[i], said), plan->run[i]);
			return take_back(plan, i);
		}
		if (said[0])
			fprintf(stderr, "%s\n", said);
	}
	return STATUS_OK;
}

/**
 * plan_run - do all of it, or none
 * @plan: the plan
 * @dry_run: print the commands instead
 *
 * Return: exit status.
 */
int plan_run(const struct plan *plan, bool dry_run)
{
	sigset_t signals, before;
	unsigned int i;
	int status;

	for (i = 0; dry_run && i < plan->n; i++) {
		if (plan->run[i])
			puts(plan->run[i]);
	}
	if (dry_run || !plan->n)
		return STATUS_OK;
	if (!may_change_network())
		return fail(STATUS_KERNEL,
			    "no permission to change network devices: run it as root");

	/* A Ctrl-C between two steps would leave half of them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	status = run_all(plan);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
