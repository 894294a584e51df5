/* SPDX-License-Identifier: MIT */
/*
 * page - what `lapicsim report` writes: one page of HTML that needs nothing but itself.
 *
 *	page_fill() -> page_print() -> page_clear()
 *
 * It tells what the other commands print, in the order in which somebody who knows neither the
 * scenario nor lapicsim would ask: what was late and which commit decides it, what was run, the
 * table, pictures, the life of the worst deadlines, expectations, the kernel, how to repeat it, the
 * configuration.
 *
 * No script, no date, no name of a machine; nothing is loaded. Texts of the file and of the command
 * line reach it through html.h alone.
 * Same bytes: of the same file and seed by the same version with the same gnuplot.
 * Errors: page_fill() through diagnostics, by the exit status of what failed.
 */
#ifndef PAGE_H
#define PAGE_H

#include "explain.h"
#include "run.h"

#define PAGE_PICTURES 4u

struct page_picture {
	GString *svg;
	char *missing; /* why there is none */
};

struct page {
	const struct replay *replay; /* run, judged */
	const struct replay_options *options;
	struct explain explain; /* by variant that ran */
	GArray **settings;      /* the same: settings.h */
	struct page_picture pictures[PAGE_PICTURES];
};

/* Explains and draws; false after errors. On failure, too, @page is for page_clear(). */
bool page_fill(struct page *page, struct replay *replay, const struct replay_options *options,
	       struct diagnostics *d);
void page_clear(struct page *page);

void page_print(GString *out, const struct page *page);

/* Sections, private: page_scenario.c, page_results.c, page_kernel.c. */
void page_short(GString *out, const struct page *page);
void page_scenario(GString *out, const struct page *page);
void page_variants(GString *out, const struct page *page);
void page_pictures(GString *out, const struct page *page);
void page_worst(GString *out, const struct page *page);
void page_expectations(GString *out, const struct page *page);
void page_kernel(GString *out, const struct page *page);
void page_repeat(GString *out, const struct page *page);
void page_configuration(GString *out, const struct page *page);

/* A table that may be wider than the page, and its end. */
void page_table(GString *out, const char *caption);
void page_table_end(GString *out);

/* <TAG>text</TAG>; @attributes begin with a blank, or are "". With the commits in it as links. */
void page_element(GString *out, const char *tag, const char *attributes, const char *text);

#endif
