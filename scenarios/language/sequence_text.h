/* SPDX-License-Identifier: MIT */
/* sequence_text - the steps of a "sequence:" as the file has them, between reader and parser. */
#ifndef SEQUENCE_TEXT_H
#define SEQUENCE_TEXT_H

#include "diagnostics.h"

#define SEQUENCE_STEPS_MAX 32u

struct sequence_text { /* one step, on one line as it is, without escapes */
	const char *text;
	struct source_pos at; /* of its first character */
};

#endif
