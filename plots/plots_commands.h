/* SPDX-License-Identifier: MIT */
/* plots_commands - the commands of this folder, for lapicsim.c's table. */
#ifndef PLOTS_COMMANDS_H
#define PLOTS_COMMANDS_H

#include "command.h"

extern const struct command command_sweep, command_merge, command_table, command_report;

#endif
