/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands: each takes its arguments from its own name on and returns the
 * exit status.
 */
#ifndef _MAPE_COMMANDS_H
#define _MAPE_COMMANDS_H

int calculate_main(int argc, char **argv);
int up_main(int argc, char **argv);
int down_main(int argc, char **argv);
int show_main(int argc, char **argv);

extern const char calculate_usage[];
extern const char up_usage[];
extern const char down_usage[];
extern const char show_usage[];

#endif /* _MAPE_COMMANDS_H */
