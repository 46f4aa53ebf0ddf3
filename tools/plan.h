/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A list of `ip` commands that happens as a whole or not at all.
 */
#ifndef _MAPE_PLAN_H
#define _MAPE_PLAN_H

#include <stdbool.h>

#define PLAN_STEPS_MAX	32

/**
 * struct plan - commands, words separated by single spaces
 * @run: what to do, in this order, NULL: nothing, there is only an undo
 * @undo: how to take each step back, NULL: no need
 * @n: how many steps
 */
struct plan {
	char *run[PLAN_STEPS_MAX];
	char *undo[PLAN_STEPS_MAX];
	unsigned int n;
};

void plan_add(struct plan *plan, char *run, char *undo);
char *plan_command(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
int plan_run(const struct plan *plan, bool dry_run);
void plan_free(struct plan *plan);

#endif /* _MAPE_PLAN_H */
