/* SPDX-License-Identifier: MIT */
/* installed - where the program finds the files that it comes with: by its own place, so that an
 * installed tree may be moved as a whole, or staged below DESTDIR. */
#ifndef INSTALLED_H
#define INSTALLED_H

/* The installed folder @name ("library"), or @source if the program has not been installed. To be
 * freed. */
char *installed_folder(const char *name, const char *source);

#endif
