/* SPDX-License-Identifier: MIT */
#include "installed.h"

#include <glib.h>

char *installed_folder(const char *name, const char *source)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

	if (self) {
		g_autofree char *bin = g_path_get_dirname(self);
		char *installed = g_build_filename(bin, LAPICSIM_SHARED, name, NULL);

		if (g_file_test(installed, G_FILE_TEST_IS_DIR))
			return installed;
		g_free(installed);
	}
	return g_strdup(source);
}
