/* SPDX-License-Identifier: MIT */
/*
 * settings - a resolved run as a list of paths and values, in the order of scenario_dump(), so that
 * variants can be laid side by side: "host.hz" "1000", "vms.vm0.guest.delta" "2ms".
 *
 * A path is what --set takes: an item of a list is called by its name or id. One without either
 * (a timeline command) is called by its place, "timeline.2", and a value in braces stays whole.
 *
 * Errors: none; the text is our own.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "scenario.h"

struct setting {
	char *path, *value;
};

/* Freed by g_array_unref(). Of struct setting. */
GArray *settings_of(const struct scenario_run *run);
GArray *settings_parse(const char *dump);

/* NULL: there is none. */
const char *settings_get(const GArray *settings, const char *path);

#endif
