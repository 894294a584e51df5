/* SPDX-License-Identifier: MIT */
#include "trace_writer.h"

#include "trace_dat.h"
#include "trace_ftrace.h"
#include "trace_perf.h"
#include "trace_perfetto.h"

#include <string.h>

static const struct trace_format *const formats[] = { &trace_format_ftrace, &trace_format_perfetto,
						      &trace_format_dat, &trace_format_perf };

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct trace_format *const *trace_formats(size_t *n)
{
	*n = N_FORMATS;
	return formats;
}

const struct trace_format *trace_format_of(const char *path)
{
	const size_t length = strlen(path);

	for (size_t i = 0; i < N_FORMATS; i++) {
		const size_t n = strlen(formats[i]->suffix);

		if (length > n && !strcmp(path + length - n, formats[i]->suffix))
			return formats[i];
	}
	return NULL;
}
