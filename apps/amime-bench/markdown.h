/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MARKDOWN_H
#define BENCH_MARKDOWN_H
/* A result as tables of a Markdown page, so that no figure in one is typed in by hand. */
#include <stdio.h>

#include "report.h"

/*
 * Rows with one of texts (commas between; NULL: all) in their name, but those that only stand to be subtracted. By stage
 * where stages is set: rows that have some, and what each takes. False where there is no such row.
 */
bool markdown_print(const struct report *r, const char *texts, bool stages, FILE *out);

#endif
