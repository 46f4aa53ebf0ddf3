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
int session_main(int argc, char **argv);
int mapping_main(int argc, char **argv);
int port_main(int argc, char **argv);
int forward_main(int argc, char **argv);
int rule_main(int argc, char **argv);
int stats_main(int argc, char **argv);
int monitor_main(int argc, char **argv);

extern const char calculate_usage[];
extern const char up_usage[];
extern const char down_usage[];
extern const char show_usage[];
extern const char session_usage[];
extern const char mapping_usage[];
extern const char port_usage[];
extern const char forward_usage[];
extern const char rule_usage[];
extern const char stats_usage[];
extern const char monitor_usage[];

#endif /* _MAPE_COMMANDS_H */
