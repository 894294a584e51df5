/* SPDX-License-Identifier: MIT */
/*
 * kernel - one historical form for every decision that the kernel made differently over time.
 *
 * A release picks, for each decision, the newest form that is not younger than itself. `apply`,
 * `revert` and `forms` of a scenario then change single decisions. Decisions and forms are called
 * as in docs/kernel.md. A form is a pure function or a plain value: values in, decision out; no
 * event, no state. The tables stand in one file per subject; the functions below only look things
 * up, parse no text but release names, and allocate nothing. Depends on libc alone.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_RELEASE(major, minor) ((uint32_t)(major) << 8 | (uint32_t)(minor))
#define KERNEL_FIRST 0u /* the form was there before any release modelled */
#define KERNEL_RELEASE_MIN KERNEL_RELEASE(4, 0)
#define KERNEL_RELEASE_MAX KERNEL_RELEASE(6, 19)

/* How the first release of a form is known. Nothing recalled or inferred is presented as certain.
 */
enum kernel_known {
	KNOWN_READ,      /* read in the source on both sides of the change, or at the commit      */
	KNOWN_INFERRED,  /* from dates, or from presence and absence in neighbouring releases     */
	KNOWN_AT_LATEST, /* the named release is the first read that has it: it may be older      */
	KNOWN_RECALLED,  /* from memory, unchecked                                                */
	KNOWN_NEVER, /* never in a release: posted, or in a test module; chosen by forms: only */
};

/* What every form of a decision says about itself; the first member of each row. */
struct variant {
	const char *name; /* spelling in scenario files: "abs_pinned" */
	uint32_t since;   /* first mainline release, or KERNEL_FIRST  */
	enum kernel_known known;
	const char *commit; /* mainline id (12 digits; "a,b" if several made it together); NULL: not
			       identified */
	const char *effect; /* one line for lapicsim list kernels and for the report */
};

/* Behind each table: how many forms it has, so that a form is one more row and nothing else. */
#define FORMS_END(decision)                  \
	const size_t decision##_variants_n = \
		sizeof(decision##_variants) / sizeof(decision##_variants[0]);

/* The decisions, in the order in which they are listed. Each has `struct NAME_variant` and
 * NAME_variants[]. */
#include "decisions.h" /* KERNEL_DECISIONS(X): X(name, "what is decided", "kernel function(s)") */

/* A kernel: one chosen form per decision. Const pointers, so comparable and printable. */
struct kernel {
#define X(decision, what, where) const struct decision##_variant *decision;
	KERNEL_DECISIONS(X)
#undef X
};

struct kernel_decision { /* for listing and choosing by name */
	const char *name, *what, *where;
	const void *rows; /* decision##_variants */
	size_t row_size;
	const size_t *n_rows;
	size_t offset; /* of the pointer in struct kernel */
};

size_t kernel_decisions(const struct kernel_decision **ret);
static inline size_t kernel_rows(const struct kernel_decision *d) { return *d->n_rows; }
const struct variant *kernel_row(const struct kernel_decision *d, size_t i);
const struct variant *kernel_chosen(const struct kernel *k, const struct kernel_decision *d);
size_t kernel_index(const struct kernel_decision *d, const struct variant *row); /* its place */
void kernel_choose(struct kernel *k, const struct kernel_decision *d, const struct variant *row);

/* "v5.2" -> KERNEL_RELEASE(5, 2). False unless it is v<major>.<minor>, in range, no sign, no blank,
 * no more. */
bool kernel_parse_release(const char *text, uint32_t *ret);

/* Every decision's newest form not younger than @release (KNOWN_NEVER rows are skipped). */
void kernel_init(struct kernel *k, uint32_t release);

enum kernel_change {
	KERNEL_CHANGED,
	KERNEL_UNKNOWN_COMMIT, /* no row names it                                            */
	KERNEL_NOT_IN_FORCE,   /* revert: @why names the decision whose form is another one */
	KERNEL_NOTHING_BEFORE, /* revert: the form has none before it                       */
	KERNEL_UNKNOWN_DECISION,
	KERNEL_UNKNOWN_FORM,
	KERNEL_SHORT_COMMIT, /* fewer than 7 hex digits, or not hex                       */
};

/* Sets every decision that @commit changed to the form it introduced (the commit may be abbreviated
 * to 7 digits, or be longer than the one in the table). On failure @k is unchanged; @why, if not
 * NULL, receives the decision that was in the way. */
enum kernel_change kernel_apply(struct kernel *k, const char *commit);
enum kernel_change kernel_revert(struct kernel *k, const char *commit,
				 const struct kernel_decision **why);
enum kernel_change kernel_set_form(struct kernel *k, const char *decision, const char *form,
				   const struct kernel_decision **why);

#endif
