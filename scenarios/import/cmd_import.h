/* SPDX-License-Identifier: MIT */
/* cmd_import - the commands that read recorded traces. */
#ifndef CMD_IMPORT_H
#define CMD_IMPORT_H

#include "command.h"

extern const struct command command_import, command_compare;

#endif
